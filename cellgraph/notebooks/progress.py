"""Shows the progress of a run: a bar on a terminal, a line for each cell in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from cellgraph.notebooks.cell_order import CodeCell
    from cellgraph.notebooks.run_types import CellEnd, Progress

TITLE_WIDTH = 40
"""Characters of a cell's first line that are shown beside its number."""


@contextmanager
def show_progress(total: int, *, quiet: bool, stream: TextIO | None = None) -> Iterator[Progress]:
    """Progress on ``stream`` (standard error) for ``total`` cells, in the form that suits the stream."""
    stream = stream or sys.stderr
    if quiet:
        yield Silence(stream)
    elif stream.isatty():
        with _bar(stream) as bar:
            yield Bar(bar, total)
    else:
        yield Lines(stream, total)


class Silence:
    """Shows no progress. Prints only what ``tell`` is called with."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, line: str) -> None:
        """Print the line."""
        self._print(f"cellgraph: {line}")

    def _print(self, line: str) -> None:
        with suppress(OSError):  # a terminal that was closed takes nothing any more
            print(line, file=self._stream, flush=True)

    def begin(self, code_cell: CodeCell) -> None:
        """Nothing."""

    def end(self, code_cell: CodeCell, outcome: CellEnd, seconds: float) -> None:
        """Nothing."""


class Lines(Silence):
    """Prints a line for each cell when it has ended."""

    def __init__(self, stream: TextIO, total: int) -> None:
        super().__init__(stream)
        self._total = total
        self._done = 0

    def begin(self, code_cell: CodeCell) -> None:
        """Count the cell."""
        self._done += 1

    def end(self, code_cell: CodeCell, outcome: CellEnd, seconds: float) -> None:
        """Print the cell's line."""
        how = f"{seconds:.1f} s" if outcome == "ok" else outcome
        line = f"[{self._done}/{self._total}] cell {code_cell.number}: {how}  {_title(code_cell)}"
        self._print(line.rstrip())


class Bar:
    """A bar with the cell under way, its first line, and the time so far."""

    def __init__(self, bar: RichProgress, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("starting the kernel", total=total)

    def tell(self, line: str) -> None:
        """Print the line above the bar."""
        self._bar.console.print(f"cellgraph: {line}", markup=False, highlight=False, soft_wrap=True)

    def begin(self, code_cell: CodeCell) -> None:
        """Show which cell is running."""
        from rich.markup import escape

        text = f"cell {code_cell.number}  [dim]{escape(_title(code_cell))}[/dim]"
        self._bar.update(self._task, description=text)

    def end(self, code_cell: CodeCell, outcome: CellEnd, seconds: float) -> None:
        """Move the bar on by one cell."""
        self._bar.advance(self._task)


def _bar(stream: TextIO) -> RichProgress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    # transient: the bar is removed at the end, so that only the summary stays on the screen.
    return Progress(*columns, console=Console(file=stream), transient=True)


def _title(code_cell: CodeCell) -> str:
    """The cell's first line that is not blank, cut to ``TITLE_WIDTH``, without control characters.

    A comment counts too: often it is the heading of the cell.
    """
    line = next((line.strip() for line in code_cell.source.splitlines() if line.strip()), "")
    line = "".join(character if character.isprintable() else " " for character in line)
    return line if len(line) <= TITLE_WIDTH else line[: TITLE_WIDTH - 1] + "…"

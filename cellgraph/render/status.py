"""The table of cells for a terminal: what each read and wrote, what is in doubt, what to run."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from cellgraph.render.alt_text import heading
from cellgraph.render.text import UNDETERMINED, chance_line, cut, first_line, shown, unrun_line
from cellgraph.render.theme import STATE_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from cellgraph.model import CellState, Finding, Report

_STATE = 30
"""Width of the columns for label and state, with the space between all columns."""

CONSERVATIVE = "Reads were worked out from the source, not observed, so some may not have happened."


def status_text(report: Report, width: int = 80, *, color: bool = False) -> str:
    """The table of cells, the findings below it, and the plan; lines of at most ``width`` columns."""
    from rich.console import Console

    file = StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
        force_jupyter=False,  # in a kernel rich would display each part itself, and write nothing to the file
    )
    for part in _parts(report, width):
        console.print(part, markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _parts(report: Report, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text(heading(report), style="bold")
    if report.cells:
        yield _table(report.cells, width, report.undetermined)
    yield from map(_finding, report.findings)
    yield from (Text(chance_line(chance)) for chance in report.chances)
    if report.unrun:
        yield Text(unrun_line(report.unrun), style="dim")
    if report.conservative:
        yield Text(CONSERVATIVE, style="dim")


def _table(cells: Sequence[CellState], width: int, undetermined: frozenset[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("cell", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("first line", no_wrap=True, overflow="ellipsis")
    table.add_column("reads", max_width=width // 5, overflow="fold")
    table.add_column("writes", max_width=width // 5, overflow="fold")
    room = max(16, width - 2 * (width // 5) - _STATE)
    for state in cells:
        table.add_row(*_row(state, room, state.cell in undetermined))
    return table


def _row(state: CellState, room: int, undetermined: bool) -> list[Text]:
    from rich.text import Text

    style = STATE_STYLES[state.state]
    mark = f" {UNDETERMINED}" if undetermined else ""
    names = (Text(", ".join(map(shown, names))) for names in (state.reads, state.writes))
    return [
        Text(state.label),
        Text(f"{style.glyph} {style.word}{mark}", style=style.ansi),
        Text(cut(first_line(state.source), room)),
        *names,
    ]


def _finding(finding: Finding) -> Text:
    from rich.text import Text

    style = STATE_STYLES["stale" if finding.severity == "warning" else "noted"].ansi
    return Text.assemble((f"{finding.code} ", style), shown(finding.message))

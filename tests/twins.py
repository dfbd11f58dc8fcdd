"""One session run twice, without and with cellgraph: a person could not tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import cellgraph
from cellgraph.model import Run
from cellgraph.session import Tracker
from tests.shells import fresh_shell, hooks, left_behind


@dataclass(frozen=True)
class Seen:
    """What one cell gives to its user: both streams (results and tracebacks are in them), and its error."""

    stdout: str
    stderr: str
    error: str


@dataclass(frozen=True)
class Session:
    """A session under cellgraph: ``said`` is what cellgraph showed (in a notebook, beside the outputs)."""

    seen: list[Seen]
    runs: tuple[Run, ...]
    said: list[str]
    warnings: list[str]


def plain(cells: Iterable[str], **settings: Any) -> list[Seen]:
    """Run cells in a new shell without cellgraph."""
    with fresh_shell(**settings) as shell:
        return [seen(shell, cell) for cell in cells]


def tracked(cells: Iterable[str], **settings: Any) -> Session:
    """Run cells in a new shell with cellgraph, and check that unloading leaves nothing behind."""
    with fresh_shell(**settings) as shell, loaded(shell) as (tracker, said):
        outputs = [seen(shell, cell) for cell in cells]
        # That a cell was interrupted is no news to who interrupted it.
        warnings = [f.message for f in tracker.findings() if f.severity == "warning" and f.code != "CG109"]
        return Session(outputs, tuple(tracker.runs), said, warnings)


@contextmanager
def loaded(shell: InteractiveShell) -> Iterator[tuple[Tracker, list[str]]]:
    """cellgraph loaded in a shell, with what it shows kept apart from what the cells print."""
    before = hooks(shell)
    tracker, said = cellgraph.load(shell), list[str]()
    tracker._screen.show = lambda text, _: said.append(text)  # type: ignore[method-assign]
    yield tracker, said
    cellgraph.unload(shell)
    ours = {
        "monitoring",
        "completers",
        "input_transformers",
        "ast_transformers",
    }  # the rest may be the cells' doing
    assert ours.isdisjoint(left_behind(before, hooks(shell)))


def seen(shell: InteractiveShell, cell: str) -> Seen:
    """Run one cell as a user does."""
    with capture_output() as captured:
        result = shell.run_cell(cell, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    return Seen(captured.stdout, captured.stderr, repr(error))

"""What goes into the execution of a notebook, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cellgraph.model import Report
    from cellgraph.notebooks.cell_order import CodeCell

CellEnd = Literal["ok", "skipped", "failed"]


class Progress(Protocol):
    """Is told how far the run is."""

    def begin(self, code_cell: CodeCell) -> None:
        """A cell starts to run."""

    def end(self, code_cell: CodeCell, outcome: CellEnd, seconds: float) -> None:
        """The cell is over after ``seconds``."""

    def tell(self, line: str) -> None:
        """Something about the run that a person should know at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``timeout`` is in seconds a cell, None for no limit."""

    kernel: str | None = None
    timeout: int | None = None
    allow_errors: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """A step that was run, and the execution count that the kernel gave it.

    ``failed`` says how it failed (``raised ZeroDivisionError: division by zero``) and is empty where it
    did not. ``expected`` tells that the cell is tagged ``raises-exception``.
    """

    code_cell: CodeCell
    count: int | None
    failed: str = ""
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """What the tracker had to say: its report, and its ledger as JSON Lines.

    ``judged`` is false if the analysis failed: the report is empty then, and says nothing of the run.
    """

    report: Report
    ledger: str
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Execution:
    """A notebook that was run.

    ``stopped`` says in one line why it did not go through, and is empty where it did.
    ``results`` are None where the kernel gave none; ``behind`` is true where they may lack the
    last cells, because the kernel was gone. ``seconds`` is the time from the first cell to the last.
    ``instead`` says why the kernel is not the one that the notebook names, or is empty. ``notes`` are
    what else went wrong without stopping the run, a line each.
    """

    notebook: NotebookNode
    kernel: str
    ran: tuple[Ran, ...]
    seconds: float
    stopped: str = ""
    results: Results | None = None
    behind: bool = False
    instead: str = ""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Ran, ...]:
        """The runs that ended with an error, the latest of each cell."""
        latest = {ran.code_cell.cell: ran for ran in self.ran}
        return tuple(ran for ran in latest.values() if ran.failed)

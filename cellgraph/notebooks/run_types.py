"""The types of a run's options, progress and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from cellgraph.model import Finding, Report
    from cellgraph.notebooks.cell_order import CodeCell

CellEnd = Literal["ok", "skipped", "failed"]

RunEnd = Literal["", "error", "timeout", "died", "memory", "interrupted", "other"]
"""Why a run ended early; empty if it did not."""


class Progress(Protocol):
    """Receives the progress of a run."""

    def begin(self, code_cell: CodeCell) -> None:
        """Called when a cell starts to run."""

    def end(self, code_cell: CodeCell, outcome: CellEnd, seconds: float) -> None:
        """Called when the cell has ended, after ``seconds``."""

    def tell(self, line: str) -> None:
        """Called with a line that the user should see at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. ``timeout`` is in seconds a cell, ``total`` for all of them, None for no limit.

    ``memory`` is the most that the kernel and its children may take, in bytes, None for no limit.
    ``checkpoints``: save results between cells, in case a later one kills the kernel. ``track``: load
    cellgraph in the kernel; without it there are no results, and any kernel of Python will do.
    ``before`` and ``after`` are code that the kernel runs unseen before the first and after the last cell.
    """

    kernel: str | None = None
    timeout: int | None = None
    allow_errors: bool = False
    total: float | None = None
    memory: int | None = None
    checkpoints: bool = True
    track: bool = True
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a cell, and the execution count that the kernel gave it.

    ``failed`` says how it failed (``raised ZeroDivisionError: division by zero``); it is empty if it did
    not. ``expected``: the cell has the tag ``raises-exception``.
    """

    code_cell: CodeCell
    count: int | None
    failed: str = ""
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """The tracker's report, and its ledger as JSON Lines.

    ``judged`` is False if the analysis failed. Then the report is empty and means nothing.
    """

    report: Report
    ledger: str
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Execution:
    """A notebook that was run.

    ``stopped`` says in one line why it ended early, and ``end`` which kind of end that is; both are empty if
    it did not. ``results`` is None if the kernel gave none. ``behind``: the kernel died, and the results may
    lack the last cells. ``seconds`` is the time from the first cell to the last. ``instead`` says why another
    kernel was used than the notebook names; it is empty if that was not so. ``notes`` are problems that did
    not stop the run, a line each. ``packages`` are the versions of what the notebook imports, where they were
    wanted.
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
    packages: Mapping[str, str] = field(default_factory=dict)
    end: RunEnd = ""
    ended_in: int = 0
    """The number of the cell in which it ended early; 0 if it did not, or ended in none."""

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are no notes."""
        found = self.results.report.findings if self.results is not None else ()
        return tuple(finding for finding in found if finding.severity == "warning")

    @property
    def has_findings(self) -> bool:
        """Whether a cell is in doubt, or failed and was not expected to."""
        return bool(self.warnings) or any(not ran.expected for ran in self.failed)

    @property
    def failed(self) -> tuple[Ran, ...]:
        """The runs that ended with an error, the latest of each cell."""
        latest = {ran.code_cell.cell: ran for ran in self.ran}
        return tuple(ran for ran in latest.values() if ran.failed)

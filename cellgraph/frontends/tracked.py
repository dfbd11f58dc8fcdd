"""The parts of a tracker that this layer uses, as protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cellgraph.frontends.display import Message
from cellgraph.model import Report
from cellgraph.record.ledger import Ledger


class ReportSource(Protocol):
    """Has a current report, and calls back when it may have changed."""

    def report(self) -> Report:
        """Cells, edges, findings and plan of this moment."""

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` whenever the report may have changed. Returns a function that ends this."""

    @property
    def in_queue(self) -> bool:
        """Whether further cells wait to be run, as in Run All."""


class FrontEndActions(Protocol):
    """What cellgraph's extension of the front end does for the kernel."""

    def run_cells(self, cells: Sequence[str]) -> None:
        """Run cells where they stand, in order; stop at the first that raises."""

    def open_panel(self) -> None:
        """Show the panel at the side of the notebook."""


class OrderedNotebook(ReportSource, Protocol):
    """A report source that also takes what the front end tells of the notebook."""

    def set_cell_order(
        self, ids: Sequence[str], sources: Mapping[str, str] | None = None, prose: Sequence[str] = ()
    ) -> None:
        """Set the ids of the notebook's code cells from top to bottom, their texts, and the other cells."""

    @property
    def messages(self) -> Mapping[str, Message]:
        """The messages that the extension is to draw, by the cell below which they belong."""

    @property
    def saves_messages(self) -> bool:
        """Whether messages are outputs of their cells, which are saved with the notebook."""

    def acted_by(self, extension: FrontEndActions | None) -> None:
        """Set who does what only the front end can do; None if there is nobody any more."""

    def expect_more(self, more: bool) -> None:
        """Set whether the front end is about to run further cells after the next one."""


class RecordedSession(ReportSource, Protocol):
    """A report source that also has the reports of earlier moments."""

    @property
    def ledger(self) -> Ledger:
        """All that was recorded."""

    def after_run(self, number: int) -> Report:
        """The report as it was when run ``number`` had ended (1 is the first run)."""


class FollowedSession(OrderedNotebook, RecordedSession, Protocol):
    """All that the front end's extension has to do with."""

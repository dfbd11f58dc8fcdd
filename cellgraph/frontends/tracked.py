"""What this layer needs of a tracker: a few of its methods. Whoever has them can be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cellgraph.model import Report
from cellgraph.record.ledger import Ledger


class ReportSource(Protocol):
    """Gives the report of the moment, and tells when there may be another."""

    def report(self) -> Report:
        """Cells, edges, findings and plan of this moment."""

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called whenever the report may be another. Gives what ends that."""


class OrderedNotebook(ReportSource, Protocol):
    """Is told how the notebook stands as well."""

    def set_cell_order(self, ids: Sequence[str], sources: Mapping[str, str] | None = None) -> None:
        """Take in the notebook's cells from top to bottom, and their texts where known."""

    def run_cells_by(self, run: Callable[[Sequence[str]], None] | None) -> None:
        """Take in what runs cells where they stand in the front end; None where nothing does any more."""


class RecordedSession(ReportSource, Protocol):
    """Gives earlier moments as well."""

    @property
    def ledger(self) -> Ledger:
        """All that was recorded."""

    def after_run(self, number: int) -> Report:
        """The report as it was when run ``number`` had ended (1 is the first run)."""

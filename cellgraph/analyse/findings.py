"""Stale reads and live differences become findings: code, message, and the cells to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cellgraph import rules
from cellgraph.analyse.live_comparison import Live, LiveDifference, drifts
from cellgraph.analyse.messages import doubt_cure, doubt_message, drift_message, labels, with_remedy
from cellgraph.analyse.messages.files import is_module
from cellgraph.analyse.plan import plan
from cellgraph.analyse.replay import Replay, StaleRead
from cellgraph.model import Digest, Finding
from cellgraph.record.ledger import Ledger

StaleReadKey = tuple[str, str, str, str | None]
"""Code, cell, what was read, cause: equal for two stale reads that are the same news."""

_IGNORE_COMMENT = re.compile(r"#\s*cellgraph:\s*ignore(?:\[([A-Z0-9,\s]*)\])?")


def _nothing(_: str) -> Digest | None:
    return None


@dataclass(frozen=True)
class Analysis:
    """Everything that findings are computed from, and the findings: of one moment.

    ``ledger``, ``replayed`` and ``live`` go on to change with the session. So an analysis is to be asked
    until the next change only; ``AnalysisState`` makes a new one then. What was worked out is kept.
    """

    ledger: Ledger
    replayed: Replay
    live: Live
    ignore: frozenset[str] = frozenset()
    imported: Live = _nothing
    """What was in the file of a module when it was imported."""

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that does not hold: warnings first, then in notebook order."""
        position = {cell: place for place, cell in enumerate(self.replayed.order.cells)}
        found = [*self.warnings(), *self.notes()]
        return tuple(sorted_findings(found, lambda cell: position.get(cell, len(position))))

    @cached_property
    def stale_reads(self) -> Mapping[StaleReadKey, StaleRead]:
        """Every read that Restart & Run All would not repeat, by what makes it news."""
        return {read.key: read for reads in self.replayed.doubts.values() for read in reads}

    def cells_in_doubt(self) -> frozenset[str]:
        """Cells that have a warning. The warnings are not worked out for it."""
        return frozenset(d.cell for d in self.replayed.all_doubts() if not self._ignored(d.code, d.cell))

    def warnings(self, doubts: Iterable[StaleRead] | None = None) -> list[Finding]:
        """Findings of Restart & Run All, for all doubts or for those given."""
        chosen = self.replayed.all_doubts() if doubts is None else doubts
        return [self._warning(doubt) for doubt in chosen if not self._ignored(doubt.code, doubt.cell)]

    def notes(self, names: frozenset[str] | None = None) -> list[Finding]:
        """Findings of the live namespace that no warning reports already."""
        return [self.note(drift) for drift in self.drifts(names)]

    def drifts(self, names: frozenset[str] | None = None) -> list[LiveDifference]:
        """What cells would see otherwise if they ran now, for ``names`` or for all."""
        cells: Iterable[str] = self.replayed.order.cells
        if names is not None:
            among = {cell for name in names for cell in self.ledger.readers(name)}
            cells = [cell for cell in among if cell not in self.replayed.order.deleted]
        found = drifts(self.ledger, cells, self.live, names)
        return [
            drift for drift in found if not self._told(drift) and not self._ignored(drift.code, drift.cell)
        ]

    def plan(self, cells: Iterable[str]) -> tuple[str, ...]:
        """Cells to run, in order, so that ``cells`` hold again."""
        return plan(cells, self.replayed, self.ledger, self.live)

    def stale(self) -> tuple[str, ...]:
        """Cells to run again, in the order to run them, so that every result holds."""
        doubtful = {d.cell for d in self.replayed.all_doubts() if self._is_mended_by_running(d)}
        edited = {d.cause for d in self.replayed.all_doubts() if d.code == rules.EDITED.code and d.cause}
        return self.plan(doubtful | edited)

    def note(self, drift: LiveDifference) -> Finding:
        """A drift as a finding."""
        message = drift_message(drift, labels(self.ledger))
        cause = drift.run.cell if drift.run is not None else None
        severity = rules.RULES[drift.code].severity
        return Finding(drift.code, severity, drift.cell, drift.read.label, cause, message)

    def _warning(self, doubt: StaleRead) -> Finding:
        remedy = self.plan([doubt.cell]) if self._is_mended_by_running(doubt) else ()
        label = labels(self.ledger)
        first = "restart, or reload it and " if self._is_outdated(doubt) else ""
        message = with_remedy(doubt_message(doubt, label), remedy, label, first)
        manual_fix = doubt_cure(doubt, label)
        message = f"{message} · {manual_fix}" if manual_fix else message
        severity = rules.RULES[doubt.code].severity
        return Finding(doubt.code, severity, doubt.cell, doubt.read.label, doubt.cause, message, remedy)

    def _is_outdated(self, doubt: StaleRead) -> bool:
        """Whether it is a module whose file is another than what was imported of it."""
        if not is_module(doubt.read) or doubt.slot is None or doubt.slot.digest is None:
            return False
        imported = self.imported(doubt.read.name)
        return imported is not None and not imported.agrees(doubt.slot.digest)

    def _is_mended_by_running(self, doubt: StaleRead) -> bool:
        if not _can_be_run_away(doubt):
            return False
        return not (doubt.slot is not None and doubt.slot.doubt and doubt.slot.cell in self._hopeless)

    @cached_property
    def _hopeless(self) -> frozenset[str]:
        """Cells that stay in doubt whatever is run, and those that take from them what is in doubt."""
        found: set[str] = set()
        for doubt in self.replayed.all_doubts():
            slot = doubt.slot
            if not _can_be_run_away(doubt) or (slot is not None and slot.doubt and slot.cell in found):
                found.add(doubt.cell)
        return frozenset(found)

    def _told(self, drift: LiveDifference) -> bool:
        doubts = self.replayed.doubts.get(drift.cell, ())
        return any(doubt.read.name == drift.read.name for doubt in doubts)

    def _ignored(self, code: str, cell: str) -> bool:
        return code in self.ignore or code in ignored_in(self._source(cell))

    def _source(self, cell: str) -> str:
        run = self.ledger.latest(cell)
        return run.source if run is not None else ""


def ignored_in(source: str) -> frozenset[str]:
    """Codes that a cell silences by a comment, ``# cellgraph: ignore[CODE, …]``. Without codes, all."""
    if "cellgraph:" not in source:
        return frozenset()
    found: set[str] = set()
    for listed in _IGNORE_COMMENT.findall(source):
        found.update(re.findall(r"CG\d+", listed) or rules.RULES)
    return frozenset(found)


def _can_be_run_away(doubt: StaleRead) -> bool:
    """Whether running cells helps: something above makes the name in Restart & Run All."""
    if doubt.slot is None or doubt.slot.digest is None:
        return False
    # A file that no cell makes is as it is. Reading it again helps only where it has changed.
    return bool(doubt.slot.cell) or doubt.code == rules.STALE.code


def sorted_findings(findings: Iterable[Finding], position: Callable[[str], int]) -> list[Finding]:
    """Most severe first, then in notebook order."""
    rank = {"warning": 0, "note": 1}
    return sorted(findings, key=lambda f: (rank[f.severity], position(f.cell), f.code, f.name))

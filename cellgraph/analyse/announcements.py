"""What is new after a run, and worth a line: notes that appeared, and cells that hold again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cellgraph import rules
from cellgraph.analyse.findings import Analysis
from cellgraph.analyse.replay import StaleRead
from cellgraph.model import Finding, Run

Key = tuple[str, str, str, str | None]
Doubts = Mapping[Key, StaleRead]


def new_notes(analysis: Analysis, run: Run) -> list[Finding]:
    """The notes that are said after a cell.

    There are two kinds: a name that was deleted, and one that was redefined independently of its
    old value.
    """
    read = {read.name for read in run.reads}
    independent = (w for w in run.writes if w.kind == "bind" and w.name not in read)
    deleted = (w for w in run.writes if w.kind == "delete")
    written = frozenset(write.name for write in (*independent, *deleted))
    if not any(True for name in written for _ in analysis.ledger.readers(name)):
        return []
    told = [d for d in analysis.drifts(written) if d.run is run and d.cell != run.cell and not d.kept]
    said = (rules.REDEFINED.code, rules.DELETED.code)
    return [analysis.note(drift) for drift in told if drift.code in said]


def resolved_findings(before: Doubts, now: Doubts, cells: Iterable[str]) -> list[Finding]:
    """The former warnings of each of ``cells`` that is valid again."""
    doubtful = {doubt.cell for doubt in now.values()}
    gone = {doubt.cell: doubt for key, doubt in before.items() if key not in now}
    known = set(cells)
    found = [doubt for cell, doubt in gone.items() if cell in known and cell not in doubtful]
    return [Finding(d.code, rules.RULES[d.code].severity, d.cell, d.read.label, d.cause, "") for d in found]

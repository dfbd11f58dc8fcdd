"""Which cells a name or a cell depends on, and which depend on it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cellgraph.analyse.report import reachable
from cellgraph.analyse.statement_slicer import sliced, spelt
from cellgraph.model import CellState, RandomUse, Report, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


def makers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that write a name, in notebook order."""
    return tuple(cell.cell for cell in report.cells if base_name(name) in cell.writes)


def readers(report: Report, name: str) -> tuple[str, ...]:
    """Cells that read a name, or a part that has to do with the one named, in notebook order."""
    base = base_name(name)
    return tuple(c.cell for c in report.cells if any(_touches(read, base, name) for read in c.reads))


def upstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that feed ``cells``, at any distance, and themselves; in notebook order.

    Run from top to bottom they make ``cells`` again: a backward slice.
    """
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= reachable(report.edges, cell, forward=False)
    return tuple(state for state in report.cells if state.cell in wanted)


def downstream(report: Report, cells: Iterable[str]) -> tuple[CellState, ...]:
    """The cells that ``cells`` feed, at any distance, and themselves; in notebook order."""
    wanted = set(cells)
    for cell in tuple(wanted):
        wanted |= reachable(report.edges, cell, forward=True)
    return tuple(state for state in report.cells if state.cell in wanted)


def _touches(read: str, base: str, name: str) -> bool:
    return base_name(read) == base and related(read[len(base) :], name[len(base) :])


def slice_code(ledger: Ledger, report: Report, subject: Iterable[str], name: str | None) -> dict[str, str]:
    """The code by which ``subject`` cells are made again, cell by cell in notebook order.

    With a name only the statements that it needs; without one the subject cells are whole.
    """
    subject = tuple(subject)
    runs = [ledger.latest(state.cell) for state in _with_hidden(ledger, report, subject)]
    known = [run for run in runs if run is not None]
    return sliced(known, () if name is None else (base_name(name),), subject if name is None else ())


def _with_hidden(ledger: Ledger, report: Report, subject: tuple[str, ...]) -> tuple[CellState, ...]:
    """The cells upstream, and what no edge shows.

    Where a cell draws random numbers, those above that set or moved the generator; where it changes a
    name through another, those above that make that name.
    """
    found = upstream(report, subject)
    while True:
        drawn = {use.library for cell in found for use in _random(ledger, cell) if use.how != "seeded"}
        last = max((report.cells.index(cell) for cell in found), default=-1)
        above = report.cells[: last + 1]
        moving = [c.cell for c in above if any(use.library in drawn for use in _random(ledger, c))]
        hidden = {name for cell in found for name in _unread(ledger, cell)}
        moving += [c.cell for c in above if not hidden.isdisjoint(c.writes)]
        wider = upstream(report, {*subject, *moving})
        if wider == found:
            return found
        found = wider


def _unread(ledger: Ledger, cell: CellState) -> set[str]:
    run = ledger.latest(cell.cell)
    if run is None:
        return set()
    changed = {write.name for write in run.writes if write.kind == "mutate"}
    return (changed | spelt(run)) - {read.name for read in run.reads}


def _random(ledger: Ledger, cell: CellState) -> tuple[RandomUse, ...]:
    run = ledger.latest(cell.cell)
    return run.random if run is not None else ()


def base_name(label: str) -> str:
    """The name of which a label names a part: ``df`` for ``df["a"].b``."""
    return label if Name(label).is_file else re.split(r"[\[.]", label, maxsplit=1)[0]

"""The report as it was after an earlier run: the same analysis on the first runs of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from cellgraph.analyse.findings import Analysis, sorted_findings
from cellgraph.analyse.replay import replay
from cellgraph.analyse.report import make_report
from cellgraph.model import Digest, Order, Report
from cellgraph.record.ledger import Ledger


def report_after(
    ledger: Ledger,
    order: Order,
    number: int,
    ignore: frozenset[str] = frozenset(),
    places: Mapping[str, str] = MappingProxyType({}),
) -> Report:
    """The report as it was when run ``number`` had ended. ``places`` are what to call cells by.

    The notebook's order at that time is not known. So cells stand in their present order, cells that had not
    run yet are left out, and no text counts as edited.
    """
    past = Ledger(ledger.runs[:number], ledger.contracts.values())
    known = frozenset(past.cells)
    cells = tuple(cell for cell in order.cells if cell in known)
    then = replace(order, cells=cells, deleted=order.deleted & known, edited=frozenset())
    analysis = Analysis(past, replay(past, then), lambda name: _held(past, name), ignore, places=places)
    place = {cell: at for at, cell in enumerate(cells)}
    found = sorted_findings(
        [*analysis.warnings(), *analysis.breaches, *analysis.notes()], lambda c: place.get(c, len(place))
    )
    return make_report(analysis, found)


def _held(ledger: Ledger, name: str) -> Digest | None:
    found = ledger.writer(name)
    return found[1].digest if found is not None else None

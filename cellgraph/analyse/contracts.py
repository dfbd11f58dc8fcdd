"""What cells made otherwise than the contracts of their names say, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from cellgraph import rules
from cellgraph.analyse.messages import labels
from cellgraph.model import Finding, Order, Run
from cellgraph.record.contract_records import breaches_of
from cellgraph.record.ledger import Ledger

_LISTED = 5
"""Differences of one kind that a message lists."""


def broken_contracts(ledger: Ledger, order: Order) -> Iterator[Finding]:
    """A finding for each cell of the notebook, name and kind of difference, in notebook order.

    It counts while the cell's latest run is the one that made the difference.
    """
    label = labels(ledger, order)
    for cell in order.cells:
        run = ledger.latest(cell)
        if run is not None and run.breaches:
            yield from _of_run(ledger, run, label(cell))


def _of_run(ledger: Ledger, run: Run, label: str) -> Iterator[Finding]:
    found: dict[tuple[str, str], list[str]] = {}
    for breach in breaches_of(ledger, run):
        found.setdefault((breach.name, breach.code), []).append(breach.difference)
    for (name, code), words in found.items():
        rule = rules.CONTRACT_RULES.get(code)
        if rule is None:  # of a newer ledger
            continue
        more = f"; and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
        said = rule.sentence.format(reader=label, name=name, difference="; ".join(words[:_LISTED]) + more)
        fix = rule.manual_fix.format(name=name)
        yield Finding(code, rule.severity, run.cell, name, None, f"{said} · {fix}")

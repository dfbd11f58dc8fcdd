"""The replay after one more run: taken over from the last one as far as it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cellgraph.analyse.replay import Replay, extend, replay
from cellgraph.analyse.rerun_replay import repeat
from cellgraph.model import Digest, Order, Run
from cellgraph.record.ledger import Ledger


def renew(
    before: Replay, ledger: Ledger, order: Order, disk: Mapping[str, Digest | None], run: Run | None
) -> Replay:
    """The replay for ``order`` and what is on ``disk``; ``run`` is what has come since ``before``, if known.

    ``before`` is used up.
    """
    if disk is not before.disk:
        if any(disk.get(name) != digest for name, digest in before.disk.items()):
            return replay(ledger, order, disk)
        before = replace(before, disk=disk)  # files more, and none that is different
    if run is not None and _only_adds(before.order, order, run.cell):
        return extend(before, ledger, order)
    if run is not None and order is before.order:
        previous = ledger.runs_of(run.cell)[-2:][0]
        return repeat(before, ledger, run, previous) or replay(ledger, order, disk)
    return replay(ledger, order, disk)


def _only_adds(before: Order, after: Order, cell: str) -> bool:
    return (
        after.cells[-1:] == (cell,)
        and after.cells[:-1] == before.cells
        and not after.deleted
        and not after.edited
        and not before.deleted
        and not before.edited
    )

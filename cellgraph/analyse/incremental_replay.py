"""The replay after a change: taken over from the last one as far as it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cellgraph.analyse.replay import Replay, extend, replay
from cellgraph.analyse.rerun_replay import repeat
from cellgraph.model import Digest, Order, Run
from cellgraph.record.ledger import Ledger


def renew(
    before: Replay, ledger: Ledger, order: Order, disk: Mapping[str, Digest | None], new: Sequence[Run]
) -> Replay:
    """The same as ``replay(ledger, order, disk)``, from the replay before the runs that are ``new``.

    Nothing is replayed where no run is new and the order is the same object. After one run the cells
    whose outcome it cannot change are taken over. ``before`` is used up.
    """
    if disk is not before.disk:
        if any(disk.get(name) != digest for name, digest in before.disk.items()):
            return replay(ledger, order, disk)
        before = replace(before, disk=disk)  # more files, and none that is different
    if not new and order is before.order:
        return before
    renewed = _after_run(before, ledger, order, new[0]) if len(new) == 1 else None
    return renewed if renewed is not None else replay(ledger, order, disk)


def _after_run(before: Replay, ledger: Ledger, order: Order, run: Run) -> Replay | None:
    """The replay with one run more, None where more than its cell has to be replayed."""
    if _only_adds(before.order, order, run.cell):
        return extend(before, ledger, order)
    if order is not before.order:
        return None
    if run.cell not in before.inputs:
        return _extended_to(run.cell, before, ledger)
    return repeat(before, ledger, run, ledger.runs_of(run.cell)[-2])


def _only_adds(before: Order, after: Order, cell: str) -> bool:
    """Whether the order is the one before with ``cell`` below it."""
    return (
        after.cells[-1:] == (cell,)
        and after.cells[:-1] == before.cells
        and _is_plain(before)
        and _is_plain(after)
    )


def _extended_to(cell: str, before: Replay, ledger: Ledger) -> Replay | None:
    """The replay with a cell that the order had already; None where one below it has run before it."""
    order = before.order
    if cell not in order.cells or not _is_plain(order):
        return None
    place = order.cells.index(cell)
    if any(other in before.inputs for other in order.cells[place:]):
        return None
    above = replace(order, cells=order.cells[:place])
    return extend(replace(before, order=above), ledger, order)


def _is_plain(order: Order) -> bool:
    """Whether no cell is deleted or edited: then a new run changes the reasons of none above it."""
    return not order.deleted and not order.edited

"""Cells that were split: the upper half is an edited text, the lower half a cell of its own that has run.

The two texts together are what the cell ran before it was split. What the lower half left alone when it ran
by itself, from what that run had left, is the upper half's doing.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellgraph.model import Order, Read, Run, Write
from cellgraph.record.ledger import Ledger, same_value


def made_by_upper_half(ledger: Ledger, order: Order, run: Run, text: str) -> tuple[Write, ...]:
    """What a run wrote with a text of which ``text`` is the upper half; nothing where that is not known."""
    if run.outcome != "ok" or ledger.used_older(run):
        return ()
    lower = _lower_half(ledger, order, run, text)
    if lower is None or not all(_is_left(read, run) for read in lower.reads):
        return ()
    own = {write.name for write in lower.writes}
    return tuple(write for write in run.writes if write.name not in own and not write.name.refers_to_result)


def _lower_half(ledger: Ledger, order: Order, run: Run, text: str) -> Run | None:
    """The run of the cell below, where that has the rest of what ``run`` executed."""
    cells = order.cells
    at = cells.index(run.cell) + 1
    below = ledger.latest(cells[at]) if at < len(cells) and cells[at] not in order.texts else None
    if below is None or below.outcome != "ok" or below.number < run.number:
        return None
    return below if [*_lines(text), *_lines(below.source)] == [*_lines(run.source)] else None


def _lines(text: str) -> Iterator[str]:
    return (line.rstrip() for line in text.splitlines() if line.strip())


def _is_left(read: Read, run: Run) -> bool:
    """Whether a read of the lower half found what the whole run had read there, or left there."""
    written = [write for write in run.writes if write.name == read.name]
    if written:
        return same_value(read, written[-1].digest)
    reads = (other for other in run.reads if other.name == read.name and other.path in ("", read.path))
    return any(same_value(read, other.digest) for other in reads)

"""Files in replay: they outlive the kernel, so Restart & Run All finds what is on disk by then."""

from __future__ import annotations

from collections.abc import Mapping

from cellgraph import rules
from cellgraph.model import Digest, Read, Run, agree
from cellgraph.record.ledger import Ledger

Reason = tuple[str, str | None]
"""The code of a finding, and the cell that made the difference (None: no cell)."""


def reason_on_disk(
    ledger: Ledger, position: Mapping[str, int], run: Run, read: Read, origin: Run | None, now: Digest | None
) -> Reason | None:
    """Why a file that no cell above makes is not to be relied on; None where it is.

    ``now`` is what is on disk. A cell that once made the file and does not any more is no reason:
    the file is still there. Nor is a cell below that has written it since: that is told as a note.
    """
    below = origin is not None and position.get(origin.cell, -1) > position[run.cell]
    if origin is not None and below and _made(ledger, origin, read.name):
        return rules.OUT_OF_ORDER.code, origin.cell
    if read.digest is None or agree(read.digest, now):
        return _missed(ledger, run, read, now)
    if (
        origin is not None
        and origin.cell == run.cell
        and any(write.name == read.name for write in run.writes)
    ):
        return rules.OWN_OUTPUT.code, run.cell
    if origin is not None and origin.cell not in position:
        return rules.DELETED_CELL.code, origin.cell
    last = ledger.writer(read.name)
    if last is not None and last[0].number >= run.number and agree(last[1].digest, now):
        return None
    return rules.STALE.code, None


def overtaken(ledger: Ledger, run: Run, read: Read, maker: str) -> Reason | None:
    """A file from outside that ``maker``, a cell above, has made since it was read."""
    latest = ledger.latest(maker)
    is_later = latest is None or latest.number > run.number  # one that never ran is still to make it
    return (rules.STALE.code, maker) if is_later else None


def _missed(ledger: Ledger, run: Run, read: Read, now: Digest | None) -> Reason | None:
    """The same for a file that was not there when it was to be read; None for one that was."""
    if read.digest is not None:
        return None
    if ledger.removed_itself(run, read.name):
        return rules.OWN_OUTPUT.code, run.cell
    # What a cell makes as the notebook goes on is there at the next start, and is no news.
    return (rules.STALE.code, None) if now is not None and ledger.writer(read.name) is None else None


def _made(ledger: Ledger, run: Run, name: str) -> bool:
    """Whether its cell, by then, had put something else into the file than what was there."""
    runs = (other for other in ledger.runs_of(run.cell) if other.number <= run.number)
    writes = (write for other in runs for write in other.writes if write.name == name)
    return any(not agree(write.digest, write.before) for write in writes)

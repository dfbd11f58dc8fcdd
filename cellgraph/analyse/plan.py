"""Which cells to run, and in which order, so that results hold again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cellgraph.analyse.live_comparison import Live
from cellgraph.analyse.replay import EnvironmentEntry, Replay, environment_key
from cellgraph.model import Digest, Read, Run
from cellgraph.record.ledger import Ledger, same_value
from cellgraph.record.older_objects import Older


def plan(targets: Iterable[str], replayed: Replay, ledger: Ledger, live: Live) -> tuple[str, ...]:
    """The smallest set of cells, in notebook order, whose run puts ``targets`` right.

    A target alone is enough where the live namespace already holds what Restart & Run All would
    give it. Where it does not, the cell that makes the input comes before it, and so on upwards.
    """
    return _Planner(replayed, ledger, live).run(targets)


class _Planner:
    def __init__(self, replayed: Replay, ledger: Ledger, live: Live) -> None:
        self._inputs = replayed.inputs
        self._order = replayed.order.cells
        self._doubts = replayed.stale_reads
        self._ledger = ledger
        self._live = live
        self._older: dict[int, Older] = {}
        """Older objects that a chosen cell would use: what holds them is to be made again."""

    def run(self, targets: Iterable[str]) -> tuple[str, ...]:
        chosen = set(targets)
        while True:
            missing = self._missing(chosen)
            if not missing:
                return tuple(cell for cell in self._order if cell in chosen)
            chosen |= missing

    def _missing(self, chosen: set[str]) -> set[str]:
        """Cells that have to run before one of the chosen, as it stands."""
        rewritten: dict[str, str] = {}
        missing: set[str] = set()
        for cell in self._order:
            run = self._ledger.latest(cell)
            if cell not in chosen or run is None:
                continue
            missing |= set(self._makers(run, rewritten, chosen))
            for write in run.writes:
                rewritten[environment_key(self._ledger, write.name)] = cell
        return missing

    def _makers(self, run: Run, rewritten: Mapping[str, str], chosen: set[str]) -> Iterable[str]:
        slots = self._inputs.get(run.cell, {})
        for older in self._ledger.would_use_older(run):
            self._older[older.share.number] = older
        for read in run.reads:
            slot = slots.get(read.name)
            if slot is None or slot.cell in chosen:
                continue
            if slot.doubt or not self._holds(read, slot, rewritten) or self._holds_older(read):
                yield slot.cell

    def _holds_older(self, read: Read) -> bool:
        return any(self._ledger.holds(read.name, older) for older in self._older.values())

    def _holds(self, read: Read, slot: EnvironmentEntry, rewritten: Mapping[str, str]) -> bool:
        """Whether the name will hold the right value once the chosen cells above have run."""
        if read.name.is_result:
            return True
        if read.name in rewritten:
            return False  # a chosen cell writes an older state over it
        now = self._live(read.name)
        if slot.digest is None or now is None:
            return slot.digest is now
        return _agrees(read, slot.digest, now)


def _agrees(read: Read, wanted: Digest, now: Digest) -> bool:
    """Whether what the read takes is what it would take of ``wanted``."""
    part = wanted.part(read.path) if read.path else None
    if part is None:
        return wanted.agrees(now)
    return same_value(Read(read.name, read.path, part), now)

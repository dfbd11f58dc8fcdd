"""Which cells to run, and in which order, so that results hold again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cellgraph.analyse.live_comparison import Live
from cellgraph.analyse.predicted_outcome import text_outcome
from cellgraph.analyse.replay import EnvironmentEntry, Replay, environment_key
from cellgraph.analyse.setting_replay import is_generator, setters
from cellgraph.model import Digest, Read
from cellgraph.names import Name
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
        self._texts = replayed.order.texts
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
            if cell not in chosen:
                continue
            missing |= set(self._makers(cell, rewritten, chosen)) - chosen
            for name in self._written(cell):
                rewritten[environment_key(self._ledger, name)] = cell
        return missing

    def _reads(self, cell: str) -> Iterable[Read]:
        """What the cell would read: what its latest run read, or what its text takes that has not run."""
        text, run = self._texts.get(cell), self._ledger.latest(cell)
        if text is not None:
            return [Read(Name(name)) for name in text_outcome(text).loads]
        return (*run.reads, *run.untouched) if run is not None else ()

    def _written(self, cell: str) -> Iterable[Name]:
        text, run = self._texts.get(cell), self._ledger.latest(cell)
        if text is not None:
            return map(Name, text_outcome(text).written)
        return [write.name for write in run.writes] if run is not None else ()

    def _makers(self, cell: str, rewritten: Mapping[str, str], chosen: set[str]) -> Iterable[str]:
        slots = self._inputs.get(cell, {})
        self._note_older(cell)
        for read in self._reads(cell):
            slot = slots.get(read.name)
            if read.cached and (slot is None or not same_value(read, slot.digest)):
                yield from self._cache_makers(cell, read)
            if slot is None:
                continue
            if read.name.is_setting and not is_generator(read.name):
                needed = setters(read, slot, self._live(read.name), rewritten)
                yield from (cell for cell in needed if cell not in chosen)
                continue
            if slot.cell in chosen:
                continue
            if slot.doubt or not self._holds(read, slot, rewritten) or self._holds_older(read):
                yield slot.cell

    def _cache_makers(self, cell: str, read: Read) -> Iterable[str]:
        """Who makes the cache that the cell's run used, if that is the one that is there now."""
        run, made = self._ledger.latest(cell), self._ledger.writer(read.cached)
        if run is None or made is None or made[0].number > run.number:
            return
        slots = self._inputs.get(cell, {})
        holders = {other.name for other in run.reads if self._ledger.shares_with(other.name, read.cached)}
        makers = (slots.get(name) for name in (read.cached, *sorted(holders)))
        yield from (slot.cell for slot in makers if slot is not None and slot.cell and slot.cell != cell)
        if made[0].cell != cell and made[0].cell in self._order:
            yield made[0].cell

    def _note_older(self, cell: str) -> None:
        """Older objects that the cell would use: whoever holds them has to run before it."""
        run = self._ledger.latest(cell) if cell not in self._texts else None
        for older in self._ledger.would_use_older(run) if run is not None else ():
            self._older[older.share.number] = older

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

"""Which cells to run, and in which order, so that results hold again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from cellgraph import rules
from cellgraph.analyse.environment import EnvironmentEntry, Replay, environment_key
from cellgraph.analyse.library_changes import is_library
from cellgraph.analyse.live_comparison import Live
from cellgraph.analyse.predicted_outcome import text_outcome
from cellgraph.analyse.setting_replay import is_generator, setters
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statements import block_of, mentioned_names
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest, Read, Run, agree, covers, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger, same_value
from cellgraph.record.older_objects import Older
from cellgraph.record.path_changes import certain_part, changed_paths, explained


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a cell needs where nothing about it has to be looked at closely.

    The cells ``must`` run before it. The names ``held`` are there, unless a cell of the plan writes them.
    """

    must: frozenset[str]
    held: frozenset[str]


@dataclass(frozen=True, slots=True)
class _SimplePlan:
    """A plan of whose cells nothing had to be looked at closely.

    ``cells``: the plan, in order. ``chosen``: the same as a set. ``held``: the names that cells of the plan
    need as they are. ``written``: the names that they write.
    """

    cells: tuple[str, ...] = ()
    chosen: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()


class Planner:
    """Makes plans: the smallest sets of cells, in notebook order, whose run makes their targets valid.

    A target alone is enough if the live namespace already holds what Restart & Run All would give it. If not,
    the cell that makes the input comes before it, and so on upwards. A planner is of one moment.
    """

    def __init__(self, replayed: Replay, ledger: Ledger, live: Live) -> None:
        self._inputs = replayed.inputs
        self._order = replayed.order.cells
        self._known = frozenset(self._order)
        self._texts = replayed.order.texts
        self._effects = replayed.order.effects
        self._doubts = replayed.stale_reads
        self._ledger = ledger
        self._live = live
        # A notebook has as many plans as findings, and they share what follows.
        self._alone: dict[str, frozenset[str]] = {}
        """What each cell needs by itself."""
        self._closures: dict[str, frozenset[str]] = {}
        """The same at any distance, with the cell, for each cell that a plan was made for."""
        self._needs: dict[str, _Needs | None] = {}
        """What each cell needs, or None where it has to be looked at closely."""
        self._simple: dict[str, _SimplePlan] = {}
        """The plans for single cells that plans for cells below them can be made of."""
        self._place = {cell: place for place, cell in enumerate(self._order)}
        self._writes: dict[str, tuple[tuple[Name, tuple[str, ...]], ...]] = {}
        """What each cell would write, by the keys of the environment."""
        self._names: dict[str, frozenset[Name]] = {}
        self._older: dict[int, Older] = {}
        """Older objects that a chosen cell would use: what holds them is to be made again."""

    def run(self, targets: Iterable[str]) -> tuple[str, ...]:
        """The plan for these cells."""
        self._older = {}
        wanted = list(targets)
        if len(wanted) != 1:
            return self._completed(self._closed(wanted))
        cell = wanted[0]
        simple = self._simple.get(cell) or self._below_simple(cell)
        if simple is None:
            chosen = self._closed(wanted)
            self._closures[cell] = frozenset(chosen)
            plan = self._completed(chosen)
            simple = self._as_simple(plan)
            if simple is None:
                return plan
        self._simple[cell] = simple
        return simple.cells

    def _completed(self, chosen: set[str]) -> tuple[str, ...]:
        """The plan that has these cells, and all that they need together."""
        while True:
            missing = self._missing(chosen)
            if not missing:
                return tuple(cell for cell in self._order if cell in chosen)
            chosen = self._closed(chosen | missing)

    def _below_simple(self, cell: str) -> _SimplePlan | None:
        """The plan for a cell, made of the plans for the cells that it needs; None where that cannot be done.

        A chain of cells has as many plans as cells, each longer by one than the plan before.
        """
        above = _SimplePlan()
        for needed in self._needed_alone(cell):
            joined = self._joined(above, self._simple.get(needed))
            if joined is None:
                return None
            above = joined
        return self._with_next(above, cell)

    def _as_simple(self, plan: Iterable[str]) -> _SimplePlan | None:
        """A plan as one that others can be made of; None where a cell of it has to be looked at closely."""
        simple: _SimplePlan | None = _SimplePlan()
        for cell in plan:
            simple = self._with_next(simple, cell) if simple is not None else None
        return simple

    def _with_next(self, plan: _SimplePlan, cell: str) -> _SimplePlan | None:
        """A simple plan with a cell below it that needs no others; None if that is not plain."""
        if cell not in self._known or (plan.cells and self._place[plan.cells[-1]] >= self._place[cell]):
            return None
        needs = self._needed(cell)
        chosen = plan.chosen | {cell}
        if needs is None or not (needs.must <= chosen and needs.held.isdisjoint(plan.written)):
            return None
        written = plan.written | self._names_written(cell)
        return _SimplePlan((*plan.cells, cell), chosen, plan.held | needs.held, written)

    def _joined(self, one: _SimplePlan, other: _SimplePlan | None) -> _SimplePlan | None:
        """Two simple plans as one; None where a cell of either writes what a cell of the other needs."""
        if other is None:
            return None
        if other.chosen <= one.chosen:
            return one
        if one.chosen <= other.chosen:
            return other
        if not (one.held.isdisjoint(other.written) and other.held.isdisjoint(one.written)):
            return None
        chosen = one.chosen | other.chosen
        cells = tuple(sorted(chosen, key=self._place.__getitem__))
        return _SimplePlan(cells, chosen, one.held | other.held, one.written | other.written)

    def _closed(self, cells: Iterable[str]) -> set[str]:
        """The cells with all that they need by themselves, at any distance.

        More chosen cells only ever make a cell need more, so this is a part of every plan for them.
        """
        found, waiting = set(cells), list(cells)
        while waiting:
            cell = waiting.pop()
            if cell in self._closures:
                found |= self._closures[cell]
                continue
            new = self._needed_alone(cell) - found
            found |= new
            waiting.extend(new)
        return found

    def _needed_alone(self, cell: str) -> frozenset[str]:
        """Cells that have to run before a cell, if no other is chosen."""
        if cell not in self._known:
            return frozenset()  # it does not stand in the notebook
        if cell not in self._alone:
            older, self._older = self._older, {}
            self._alone[cell] = frozenset(self._makers(cell, {}, {cell})) - {cell}
            self._older = older
        return self._alone[cell]

    def _missing(self, chosen: set[str]) -> set[str]:
        """Cells that have to run before one of the chosen cells."""
        above: list[str] = []
        written: set[Name] = set()
        missing: set[str] = set()
        for cell in self._order:
            if cell not in chosen:
                continue
            if not self._needs_nothing_more(cell, chosen, written):
                missing |= set(self._makers(cell, self._rewritten(above), chosen)) - chosen
            above.append(cell)
            written |= self._names_written(cell)
        return missing

    def _needs_nothing_more(self, cell: str, chosen: set[str], written: set[Name]) -> bool:
        """Whether it is plain that a chosen cell needs no others.

        ``written``: the names that the chosen cells above it write.
        """
        needs = self._needed(cell) if not self._older else None
        return needs is not None and needs.must <= chosen and needs.held.isdisjoint(written)

    def _needed(self, cell: str) -> _Needs | None:
        """What a cell needs; None where it has to be looked at closely."""
        if cell not in self._needs:
            self._needs[cell] = self._plain_needs(cell)
        return self._needs[cell]

    def _plain_needs(self, cell: str) -> _Needs | None:
        """What a cell needs; None where that depends on more than which cells are chosen."""
        run, slots = self._ledger.latest(cell), self._inputs.get(cell, {})
        if cell not in self._texts and run is not None and self._ledger.would_use_older(run):
            return None
        must: set[str] = set()
        held: set[str] = set()
        for read in self._reads(cell):
            slot = slots.get(read.name)
            if read.cached:
                return None
            if slot is None:
                continue
            if read.name.is_setting or read.store_only:
                return None
            if not slot.doubtful(read) and self._holds(read, slot, {}, set()):
                held.add(read.name)
            elif slot.base and self._keeps_another_part(read, slot, set()):
                return None
            else:
                must |= {slot.cell, *_makers_in_doubt(read, slot)}
        return _Needs(frozenset(must), frozenset(held))

    def _rewritten(self, cells: Iterable[str]) -> Mapping[str, set[str]]:
        """The names that cells would write, each with its parts; an empty part stands for the whole."""
        rewritten: dict[str, set[str]] = {}
        for cell in cells:
            for name, paths in self._written(cell):
                rewritten.setdefault(name, set()).update(paths or ("",))
        return rewritten

    def _reads(self, cell: str) -> Iterable[Read]:
        """What the cell would read: the reads of its latest run, or what its text loads and draws from."""
        text, run = self._texts.get(cell), self._ledger.latest(cell)
        if text is not None:
            drawn = (name for name, _ in self._effects.get(cell, ()) if is_generator(name))
            loads = text_outcome(text).loads
            behind = _behind_calls(run, loads) if run is not None else ()
            return [*(Read(Name(name)) for name in (*loads, *drawn)), *behind]
        return (*run.reads, *run.untouched) if run is not None else ()

    def _written(self, cell: str) -> Iterable[tuple[Name, tuple[str, ...]]]:
        """What the cell would write, with the parts if it writes only parts."""
        if cell not in self._writes:
            made = self._written_by(cell)
            self._writes[cell] = tuple((environment_key(self._ledger, name), paths) for name, paths in made)
        return self._writes[cell]

    def _names_written(self, cell: str) -> frozenset[Name]:
        if cell not in self._names:
            self._names[cell] = frozenset(name for name, _ in self._written(cell))
        return self._names[cell]

    def _written_by(self, cell: str) -> Iterable[tuple[Name, tuple[str, ...]]]:
        text, run = self._texts.get(cell), self._ledger.latest(cell)
        if text is not None:
            made = text_outcome(text).names  # what it would put into a library has names of its own
            kept = [o.name for o in made if o.kind != "mutate" or not is_library(self._live(Name(o.name)))]
            return [(Name(name), ()) for name in kept]
        writes = run.writes if run is not None else ()
        return [(write.name, write.paths if write.kind == "mutate" else ()) for write in writes]

    def _makers(self, cell: str, rewritten: Mapping[str, set[str]], chosen: set[str]) -> Iterable[str]:
        slots = self._inputs.get(cell, {})
        self._note_older(cell)
        yield from self._used_up(cell, chosen)
        yield from self._apart(cell) & self._known - chosen
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
            yield from self._makers_of(read, slot, rewritten, chosen)

    def _makers_of(
        self, read: Read, slot: EnvironmentEntry, rewritten: Mapping[str, set[str]], chosen: set[str]
    ) -> Iterable[str]:
        """The cells that make what a read takes, and that are not chosen."""
        if slot.base in self._known - chosen and (
            (slot.changed_as and self._holds_another(read.name, slot.changed_as, rewritten))
            or self._keeps_another_part(read, slot, chosen)
        ):
            yield slot.base
        yield from _makers_in_doubt(read, slot) - chosen
        if slot.cell in chosen:
            return
        holds = self._holds(read, slot, rewritten, chosen)
        if slot.doubtful(read) or not holds or self._holds_older(read):
            yield slot.cell

    def _used_up(self, cell: str, chosen: set[str]) -> Iterable[str]:
        """The cells that make anew what the cell has changed unseen, and those that use it in between."""
        for stale in self._doubts.get(cell, ()):
            slot = stale.slot
            counted = stale.read.cached == stale.read.name and stale.code == rules.CACHED.code
            if slot is None or not (counted or stale.code == rules.OWN_OUTPUT.code):
                continue
            if not agree(stale.read.digest, slot.digest):
                continue
            if stale.read.name.isidentifier() and slot.cell in self._known and slot.cell not in chosen:
                yield slot.cell
                between = self._order[self._order.index(slot.cell) + 1 : self._order.index(cell)]
                yield from self._ledger.users(stale.read.name) & set(between)

    def _apart(self, cell: str) -> set[str]:
        """The cells that make two names' objects one, or two, where the cell found it otherwise."""
        stale = (stale for stale in self._doubts.get(cell, ()) if stale.code == rules.OLDER.code)
        return {each.cause for each in stale if each.cause and each.slot and each.slot.changed_as}

    def _cache_makers(self, cell: str, read: Read) -> Iterable[str]:
        """The cells that make the cache used by the cell's run, if the present cache is still that one."""
        run, written = self._ledger.latest(cell), self._ledger.writer(read.cached)
        if run is None or written is None or written[0].number > run.number:
            return
        writers = self._ledger.writers(read.cached, run.number)
        made = next((writer for writer in writers if _binds(writer, read.cached)), run)
        slots = self._inputs.get(cell, {})
        holders = {other.name for other in run.reads if self._ledger.shares_with(other.name, read.cached)}
        makers = (slots.get(name) for name in (read.cached, *sorted(holders)))
        yield from (slot.cell for slot in makers if slot is not None and slot.cell and slot.cell != cell)
        if made.cell != cell and made.cell in self._order:
            yield made.cell

    def _note_older(self, cell: str) -> None:
        """Collect older objects that the cell would use. Their holders have to run before it."""
        run = self._ledger.latest(cell) if cell not in self._texts else None
        for older in self._ledger.would_use_older(run) if run is not None else ():
            self._older[older.share.number] = older

    def _holds_older(self, read: Read) -> bool:
        return any(self._ledger.holds(read.name, older) for older in self._older.values())

    def _holds_another(self, name: Name, origin: str, rewritten: Mapping[str, set[str]]) -> bool:
        """Whether a name will hold an older object of ``origin`` once the chosen cells above have run."""
        if not self._ledger.shares_with(name, origin):
            return False
        return "" in rewritten.get(origin, ()) or not self._ledger.holds_present(name, origin)

    def _holds(
        self, read: Read, slot: EnvironmentEntry, rewritten: Mapping[str, set[str]], chosen: set[str]
    ) -> bool:
        """Whether the name holds the right value once the chosen cells above have run."""
        if read.name.is_result:
            return True
        over = rewritten.get(read.name, ())
        if "" in over or any(related(path, read.path) for path in over if not read.store_only):
            return False  # a chosen cell writes an older state over it
        now = self._live(read.name)
        if slot.digest is None or now is None:
            return slot.digest is now
        if read.store_only and not slot.digest.agrees(now):
            return self._differs_in_stores(read.name, slot, now, chosen)
        return _agrees(read, slot.digest, now)

    def _keeps_another_part(self, read: Read, slot: EnvironmentEntry, chosen: set[str]) -> bool:
        """Whether a part that the read takes stays wrong when the cells that stored into the value run again.

        ``frame["total"] = …`` run again leaves a column in the frame that a cell below has added. Then the
        cell that made the frame has to run as well.
        """
        now = self._live(read.name)
        if read.store_only or slot.digest is None or now is None or _agrees(read, slot.digest, now):
            return False
        made = {path for path, cell in slot.makers if cell == slot.cell or cell in chosen}
        again = {path for path in made if not path.endswith(".columns")}  # a store leaves the other columns
        if read.path and any(covers(path, read.path) for path in again):
            return False
        return not explained(slot.digest, now, again)

    def _differs_in_stores(self, name: Name, slot: EnvironmentEntry, now: Digest, chosen: set[str]) -> bool:
        """Whether the live value differs only in parts that cells below its maker stored.

        Those parts are right or will be made again, and all other parts are as they should be.
        """
        if slot.digest is None or slot.digest.type != now.type:
            return False
        below = self._order[self._order.index(slot.cell) + 1 :] if slot.cell in self._order else ()
        runs = [run for run in map(self._ledger.latest, below) if run is not None]
        again = {run.cell: self._texts.get(run.cell, run.source) for run in runs if run.cell in chosen}
        stored = {path for run in runs for path in _stored(run, name, again.get(run.cell))}
        moved = any(path.endswith(".index") for path in changed_paths(slot.digest, now))
        return not moved and explained(slot.digest, now, stored)


def _makers_in_doubt(read: Read, slot: EnvironmentEntry) -> set[str]:
    """The cells that stored the parts in doubt of what a read takes, where these parts are known."""
    if not (slot.makers and slot.parts and slot.doubtful(read)):
        return set()
    return {
        cell
        for path, cell in slot.makers
        if any(related(path, part) for part in slot.parts) and (not read.path or related(path, read.path))
    }


def _behind_calls(run: Run, loads: Collection[str]) -> Iterator[Read]:
    """The variables that the functions called by an edited text read when its former text called them."""
    if not any(read.name in loads for read in run.reads):
        return
    named = mentioned_names(block_of(body_apart_from_magics(run.source)))
    for read in run.reads:
        if read.name.isidentifier() and read.name not in named and read.name not in loads:
            yield read


def _binds(run: Run, name: str) -> bool:
    return any(write.name == name and write.kind == "bind" for write in run.writes)


def _stored(run: Run, name: Name, again: str | None) -> set[str]:
    """The parts of ``name`` that a run stored into.

    ``again`` is the text that will run now. If it differs, only parts that it always stores are counted.
    """
    writes = [write for write in run.writes if write.name == name and write.kind == "mutate"]
    found = {path for write in writes for path in write.paths}
    if again is None:
        return found
    digest = writes[-1].digest if writes else None
    steps = (step for step in block_of(body_apart_from_magics(again)) if not step.branches)
    sure = {certain_part(part.path, digest) for step in steps for part in step.apart if part.target == name}
    return found & sure


def _agrees(read: Read, wanted: Digest, now: Digest) -> bool:
    """Whether the part that the read takes is the same in ``wanted``."""
    part = wanted.part(read.path) if read.path else None
    if part is None:
        return wanted.agrees(now)
    return same_value(Read(read.name, read.path, part), now)

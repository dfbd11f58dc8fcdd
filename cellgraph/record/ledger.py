"""The ledger: every run in the order in which it happened. Nothing is ever taken out of it."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from cellgraph.model import Digest, Read, Run, Write, agree, related
from cellgraph.names import COUNTED, KIND_MARK, Name
from cellgraph.record.run_history import KEPT, PACKED, RunHistory, RunsUpTo, share
from cellgraph.structure import STRUCTURE, is_structure
from cellgraph.trace.settings.values import TYPE as SETTING
from cellgraph.trace.settings.values import differing

if TYPE_CHECKING:
    from cellgraph.record.contracts.facts import Contract
    from cellgraph.record.older_objects import Older, Session

T = TypeVar("T")
Place = tuple[str, str, bool, str]
Made = tuple[Run, Write]
_SHIFTED = ("_", "__", "___")
_COUNTABLE = 1 << 62
_PLACED = 512
"""Runs whose reads are kept in order to find one of them at once."""


class Ledger:
    """An append-only list of runs, with the look-ups that follow from it.

    What is kept beside the list (latest runs, last writers, readers) is brought up to date with
    each run and never by walking over the ones before: a session of thousands of runs costs no
    more a cell than one of ten. Runs that nothing here refers to any more are packed (``RunHistory``).
    """

    def __init__(  # noqa: PLR0915 - a line for each index
        self, runs: Iterable[Run] = (), contracts: Iterable[Contract] = ()
    ) -> None:
        self.history = RunHistory()
        self._latest: dict[str, Run] = {}
        self._by_cell: dict[str, array[int]] = {}
        self._shown: dict[str, Run] = {}
        self._writers: dict[str, Made] = {}
        self._first: dict[str, Write] = {}
        self._valued: dict[str, Run] = {}
        self._wholes: dict[str, Made] = {}
        self._parts: dict[str, dict[str, Made]] = {}
        self._readers: dict[str, dict[str, None]] = {}
        self._makers: dict[str, dict[str, None]] = {}
        self._places: dict[int, dict[Place, int]] = {}
        self._counts = _ByCount()
        self._results = _ByCount()
        self._written: dict[str, array[int]] = {}
        self._removed: dict[tuple[str, str], int] = {}
        self._altered: dict[tuple[str, str], int] = {}
        self._seeders: dict[str, int] = {}
        self._bound: dict[str, int] = {}
        self._used: dict[int, tuple[Older, ...]] = {}
        self._changed: dict[int, tuple[Older, ...]] = {}
        self._referred: set[int] = set()
        """Runs that are old and are kept as they are, because something above refers to them."""
        self._countable = True
        """Whether the runs are numbered as they should be: a file may say anything."""
        self._to_pack: dict[str, list[int]] = {}
        self._changed_at: dict[str, int] = {}
        """With which run that which the look-ups say of a name has changed last. Not for results."""
        self.patches: dict[Name, int] = {}
        """Attributes of libraries that cells have changed, each with the run that did so first."""
        self.sharing_names: dict[str, None] = {}
        """Names that have held an object that another name held as well."""
        self.shared_origins: dict[str, None] = {}
        """Names that such objects were bound to first."""
        self.has_settings = False
        """Whether any run set an option, or moved a random generator."""
        self.has_deletions = False
        """Whether any run deleted a name."""
        self.contracts: dict[str, Contract] = {contract.name: contract for contract in contracts}
        """The contract of each name that is under one, as of now. A contract itself never changes."""
        self._is_whole = True
        self.amended = 0
        """How often something was added to a run that had ended."""
        self._fill(runs)

    def append(self, run: Run) -> None:
        """Add the newest run."""
        self._is_whole = False
        self._add(run)
        self._is_whole = True

    def amend(self, number: int, write: Write, reads: Sequence[Read]) -> None:
        """Add to a run what code of its has done beside later cells.

        A write takes the place of an earlier one of its kind. Of ``reads`` those are added whose names the
        run has not read itself.
        """
        old = self.history.run(number)
        known = {read.name for read in old.reads}
        new = tuple(read for read in reads if read.name not in known)
        earlier = next((one for one in old.writes if one.beside and one.name == write.name), None)
        if earlier is not None:
            kind = earlier.kind if write.kind == "mutate" else write.kind
            write = replace(write, kind=kind, before=earlier.before)
        kept = tuple(one for one in old.writes if one is not earlier)
        run = replace(old, reads=(*old.reads, *new), writes=(*kept, write))
        self.history.amend(run, [self._origin(read) for read in new])
        self._places.pop(number, None)
        self._put_in_place(old, run)
        self._take_in(run, write)
        self._written[write.name].pop()
        insort(self._written[write.name], number)
        for index, names in ((self._readers, [read.name for read in new]), (self._makers, [write.name])):
            for name in names if self._latest.get(run.cell) is run else ():
                index.setdefault(name, {})[run.cell] = None
        self.amended += 1

    def renew(self, number: int, digests: Mapping[str, Digest]) -> None:
        """Give what a run read as a whole and wrote the digests that it has by now, by name."""
        old = self.history.run(number)
        reads = (
            read if read.path else replace(read, digest=digests.get(read.name, read.digest))
            for read in old.reads
        )
        writes = (replace(write, digest=digests.get(write.name, write.digest)) for write in old.writes)
        run = replace(old, reads=tuple(reads), writes=tuple(writes))
        self.history.amend(run, ())
        self._places.pop(number, None)
        self._put_in_place(old, run)
        renewed = dict(zip(map(id, old.writes), run.writes, strict=True))
        for made in (self._writers, self._wholes, *self._parts.values()):
            made.update(
                {key: (run, renewed.get(id(one), one)) for key, (by, one) in made.items() if by is run}
            )
        self.amended += 1

    def _put_in_place(self, old: Run, run: Run) -> None:
        for runs in (self._latest, self._shown, self._valued):
            runs.update({key: run for key, one in runs.items() if one is old})
        for made in (self._writers, self._wholes, *self._parts.values()):
            made.update({key: (run, write) for key, (one, write) in made.items() if one is old})

    def mend(self) -> None:
        """Make the look-ups anew where the latest ``append`` was left half done."""
        if not self._is_whole:
            self.__init__(tuple(self.history), tuple(self.contracts.values()))  # type: ignore[misc]

    def _fill(self, runs: Iterable[Run]) -> None:
        """Take in many runs at once: which of them nothing refers to is asked at the end alone."""
        self._is_whole = False
        for run in runs:
            self._take_in_run(run)
        for run in sorted(self._latest.values(), key=lambda latest: latest.number):
            self._index(run, None)
        if self._countable:
            self._pack_all_older()
        self._is_whole = True

    def _add(self, run: Run) -> None:
        before = self._latest.get(run.cell)
        left = [self._shown.get(run.cell), *self._holders(run)]
        self._take_in_run(run)
        self._index(run, before)
        if self._countable:
            self._pack_older(run.cell, left)

    def _take_in_run(self, run: Run) -> None:
        self.history.append(run, [self._origin(read) for read in run.reads])
        number = self.history.size
        self._countable &= run.number == number
        self._note_older(run)
        self._latest[run.cell] = run
        if run.in_place:
            self._shown[run.cell] = run
        self._by_cell.setdefault(run.cell, array("I")).append(number)
        if run.count is not None:
            self._counts.add(run.count, number)
        for use in run.random:
            if "seeded" in use.how.split():
                self._seeders[use.library] = run.number
        for write in run.writes:
            self._take_in(run, write)

    def _take_in(self, run: Run, write: Write) -> None:
        name, number = write.name, self.history.size
        count = name.execution_count if name.startswith(COUNTED) else None
        if count is not None:
            self._results.add(count, number)
            shift_results(self._writers, (run, write))
            self._changed_at |= dict.fromkeys(_SHIFTED, number)
            return
        self._changed_at[name] = number
        self._writers[name] = (run, write)
        self._first.setdefault(name, write)
        self._written.setdefault(name, array("I")).append(number)
        if write.kind == "delete":
            self.has_deletions = True
            self._removed.setdefault((run.cell, name), run.number)
        if write.kind == "bind":
            self._bound[name] = run.number
        if KIND_MARK in name:
            self._take_in_beyond(run, write)
        if write.shares:
            self.sharing_names.setdefault(write.name)
            self.shared_origins.update(dict.fromkeys(share.name for share in write.shares))
        if not _leaves_value(run, write):
            self._valued[write.name] = run
        self._index_parts(run, write)

    def _take_in_beyond(self, run: Run, write: Write) -> None:
        """Take in the write of a file, a setting, or an attribute of a library."""
        name = write.name
        self.has_settings = self.has_settings or name.is_setting
        if name.is_file and not agree(write.digest, write.before):
            self._altered.setdefault((run.cell, name), run.number)
        if name.is_patch and not name.is_module_global:
            self.patches.setdefault(name, run.number)

    def new_run(self, told: dict[str, Any]) -> Run:
        """A run of these fields, made of the parts of its cell's last run as far as they are the same."""
        told["source"] = self.history.same_text(told["source"])
        share(told, self._latest.get(told["cell"]))
        return Run(**told)

    @property
    def runs(self) -> Sequence[Run]:
        """All runs, oldest first. A view for reading, which grows."""
        return self.history

    @property
    def runs_now(self) -> Sequence[Run]:
        """All runs so far, oldest first."""
        return RunsUpTo(self.history, range(1, len(self) + 1))

    @property
    def cells(self) -> Iterable[str]:
        """Cells in the order of their first run."""
        return self._latest.keys()

    def latest(self, cell: str) -> Run | None:
        """The last run of a cell."""
        return self._latest.get(cell)

    def runs_of(self, cell: str) -> Sequence[Run]:
        """All runs of one cell, oldest first. A view for reading."""
        return RunsUpTo(self.history, self._by_cell.get(cell, ()))

    def times(self, cell: str) -> int:
        """How often a cell has run."""
        return len(self._by_cell.get(cell, ()))

    def number_before(self, cell: str, number: int) -> int | None:
        """The number of a cell's last run before another run. None where there was none."""
        numbers = self._by_cell.get(cell, ())
        at = bisect_left(numbers, number)
        return numbers[at - 1] if at else None

    def altered_itself(self, run: Run, name: str) -> bool:
        """Whether its cell, by then, had put something else into the file than what was there."""
        return self._altered.get((run.cell, name), run.number + 1) <= run.number

    def shown(self, cell: str) -> Run | None:
        """The last run of a cell that displayed below it."""
        return self._shown.get(cell)

    def writers(self, name: str, before: int) -> Iterator[Run]:
        """The runs that wrote a name before run number ``before``, the latest first. Not for results."""
        numbers = self._written.get(name, array("I"))
        return self.history.runs(numbers[: bisect_right(numbers, before - 1)][::-1])

    def seeder(self, library: str) -> Run | None:
        """The last run that seeded the generator of a library."""
        number = self._seeders.get(library)
        return self.history.run(number) if number is not None else None

    def removed_itself(self, run: Run, name: str) -> bool:
        """Whether an earlier run of the same cell deleted the name, or removed the file."""
        return self._removed.get((run.cell, name), run.number) < run.number

    def origin(self, run: Run, read: Read) -> Run | None:
        """The run that made what ``run`` took by ``read``; None where no recorded run made it."""
        places = self._places.get(run.number)
        if places is None:
            if len(self._places) >= _PLACED:
                self._places.clear()
            reads = map(_place, self.history.run(run.number).reads)
            places = dict(zip(reads, self.history.origins(run.number), strict=True))
            self._places[run.number] = places
        number = places.get(_place(read))
        return self.history.run(number) if number else None

    def writer(self, name: str, path: str = "") -> Made | None:
        """The last run that wrote a name, or the part of it at ``path``, with that write."""
        if (made_by := self._writers.get(name)) is None:
            return self._result_writer(name)
        if not path:
            return made_by
        path = STRUCTURE if is_structure(path) else path
        made = [entry for part, entry in self._parts.get(name, {}).items() if related(part, path)]
        if (whole := self._wholes.get(name)) is not None:
            made.append(whole)
        return max(made, key=lambda entry: entry[0].number, default=None)

    def has_changed(self, names: Iterable[str], number: int) -> bool:
        """Whether what the look-ups say of any of these names may be another than after run ``number``."""
        return any(self._changed_at.get(name, 0) > number for name in names)

    @property
    def extent(self) -> tuple[int, int, int, bool]:
        """How many names share objects, how often a result's number came again, whether settings were set.

        It only grows.
        """
        again = len(self._counts) + len(self._results)
        return len(self.shared_origins), len(self.sharing_names), again, self.has_settings

    def recent_writers(self, name: str, most: int) -> Iterable[Run]:
        """The last runs that wrote a name, the latest first: those of ``most`` that are not packed."""
        numbers = self._written.get(name, array("I"))[-most:]
        return (
            self.history.run(number) for number in reversed(numbers) if not self.history.is_packed(number)
        )

    def first_write(self, name: str) -> Write | None:
        """The first write of a name; None where no run has written it."""
        return self._first.get(name)

    def used_older(self, run: Run) -> tuple[Older, ...]:
        """The older objects that a run used together with newer ones."""
        return self._used.get(run.number, ())

    def changed_older(self, run: Run) -> tuple[Older, ...]:
        """The older objects that a run changed in place."""
        return self._changed.get(run.number, ())

    def older(self, run: Run) -> tuple[Older, ...]:
        """The older objects that a run used or changed."""
        return (*self.used_older(run), *self.changed_older(run))

    def would_use_older(self, run: Run) -> tuple[Older, ...]:
        """The older objects that a run like this one would use now, or change."""
        if not self.sharing_names:
            return ()
        from cellgraph.record.older_objects import changed_alone, used_together

        now = self._session()
        return (*used_together(run, now), *changed_alone(run, now))

    def holds(self, name: str, older: Older) -> bool:
        """Whether a name holds an older object now."""
        return any(share.number == older.share.number for share in self._session().shares(name))

    def shares_with(self, name: str, other: str) -> bool:
        """Whether what a name holds now has an object in common with what was bound to ``other``."""
        return any(share.name == other for share in self._session().shares(name))

    def holds_present(self, name: str, other: str) -> bool:
        """Whether what a name holds now has the object in common that was bound to ``other`` last."""
        shares = self._session().shares(name)
        return any(share.name == other and share.run == self._bound.get(other) for share in shares)

    def cell_of(self, number: int) -> str:
        """The cell of a run."""
        return self.history.cell(number)

    def readers(self, name: str) -> Iterable[str]:
        """Cells whose latest run read a name."""
        return self._readers.get(name, {}).keys()

    def makers(self, name: str) -> Iterable[str]:
        """Cells whose latest run wrote a name."""
        return self._makers.get(name, {}).keys()

    def users(self, name: str) -> set[str]:
        """Cells whose latest run read or wrote a name."""
        return {*self._readers.get(name, ()), *self._makers.get(name, ())}

    def with_count(self, count: int) -> Run | None:
        """The run that the front end numbered ``count``."""
        number = self._counts.get(count)
        return self.history.run(number) if number is not None else None

    def cell_with_count(self, count: int) -> str | None:
        """The cell of the run that the front end numbered ``count``."""
        number = self._counts.get(count)
        return self.history.cell(number) if number is not None else None

    def __len__(self) -> int:
        return self.history.size

    def _origin(self, read: Read) -> int:
        """The number of the run that made what a read of this moment takes, 0 for none."""
        last = self.writer(read.name)
        if last is None or not same_value(read, last[1].digest):
            return 0
        if not read.path:
            made = self._valued.get(read.name) if _leaves_value(*last) else last[0]
            return made.number if made is not None else 0
        found = self.writer(read.name, read.path)
        return found[0].number if found is not None else 0

    def _result_writer(self, name: str) -> Made | None:
        count = Name(name).execution_count
        number = self._results.get(count) if count is not None else None
        if number is None:
            return None
        run = self.history.run(number)
        return next(((run, write) for write in run.writes if write.name == name), None)

    def _holders(self, run: Run) -> list[Run]:
        """The runs that are referred to by what a new run may take the place of."""
        found = [self._writers[name][0] for name in _SHIFTED if name in self._writers]
        for name in [write.name for write in run.writes]:
            found += [made[name][0] for made in (self._writers, self._wholes) if name in made]
            if name in self._valued:
                found.append(self._valued[name])
            if name in self._parts:
                found += [made[0] for made in self._parts[name].values()]
        return found

    def _pack_older(self, cell: str, left: Iterable[Run | None]) -> None:
        """Pack what has grown old, and what something referred to until now."""
        old = [run for run in left if run is not None and run.number in self._referred]
        numbers = self._by_cell[cell]
        if len(numbers) > KEPT and not self.history.is_packed(numbers[-KEPT - 1]):
            old.append(self.history.run(numbers[-KEPT - 1]))
        for run in {run.number: run for run in old}.values():
            if self._is_referred(run):
                self._referred.add(run.number)
                continue
            self._referred.discard(run.number)
            waiting = self._to_pack.setdefault(run.cell, [])
            waiting.append(run.number)
            if len(waiting) >= PACKED:
                self._pack(self._to_pack.pop(run.cell))

    def _pack_all_older(self) -> None:
        """Pack what has grown old, of all cells."""
        made = [*self._writers.values(), *self._wholes.values()]
        made += [entry for parts in self._parts.values() for entry in parts.values()]
        held = {run.number for run in (*self._shown.values(), *self._valued.values())}
        held.update(run.number for run, _ in made)
        packs: list[Sequence[int]] = []
        for cell, numbers in self._by_cell.items():
            old = [number for number in numbers[:-KEPT] if number not in held]
            self._referred.update(number for number in numbers[:-KEPT] if number in held)
            whole = len(old) - len(old) % PACKED
            packs += [old[at : at + PACKED] for at in range(0, whole, PACKED)]
            if old[whole:]:
                self._to_pack[cell] = old[whole:]
        self.history.pack(packs)

    def _pack(self, numbers: Sequence[int]) -> None:
        names = {write.name for run in self.history.runs(numbers) for write in run.writes}
        self._changed_at |= dict.fromkeys((name for name in names if not name.is_result), len(self))
        self.history.pack([numbers])

    def _is_referred(self, run: Run) -> bool:
        """Whether a look-up gives the run itself."""
        if self._shown.get(run.cell) is run:
            return True
        for name in [*_SHIFTED, *[write.name for write in run.writes]]:
            for made in (self._writers, self._wholes):
                if name in made and made[name][0] is run:
                    return True
            if name in self._valued and self._valued[name] is run:
                return True
            if name in self._parts and any(made[0] is run for made in self._parts[name].values()):
                return True
        return False

    def _session(self) -> Session:
        from cellgraph.record.older_objects import Session  # most sessions share no object between names

        return Session(self._writers, self._bound, self.cell_of)

    def _note_older(self, run: Run) -> None:
        if not self.sharing_names:
            return
        from cellgraph.record.older_objects import changed_alone, used_together

        before = self._session()
        if used := used_together(run, before):
            self._used[run.number] = used
        if changed := changed_alone(run, before):
            self._changed[run.number] = changed

    def _index_parts(self, run: Run, write: Write) -> None:
        """A change of some parts leaves the others to whoever made them."""
        if write.kind == "mutate" and write.paths:
            paths = write.paths if write.keeps_form else (*write.paths, STRUCTURE)
            self._parts.setdefault(write.name, {}).update(dict.fromkeys(paths, (run, write)))
        else:
            self._parts.pop(write.name, None)
            self._wholes[write.name] = (run, write)

    def _index(self, run: Run, before: Run | None) -> None:
        """Note who reads and makes what. ``before`` is the cell's latest run until now."""
        for index, names, gone in (
            (self._readers, run.reads, before.reads if before else ()),
            (self._makers, run.writes, before.writes if before else ()),
        ):
            for entry in gone:
                if (cells := index.get(entry.name)) is not None:
                    cells.pop(run.cell, None)
                    if not cells:
                        del index[entry.name]
            for each in names:
                index.setdefault(each.name, {})[run.cell] = None


class _ByCount:
    """Numbers of runs by execution count. Where a count comes again, the latest run has it.

    Counts grow with the runs as long as the kernel lives, so two sorted columns hold nearly all of them.
    """

    def __init__(self) -> None:
        self._sorted, self._numbers = array("q"), array("I")
        self._again: dict[int, int] = {}
        self._times = 0

    def __len__(self) -> int:
        """How often a count came again."""
        return self._times

    def add(self, count: int, number: int) -> None:
        if not 0 <= count < _COUNTABLE or (self._sorted and count <= self._sorted[-1]):
            self._again[count] = number
            self._times += 1
        else:
            self._sorted.append(count)
            self._numbers.append(number)

    def get(self, count: int) -> int | None:
        if count in self._again:
            return self._again[count]
        if not 0 <= count < _COUNTABLE:
            return None
        at = bisect_right(self._sorted, count) - 1
        return self._numbers[at] if at >= 0 and self._sorted[at] == count else None


def _leaves_value(run: Run, write: Write) -> bool:
    """Whether a change is of a part that the value leaves out: a module that goes out of training."""
    if write.kind != "mutate" or write.before is None or write.digest is None or not write.paths:
        return False
    stored = any(read.store_only for read in run.reads if read.name == write.name)
    return not stored and write.before.agrees(write.digest)


def _place(read: Read) -> Place:
    return (read.name, read.path, read.store_only, read.cached)


def shift_results(holding: dict[str, T], newest: T) -> None:
    """A new result is ``_``; what ``_`` was is ``__``, and what that was is ``___``."""
    for older, newer in (("___", "__"), ("__", "_")):
        if newer in holding:
            holding[older] = holding[newer]
    holding["_"] = newest


def same_value(read: Read, digest: Digest | None) -> bool:
    """Whether a read saw this value, comparing only the part that was read where there is one."""
    if read.digest is None or digest is None:
        return read.digest is None and digest is None
    if read.store_only:
        return read.fits(digest)
    if read.digest.type == SETTING:
        return not differing(read.path, read.digest, digest)
    if not read.path:
        return read.digest.agrees(digest)
    return digest.still_has(read.path, read.digest)

"""The ledger: every run in the order in which it happened. Nothing is ever taken out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from cellgraph.model import Digest, Read, Run, Write, related
from cellgraph.names import Name
from cellgraph.record.older_objects import Older, Session, changed_alone, used_together
from cellgraph.trace.settings.values import TYPE as SETTING
from cellgraph.trace.settings.values import differing

T = TypeVar("T")
Place = tuple[str, str, bool, str]
Origins = Mapping[Place, Run | None]
Made = tuple[Run, Write]


class Ledger:
    """An append-only list of runs, with the look-ups that follow from it.

    What is kept beside the list (latest runs, last writers, readers) is brought up to date with
    each run and never by walking over the ones before: a session of thousands of runs costs no
    more a cell than one of ten.
    """

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._runs: list[Run] = []
        self._latest: dict[str, Run] = {}
        self._by_cell: dict[str, list[Run]] = {}
        self._writers: dict[str, Made] = {}
        self._first: dict[str, Write] = {}
        self._valued: dict[str, Run] = {}
        self._wholes: dict[str, Made] = {}
        self._parts: dict[str, dict[str, Made]] = {}
        self._readers: dict[str, dict[str, None]] = {}
        self._makers: dict[str, dict[str, None]] = {}
        self._origins: list[Origins] = []
        self._counts: dict[int, Run] = {}
        self._bound: dict[str, int] = {}
        self._used: dict[int, tuple[Older, ...]] = {}
        self._changed: dict[int, tuple[Older, ...]] = {}
        self.patches: dict[Name, int] = {}
        """Attributes of libraries that cells have changed, each with the run that did so first."""
        self.sharing_names: dict[str, None] = {}
        """Names that have held an object that another name held as well."""
        self.has_deletions = False
        """Whether any run deleted a name."""
        self._is_whole = True
        for run in runs:
            self.append(run)

    def append(self, run: Run) -> None:
        """Add the newest run."""
        self._is_whole = False
        self._add(run)
        self._is_whole = True

    def mend(self) -> None:
        """Make the look-ups anew where the latest ``append`` was left half done."""
        if not self._is_whole:
            runs, self._is_whole = self._runs, True
            self.__init__(runs)  # type: ignore[misc]

    def _add(self, run: Run) -> None:
        self._origins.append({_place(read): self._origin(read) for read in run.reads})
        self._runs.append(run)
        self._note_older(run)
        self._index(run)
        self._latest[run.cell] = run
        self._by_cell.setdefault(run.cell, []).append(run)
        if run.count is not None:
            self._counts[run.count] = run
        for write in run.writes:
            self._writers[write.name] = (run, write)
            self._first.setdefault(write.name, write)
            self.has_deletions |= write.kind == "delete"
            if write.kind == "bind":
                self._bound[write.name] = run.number
            if write.name.is_patch:
                self.patches.setdefault(write.name, run.number)
            if write.shares:
                self.sharing_names.setdefault(write.name)
            if not _leaves_value(run, write):
                self._valued[write.name] = run
            self._index_parts(run, write)
            if write.name.is_result:
                shift_results(self._writers, (run, write))

    @property
    def runs(self) -> Sequence[Run]:
        """All runs, oldest first. A view for reading: do not change it."""
        return self._runs

    @property
    def cells(self) -> Iterable[str]:
        """Cells in the order of their first run."""
        return self._latest.keys()

    def latest(self, cell: str) -> Run | None:
        """The last run of a cell."""
        return self._latest.get(cell)

    def runs_of(self, cell: str) -> Sequence[Run]:
        """All runs of one cell, oldest first. A view for reading."""
        return self._by_cell.get(cell, ())

    def removed_itself(self, run: Run, name: str) -> bool:
        """Whether an earlier run of the same cell deleted the name, or removed the file."""
        earlier = (other for other in self.runs_of(run.cell) if other.number < run.number)
        return any(w.name == name and w.kind == "delete" for other in earlier for w in other.writes)

    def origin(self, run: Run, read: Read) -> Run | None:
        """The run that made what ``run`` took by ``read``; None where no recorded run made it."""
        return self._origins[run.number - 1].get(_place(read))

    def writer(self, name: str, path: str = "") -> Made | None:
        """The last run that wrote a name, or the part of it at ``path``, with that write."""
        if not path:
            return self._writers.get(name)
        made = [entry for part, entry in self._parts.get(name, {}).items() if related(part, path)]
        if (whole := self._wholes.get(name)) is not None:
            made.append(whole)
        return max(made, key=lambda entry: entry[0].number, default=None)

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
        now = self._session()
        return (*used_together(run, now), *changed_alone(run, now))

    def holds(self, name: str, older: Older) -> bool:
        """Whether a name holds an older object now."""
        return any(share.number == older.share.number for share in self._session().shares(name))

    def shares_with(self, name: str, other: str) -> bool:
        """Whether what a name holds now has an object in common with what was bound to ``other``."""
        return any(share.name == other for share in self._session().shares(name))

    def cell_of(self, number: int) -> str:
        """The cell of a run."""
        return self._runs[number - 1].cell

    def readers(self, name: str) -> Iterable[str]:
        """Cells whose latest run read a name."""
        return self._readers.get(name, {}).keys()

    def makers(self, name: str) -> Iterable[str]:
        """Cells whose latest run wrote a name."""
        return self._makers.get(name, {}).keys()

    def users(self, name: str) -> Iterable[str]:
        """Cells whose latest run read or wrote a name."""
        return {*self._readers.get(name, ()), *self._makers.get(name, ())}

    def with_count(self, count: int) -> Run | None:
        """The run that the front end numbered ``count``."""
        return self._counts.get(count)

    def __len__(self) -> int:
        return len(self._runs)

    def _origin(self, read: Read) -> Run | None:
        last = self._writers.get(read.name)
        if last is None or not same_value(read, last[1].digest):
            return None
        if not read.path and _leaves_value(*last):
            return self._valued.get(read.name)
        made = self.writer(read.name, read.path)
        return made[0] if made is not None else None

    def _session(self) -> Session:
        return Session(self._writers, self._bound, self.cell_of)

    def _note_older(self, run: Run) -> None:
        if not self.sharing_names:
            return
        before = self._session()
        if used := used_together(run, before):
            self._used[run.number] = used
        if changed := changed_alone(run, before):
            self._changed[run.number] = changed

    def _index_parts(self, run: Run, write: Write) -> None:
        """A change of some parts leaves the others to whoever made them."""
        if write.kind == "mutate" and write.paths:
            self._parts.setdefault(write.name, {}).update(dict.fromkeys(write.paths, (run, write)))
        else:
            self._parts.pop(write.name, None)
            self._wholes[write.name] = (run, write)

    def _index(self, run: Run) -> None:
        before = self._latest.get(run.cell)
        for index, names, gone in (
            (self._readers, [read.name for read in run.reads], before.reads if before else ()),
            (self._makers, [write.name for write in run.writes], before.writes if before else ()),
        ):
            for entry in gone:
                index[entry.name].pop(run.cell, None)
            for name in names:
                index.setdefault(name, {})[run.cell] = None


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

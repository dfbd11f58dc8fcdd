"""What a replay may take over from the last one: cells that find what they found then.

To replay a cell takes a hundred steps, and most cells of a notebook read and write plain variables and have
nothing to do with what has just been run. Such a cell makes of equal entries what it made of them. Where it
is in doubt, the reasons depend on more: on its earlier runs, on the order of the cells, and on whether the
cells that made its inputs have run since. What it then makes may be known from the runs of any cell. So the
environment and the ledger note what they are asked while a cell is replayed, and its outcome is taken over
where all of that is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from cellgraph.analyse.environment import (
    LOOK_BACK,
    EnvironmentEntry,
    ReplayStep,
    StaleRead,
    Steps,
    uses_variables,
)
from cellgraph.analyse.predicted_outcome import changes_in_place
from cellgraph.analyse.sharing import changes_what_others_hold
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Order, Run, Write
from cellgraph.record.ledger import Ledger, Made
from cellgraph.record.older_objects import Older

Inputs = Mapping[str, EnvironmentEntry | None]
Found = tuple[EnvironmentEntry | None, ...]
_RESULTS = ("_", "__", "___")


class UnchangedCells:
    """The steps of the last replay, and those of the one that goes on.

    Nothing is taken over once settings, caches or patches come into it: what a cell makes depends on more
    than its reads then. So it does where it used an older object than a restart has.
    """

    def __init__(
        self, ledger: NotedLedger, order: Order, before: Steps, environment: dict[str, EnvironmentEntry]
    ) -> None:
        self._steps = Steps()
        self._before = before
        self._order = order
        self._environment = environment
        self._ledger = ledger
        self._extent = ledger.extent
        self._is_plain = isinstance(environment, NotedEnvironment) and not (environment or ledger.patches)
        self._is_known = self._is_plain
        """Whether it is known of all cells so far which entries they touched."""
        self._changed: set[str] | None = None
        """The keys whose entries are others than in the last replay at this place. None if not known."""
        self._ran: frozenset[str] = frozenset()
        """The cells that have run since."""
        if before.order is order and before.extent == self._extent and self._is_plain and not order.texts:
            self._changed = set()
            self._ran = frozenset(map(ledger.cell_of, range(before.number + 1, len(ledger) + 1)))

    def ended(self) -> Steps:
        """The steps of this replay, which has come to its end."""
        if self._is_known and not self._order.texts:
            self._steps.order, self._steps.number, self._steps.extent = (
                self._order,
                len(self._ledger),
                self._extent,
            )
        return self._steps

    def untouched(self, cell: str) -> ReplayStep | None:
        """As ``take_over``, for a cell of which no entry has changed. That is told at once."""
        changed = self._changed
        if changed is None or not self._is_plain or cell in self._ran:
            return None
        step = self._before.get(cell)
        if step is None or (changed and not changed.isdisjoint(step.keys)):
            return None
        if step.order is not None and not (
            step.order is self._order
            and self._ran.isdisjoint(step.latest)
            and not self._ledger.has_changed(step.names, step.number)
        ):
            return None
        self._environment.update(step.left)
        self._steps[cell] = step
        return step

    def take_over(self, run: Run) -> ReplayStep | None:
        """Do what the cell did in the last replay. None where that has to be worked out."""
        step = self._before.get(run.cell)
        if step is None or step.run is not run or not self._is_plain or run.cell in self._order.edited:
            return None
        if self._found(step.keys) != step.found:
            return None
        if step.order is not None and not self._has_same_reasons(step):
            return None
        if step.changed and not self._ledger.shared_origins.keys().isdisjoint(step.changed):
            return None
        self._environment.update(step.left)
        self._steps[run.cell] = step
        if self._changed:
            self._changed.difference_update(step.keys)
        return step

    def compare(self, cell: str, notes: Lookups | None) -> None:
        """A cell has been worked out: find the entries that it left otherwise than in the last replay."""
        if notes is None or not notes.has_all_entries:
            self._is_known, self._changed = False, None
            return
        touched, step = notes.entries, self._before.get(cell)
        if cell not in self._steps:
            self._steps.others[cell] = dict(zip(touched, self._found(touched), strict=True))
        if self._changed is None:
            return
        former = (
            dict.fromkeys(step.keys) | {**step.left} if step is not None else self._before.others.get(cell)
        )
        if former is None:
            self._changed = None
            return
        keys = (*dict.fromkeys((*touched, *former)),)
        for key, now in zip(keys, self._found(keys), strict=True):
            if key in former or key not in self._changed:
                then = former[key] if key in former else touched[key]
                (self._changed.discard if now == then else self._changed.add)(key)

    def _has_same_reasons(self, step: ReplayStep) -> bool:
        latest = self._ledger.latest
        if step.order is not self._order or not all(latest(cell) is run for cell, run in step.latest.items()):
            return False
        if not step.extent:
            return True
        return step.extent == self._extent and not self._ledger.has_changed(step.names, step.number)

    def look_at(self, run: Run) -> tuple[str, ...]:
        """The keys of what the cell is about to find and to change. None where it is not to be taken over."""
        if not self._is_plain:
            return ()
        if not uses_variables(run) or run.cell in self._order.edited or self._ledger.older(run):
            self._is_plain = _is_local(run)
            return ()
        if self._ledger.shared_origins and changes_what_others_hold(self._ledger, run):
            return ()
        return (*dict.fromkeys((*_keys(run), *run.unbound, *(name for name, _ in run.unset))), "")

    def find(self, keys: tuple[str, ...]) -> Found:
        """The entries of these keys at this moment. What is looked up from now on is noted."""
        if (keys or self._is_known) and isinstance(self._environment, NotedEnvironment):
            self._environment.notes = self._ledger.notes = Lookups()
        return self._found(keys)

    def _found(self, keys: Iterable[str]) -> Found:
        known = self._environment
        return known.look(keys) if isinstance(known, NotedEnvironment) else tuple(map(known.get, keys))

    def looked_up(self) -> Lookups | None:
        """All that was looked up since ``find``, which ends here."""
        notes, self._ledger.notes = self._ledger.notes, None
        if isinstance(self._environment, NotedEnvironment):
            self._environment.notes = None
        return notes

    def cannot_tell(self) -> None:
        """Something was looked up that is not noted."""
        if self._ledger.notes is not None:
            self._ledger.notes.is_whole = False

    def note(self, run: Run, keys: tuple[str, ...], found: Found, inputs: Inputs) -> None:
        """Keep what a cell without any doubt has found and left: it repeats its latest run."""
        if not any(entry is not None and (entry.earlier or not entry.cell) for entry in found):
            self._steps[run.cell] = ReplayStep(run, _changed(run), keys, found, self._left(keys), inputs)

    def note_doubt(  # noqa: PLR0913, PLR0917 - all that is known of the step
        self,
        run: Run,
        done: Run,
        keys: tuple[str, ...],
        found: Found,
        inputs: Inputs,
        stale: tuple[StaleRead, ...],
        notes: Lookups | None,
    ) -> None:
        """Keep what a cell in doubt has found and left, which depends on its earlier runs as well.

        It did what its run ``done`` did. ``notes``: all that was looked up for it.
        """
        if stale and (run.unbound or run.unset or changes_in_place(run.source) or _makes_names(run)):
            if notes is not None and notes.is_whole:
                self._note_all(run, done, inputs, stale, notes)
            return
        earlier = self._ledger.runs_of(run.cell)[-LOOK_BACK:]
        if not all(uses_variables(other) and not self._ledger.older(other) for other in earlier):
            return
        others = dict.fromkeys(key for other in earlier for key in _keys(other))
        # The cell has changed none of these: they hold what they held before it.
        new = tuple(key for key in others if key not in keys)
        if any(write.name.across_runs(run.cell) in new for write in done.writes):
            return
        keys, found = (*keys, *new), (*found, *self._found(new))
        if any(entry is not None and (entry.earlier or not entry.cell) for entry in found):
            return
        latest = {cell: self._ledger.latest(cell) for cell in self._makers(run, inputs)}
        self._steps[run.cell] = ReplayStep(
            run, _changed(done), keys, found, self._left(keys), inputs, stale, self._order, latest
        )

    def _note_all(
        self, run: Run, done: Run, inputs: Inputs, stale: tuple[StaleRead, ...], notes: Lookups
    ) -> None:
        """Keep it with all that was looked up: what it makes may be known from the runs of any cell."""
        if any(entry is not None and (entry.earlier or not entry.cell) for entry in notes.entries.values()):
            return
        keys, found = (*notes.entries,), (*notes.entries.values(),)
        names, number = frozenset(notes.names), len(self._ledger)
        self._steps[run.cell] = ReplayStep(
            *(run, _changed(done), keys, found, self._left(keys), inputs, stale, self._order, notes.cells),
            *(names, number, self._extent),
        )

    def _left(self, keys: tuple[str, ...]) -> Mapping[str, EnvironmentEntry]:
        return {key: entry for key, entry in zip(keys, self._found(keys), strict=True) if entry is not None}

    def _makers(self, run: Run, inputs: Inputs) -> set[str]:
        """The cells that made what a run read, or that make what is there now."""
        found = {
            self._ledger.cell_of(number) for number in self._ledger.history.origins(run.number) if number
        }
        for entry in inputs.values():
            if entry is not None:
                found.update((entry.cell, entry.base, *(maker for _, maker in entry.makers)))
        return found

    def end_here(self) -> None:
        """From here on each cell is to be worked out: something came that depends on more."""
        self._is_plain = self._is_known = False


def _keys(run: Run) -> Iterator[str]:
    """The keys of the environment that a run read or wrote."""
    yield from (read.name for read in run.reads)
    yield from (read.name for read in run.untouched)
    yield from (write.name.across_runs(run.cell) for write in run.writes)
    if any(write.name.is_result for write in run.writes):
        yield from _RESULTS


def _changed(run: Run) -> frozenset[str]:
    """The names whose values a run changed in place."""
    return frozenset(write.name for write in run.writes if write.kind == "mutate")


def _makes_names(run: Run) -> bool:
    """Whether a run wrote anything but its result."""
    return any(not write.name.is_result for write in run.writes)


def _is_local(run: Run) -> bool:
    """Whether the run leaves nothing by which plain runs below it could make something else."""
    if any(read.cached for read in run.reads):
        return False
    return not any(write.name.is_setting or write.name.is_patch or write.beside for write in run.writes)


@dataclass(slots=True)
class Lookups:
    """The entries, the latest runs of cells and the names about which the ledger was asked.

    The entries are as they were at the first look at them.
    """

    entries: dict[str, EnvironmentEntry | None] = field(default_factory=dict)
    cells: dict[str, Run | None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    is_whole: bool = True
    """Whether nothing else was looked up, or what else there was cannot change."""
    has_all_entries: bool = True
    """Whether no entry was taken out, and they were not gone over."""


class NotedEnvironment(dict[str, EnvironmentEntry]):
    """An environment that notes the entries which are looked at or put, while it has ``notes``."""

    notes: Lookups | None = None

    def look(self, keys: Iterable[str]) -> tuple[EnvironmentEntry | None, ...]:
        """The entries of some keys. Nothing is noted."""
        return tuple(map(super().get, keys))

    def get(self, key: str, default: Any = None) -> Any:
        """As for any dict."""
        if self.notes is not None:
            self.notes.entries.setdefault(key, super().get(key))
        return super().get(key, default)

    def __getitem__(self, key: str) -> EnvironmentEntry:
        self.get(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None  # type: ignore[arg-type]

    def __setitem__(self, key: str, entry: EnvironmentEntry) -> None:
        self.get(key)
        super().__setitem__(key, entry)

    def __delitem__(self, key: str) -> None:
        self._go_over()
        super().__delitem__(key)

    def pop(self, *arguments: Any) -> Any:
        """As for any dict."""
        self._go_over()
        return super().pop(*arguments)

    def __iter__(self) -> Iterator[str]:
        self._go_over()
        return super().__iter__()

    def _go_over(self) -> None:
        if self.notes is not None:
            self.notes.is_whole = self.notes.has_all_entries = False


class NotedLedger(Ledger):
    """A view of a ledger that notes what it is asked, while it has ``notes``.

    What is said of a past run does not change: which run made what it read, what was there before it. It is
    not noted. What all runs together decide makes the notes incomplete.
    """

    __slots__ = ("notes",)

    def __init__(self, ledger: Ledger) -> None:
        self.__dict__ = ledger.__dict__
        self.notes: Lookups | None = None

    def _note_cell(self, cell: str) -> None:
        if self.notes is not None:
            self.notes.cells.setdefault(cell, super().latest(cell))

    def _note_name(self, name: str) -> None:
        if self.notes is not None:
            self.notes.names.add(name)

    def _note_all(self) -> None:
        if self.notes is not None:
            self.notes.is_whole = False

    def latest(self, cell: str) -> Run | None:
        """As of the ledger."""
        self._note_cell(cell)
        return super().latest(cell)

    def runs_of(self, cell: str) -> Sequence[Run]:
        """As of the ledger."""
        self._note_cell(cell)
        return super().runs_of(cell)

    def times(self, cell: str) -> int:
        """As of the ledger."""
        self._note_cell(cell)
        return super().times(cell)

    def shown(self, cell: str) -> Run | None:
        """As of the ledger."""
        self._note_cell(cell)
        return super().shown(cell)

    def writer(self, name: str, path: str = "") -> Made | None:
        """As of the ledger."""
        self._note_name(name)
        return super().writer(name, path)

    def recent_writers(self, name: str, most: int) -> Iterable[Run]:
        """As of the ledger."""
        self._note_name(name)
        return super().recent_writers(name, most)

    def first_write(self, name: str) -> Write | None:
        """As of the ledger."""
        self._note_name(name)
        return super().first_write(name)

    def seeder(self, library: str) -> Run | None:
        """As of the ledger."""
        self._note_all()
        return super().seeder(library)

    def readers(self, name: str) -> Iterable[str]:
        """As of the ledger."""
        self._note_all()
        return super().readers(name)

    def makers(self, name: str) -> Iterable[str]:
        """As of the ledger."""
        self._note_all()
        return super().makers(name)

    def users(self, name: str) -> set[str]:
        """As of the ledger."""
        self._note_all()
        return super().users(name)

    def would_use_older(self, run: Run) -> tuple[Older, ...]:
        """As of the ledger."""
        self._note_all()
        return super().would_use_older(run)

    def holds(self, name: str, older: Older) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().holds(name, older)

    def shares_with(self, name: str, other: str) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().shares_with(name, other)

    def holds_present(self, name: str, other: str) -> bool:
        """As of the ledger."""
        self._note_all()
        return super().holds_present(name, other)

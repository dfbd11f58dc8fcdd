"""What a replay may take over from the last one: cells that find what they found then.

To replay a cell takes a hundred steps, and most cells of a notebook read and write plain variables and have
nothing to do with what has just been run. Such a cell makes of equal entries what it made of them. Where it
is in doubt, the reasons depend on more: on its earlier runs, on the order of the cells, and on whether the
cells that made its inputs have run since. What it then makes may be known from the runs of any cell. So all
that is looked up for it is noted, and it is taken over where all of that is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cellgraph.analyse.environment import (
    LOOK_BACK,
    EnvironmentEntry,
    ReplayStep,
    StaleRead,
    Steps,
    uses_variables,
)
from cellgraph.analyse.lookups import Lookups, NotedEnvironment, NotedLedger
from cellgraph.analyse.predicted_outcome import changes_in_place
from cellgraph.analyse.sharing import changes_what_others_hold
from cellgraph.model import Order, Run

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

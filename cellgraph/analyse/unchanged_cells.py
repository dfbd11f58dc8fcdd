"""What a replay may take over from the last one: cells that find what they found then.

To replay a cell takes a hundred steps, and most cells of a notebook read and write plain variables and have
nothing to do with what has just been run. Such a cell makes of equal entries what it made of them. Where it
is in doubt, the reasons and what it makes depend on more: on its earlier runs, on the order of the cells, and
on whether the cells that made its inputs have run since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cellgraph.analyse.environment import LOOK_BACK, EnvironmentEntry, ReplayStep, StaleRead, Steps
from cellgraph.analyse.sharing import changes_what_others_hold
from cellgraph.model import Order, Run
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger

Environment = dict[str, EnvironmentEntry]
Found = tuple[EnvironmentEntry | None, ...]
_RESULTS = ("_", "__", "___")


class View(NamedTuple):
    """What a cell is about to find: by its latest run, and by the earlier ones that it may be compared with.

    No keys stand for a cell that is not taken over.
    """

    keys: tuple[str, ...] = ()
    found: Found = ()
    all_keys: tuple[str, ...] = ()
    all_found: Found = ()


_NOTHING = View()


class UnchangedCells:
    """The steps of the last replay, and those of the one that goes on.

    Nothing is taken over once settings, caches or patches come into it: what a cell makes depends on more
    than its reads then. So it does where it used an older object than a restart has.
    """

    def __init__(self, ledger: Ledger, order: Order, before: Steps, environment: Environment) -> None:
        self.steps: Steps = {}
        self._before = before
        self._order = order
        self._environment = environment
        self._ledger = ledger
        self._is_plain = not (environment or ledger.patches)

    def take_over(self, run: Run) -> ReplayStep | None:
        """Do what the cell did in the last replay. None where that has to be worked out."""
        step = self._before.get(run.cell)
        if step is None or step.run is not run or not self._is_plain or run.cell in self._order.edited:
            return None
        if step.order is not None and not self._has_same_reasons(step):
            return None
        if tuple(map(self._environment.get, step.keys)) != step.found:
            return None
        if changes_what_others_hold(self._ledger, step.done):
            return None
        self._environment.update(step.left)
        self.steps[run.cell] = step
        return step

    def _has_same_reasons(self, step: ReplayStep) -> bool:
        latest = self._ledger.latest
        return step.order is self._order and all(latest(cell) is run for cell, run in step.latest.items())

    def look_at(self, run: Run) -> View:
        """What the cell is about to find and to change."""
        if not self._is_plain:
            return _NOTHING
        if not _is_plain(run) or run.cell in self._order.edited or self._ledger.older(run):
            self._is_plain = _is_local(run)
            return _NOTHING
        if changes_what_others_hold(self._ledger, run):
            return _NOTHING
        keys = (*dict.fromkeys(_keys(run)), "")
        earlier = self._ledger.runs_of(run.cell)[-LOOK_BACK:]
        if not all(_is_plain(other) and not self._ledger.older(other) for other in earlier):
            return View(keys, self._find(keys))
        others = dict.fromkeys(key for other in earlier for key in _keys(other))
        all_keys = (*dict.fromkeys((*keys, *run.unbound, *others)),)
        return View(keys, self._find(keys), all_keys, self._find(all_keys))

    def _find(self, keys: tuple[str, ...]) -> Found:
        return tuple(map(self._environment.get, keys))

    def note(
        self,
        run: Run,
        view: View,
        inputs: Mapping[str, EnvironmentEntry | None],
        stale: tuple[StaleRead, ...],
        done: Run,
    ) -> None:
        """Keep what a cell has found and left. It did what ``done`` did, its latest run or an earlier one."""
        if not stale and done is run:
            keys, found = view.keys, view.found
        else:
            keys, found = view.all_keys, view.all_found
        if not keys or any(entry is not None and (entry.earlier or not entry.cell) for entry in found):
            return
        left = {key: self._environment[key] for key in keys if key in self._environment}
        step = ReplayStep(run, done, keys, found, left, inputs)
        if keys is view.all_keys:
            latest = {cell: self._ledger.latest(cell) for cell in self._makers(run, inputs)}
            step = step._replace(stale=stale, order=self._order, latest=latest)
        self.steps[run.cell] = step

    def _makers(self, run: Run, inputs: Mapping[str, EnvironmentEntry | None]) -> set[str]:
        """The cells that made what a run read, or that make what is there now."""
        found = {self._ledger.cell_of(number) for number in self._ledger.history.origins(run.number) if number}
        for entry in inputs.values():
            if entry is not None:
                found.update((entry.cell, entry.base, *(maker for _, maker in entry.makers)))
        return found

    def end_here(self) -> None:
        """From here on each cell is to be worked out: something came that depends on more."""
        self._is_plain = False


def _keys(run: Run) -> Iterator[str]:
    """The keys of the environment that a run read or wrote. Settings are at their defaults, as none is there."""
    yield from (read.name for read in run.reads)
    yield from (read.name for read in run.untouched)
    yield from (write.name.across_runs(run.cell) for write in run.writes)
    if any(write.name.is_result for write in run.writes):
        yield from _RESULTS


def _is_plain(run: Run) -> bool:
    """Whether what the run makes depends on the variables that it reads and on nothing else."""
    if run.outcome != "ok" or not run.in_place:
        return False
    if any(read.cached or not _is_variable(read.name) for read in run.reads):
        return False
    return not any(
        write.beside or not (write.name.is_result or _is_variable(write.name)) for write in run.writes
    )


def _is_local(run: Run) -> bool:
    """Whether the run leaves nothing by which plain runs below it could make something else."""
    if any(read.cached for read in run.reads):
        return False
    return not any(write.name.is_setting or write.name.is_patch or write.beside for write in run.writes)


def _is_variable(name: Name) -> bool:
    return name.isidentifier()

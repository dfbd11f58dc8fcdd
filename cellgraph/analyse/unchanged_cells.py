"""What a replay may take over from the last one: cells that find what they found then.

To replay a cell takes a hundred steps, and most cells of a notebook read and write plain variables, are
sound, and have nothing to do with what has just been run. Such a cell makes of equal entries what it made of
them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cellgraph.analyse.environment import EnvironmentEntry, ReplayStep, Steps
from cellgraph.analyse.sharing import changes_what_others_hold
from cellgraph.model import Order, Run
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger

Environment = dict[str, EnvironmentEntry]
_RESULTS = ("_", "__", "___")


class UnchangedCells:
    """The steps of the last replay, and those of the one that goes on.

    Nothing is taken over once settings, caches or patches come into it: what a cell makes depends on more
    than its reads then. So it does where it used an older object than a restart has.
    """

    def __init__(self, ledger: Ledger, order: Order, before: Steps, environment: Environment) -> None:
        self.steps: Steps = {}
        self._before = before
        self._edited: Collection[str] = order.edited
        self._environment = environment
        self._ledger = ledger
        self._is_plain = not (environment or ledger.patches)

    def take_over(self, run: Run) -> ReplayStep | None:
        """Do what the cell did in the last replay. None where that has to be worked out."""
        step = self._before.get(run.cell)
        if step is None or step.run is not run or not self._is_plain or run.cell in self._edited:
            return None
        if tuple(map(self._environment.get, step.keys)) != step.found:
            return None
        if changes_what_others_hold(self._ledger, run):
            return None
        self._environment.update(step.left)
        self.steps[run.cell] = step
        return step

    def look_at(self, run: Run) -> tuple[str, ...]:
        """What the cell is about to find and to change. Empty where it is none that is taken over."""
        if not self._is_plain:
            return ()
        if not _is_plain(run) or run.cell in self._edited or self._ledger.older(run):
            self._is_plain = _is_local(run)
            return ()
        if changes_what_others_hold(self._ledger, run):
            return ()
        written = [write.name.across_runs(run.cell) for write in run.writes]
        results = _RESULTS if any(write.name.is_result for write in run.writes) else ()
        return (*dict.fromkeys((*(read.name for read in run.reads), *written, *results)), "")

    def find(self, keys: tuple[str, ...]) -> tuple[EnvironmentEntry | None, ...]:
        """The entries of these keys at this moment."""
        return tuple(map(self._environment.get, keys))

    def note(
        self,
        run: Run,
        keys: tuple[str, ...],
        found: tuple[EnvironmentEntry | None, ...],
        inputs: Mapping[str, EnvironmentEntry | None],
    ) -> None:
        """Keep what a sound cell has found and left."""
        if any(entry is not None and (entry.earlier or not entry.cell) for entry in found):
            return
        left = {key: self._environment[key] for key in keys if key in self._environment}
        self.steps[run.cell] = ReplayStep(run, keys, found, left, inputs)

    def end_here(self) -> None:
        """From here on each cell is to be worked out: something came that depends on more."""
        self._is_plain = False


def _is_plain(run: Run) -> bool:
    """Whether what the run makes depends on the variables that it reads and on nothing else."""
    if run.outcome != "ok" or not run.in_place or run.untouched:
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

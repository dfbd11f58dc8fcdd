"""What a run did not do, and Restart & Run All may do: left open in the environment.

A run may have failed, been interrupted, or taken another branch. With other inputs it goes another way.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Mapping

from cellgraph.analyse.environment import UNKNOWN, EnvironmentEntry, StaleRead
from cellgraph.analyse.file_replay import half_written, names_reading
from cellgraph.analyse.library_changes import is_library
from cellgraph.analyse.predicted_outcome import (
    NameOutcome,
    done_with,
    outcome_below,
    outcome_for,
    text_below,
    text_outcome,
)
from cellgraph.analyse.replay_state import ReplayState
from cellgraph.analyse.setting_replay import after_setting, is_generator
from cellgraph.code.source import body_apart_from_magics
from cellgraph.model import Run, Write
from cellgraph.names import Kind, Name
from cellgraph.record.setting_records import DRAWN
from cellgraph.trace.settings.values import DEFAULT


class UndoneEffects:
    """Marks in the environment what a run left undone. What is marked is in doubt from there on."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._ledger, self._environment = state.ledger, state.environment

    def mark_rest(self, run: Run) -> None:
        """Mark what an interrupted run was doing and what was still to come: a restart does it all."""
        for outcome in outcome_below(run.source, run.stopped_at).names:
            if self._may_change(outcome) or outcome.kind == "bind":
                self.mark_name(run, outcome.name)
        self._mark_calls(run)
        done = done_with(run.source, run.stopped_at)
        for write in run.writes:  # ``opt.step()`` changes a model that the text does not name there
            is_value = write.name.kind is Kind.VARIABLE and not is_library(write.digest)
            if write.kind == "mutate" and is_value and write.name not in done:
                self.mark_name(run, write.name)
        for write in half_written(run):
            self._environment[write.name] = EnvironmentEntry(run.cell, write.digest, doubt=True)
        self._state.leave_listings_open(run.cell, (write.name for write in run.writes))

    def mark_unreached(self, run: Run) -> None:
        """Mark what a run that failed had not come to."""
        for outcome in outcome_below(run.source, run.stopped_at).names:
            if self._may_change(outcome):
                self.mark_name(run, outcome.name)
        self._mark_calls(run)
        self.mark_unset(run)

    def mark_unset(self, run: Run, libraries: Collection[str] | None = None) -> None:
        """Mark the settings that the text sets somewhere and this run did not. None: of all libraries."""
        for setting, paths in run.unset:
            if libraries is None or _library_of(setting) in libraries:
                self.mark_effect(run.cell, setting, paths)

    def mark_effect(self, cell: str, name: Name, paths: tuple[str, ...]) -> None:
        """Mark a file or parts of a setting that a cell may change. No path: all of it."""
        there = self._environment.get(name)
        if paths == (DRAWN,):
            if there is not None:  # what is drawn from an unknown state leaves it unknown
                self._environment[name] = there._replace(digest=UNKNOWN, doubt=True)
            return
        entry = EnvironmentEntry(cell, UNKNOWN, doubt=True)
        if name.is_setting and not is_generator(name):
            entry = after_setting(entry, there, Write(name, "mutate", paths or ("",), DEFAULT))
        self._environment[name] = entry

    def _mark_calls(self, run: Run) -> None:
        """Mark what the calls change that a run which stopped had not come to."""
        from cellgraph.code.call_effects import RUNS, may_change  # few runs stop

        below = body_apart_from_magics(text_below(run.source, run.stopped_at))
        for name in sorted(may_change(below, self._state.origin).keys() - {RUNS}):
            if self._may_change(NameOutcome(name, "mutate", sure=False)):
                self._mark_with_holders(run, name)

    def mark_unchanged(
        self, run: Run, stale_reads: Mapping[str, StaleRead], sure: Mapping[str, Write]
    ) -> None:
        """Mark what the text changes in place and this run left as it was, as in a branch not taken.

        It may change it where what decides that is different: the value itself, or another name.
        """
        differing = _differing(run, stale_reads.values())
        if not differing:
            return
        from cellgraph.analyse.known_conditions import without_branches_not_taken
        from cellgraph.code.call_effects import RUNS, may_change  # only runs in doubt do something else

        done = {write.name for write in run.writes} | sure.keys()
        done |= text_outcome(run.source).written - outcome_for(run.source, self._state.type_of).written
        found = may_change(without_branches_not_taken(run.source, self._environment), self._state.origin)
        runs_other_code = not differing.isdisjoint(found.get(RUNS, ()))
        libraries = {_library_of(Name(name)) for name in differing} - {""}
        for setting, paths in run.unset:
            if (
                runs_other_code or _library_of(setting) in libraries
            ):  # as what is set unless it is set already
                self.mark_effect(run.cell, setting, paths)
        for name in sorted(found.keys() - done - {RUNS}):
            if differing.isdisjoint(found[name]):
                continue
            if self._may_change(NameOutcome(name, "mutate", sure=False)):
                self._mark_with_holders(run, name)
            elif self._is_asked_for(name):
                self.mark_name(run, name)

    def _is_asked_for(self, name: str) -> bool:
        """Whether cells ask for a name that nothing has made, as a function may that binds a global."""
        return (
            name.isidentifier()
            and not hasattr(builtins, name)
            and Name(name) not in self._environment
            and any(True for _ in self._ledger.readers(name))
        )

    def _mark_with_holders(self, run: Run, name: str) -> None:
        """Mark a value that a run may change in place, under all names that hold it."""
        for each in self._with_others(name):
            there = self._environment.get(Name(each))
            if there is not None and there.digest is not None:
                self._environment[Name(each)] = there._replace(
                    cell=run.cell, doubt=True, sure_parts=frozenset()
                )

    def _with_others(self, name: str) -> Iterator[str]:
        """A name, and the others whose values change with its value: what it is a view of, and its views."""
        waiting, seen = [name], {name}
        while waiting:
            current = waiting.pop()
            yield current
            made = self._ledger.writer(current)
            shares = made[1].shares if made is not None and self._ledger.sharing_names else ()
            held_by = {share.name for share in shares if not share.inside and share.kind != "class"}
            holding = {each for each in self._ledger.sharing_names if self._ledger.shares_with(each, current)}
            new = (held_by | holding) - seen
            seen |= new
            waiting += sorted(new)

    def _may_change(self, outcome: NameOutcome) -> bool:
        """Whether there is something that a text may change so. ``np.sort(x)`` changes no library."""
        there = self._environment.get(Name(outcome.name))
        return there is not None and not (outcome.kind == "mutate" and is_library(there.digest))

    def mark_name(self, run: Run, name: str) -> None:
        """Mark one such name: with other inputs the cell may bind it, or write such a file."""
        there = self._environment.get(name)
        self._state.leave_listing_open(run.cell, Name(name))
        digest = there.digest if there is not None else None
        self._environment[name] = EnvironmentEntry(run.cell, digest, doubt=True, unsure=Name(name).is_file)


def _library_of(name: Name) -> str:
    """The library that a setting belongs to; empty for other names."""
    return name.setting.partition(".")[0]


def _differing(run: Run, stale_reads: Collection[StaleRead]) -> set[str]:
    """The names that hold another value than the run found, and those by which it reads another file."""
    found = {str(stale.read.name) for stale in stale_reads if not stale.read.store_only}
    if any(stale.read.name.is_file for stale in stale_reads):
        found |= names_reading(run.source)
    return found

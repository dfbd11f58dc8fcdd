"""What earlier runs tell of a cell in Restart & Run All: what it would make, and where it would fail."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

from cellgraph.analyse import sharing
from cellgraph.analyse.common_prefix import PLAIN, SCALARS, CommonPrefix
from cellgraph.analyse.environment import LOOK_BACK, UNKNOWN, EnvironmentEntry, StaleRead, taken_in_part
from cellgraph.analyse.known_statements import (
    KnownStatements,
    Line,
    guarded_names,
    has_guard,
    lines_in,
    lines_of,
    taken,
)
from cellgraph.analyse.predicted_failure import Failure, failure
from cellgraph.analyse.repeatable import read_alike
from cellgraph.analyse.replay_state import ReplayState
from cellgraph.code.dataflow import flows
from cellgraph.code.source import body, same_code
from cellgraph.code.statements import block_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Run, Write, agree
from cellgraph.names import Name

_CALLED = frozenset({"function", "type", "builtin_function_or_method", "method"})
MANY_NAMES = 100
"""A text that makes more names is not compared by its statements: a slice for each takes seconds."""


class Guarded(NamedTuple):
    """Names that a text may bind, and its run did not: it asks whether they are there.

    In a restart it leaves some of them alone, and binds others for certain.
    """

    left_alone: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()


NOTHING_GUARDED = Guarded()


class KnownOutcomes:
    """Finds earlier runs that did what a cell would do now, as a whole or statement by statement."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._ledger, self._environment = state.ledger, state.environment

    def statements(self, lines: tuple[Line, ...]) -> KnownStatements:
        """What runs have made by single statements of a text, given what is there now."""
        makers = partial(self._ledger.recent_writers, most=LOOK_BACK)
        return KnownStatements(lines, self._environment.get, self._state.repeats, makers)

    def _known_by_statements(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> Mapping[str, Write]:
        """What a run's own text would make, as far as runs have executed its statements on such values."""
        if run.outcome != "ok" or self._state.is_edited(run.cell) or self._ledger.used_older(run):
            return {}
        asked: frozenset[str] = frozenset()
        lines = lines_in(run.source)
        if has_guard(run.source):
            asked = guarded_names(run.source)
            lines = lines_of(taken(body(run.source), self._state.is_there))
        missing = any(_is_missing(stale) and stale.read.name not in asked for stale in stale_reads.values())
        if missing or any(map(self._may_raise, stale_reads.values())):
            return {}  # it may fail there
        if any(stale.read.is_module or stale.read.name.is_module_global for stale in stale_reads.values()):
            return {}  # the statements are the same, and not what they call
        names = {name for line in lines for name in line.touches}
        if len(names) > MANY_NAMES:
            return {}
        known = self.statements(lines)
        made = ((name, known.made(name)) for name in names)
        return {name: found[1] for name, found in made if found is not None}

    def behind_guards(self, run: Run) -> Guarded:
        """What a restart does about the names that a run's text may bind and the run did not."""
        if not run.unbound or self._state.is_edited(run.cell) or not has_guard(run.source):
            return NOTHING_GUARDED
        lines = lines_of(taken(body(run.source), self._state.is_there))
        statements, touched = self.statements(lines), (line.touches for line in lines)
        return Guarded(
            left_alone=frozenset(filter(str.isidentifier, run.unbound)).difference(*touched),
            bound=frozenset(filter(statements.binds_for_sure, run.unbound)),
        )

    def stays_unbound(self, run: Run, name: str, doubtful: Collection[str]) -> bool:
        """Whether a restart takes the branches that the run took, as far as they decide if it binds a name.

        It does if nothing in doubt has a part in that. Functions and classes of the user's may ask for more
        than the text shows.
        """
        if run.outcome != "ok" or not doubtful or self._state.is_edited(run.cell):
            return False
        binding = [line for line in lines_in(run.source) if name in line.touches]
        if not binding or any(line.acts for line in binding):
            return False
        deciding = flows(block_of(body(run.source)), (), lambda _: False).get(name)
        return (
            deciding is not None
            and deciding.isdisjoint(doubtful)
            and all(map(self._is_plain_value, deciding))
        )

    def _is_plain_value(self, name: str) -> bool:
        """Whether a name holds nothing that runs code of the user's when it is asked for something."""
        there = self._environment.get(Name(name))
        return there is None or there.digest is None or there.digest.type in PLAIN | SCALARS

    def last_made(self, run: Run, name: str) -> Digest:
        """A stand-in for a value that a run's text would make: the last one of its cell, or of any cell."""
        own = reversed(self._ledger.runs_of(run.cell)[-LOOK_BACK:])
        for earlier in (*own, *self._ledger.recent_writers(name, most=1)):
            for write in earlier.writes:
                if write.name == name and write.digest is not None:
                    return write.digest
        return UNKNOWN

    def outcome(self, latest: Run) -> Run | None:
        """An earlier run of the same code that read just what is there now.

        It tells what the cell makes of it, so the cells below need not be stale.
        """
        return None if self._state.is_edited(latest.cell) else self.outcome_of(latest.source, latest)

    def outcome_of(self, text: str, latest: Run) -> Run | None:
        """A run before the latest one of a cell, which had this text and read just what is there now."""
        for run in reversed(self._ledger.runs_of(latest.cell)[-LOOK_BACK:]):
            if run is latest or run.is_unfinished or self._ledger.used_older(run):
                continue
            if not same_code(run.source, text):
                continue
            if self._state.lost_changes(run) or self._state.gained_changes(run):
                continue
            if self._state.would_repeat(run):
                return run
        return None

    def _made_alike(self, latest: Run, may_fail: bool) -> Mapping[str, Write]:
        """What an earlier text of the cell with the same beginning made of just what is there now."""
        if self._state.is_edited(latest.cell) or latest.conservative:
            return {}
        for run in reversed(self._ledger.runs_of(latest.cell)[-LOOK_BACK:]):
            if run is latest or same_code(run.source, latest.source):
                continue
            alike = CommonPrefix(latest, run, may_fail)
            made: Mapping[str, Write] = {write.name: write for write in alike.made()}
            if made and all(self._state.repeats(read) for read in alike.reads()) and self._state.fits(run):
                return made
        return {}

    def _made_before(self, latest: Run) -> Mapping[str, Write]:
        """What earlier runs of the same code made, write by write, of just what is there now.

        Values that come from a cache or an older object are left out.
        """
        ledger, cell = self._ledger, latest.cell
        if self._state.is_edited(cell) or latest.conservative or ledger.used_older(latest):
            return {}
        found: dict[str, Write] = {}
        for run in reversed(ledger.runs_of(cell)[-LOOK_BACK:]):
            if run is latest or not same_code(run.source, latest.source) or run.outcome != "ok":
                continue
            if any(read.cached for read in run.reads) or sharing.changed_together(ledger, run):
                continue
            found = {
                **{write.name: write for write in run.writes if self._is_made_again(run, write)},
                **found,
            }
        return found

    def _is_made_again(self, run: Run, write: Write) -> bool:
        if write.sources is None or write.kind == "delete" or not write.name.isidentifier():
            return False
        partly = taken_in_part(run)
        if write.kind == "mutate" and partly.get(write.name, True):
            return False
        return all(self._state.repeats(read) for read in self._state.reads(run) if read.name in write.sources)

    def surely_made(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Mapping[str, Write]:
        """What is known, by name, of what a run makes although some of its reads are stale."""
        modules = any(stale.read.is_module for stale in stale_reads.values())
        left = left_on_disk(stale_reads)
        again = self._made_before(run) if not modules else {}
        again = {name: write for name, write in again.items() if left.isdisjoint(write.sources or ())}
        reached = {write.name for write in run.writes if not is_behind(write, fails)}
        again = {name: again[name] for name in again.keys() & reached}
        alike = self._made_alike(run, fails is not None)
        return {
            **self._worked_out(run, reached),
            **self._known_by_statements(run, stale_reads),
            **again,
            **alike,
        }

    def _worked_out(self, run: Run, reached: Collection[str]) -> Mapping[str, Write]:
        """What the run's text makes of the plain values that are there now."""
        if run.outcome != "ok" or self._state.is_edited(run.cell) or run.random:
            return {}
        made = self._state.recomputation.made_by(run.source)
        writes = (write for write in run.writes if write.name in made and write.name in reached)
        return {
            write.name: replace(
                write, kind="bind", paths=(), digest=made[write.name], before=None, path_sources=()
            )
            for write in writes
            if write.kind != "delete"
        }

    def changed_before(self, run: Run, name: Name, there: EnvironmentEntry) -> Write | None:
        """The change of a name by an earlier run, which did the same to the value that is there now.

        The value must be as that run has left it.
        """
        last = self._ledger.writer(name)
        left = next((write.digest for write in last[0].writes if write.name == name), None) if last else None
        if there.doubt or there.digest is None or left is None or self._state.stale_reads.get(run.cell):
            return None
        for earlier in reversed(self._ledger.runs_of(run.cell)[-LOOK_BACK:]):
            if earlier is run or not same_code(earlier.source, run.source) or not read_alike(run, earlier):
                continue
            for write in earlier.writes:
                if write.name != name or write.kind != "mutate" or not agree(write.digest, left):
                    continue
                if agree(write.before, there.digest):
                    return write
        return None

    def fails_at(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> int | None:
        """The first read that may find no value: there the cell may raise."""
        asked = self._asked_safely(run) if stale_reads else frozenset[str]()
        found = (
            (place, stale_reads.get(read.label))
            for place, read in enumerate(run.reads)
            if read.name not in asked
        )
        return next((place for place, stale in found if _is_missing(stale) or self._may_raise(stale)), None)

    def _asked_safely(self, run: Run) -> frozenset[str]:
        """Names for which a text's guards ask, if the branches taken in a restart find all that they need."""
        if self._state.is_edited(run.cell) or not has_guard(run.source):
            return frozenset()
        lines = lines_of(taken(body(run.source), self._state.is_there))
        return frozenset() if self.statements(lines).may_fail() else guarded_names(run.source)

    def _may_raise(self, stale: StaleRead | None) -> bool:
        """Whether it is of code whose cell does not find a name in a restart: nor may a call find it.

        Or of a builtin whose name a restart has bound to something that may not be called.
        """
        if stale is None or stale.slot is None:
            return False
        if stale.read.digest is None:
            there = stale.slot.digest
            return hasattr(builtins, stale.read.name) and there is not None and there.type not in _CALLED
        if stale.read.digest.type not in ("function", "type"):
            return False
        return any(map(_is_missing, self._state.stale_reads.get(stale.slot.cell, ())))

    def certain_failure(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Failure | None:
        """Where the run certainly fails: its first stale read is of a name that is not there."""
        if fails is None or self._state.is_edited(run.cell):
            return None
        if any(read.label in stale_reads for read in run.reads[:fails]):
            return None
        slot = stale_reads[run.reads[fails].label].slot
        if slot is not None and (slot.doubt or slot.missing):
            return None
        return failure(run, fails)


def is_behind(write: Write, fails: int | None) -> bool:
    """Whether the run makes it after read number ``fails``, where it may raise."""
    return fails is not None and (write.reads_before is None or write.reads_before > fails)


def left_on_disk(stale_reads: Mapping[str, StaleRead]) -> set[Name]:
    """The files that are as earlier runs found them, and that no cell above makes any more."""
    found = (stale for stale in stale_reads.values() if stale.read.name.is_file)
    return {stale.read.name for stale in found if stale.slot is not None and not stale.slot.cell}


def _is_missing(stale: StaleRead | None) -> bool:
    if stale is None:
        return False
    gone = stale.slot is None or stale.slot.digest is None or stale.slot.missing
    return gone and stale.read.digest is not None

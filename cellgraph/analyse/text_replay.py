"""What a text does that has not run as it stands: one that was edited since, or never ran."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from cellgraph.analyse.common_prefix import do_the_same
from cellgraph.analyse.environment import LOOK_BACK, UNKNOWN, EnvironmentEntry, StaleRead, makers_of
from cellgraph.analyse.failing_text import begins_at_once, failing_statement
from cellgraph.analyse.known_outcomes import MANY_NAMES
from cellgraph.analyse.known_statements import lines_in
from cellgraph.analyse.library_changes import imported, imports_alike, is_library
from cellgraph.analyse.predicted_outcome import (
    NameOutcome,
    TextOutcome,
    given_alike,
    gives_names,
    outcome_above,
    outcome_for,
    reads_behind,
    text_outcome,
)
from cellgraph.analyse.read_checks import not_run
from cellgraph.analyse.rearranged_cells import made_by_upper_half
from cellgraph.analyse.replay_state import ReplayState
from cellgraph.analyse.write_replay import WriteReplay, is_plain_frame
from cellgraph.code.call_effects import changed_by_calls
from cellgraph.code.known_stores import columns_stored, stored_paths
from cellgraph.code.literal_edits import edited_columns, edited_members
from cellgraph.code.source import body_apart_from_magics
from cellgraph.model import Digest, Run, Write
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.setting_records import DRAWN
from cellgraph.structure import COLUMNS, LENGTH, STRUCTURE

_WORD = Pattern(r"(?<![\w.])\w+")
"""A word that is no attribute."""


def _not_renamed(run: Run, text: str, stale_reads: Iterable[StaleRead]) -> Iterator[StaleRead]:
    """The stale reads of an edited cell, without those of variables that only its former text named."""
    gone = frozenset(_WORD.findall(run.source)).difference(_WORD.findall(text))
    return (stale for stale in stale_reads if stale.read.name not in gone)


class TextReplay:
    """Restart & Run All runs the present text. What it makes is known where runs executed its statements."""

    def __init__(self, state: ReplayState, writes: WriteReplay) -> None:
        self._state = state
        self._ledger, self._order, self._environment = state.ledger, state.order, state.environment
        self._known = writes.known
        self._writes = writes

    def apply(self, cell: str, text: str, run: Run | None, stale_reads: Mapping[str, StaleRead]) -> None:
        """Replay a cell that was edited since it ran, or never ran: Restart & Run All runs its text."""
        outcome = outcome_for(text, self._state.type_of)
        if run is not None:
            self._state.stale_reads[cell] = (
                not_run(cell, run),
                *_not_renamed(run, text, stale_reads.values()),
            )
        drawn = [name for name, paths in self._order.effects.get(cell, ()) if paths == (DRAWN,)]
        self._state.inputs[cell] = {
            **{name: self._environment.get(Name(name)) for name in (*outcome.loads, *drawn)},
            **self._state.inputs.get(cell, {}),
        }
        fails = failing_statement(text, self._state.is_gone)
        if fails is not None:  # what stands behind is not done
            outcome = outcome_above(text, fails)
        elif run is not None and self._does_what_a_run_did(text, run, stale_reads):
            return
        else:
            outcome = self._with_calls(text, run, outcome)
        worked_out = self._state.recomputation.made_by(text) if fails is None else {}
        made: Mapping[str, tuple[Run, Write] | Digest] = self._made_by_text(cell, text, run, outcome)
        upper = made_by_upper_half(self._ledger, self._order, run, text) if run is not None else ()
        made = {**worked_out, **made, **{write.name: (run, write) for write in upper if run is not None}}
        together = self._changed_with(outcome) if run is None else {}
        for name_outcome in outcome.names:
            self._apply_outcome(cell, name_outcome, made.get(name_outcome.name), run, stale_reads)
        for name, entry in together.items():
            sure = entry.sure_parts - {STRUCTURE}
            self._environment[name] = entry._replace(cell=cell, doubt=True, sure_parts=sure)
        if run is not None:
            self._apply_outside(run, upper, stale_reads)
            self._apply_given(text, run, stale_reads, outcome.written)
        if run is not None or not (fails == 0 and begins_at_once(text)):
            self.apply_effects(cell, run, {write.name for write in upper})

    def _does_what_a_run_did(self, text: str, run: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
        """Apply what a run of the cell did, if the text differs in what it shows alone, or is that run's."""
        if run.outcome == "ok" and do_the_same(run.source, text):
            self._writes.apply_all(run, stale_reads, edited=True)
            return True
        known = self._known.outcome_of(text, run)
        if known is not None:
            self._writes.apply_all(known, {})
        return known is not None

    def _changed_with(self, outcome: TextOutcome) -> Mapping[Name, EnvironmentEntry]:
        """The entries of other names that hold an object which a text changes in place."""
        found: dict[Name, EnvironmentEntry] = {}
        for changed in outcome.names:
            for other, part in self._state.other_holders(changed.name) if changed.kind == "mutate" else ():
                there = self._environment.get(Name(other))
                if there is not None and other not in outcome.written:
                    parts = frozenset({part} if part else ())
                    found[Name(other)] = there._replace(parts=parts, changed_as=changed.name)
        return found

    def _with_calls(self, text: str, run: Run | None, outcome: TextOutcome) -> TextOutcome:
        """Add what the calls of a text may change, without what they left alone in its latest run."""
        found = changed_by_calls(body_apart_from_magics(text), self._state.origin)
        if run is not None and found:
            known = changed_by_calls(body_apart_from_magics(run.source), self._state.origin)
            found -= known - {write.name for write in run.writes}
        more = (NameOutcome(name, "mutate", sure=False) for name in sorted(found - outcome.written))
        return replace(outcome, names=(*outcome.names, *more))

    def _apply_outside(
        self, run: Run, upper: Collection[Write], stale_reads: Mapping[str, StaleRead]
    ) -> None:
        """Apply what the latest run of an edited text wrote outside the namespace.

        ``upper`` is what the text surely does as the upper half of what the run executed.
        """
        doubtful: set[str] = {stale.read.name for stale in stale_reads.values()}
        for write in run.writes:
            if write in upper:
                self._writes.apply(run, write, doubtful, fails=False)
            elif not write.name.isidentifier():  # its result, and files: the text may make another
                self._writes.apply(run, write, set(), fails=False, edited=True)

    def _apply_given(
        self, text: str, run: Run, stale_reads: Mapping[str, StaleRead], shown: frozenset[str]
    ) -> None:
        """Apply the names that a text binds without showing it, by a star import or a magic.

        They are what they were in its latest run, unless that had other such statements. ``shown`` are the
        names whose outcome the text shows.
        """
        if not gives_names(text):
            return
        shown |= text_outcome(run.source).written
        modules: set[str] = {stale.read.name for stale in stale_reads.values() if stale.read.is_module}
        alike = given_alike(run.source, text)
        for write in run.writes:
            if write.kind != "bind" or write.name in shown or not write.name.isidentifier():
                continue
            if alike:
                self._writes.apply(run, write, modules, fails=False)
            else:
                self._environment[write.name] = EnvironmentEntry(run.cell, UNKNOWN, doubt=True)

    def apply_effects(self, cell: str, run: Run | None, known: Collection[str] = ()) -> None:
        """Apply what a text would change outside the namespace and its latest run did not change.

        ``known`` are names of which it is known what the text leaves in them.
        """
        done = {(write.name, path) for write in run.writes for path in write.paths or ("",)} if run else set()
        for name, paths in self._order.effects.get(cell, ()):
            new = tuple(path for path in paths or ("",) if (name, path) not in done)
            if not new or name in known:
                continue
            self._state.leave_listing_open(cell, name)
            self._writes.undone.mark_effect(cell, name, new)

    def _made_by_text(
        self, cell: str, text: str, run: Run | None, outcome: TextOutcome
    ) -> Mapping[str, tuple[Run, Write]]:
        """The values that earlier runs made by the same statements from what is there now, by name."""
        found: dict[str, tuple[Run, Write]] = {}
        if len(outcome.written) > MANY_NAMES:
            return found  # then all that it makes counts as new
        for name in outcome.written:
            for candidate in self._runs_that_made(name, cell):
                write = next((write for write in candidate.writes if write.name == name), None)
                if write is None or write.kind == "delete":
                    continue
                if is_library(write.digest) and imports_alike(candidate.source, text, name):
                    found[name] = (candidate, write)
                    break
                reads = reads_behind(candidate, text, name)
                if reads is not None and (candidate is run or all(map(self._state.repeats, reads))):
                    found[name] = (candidate, write)
                    break
        known = self._known.statements(lines_in(text))
        single = ((name, known.made(name)) for name in outcome.written - found.keys())
        return {**found, **{name: made for name, made in single if made is not None}}

    def _runs_that_made(self, name: str, cell: str) -> Iterable[Run]:
        seen: set[int] = set()
        for other in (cell, *self._ledger.makers(name)):
            for run in reversed(self._ledger.runs_of(other)[-LOOK_BACK:]):
                if run.number not in seen:
                    seen.add(run.number)
                    yield run
        last = self._ledger.writer(name)
        if last is not None and last[0].number not in seen:
            yield last[0]

    def _apply_outcome(
        self,
        cell: str,
        outcome: NameOutcome,
        made: tuple[Run, Write] | Digest | None,
        latest: Run | None,
        stale_reads: Mapping[str, StaleRead],
    ) -> None:
        """Apply what a text does to a name. ``made``: what is known of that, of a run or worked out."""
        name = Name(outcome.name)
        there = self._environment.get(name)
        if isinstance(made, Digest):
            self._environment[name] = EnvironmentEntry(cell, made)
        elif made is not None:
            run, write = made
            doubtful: set[str] = {stale.read.name for stale in stale_reads.values() if run is latest}
            self._writes.apply(replace(run, cell=cell), write, doubtful, fails=False)
        elif outcome.kind == "delete" and outcome.sure:
            self._environment[name] = EnvironmentEntry(cell, None)
        elif outcome.kind != "bind" and there is None:
            return  # there is nothing that the text could change or delete
        elif outcome.kind == "mutate" and there is not None and is_library(there.digest):
            return  # what cells put into a library has names of its own
        elif there is not None and self._is_applied_as_store(cell, outcome, latest, there):
            return
        elif there is not None and (outcome.kind != "bind" or not outcome.sure):
            self._environment[name] = there._replace(
                cell=cell, doubt=True, parts=frozenset(), makers=(), sure_parts=frozenset()
            )
        else:
            columns = self._edited_columns(cell, name, latest)
            parts = columns or self._edited_parts(cell, name, latest)
            sure_parts = frozenset({STRUCTURE} if columns else ())
            made_last = self._last_made(name, latest)
            self._environment[name] = EnvironmentEntry(
                cell, made_last, doubt=True, parts=parts, sure_parts=sure_parts
            )

    def _is_applied_as_store(
        self, cell: str, outcome: NameOutcome, latest: Run | None, there: EnvironmentEntry
    ) -> bool:
        """Apply a text that only stores under keys that it spells. Gives whether it is such a one."""
        if outcome.kind == "mutate" and latest is None:
            entry = self._with_new_columns(cell, outcome.name, there)
            if entry is not None:
                self._environment[Name(outcome.name)] = entry
            return entry is not None
        stored = self._stored_alike(cell, outcome, latest, there)
        if stored is not None:
            self._writes.apply_stored(*stored)
        return stored is not None

    def _with_new_columns(self, cell: str, name: str, there: EnvironmentEntry) -> EnvironmentEntry | None:
        """A frame in which a text that never ran stores columns: the others, and the rows, stay."""
        paths = columns_stored(text := self._order.texts[cell], name)
        if paths is None or there.missing or there.digest is None or not is_plain_frame(there.digest):
            return None
        if (there.doubt and not there.parts) or not there.digest.extent:
            return None
        if name in changed_by_calls(body_apart_from_magics(text), self._state.origin):
            return None
        write = Write(Name(name), "mutate", (*sorted(paths), COLUMNS), there.digest)
        return there._replace(
            cell=cell,
            doubt=True,
            parts=there.parts.union(write.paths),
            base=there.base or there.cell,
            makers=makers_of(cell, write, there),
            sure_parts=frozenset({LENGTH}) if not there.doubt else there.sure_parts & {LENGTH},
        )

    def _stored_alike(
        self, cell: str, outcome: NameOutcome, latest: Run | None, there: EnvironmentEntry
    ) -> tuple[Run, Write, frozenset[str]] | None:
        """What the latest run stored into a value, and where, if the text stores just there; else None."""
        text, name = self._order.texts.get(cell), outcome.name
        if outcome.kind != "mutate" or latest is None or latest.outcome != "ok" or text is None:
            return None
        stores = columns_stored if is_plain_frame(there.digest) else stored_paths
        paths = stored_paths(text, name) or stores(text, name)
        if paths is None or paths != (stored_paths(latest.source, name) or stores(latest.source, name)):
            return None
        if name in changed_by_calls(body_apart_from_magics(text), self._state.origin):
            return None
        write = next((write for write in latest.writes if write.name == name), None)
        if write is None or write.kind != "mutate" or write.digest is None or write.digest.type == "Series":
            return None  # a store may give a series another dtype
        return (latest, write, paths) if paths.issuperset({*write.paths} - {COLUMNS}) else None

    def _edited_parts(self, cell: str, name: Name, latest: Run | None) -> frozenset[str]:
        """The items of a dict in its cell's text that are others than in the latest run. Empty: not known."""
        text = self._order.texts.get(cell)
        if latest is None or latest.outcome != "ok" or text is None:
            return frozenset()
        return edited_members(latest.source, text, name) or frozenset()

    def _edited_columns(self, cell: str, name: Name, latest: Run | None) -> frozenset[str]:
        """The columns of a frame in its cell's text that its latest run made otherwise. Empty: not known."""
        text = self._order.texts.get(cell)
        if latest is None or latest.outcome != "ok" or text is None:
            return frozenset()
        found = edited_columns(latest.source, text, name)
        if found is None or not is_plain_frame(self._last_made(name, latest)) or self._ledger.patches:
            return frozenset()
        there = self._environment.get(Name(found[0]))
        run = self._ledger.latest(there.cell) if there is not None and not there.doubt else None
        made = imported(run.source).get(found[0], ()) if run is not None else ()
        return found[1] if made == (":pandas",) else frozenset()

    def _last_made(self, name: Name, latest: Run | None) -> Digest:
        """A stand-in for the value that a text would make: its cell's last value, or a unique one."""
        for write in latest.writes if latest is not None else ():
            if write.name == name and write.digest is not None:
                return write.digest
        return UNKNOWN

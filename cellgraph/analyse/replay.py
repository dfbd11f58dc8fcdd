"""The first question: what would Restart & Run All give?

Walk the latest run of each cell in notebook order, with an environment that starts empty. Where a
cell would be given another value than the one it read, it is in doubt; and what it makes of a
doubtful input is doubtful too, statement by statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cellgraph import rules
from cellgraph.analyse import library_changes, sharing
from cellgraph.analyse.common_prefix import CommonPrefix
from cellgraph.analyse.digest_patch import patched
from cellgraph.analyse.file_replay import overtaken, reason_on_disk
from cellgraph.analyse.predicted_failure import Failure, failure
from cellgraph.analyse.predicted_outcome import (
    NameOutcome,
    TextOutcome,
    makes_with,
    outcome_below,
    reads_behind,
    text_outcome,
)
from cellgraph.analyse.repeatable import failed_unlike_before, leaves_the_same, shows_the_same
from cellgraph.analyse.setting_replay import (
    Question,
    after_setting,
    at_start,
    is_generator,
    is_own_stream,
    key_read,
    keys_in_question,
    origin_of,
    patched_builtins,
    reason,
    seeding_run,
    set_by,
)
from cellgraph.model import Digest, Order, Read, Run, Write, covers, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger, same_value, shift_results
from cellgraph.record.setting_records import UNSEEDED
from cellgraph.trace.settings.values import DEFAULT

_LOOK_BACK = 12
"""Earlier runs of a cell that are consulted for what it makes of other inputs."""


class EnvironmentEntry(NamedTuple):
    """What the environment holds of a name: who wrote it, and its digest (None: deleted).

    ``doubt``: it is not sure. ``missing``: it may not be there at all, because its cell may raise
    before. ``parts`` are the paths that are in doubt where it is not the whole value. ``makers`` are
    the cells that made single parts since ``base`` made the whole, the latest last. ``changed_as`` is
    another name of the same object, under which the cell changes it in a restart.
    """

    cell: str
    digest: Digest | None
    doubt: bool = False
    missing: bool = False
    parts: frozenset[str] = frozenset()
    base: str = ""
    makers: tuple[tuple[str, str], ...] = ()
    changed_as: str = ""

    def doubtful(self, read: Read) -> bool:
        """Whether what this read takes is in doubt."""
        if read.store_only:
            return self.missing
        if not (self.doubt and self.parts and read.path):
            return self.doubt
        return any(related(part, read.path) for part in self.parts)

    def seen_by(self, read: Read) -> EnvironmentEntry:
        """The slot with the cell that made what this read takes."""
        if not (read.path and self.makers):
            return self
        made = [cell for path, cell in self.makers if related(path, read.path)]
        return self._replace(cell=made[-1] if made else self.base)


class StaleRead(NamedTuple):
    """A read that Restart & Run All would not repeat.

    ``origin`` is the run that made the value that was read, ``slot`` what would be there instead
    (None: nothing).
    """

    code: str
    cell: str
    read: Read
    cause: str | None
    origin: Run | None
    slot: EnvironmentEntry | None

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """Two stale reads with the same key are the same news."""
        return (self.code, self.cell, self.read.label, self.cause)


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome: stale reads a cell, and for each cell what its reads would find.

    ``disk`` is what is in the files that cells have to do with (None: there is no such file).
    """

    order: Order
    stale_reads: dict[str, tuple[StaleRead, ...]] = field(default_factory=dict)
    inputs: dict[str, Mapping[str, EnvironmentEntry | None]] = field(default_factory=dict)
    environment: dict[str, EnvironmentEntry] = field(default_factory=dict)
    disk: Mapping[str, Digest | None] = field(default_factory=dict)

    def all_stale_reads(self) -> Iterable[StaleRead]:
        """Every doubt, in notebook order."""
        for cell in self.order.cells:
            yield from self.stale_reads.get(cell, ())


def replay(ledger: Ledger, order: Order, disk: Mapping[str, Digest | None] | None = None) -> Replay:
    """Walk all cells. One pass, linear in the number of reads and writes."""
    return _ReplayWalker(ledger, order, Replay(order, disk=disk or {})).walk(order.cells)


def extend(before: Replay, ledger: Ledger, order: Order) -> Replay:
    """The same as ``replay`` where ``order`` only adds cells below those of ``before``."""
    return _ReplayWalker(ledger, order, before).walk(order.cells[len(before.order.cells) :])


def check_read(
    ledger: Ledger, before: Replay, run: Run, read: Read, slot: EnvironmentEntry | None
) -> StaleRead | None:
    """The doubt about one read of a run that would find ``slot``."""
    return _ReplayWalker(ledger, before.order, before).check_read(run, read, slot)


class _ReplayWalker:
    """Carries the environment from cell to cell.

    What ``before`` holds is taken over, not copied: a Replay is used up by its extension.
    """

    def __init__(self, ledger: Ledger, order: Order, before: Replay) -> None:
        self._ledger = ledger
        self._order = order
        self._position: Mapping[str, int] | None = None
        self._environment = before.environment
        self._stale_reads = before.stale_reads
        self._inputs = before.inputs
        self._disk = before.disk

    def walk(self, cells: Iterable[str]) -> Replay:
        for cell in cells:
            run, text = self._ledger.latest(cell), self._order.texts.get(cell)
            if text is not None:
                self._text(cell, text, run)
            elif run is not None:
                self._cell(run)
        self._mark_unrun()
        self._mark_holders()
        return Replay(self._order, self._stale_reads, self._inputs, self._environment, self._disk)

    def _cell(self, run: Run) -> None:
        stale_reads = self._stale_reads_of(run)
        unfinished = run.outcome == "interrupted"
        known = self._known_outcome(run) if stale_reads or unfinished or not self._fits(run) else None
        if known is not None and _is_repetition(run, known, stale_reads):
            stale_reads = {}
        own = _about_itself(self._ledger, run)
        if stale_reads or own:
            self._stale_reads[run.cell] = (*own, *stale_reads.values())
        self._apply_all(run, stale_reads) if known is None else self._apply_all(known, {})
        self._change_shared(known or run)
        if unfinished and known is None:
            self._leave_rest_open(run)

    def _older(self, run: Run, read: Read, cause: str, slot: EnvironmentEntry | None) -> StaleRead:
        return StaleRead(rules.OLDER.code, run.cell, read, cause, self._ledger.origin(run, read), slot)

    def _mark_holders(self) -> None:
        """Who made a value out of an older object that another cell used together with the newer one."""
        found = [stale.cell for stales in self._stale_reads.values() for stale in stales if _is_older(stale)]
        runs = [run for cell in found if (run := self._ledger.latest(cell)) is not None]
        for holder in sharing.holders(self._ledger, self._order.cells, runs) if runs else ():
            run, read, cause = holder
            known = self._stale_reads.get(run.cell, ())
            slot = self._inputs.get(run.cell, {}).get(read.name)
            if slot is not None and not any(stale.read.name == read.name for stale in known):
                self._stale_reads[run.cell] = (*known, self._older(run, read, cause, slot))

    def _change_shared(self, run: Run) -> None:
        """Put in doubt what the run changes in a restart and has not changed in the session."""
        for name, through, part in sharing.shared_changes(self._ledger, run, self._maker):
            there = self._environment[name]
            parts = there.parts | {part} if part and (there.parts or not there.doubt) else frozenset()
            self._environment[name] = there._replace(
                cell=run.cell, doubt=True, parts=parts, changed_as=through
            )

    def _maker(self, name: str) -> str | None:
        there = self._environment.get(name)
        return there.cell if there is not None and there.digest is not None else None

    def _stale_reads_of(self, run: Run) -> dict[str, StaleRead]:
        reads = self._reads(run)
        inputs: dict[str, EnvironmentEntry | None] = {read.name: self._slot(read) for read in reads}
        self._inputs[run.cell] = inputs
        judged = ((read.label, self.check_read(run, read, inputs[read.name])) for read in reads)
        stale_reads = {label: stale for label, stale in judged if stale is not None}
        doubtful = {stale.read.name for stale in stale_reads.values()}
        for read, slot in library_changes.unread(self._ledger, run, self._environment):
            stale_reads[read.label] = StaleRead(rules.STALE.code, run.cell, read, slot.cell, None, slot)
        for read, cause in sharing.older_reads(self._ledger, run, doubtful, self._maker):
            stale_reads[read.label] = self._older(run, read, cause, inputs[read.name])
        return stale_reads

    # -- texts that have not run ----------------------------------------------------------------

    def _text(self, cell: str, text: str, run: Run | None) -> None:
        """A cell that was edited since it ran, or has never run: Restart & Run All runs the text."""
        outcome, stale_reads = text_outcome(text), {}
        if run is not None:
            stale_reads = self._stale_reads_of(run)
            self._stale_reads[cell] = (_not_run(cell, run), *stale_reads.values())
        self._inputs[cell] = {
            **{name: self._environment.get(Name(name)) for name in outcome.loads},
            **self._inputs.get(cell, {}),
        }
        made = self._made_by_text(cell, text, run, outcome)
        for name_outcome in outcome.names:
            self._apply_outcome(cell, name_outcome, made.get(name_outcome.name), run, stale_reads)
        if run is not None:
            for write in run.writes:
                if not write.name.isidentifier():  # its result, and files: the text may make another
                    self._apply(run, write, set(), fails=False, edited=True)
        self._apply_effects(cell, run)

    def _apply_effects(self, cell: str, run: Run | None) -> None:
        """What a text would change beside the namespace, and its latest run has not changed."""
        done = {(write.name, path) for write in run.writes for path in write.paths or ("",)} if run else set()
        for name, paths in self._order.effects.get(cell, ()):
            new = tuple(path for path in paths or ("",) if (name, path) not in done)
            there = self._environment.get(name)
            entry = EnvironmentEntry(cell, UNKNOWN, doubt=True)
            if not new:
                continue
            if name.is_setting and not is_generator(name):
                entry = after_setting(entry, there, Write(name, "mutate", new, DEFAULT))
            self._environment[name] = entry

    def _made_by_text(
        self, cell: str, text: str, run: Run | None, outcome: TextOutcome
    ) -> Mapping[str, tuple[Run, Write]]:
        """What earlier runs made of the same statements and of what is there now, by name."""
        found: dict[str, tuple[Run, Write]] = {}
        for name in outcome.written:
            for candidate in self._runs_that_made(name, cell):
                write = next((write for write in candidate.writes if write.name == name), None)
                if write is None or write.kind == "delete":
                    continue
                reads = reads_behind(candidate, text, name)
                if reads is not None and (candidate is run or all(map(self._repeats, reads))):
                    found[name] = (candidate, write)
                    break
        return found

    def _runs_that_made(self, name: str, cell: str) -> Iterable[Run]:
        seen: set[int] = set()
        for other in (cell, *self._ledger.makers(name)):
            for run in reversed(self._ledger.runs_of(other)[-_LOOK_BACK:]):
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
        made: tuple[Run, Write] | None,
        latest: Run | None,
        stale_reads: Mapping[str, StaleRead],
    ) -> None:
        name = Name(outcome.name)
        there = self._environment.get(name)
        if made is not None:
            run, write = made
            doubtful: set[str] = {stale.read.name for stale in stale_reads.values() if run is latest}
            self._apply(replace(run, cell=cell), write, doubtful, fails=False)
        elif outcome.kind == "delete" and outcome.sure:
            self._environment[name] = EnvironmentEntry(cell, None)
        elif outcome.kind != "bind" and there is None:
            return  # there is nothing that the text could change or delete
        elif there is not None and (outcome.kind != "bind" or not outcome.sure):
            self._environment[name] = there._replace(cell=cell, doubt=True, parts=frozenset())
        else:
            self._environment[name] = EnvironmentEntry(cell, self._last_made(name, latest), doubt=True)

    def _last_made(self, name: Name, latest: Run | None) -> Digest:
        """What stands for the value that a text would make: its cell's last one, or one like no other."""
        for write in latest.writes if latest is not None else ():
            if write.name == name and write.digest is not None:
                return write.digest
        return UNKNOWN

    def _leave_rest_open(self, run: Run) -> None:
        """An interrupted run: what it was doing, and what was still to come, a restart does to the end."""
        for outcome in outcome_below(run.source, run.stopped_at).names:
            there = self._environment.get(Name(outcome.name))
            if there is not None or outcome.kind == "bind":
                self._leave_open(run, outcome.name)

    def _mark_unrun(self) -> None:
        """A cell that never ran is to be run where a cell that did run depends on it."""
        unrun = {cell for cell in self._order.texts if self._ledger.latest(cell) is None}
        if not unrun:
            return
        stale_reads = self._stale_reads
        used = {stale.slot.cell for found in stale_reads.values() for stale in found if stale.slot}
        for cell in reversed(self._order.cells):
            if cell not in unrun:
                continue
            stale_reads.pop(cell, None)
            if cell in used:
                stale_reads[cell] = (_not_run(cell, None),)
                used |= {slot.cell for slot in self._inputs[cell].values() if slot is not None}

    # -- runs ------------------------------------------------------------------------------------

    def _slot(self, read: Read) -> EnvironmentEntry | None:
        found = self._environment.get(environment_key(self._ledger, read.name))
        if found is None and read.name.is_setting:
            start = at_start(read.name)
            return EnvironmentEntry("", start) if start is not None else None
        if found is None and read.name.is_file:
            return EnvironmentEntry("", self._disk.get(read.name, read.digest))  # made by no cell above
        return found

    def _known_outcome(self, latest: Run) -> Run | None:
        """An earlier run of the same code that read just what is there now.

        It tells what the cell makes of it, so that doubt about its latest run ends with the cell.
        """
        if self._is_edited(latest.cell):
            return None
        for run in reversed(self._ledger.runs_of(latest.cell)[-_LOOK_BACK:]):
            if run is latest or run.outcome == "interrupted" or self._ledger.used_older(run):
                continue
            if run.source == latest.source and self._would_repeat(run):
                return run
        return None

    def _would_repeat(self, run: Run) -> bool:
        return all(self._repeats(read) for read in self._reads(run)) and self._fits(run)

    def _reads(self, run: Run) -> tuple[Read, ...]:
        """What the run read, with the settings at their defaults that a cell above has set by now."""
        touched = [read for read in run.untouched if read.name in self._environment]
        touched += patched_builtins(run, self._environment)
        return (*run.reads, *touched) if touched else run.reads

    def _repeats(self, read: Read) -> bool:
        """Whether what a run read is there now, without a doubt."""
        slot = self._slot(read)
        expected = slot.digest if slot is not None else None
        return same_value(read, expected) and not (slot is not None and slot.doubtful(read))

    def _made_alike(self, latest: Run) -> Mapping[str, Write]:
        """What an earlier text of the cell with the same start made there of just what is there now."""
        if self._is_edited(latest.cell) or latest.conservative:
            return {}
        for run in reversed(self._ledger.runs_of(latest.cell)[-_LOOK_BACK:]):
            if run is latest or run.source == latest.source:
                continue
            alike = CommonPrefix(latest, run)
            made: Mapping[str, Write] = {write.name: write for write in alike.made()}
            if made and all(self._repeats(read) for read in alike.reads()) and self._fits(run):
                return made
        return {}

    def _made_before(self, latest: Run) -> Mapping[str, Write]:
        """What earlier runs of the same code made, write by write, of just what is there now.

        What a cache or an older object has to do with is left out.
        """
        ledger, cell = self._ledger, latest.cell
        if self._is_edited(cell) or latest.conservative or ledger.used_older(latest):
            return {}
        found: dict[str, Write] = {}
        for run in reversed(ledger.runs_of(cell)[-_LOOK_BACK:]):
            if run is latest or run.source != latest.source or run.outcome != "ok":
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
        partly = _taken_in_part(run)
        if write.kind == "mutate" and partly.get(write.name, True):
            return False
        return all(self._repeats(read) for read in run.reads if read.name in write.sources)

    def _surely_made(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Mapping[str, Write]:
        """What is known, by name, of what a run makes some of whose reads are in doubt."""
        modules = any(stale.read.is_module for stale in stale_reads.values())
        again = self._made_before(run) if not modules else {}
        reached = {write.name for write in run.writes if not _is_behind(write, fails)}
        return {**{name: again[name] for name in again.keys() & reached}, **self._made_alike(run)}

    def _fits(self, run: Run) -> bool:
        """Whether what the run stored into held then what it would hold now."""
        partly = _taken_in_part(run)
        changes = (write for write in run.writes if partly.get(write.name) and write.kind == "mutate")
        return all(_applies(write, self._environment.get(write.name)) for write in changes)

    def _apply_all(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> None:
        fails = self._fails_at(run, stale_reads)
        doubtful = self._doubtful(run, stale_reads.values())
        certain = self._certain_failure(run, stale_reads, fails)
        sure = self._surely_made(run, stale_reads, fails) if stale_reads else {}
        elsewhere = {stale.read.name for stale in stale_reads.values() if stale.read.store_only}
        modules = [stale.read.name.module for stale in stale_reads.values() if stale.read.is_module]
        for write in run.writes:
            if write.name in sure:
                self._apply(run, sure[write.name], set(), fails=False)
                continue
            reached = certain.reached(write) if certain is not None else None
            behind = _is_behind(write, fails) or (certain is not None and certain.cuts_off(write))
            if stale_reads and run.outcome == "error" and write.name.is_file:
                behind = True  # given other inputs it may go on, and write again
            if write.digest is not None and write.digest.type != "module":
                behind = behind or any(makes_with(run, write.name, module) for module in modules)
            if reached is None:
                self._apply(run, write, doubtful, behind, elsewhere)
            elif reached:  # all that it read until then is as it should be
                self._apply(run, write, set(), fails=False)
        if stale_reads and certain is None:
            self._leave_unmade_open(run)

    def _doubtful(self, run: Run, stale_reads: Iterable[StaleRead]) -> set[str]:
        """The names of which what the run made is in doubt."""
        used = {older.name for older in self._ledger.used_older(run)}
        found: set[str] = set()
        for stale in stale_reads:
            name, slot = stale.read.name, stale.slot
            if _is_older(stale) and name not in used and not (slot is not None and slot.changed_as):
                continue  # what it made of this is right: it is another name that a restart changes too
            found |= {name, stale.read.cached} if stale.read.cached else {name}
        return found | sharing.changed_together(self._ledger, run)

    def _fails_at(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> int | None:
        """The first read for which there may be nothing to read: there the cell may raise."""
        places = (place for place, read in enumerate(run.reads) if _is_missing(stale_reads.get(read.label)))
        return next(places, None)

    def _certain_failure(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Failure | None:
        """Where the run fails for certain: its first read in doubt is of a name that is not there."""
        if fails is None or self._is_edited(run.cell):
            return None
        if any(read.label in stale_reads for read in run.reads[:fails]):
            return None
        slot = stale_reads[run.reads[fails].label].slot
        if slot is not None and (slot.doubt or slot.missing):
            return None
        return failure(run, fails)

    def _is_edited(self, cell: str) -> bool:
        """Whether the cell's text is known to be another than what ran, and not which."""
        return cell in self._order.edited and cell not in self._order.texts

    def _leave_unmade_open(self, run: Run) -> None:
        """Given other inputs, a run may get further, or take another way."""
        for name in run.unbound:
            self._leave_open(run, name)
        if run.outcome == "error" and run.stopped_at:
            for outcome in outcome_below(run.source, run.stopped_at).names:
                if Name(outcome.name) in self._environment:
                    self._leave_open(run, outcome.name)

    def _leave_open(self, run: Run, name: str) -> None:
        """Given other inputs, the cell may take another way and bind this name after all."""
        there = self._environment.get(name)
        self._environment[name] = EnvironmentEntry(
            run.cell, there.digest if there is not None else None, doubt=True
        )

    def _apply(
        self,
        run: Run,
        write: Write,
        doubtful: set[str],
        fails: bool,
        elsewhere: Collection[str] = (),
        edited: bool = False,
    ) -> None:
        """Take in one write. ``elsewhere`` are names in whose place there is something else to store into."""
        key = write.name.across_runs(run.cell)
        there = self._environment.get(key)
        if key.is_setting:
            self._apply_setting(run, write, doubtful, fails or edited)
            return
        partly = _taken_in_part(run)
        through_alias = write.kind == "mutate" and write.name not in partly
        if through_alias and not _applies(write, there):
            if there is not None and any(read.store_only for read in run.reads):
                # It found there what it had stored itself: an alias again, of what is not known.
                self._environment[key] = _changed_unknown(run, write, there)
            return  # changed through an alias that would not be there
        tainted = doubtful if write.sources is None else doubtful.intersection(write.sources)
        if write.kind == "delete":
            tainted = tainted - {write.name}  # gone is gone, whatever it held
        # Where an input is missing the cell may raise, and then it makes nothing of what follows.
        nothing_above = there is None or there.digest is None or there.missing
        edited = edited or self._is_edited(run.cell)
        in_doubt = bool(tainted) or fails or edited
        slot = EnvironmentEntry(run.cell, write.digest, in_doubt, missing=fails and nothing_above)
        if tainted and not (fails or edited or write.name in elsewhere):
            parts = write.tainted(tainted)
            slot = slot._replace(doubt=parts != (), parts=frozenset(parts or ()))
        if write.kind == "mutate" and there is not None:
            slot = _changed(slot, write, there, partly.get(write.name, False))
        self._environment[key] = slot
        if write.name.is_result:
            shift_results(self._environment, slot)

    def _apply_setting(self, run: Run, write: Write, doubtful: set[str], fails: bool) -> None:
        name, there = write.name, self._environment.get(write.name)
        tainted = doubtful if write.sources is None else doubtful.intersection(write.sources)
        doubt = bool(tainted) or fails or self._is_edited(run.cell)
        entry = EnvironmentEntry(run.cell, write.digest, doubt)
        if not is_generator(name):
            self._environment[name] = after_setting(entry, there, write)
        elif write.digest == UNSEEDED:
            self._environment.pop(name, None)
            if there is not None and any(read.name == name for read in run.reads):
                self._environment[name] = entry._replace(doubt=True)  # drawn before anybody had seeded it
        elif (
            write.kind == "bind" or there is not None
        ):  # what is drawn from an unknown state leaves it unknown
            self._environment[name] = entry

    def check_read(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        """The doubt about one read, None where Restart & Run All gives the same."""
        if read.name.is_setting:
            look = self._check_generator if is_generator(read.name) else self._check_setting
            return look(run, read, slot)
        if slot is not None and not slot.cell:
            return self._on_disk(run, read, slot)
        expected = slot.digest if slot is not None else None
        if same_value(read, expected):
            return self._in_doubt(run, read, slot) if slot is not None and slot.doubtful(read) else None
        origin = self._ledger.origin(run, read)
        if read.digest is not None and origin is None:
            return self._made_by_no_run(run, read, slot)
        slot = slot.seen_by(read) if slot is not None else None
        code, cause = self._reason(run, read, origin, slot)
        if read.name.is_patch and library_changes.only_restart_undoes(self._ledger, read.name, expected):
            code, cause = rules.RESTART_ONLY.code, origin.cell if origin is not None else cause
        return StaleRead(code, run.cell, read, cause, origin, slot)

    def _made_by_no_run(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        """The doubt about what no run made that was recorded before; None for a foreign input."""
        if slot is not None and read.cached:
            return StaleRead(rules.CACHED.code, run.cell, read, slot.cell, None, slot)
        if slot is not None and read.name.is_file:
            return _stale_read(run, read, None, slot, overtaken(self._ledger, run, read, slot.cell))
        return None

    def _on_disk(self, run: Run, read: Read, slot: EnvironmentEntry) -> StaleRead | None:
        origin = self._ledger.origin(run, read)
        reason = reason_on_disk(self._ledger, self.position, run, read, origin, slot.digest)
        return _stale_read(run, read, origin, slot, reason)

    def _check_setting(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        keys = keys_in_question(read, slot) if slot is not None else []
        if slot is None or slot.digest is None or not keys:
            return None
        key = keys[0]
        found, maker = key_read(read, key), set_by(slot, key)
        origin = origin_of(self._ledger, run, read.name, key)
        slot = slot._replace(cell=maker)
        if same_value(read, slot.digest):
            code = rules.EDITED.code if maker in self._order.edited else rules.UPSTREAM.code
            return StaleRead(code, run.cell, found, maker, origin, slot)
        code, cause = reason(self._ledger, self.position, Question(run, read.name, key, origin, maker))
        return StaleRead(code, run.cell, found, cause, origin, slot)

    def _check_generator(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        if slot is None:  # in a restart nobody has seeded it by then
            origin = seeding_run(self._ledger, run, read.name)
            if origin is None:
                return None
        elif same_value(read, slot.digest):
            return self._in_doubt(run, read, slot) if slot.doubt else None
        else:
            origin = origin_of(self._ledger, run, read.name, "")
        there = slot.cell if slot is not None else ""
        code, cause = reason(self._ledger, self.position, Question(run, read.name, "", origin, there))
        if slot is not None and is_own_stream(self._ledger, run, read.name):
            code, cause = rules.OWN_OUTPUT.code, run.cell
        return StaleRead(code, run.cell, read, cause, origin, slot)

    def _in_doubt(self, run: Run, read: Read, slot: EnvironmentEntry) -> StaleRead:
        if slot.changed_as:
            return self._older(run, read, slot.cell, slot)
        slot = slot.seen_by(read)
        code = rules.EDITED.code if slot.cell in self._order.edited else rules.UPSTREAM.code
        return StaleRead(code, run.cell, read, slot.cell, self._ledger.origin(run, read), slot)

    def _reason(
        self, run: Run, read: Read, origin: Run | None, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        if origin is None or read.digest is None:
            if read.digest is None and self._deleted_itself(run, read):
                return rules.OWN_OUTPUT.code, run.cell
            return rules.STALE.code, slot.cell if slot is not None else None
        maker = origin.cell
        if maker == run.cell:
            # The same code may leave the name alone once it has changed it: an iterator is used up.
            own = origin.source == run.source or self._still_writes(maker, read.name)
            return (rules.OWN_OUTPUT.code if own else rules.LEFTOVER.code), maker
        place = self.position.get(maker)
        if place is None or place > self.position[run.cell]:
            return (rules.DELETED_CELL.code if place is None else rules.OUT_OF_ORDER.code), maker
        return self._made_above(run, read, origin, slot)

    def _deleted_itself(self, run: Run, read: Read) -> bool:
        """Whether an earlier run of the cell deleted the name that this run did not find."""
        earlier = (other for other in self._ledger.runs_of(run.cell) if other.number < run.number)
        return any(w.name == read.name and w.kind == "delete" for other in earlier for w in other.writes)

    def _made_above(
        self, run: Run, read: Read, origin: Run, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        if origin.cell in self._order.edited and (slot is None or slot.cell == origin.cell):
            return rules.EDITED.code, origin.cell
        if not self._still_writes(origin.cell, read.name):
            return rules.LEFTOVER.code, origin.cell
        if slot is not None and slot.digest is None:
            return rules.DELETED_NAME.code, slot.cell
        return self._overtaken(run, read, origin, slot)

    def _overtaken(
        self, run: Run, read: Read, origin: Run, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        """The maker is above and still makes the name: it, or a cell in between, makes another."""
        if slot is None or slot.cell == origin.cell:
            made = self._ledger.latest(origin.cell)
            same = (
                (same_value(read, write.digest) for write in made.writes if write.name == read.name)
                if made
                else ()
            )
            present = origin is made or (slot is None and any(same))
            # Where the value is still what was read, it is the maker that is in doubt.
            return (rules.UPSTREAM.code if present else rules.STALE.code), origin.cell
        latest = self._ledger.latest(slot.cell)
        ran_since = latest is not None and latest.number > run.number
        return (rules.STALE.code, slot.cell) if ran_since else (rules.OUT_OF_ORDER.code, origin.cell)

    def _still_writes(self, cell: str, name: Name) -> bool:
        latest = self._ledger.latest(cell)
        if latest is None:
            return False
        if name.refers_to_result:
            return any(write.name.is_result for write in latest.writes)
        return any(write.name == name for write in latest.writes)

    @property
    def position(self) -> Mapping[str, int]:
        """Where each cell stands. Made when it is first needed: a clean notebook never asks."""
        if self._position is None:
            self._position = {cell: place for place, cell in enumerate(self._order.cells)}
        return self._position


UNKNOWN = Digest("", "opaque")
"""Stands for a value that a text would make if it ran. It agrees with nothing."""


def _not_run(cell: str, run: Run | None) -> StaleRead:
    return StaleRead(rules.NOT_RUN.code, cell, Read(Name("")), None, run, None)


def _about_itself(ledger: Ledger, run: Run) -> tuple[StaleRead, ...]:
    """What is wrong with a cell whatever it read: it was interrupted, or what it shows is of an older run."""
    if run.outcome == "interrupted":
        return (_not_run(run.cell, run),)
    if failed_unlike_before(ledger, run):
        return (StaleRead(rules.OWN_OUTPUT.code, run.cell, Read(Name("")), run.cell, run, None),)
    if not run.in_place and not shows_the_same(ledger, run):
        return (StaleRead(rules.OUTDATED.code, run.cell, Read(Name("")), None, run, None),)
    return ()


def _is_older(stale: StaleRead) -> bool:
    return stale.code == rules.OLDER.code


def _is_repetition(run: Run, known: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
    """Whether all that is in doubt is the cell's own result, of which it made the same once more."""
    if not all(stale.code == rules.OWN_OUTPUT.code for stale in stale_reads.values()):
        return False
    return leaves_the_same(run, known, [stale.read for stale in stale_reads.values()])


def _is_behind(write: Write, fails: int | None) -> bool:
    """Whether the run makes it after read number ``fails``, where it may raise."""
    return fails is not None and (write.reads_before is None or write.reads_before > fails)


def _is_missing(stale: StaleRead | None) -> bool:
    if stale is None:
        return False
    gone = stale.slot is None or stale.slot.digest is None or stale.slot.missing
    return gone and stale.read.digest is not None


def _stale_read(
    run: Run, read: Read, origin: Run | None, slot: EnvironmentEntry, reason: tuple[str, str | None] | None
) -> StaleRead | None:
    return StaleRead(reason[0], run.cell, read, reason[1], origin, slot) if reason is not None else None


def environment_key(ledger: Ledger, name: Name) -> Name:
    """Results are known by the cell that displayed them: their numbers change with each run."""
    count = name.execution_count
    run = ledger.with_count(count) if count is not None else None
    return name.across_runs(run.cell) if run is not None else name


def _taken_in_part(run: Run) -> dict[str, bool]:
    """For each name that the run read, whether only of parts: what else it holds may be another's."""
    found: dict[str, bool] = {}
    for read in run.reads:
        if read.name.is_setting:
            continue  # they are merged by keys
        found[read.name] = found.get(read.name, True) and bool(read.store_only or read.path)
    return found


def _changed(slot: EnvironmentEntry, write: Write, there: EnvironmentEntry, partly: bool) -> EnvironmentEntry:
    """The slot after a change in place: what was there, with some of its parts replaced."""
    digest = slot.digest
    if partly and digest is not None and not _applies(write, there):
        digest = patched(there.digest, write)
        if digest is None:
            return slot._replace(doubt=True)
    if not write.paths:
        return slot._replace(digest=digest, doubt=slot.doubt or there.doubt)
    slot = slot._replace(base=there.base or there.cell, makers=_makers(slot.cell, write, there))
    parts = (slot.parts or frozenset(write.paths)) if slot.doubt else frozenset()
    if there.doubt and not there.parts:
        return slot._replace(digest=digest, doubt=True, parts=frozenset())
    replaced = [path for path in write.paths if path not in parts]
    parts |= {part for part in there.parts if not any(covers(path, part) for path in replaced)}
    return slot._replace(digest=digest, doubt=bool(parts), parts=parts)


def _changed_unknown(run: Run, write: Write, there: EnvironmentEntry) -> EnvironmentEntry:
    """The slot after a change through an alias that started from another state than is there."""
    digest = patched(there.digest, write) if write.paths and not there.doubt else None
    if digest is None:
        return EnvironmentEntry(run.cell, write.digest, doubt=True)
    slot = EnvironmentEntry(run.cell, digest, doubt=True, parts=frozenset(write.paths))
    return slot._replace(base=there.base or there.cell, makers=_makers(run.cell, write, there))


def _makers(cell: str, write: Write, there: EnvironmentEntry) -> tuple[tuple[str, str], ...]:
    kept = [(path, maker) for path, maker in there.makers if not any(covers(p, path) for p in write.paths)]
    return (*kept, *((path, cell) for path in write.paths))


def _applies(write: Write, there: EnvironmentEntry | None) -> bool:
    if there is None or there.digest is None or write.before is None:
        return False
    return write.before.agrees(there.digest)

"""The first question: what would Restart & Run All give?

Walk the latest run of each cell in notebook order, with an environment that starts empty. A cell is stale if
it would be given another value than the one it read. What it makes of a stale input is stale too, statement
by statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from cellgraph import rules
from cellgraph.analyse import library_changes, sharing
from cellgraph.analyse.common_prefix import CommonPrefix, do_the_same, keeps_uses
from cellgraph.analyse.digest_patch import same_parts
from cellgraph.analyse.environment import (
    LOOK_BACK,
    UNKNOWN,
    EnvironmentEntry,
    Replay,
    StaleRead,
    Steps,
    applies,
    changed,
    changed_unknown,
    environment_key,
    made_anew,
    taken_in_part,
)
from cellgraph.analyse.failing_text import begins_at_once, binds_unknown, failing_statement
from cellgraph.analyse.file_replay import LISTING, half_written, is_listed, names_for_sure, was_absent
from cellgraph.analyse.known_statements import (
    KnownStatements,
    Line,
    guarded_names,
    has_guard,
    lines_in,
    lines_of,
    taken,
)
from cellgraph.analyse.library_changes import imported, imports_alike, is_library
from cellgraph.analyse.lookups import NotedEnvironment, NotedLedger
from cellgraph.analyse.predicted_failure import Failure, failure
from cellgraph.analyse.predicted_outcome import (
    NameOutcome,
    TextOutcome,
    calls_what_it_defines,
    makes_with,
    outcome_above,
    outcome_below,
    reads_behind,
    text_outcome,
)
from cellgraph.analyse.read_checks import ReadChecker, about_itself, not_run, older_read, own_result
from cellgraph.analyse.repeatable import changed_unseen, leaves_the_same
from cellgraph.analyse.setting_replay import (
    after_setting,
    at_start,
    is_generator,
    patched_builtins,
    unread_keys,
)
from cellgraph.analyse.unchanged_cells import UnchangedCells
from cellgraph.code.source import body
from cellgraph.model import Digest, Order, Read, Run, Write, agree
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger, same_value, shift_results
from cellgraph.record.setting_records import DRAWN, UNSEEDED
from cellgraph.trace.settings.values import DEFAULT

MANY_NAMES = 100
"""A text that makes more names is not compared by its statements: a slice for each takes seconds."""


def replay(
    ledger: Ledger,
    order: Order,
    disk: Mapping[str, Digest | None] | None = None,
    known: Steps | None = None,
) -> Replay:
    """Walk all cells. One pass, linear in the number of reads and writes.

    ``known`` are the steps of an earlier replay of the same ledger: they make it faster, and no different.
    """
    return _ReplayWalker(ledger, order, Replay(order, disk=disk or {}), known).walk(order.cells)


def extend(before: Replay, ledger: Ledger, order: Order) -> Replay:
    """The same as ``replay`` where ``order`` only adds cells below those of ``before``."""
    return _ReplayWalker(ledger, order, before).walk(order.cells[len(before.order.cells) :])


def check_read(
    ledger: Ledger, before: Replay, run: Run, read: Read, slot: EnvironmentEntry | None
) -> StaleRead | None:
    """The stale read for one read of a run that would find ``slot``; None if it is valid."""
    return ReadChecker(ledger, before.order).check(run, read, slot)


_CACHE = Name("cache:")
"""Starts the keys of the environment for what caches were filled with; itself there if there are any."""


_IMPORTED = "imported:"
"""Starts the keys of the environment for what modules were made of when they were imported."""


_MORE = "more:"
"""Starts the keys of the environment for files beside which a cell may make more."""


def _cache_key(read: Read) -> Name:
    return Name(f"{_CACHE}{read.cached}:{read.name}")


class _ReplayWalker:
    """Carries the environment from cell to cell.

    It changes ``before`` in place and does not copy it: a Replay can be extended once.
    """

    def __init__(self, ledger: Ledger, order: Order, before: Replay, known: Steps | None = None) -> None:
        self._ledger = ledger = NotedLedger(ledger)
        # A replay that is extended is not copied: each cell that is added would cost what all of them do.
        self._environment = before.environment or NotedEnvironment()
        self._unchanged = UnchangedCells(ledger, order, known or Steps(), self._environment)
        self._order = order
        self._checker = ReadChecker(ledger, order)
        self._stale_reads = before.stale_reads
        self._inputs = before.inputs
        self._disk = before.disk

    def walk(self, cells: Iterable[str]) -> Replay:
        for cell in cells:
            if (step := self._unchanged.untouched(cell)) is not None:
                self._inputs[cell] = step.inputs
                if step.stale:
                    self._stale_reads[cell] = step.stale
                continue
            run, text = self._ledger.latest(cell), self._order.texts.get(cell)
            if text is not None:
                self._unchanged.end_here()
                self._text(cell, text, run)
            elif run is not None:
                self._cell_or_unchanged(run)
        self._mark_unrun()
        self._mark_holders()
        steps = self._unchanged.ended()
        return Replay(self._order, self._stale_reads, self._inputs, self._environment, self._disk, steps)

    def _cell_or_unchanged(self, run: Run) -> None:
        """Replay a cell, or take over what it did in the last replay if it finds the same."""
        step = self._unchanged.take_over(run)
        if step is not None:
            self._inputs[run.cell] = step.inputs
            if step.stale:
                self._stale_reads[run.cell] = step.stale
            return
        keys = self._unchanged.look_at(run)
        found = self._unchanged.find(keys)
        done = self._cell(run)
        notes = self._unchanged.looked_up()
        if done is not run:
            self._unchanged.look_at(done)
        inputs, stale = self._inputs[run.cell], self._stale_reads.get(run.cell, ())
        if keys and done is run and not stale:
            self._unchanged.note(run, keys, found, inputs)
        elif keys:
            self._unchanged.note_doubt(run, done, keys, found, inputs, stale, notes)
        self._unchanged.compare(run.cell, notes)

    def _cell(self, run: Run) -> Run:
        """Replay a cell. Gives the run whose writes it repeats."""
        stale_reads = self._stale_reads_of(run)
        unfinished = run.is_unfinished
        known = self._known_outcome(run) if stale_reads or unfinished or not self._fits(run) else None
        if known is not None and (
            _is_repetition(run, known, stale_reads) or self._is_same_with_older(run, known, stale_reads)
        ):
            stale_reads = {}
        own = tuple(
            stale
            for stale in about_itself(self._ledger, run)
            if stale.code != rules.OUTDATED.code or not self._still_shows(run)
        )
        if stale_reads or own:
            self._stale_reads[run.cell] = (*own, *stale_reads.values())
        gained = self._gained_changes(known or run)
        self._apply_all(run, stale_reads) if known is None else self._apply_all(known, {})
        self._change_shared(known or run, gained)
        if unfinished and known is None:
            self._leave_rest_open(run)
        return known or run

    def _is_same_with_older(self, run: Run, known: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
        """Whether the run used classes of two makes and shows what it did with one: it did not ask which."""
        if not all(map(_is_older, stale_reads.values())) or self._ledger.changed_older(run):
            return False
        if any(stale.slot is not None and stale.slot.changed_as for stale in stale_reads.values()):
            return False
        if any(older.share.kind != "class" for older in self._ledger.used_older(run)):
            return False
        return bool(run.output and known.output) and leaves_the_same(run, known, ())

    def _still_shows(self, run: Run) -> bool:
        """Whether the output below a cell is of an older run that a restart would repeat."""
        shown = self._ledger.shown(run.cell)
        if shown is None or shown.source != run.source or shown.outcome != run.outcome or shown.random:
            return False
        return not self._ledger.used_older(shown) and self._would_repeat(shown)

    def _mark_holders(self) -> None:
        """Mark the cells that made a value of an older object that another cell used with the newer one."""
        found = [stale.cell for stales in self._stale_reads.values() for stale in stales if _is_older(stale)]
        runs = [run for cell in found if (run := self._ledger.latest(cell)) is not None]
        for holder in sharing.holders(self._ledger, self._order.cells, runs) if runs else ():
            run, read, cause = holder
            known = self._stale_reads.get(run.cell, ())
            slot = self._inputs.get(run.cell, {}).get(read.name)
            if slot is not None and not any(stale.read.name == read.name for stale in known):
                self._stale_reads[run.cell] = (*known, older_read(self._ledger, run, read, cause, slot))

    def _change_shared(self, run: Run, gained: Iterable[sharing.GainedChange]) -> None:
        """Mark as stale what the run changes in a restart and did not change in the session."""
        missed = {each.name: (each.read.name, each.part) for each in gained}
        missed |= {
            Name(name): (Name(through), part)
            for name, through, part in sharing.shared_changes(self._ledger, run, self._maker)
        }
        for name, (through, part) in missed.items():
            there = self._environment[name]
            parts = there.parts | {part} if part and (there.parts or not there.doubt) else frozenset()
            self._environment[name] = there._replace(
                cell=run.cell, doubt=True, parts=parts, base=there.base or there.cell, changed_as=through
            )

    def _maker(self, name: str) -> str | None:
        there = self._environment.get(name)
        return there.cell if there is not None and there.digest is not None else None

    def _note_apart(
        self,
        run: Run,
        found: sharing.LostChange | sharing.GainedChange,
        inputs: Mapping[str, EnvironmentEntry | None],
        stale_reads: dict[str, StaleRead],
        alone: bool,
    ) -> None:
        """Add the stale read of an object that a name shares in the session alone, or in a restart alone.

        ``alone``: the name whose object it is was not read, so that it does not matter once it is bound anew.
        """
        slot = inputs[found.read.name]
        if slot is None or any(stale.read.name == found.read.name for stale in stale_reads.values()):
            return
        if not (alone and sharing.is_made_anew(self._ledger, run, found.name)):
            apart = slot._replace(changed_as=found.name)
            stale_reads[found.read.label] = older_read(self._ledger, run, found.read, found.cause, apart)

    def _gained_changes(self, run: Run) -> tuple[sharing.GainedChange, ...]:
        return tuple(sharing.gained_changes(self._ledger, run, self._maker))

    def _lost_changes(self, run: Run) -> tuple[sharing.LostChange, ...]:
        def finds(cell: str, name: str) -> str | None:
            slot = self._inputs.get(cell, {}).get(name)
            return slot.cell if slot is not None else None

        return tuple(sharing.lost_changes(self._ledger, run, self._maker, finds))

    def _stale_reads_of(self, run: Run) -> dict[str, StaleRead]:
        reads = self._reads(run)
        slots = [(read, self._slot(read)) for read in reads]
        inputs: dict[str, EnvironmentEntry | None] = {}
        for read, slot in slots:  # what a cache was filled with is no input where the name is one itself
            if not read.cached or read.name not in inputs:
                inputs[read.name] = slot
        self._inputs[run.cell] = inputs
        judged = ((read.label, self._checker.check(run, read, slot)) for read, slot in slots)
        stale_reads = {label: stale for label, stale in judged if stale is not None}
        doubtful = {stale.read.name for stale in stale_reads.values()}
        for read, slot in library_changes.unread(self._ledger, run, self._environment):
            stale_reads[read.label] = StaleRead(rules.STALE.code, run.cell, read, slot.cell, None, slot)
        for read in changed_unseen(self._ledger, run):
            if read.label not in stale_reads and inputs[read.name] is not None:
                stale_reads[read.label] = own_result(run, read, inputs[read.name])
        for read, cause in sharing.older_reads(self._ledger, run, doubtful, self._maker):
            stale_reads[read.label] = older_read(self._ledger, run, read, cause, inputs[read.name])
        self._note_all_apart(run, inputs, stale_reads)
        return stale_reads

    def _note_all_apart(
        self,
        run: Run,
        inputs: Mapping[str, EnvironmentEntry | None],
        stale_reads: dict[str, StaleRead],
    ) -> None:
        for lost in self._lost_changes(run):
            self._note_apart(run, lost, inputs, stale_reads, alone=lost.unread)
        for gained in self._gained_changes(run):
            self._note_apart(run, gained, inputs, stale_reads, alone=True)

    # -- texts that have not run ----------------------------------------------------------------

    def _text(self, cell: str, text: str, run: Run | None) -> None:
        """Replay a cell that was edited since it ran, or never ran: Restart & Run All runs its text."""
        outcome, stale_reads = text_outcome(text), {}
        if run is not None:
            stale_reads = self._stale_reads_of(run)
            self._stale_reads[cell] = (not_run(cell, run), *stale_reads.values())
        drawn = [name for name, paths in self._order.effects.get(cell, ()) if paths == (DRAWN,)]
        self._inputs[cell] = {
            **{name: self._environment.get(Name(name)) for name in (*outcome.loads, *drawn)},
            **self._inputs.get(cell, {}),
        }
        fails = failing_statement(text, self._is_gone)
        if fails is not None:  # what stands behind is not done
            outcome = outcome_above(text, fails)
        if run is not None and fails is None and run.outcome == "ok" and do_the_same(run.source, text):
            self._apply_all(run, stale_reads, edited=True)
            return
        made = self._made_by_text(cell, text, run, outcome)
        for name_outcome in outcome.names:
            self._apply_outcome(cell, name_outcome, made.get(name_outcome.name), run, stale_reads)
        if run is not None:
            self._apply_outside(run)
        if run is not None or not (fails == 0 and begins_at_once(text)):
            self._apply_effects(cell, run)

    def _apply_outside(self, run: Run) -> None:
        """Apply what the latest run of an edited text wrote outside the namespace."""
        for write in run.writes:
            if not write.name.isidentifier():  # its result, and files: the text may make another
                self._apply(run, write, set(), fails=False, edited=True)

    def _is_gone(self, name: str) -> bool:
        """Whether a restart certainly has no such name by then."""
        if any(map(binds_unknown, self._order.texts.values())):
            return False
        there = self._environment.get(Name(name))
        if there is not None:
            return there.digest is None and not (there.doubt or there.missing)
        return name in self._order.absent or self._ledger.writer(name) is not None

    def _apply_effects(self, cell: str, run: Run | None) -> None:
        """Apply what a text would change outside the namespace and its latest run did not change."""
        done = {(write.name, path) for write in run.writes for path in write.paths or ("",)} if run else set()
        for name, paths in self._order.effects.get(cell, ()):
            new = tuple(path for path in paths or ("",) if (name, path) not in done)
            there = self._environment.get(name)
            entry = EnvironmentEntry(cell, UNKNOWN, doubt=True)
            if not new or (new == (DRAWN,) and there is None):
                continue  # what is drawn from an unknown state leaves it unknown
            if name.is_setting and not is_generator(name):
                entry = after_setting(entry, there, Write(name, "mutate", new, DEFAULT))
            if name.is_file and there is None and self._disk.get(name) is None:
                self._leave_listings_open(cell, [name])
            self._environment[name] = entry

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
                if reads is not None and (candidate is run or all(map(self._repeats, reads))):
                    found[name] = (candidate, write)
                    break
        known = self._known_statements(lines_in(text))
        single = ((name, known.made(name)) for name in outcome.written - found.keys())
        return {**found, **{name: made for name, made in single if made is not None}}

    def _known_statements(self, lines: tuple[Line, ...]) -> KnownStatements:
        makers = partial(self._ledger.recent_writers, most=LOOK_BACK)
        return KnownStatements(lines, self._environment.get, self._repeats, makers)

    def _known_by_statements(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> Mapping[str, Write]:
        """What a run's own text would make, as far as runs have executed its statements on such values."""
        if run.outcome != "ok" or self._is_edited(run.cell) or self._ledger.used_older(run):
            return {}
        asked: frozenset[str] = frozenset()
        lines = lines_in(run.source)
        if has_guard(run.source):
            asked = guarded_names(run.source)
            lines = lines_of(taken(body(run.source), self._is_there))
        missing = any(_is_missing(stale) and stale.read.name not in asked for stale in stale_reads.values())
        if missing or any(map(self._may_raise, stale_reads.values())):
            return {}  # it may fail there
        names = {name for line in lines for name in line.touches}
        if len(names) > MANY_NAMES:
            return {}
        known = self._known_statements(lines)
        made = ((name, known.made(name)) for name in names)
        return {name: found[1] for name, found in made if found is not None}

    def _is_there(self, name: str) -> bool | None:
        """Whether a restart has a name by then; None where that is not known."""
        there = self._environment.get(Name(name))
        if there is not None and there.digest is not None and not (there.doubt or there.missing):
            return True
        return False if self._is_gone(name) else None

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
        elif outcome.kind == "mutate" and there is not None and is_library(there.digest):
            return  # what cells put into a library has names of its own
        elif there is not None and (outcome.kind != "bind" or not outcome.sure):
            self._environment[name] = there._replace(cell=cell, doubt=True, parts=frozenset())
        else:
            self._environment[name] = EnvironmentEntry(cell, self._last_made(name, latest), doubt=True)

    def _last_made(self, name: Name, latest: Run | None) -> Digest:
        """A stand-in for the value that a text would make: its cell's last value, or a unique one."""
        for write in latest.writes if latest is not None else ():
            if write.name == name and write.digest is not None:
                return write.digest
        return UNKNOWN

    def _leave_rest_open(self, run: Run) -> None:
        """Mark what an interrupted run was doing and what was still to come: a restart does it all."""
        for outcome in outcome_below(run.source, run.stopped_at).names:
            there = self._environment.get(Name(outcome.name))
            if there is not None or outcome.kind == "bind":
                self._leave_open(run, outcome.name)
        for write in half_written(run):
            self._environment[write.name] = EnvironmentEntry(run.cell, write.digest, doubt=True)
        self._leave_listings_open(run.cell, (write.name for write in run.writes))

    def _leave_listings_open(self, cell: str, files: Iterable[Name]) -> None:
        """Mark what folders give in which a cell may make more files like these."""
        for name in files:
            if name.is_file:
                self._environment[Name(f"{_MORE}{name.path}")] = EnvironmentEntry(cell, None, doubt=True)

    def _listing(self, read: Read) -> EnvironmentEntry | None:
        """What a listing gives where a cell may make more files in it than there are; else None."""
        for key, entry in self._environment.items():
            if key.startswith(_MORE) and is_listed(key[len(_MORE) :], read.name.path):
                return entry._replace(digest=self._disk.get(read.name, read.digest))
        return None

    def _mark_unrun(self) -> None:
        """Mark a cell that never ran as to be run if a cell that ran depends on it."""
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
                stale_reads[cell] = (not_run(cell, None),)
                used |= {slot.cell for slot in self._inputs[cell].values() if slot is not None}

    # -- runs ------------------------------------------------------------------------------------

    def _slot(self, read: Read) -> EnvironmentEntry | None:
        present = self._present(read)
        if read.is_module:
            return self._imported(read, present)
        if not read.cached or (present is not None and same_value(read, present.digest)):
            self._note_filled(read, present)
            return present
        # The first cell that calls the function fills its cache, with what is there by then.
        self._note_filled(read, self._filled_by_maker(read) or present)
        return self._environment.get(_cache_key(read))

    def _imported(self, read: Read, present: EnvironmentEntry | None) -> EnvironmentEntry | None:
        """What a module's file held when the first cell imported it, or when it was loaded again."""
        key = Name(f"{_IMPORTED}{read.name}")
        known = self._environment.get(key)
        if known is not None and same_value(read, known.digest):
            return known
        if present is not None and (known is None or same_value(read, present.digest)):
            known = self._environment[key] = present
        return known or present

    def _note_filled(self, read: Read, there: EnvironmentEntry | None) -> None:
        key = _cache_key(read)
        if read.cached and there is not None and key not in self._environment:
            self._environment[key] = self._environment[_CACHE] = there

    def _filled_by_maker(self, read: Read) -> EnvironmentEntry | None:
        """What the cell that made the function put into its cache: its input, or what it bound itself."""
        made = self._environment.get(Name(read.cached))
        run = self._ledger.latest(made.cell) if made is not None else None
        if run is None or read.digest is None or not calls_what_it_defines(run.source, read.cached):
            return None
        bound = (write for write in run.writes if write.name == read.name and write.digest is not None)
        same = (write for write in bound if read.digest.agrees(write.digest))  # type: ignore[arg-type]
        found = next((EnvironmentEntry(run.cell, write.digest) for write in same), None)
        if found is not None or not any(same_value(read, other.digest) for other in _reads_of(run, read)):
            return found
        return self._inputs.get(run.cell, {}).get(read.name)

    def _renew_caches(self, run: Run) -> None:
        """Empty the caches of functions that are made anew, apart from what the same run cached."""
        made = {write.name for write in run.writes if write.kind == "bind"}
        filled = [read for read in run.reads if read.cached in made]
        if not filled and _CACHE not in self._environment:
            return
        prefixes = tuple(f"{_CACHE}{name}:" for name in made)
        for key in [key for key in self._environment if key.startswith(prefixes)]:
            del self._environment[key]
        for read in filled:
            self._slot(read)

    def _present(self, read: Read) -> EnvironmentEntry | None:
        found = self._environment.get(environment_key(self._ledger, read.name))
        if found is None and (read.name.is_setting or read.name.is_file):
            self._unchanged.cannot_tell()  # what is there at the start may be another next time
        if found is None and read.name.is_setting:
            start = at_start(read.name)
            return EnvironmentEntry("", start) if start is not None else None
        if found is None and read.digest is not None and read.digest.type == LISTING:
            found = self._listing(read)
        if found is None and read.name.is_file:
            # Made by no cell above. What was missing until a cell made it is missing at the start.
            absent = read.digest is None and was_absent(self._ledger, read.name)
            return EnvironmentEntry("", None if absent else self._disk.get(read.name, read.digest))
        return found

    def _known_outcome(self, latest: Run) -> Run | None:
        """An earlier run of the same code that read just what is there now.

        It tells what the cell makes of it, so the cells below need not be stale.
        """
        if self._is_edited(latest.cell):
            return None
        for run in reversed(self._ledger.runs_of(latest.cell)[-LOOK_BACK:]):
            if run is latest or run.is_unfinished or self._ledger.used_older(run):
                continue
            if self._lost_changes(run) or self._gained_changes(run):
                continue
            if run.source == latest.source and self._would_repeat(run):
                return run
        return None

    def _would_repeat(self, run: Run) -> bool:
        return all(self._repeats(read) for read in self._reads(run)) and self._fits(run)

    def _reads(self, run: Run) -> tuple[Read, ...]:
        """What the run read, including settings at their defaults that a cell above sets by now."""
        touched = [read for read in run.untouched if read.name in self._environment]
        touched += patched_builtins(run, self._environment)
        touched += unread_keys(run, self._environment)
        return (*run.reads, *touched) if touched else run.reads

    def _repeats(self, read: Read) -> bool:
        """Whether the environment now holds what a run read, and holds it for certain."""
        slot = self._slot(read)
        expected = slot.digest if slot is not None else None
        return same_value(read, expected) and not (slot is not None and slot.doubtful(read))

    def _made_alike(self, latest: Run, may_fail: bool) -> Mapping[str, Write]:
        """What an earlier text of the cell with the same beginning made of just what is there now."""
        if self._is_edited(latest.cell) or latest.conservative:
            return {}
        for run in reversed(self._ledger.runs_of(latest.cell)[-LOOK_BACK:]):
            if run is latest or run.source == latest.source:
                continue
            alike = CommonPrefix(latest, run, may_fail)
            made: Mapping[str, Write] = {write.name: write for write in alike.made()}
            if made and all(self._repeats(read) for read in alike.reads()) and self._fits(run):
                return made
        return {}

    def _made_before(self, latest: Run) -> Mapping[str, Write]:
        """What earlier runs of the same code made, write by write, of just what is there now.

        Values that come from a cache or an older object are left out.
        """
        ledger, cell = self._ledger, latest.cell
        if self._is_edited(cell) or latest.conservative or ledger.used_older(latest):
            return {}
        found: dict[str, Write] = {}
        for run in reversed(ledger.runs_of(cell)[-LOOK_BACK:]):
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
        partly = taken_in_part(run)
        if write.kind == "mutate" and partly.get(write.name, True):
            return False
        return all(self._repeats(read) for read in run.reads if read.name in write.sources)

    def _surely_made(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Mapping[str, Write]:
        """What is known, by name, of what a run makes although some of its reads are stale."""
        modules = any(stale.read.is_module for stale in stale_reads.values())
        again = self._made_before(run) if not modules else {}
        reached = {write.name for write in run.writes if not _is_behind(write, fails)}
        again = {name: again[name] for name in again.keys() & reached}
        return {
            **self._known_by_statements(run, stale_reads),
            **again,
            **self._made_alike(run, fails is not None),
        }

    def _fits(self, run: Run) -> bool:
        """Whether the value that the run stored into was then what it would be now."""
        partly = taken_in_part(run)
        changes = (write for write in run.writes if partly.get(write.name) and write.kind == "mutate")
        return all(applies(write, self._environment.get(write.name)) for write in changes)

    def _apply_all(self, run: Run, stale_reads: Mapping[str, StaleRead], edited: bool = False) -> None:
        """Apply what a run wrote. ``edited``: its text has been edited since, and shows something else."""
        fails = self._fails_at(run, stale_reads)
        doubtful = self._doubtful(run, stale_reads.values())
        certain = self._certain_failure(run, stale_reads, fails)
        sure = self._surely_made(run, stale_reads, fails) if stale_reads else {}
        elsewhere = {stale.read.name for stale in stale_reads.values() if stale.read.store_only}
        modules = [stale.read.name.module for stale in stale_reads.values() if stale.read.is_module]
        lost = {lost.name for lost in self._lost_changes(run) if lost.unread}
        for write in (write for write in run.writes if write.name not in lost):
            if write.name in sure:
                self._apply(run, sure[write.name], set(), fails=False)
                continue
            reached = certain.reached(write) if certain is not None else None
            behind = _is_behind(write, fails) or (certain is not None and certain.cuts_off(write))
            # Given other inputs a run that failed may go on, and write again.
            behind = behind or bool(stale_reads and run.outcome == "error" and write.name.is_file)
            if write.digest is not None and write.digest.type != "module":
                behind = behind or any(makes_with(run, write.name, module) for module in modules)
            if reached is None:
                self._apply(run, write, doubtful, behind, elsewhere, edited and write.name.refers_to_result)
            elif reached:  # all that it read until then is as it should be
                self._apply(run, write, set(), fails=False)
        if stale_reads and certain is None:
            self._leave_undone_open(run, stale_reads, sure)
        self._renew_caches(run)

    def _doubtful(self, run: Run, stale_reads: Iterable[StaleRead]) -> set[str]:
        """The names whose values made by the run are stale."""
        used = {older.name for older in self._ledger.used_older(run)}
        alone = {lost.name for lost in self._lost_changes(run) if lost.unread}
        alone |= {gained.name for gained in self._gained_changes(run)}
        found: set[str] = set()
        for stale in stale_reads:
            name, slot = stale.read.name, stale.slot
            through = slot.changed_as if slot is not None else ""
            if _is_older(stale) and name not in used and (not through or through in alone):
                continue  # what it made of this is right: it is another name that a restart changes too
            found |= {name, stale.read.cached} if stale.read.cached else {name}
        return found | sharing.changed_together(self._ledger, run)

    def _fails_at(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> int | None:
        """The first read that may find no value: there the cell may raise."""
        found = ((place, stale_reads.get(read.label)) for place, read in enumerate(run.reads))
        return next((place for place, stale in found if _is_missing(stale) or self._may_raise(stale)), None)

    def _may_raise(self, stale: StaleRead | None) -> bool:
        """Whether it is of code whose cell does not find a name in a restart: nor may a call find it."""
        if stale is None or stale.slot is None or stale.read.digest is None:
            return False
        if stale.read.digest.type not in ("function", "type"):
            return False
        return any(map(_is_missing, self._stale_reads.get(stale.slot.cell, ())))

    def _certain_failure(
        self, run: Run, stale_reads: Mapping[str, StaleRead], fails: int | None
    ) -> Failure | None:
        """Where the run certainly fails: its first stale read is of a name that is not there."""
        if fails is None or self._is_edited(run.cell):
            return None
        if any(read.label in stale_reads for read in run.reads[:fails]):
            return None
        slot = stale_reads[run.reads[fails].label].slot
        if slot is not None and (slot.doubt or slot.missing):
            return None
        return failure(run, fails)

    def _is_edited(self, cell: str) -> bool:
        """Whether the cell's text is known to differ from what ran, without being known itself."""
        return cell in self._order.edited and cell not in self._order.texts

    def _leave_undone_open(
        self, run: Run, stale_reads: Mapping[str, StaleRead], sure: Mapping[str, Write]
    ) -> None:
        """Mark what the run did not do and may do with other inputs."""
        self._leave_unmade_open(run, sure)
        self._leave_unchanged_open(run, stale_reads, sure)
        self._leave_unrepeated_open(run, stale_reads, sure)

    def _leave_unmade_open(self, run: Run, sure: Mapping[str, Write]) -> None:
        """Mark names that the run did not bind: with other inputs it may get further or branch."""
        for name in run.unbound:
            if name in sure:
                self._apply(run, sure[name], set(), fails=False)
            else:
                self._leave_open(run, name)
        if run.outcome == "error" and run.stopped_at:
            for outcome in outcome_below(run.source, run.stopped_at).names:
                if Name(outcome.name) in self._environment:
                    self._leave_open(run, outcome.name)

    def _leave_unchanged_open(
        self, run: Run, stale_reads: Mapping[str, StaleRead], sure: Mapping[str, Write]
    ) -> None:
        """Mark what the text changes in place and this run found in no need of it, as behind a guard."""
        met = {stale.read.name for stale in stale_reads.values() if not stale.read.store_only}
        met -= {write.name for write in run.writes} | sure.keys()
        for outcome in text_outcome(run.source).names if met else ():
            there = self._environment.get(Name(outcome.name))
            if outcome.kind != "mutate" or outcome.name not in met or there is None:
                continue
            if there.digest is not None and not is_library(there.digest):
                self._environment[Name(outcome.name)] = there._replace(cell=run.cell, doubt=True)

    def _leave_unrepeated_open(
        self, run: Run, stale_reads: Mapping[str, StaleRead], sure: Mapping[str, Write]
    ) -> None:
        """Mark what earlier runs of the same statements changed, and this run has found changed already."""
        names = {stale.read.name for stale in stale_reads.values() if not stale.read.store_only}
        names -= {write.name for write in run.writes}
        for earlier in reversed(self._ledger.runs_of(run.cell)[-LOOK_BACK:]) if names else ():
            for write in earlier.writes:
                there = self._environment.get(write.name)
                if write.kind != "mutate" or write.name not in names or there is None:
                    continue
                if keeps_uses(earlier.source, run.source, write.name):
                    names.discard(write.name)
                    if write.name in sure:
                        self._apply(run, sure[write.name], set(), fails=False)
                        continue
                    slot = EnvironmentEntry(run.cell, write.digest, doubt=True)
                    self._environment[write.name] = self._changed(slot, run, write, there)
        told = {write.name for write in run.writes} | {stale.read.name for stale in stale_reads.values()}
        for write in sure.values():
            if write.kind == "mutate" and write.name not in told:  # it is changed through another name
                self._apply(run, write, set(), fails=False)

    def _leave_open(self, run: Run, name: str) -> None:
        """Mark one such name: with other inputs the cell may bind it."""
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
        """Apply one write. ``elsewhere`` are names that hold another value to store into."""
        key = write.name.across_runs(run.cell)
        there = self._environment.get(key)
        if key.is_setting or write.beside:
            apply = self._apply_beside if write.beside else self._apply_setting
            apply(run, write, doubtful, fails or edited)
            return
        partly = taken_in_part(run)
        through_alias = write.kind == "mutate" and write.name not in partly
        if through_alias and not applies(write, there):
            if there is not None and any(read.store_only for read in run.reads):
                # It found there what it had stored itself: an alias again, of what is not known.
                self._environment[key] = changed_unknown(run, write, there)
            return  # changed through an alias that would not be there
        unsure = fails or edited or self._is_edited(run.cell)
        # Where an input is missing the cell may raise, and then it makes nothing of what follows.
        missing = fails and (there is None or there.digest is None or there.missing)
        slot = self._slot_made(run, write, doubtful, elsewhere, unsure, missing)
        if write.kind == "mutate" and there is not None and not made_anew(run, write.name):
            slot = self._changed(slot, run, write, there)
        self._environment[key] = slot
        if write.name.is_result:
            shift_results(self._environment, slot)

    def _slot_made(
        self,
        run: Run,
        write: Write,
        doubtful: set[str],
        elsewhere: Collection[str],
        unsure: bool,
        missing: bool,
    ) -> EnvironmentEntry:
        """The slot of what a write makes. ``unsure``: nothing tells whether the run makes it again."""
        tainted = doubtful if write.sources is None else doubtful.intersection(write.sources)
        if write.kind == "delete":
            tainted = tainted - {write.name}  # gone is gone, whatever it held
        slot = EnvironmentEntry(run.cell, self._as_imported(run, write), bool(tainted) or unsure, missing)
        if slot.doubt and write.name.is_file:
            slot = slot._replace(unsure=unsure or not names_for_sure(run.source, write.name))
        if tainted and not (unsure or write.name in elsewhere):
            parts = write.tainted(tainted)
            slot = slot._replace(doubt=parts != (), parts=frozenset(parts or ()))
        return slot

    def _changed(
        self, slot: EnvironmentEntry, run: Run, write: Write, there: EnvironmentEntry
    ) -> EnvironmentEntry:
        """The slot after a change in place of what is there.

        A run that starts from what an earlier one of its cell has left need not change again what that has
        changed. So where the run is in doubt, the parts that earlier ones have changed are in doubt as well.
        """
        partly = taken_in_part(run).get(write.name, False)
        if slot.doubt and not partly:
            earlier = self._ledger.runs_of(run.cell)[-LOOK_BACK:]
            made = [one.paths for other in earlier for one in other.writes if one.name == write.name]
            paths = () if () in made else tuple(dict.fromkeys(path for paths in made for path in paths))
            write = replace(write, paths=paths)
        slot = changed(slot, write, there, partly)
        if slot.digest is None or there.digest is None or slot.doubt or slot.digest is write.digest:
            return slot
        return slot._replace(digest=self._as_it_was_made(write.name, slot.digest, there.digest))

    def _as_it_was_made(self, name: Name, patch: Digest, there: Digest) -> Digest:
        """The digest of a value that a run has made of the same parts; else the one that was put together."""
        for run in self._ledger.recent_writers(name, most=LOOK_BACK):
            for write in run.writes:
                if write.name == name and write.digest is not None and same_parts(write.digest, patch, there):
                    return write.digest
        return patch

    def _as_imported(self, run: Run, write: Write) -> Digest | None:
        """What a run makes of a name in a restart: where it imports it, what its first import gave."""
        digest = write.digest
        if write.kind != "bind" or digest is None or write.name not in imported(run.source):
            return digest
        if is_library(digest):
            return digest  # only what cells put there counts, and that has names of its own
        for other in self._ledger.runs_of(run.cell)[-LOOK_BACK:]:
            found = next((made.digest for made in other.writes if made.name == write.name), None)
            if other.source == run.source and found is not None and _same_modules(other, run):
                return found
        return digest

    def _apply_beside(self, run: Run, write: Write, doubtful: set[str], doubt: bool) -> None:
        """Take in what a thread of the run changes some time after it."""
        there = self._environment.get(write.name)
        if write.kind == "mutate" and (there is None or there.digest is None):
            return  # there is nothing that it could change
        there = there or EnvironmentEntry("", None)
        known = write.kind != "mutate" or agree(write.before, there.digest)
        doubt = doubt or bool(doubtful) or there.doubt or not known or self._is_edited(run.cell)
        earlier = (*there.earlier, there.digest)
        self._environment[write.name] = EnvironmentEntry(run.cell, write.digest, doubt, earlier=earlier)

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


def _reads_of(run: Run, read: Read) -> Iterator[Read]:
    """The reads of a run that took what another run's read took."""
    return (other for other in run.reads if (other.name, other.path) == (read.name, read.path))


def _same_modules(one: Run, other: Run) -> bool:
    """Whether two runs of the same text found the same in the files of modules."""
    found = [{read.name: read.digest for read in run.reads if read.is_module} for run in (one, other)]
    return found[0] == found[1]


def _is_older(stale: StaleRead) -> bool:
    return stale.code == rules.OLDER.code


def _is_repetition(run: Run, known: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
    """Whether the only stale read is of the cell's own result, and the run made the same of it again."""
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

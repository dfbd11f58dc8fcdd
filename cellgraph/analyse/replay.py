"""The first question: what would Restart & Run All give?

Walk the latest run of each cell in notebook order, with an environment that starts empty. A cell is stale if
it would be given another value than the one it read. What it makes of a stale input is stale too, statement
by statement. ``ReplayState`` is what there is when the walk comes to a cell, ``KnownOutcomes`` tells what
earlier runs made of just that, ``WriteReplay`` and ``TextReplay`` apply what the cell does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from cellgraph import rules
from cellgraph.analyse import library_changes, sharing
from cellgraph.analyse.environment import UNKNOWN, EnvironmentEntry, Replay, ReplayStep, StaleRead, Steps
from cellgraph.analyse.file_replay import inputs_of_kept
from cellgraph.analyse.known_outcomes import left_on_disk
from cellgraph.analyse.read_checks import (
    ReadChecker,
    about_itself,
    is_older,
    not_run,
    older_read,
    own_result,
)
from cellgraph.analyse.rearranged_cells import Split, done_by_lower, merged_runs, splits
from cellgraph.analyse.renamed_variables import renamed_run
from cellgraph.analyse.repeatable import (
    changed_unseen,
    differs_in_what_is_renewed,
    leaves_the_same,
    made_the_same,
)
from cellgraph.analyse.replay_state import ReplayState
from cellgraph.analyse.text_replay import TextReplay
from cellgraph.analyse.write_replay import WriteReplay
from cellgraph.code.part_paths import attribute_path
from cellgraph.code.source import same_code
from cellgraph.model import Digest, Order, Read, Run, covers
from cellgraph.names import COUNTED_CALLS, Name
from cellgraph.record.ledger import Ledger, same_value


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


class _ReplayWalker:
    """Goes from cell to cell: what a cell finds, what is stale of that, and what it makes."""

    def __init__(self, ledger: Ledger, order: Order, before: Replay, known: Steps | None = None) -> None:
        self._state = state = ReplayState(ledger, order, before, known)
        self._ledger, self._order, self._environment = state.ledger, order, state.environment
        self._inputs, self._stale_reads, self._unchanged = state.inputs, state.stale_reads, state.unchanged
        self._writes = WriteReplay(state)
        self._checker = ReadChecker(state.ledger, order)

    @cached_property
    def _texts(self) -> TextReplay:
        """What applies texts that have not run. Most notebooks have none."""
        return TextReplay(self._state, self._writes)

    @cached_property
    def _splits(self) -> Mapping[str, Split]:
        """The cells that were split and whose lower parts never ran, by the cell of the upper part."""
        return splits(self._ledger, self._order) if self._order.texts else {}

    def walk(self, cells: Iterable[str]) -> Replay:
        lower: dict[str, tuple[Split, Run | None]] = {}
        for cell in cells:
            if cell in lower:
                self._lower_part(cell, *lower[cell])
                continue
            if (step := self._unchanged.untouched(cell)) is not None:
                self._take_over(cell, step)
                continue
            run, text = self._ledger.latest(cell), self._order.texts.get(cell)
            split = self._split(cell)
            if text is not None:
                self._unchanged.end_here()
                self._text(cell, text, run, split)
            elif run is not None:
                self._cell_or_unchanged(run)
            if split is not None and not (text is None and cell in self._stale_reads):
                lower = dict.fromkeys(split.lower, (split, run if text is None else None))
        self._mark_unrun()
        self._mark_holders()
        return self._state.ended()

    def _split(self, cell: str) -> Split | None:
        """How a cell was split, if its parts find what its run before had found."""
        split = self._splits.get(cell)
        return split if split is not None and self._state.would_repeat(split.run) else None

    def _lower_part(self, cell: str, split: Split, upper: Run | None) -> None:
        """Replay a lower part of a cell that was split.

        ``upper``: the run of the upper part, if that ran alone.
        """
        self._unchanged.end_here()
        self._inputs[cell] = {}
        if cell != split.lower[-1]:
            return
        if upper is not None:
            self._writes.apply_all(done_by_lower(split, upper), {})
        if split.more:
            self._text(cell, split.more, None, None)

    def _text(self, cell: str, text: str, run: Run | None, split: Split | None) -> None:
        """Replay a cell whose text has not run. ``run`` is its latest run, if any."""
        parts = (split.run,) if split is not None else merged_runs(self._ledger, self._order, text, run)
        left_out = frozenset[str]()
        if not parts and run is not None:
            renamed = renamed_run(run, text, self._ledger.sharing_names)
            if renamed is not None and self._state.would_repeat(renamed.run):
                parts, left_out = (renamed.run,), renamed.left_out
        if parts:
            stale_reads = self._merged(cell, parts)
            self._stale_reads[cell] = (not_run(cell, run), *stale_reads)
            for name in left_out:
                self._environment[name] = EnvironmentEntry(cell, UNKNOWN, doubt=True)
        else:
            self._texts.apply(cell, text, run, self._stale_reads_of(run) if run is not None else {})

    def _merged(self, cell: str, parts: Iterable[Run]) -> list[StaleRead]:
        """Replay runs as if their cells stood in the place of ``cell``. Gives what is stale for them."""
        inputs: dict[str, EnvironmentEntry | None] = {}
        found: list[StaleRead] = []
        for part in parts:
            kept = tuple(write for write in part.writes if not write.name.refers_to_result)
            moved = replace(part, cell=cell, writes=kept)
            stale_reads = self._stale_reads_of(moved)
            outside = {name: slot for name, slot in self._inputs[cell].items() if not _is_of(slot, cell)}
            self._inputs[cell] = inputs = {**outside, **inputs}
            found += [stale for stale in stale_reads.values() if not _is_of(stale.slot, cell)]
            gained = self._state.gained_changes(moved)
            self._writes.apply_all(moved, stale_reads)
            self._change_shared(moved, gained)
        return found

    def _take_over(self, cell: str, step: ReplayStep) -> None:
        self._inputs[cell] = step.inputs
        if step.stale:
            self._stale_reads[cell] = step.stale

    def _cell_or_unchanged(self, run: Run) -> None:
        """Replay a cell, or take over what it did in the last replay if it finds the same."""
        step = self._unchanged.take_over(run)
        if step is not None:
            self._take_over(run.cell, step)
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
        about = about_itself(self._ledger, run)
        in_vain = any(stale.code == rules.OWN_OUTPUT.code for stale in about)
        is_other = bool(stale_reads) or unfinished or in_vain or not self._state.fits(run)
        known = self._writes.known.outcome(run) if is_other else None
        if known is not None and not left_on_disk(stale_reads).isdisjoint(read.name for read in known.reads):
            known = None  # it has met the same file, which a restart lacks
        if stale_reads and self._makes_the_same(run, known, stale_reads):
            stale_reads = {}
        own = tuple(
            stale for stale in about if stale.code != rules.OUTDATED.code or not self._still_shows(run)
        )
        if stale_reads or own:
            self._stale_reads[run.cell] = (*own, *stale_reads.values())
        gained = self._state.gained_changes(known or run)
        self._writes.apply_all(run, stale_reads) if known is None else self._writes.apply_all(known, {})
        self._change_shared(known or run, gained)
        if known is None:
            self._keep_renewed(run, stale_reads)
        if unfinished and known is None:
            self._writes.undone.mark_rest(run)
            self._texts.apply_effects(run.cell, None)
        elif stale_reads and known is None and run.cell not in self._order.edited:
            self._texts.apply_effects(run.cell, run)
        return known or run

    def _makes_the_same(self, run: Run, known: Run | None, stale_reads: Mapping[str, StaleRead]) -> bool:
        """Whether a run makes and shows the same of what a restart has instead of its stale reads.

        ``known``: an earlier run that met just that.
        """
        if known is not None and (
            _is_repetition(run, known, stale_reads) or self._is_same_with_older(run, known, stale_reads)
        ):
            return True
        if run.cell in self._order.edited or any(map(is_older, stale_reads.values())):
            return False
        if any(stale.code == rules.CACHED.code for stale in stale_reads.values()):
            return False  # how often a function was called, no value tells
        variables = all(stale.read.name.isidentifier() for stale in stale_reads.values())
        if known is not None and variables and made_the_same(run, known):
            return True
        return self._state.recomputation.makes_the_same(run, stale_reads.values())

    def _keep_renewed(self, run: Run, stale_reads: Mapping[str, StaleRead]) -> None:
        """Note what a run sets anew that it found set already: it changed nothing, and a restart does."""
        written = {write.name for write in run.writes}
        for read in run.reads:
            slot = self._inputs[run.cell].get(read.name)
            if slot is None or read.name in written or read.label in stale_reads or slot.doubt:
                continue
            if same_value(read, slot.digest) or not differs_in_what_is_renewed(
                self._ledger, run, read, slot.digest
            ):
                continue
            self._environment[read.name] = slot._replace(cell=run.cell, digest=read.digest)

    def _is_same_with_older(self, run: Run, known: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
        """Whether the run used classes of two makes and shows what it did with one: it did not ask which."""
        if not all(map(is_older, stale_reads.values())) or self._ledger.changed_older(run):
            return False
        if any(stale.slot is not None and stale.slot.changed_as for stale in stale_reads.values()):
            return False
        if any(older.share.kind != "class" for older in self._ledger.used_older(run)):
            return False
        return bool(run.output and known.output) and leaves_the_same(run, known, ())

    def _still_shows(self, run: Run) -> bool:
        """Whether the output below a cell is of an older run that a restart would repeat."""
        shown = self._ledger.shown(run.cell)
        if shown is None or shown.outcome != run.outcome or shown.random:
            return False
        if not same_code(shown.source, run.source):
            return False
        return not self._ledger.used_older(shown) and self._state.would_repeat(shown)

    def _mark_holders(self) -> None:
        """Mark the cells that made a value of an older object that another cell used with the newer one."""
        found = [stale.cell for stales in self._stale_reads.values() for stale in stales if is_older(stale)]
        runs = [run for cell in found if (run := self._ledger.latest(cell)) is not None]
        for holder in sharing.holders(self._ledger, self._order.cells, runs) if runs else ():
            run, read, cause = holder
            known = self._stale_reads.get(run.cell, ())
            slot = self._inputs.get(run.cell, {}).get(read.name)
            if slot is not None and not any(stale.read.name == read.name for stale in known):
                self._stale_reads[run.cell] = (
                    *known,
                    older_read(self._ledger, run, read, cause, slot),
                )

    def _change_shared(self, run: Run, gained: Iterable[sharing.GainedChange]) -> None:
        """Mark as stale what the run changes in a restart and did not change in the session."""
        if not self._ledger.sharing_names:
            return
        missed = {each.name: (each.read.name, each.part) for each in gained}
        missed |= {
            Name(name): (Name(through), part)
            for name, through, part in sharing.shared_changes(self._ledger, run, self._state.maker)
        }
        for name, (through, part) in missed.items():
            there = self._environment[name]
            if (same := self._writes.known.changed_before(run, name, there)) is not None:
                self._environment[name] = there._replace(cell=run.cell, digest=same.digest)
                continue
            parts = there.parts | {part} if part and (there.parts or not there.doubt) else frozenset()
            self._environment[name] = there._replace(
                cell=run.cell,
                doubt=True,
                parts=parts,
                base=there.base or there.cell,
                changed_as=through,
                sure_parts=frozenset(),
            )

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

    def _stale_reads_of(self, run: Run) -> dict[str, StaleRead]:
        reads = self._state.reads(run)
        slots = [(read, self._state.slot(read)) for read in reads]
        inputs: dict[str, EnvironmentEntry | None] = {}
        for read, slot in slots:  # what a cache was filled with is no input where the name is one itself
            if not read.cached or read.name not in inputs:
                inputs[read.name] = slot
        self._inputs[run.cell] = inputs
        judged = ((read.label, self._checker.check(run, read, slot)) for read, slot in slots)
        stale_reads = _told_once({label: stale for label, stale in judged if stale is not None})
        doubtful = {stale.read.name for stale in stale_reads.values()}
        self._note_unseen(run, inputs, stale_reads)
        if self._ledger.sharing_names:
            for read, cause in self._state.older_reads(run, doubtful):
                stale_reads[read.label] = older_read(self._ledger, run, read, cause, inputs[read.name])
            self._note_all_apart(run, inputs, stale_reads)
        return stale_reads

    def _note_unseen(
        self,
        run: Run,
        inputs: Mapping[str, EnvironmentEntry | None],
        stale_reads: dict[str, StaleRead],
    ) -> None:
        """Add what no digest tells: changes of libraries, and of objects that cannot be looked into."""
        by_texts = library_changes.patched_by_texts(self._order) if self._order.effects else ()
        if self._ledger.patches or by_texts:
            for read, slot in library_changes.unread(self._ledger, by_texts, run, self._environment):
                stale_reads[read.label] = StaleRead(rules.STALE.code, run.cell, read, slot.cell, None, slot)
        if any(read.name == COUNTED_CALLS for read in run.reads):
            for read, slot in self._counted_otherwise(run):
                stale_reads[read.label] = StaleRead(rules.CACHED.code, run.cell, read, slot.cell, None, slot)
        for stale in self._kept_files(run, inputs) if any(read.name.is_file for read in run.reads) else ():
            stale_reads.setdefault(stale.read.label, stale)
        for read in changed_unseen(self._ledger, run) if any(map(_is_opaque, run.reads)) else ():
            if read.label not in stale_reads and inputs[read.name] is not None:
                stale_reads[read.label] = own_result(run, read, inputs[read.name])

    def _kept_files(self, run: Run, inputs: Mapping[str, EnvironmentEntry | None]) -> Iterable[StaleRead]:
        """The files that a cell made once and kept, of inputs that a restart has not by then."""
        for read in run.reads:
            slot = inputs[read.name] if read.name.is_file else None
            found = inputs_of_kept(self._ledger, run, read) if slot is not None and not slot.cell else None
            if slot is None or found is None or all(map(self._state.repeats, found[1])):
                continue
            maker, _ = found
            rule = rules.OWN_OUTPUT if maker.cell == run.cell else rules.UPSTREAM
            yield StaleRead(rule.code, run.cell, read, maker.cell, maker, slot)

    def _counted_otherwise(self, run: Run) -> Iterable[tuple[Read, EnvironmentEntry]]:
        from cellgraph.analyse.counted_calls import counted_otherwise  # few notebooks count calls

        in_doubt = self._stale_reads.keys()
        return counted_otherwise(self._ledger, self._order, run, self._environment, in_doubt)

    def _note_all_apart(
        self,
        run: Run,
        inputs: Mapping[str, EnvironmentEntry | None],
        stale_reads: dict[str, StaleRead],
    ) -> None:
        for lost in self._state.lost_changes(run):
            self._note_apart(run, lost, inputs, stale_reads, alone=lost.unread)
        for gained in self._state.gained_changes(run):
            self._note_apart(run, gained, inputs, stale_reads, alone=True)

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


def _is_of(slot: EnvironmentEntry | None, cell: str) -> bool:
    """Whether a cell has made what is there."""
    return slot is not None and slot.cell == cell


def _told_once(stale_reads: dict[str, StaleRead]) -> dict[str, StaleRead]:
    """The stale reads without those that another read of the same value tells as well.

    That is of an object's class; and of the value that a part lies in where the run stores into that part.
    """
    for label, stale in [*stale_reads.items()]:
        places = stale.read.places if stale.read.store_only else ()
        others = [one for one in stale_reads.values() if one.read.name == stale.read.name and one.read.path]
        told = {one.read.path for one in others if (one.code, one.cause) == (stale.code, stale.cause)}
        if places and all(any(covers(path, place) for path in told) for place in places):
            del stale_reads[label]
    classes = [label for label in stale_reads if label.endswith(_CLASS)]
    for label in classes:
        mine = stale_reads[label]
        alike = (other for other in stale_reads.values() if other.read.name == mine.read.name)
        if any((other.code, other.cause) == (mine.code, mine.cause) for other in alike if other is not mine):
            del stale_reads[label]
    return stale_reads


_CLASS = attribute_path("__class__")


def _is_opaque(read: Read) -> bool:
    return read.digest is not None and read.digest.quality == "opaque"


def _is_repetition(run: Run, known: Run, stale_reads: Mapping[str, StaleRead]) -> bool:
    """Whether the stale reads are of the cell's own results, and the run made the same of them again.

    Or of what one's own module keeps, a cache or a count of its calls, which the run did not bring to light.
    """
    own = [stale for stale in stale_reads.values() if not stale.read.name.is_module_global]
    if not all(stale.code == rules.OWN_OUTPUT.code for stale in own):
        return False
    return leaves_the_same(run, known, [stale.read for stale in own])

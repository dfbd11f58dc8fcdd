"""What the writes of a run do to what Restart & Run All has: for certain, in doubt, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from cellgraph.analyse import sharing
from cellgraph.analyse.common_prefix import do_the_same, keeps_uses
from cellgraph.analyse.digest_patch import same_parts
from cellgraph.analyse.environment import (
    LOOK_BACK,
    EnvironmentEntry,
    StaleRead,
    applies,
    as_imported,
    changed,
    changed_unknown,
    made_anew,
    taken_in_part,
    with_form,
    with_keys,
)
from cellgraph.analyse.file_replay import listings_with, names_for_sure
from cellgraph.analyse.known_outcomes import Guarded, KnownOutcomes, is_behind
from cellgraph.analyse.library_changes import imported, is_library
from cellgraph.analyse.other_keys import keys_in_doubt, other_names, under_other_keys
from cellgraph.analyse.predicted_outcome import (
    makes_with,
    outcome_below,
)
from cellgraph.analyse.read_checks import is_older
from cellgraph.analyse.replay_state import ReplayState
from cellgraph.analyse.setting_replay import after_setting, is_generator
from cellgraph.analyse.undone_effects import UndoneEffects
from cellgraph.code.column_wise import columns_reached
from cellgraph.code.part_paths import key_of
from cellgraph.code.source import same_code
from cellgraph.model import Digest, Run, Write, agree
from cellgraph.names import Name
from cellgraph.record.ledger import same_value, shift_results
from cellgraph.record.path_changes import changed_paths
from cellgraph.record.setting_records import UNSEEDED
from cellgraph.structure import COLUMNS, LENGTH, STRUCTURE, is_key


class WriteReplay:
    """Takes what a run wrote into the environment, and leaves open what it may do with other inputs."""

    def __init__(self, state: ReplayState) -> None:
        self._state = state
        self._ledger, self._environment = state.ledger, state.environment
        self.undone = UndoneEffects(state)

    @cached_property
    def known(self) -> KnownOutcomes:
        """What earlier runs tell. It is asked where a run is in doubt."""
        return KnownOutcomes(self._state)

    def apply_all(self, run: Run, stale_reads: Mapping[str, StaleRead], edited: bool = False) -> None:
        """Apply what a run wrote. ``edited``: its text has been edited since, and shows something else."""
        lost = {lost.name for lost in self._state.lost_changes(run) if lost.unread}
        writes = [write for write in run.writes if write.name not in lost]
        doubtful = self._doubtful(run, stale_reads.values())
        if stale_reads:
            self._apply_in_doubt(run, writes, stale_reads, doubtful, edited)
        else:
            for write in writes:
                self.apply(run, write, doubtful, fails=False, edited=edited and write.name.refers_to_result)
        self._state.renew_caches(run)

    def _apply_in_doubt(
        self,
        run: Run,
        writes: Iterable[Write],
        stale_reads: Mapping[str, StaleRead],
        doubtful: set[str],
        edited: bool,
    ) -> None:
        """Apply what a run wrote of which some reads are stale, as far as it is known what it makes then."""
        fails = self.known.fails_at(run, stale_reads)
        certain = self.known.certain_failure(run, stale_reads, fails)
        unmade = self._below_failed_check(run)
        sure = self.known.surely_made(run, stale_reads, fails)
        sure = {name: write for name, write in sure.items() if name not in unmade} if unmade else sure
        guarded = self.known.behind_guards(run)
        elsewhere = {stale.read.name for stale in stale_reads.values() if stale.read.store_only}
        modules = [stale.read.name.module for stale in stale_reads.values() if stale.read.is_module]
        in_vain = set(_changed_in_vain(run, stale_reads.values()))
        for write in (write for write in writes if write.name not in in_vain):
            if write.name in sure:
                self.apply(run, sure[write.name], set(), fails=False)
                continue
            reached = certain.reached(write) if certain is not None else None
            behind = is_behind(write, fails) or (certain is not None and certain.cuts_off(write))
            # Given other inputs a run that failed may go on, and write again.
            behind = behind or (run.outcome == "error" and write.name.is_file) or write.name in unmade
            if write.digest is not None and write.digest.type != "module":
                behind = behind or any(makes_with(run, write.name, module) for module in modules)
            if reached is None:
                self.apply(run, write, doubtful, behind, elsewhere, edited and write.name.refers_to_result)
            elif reached:  # all that it read until then is as it should be
                self.apply(run, write, set(), fails=False)
        for name in other_names(run, doubtful, self._environment):
            self.undone.mark_name(run, name)
        if certain is None:
            self._leave_undone_open(run, stale_reads, sure, guarded)

    def _below_failed_check(self, run: Run) -> Collection[str]:
        """What the run made below a check of its inputs that certainly fails in a restart."""
        if "assert" not in run.source and "raise" not in run.source:
            return ()
        from cellgraph.analyse.known_conditions import failing_check  # few cells check their inputs

        line = failing_check(run.source, self._environment)
        if line is None:
            return ()
        made = outcome_below(run.source, line).written
        return made.union(write.name for write in run.writes if write.name.refers_to_result)

    def _doubtful(self, run: Run, stale_reads: Collection[StaleRead]) -> set[str]:
        """The names whose values made by the run are stale."""
        if not (stale_reads or self._ledger.sharing_names):
            return set()
        used = {older.name for older in self._ledger.used_older(run)}
        alone = {lost.name for lost in self._state.lost_changes(run) if lost.unread}
        alone |= {gained.name for gained in self._state.gained_changes(run)}
        found: set[str] = set()
        for stale in stale_reads:
            name, slot = stale.read.name, stale.slot
            through = slot.changed_as if slot is not None else ""
            if is_older(stale) and name not in used and (not through or through in alone):
                continue  # what it made of this is right: it is another name that a restart changes too
            found |= {name, stale.read.cached} if stale.read.cached else {name}
            found |= set(listings_with(run, name)) if name.is_file else set()
        return found | sharing.changed_together(self._ledger, run)

    def _leave_undone_open(
        self,
        run: Run,
        stale_reads: Mapping[str, StaleRead],
        sure: Mapping[str, Write],
        guarded: Guarded,
    ) -> None:
        """Mark what the run did not do and may do with other inputs."""
        doubtful = frozenset(str(stale.read.name) for stale in stale_reads.values())
        self._leave_unmade_open(run, sure, guarded, doubtful)
        self.undone.mark_unchanged(run, stale_reads, sure)
        self._leave_unrepeated_open(run, stale_reads, sure)

    def _leave_unmade_open(
        self, run: Run, sure: Mapping[str, Write], guarded: Guarded, doubtful: Collection[str]
    ) -> None:
        """Mark names that the run did not bind: with other inputs it may get further or branch."""
        for name in run.unbound:
            if name in guarded.left_alone:
                continue
            if name in sure:
                self.apply(run, sure[name], set(), fails=False)
            elif name in guarded.bound:
                made = self.known.last_made(run, name)
                self._environment[Name(name)] = EnvironmentEntry(run.cell, made, doubt=True)
            elif not self.known.stays_unbound(run, name, doubtful):
                self.undone.mark_name(run, name)
        if run.outcome == "error" and run.stopped_at:
            self.undone.mark_unreached(run)

    def _leave_found_open(self, run: Run, names: Iterable[Name]) -> None:
        """Mark what an earlier run made from nothing, and this run has found, if it can be made again."""
        missing = {name for name in names if _is_missing(self._environment.get(name))}
        for earlier in self._ledger.runs_of(run.cell)[-LOOK_BACK:] if missing else ():
            read = {one.name for one in earlier.reads if one.digest is not None and one.name.isidentifier()}
            if any(_is_missing(self._environment.get(name)) for name in read):
                continue
            for write in earlier.writes:
                if write.name in missing and _makes_from_nothing(earlier, run, write):
                    self._environment[write.name] = EnvironmentEntry(run.cell, write.digest, doubt=True)

    def _leave_unrepeated_open(
        self, run: Run, stale_reads: Mapping[str, StaleRead], sure: Mapping[str, Write]
    ) -> None:
        """Mark what earlier runs of the same statements changed, and this run has found changed already."""
        names = {stale.read.name for stale in stale_reads.values() if not stale.read.store_only}
        names -= {write.name for write in run.writes}
        self._leave_found_open(run, names)
        for earlier in reversed(self._ledger.runs_of(run.cell)[-LOOK_BACK:]) if names else ():
            for write in earlier.writes:
                there = self._environment.get(write.name)
                if write.kind != "mutate" or write.name not in names or there is None:
                    continue
                texts = earlier.source, run.source
                if keeps_uses(*texts, write.name) or do_the_same(*texts):
                    names.discard(write.name)
                    if write.name in sure:
                        self.apply(run, sure[write.name], set(), fails=False)
                        continue
                    slot = EnvironmentEntry(run.cell, write.digest, doubt=True)
                    self._environment[write.name] = self._changed(slot, run, write, there)
        told = {write.name for write in run.writes} | {stale.read.name for stale in stale_reads.values()}
        for write in sure.values():
            if write.kind == "mutate" and write.name not in told:  # it is changed through another name
                self.apply(run, write, set(), fails=False)

    def apply(
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
        there = self._environment.get(key) or as_imported(self._ledger, write)
        if key.is_setting or write.beside:
            apply = self._apply_beside if write.beside else self._apply_setting
            apply(run, write, doubtful, fails or edited)
            return
        through_alias = write.kind == "mutate" and write.name not in taken_in_part(run)
        stored = through_alias and there is not None and self._state.is_stored_through(run, write)
        if through_alias and not stored and not applies(write, there):
            if there is not None and any(read.store_only for read in run.reads):
                # It found there what it had stored itself: an alias again, of what is not known.
                self._environment[key] = changed_unknown(run, write, there)
            return  # changed through an alias that would not be there
        unsure = fails or edited or self._state.is_edited(run.cell)
        # Where an input is missing the cell may raise, and then it makes nothing of what follows.
        missing = fails and (there is None or there.digest is None or there.missing)
        slot = self._slot_made(run, write, doubtful, elsewhere, unsure, missing)
        if write.kind == "mutate" and there is not None and not made_anew(run, write.name):
            slot = self._with_other_keys(self._changed(slot, run, write, there, stored), run, write, doubtful)
            if fails:  # it need not come to store a key
                slot = slot._replace(sure_parts=slot.sure_parts - {STRUCTURE})
        self._environment[key] = slot
        if write.name.is_result:
            shift_results(self._environment, slot)

    def apply_stored(self, run: Run, write: Write, paths: frozenset[str]) -> None:
        """Apply a change in place by a text that stores under the same ``paths`` as the run, other values."""
        there = self._environment[write.name]
        slot = EnvironmentEntry(run.cell, write.digest, doubt=True, parts=paths)
        slot = with_keys(changed(slot, write, there, partly=True), write, there)
        self._environment[write.name] = with_form(slot, run, write, there)

    def _with_other_keys(
        self, slot: EnvironmentEntry, run: Run, write: Write, doubtful: Collection[str]
    ) -> EnvironmentEntry:
        """The slot with the parts in doubt that the run changes where a name in a key is another."""
        keys = keys_in_doubt(run, write, doubtful) if doubtful and slot.parts else ()
        if not keys:
            return slot
        self._state.unchanged.cannot_tell()  # which parts cells look at may be another matter next time
        return under_other_keys(slot, write, keys, self._environment, self._ledger)

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
            made = self._made_by_columns(run, write, tainted) if parts is None else None
            if made is not None:
                slot = slot._replace(doubt=bool(made[0]), parts=made[0], sure_parts=made[1])
        return slot

    def _made_by_columns(
        self, run: Run, write: Write, tainted: Collection[str]
    ) -> tuple[frozenset[str], frozenset[str]] | None:
        """The parts in doubt, and the certain ones, of a frame that is made column by column of another one.

        None of any other value.
        """
        if len(tainted) != 1 or write.kind != "bind" or not is_plain_frame(write.digest):
            return None
        (name,) = tainted
        there, before = self._environment.get(Name(name)), self._found_whole(run, name)
        if there is None or before is None or there.missing or (there.doubt and not there.parts):
            return None
        changed = _different_columns(before, there)
        names = frozenset(map(key_of, changed - {COLUMNS}))
        reached = columns_reached(run.source, write.name, name, names) if changed else None
        if reached is None:
            return None
        return (reached | {COLUMNS}, _SAME_ROWS) if COLUMNS in changed else (reached, _SAME_FORM)

    def _found_whole(self, run: Run, name: str) -> Digest | None:
        """The digest of the whole frame that a run has read, wholly or in parts; None if it is not known."""
        reads = [read for read in run.reads if read.name == name]
        if any(read.store_only or read.cached for read in reads):
            return None
        if any(one.name == name for one in run.writes):
            return None
        last = next(iter(self._ledger.writers(name, run.number)), None)
        digest = next((one.digest for one in last.writes if one.name == name), None) if last else None
        if digest is None or not is_plain_frame(digest):
            return None
        return digest if all(same_value(read, digest) for read in reads) else None

    def _changed(
        self, slot: EnvironmentEntry, run: Run, write: Write, there: EnvironmentEntry, stored: bool = False
    ) -> EnvironmentEntry:
        """The slot after a change in place of what is there. ``stored``: into parts, through another name.

        A run that starts from what an earlier one of its cell has left need not change again what that has
        changed. So where the run is in doubt, the parts that earlier ones have changed are in doubt as well.
        """
        partly = stored or taken_in_part(run).get(write.name, False)
        if slot.doubt and not partly:
            earlier = self._ledger.runs_of(run.cell)[-LOOK_BACK:]
            made = [one.paths for other in earlier for one in other.writes if one.name == write.name]
            paths = () if () in made else tuple(dict.fromkeys(path for paths in made for path in paths))
            if slot.parts:  # those that it makes itself may be sure
                slot = slot._replace(parts=slot.parts | (set(paths) - set(write.paths)))
            write = replace(write, paths=paths)
        slot = with_form(changed(slot, write, there, partly), run, write, there)
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
        if write.kind != "bind" or digest is None or "import" not in run.source:
            return digest
        if write.name not in imported(run.source):
            return digest
        if is_library(digest):
            return digest  # only what cells put there counts, and that has names of its own
        for other in self._ledger.runs_of(run.cell)[-LOOK_BACK:]:
            found = next((made.digest for made in other.writes if made.name == write.name), None)
            if found is not None and same_code(other.source, run.source) and _same_modules(other, run):
                return found
        return digest

    def _apply_beside(self, run: Run, write: Write, doubtful: set[str], doubt: bool) -> None:
        """Take in what a thread of the run changes some time after it."""
        there = self._environment.get(write.name)
        if write.kind == "mutate" and (there is None or there.digest is None):
            return  # there is nothing that it could change
        there = there or EnvironmentEntry("", None)
        known = write.kind != "mutate" or agree(write.before, there.digest)
        doubt = doubt or bool(doubtful) or there.doubt or not known or self._state.is_edited(run.cell)
        earlier = (*there.earlier, there.digest)
        self._environment[write.name] = EnvironmentEntry(run.cell, write.digest, doubt, earlier=earlier)

    def _apply_setting(self, run: Run, write: Write, doubtful: set[str], fails: bool) -> None:
        name, there = write.name, self._environment.get(write.name)
        tainted = doubtful if write.sources is None else doubtful.intersection(write.sources)
        doubt = bool(tainted) or fails or self._state.is_edited(run.cell)
        entry = EnvironmentEntry(run.cell, write.digest, doubt)
        if not is_generator(name):
            entry = after_setting(entry, there, write)
            self._environment[name] = self._with_other_keys(entry, run, write, tainted)
        elif write.digest == UNSEEDED:
            self._environment.pop(name, None)
            if there is not None and any(read.name == name for read in run.reads):
                self._environment[name] = entry._replace(doubt=True)  # drawn before anybody had seeded it
        elif write.kind == "bind" or there is not None:  # what is drawn from an unknown state leaves it so
            self._environment[name] = entry


def _changed_in_vain(run: Run, stale_reads: Iterable[StaleRead]) -> Iterator[Name]:
    """The names that the run deleted or changed in place, and of which a restart certainly has none by then.

    There is none afterwards either, wherever the cell fails.
    """
    found = {write.name for write in run.writes if write.kind != "bind"}.difference(run.unbound)
    for stale in stale_reads if found else ():
        slot = stale.slot
        gone = slot is None or (slot.digest is None and not slot.doubt and not slot.missing)
        if gone and stale.read.digest is not None and stale.read.name in found:
            yield stale.read.name


def _is_missing(there: EnvironmentEntry | None) -> bool:
    return there is None or there.digest is None


def _makes_from_nothing(earlier: Run, run: Run, write: Write) -> bool:
    """Whether an earlier run of the same code bound a variable that it had not found."""
    if write.kind != "bind" or not write.name.isidentifier() or not same_code(earlier.source, run.source):
        return False
    return not any(read.name == write.name and read.digest is not None for read in earlier.reads)


def _same_modules(one: Run, other: Run) -> bool:
    """Whether two runs of the same text found the same in the files of modules."""
    found = [{read.name: read.digest for read in run.reads if read.is_module} for run in (one, other)]
    return found[0] == found[1]


_SAME_ROWS, _SAME_FORM = frozenset({LENGTH}), frozenset({STRUCTURE})


def _different_columns(before: Digest, there: EnvironmentEntry) -> frozenset[str]:
    """The paths of the columns of a frame that are others in a restart, or in doubt.

    With that of all labels where these may be others. Empty if more may be different.
    """
    if there.digest is None or not is_plain_frame(there.digest):
        return frozenset()
    paths = set(there.parts) if there.doubt else set[str]()
    if STRUCTURE in there.sure_parts:
        paths.discard(COLUMNS)
    if not before.agrees(there.digest):
        changed = changed_paths(before, there.digest)
        if not changed:
            return frozenset()
        paths.update(changed)
    return frozenset(paths) if all(map(is_key, paths - {COLUMNS})) else frozenset()


def is_plain_frame(digest: Digest | None) -> bool:
    """Whether it is the digest of a frame of pandas, as pandas makes it."""
    if digest is None or digest.type != "DataFrame":
        return False
    parts = dict(digest.parts)
    return COLUMNS in parts and ".index" in parts and not parts.keys() & {".__class__", ".attrs"}

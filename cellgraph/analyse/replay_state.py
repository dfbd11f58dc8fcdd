"""What Restart & Run All has when it comes to a cell, and what the cell's reads find there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from cellgraph.analyse import sharing
from cellgraph.analyse.environment import (
    CACHE,
    EnvironmentEntry,
    Replay,
    Steps,
    applies,
    environment_key,
    taken_in_part,
)
from cellgraph.analyse.failing_text import binds_unknown
from cellgraph.analyse.file_replay import LISTING, is_left, listings_with, was_absent
from cellgraph.analyse.predicted_outcome import calls_what_it_defines
from cellgraph.analyse.setting_replay import at_start, patched_builtins, unread_keys
from cellgraph.analyse.unchanged_cells import NotedEnvironment, NotedLedger, UnchangedCells
from cellgraph.model import Order, Read, Run, Write
from cellgraph.names import LISTED_NAMES, Name, lists
from cellgraph.record.ledger import Ledger, same_value

if TYPE_CHECKING:
    from cellgraph.analyse.recomputed import Recomputation
    from cellgraph.code.call_effects import Origin

_IMPORTED = "imported:"
"""Starts the keys of the environment for what modules were made of when they were imported."""

_MORE = "more:"
"""Starts the keys of the environment for files beside which a cell may make more."""


class ReplayState:
    """The environment as it stands between two cells of a replay, and what has been found on the way there.

    It changes ``before`` in place and does not copy it: a Replay can be extended once.
    """

    def __init__(self, ledger: Ledger, order: Order, before: Replay, known: Steps | None) -> None:
        self.ledger = NotedLedger(ledger)
        self.order = order
        # A replay that is extended is not copied: each cell that is added would cost what all of them do.
        self.environment = before.environment or NotedEnvironment()
        self.stale_reads = before.stale_reads
        self.inputs = before.inputs
        self.disk = before.disk
        self.unchanged = UnchangedCells(self.ledger, order, known or Steps(), self.environment)

    @cached_property
    def recomputation(self) -> Recomputation:
        """What works out what texts make of plain values. It is asked where a cell is in doubt."""
        from cellgraph.analyse.recomputed import Recomputation

        return Recomputation(self.ledger, self.environment)

    def ended(self) -> Replay:
        """The replay, which has come to its end."""
        steps = self.unchanged.ended()
        return Replay(self.order, self.stale_reads, self.inputs, self.environment, self.disk, steps)

    def maker(self, name: str) -> str | None:
        """The cell that made what a name holds; None where it holds nothing."""
        there = self.environment.get(name)
        if there is None or there.digest is None:
            return None
        return (there.base if there.changed_as else "") or there.cell

    def origin(self, name: str) -> Origin:
        """The type of what a name holds, and the present text of the cell that made it."""
        from cellgraph.code.call_effects import Origin  # it is asked of texts and of runs in doubt

        there = self.environment.get(Name(name))
        if there is None or there.digest is None:
            return Origin()
        run = self.ledger.latest(there.cell)
        return Origin(there.digest.type, self.order.texts.get(there.cell) or (run.source if run else ""))

    def type_of(self, name: str) -> str:
        """The type of what a name holds. Empty if it is not known."""
        return self.origin(name).type

    def other_holders(self, name: str) -> tuple[tuple[str, str], ...]:
        """The other names that hold the object of ``name``, each with the part that holds it."""
        return tuple(sharing.other_holders(self.ledger, name, self.maker))

    def older_reads(self, run: Run, doubtful: Collection[str]) -> tuple[sharing.OlderRead, ...]:
        """The reads of a run that used older objects, where a restart has one object for all."""
        return tuple(sharing.older_reads(self.ledger, run, doubtful, self.maker, self._found_by))

    def gained_changes(self, run: Run) -> tuple[sharing.GainedChange, ...]:
        """What the run changes through another name in a restart, and did not in the session."""
        if not self.ledger.sharing_names:
            return ()
        return tuple(sharing.gained_changes(self.ledger, run, self.maker, self._found_by))

    def lost_changes(self, run: Run) -> tuple[sharing.LostChange, ...]:
        """What the run changed through another name in the session, and does not in a restart."""
        if not self.ledger.sharing_names:
            return ()
        return tuple(sharing.lost_changes(self.ledger, run, self.maker, self._found_by))

    def _found_by(self, cell: str, name: str) -> str | None:
        """The cell that has made a name by the time that ``cell`` runs. None if that does not read it."""
        slot = self.inputs.get(cell, {}).get(name)
        return slot.cell if slot is not None else None

    def is_stored_through(self, run: Run, write: Write) -> bool:
        """Whether the run stores the same through another name in a restart."""
        return sharing.is_stored_through(self.ledger, run, write, self.maker)

    def is_gone(self, name: str) -> bool:
        """Whether a restart certainly has no such name by then."""
        if any(map(binds_unknown, self.order.texts.values())):
            return False
        there = self.environment.get(Name(name))
        if there is not None:
            return there.digest is None and not (there.doubt or there.missing)
        return name in self.order.absent or self.ledger.writer(name) is not None

    def is_there(self, name: str) -> bool | None:
        """Whether a restart has a name by then; None where that is not known."""
        there = self.environment.get(Name(name))
        if there is not None and there.digest is not None and not (there.doubt or there.missing):
            return True
        return False if self.is_gone(name) else None

    def leave_listings_open(self, cell: str, files: Iterable[Name]) -> None:
        """Mark what folders give in which a cell may make more files like these."""
        for name in files:
            if name.is_file:
                self.environment[Name(f"{_MORE}{name.path}")] = EnvironmentEntry(cell, None, doubt=True)

    def leave_listing_open(self, cell: str, name: Name) -> None:
        """Mark what folders give in which a cell may make this file, if there is none."""
        if name.is_file and name not in self.environment and self.disk.get(name) is None:
            self.leave_listings_open(cell, [name])

    def _listing(self, read: Read) -> EnvironmentEntry | None:
        """What a listing gives where a cell may make more files in it than there are; else None."""
        for key, entry in self.environment.items():
            if key.startswith(_MORE) and lists(read.name.path, key[len(_MORE) :]):
                return entry._replace(digest=self.disk.get(read.name, read.digest))
        return None

    def slot(self, read: Read) -> EnvironmentEntry | None:
        """What a read finds. What a function's cache is filled with, or a module, is noted by that."""
        present = self._present(read)
        if read.is_module:
            return self._imported(read, present)
        if not read.cached or (present is not None and same_value(read, present.digest)):
            self._note_filled(read, present)
            return present
        # The first cell that calls the function fills its cache, with what is there by then.
        self._note_filled(read, self._filled_by_maker(read) or present)
        return self.environment.get(_cache_key(read))

    def _imported(self, read: Read, present: EnvironmentEntry | None) -> EnvironmentEntry | None:
        """What a module's file held when the first cell imported it, or when it was loaded again."""
        key = Name(f"{_IMPORTED}{read.name}")
        known = self.environment.get(key)
        if known is not None and same_value(read, known.digest):
            return known
        if present is not None and (known is None or same_value(read, present.digest)):
            known = self.environment[key] = present
        return known or present

    def _note_filled(self, read: Read, there: EnvironmentEntry | None) -> None:
        key = _cache_key(read)
        if read.cached and there is not None and key not in self.environment:
            self.environment[key] = self.environment[CACHE] = there

    def _filled_by_maker(self, read: Read) -> EnvironmentEntry | None:
        """What the cell that made the function put into its cache: its input, or what it bound itself."""
        made = self.environment.get(Name(read.cached))
        run = self.ledger.latest(made.cell) if made is not None else None
        if run is None or read.digest is None or not calls_what_it_defines(run.source, read.cached):
            return None
        bound = (write for write in run.writes if write.name == read.name and write.digest is not None)
        same = (write for write in bound if read.digest.agrees(write.digest))  # type: ignore[arg-type]
        found = next((EnvironmentEntry(run.cell, write.digest) for write in same), None)
        if found is not None or not any(same_value(read, other.digest) for other in _reads_of(run, read)):
            return found
        return self.inputs.get(run.cell, {}).get(read.name)

    def renew_caches(self, run: Run) -> None:
        """Empty the caches of functions that are made anew, apart from what the same run cached."""
        made = {write.name for write in run.writes if write.kind == "bind"}
        filled = [read for read in run.reads if read.cached in made]
        if not filled and CACHE not in self.environment:
            return
        prefixes = tuple(f"{CACHE}{name}:" for name in made)
        for key in [key for key in self.environment if key.startswith(prefixes)]:
            del self.environment[key]
        for read in filled:
            self.slot(read)

    def _present(self, read: Read) -> EnvironmentEntry | None:
        found = self.environment.get(environment_key(self.ledger, read.name))
        if found is None and (read.name.is_setting or read.name.is_file):
            self.unchanged.cannot_tell()  # what is there at the start may be another next time
        if found is None and read.name.is_setting:
            start = at_start(read.name)
            return EnvironmentEntry("", start) if start is not None else None
        if found is None and read.digest is not None and read.digest.type == LISTING:
            found = self._listing(read)
        if found is None and read.name.is_file:
            # Made by no cell above. What was missing until a cell made it is missing at the start.
            absent = read.digest is None and was_absent(self.ledger, read.name)
            absent = absent and not is_left(self.ledger, read.name)
            return EnvironmentEntry("", None if absent else self.disk.get(read.name, read.digest))
        return found

    def would_repeat(self, run: Run) -> bool:
        """Whether the run would find now just what it found, and for certain."""
        return all(self.repeats(read) for read in self.reads(run)) and self.fits(run)

    def reads(self, run: Run) -> tuple[Read, ...]:
        """What the run read, including settings at their defaults that a cell above sets by now."""
        touched = [read for read in run.untouched if read.name in self.environment]
        if self.ledger.has_settings or self.order.texts:
            touched += patched_builtins(run, self.environment)
            touched += unread_keys(run, self.environment)
        touched += self._not_listed(run)
        if any(read.name == LISTED_NAMES for read in run.reads):
            from cellgraph.analyse.name_listings import names_not_listed  # few notebooks go through names

            touched += names_not_listed(run, self.environment)
        return (*run.reads, *touched) if touched else run.reads

    def _not_listed(self, run: Run) -> Iterator[Read]:
        """The files that are by now in folders that the run listed, and were not, as absent.

        Cells above have made them, or cells have left them there that do not make them any more.
        """
        if not any(read.digest is not None and read.digest.type == LISTING for read in run.reads):
            return
        known = {read.name for read in run.reads} | {write.name for write in run.writes}
        for key, entry in self.environment.items():
            name = Name(key)
            if not name.is_file or name in known or entry.digest is None or entry.digest.type == LISTING:
                continue
            if any(listings_with(run, name)) and was_absent(self.ledger, name):
                yield Read(name, "", None, store_only=True)
        for file, there in self.disk.items():
            name = Name(file)
            if there is None or there.type == LISTING or name in known or name in self.environment:
                continue
            if any(listings_with(run, name)) and is_left(self.ledger, name):
                yield Read(name, "", None, store_only=True)

    def repeats(self, read: Read) -> bool:
        """Whether the environment now holds what a run read, and holds it for certain."""
        slot = self.slot(read)
        expected = slot.digest if slot is not None else None
        return same_value(read, expected) and not (slot is not None and slot.doubtful(read))

    def fits(self, run: Run) -> bool:
        """Whether the value that the run stored into was then what it would be now."""
        partly = taken_in_part(run)
        changes = (write for write in run.writes if partly.get(write.name) and write.kind == "mutate")
        return all(applies(write, self.environment.get(write.name)) for write in changes)

    def is_edited(self, cell: str) -> bool:
        """Whether the cell's text is known to differ from what ran, without being known itself."""
        return cell in self.order.edited and cell not in self.order.texts


def _cache_key(read: Read) -> Name:
    return Name(f"{CACHE}{read.cached}:{read.name}")


def _reads_of(run: Run, read: Read) -> Iterator[Read]:
    """The reads of a run that took what another run's read took."""
    return (other for other in run.reads if (other.name, other.path) == (read.name, read.path))

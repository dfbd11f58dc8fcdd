"""Whether Restart & Run All repeats a read. If not: the code of the finding, and the cell that caused it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from cellgraph import rules
from cellgraph.analyse import library_changes
from cellgraph.analyse.common_prefix import keeps_uses
from cellgraph.analyse.environment import EnvironmentEntry, StaleRead, stale_read
from cellgraph.analyse.file_replay import is_unread_log, overtaken, reason_on_disk
from cellgraph.analyse.repeatable import differs_in_what_is_renewed, failed_unlike_before, shows_the_same
from cellgraph.analyse.setting_replay import (
    Question,
    is_generator,
    is_own_stream,
    key_read,
    keys_in_question,
    origin_of,
    reason,
    seeding_run,
    set_by,
)
from cellgraph.code.source import body_apart_from_magics, same_code
from cellgraph.model import Digest, Order, Read, Run, agree, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger, same_value
from cellgraph.record.path_changes import changed_paths
from cellgraph.structure import STORES, is_structure


def older_read(ledger: Ledger, run: Run, read: Read, cause: str, slot: EnvironmentEntry | None) -> StaleRead:
    """The stale read of an object that is older than the one ``cause`` has made since."""
    return StaleRead(rules.OLDER.code, run.cell, read, cause, ledger.origin(run, read), slot)


def is_older(stale: StaleRead) -> bool:
    """Whether it is the stale read of an older object."""
    return stale.code == rules.OLDER.code


def not_run(cell: str, run: Run | None) -> StaleRead:
    """The stale read of a cell whose text has not run to its end. ``run`` is its latest run, if any."""
    return StaleRead(rules.NOT_RUN.code, cell, Read(Name("")), None, run, None)


def own_result(run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead:
    """The stale read of an object that the run's cell itself had changed, which its digest does not tell."""
    return StaleRead(rules.OWN_OUTPUT.code, run.cell, read, run.cell, run, slot)


def about_itself(ledger: Ledger, run: Run) -> tuple[StaleRead, ...]:
    """What makes a cell stale whatever it read: an interrupt, or a shown output of an older run."""
    if run.is_unfinished:
        return (not_run(run.cell, run),)
    # A run that failed on an older object is told of that object.
    if run.outcome == "error" and failed_unlike_before(ledger, run) and not ledger.used_older(run):
        return (StaleRead(rules.OWN_OUTPUT.code, run.cell, Read(Name("")), run.cell, run, None),)
    if not run.in_place and not shows_the_same(ledger, run):
        return (StaleRead(rules.OUTDATED.code, run.cell, Read(Name("")), None, run, None),)
    return ()


def _is_changed_alike(read: Read, slot: EnvironmentEntry, origin: Run | None) -> bool:
    """Whether the same cell has changed it in the session and does so in a restart, but another object."""
    alike = bool(slot.changed_as) and origin is not None and slot.cell == origin.cell
    return alike and slot.doubtful(read)


def _is_left_by_earlier_text(origin: Run, latest: Run, reader: Run) -> bool:
    """Whether a cell had run with another text before the reader: it left what the earlier one did."""
    return latest.number < reader.number and not same_code(origin.source, latest.source)


def _makes(run: Run, name: Name, digest: Digest | None) -> bool:
    """Whether a run has left this in a name: else a restart has what an earlier run left there."""
    return any(write.name == name and agree(write.digest, digest) for write in run.writes)


def _is_told_elsewhere(read: Read, expected: Digest | None) -> bool:
    """Whether it is no matter that a restart has no value there from a cell.

    A global of a module that is stored into is there in any case. Without its class an instance is missing.
    """
    if read.path == STORES:
        return expected is None
    return expected is None and read.store_only and read.name.is_module_global


def _is_read_by_import(run: Run, read: Read) -> bool:
    """Whether a module of the user's has read a setting when it was loaded, by a cell that only imports."""
    if read.name.setting == "sys.path" or not any(other.is_module for other in run.reads):
        return False
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in body_apart_from_magics(run.source))


def _is_file_read_by_import(run: Run, read: Read) -> bool:
    """The same of a file that is no module's."""
    return read.name.is_file and not read.is_module and _is_read_by_import(run, read)


class ReadChecker:
    """Compares the reads of runs with what Restart & Run All would give them."""

    def __init__(self, ledger: Ledger, order: Order) -> None:
        self._ledger = ledger
        self._order = order
        self._position: Mapping[str, int] | None = None

    def check(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        """The stale read for one read; None if Restart & Run All repeats it."""
        if read.name.is_setting:
            look = self._check_generator if is_generator(read.name) else self._check_setting
            return look(run, read, slot)
        if slot is not None and not slot.cell:
            return self._on_disk(run, read, slot)
        expected = slot.digest if slot is not None else None
        if (
            _is_told_elsewhere(read, expected)
            or same_value(read, expected)
            or is_unread_log(self._ledger, run, read.name)
        ):
            return self._in_doubt(run, read, slot) if slot is not None and slot.doubtful(read) else None
        origin = self._origin(run, read, slot)
        if slot is not None and (
            self._is_under_way(read, slot, origin)
            or _is_changed_alike(read, slot, origin)
            or differs_in_what_is_renewed(self._ledger, run, read, expected)
        ):
            return self._in_doubt(run, read, slot) if slot.doubtful(read) else None
        from_outside = origin is None or self._is_loaded_again(run, read, slot, origin)
        if read.digest is not None and (from_outside or _is_file_read_by_import(run, read)):
            return self._made_by_no_run(run, read, slot)
        slot = slot.seen_by(read) if slot is not None else None
        code, cause = self._reason(run, read, origin, slot)
        if slot is not None and code == rules.STALE.code and cause is not None:
            slot = slot._replace(cell=cause)
        if read.name.is_patch and library_changes.only_restart_undoes(self._ledger, read.name, expected):
            code, cause = rules.RESTART_ONLY.code, origin.cell if origin is not None else cause
        return StaleRead(code, run.cell, read, cause, origin, slot)

    def _origin(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> Run | None:
        """The run that made what was read; of a whole value, the one that made what is different in it."""
        origin = self._ledger.origin(run, read)
        if origin is not None and read.store_only and read.places:
            made = [origin_of(self._ledger, run, read.name, place) for place in read.places]
            return made[0] if made[0] is not None and all(one is made[0] for one in made) else origin
        if origin is None or slot is None or slot.cell != origin.cell or read.path:
            return origin
        if slot.digest is None or read.digest is None:
            return origin
        stored = [path for write in origin.writes if write.name == read.name for path in write.paths]
        for path in changed_paths(slot.digest, read.digest):
            if stored and not path.endswith(".columns") and not any(related(path, one) for one in stored):
                return origin_of(self._ledger, run, read.name, path) or origin
        return origin

    def _is_under_way(self, read: Read, slot: EnvironmentEntry, origin: Run | None) -> bool:
        """Whether the read saw how far a thread had come, which is a matter of time."""
        if not slot.earlier:
            return False
        latest = self._ledger.latest(slot.cell)
        if origin is None or (origin is latest and _makes(origin, read.name, slot.digest)):
            return read.digest is not None
        return any(same_value(read, digest) for digest in slot.earlier)

    def _is_loaded_again(self, run: Run, read: Read, slot: EnvironmentEntry | None, origin: Run) -> bool:
        """Whether the run used what a module held before a reload. That is told of the module's file."""
        if slot is None or slot.cell != origin.cell or read.name.is_file or read.cached:
            return False
        made = next((write.digest for write in origin.writes if write.name == read.name), None)
        if same_value(read, made):
            return False  # it used what was imported, and what cells had stored into that
        imported = self._ledger.latest(origin.cell) is origin and not slot.doubtful(read)
        return imported and any(other.is_module for other in run.reads)

    def _made_by_no_run(self, run: Run, read: Read, slot: EnvironmentEntry | None) -> StaleRead | None:
        """The stale read of a value that no recorded run made; None for a foreign input."""
        if slot is not None and slot.cell and _is_file_read_by_import(run, read):
            return StaleRead(rules.RESTART_ONLY.code, run.cell, read, slot.cell, None, slot)
        if slot is not None and read.cached:
            return StaleRead(rules.CACHED.code, run.cell, read, slot.cell, None, slot)
        if slot is not None and read.name.is_file:
            found = overtaken(self._ledger, run, read, slot.cell)
            if found is None and read.is_module:
                found = rules.RESTART_ONLY.code, slot.cell  # it was imported before, and is so once
            return stale_read(run, read, None, slot, found)
        return None

    def _on_disk(self, run: Run, read: Read, slot: EnvironmentEntry) -> StaleRead | None:
        origin = self._ledger.origin(run, read)
        reason = reason_on_disk(self._ledger, self.position, run, read, origin, slot.digest)
        return stale_read(run, read, origin, slot, reason)

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
        if _is_read_by_import(run, read):
            code, cause = rules.RESTART_ONLY.code, maker or cause
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
            return older_read(self._ledger, run, read, slot.cell, slot)
        slot = slot.seen_by(read)
        code = rules.EDITED.code if slot.cell in self._order.edited else rules.UPSTREAM.code
        return StaleRead(code, run.cell, read, slot.cell, self._ledger.origin(run, read), slot)

    def _reason(
        self, run: Run, read: Read, origin: Run | None, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        if origin is None or read.digest is None:
            if read.digest is None and self._ledger.removed_itself(run, read.name):
                return rules.OWN_OUTPUT.code, run.cell
            return rules.STALE.code, slot.cell if slot is not None else None
        maker = origin.cell
        if maker == run.cell:
            # The same code may leave the name alone once it has changed it: an iterator is used up.
            own = same_code(origin.source, run.source) or self._still_makes(origin, read)
            return (rules.OWN_OUTPUT.code if own else rules.LEFTOVER.code), maker
        place = self.position.get(maker)
        if place is None or place > self.position[run.cell]:
            return (rules.DELETED_CELL.code if place is None else rules.OUT_OF_ORDER.code), maker
        return self._made_above(run, read, origin, slot)

    def _made_above(
        self, run: Run, read: Read, origin: Run, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        if origin.cell in self._order.edited and not self._is_between(slot, origin):
            return rules.EDITED.code, origin.cell
        if not self._still_makes(origin, read):
            return rules.LEFTOVER.code, origin.cell
        if slot is not None and slot.digest is None:
            return rules.DELETED_NAME.code, slot.cell
        return self._overtaken(run, read, origin, slot)

    def _is_between(self, slot: EnvironmentEntry | None, origin: Run) -> bool:
        """Whether a cell below the maker makes what a restart has there."""
        if slot is None or slot.cell == origin.cell:
            return False
        return self.position.get(slot.cell, -1) > self.position[origin.cell]

    def _overtaken(
        self, run: Run, read: Read, origin: Run, slot: EnvironmentEntry | None
    ) -> tuple[str, str | None]:
        """The maker stands above and still makes the name, but the name's value is another now."""
        if slot is None or slot.cell == origin.cell:
            made = self._ledger.latest(origin.cell)
            same = (
                (same_value(read, write.digest) for write in made.writes if write.name == read.name)
                if made
                else ()
            )
            present = origin is made or (slot is None and any(same))
            if made is not None and not present and _is_left_by_earlier_text(origin, made, run):
                return rules.LEFTOVER.code, origin.cell
            if present and (other := self._changed_since(run, origin, slot)) is not None:
                return rules.STALE.code, other
            # Where the value is still what was read, it is the maker that is in doubt.
            return (rules.UPSTREAM.code if present else rules.STALE.code), origin.cell
        latest = self._ledger.latest(slot.cell)
        ran_since = latest is not None and latest.number > run.number
        return (rules.STALE.code, slot.cell) if ran_since else (rules.OUT_OF_ORDER.code, origin.cell)

    def _changed_since(self, run: Run, origin: Run, slot: EnvironmentEntry | None) -> str | None:
        """Another cell that makes a part of the value above the maker, and has run since the reader."""
        makers = {cell for _, cell in slot.makers} - {origin.cell} if slot is not None else set[str]()
        latest = [made for made in map(self._ledger.latest, makers) if made is not None]
        since = [made for made in latest if made.number > run.number]
        return max(since, key=lambda made: made.number).cell if since else None

    def _still_makes(self, origin: Run, read: Read) -> bool:
        """Whether the latest run of a cell makes what an earlier one had made, or has found it made."""
        latest = self._ledger.latest(origin.cell)
        if latest is None:
            return False
        looked = any(one.name == read.name and not one.store_only for one in latest.reads)
        found = looked and keeps_uses(origin.source, latest.source, read.name)
        return found or self._still_writes(origin.cell, read)

    def _still_writes(self, cell: str, read: Read) -> bool:
        """Whether the latest run of a cell makes what is read; of a part, where it only stores, that part.

        What a run does to a value that it has looked at may depend on what its earlier runs had done to it.
        """
        latest = self._ledger.latest(cell)
        if latest is None:
            return False
        if read.name.refers_to_result:
            return any(write.name.is_result for write in latest.writes)
        made = [write.paths for write in latest.writes if write.name == read.name]
        uses = [one for one in latest.reads if one.name == read.name]
        if is_structure(read.path) or not (read.path and uses and all(use.store_only for use in uses)):
            return bool(made)
        return any(not paths or any(related(path, read.path) for path in paths) for paths in made)

    @property
    def position(self) -> Mapping[str, int]:
        """The place of each cell. Computed when first needed, since a clean notebook never needs it."""
        if self._position is None:
            self._position = {cell: place for place, cell in enumerate(self._order.cells)}
        return self._position

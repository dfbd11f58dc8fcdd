"""Settings in replay: a restart starts with the defaults and with unseeded generators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.code.part_paths import item_path, key_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Run, Write
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.record.setting_records import GENERATORS, UNSEEDED
from cellgraph.trace.settings.registries import NAMED
from cellgraph.trace.settings.values import DEFAULT, OWN, differing, is_more, part_of, times_there, with_keys

if TYPE_CHECKING:
    from cellgraph.analyse.environment import EnvironmentEntry

_BUILTINS = Name.of_setting("builtins")
READ_UNSEEN = frozenset({_BUILTINS, *map(Name.of_setting, NAMED)})
"""Settings of which a run may depend on keys that no cell had set when it ran: it has no read of them."""
_GENERATORS = frozenset(map(Name.of_setting, GENERATORS.values()))

Reason = tuple[str, str | None]
"""The code of a finding, and the cell that made the difference (None: no cell)."""


def is_generator(name: str) -> bool:
    """Whether a setting is the state of a random generator."""
    return name in _GENERATORS


def at_start(name: Name) -> Digest | None:
    """A setting's value at a restart if no cell sets it; None for a generator: its state is not known."""
    return None if is_generator(name) else DEFAULT


def patched_builtins(run: Run, environment: Mapping[str, EnvironmentEntry]) -> Iterable[Read]:
    """Builtins that the run used unchanged and that a cell above has replaced."""
    there = environment.get(_BUILTINS)
    known = {read.path for read in run.reads if read.name == _BUILTINS}
    for read in run.reads if there is not None else ():
        path = item_path(read.name)
        if read.digest is None and path not in known and set_by(there, path):  # type: ignore[arg-type]
            yield Read(_BUILTINS, path, part_of(""))


def unread_keys(run: Run, environment: Mapping[str, EnvironmentEntry]) -> Iterable[Read]:
    """Keys of registries that the run's text names, and that no cell had set by then."""
    for setting, names_key in NAMED.items():
        there = environment.get(Name.of_setting(setting))
        if there is None:
            continue
        known = {read.path for read in (*run.reads, *run.untouched) if read.name.setting == setting}
        own = {path for write in run.writes if write.name.setting == setting for path in write.paths}
        for path, _ in there.makers if "" not in known else ():
            if path not in known | own and names_key(key_of(path), run.source):
                yield Read(Name.of_setting(setting), path, part_of(""))


def keys_in_question(read: Read, there: EnvironmentEntry) -> list[str]:
    """The keys whose value the read would not find now; if there are none, those that are stale there."""
    seen = read.digest
    if seen is None or there.digest is None:
        return []
    keys = differing(read.path, seen, there.digest)
    if keys or not there.doubt:
        return keys
    own = {key for key, value in seen.parts if value == OWN}
    in_doubt = (part or read.path for part in there.parts if not part or read.path in ("", part))
    return sorted(part for part in in_doubt if part not in own)


def key_read(read: Read, key: str) -> Read:
    """The read of a single key, taken out of a read of all keys."""
    if read.path or read.digest is None:
        return read
    return Read(read.name, key, part_of(dict(read.digest.parts).get(key, "")))


def is_at_start(read: Read, now: Digest | None) -> bool:
    """Whether the key has its restart value now, so that running the reader again is enough."""
    return now is not None and read.path not in dict(now.parts)


def set_by(there: EnvironmentEntry, key: str) -> str:
    """The cell that has set a key there; empty if it is the default."""
    return next((cell for path, cell in reversed(there.makers) if path in ("", key)), "")


def origin_of(ledger: Ledger, run: Run, name: str, key: str) -> Run | None:
    """The run that had set a key or made a part, or advanced a generator, when ``run`` read it."""
    for earlier in ledger.writers(name, run.number):
        if any(write.name == name and (not key or key in write.paths) for write in earlier.writes):
            return earlier
    return None


def adds_only(read: Read, there: Digest, now: Digest | None) -> bool:
    """Whether the setting is not as in a restart, and running its cells again would only add to it."""
    if read.name.setting == "logging":
        return now is None or dict(now.parts).get(read.path, "") != dict(there.parts).get(read.path, "")
    return _is_there_too_often(there, now, read.path)


def _is_there_too_often(there: Digest, now: Digest | None, key: str) -> bool:
    """Whether an entry is there more often than in a restart: a run of its cell would add one more."""
    held = dict(now.parts).get(key, "") if now is not None else ""
    return is_more(held, dict(there.parts).get(key, ""))


class Question(NamedTuple):
    """A key (empty: a generator) whose value a run found to be other than in a restart.

    ``origin`` is the run that had set it, ``there`` the cell that sets it in a restart (empty: none).
    """

    run: Run
    name: str
    key: str
    origin: Run | None
    there: str


def reason(ledger: Ledger, position: Mapping[str, int], asked: Question) -> Reason:
    """Why a key is not what the run found."""
    origin, run = asked.origin, asked.run
    if origin is None:
        return rules.STALE.code, asked.there or None
    place, still = position.get(origin.cell), _still_sets(ledger, origin, asked)
    if origin.cell == run.cell:
        return (rules.OWN_OUTPUT.code if still else rules.LEFTOVER.code), run.cell
    if place is None:
        return rules.DELETED_CELL.code, origin.cell
    if place < position[run.cell]:
        return _set_above(ledger, asked, origin) if still else (rules.LEFTOVER.code, origin.cell)
    return rules.OUT_OF_ORDER.code, origin.cell


def _set_above(ledger: Ledger, asked: Question, origin: Run) -> Reason:
    """Handle a key that a cell above had set and still sets: it, or another cell, has set another value."""
    latest = ledger.latest(asked.there) if asked.there else None
    if latest is origin and _has_added(origin, asked):
        return rules.OWN_OUTPUT.code, asked.there
    if asked.there == origin.cell or (latest is not None and latest.number > asked.run.number):
        return rules.STALE.code, asked.there
    return rules.OUT_OF_ORDER.code, origin.cell


def _has_added(run: Run, asked: Question) -> bool:
    """Whether a run put an entry into a list that was there already."""
    digests = (write.digest or DEFAULT for write in run.writes if write.name == asked.name)
    return any(is_more(dict(digest.parts).get(asked.key, ""), times_there(1)) for digest in digests)


def _still_sets(ledger: Ledger, origin: Run, asked: Question) -> bool:
    latest = ledger.latest(origin.cell)
    writes = latest.writes if latest is not None else ()
    return any(w.name == asked.name and (not asked.key or asked.key in w.paths) for w in writes)


def seeding_run(ledger: Ledger, run: Run, name: Name) -> Run | None:
    """The run that seeded the generator for what ``run`` drew, through all draws in between."""
    stream = list(_stream(ledger, run, name))
    first = stream[-1] if stream else None
    if first is None or first.write.digest == UNSEEDED or any(read.name == name for read in first.run.reads):
        return None
    return first.run


def is_own_stream(ledger: Ledger, run: Run, name: Name) -> bool:
    """Whether the cell itself has drawn between the seed and what ``run`` drew."""
    draws = (move.run for move in _stream(ledger, run, name))
    return any(one.cell == run.cell and any(read.name == name for read in one.reads) for one in draws)


class _Move(NamedTuple):
    """A run that advanced a generator, by seeding it or by drawing."""

    run: Run
    write: Write


def _stream(ledger: Ledger, run: Run, name: Name) -> Iterator[_Move]:
    """The runs that brought a generator to where ``run`` found it, latest first, back to the seed."""
    state = next((read.digest for read in run.reads if read.name == name), None)
    for earlier in ledger.writers(name, run.number):
        write = next((write for write in earlier.writes if write.name == name), None)
        if write is None:
            continue
        if write.digest != state:
            return  # somebody else has moved it
        yield _Move(earlier, write)
        state = next((read.digest for read in earlier.reads if read.name == name), None)
        if state is None:
            return


def after_setting(entry: EnvironmentEntry, there: EnvironmentEntry | None, write: Write) -> EnvironmentEntry:
    """The entry of a setting after a cell has set some keys. ``entry`` is the cell's own."""
    before = there.digest if there is not None and there.digest is not None else DEFAULT
    digest = with_keys(before, write.digest or DEFAULT, write.paths, write.before)
    kept = tuple(made for made in (there.makers if there is not None else ()) if made[0] not in write.paths)
    parts = (there.parts if there is not None else frozenset()) - frozenset(write.paths)
    if entry.doubt:
        parts |= frozenset(write.paths)
    makers = (*kept, *((path, entry.cell) for path in write.paths))
    return entry._replace(digest=digest, doubt=bool(parts), missing=False, parts=parts, makers=makers)


def setters(
    read: Read, slot: EnvironmentEntry, now: Digest | None, rewritten: Mapping[str, set[str]]
) -> Iterable[str]:
    """The cells to run so that the read finds the restart's value: those that set what differs now.

    ``rewritten`` are the keys that cells above set again, by name.
    """
    if slot.digest is None or read.digest is None:
        return
    own = {key for key, value in read.digest.parts if value == OWN}
    doubtful = slot.parts if slot.doubt else frozenset()
    keys = set(differing("", slot.digest, now)) if now is not None else {key for key, _ in slot.makers}
    over = rewritten.get(read.name, set())
    for key, maker in slot.makers:
        if key in own or (read.path and read.path != key) or _is_there_too_often(slot.digest, now, key):
            continue
        if key in keys or key in doubtful or key in over or "" in over:
            yield maker

"""Objects that names share in a restart, and did not share in the session.

A cell that makes an equal class, estimator or list again changes no digest. But whoever held the older object
still holds it, while a restart has one object for all. Two things follow. A run that used an older object
together with a newer one saw two objects where a restart has one. A run that changed an older object left the
newer one as it was, while a restart has the change in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Read, Run, Share, Write, agree, covers, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.record.older_objects import Older


class OlderRead(NamedTuple):
    """A read of a value that holds an older object. ``cause`` is the cell that made the object anew."""

    read: Read
    cause: str


class SharedChange(NamedTuple):
    """In a restart a run changes ``name`` too, because it changes ``through``. ``part``: which part of it."""

    name: str
    through: str
    part: str


def older_reads(
    ledger: Ledger, run: Run, doubtful: Collection[str], maker: Callable[[str], str | None], finds: Finds
) -> Iterator[OlderRead]:
    """The reads of a run that used older objects, without names that are stale anyway.

    ``maker`` gives the cell that has made a name by then.
    """
    found = [*ledger.used_older(run)]
    if changes := ledger.changed_older(run):
        through = {change.through for change in shared_changes(ledger, run, maker)}
        found += [older for older in changes if older.name in through]
    for older in found:
        stale = older.name in doubtful or older.other in doubtful
        if stale or _is_replaced_there(ledger, older, maker, finds):
            continue
        reads = [read for read in run.reads if read.name == older.name]
        if reads:
            yield OlderRead(min(reads, key=lambda read: read.path), ledger.cell_of(older.again))


def _is_replaced_there(
    ledger: Ledger, older: Older, maker: Callable[[str], str | None], finds: Finds
) -> bool:
    """Whether a restart replaces the object, too, between the cell that takes it and the one that uses it.

    That is so where two cells make it, as with the same class twice in a notebook.
    """
    if ledger.cell_of(older.share.run) == ledger.cell_of(older.again):
        return False
    holder = _binder(ledger, maker(older.name), older.name, finds)
    return holder is None or finds(holder, older.share.name) != maker(older.share.name)


def holders(ledger: Ledger, cells: Iterable[str], runs: Iterable[Run]) -> Iterator[tuple[Run, Read, str]]:
    """The runs that took the older objects used by ``runs``: how they did, and which cell made them anew."""
    used = {older.share.number: older for run in runs for older in ledger.used_older(run)}
    for cell in cells:
        run = ledger.latest(cell)
        for write in run.writes if run is not None else ():
            for share in write.shares:
                older = used.get(share.number)
                if run is None or older is None or run.number > older.again:
                    continue
                for read in [read for read in run.reads if read.name == share.name][:1]:
                    yield run, read, ledger.cell_of(older.again)


def changed_together(ledger: Ledger, run: Run) -> frozenset[str]:
    """Names whose newer object a run changes in a restart, because the older one's name shares it there."""
    return frozenset(older.other for older in ledger.used_older(run) if older.share.kind != "class")


def shared_changes(ledger: Ledger, run: Run, maker: Callable[[str], str | None]) -> Iterator[SharedChange]:
    """What else a run changes in a restart. ``maker`` gives the cell that has made a name by then."""
    yield from _changes_missed(ledger, run, maker)
    changed = ledger.changed_older(run)
    if not changed:
        return
    # What the run itself changed of the newer object is not all that it changes of the one of a restart.
    written = {write.name for write in run.writes if write.kind != "mutate"}
    for older in changed:
        share = older.share
        cell = ledger.cell_of(share.run)
        if share.name not in written and maker(share.name) is not None and _is_of(ledger, share, cell, maker):
            yield SharedChange(share.name, older.name, share.path)
        for name, other in _holders(ledger, share, cell, maker):
            if name not in written and name != older.name:
                yield SharedChange(name, older.name, other.inside)


class LostChange(NamedTuple):
    """A run changed ``name`` as well, because ``read`` gave it the same object. A restart has two there.

    ``cause`` makes one of the two in a restart, and did not in the session. ``unread``: the run did not read
    ``name``, so that a restart leaves that alone.
    """

    name: Name
    read: Read
    cause: str
    unread: bool


class GainedChange(NamedTuple):
    """In a restart a run changes ``name`` as well, as ``read`` gives it that object. Here it was another.

    ``cause`` makes ``name`` in a restart, ``part`` is the part that is changed.
    """

    name: Name
    read: Read
    cause: str
    part: str


_AFTER_ALL = 2**31
"""Larger than the number of any run."""
Finds = Callable[[str, str], "str | None"]
"""Of a cell and a name: which cell has made the name by the time that the cell runs in a restart."""


def lost_changes(
    ledger: Ledger, run: Run, maker: Callable[[str], str | None], finds: Finds
) -> Iterator[LostChange]:
    """What the run changed through another name, and a restart does not: there it is another object.

    The values may be equal, so that no read tells.
    """
    if not changes_what_others_hold(ledger, run) or any(write.beside for write in run.writes):
        return
    reads: dict[str, Read] = {read.name: read for read in reversed(run.reads)}
    shares: dict[str, tuple[Share, ...]] = {
        write.name: _shared_all_along(ledger, run, write) for write in run.writes
    }
    for write in run.writes:
        if write.kind != "mutate" or (write.digest is not None and agree(write.digest, write.before)):
            continue
        for holder, origin in _pairs(write.name, reads, shares):
            cause = _made_apart(ledger, run, holder, origin, maker, finds)
            if cause is not None:
                read = reads[origin if holder == write.name else holder]
                yield LostChange(write.name, read, cause, write.name not in reads)
                break


def gained_changes(
    ledger: Ledger, run: Run, maker: Callable[[str], str | None], finds: Finds
) -> Iterator[GainedChange]:
    """What the run changes in a restart through what it read, and did not change in the session.

    The name had been bound to another object by then, by a cell that does so no more, or at another place.
    """
    if not ledger.sharing_names:
        return
    yield from _gained_of_older(ledger, run, maker, finds)
    written = {write.name for write in run.writes}
    reads = {read.name: read for read in reversed(run.reads)}
    for write in run.writes:
        held = _write(ledger, maker(write.name), write.name) if write.kind == "mutate" else None
        for share in held.shares if held is not None and write.name in reads else ():
            cause = maker(share.name)
            if cause is None or share.name in written or share.kind == "class":
                continue
            if write.paths and share.inside and not any(related(path, share.inside) for path in write.paths):
                continue
            mine = (*write.shares, *_shares_before(ledger, run, write.name))
            had = any(_is_present(ledger, run, each) for each in mine if each.name == share.name)
            if not had and _is_of(ledger, share, ledger.cell_of(share.run), maker):
                yield GainedChange(share.name, reads[write.name], cause, share.path)


def _gained_of_older(
    ledger: Ledger, run: Run, maker: Callable[[str], str | None], finds: Finds
) -> Iterator[GainedChange]:
    """What holds an object that was made anew before the run, and in a restart is the one that it changes."""
    if not changes_what_others_hold(ledger, run):
        return
    changed = {write.name for write in run.writes if write.kind == "mutate"}
    reads = {read.name: read for read in reversed(run.reads) if read.name in changed}
    for change in _changes_missed(ledger, run, maker, finds) if reads else ():
        last = ledger.writer(Name(change.name))
        if last is not None and last[0].cell == run.cell and last[1].kind == "mutate":
            continue  # an earlier run of the cell has made its change to the older object
        cause = maker(change.name)
        if cause is not None:
            read = reads.get(Name(change.through)) or next(iter(reads.values()))
            yield GainedChange(Name(change.name), read, cause, change.part)


def _shares_before(ledger: Ledger, run: Run, name: str) -> tuple[Share, ...]:
    """What a name had in common with others when a run began. The run may have taken it out."""
    made = next(ledger.writers(name, run.number), None)
    writes = made.writes if made is not None else ()
    return next((write.shares for write in writes if write.name == name), ())


def _shared_all_along(ledger: Ledger, run: Run, write: Write) -> tuple[Share, ...]:
    """What a name had in common with others before a run, and has after it. What it put in itself is not."""
    if not write.shares:
        return ()
    before = {share.number for share in _shares_before(ledger, run, write.name)}
    return tuple(share for share in write.shares if share.number in before)


def _is_present(ledger: Ledger, run: Run, share: Share) -> bool:
    """Whether the name of a shared object held that object when a run began."""
    for earlier in ledger.writers(share.name, run.number):
        if any(write.name == share.name and write.kind == "bind" for write in earlier.writes):
            return earlier.number == share.run
    return False


def is_made_anew(ledger: Ledger, run: Run, name: str) -> bool:
    """Whether a name was bound again after a run, so that what the run changed is not in it any more."""
    for later in ledger.writers(name, _AFTER_ALL):
        if later.number <= run.number:
            return False
        if any(write.name == name and write.kind == "bind" for write in later.writes):
            return True
    return False


def _pairs(
    name: str, reads: Mapping[str, Read], shares: Mapping[str, tuple[Share, ...]]
) -> Iterator[tuple[str, str]]:
    """The pairs of a changed name and another one that was read, of which one holds the other's object.

    The holder comes first, then the name that the object was bound to first.
    """
    others = reads.keys() - {name}
    yield from ((name, share.name) for share in shares[name] if share.name in others)
    for read in reads:
        if read != name:
            yield from ((read, share.name) for share in shares.get(read, ()) if share.name == name)


def _made_apart(
    ledger: Ledger, run: Run, holder: str, origin: str, maker: Callable[[str], str | None], finds: Finds
) -> str | None:
    """The cell by which what two names hold in a restart is not one object. None if it may be one."""
    cell = maker(holder)
    held, taken = _write(ledger, cell, holder), _write(ledger, maker(origin), origin)
    if cell is None or held is None or taken is None:
        return None
    made = {each: _maker_for(ledger, cell, each, finds) for each in held.shares if each.name == origin}
    other = next((there for share, there in made.items() if there != ledger.cell_of(share.run)), None)
    cause = other or _other_maker(ledger, run, holder, origin, maker)
    if cause is None or any(_is_of(ledger, share, there, maker) for share, there in made.items()):
        return None
    return None if _is_joined(ledger, held, taken, maker) else cause


def _is_joined(ledger: Ledger, held: Write, taken: Write, maker: Callable[[str], str | None]) -> bool:
    """Whether the second value has an object of the first in it, or both have one of a third name."""
    if any(
        each.name == held.name and _is_of(ledger, each, ledger.cell_of(each.run), maker)
        for each in taken.shares
    ):
        return True
    common = [
        {(each.name, each.path, ledger.cell_of(each.run)) for each in both.shares if each.kind != "class"}
        for both in (held, taken)
    ]
    return not common[0].isdisjoint(common[1])


def _maker_for(ledger: Ledger, cell: str, share: Share, finds: Finds) -> str:
    """The cell that has bound a shared object, by the time that ``cell`` takes it in a restart."""
    there = finds(cell, share.name)
    made = _write(ledger, there, share.name)
    return there if there and made is not None and made.kind == "bind" else ledger.cell_of(share.run)


def _other_maker(
    ledger: Ledger, run: Run, holder: str, origin: str, maker: Callable[[str], str | None]
) -> str | None:
    """The cell that makes one of two names in a restart, where another run had made it in the session."""
    for name in (origin, holder):
        made, cell = next(ledger.writers(name, run.number), None), maker(name)
        if made is None or cell is None:
            return None
        if made.cell != cell or made is not ledger.latest(cell):
            return cell
    return None


def other_holders(ledger: Ledger, name: str, maker: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """The other names that hold the object of ``name`` in a restart, each with the part that holds it."""
    cell = maker(name)
    made = _write(ledger, cell, name)
    for share in made.shares if made is not None else ():
        if not (share.inside or share.path or share.kind == "class") and maker(share.name) == ledger.cell_of(
            share.run
        ):
            yield share.name, ""
    for other in ledger.sharing_names:
        held = _write(ledger, maker(other), other) if other != name else None
        for share in held.shares if held is not None else ():
            if share.name == name and not share.path and ledger.cell_of(share.run) == cell:
                yield other, share.inside


def changes_what_others_hold(ledger: Ledger, run: Run) -> bool:
    """Whether a run changed an object in place that other names hold, or may hold in a restart."""
    return any(write.kind == "mutate" and write.name in ledger.shared_origins for write in run.writes)


def _changes_missed(
    ledger: Ledger, run: Run, maker: Callable[[str], str | None], finds: Finds | None = None
) -> Iterator[SharedChange]:
    """What else the run would have changed if other names had held the same object when it ran.

    ``df`` and the cell that changes it ran again. A grouping of ``df`` still held the older frame, so the
    change is not in it. A restart has one frame, and the change is in both. ``finds`` tells as well of a name
    that another cell had bound to an equal object.
    """
    if not changes_what_others_hold(ledger, run):
        return
    written = {write.name for write in run.writes}
    for write in run.writes:
        if write.kind != "mutate" or (write.digest is not None and agree(write.digest, write.before)):
            continue
        for name in ledger.sharing_names:
            if name in written:
                continue
            held = _write(ledger, maker(name), name)
            for share in held.shares if held is not None else ():
                if share.name == write.name and _is_missed(ledger, run, write, share, maker, finds):
                    yield SharedChange(name, write.name, share.inside)
                    break


def _is_missed(
    ledger: Ledger,
    run: Run,
    write: Write,
    share: Share,
    maker: Callable[[str], str | None],
    finds: Finds | None,
) -> bool:
    """Whether the run changed another object than the one that the share is of, and a restart has that one.

    The same cell had made it again. Or, where ``finds`` tells of it, another cell had bound the name to one.
    """
    if write.paths and share.path and not any(related(path, share.path) for path in write.paths):
        return False
    cell = ledger.cell_of(share.run)
    made = ledger.number_before(cell, run.number)
    if made is not None and made != share.run and _is_of(ledger, share, cell, maker):
        return True
    if finds is None or share.kind == "class" or _is_present(ledger, run, share):
        return False
    return _binder(ledger, maker(share.name), share.name, finds) == cell


def _binder(ledger: Ledger, cell: str | None, name: str, finds: Finds) -> str | None:
    """The cell that binds a name which ``cell`` was the last to bind or to change; None if not known."""
    met: set[str] = set()
    while cell and cell not in met:
        write = _write(ledger, cell, name)
        if write is None or write.kind != "mutate":
            return cell if write is not None and write.kind == "bind" else None
        met.add(cell)
        cell = finds(cell, name)
    return None


def _is_of(ledger: Ledger, share: Share, cell: str, maker: Callable[[str], str | None]) -> bool:
    """Whether the name's object is the one that its cell bound to it, or a changed form of it."""
    there = maker(share.name)
    if there == cell:
        return True
    write = _write(ledger, there, share.name)
    return write is not None and write.kind == "mutate"


def _holders(
    ledger: Ledger, share: Share, cell: str, maker: Callable[[str], str | None]
) -> Iterator[tuple[str, Share]]:
    """The other names whose values hold the object by then."""
    for name in ledger.sharing_names:
        write = _write(ledger, maker(name), name)
        for other in write.shares if write is not None else ():
            same = other.name == share.name and other.path == share.path
            if same and ledger.cell_of(other.run) == cell:
                yield name, other


def is_stored_through(ledger: Ledger, run: Run, write: Write, maker: Callable[[str], str | None]) -> bool:
    """Whether a restart stores the same into ``write.name``, as a name that the run stored into shares it.

    What is stored somewhere does not depend on what was there before.
    """
    if write.kind != "mutate" or not write.paths or not ledger.sharing_names:
        return False
    reads: dict[str, list[Read]] = {}
    for read in run.reads:
        reads.setdefault(read.name, []).append(read)
    return any(
        all(read.store_only or read.path for read in own)
        and _leads_to(ledger, places, write, (name, write.name), maker)
        for name, own in reads.items()
        if (places := {place for read in own if read.store_only for place in read.places})
    )


def _leads_to(
    ledger: Ledger,
    places: Collection[str],
    write: Write,
    names: tuple[str, str],
    maker: Callable[[str], str | None],
) -> bool:
    """Whether stores at these places of the first name are, in a restart, the write to the second one."""
    for holder, origin in (names, names[::-1]):
        held = _write(ledger, maker(holder), holder)
        for share in held.shares if held is not None else ():
            if share.name != origin or not _is_of(ledger, share, ledger.cell_of(share.run), maker):
                continue
            there, here = (share.inside, share.path) if holder == names[0] else (share.path, share.inside)
            moved = {here + place[len(there) :] for place in places if covers(there, place)}
            if moved.issuperset(write.paths):
                return True
    return False


def _write(ledger: Ledger, cell: str | None, name: str) -> Write | None:
    run = ledger.latest(cell) if cell else None
    return next((write for write in run.writes if write.name == name), None) if run is not None else None

"""Runs that used an older object, in whose place there was a newer one by then.

``p`` was made of the class ``P``. The cell of ``P`` ran again, with equal code. Then a cell used both. All
digests are those of a restart, but a restart has one class there, and this run used two. A class may also
have been made anew by another cell with the same text, or by a reload of its module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Read, Run, Share, Write, related
from cellgraph.patterns import Pattern
from cellgraph.structure import is_structure

Holding = Mapping[str, tuple[Run, Write]]
_COMPARED = frozenset({"class", "instance"})
"""Kinds of objects that code tells apart by who they are. Of others it matters only that they are changed."""
_NAMED = frozenset({"class", "function"})
"""Kinds of objects that a pickle gives by their names, and that must be what is there under the name."""
_PICKLES = Pattern(
    r"\b(pickle|shelve|to_pickle|multiprocessing|Pool|ProcessPoolExecutor|joblib\.dump|torch\.save)\b"
)

_ASKED = Pattern(r"\bis\b(?!\s+(not\s+)?None\b)|\bid\(")
"""Code that asks which object it is. To other code it does not matter which of two equal ones it has."""
_SOUGHT = Pattern(r"\.(remove|index|discard|count)\(")
"""Code that looks for a function as such."""


class Older(NamedTuple):
    """A run used ``share`` through ``name`` after a later run, ``again``, had made a new object in its place.

    ``other`` is the name by which it used that new object. If the run only changed the older object,
    ``other`` is the name that has the newer one.
    """

    name: str
    other: str
    share: Share
    again: int


class Session(NamedTuple):
    """The names at one moment: who wrote each last, which run bound it, and the cell of each run."""

    holding: Holding
    bound: Mapping[str, int]
    cell: Callable[[int], str]

    def shares(self, name: str) -> tuple[Share, ...]:
        """What the value of a name has in common with others."""
        made = self.holding.get(name)
        return made[1].shares if made is not None and made[1].digest is not None else ()

    def made_again(self, share: Share) -> int | None:
        """The run of the same cell that bound the name of an object anew. None if none did."""
        again = self.replaced(share)
        return again if again is not None and self.cell(again) == self.cell(share.run) else None

    def replaced(self, share: Share) -> int | None:
        """The run of any cell that bound the name of an object to another one. None if none did."""
        again = self.bound.get(share.name)
        if again is None or again == share.run:
            return None
        return None if any(other.number == share.number for other in self.shares(share.name)) else again


def used_together(run: Run, session: Session) -> tuple[Older, ...]:
    """Where the run read an older and a newer object of the same origin. ``session``: as it began."""
    names = dict.fromkeys(read.name for read in run.reads)
    found: dict[str, Older] = {}
    changed: Mapping[str, tuple[str, ...]] | None = None
    for held in [_Held(name, share, session) for name in names for share in session.shares(name)]:
        changed = _changed(run, session) if changed is None else changed
        for older in _with_newer(run, held, names, changed):
            found.setdefault(held.name, older)
    return tuple(found.values())


class _Held(NamedTuple):
    """An object that the value of a name has in common with another name."""

    name: str
    share: Share
    session: Session

    @property
    def may_be_anywhere(self) -> bool:
        """Whether it may lie in any part: a class of which none is known, as of the objects in a frame.

        Of an instance it is the class.
        """
        if self.share.kind != "class" or self.share.inside:
            return False
        digest = self.session.holding[self.name][1].digest
        return digest is not None and not digest.users_class


def _with_newer(
    run: Run, held: _Held, names: Iterable[str], changed: Mapping[str, tuple[str, ...]]
) -> Iterator[Older]:
    name, share, session = held
    again = session.replaced(share) if share.kind == "class" else session.made_again(share)
    if again is not None and (
        (share.name not in names and share.kind in _NAMED and _pickles(run))
        or _is_used_in_module(run, session, share)
    ):
        yield Older(name, share.name, share, again)
    for other in names:
        if other == name:
            continue
        if other == share.name and again is not None and _matters(run, held, other, share.path, changed):
            yield Older(name, other, share, again)
        for newer in _newer(session, name, share, other):
            if _matters(run, held, other, newer.inside, changed):
                yield Older(name, other, share, newer.run)


def _newer(session: Session, name: str, share: Share, other: str) -> Iterator[Share]:
    """The object that another name has in place of a shared one, made by a later run of the same cell.

    A class may be another cell's, too: analysis then asks whether a restart makes it twice as well.
    """
    theirs = session.shares(other)
    if any(found.number == share.number for found in theirs):
        return
    mine = {found.number for found in session.shares(name)}
    for found in theirs:
        same = (found.name, found.path, found.kind) == (
            share.name,
            share.path,
            share.kind,
        ) and found.number not in mine
        by_any = share.kind == "class" or session.cell(found.run) == session.cell(share.run)
        if same and by_any and found.run > share.run:
            yield found


def _matters(run: Run, held: _Held, other: str, inside: str, changed: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether it makes a difference to the run that the two are not the same object."""
    name, share, _ = held
    compared = share.kind in _COMPARED or _ASKED.search(run.source) is not None
    if share.kind == "function":
        compared = compared or _SOUGHT.search(run.source) is not None or _is_key(other, run.source)
    if compared and _uses(run, held) and _takes(run, other, inside):
        return True
    return share.kind != "class" and (
        _changes(changed, name, share.inside) or _changes(changed, other, inside)
    )


def _is_used_in_module(run: Run, session: Session, share: Share) -> bool:
    """Whether functions of a module that the run calls use the class by its name in the module."""
    made = session.holding.get(share.name)
    digest = made[1].digest if made is not None else None
    if digest is None or digest.type != "module" or share.kind != "class":
        return False
    return any(read.name.is_module_global and f".{read.name.attribute}" == share.path for read in run.reads)


def _is_key(name: str, source: str) -> bool:
    """Whether a text looks for what the name holds, as such: ``d[f]``, ``d.get(f)``, ``f in d``."""
    if name not in source:
        return False
    forms = (f"[{name}]", f".get({name}", f".pop({name}", f"{name} in ", f"{name} not in ")
    return any(form in source for form in forms)


def _uses(run: Run, held: _Held) -> bool:
    """Whether a run read the part of a name's value in which a shared object lies."""
    if held.may_be_anywhere:
        return any(read.name == held.name and not read.store_only for read in run.reads)
    return _takes(run, held.name, held.share.inside)


def _takes(run: Run, name: str, inside: str) -> bool:
    """Whether a run read the part of a name's value in which the object lies."""
    return any(_covers(read, inside) for read in run.reads if read.name == name)


def _covers(read: Read, inside: str) -> bool:
    if read.store_only:
        return False
    return not read.path or is_structure(read.path) or (bool(inside) and related(inside, read.path))


def _changes(changed: Mapping[str, tuple[str, ...]], name: str, inside: str) -> bool:
    if name not in changed:
        return False
    paths = changed[name]
    return not paths or not inside or any(related(path, inside) for path in paths)


def _changed(run: Run, session: Session) -> Mapping[str, tuple[str, ...]]:
    """The names whose value a run changed in place, with the parts of it (none: perhaps all)."""
    return {write.name: write.paths for write in run.writes if _is_change(write, session)}


def _is_change(write: Write, session: Session) -> bool:
    if write.kind == "mutate":
        return write.digest is None or write.before is None or not write.before.agrees(write.digest)
    if write.kind != "bind" or not write.shares:
        return False
    # Bound to the same object again, with another value: ``xs += [1]``.
    before = {share.number for share in session.shares(write.name) if not share.inside}
    made = session.holding.get(write.name)
    same = made is not None and made[1].digest is not None and write.digest is not None
    return any(share.number in before for share in write.shares) and not (
        same and made[1].digest.agrees(write.digest)  # type: ignore[union-attr, index, arg-type]
    )


def _pickles(run: Run) -> bool:
    return _PICKLES.search(run.source) is not None or any(read.name == "pickle" for read in run.reads)


def changed_alone(run: Run, session: Session) -> tuple[Older, ...]:
    """Where the run changed an older object, and so left the new one in its place unchanged."""
    found: list[Older] = []
    for name, paths in _changed(run, session).items():
        for share in session.shares(name):
            again = session.made_again(share)
            if again is not None and share.kind != "class" and _changes({name: paths}, name, share.inside):
                found.append(Older(name, share.name, share, again))
    return tuple(found)

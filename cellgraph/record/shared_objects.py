"""Which objects several names share, and which run made each of them.

Two values may be equal and yet contain other objects: a class that was made again, an estimator in an older
pipeline. Here each object that more than one name reaches has an origin: the run and the name that it was
bound to first. Only ids are kept. Ids of objects that no name reaches any more are dropped.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import EnumMeta
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from cellgraph.digest.class_reflection import made_by_user, module_root, mro, short_name
from cellgraph.model import ObjectKind, Share
from cellgraph.names import Name
from cellgraph.record.object_index import ObjectIndex

if TYPE_CHECKING:
    from cellgraph.digest import Digester

_LOOKED_AT, _MOST = 256, 32
"""Objects that two names share: those whose kind is told, and those of which the origin is kept."""
_PARTS = 4
"""Parts of a value that are kept for one object which is in several."""
_RANK: Mapping[ObjectKind, int] = {"class": 0, "instance": 1, "function": 2, "data": 3}


class SharedObjects:
    """The origins of the objects that more than one name reaches.

    ``reached`` knows the mutable objects that the value of each name reached at the last look, ``bound_by``
    the run that bound each name last. Both are brought up to date by their owner, who calls ``leave`` with
    what a name reaches no more.
    """

    def __init__(self, reached: ObjectIndex, bound_by: Mapping[str, int]) -> None:
        self._reached = reached
        self._origins: dict[int, Share] = {}
        self._bound_by = bound_by
        self.left: set[int] = set()
        """Objects that names ceased to reach and that have an origin: looked at when the run is over."""
        self._count = 0

    def leave(self, ids: frozenset[int]) -> None:
        """A name does not reach these objects any more."""
        if self._origins and ids:
            self.left.update(self._origins.keys() & ids)

    def after(
        self,
        run: int,
        written: Sequence[str],
        namespace: Mapping[str, Any],
        digester: Digester,
    ) -> Mapping[str, tuple[Share, ...]]:
        """What the names that a run has ``written`` share with others. Each of them holds objects."""
        self._forget_the_dead()
        self._find_new(written, namespace, digester)
        if not self._origins:
            return {}
        found = {name: self._shares(name, namespace, digester) for name in written}
        return {name: shares for name, shares in found.items() if shares}

    def _forget_the_dead(self) -> None:
        for key in self.left:
            if not self._reached.is_held(key):
                self._origins.pop(key, None)
        self.left.clear()

    def _find_new(self, written: Sequence[str], namespace: Mapping[str, Any], digester: Digester) -> None:
        """Give an origin to each object that a written name shares with another name."""
        rank = {name: place for place, name in enumerate(written)}
        made: dict[str, list[int]] = {}
        for name in rank:
            shared = self._reached.shared(self._reached.ids(name)).difference(self._origins)
            for holders, keys in self._reached.by_holders(shared).items():
                if (maker := self._first_holder(holders, rank)) is not None and maker != name:
                    made.setdefault(maker, []).extend(keys)
        for name, keys in made.items():
            mine = list(dict.fromkeys(keys))
            if copies_on_write(held := namespace.get(name)):
                mine = [key for key in mine if key == id(held)]
            self._note(self._bound_by[name], name, mine[:_LOOKED_AT], namespace, digester)

    def _first_holder(self, reaching: Sequence[str], rank: Mapping[str, int]) -> str | None:
        """Of the names that reach an object the one that had it first, among those that a run bound.

        None where there is none. A name that the run left alone had the object before one that it wrote.
        ``rank``: the names that the run wrote, in their order.
        """
        holders = [name for name in reaching if name in self._bound_by]
        before = next((name for name in holders if name not in rank), None)
        return before if before is not None else min(holders, key=rank.__getitem__, default=None)

    def _note(
        self, run: int, name: str, keys: list[int], namespace: Mapping[str, Any], digester: Digester
    ) -> None:
        kinds = {key: kind for key in keys if (kind := _kind(digester.visited(key))) is not None}
        chosen = sorted(kinds, key=lambda key: _RANK[kinds[key]])[:_MOST]
        paths = digester.parts_with(namespace.get(name), chosen) if chosen else {}
        for key in chosen:
            self._count += 1
            path, *_ = paths.get(key, ("",))
            self._origins[key] = Share(self._count, run, Name(name), path, kinds[key])

    def _shares(self, name: str, namespace: Mapping[str, Any], digester: Digester) -> tuple[Share, ...]:
        known = self._origins.keys() & self._reached.ids(name)
        mine = {share.number: key for key in known if not self._is_own(name, share := self._origins[key])}
        if not mine:
            return ()
        paths = digester.parts_with(namespace.get(name), [*mine.values()])
        found: dict[tuple[int, str, str, str], Share] = {}
        for share in sorted((self._origins[key] for key in mine.values()), key=_rank):
            for inside in _told(paths.get(mine[share.number], ("",)), share):
                held = replace(share, inside=inside)
                found.setdefault((held.run, held.name, held.path, inside), held)
        return tuple(found.values())

    def _is_own(self, name: str, origin: Share) -> bool:
        return origin.name == name and self._bound_by.get(name) == origin.run


def _told(paths: tuple[str, ...], share: Share) -> tuple[str, ...]:
    """The parts of a value in which an object is, as they are kept: of a class that is in many, the value."""
    if len(paths) <= _PARTS:
        return paths
    return ("",) if share.kind == "class" else paths[:_PARTS]


def _rank(share: Share) -> tuple[int, int]:
    return (_RANK[share.kind], share.number)


def copies_on_write(value: object) -> bool:
    """Whether it is a frame or a column of pandas 3: no name sees changes made through another."""
    if module_root(type(value)) != "pandas":
        return False
    return str(getattr(sys.modules.get("pandas"), "__version__", "")).partition(".")[0] >= "3"


def _kind(value: object) -> ObjectKind | None:
    """The kind of an object. None for a module, which is the same however often it is imported."""
    cls = type(value)
    if issubclass(cls, ModuleType):
        return None
    if issubclass(cls, type):
        return "class" if made_by_user(value) else None  # type: ignore[arg-type]
    if cls is FunctionType or cls is MethodType:
        return "function"
    if module_root(cls) == "pandas" and "Index" in map(short_name, mro(cls)):
        return None  # it is immutable
    if issubclass(type(cls), EnumMeta) and issubclass(cls, (int, str)):
        return "data"  # what it equals goes by its value
    return "instance" if made_by_user(cls) or _is_told_apart(cls) else "data"


def _is_told_apart(cls: type) -> bool:
    """Whether all that counts about an instance is which one it is: ``MISSING = object()``."""
    return cls is object or (short_name(cls) == "NewType" and module_root(cls) == "typing")

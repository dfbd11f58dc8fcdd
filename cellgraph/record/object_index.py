"""Which names reach which mutable objects: looked up by the object, whatever number of names there is.

Only ids are kept. Every step costs what the objects in question cost, and nothing for the other names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Any

_NONE: frozenset[int] = frozenset()
_FEW = 8
"""Names that are kept as a tuple, which many objects have in common."""

Names = tuple[str, ...]


class ObjectIndex:
    """The ids that each name reaches, and the names that reach each id.

    Most objects are reached by one name: that name is kept by itself. Where there are several, they are kept
    in the order in which they came to reach the object. Two names may share thousands of objects, and mostly
    the same names share them all: so what changes is worked out once for each group of names, and the rest
    is done in C.
    """

    def __init__(self) -> None:
        self._ids: dict[str, frozenset[int]] = {}
        self._single: dict[int, str] = {}
        self._several: dict[int, Names] = {}
        self._many: dict[int, dict[str, None]] = {}

    def __contains__(self, name: str) -> bool:
        """Whether a name reaches any mutable object."""
        return name in self._ids

    def ids(self, name: str) -> frozenset[int]:
        """The ids of the objects that a name reaches."""
        return self._ids.get(name, _NONE)

    def put(self, name: str, ids: frozenset[int]) -> frozenset[int]:
        """Let a name reach these objects and no others. Gives those that it does not reach any more."""
        before = self._ids.get(name, _NONE)
        if ids is before:
            return _NONE
        gone, fresh = before - ids, ids - before
        if ids:
            self._ids[name] = ids
        else:
            self._ids.pop(name, None)
        if gone:
            self._leave(name, gone)
        if fresh:
            self._enter(name, fresh)
        return gone

    def is_held(self, key: int) -> bool:
        """Whether any name reaches the object."""
        return key in self._single or key in self._several or key in self._many

    def shared(self, ids: frozenset[int]) -> frozenset[int]:
        """Those of the objects that several names reach."""
        return frozenset(ids & self._several.keys()).union(ids & self._many.keys())

    def by_holders(self, ids: Collection[int]) -> dict[Names, list[int]]:
        """Objects that several names reach, by these names: the one first that has reached them longest."""
        few = ids & self._several.keys()
        groups = set(map(self._several.__getitem__, few))
        found: dict[Names, list[int]] = {names: [] for names in groups}
        if len(groups) == 1:
            found[groups.pop()] += few
        else:
            for key in few:
                found[self._several[key]].append(key)
        for key in ids & self._many.keys():
            found.setdefault(tuple(self._many[key]), []).append(key)
        return found

    def reaching(self, ids: frozenset[int], apart_from: Collection[str] = ()) -> list[str]:
        """The names that reach any of the objects, in alphabetical order."""
        found = set(map(self._single.__getitem__, ids & self._single.keys()))
        found.update(*set(map(self._several.__getitem__, ids & self._several.keys())))
        found.update(*map(self._many.__getitem__, ids & self._many.keys()))
        return sorted(found.difference(apart_from))

    def _enter(self, name: str, ids: frozenset[int]) -> None:
        many, several = ids & self._many.keys(), ids & self._several.keys()
        second = ids & self._single.keys()
        for key in many:
            self._many[key][name] = None
        for key in self._regroup(several, lambda names: (*names, name), lambda names: len(names) > _FEW):
            self._many[key] = dict.fromkeys(self._several.pop(key))
        if second:
            pairs = {first: (first, name) for first in set(map(self._single.__getitem__, second))}
            held = map(pairs.__getitem__, map(self._single.__getitem__, second))
            self._several.update(zip(second, held, strict=True))
            _drop(self._single, second)
        rest = ids - many - several - second if many or several or second else ids
        self._single.update(dict.fromkeys(rest, name))

    def _leave(self, name: str, ids: frozenset[int]) -> None:
        _drop(self._single, ids & self._single.keys())
        several, many = ids & self._several.keys(), ids & self._many.keys()
        for key in many:
            del self._many[key][name]
            if len(self._many[key]) <= _FEW:
                self._several[key] = tuple(self._many.pop(key))
        alone = self._regroup(several, lambda names: tuple(n for n in names if n != name), _is_alone)
        if alone:
            firsts = {names: names[0] for names in set(map(self._several.__getitem__, alone))}
            held = map(firsts.__getitem__, map(self._several.__getitem__, alone))
            self._single.update(zip(alone, held, strict=True))
            _drop(self._several, alone)

    def _regroup(
        self, ids: Collection[int], anew: Callable[[Names], Names], is_other: Callable[[Names], bool]
    ) -> list[int]:
        """Give these objects other names. Gives those whose names are of another kind then."""
        if not ids:
            return []
        groups = {names: anew(names) for names in set(map(self._several.__getitem__, ids))}
        held = map(groups.__getitem__, map(self._several.__getitem__, ids))
        self._several.update(zip(ids, held, strict=True))
        if not any(map(is_other, groups.values())):
            return []
        return [key for key in ids if is_other(self._several[key])]


def _is_alone(names: Names) -> bool:
    return len(names) == 1


def _drop(held: dict[int, Any], keys: Iterable[int]) -> None:
    deque(map(held.__delitem__, keys), maxlen=0)

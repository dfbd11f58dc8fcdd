"""Which names reach which mutable objects: looked up by the object, whatever number of names there is.

Only ids are kept. Every step costs what the objects in question cost, and nothing for the other names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

_NONE: frozenset[int] = frozenset()


class ObjectIndex:
    """The ids that each name reaches, and the names that reach each id.

    Most objects are reached by one name: that name is kept by itself. Where there are several, they are kept
    in the order in which they came to reach the object.
    """

    def __init__(self) -> None:
        self._ids: dict[str, frozenset[int]] = {}
        self._single: dict[int, str] = {}
        self._several: dict[int, dict[str, None]] = {}

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
        self._leave(name, gone)
        self._enter(name, fresh)
        return gone

    def is_held(self, key: int) -> bool:
        """Whether any name reaches the object."""
        return key in self._single or key in self._several

    def shared(self, ids: frozenset[int]) -> frozenset[int]:
        """Those of the objects that several names reach."""
        return frozenset(ids & self._several.keys())

    def holders(self, key: int) -> Collection[str]:
        """The names that reach an object, the one first that has reached it for longest."""
        if (several := self._several.get(key)) is not None:
            return several.keys()
        return (self._single[key],) if key in self._single else ()

    def reaching(self, ids: frozenset[int], apart_from: Collection[str] = ()) -> list[str]:
        """The names that reach any of the objects, in alphabetical order."""
        found = {self._single[key] for key in ids & self._single.keys()}
        found.update(*(self._several[key] for key in ids & self._several.keys()))
        return sorted(found.difference(apart_from))

    def _enter(self, name: str, ids: frozenset[int]) -> None:
        several = ids & self._several.keys()
        for key in several:
            self._several[key][name] = None
        second = ids & self._single.keys()
        for key in second:
            self._several[key] = {self._single.pop(key): None, name: None}
        rest = ids - several - second if several or second else ids
        # In C: a value may reach thousands of objects.
        self._single.update(dict.fromkeys(rest, name))

    def _leave(self, name: str, ids: Iterable[int]) -> None:
        for key in ids:
            if (holders := self._several.get(key)) is None:
                del self._single[key]
                continue
            del holders[name]
            if len(holders) == 1:
                (self._single[key],) = holders
                del self._several[key]

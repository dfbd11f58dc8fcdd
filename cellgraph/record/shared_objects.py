"""Which objects several names hold, and which run made each of them.

Two values may be equal and yet be made of other objects: a class that was made again, an estimator in an
older pipeline. Here each object that more than one name reaches gets an origin, the run and the name that it
was bound to first. Only ids are kept, and those of an object that no name reaches any more are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import FunctionType, MethodType, ModuleType
from typing import Any

from cellgraph.digest import Digester
from cellgraph.digest.class_reflection import made_by_user
from cellgraph.model import ObjectKind, Share
from cellgraph.names import Name

_MOST = 32
"""Objects that two names share of which the origin is told. One is enough to know that they do."""


class SharedObjects:
    """The origins of the objects that more than one name reaches.

    ``reached`` holds, for each name, the ids of the mutable objects that its value reached at the last look.
    It is brought up to date by its owner, who calls ``leave`` with what a name reached before.
    """

    def __init__(self, reached: Mapping[str, frozenset[int]]) -> None:
        self._reached = reached
        self._origins: dict[int, Share] = {}
        self._bound_by: dict[str, int] = {}
        self._left: set[int] = set()

    def leave(self, ids: frozenset[int]) -> None:
        """A name does not hold what it held."""
        if self._origins:
            self._left.update(self._origins.keys() & ids)

    def after(
        self,
        run: int,
        bound: Sequence[str],
        changed: Sequence[str],
        namespace: Mapping[str, Any],
        digester: Digester,
    ) -> Mapping[str, tuple[Share, ...]]:
        """What each name that a run wrote has in common with others. ``bound``: in the order of the stores."""
        self._forget_the_dead()
        self._bound_by |= dict.fromkeys(bound, run)
        written = [name for name in (*bound, *changed) if name in self._reached]
        if not written:
            return {}
        self._find_new(written, namespace, digester)
        if not self._origins:
            return {}
        found = {name: self._shares(name, namespace, digester) for name in written}
        return {name: shares for name, shares in found.items() if shares}

    def _forget_the_dead(self) -> None:
        for key in self._left:
            if not any(key in ids for ids in self._reached.values()):
                self._origins.pop(key, None)
        self._left.clear()

    def _find_new(self, written: Sequence[str], namespace: Mapping[str, Any], digester: Digester) -> None:
        """Give an origin to each object that a written name has in common with another."""
        fresh = {name: self._reached[name] - self._origins.keys() for name in written}
        every: frozenset[int] = frozenset().union(*fresh.values())
        if not every:
            return
        rest = [n for n, ids in self._reached.items() if n not in fresh and not ids.isdisjoint(every)]
        # A name that the run left alone had the object before one that it wrote.
        holders = [*rest, *written]
        for place, name in enumerate(holders):
            maker = self._bound_by.get(name)
            if maker is None or (not rest and len(written) == 1):
                continue
            common = self._reached[name] & every - self._origins.keys()
            later = holders[max(place + 1, len(rest)) :]
            mine = [key for key in common if any(key in self._reached[other] for other in later)]
            self._note(maker, name, list(islice(mine, _MOST)), namespace, digester)

    def _note(
        self, run: int, name: str, keys: list[int], namespace: Mapping[str, Any], digester: Digester
    ) -> None:
        paths = digester.parts_with(namespace.get(name), keys) if keys else {}
        for key in keys:
            kind = _kind(digester.visited(key))
            if kind is not None:
                self._origins[key] = Share(run, Name(name), paths.get(key, ""), kind)

    def _shares(self, name: str, namespace: Mapping[str, Any], digester: Digester) -> tuple[Share, ...]:
        known = self._origins.keys() & self._reached[name]
        mine = [key for key in known if not self._is_own(name, self._origins[key])]
        if not mine:
            return ()
        paths = digester.parts_with(namespace.get(name), mine)
        found = {replace(self._origins[key], inside=paths.get(key, "")) for key in mine}
        return tuple(sorted(found, key=lambda share: (share.key, share.inside)))

    def _is_own(self, name: str, origin: Share) -> bool:
        return origin.name == name and self._bound_by.get(name) == origin.run


def _kind(value: object) -> ObjectKind | None:
    """What an object is; None for a module, which is the same however often it is imported."""
    cls = type(value)
    if issubclass(cls, ModuleType):
        return None
    if issubclass(cls, type):
        return "class" if made_by_user(value) else None  # type: ignore[arg-type]
    if cls is FunctionType or cls is MethodType:
        return "function"
    return "instance" if made_by_user(cls) else "data"

"""Which parts of an object a run accessed by calling methods, and using properties, of a class of the user's.

``m.score()`` reads of ``m`` what the code of ``score`` reads of it, and of the methods that it calls in turn.
"""

from __future__ import annotations

from types import FunctionType

from cellgraph.code.part_paths import attribute_path
from cellgraph.code.self_accesses import SelfAccess, self_accesses
from cellgraph.digest.class_reflection import made_by_user, member, module_name, mro, namespace
from cellgraph.model import Digest
from cellgraph.patterns import Pattern
from cellgraph.trace.tracing_backend import Sites

_FIRST = Pattern(r"\.(\w+)")
_CLASS = attribute_path("__class__")
_OWN_WAYS = frozenset({"__getattribute__", "__getattr__", "__setattr__", "__delattr__"})
"""Methods by which a class decides itself what becomes of an attribute."""
_METHODS = (FunctionType, property, staticmethod, classmethod)


def opened(sites: Sites, value: object, before: Digest) -> Sites:
    """The places at which a run accessed an object, with those in its methods in their stead.

    ``before`` is the digest of the object. The places are returned as they are if its class is not plain, or
    if a method may access anything.
    """
    if not before.users_class:
        return sites
    cls = type(value)
    found = _Walk(cls, frozenset(path for path, _ in before.parts))
    return found.sites if any(_is_method(cls, path) for path, _ in sites) and found.add(sites) else sites


def _is_method(cls: type, path: str) -> bool:
    first = _FIRST.match(path)
    return first is not None and type(member(cls, first[1])) in _METHODS


def _is_plain(cls: type) -> bool:
    """Whether a class is made of the user's classes alone, which leave lookups of attributes to Python."""
    return all(
        (made_by_user(base) and _OWN_WAYS.isdisjoint(namespace(base)))
        or base is object
        or module_name(base) in ("abc", "typing")
        for base in mro(cls)
    )


class _Walk:
    """Follows methods into the methods that they call."""

    def __init__(self, cls: type, parts: frozenset[str]) -> None:
        self._cls = cls
        self._parts = parts
        self._found: set[SelfAccess] = set()
        self._seen: set[tuple[str, bool]] = set()

    @property
    def sites(self) -> Sites:
        """What has been found. Which methods a class has is part of it."""
        return frozenset({*self._found, (_CLASS, False)})

    def add(self, accesses: Sites) -> bool:
        """Add accesses, and those behind them. False if they may be of anything."""
        return _is_plain(self._cls) and all(self._add(path, store_only) for path, store_only in accesses)

    def _add(self, path: str, store_only: bool) -> bool:
        first = _FIRST.match(path)
        if first is None or (first[1].startswith("__") and first[1] != "__class__"):
            return False
        found = member(self._cls, first[1])
        kind = type(found)
        if kind is not property and attribute_path(first[1]) in self._parts:
            self._found.add((path, store_only))
            return True
        if kind is FunctionType and not store_only:
            return self._enter(first[1], found, store_only)
        if kind is property:
            stored = store_only and path == attribute_path(first[1])
            return self._enter(first[1], found.fset if stored else found.fget, stored)  # type: ignore[attr-defined]
        if kind is staticmethod or kind is classmethod:
            return not store_only
        self._found.add((path, store_only))
        return store_only and found is None

    def _enter(self, name: str, function: object, store_only: bool) -> bool:
        if (name, store_only) in self._seen:
            return True
        self._seen.add((name, store_only))
        if type(function) is not FunctionType:
            return False
        accesses = self_accesses(function.__code__)
        return accesses is not None and all(self._add(*each) for each in sorted(accesses))

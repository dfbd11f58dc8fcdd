"""Iterators of the language and of ``itertools``: what they go over, and how far they have come.

Nothing is taken from them. ``__length_hint__`` and ``__reduce__`` of the builtin iterators run no code
of the user's. Those of ``itertools`` warn or are gone, so there the garbage collector says what an
iterator holds; where it does not hold its place, the iterator is opaque and its parts are evidence.
"""

from __future__ import annotations

import gc
import itertools
import sys
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.registry import handles, handles_named
from cellgraph.digest.traversal import Walk

USED_UP = "used up"
ITERATOR = "iterator"


def _types(*values: Iterable[Any]) -> set[type]:
    return {type(value) for value in values}


_OVER_MAPPINGS = _types(
    *(iter({}.keys()), iter({}.values()), iter({}.items())),
    *(reversed({}.keys()), reversed({}.values()), reversed({}.items())),
)
_COUNTED = _OVER_MAPPINGS | _types(
    *(iter([]), iter(()), iter(""), iter("\xe9"), iter(b""), iter(bytearray()), iter(set())),
    *(reversed([]), iter(deque()), reversed(deque())),
)
_REBUILT = _types(
    *(iter(range(1)), iter(range(1 << 70)), reversed(()), iter(type("_", (), {"__getitem__": len})())),
    *(map(len, ()), filter(None, ()), zip(), enumerate(()), iter(int, 1)),
)
_WHOLE = _types(
    *(itertools.chain(), itertools.accumulate(()), itertools.compress((), ())),
    *(itertools.dropwhile(len, ()), itertools.takewhile(len, ()), itertools.filterfalse(None, ())),
    *(itertools.starmap(len, ()), itertools.groupby(()), itertools.product()),
)
_SIZED = _types(
    itertools.permutations(()), itertools.combinations((), 0), itertools.combinations_with_replacement((), 0)
)
_PARTLY = _types(itertools.islice((), 0), itertools.cycle(()), itertools.tee(())[0], iter(memoryview(b"")))
if sys.version_info >= (3, 12):
    _PARTLY |= _types(itertools.batched((), 1))


def _method(value: object, name: str) -> Any:
    """What a method of the value's own type gives, past any that a subclass defines."""
    return class_reflection.namespace(type(value))[name](value)


def _left(value: Any) -> str:
    count = _method(value, "__length_hint__")
    return f"{count} left" if count else USED_UP


def _is_iterator(value: Any) -> str:
    return ITERATOR


@handles(*_COUNTED, size=_left)
def _counted(value: Any, walk: Walk) -> bytes:
    """What it goes over, and how much of that is left."""
    walk.note(value)
    over = gc.get_referents(value)
    if type(value) in _OVER_MAPPINGS:
        over = [held for held in over if issubclass(type(held), dict)]  # not the pair it hands out
    return b"%d:" % _method(value, "__length_hint__") + walk.sequence(_apart_from_type(over, value))


@handles_named("array", "arrayiterator", size=_is_iterator)
@handles(*_REBUILT, size=_is_iterator)
def _rebuilt(value: Any, walk: Walk) -> bytes:
    """What would rebuild it as it stands."""
    walk.note(value)
    return walk.sequence(list(_method(value, "__reduce__")[1:]))


@handles(itertools.repeat, size=_is_iterator)
def _repeat(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    try:
        left = _method(value, "__length_hint__")
    except TypeError:  # it never ends
        left = None
    return walk.visit(left) + walk.sequence(_held(value))


@handles(itertools.count, size=_is_iterator)
def _count(value: Any, walk: Walk) -> bytes:
    """Where a plain number stands is told by its text alone; of another it would be the user's code."""
    walk.note(value)
    held = _held(value)
    if all(type(number) in (int, float) for number in held):
        return walk.visit(_method(value, "__repr__"))
    return walk.sequence(held)


@handles(*_WHOLE, size=_is_iterator)
def _whole(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    return walk.sequence(_held(value))


@handles(itertools.pairwise, size=_is_iterator)
def _pairwise(value: Any, walk: Walk) -> bytes:
    """The pair that it hands out is left out: it holds another one while that is in use."""
    walk.note(value)
    held = _held(value)
    return walk.sequence(held[:-1] if sys.version_info >= (3, 13) else held)


@handles(itertools.zip_longest, size=_is_iterator)
def _zip_longest(value: Any, walk: Walk) -> bytes:
    """Its tuple of iterators has gaps where one has ended, and must not be touched as a tuple."""
    walk.note(value)
    iterators, _, filled = _held(value)
    return walk.sequence([*gc.get_referents(iterators), filled])


@handles(*_SIZED, size=_is_iterator)
def _sized(value: Any, walk: Walk) -> bytes:
    """The pool and the last result; how long results are shows in how much memory it takes."""
    walk.note(value)
    return b"%d:" % _method(value, "__sizeof__") + walk.sequence(_held(value))


@handles(*_PARTLY, size=_is_iterator)
def _partly(value: Any, walk: Walk) -> bytes:
    return walk.mark_opaque(value) + walk.sequence(_held(value))


@handles(type(iter(OrderedDict())), size=_is_iterator)
def _over_ordered(value: Any, walk: Walk) -> bytes:
    """The mapping and the key that comes next; not the pair that it hands out."""
    walk.note(value)
    return walk.sequence(_held(value)[:2])


@handles(type(gc.get_referents(itertools.tee(())[0])[-1]))
def _tee_data(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    return walk.sequence(_held(value))


def _held(value: object) -> list[Any]:
    return _apart_from_type(gc.get_referents(value), value)


def _apart_from_type(held: list[Any], value: object) -> list[Any]:
    """From some version on an iterator's type is one of the objects that it refers to."""
    return [part for part in held if part is not type(value)]

"""Iterators, generators and coroutines: what they iterate over or run, and how far they have come.

No element is taken. ``__length_hint__`` and ``__reduce__`` of the builtin iterators run no code of the
user's. Those of ``itertools`` are deprecated or gone, so the garbage collector says which objects such an
iterator refers to. Where that does not include its position, the iterator is opaque and its parts are
evidence of change. A generator's variables are read in the same way: its frame's ``f_locals`` would copy them
into a dict that keeps them alive for as long as the generator lives.
"""

from __future__ import annotations

import gc
import itertools
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from cellgraph.code.instructions import operation
from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_elements
from cellgraph.digest.protocol import ITERATOR, Walk
from cellgraph.digest.registry import digests

USED_UP = "used up"


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
    """Return the result of a method as the value's own type defines it, past any that a subclass defines."""
    return class_reflection.namespace(type(value))[name](value)


def _held(value: object) -> list[Any]:
    return _apart_from_type(gc.get_referents(value), value)


def _apart_from_type(held: list[Any], value: object) -> list[Any]:
    """The objects that an iterator refers to, without its type, which newer Python versions include."""
    return [part for part in held if part is not type(value)]


def _left(value: Any) -> str:
    count = _method(value, "__length_hint__")
    return f"{count} left" if count else USED_UP


def _is_iterator(value: Any) -> str:
    return ITERATOR


@digests(*_COUNTED, mutable=True, size=_left)
def _counted(value: Any, walk: Walk) -> bytes:
    """What it iterates over, and how many elements are left."""
    over = gc.get_referents(value)
    if type(value) in _OVER_MAPPINGS:
        over = [held for held in over if issubclass(type(held), dict)]  # without the pair that it returns
    return b"%d:" % _method(value, "__length_hint__") + walk.sequence(_apart_from_type(over, value))


# The arguments that would rebuild it in its present state.
digests("array.arrayiterator", *_REBUILT, mutable=True, size=_is_iterator)(
    by_elements(lambda value: list(_method(value, "__reduce__")[1:]))
)


@digests(itertools.repeat, mutable=True, size=_is_iterator)
def _repeat(value: Any, walk: Walk) -> bytes:
    try:
        left = _method(value, "__length_hint__")
    except TypeError:  # it is endless
        left = None
    return walk.visit(left) + walk.sequence(_held(value))


@digests(itertools.count, mutable=True, size=_is_iterator)
def _count(value: Any, walk: Walk) -> bytes:
    """The start and step of ``itertools.count``, if they are plain numbers.

    The text of any other type would run user code.
    """
    held = _held(value)
    if all(type(number) in (int, float) for number in held):
        return walk.visit(_method(value, "__repr__"))
    return walk.sequence(held)


digests(*_WHOLE, mutable=True, size=_is_iterator)(by_elements(_held))


@digests(itertools.pairwise, mutable=True, size=_is_iterator)
def _pairwise(value: Any, walk: Walk) -> bytes:
    """The pair that it returns is left out: while that is in use the iterator holds another one."""
    held = _held(value)
    return walk.sequence(held[:-1] if sys.version_info >= (3, 13) else held)


@digests(itertools.zip_longest, mutable=True, size=_is_iterator)
def _zip_longest(value: Any, walk: Walk) -> bytes:
    """Its tuple of iterators has null entries where one has ended, and must not be read as a tuple."""
    iterators, _, filled = _held(value)
    return walk.sequence([*gc.get_referents(iterators), filled])


@digests(*_SIZED, mutable=True, size=_is_iterator)
def _sized(value: Any, walk: Walk) -> bytes:
    """The pool and the last result. The length of results shows in the size of the object in memory."""
    return b"%d:" % _method(value, "__sizeof__") + walk.sequence(_held(value))


@digests(*_PARTLY, size=_is_iterator)
def _partly(value: Any, walk: Walk) -> bytes:
    return walk.mark_opaque(value) + walk.sequence(_held(value))


# The mapping and the next key, without the pair that it returns.
digests(type(iter(OrderedDict())), mutable=True, size=_is_iterator)(
    by_elements(lambda value: _held(value)[:2])
)


digests(type(gc.get_referents(itertools.tee(())[0])[-1]), mutable=True)(by_elements(_held))


_FOR_ITER = operation("FOR_ITER")
_PREFIXES = {types.GeneratorType: "gi", types.CoroutineType: "cr", types.AsyncGeneratorType: "ag"}


def _part(value: Any, name: str) -> Any:
    return getattr(value, f"{_PREFIXES[type(value)]}_{name}", None)


def _progress(value: Any) -> str:
    if _part(value, "frame") is None:
        return USED_UP
    return "under way" if _part(value, "suspended") else "not started"


@digests(*_PREFIXES, size=_progress, mutable=True)
def _generator(value: Any, walk: Walk) -> bytes:
    """Code, position and variables.

    A generator that is running at the moment has no position and is opaque.
    """
    if _part(value, "running"):
        return walk.mark_opaque(value)
    frame, code = _part(value, "frame"), _part(value, "code")
    if frame is None:
        return walk.visit(code) + USED_UP.encode()
    content = walk.visit(code) + b"%d:" % frame.f_lasti + walk.sequence(_variables(value, code))
    # From Python 3.15 on a loop over a list keeps its place where nothing can look.
    hidden = (
        sys.version_info >= (3, 15) and _FOR_ITER in code.co_code[::2] and _progress(value) == "under way"
    )
    return content + walk.mark_opaque(value) if hidden else content


def _variables(value: Any, code: types.CodeType) -> list[Any]:
    """The values of a frame, without those that belong to the generator itself: names, code, function."""
    held = [part for part in gc.get_referents(value) if not _is_machinery(part, code)]
    names = [type(value).__dict__[name].__get__(value) for name in ("__name__", "__qualname__")]
    while held and names and held[0] is names[0]:
        del held[0], names[0]
    return held


def _is_machinery(part: Any, code: types.CodeType) -> bool:
    if type(part) is types.FunctionType:
        return part.__code__ is code
    return type(part) is types.FrameType or part is code

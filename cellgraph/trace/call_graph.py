"""Which globals a call of a value may access: those of all the user's functions that it can reach.

This is for Python 3.11, where calls cannot be observed. A value reaches a function by being one, by its
class, or by containing one. Nothing of the user's is run to find out.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from operator import attrgetter, is_
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from cellgraph.code.bytecode import LOAD, MAYBE, STORE, Access, accesses
from cellgraph.code.instructions import nested
from cellgraph.digest.class_reflection import (
    instance_dict_getter,
    is_library_function,
    is_library_global,
    made_by_user,
    mro,
    namespace,
)
from cellgraph.digest.code_origin import globals_of, is_users

_ITEMS = 64
"""Items of one container that are looked at: functions are kept in small tables."""
_VALUES = 4096
"""Values that are looked at in all, from one name."""


def reached(value: object, globals_: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The globals that calling ``value`` may load (or delete), and those that it may bind."""
    loads: set[str] = set()
    stores: set[str] = set()
    for code in codes(value, globals_):
        for name, kind in _touched(code):
            (stores if kind == STORE else loads).add(name)
    return loads, stores


def codes(value: object, globals_: Mapping[str, Any]) -> Iterator[CodeType]:
    """The code of all the user's functions that a value reaches."""
    for found in _led_to(value, partial(is_, globals_)):
        if type(found) is FunctionType and found.__globals__ is globals_:
            yield found.__code__


def accessed_globals(
    value: object, is_followed: Callable[[Mapping[str, Any]], bool]
) -> Iterator[tuple[Mapping[str, Any], str, bool]]:
    """The globals that calling a value may access in several modules.

    Each with the names of its module, and whether it is read: not where it is only bound or stored into.
    ``is_followed`` tells whether a function with these globals is looked into.
    """
    for found in _led_to(value, is_followed):
        if type(found) is FunctionType and is_followed(found.__globals__):
            for access in _accesses(found.__code__):
                yield found.__globals__, access.name, access.kind != STORE and not access.store_only


def remembers(value: object, globals_: Mapping[str, Any]) -> bool:
    """Whether a value leads to the user's functions through an object of a library's.

    That may keep what they gave (``lru_cache``, ``cached_property``), so that they do not run again.
    """
    count = 0
    for found in _led_to(value, partial(is_, globals_), _is_no_object_of_a_library):
        count += 1
        if not _is_no_object_of_a_library(found) and any(True for _ in codes(found, globals_)):
            return True
    return count >= _VALUES


def _led_to(
    value: object,
    is_followed: Callable[[Mapping[str, Any]], bool],
    is_entered: Callable[[object], bool] | None = None,
) -> Iterator[object]:
    """A value and what it leads to, ``_VALUES`` at most.

    The globals of functions are followed where ``is_followed`` says so of these globals.
    What ``is_entered`` refuses is given as well, but not what that holds.
    """
    # The values themselves are kept for the length of this walk: an id alone could be reused.
    seen: dict[int, object] = {}
    waiting = [value]
    while waiting and len(seen) < _VALUES:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen[id(current)] = current
        yield current
        if is_entered is not None and not is_entered(current):
            continue
        if type(current) is FunctionType and is_followed(current.__globals__):
            waiting += [current.__globals__.get(name) for name, _ in _touched(current.__code__)]
        waiting += _held(current)


def _is_no_object_of_a_library(value: object) -> bool:
    kind = type(value)
    return id(kind) in _HOLDERS or issubclass(kind, type) or made_by_user(kind)


def _touched(code: CodeType) -> Iterator[tuple[str, str]]:
    return ((access.name, access.kind) for access in _accesses(code))


def _found(code: CodeType) -> Iterator[Access]:
    """The accesses of a code and of those in it."""
    for inner in nested(code):
        for access in accesses(inner).values():
            if inner is code or access.kind in (LOAD, MAYBE) or not access.local_first:
                yield access


def _accesses(code: CodeType) -> tuple[Access, ...]:
    """The accesses of a code and of those in it, which are remembered for codes that live."""
    key = id(code)
    known = _KNOWN.get(key)
    if known is not None and known[0]() is code:
        return known[1]
    found = tuple(_found(code))
    if len(_KNOWN) >= _MOST:  # by hand: a function that is told of freed code could be interrupted
        for gone in [each for each, (held, _) in list(_KNOWN.items()) if held() is None]:
            _KNOWN.pop(gone, None)
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
    _KNOWN[key] = weakref.ref(code), found
    return found


_MOST = 2048
"""So many codes are remembered with their accesses."""
_KNOWN: dict[int, tuple[weakref.ref[CodeType], tuple[Access, ...]]] = {}
"""By the id of a code: two equal ones are two, and neither is kept alive."""


def _held(value: object) -> Iterable[object]:
    """What a value holds that may be called when it is."""
    if _is_of_a_library(value):
        return ()
    holder = _HOLDERS.get(id(type(value)))
    return holder(value) if holder is not None else (*_attributes(value), *_members(value))


def _is_of_a_library(value: object) -> bool:
    """Whether it is a library's own, by its name: nothing in it refers back to the notebook."""
    if type(value) is ModuleType:
        return not is_users(globals_of(value))
    if type(value) is FunctionType:  # an object of functools may contain functions that the user registered
        return dict.get(value.__globals__, "__name__") != "functools" and is_library_function(value)
    return issubclass(type(value), type) and is_library_global(value)  # type: ignore[arg-type]


def _items(values: Iterable[object]) -> Iterable[object]:
    return islice(values, _ITEMS)


def _of_function(function: FunctionType) -> Iterable[object]:
    return (*_closed_over(function), *_items(function.__dict__.values()))


def _closed_over(function: FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an empty cell: the function around it has not bound the name yet
            continue


def _attributes(value: object) -> Iterable[object]:
    """What an instance holds, and what a wrapper wraps: ``__wrapped__`` is an attribute like others."""
    kind = type(value)
    getter = None if issubclass(kind, type) else instance_dict_getter(kind)
    held = getter(value) if getter is not None else None
    return _items(held.values()) if type(held) is dict else ()


def _members(value: object) -> Iterator[object]:
    kind = type(value)
    for cls in mro(value if issubclass(kind, type) else kind):  # type: ignore[arg-type]
        if made_by_user(cls):
            yield from list(namespace(cls).values())


_BY_TYPE: Mapping[type, Callable[[Any], Iterable[object]]] = {
    FunctionType: _of_function,
    MethodType: attrgetter("__func__", "__self__"),
    staticmethod: lambda value: (value.__func__,),
    classmethod: lambda value: (value.__func__,),
    property: attrgetter("fget", "fset", "fdel"),
    partial: lambda value: (value.func, *value.args, *value.keywords.values()),
    dict: lambda value: _items(value.values()),
    **dict.fromkeys((list, tuple, set, frozenset), _items),
}
# By identity: to look a type up by itself would run a metaclass of the user's.
_HOLDERS = {id(kind): holder for kind, holder in _BY_TYPE.items()}

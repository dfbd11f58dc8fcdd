"""Values that cache results. While a cached result is used, the body of its function reads nothing.

``functools.lru_cache``, ``cached_property``, a function that numba or jax has compiled: a call that finds a
result executes none of the function's instructions. Counters show who stored which result, and when.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import FunctionType, MemberDescriptorType, MethodType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.class_reflection import state_of
from cellgraph.light_namedtuple import NamedTuple

_LRU: type = type(functools.lru_cache(len))
_INFO = _LRU.__dict__["cache_info"]
_COMPILERS = {
    ("numba", "CPUDispatcher"),
    ("numba", "DUFunc"),
    ("numba", "GUFunc"),
    ("numba", "CFunc"),
    ("jaxlib", "PjitFunction"),
    ("jax", "PjitFunction"),
}


_MOST_WRAPPED = 8


class Cache(NamedTuple):
    """The state of one cache. ``body`` is the function whose results it stores.

    ``kept`` and ``found`` count results that were computed and results that were already there (None: not
    known). ``unseen``: the body is not executed by Python when a result is computed. ``attribute`` is the
    attribute that returns a result, if it is not returned by a call.
    """

    identity: int
    body: object
    kept: int
    found: int | None = None
    unseen: bool = False
    attribute: str = ""


def caches(value: object) -> Iterator[Cache]:
    """The caches of a value: its own, and those of its class if that is the user's."""
    cls = type(value)
    if cls is _LRU:
        yield _of_lru(value)
    elif cls is MethodType:
        yield from caches(value.__self__)  # type: ignore[attr-defined]
    elif _is_compiled(cls):
        yield from _of_compiled(value)
    elif issubclass(cls, type):
        yield from _in_class(value) if class_reflection.made_by_user(value) else ()  # type: ignore[arg-type]
    elif cls is FunctionType or cls is functools.partial:
        for inner in _wrapped(value):
            yield from caches(inner)
    elif class_reflection.made_by_user(cls):
        yield from _in_class(cls)
        yield from _of_properties(value, cls)


def _wrapped(value: Any, depth: int = 3) -> Iterator[object]:
    """The compiled or remembering functions that a function wraps, as ``jax.vmap(jax.jit(f))`` does."""
    held: list[object] = [value.func] if type(value) is functools.partial else [*_closed_over(value)]
    for inner in held[:_MOST_WRAPPED]:
        if type(inner) is _LRU or _is_compiled(type(inner)):
            yield inner
        elif type(inner) is FunctionType and depth:
            yield from _wrapped(inner, depth - 1)


def _closed_over(function: Any) -> Iterator[object]:
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # nothing is bound to it yet
            yield cell.cell_contents


def _is_compiled(cls: type) -> bool:
    return (class_reflection.module_root(cls), class_reflection.short_name(cls)) in _COMPILERS


def owner(value: object) -> type | None:
    """The class that has the caches of a value, if the value has none of its own."""
    cls = type(value)
    if issubclass(cls, type) or not class_reflection.made_by_user(cls):
        return None
    return cls if any(True for _ in _in_class(cls)) else None


def _of_lru(value: Any) -> Cache:
    info = _INFO(value)
    return Cache(id(value), value, info[1], info[0])


def _of_compiled(value: Any) -> Iterator[Cache]:
    held = state_of(value)
    if type(pyfunc := held.get("_pyfunc")) is FunctionType:  # compiled when it is made, once
        yield Cache(id(value), pyfunc, 1, unseen=True)
        return
    built = state_of(held["gufunc_builder"]) if "gufunc_builder" in held else {}
    if isinstance(signatures := built.get("_sigs"), list):
        yield Cache(id(value), built.get("py_func"), len(signatures), unseen=True)
        return
    if (inner := _dispatcher(value)) is not None:
        held = state_of(inner)
    overloads = held.get("overloads")
    if isinstance(overloads, dict):
        yield Cache(id(value), held.get("py_func"), dict.__len__(overloads), unseen=True)
        return
    size = getattr(type(value), "_cache_size", None)
    if callable(size):
        yield Cache(id(value), getattr(value, "__wrapped__", None), int(size(value)))


def _dispatcher(value: object) -> object:
    """What a compiled ufunc holds its versions in: a field that numba's C code keeps. None for any other."""
    for base in class_reflection.mro(type(value)):
        member = class_reflection.namespace(base).get("_dispatcher")
        if type(member) is MemberDescriptorType:
            return member.__get__(value)
    return None


def _in_class(cls: type) -> Iterator[Cache]:
    for base in class_reflection.mro(cls):
        if class_reflection.made_by_user(base):
            for member in list(class_reflection.namespace(base).values()):
                inner = member.__func__ if type(member) in (staticmethod, classmethod) else member
                if type(inner) is _LRU:
                    yield _of_lru(inner)


def _of_properties(value: object, cls: type) -> Iterator[Cache]:
    state: Mapping[str, Any] = state_of(value)
    for name in class_reflection.cached_names(cls):
        for base in class_reflection.mro(cls):
            member = class_reflection.namespace(base).get(name)
            if type(member) is functools.cached_property:
                yield Cache(id(value), member.func, int(name in state), attribute=name)
                break

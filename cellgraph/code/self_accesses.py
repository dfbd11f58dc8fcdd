"""Which parts of its object a method accesses, read off its bytecode.

A method that only does ``self.total += self.rate`` has to do with these attributes alone. Where it hands
``self`` on (``show(self)``, ``getattr(self, …)``, ``super()``), binds it anew, or keeps it in a function that
may run later, it may access anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

from cellgraph.code.bytecode import taken
from cellgraph.code.instructions import Body, UnknownCode, body_of, operation

SelfAccess = tuple[str, bool]
"""A path from the object, ``.rate``, and whether the code only stores there."""
_ANYTHING: SelfAccess = ("", False)

_DEREF = operation("LOAD_DEREF")
_FAST = frozenset(map(operation, ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW")))
_TWO_LOADS = frozenset(map(operation, ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW")))
_STORE_LOAD, _TWO_STORES = operation("STORE_FAST_LOAD_FAST"), operation("STORE_FAST_STORE_FAST")
_STORES = frozenset(map(operation, ("STORE_FAST", "DELETE_FAST", "STORE_DEREF", "DELETE_DEREF")))
_DEFERRED = 0x20 | 0x80 | 0x200  # CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
_AT_ONCE = frozenset({"<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"})
"""Functions that the compiler makes for an expression, which is evaluated where it stands."""


def self_accesses(code: CodeType) -> frozenset[SelfAccess] | None:
    """What the code accesses of its first argument; None if it may be anything."""
    if code.co_argcount == 0 or code.co_flags & _DEFERRED:
        return None
    try:
        found = frozenset(_accesses(code, 0, code.co_varnames[0]))
    except UnknownCode:
        return None
    return None if _ANYTHING in found else found


def _accesses(code: CodeType, place: int, name: str) -> Iterator[SelfAccess]:
    """The accesses of the variable ``name``, which the instructions call by its ``place``."""
    body = body_of(code.co_code)
    shared = name in code.co_cellvars  # a plain load of it hands it to a function inside
    for at in range(len(body.ops)):
        yield from _access(code, body, at, place, shared=shared)
    for inner in code.co_consts:
        if type(inner) is CodeType and name in inner.co_freevars:
            if inner.co_name not in _AT_ONCE:
                yield _ANYTHING
            else:
                yield from _accesses(inner, _place_of_free(inner, name), name)


def _place_of_free(code: CodeType, name: str) -> int:
    cells = [cell for cell in code.co_cellvars if cell not in code.co_varnames]
    return len(code.co_varnames) + len(cells) + code.co_freevars.index(name)


def _access(code: CodeType, body: Body, at: int, place: int, *, shared: bool) -> Iterator[SelfAccess]:
    """What one instruction does to the variable at ``place``: nothing, as a rule."""
    op, arg = body.ops[at], body.args[at]
    first, second = arg >> 4, arg & 15
    if (op in _FAST and arg == place and not shared) or (op == _DEREF and arg == place):
        yield from _taken(code, body, at)
    elif op in _TWO_LOADS and place in (first, second) and not shared:
        if first == place:
            yield _ANYTHING  # it lies under another value: an argument, or what is stored
        else:
            yield from _taken(code, body, at)
    elif op == _STORE_LOAD and place in (first, second):
        if first == place or shared:
            yield _ANYTHING
        else:
            yield from _taken(code, body, at)
    elif (op in _STORES and arg == place) or (op == _TWO_STORES and place in (first, second)):
        yield _ANYTHING


def _taken(code: CodeType, body: Body, at: int) -> Iterator[SelfAccess]:
    paths, store_only = taken(code, body, at + 1)
    yield from ((path, store_only) for path in paths)

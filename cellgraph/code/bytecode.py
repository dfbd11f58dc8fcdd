"""Which instructions of a code object touch a global name.

The table is read off the bytecode and not off the source: it is the same for a cell, a function
made in an earlier cell and a string given to ``exec``, and needs no source to be found.
"""

from __future__ import annotations

import opcode
from collections.abc import Iterator
from itertools import pairwise
from types import CodeType
from typing import NamedTuple

from cellgraph.code.access_paths import taken
from cellgraph.code.instructions import Body, body_of, name_of

LOAD, STORE, DELETE = "load", "store", "delete"

_KINDS = {
    "LOAD_NAME": LOAD,
    "LOAD_GLOBAL": LOAD,
    "LOAD_FROM_DICT_OR_GLOBALS": LOAD,
    "STORE_NAME": STORE,
    "STORE_GLOBAL": STORE,
    "DELETE_NAME": DELETE,
    "DELETE_GLOBAL": DELETE,
}
_KIND_OF_OP = {opcode.opmap[name]: kind for name, kind in _KINDS.items() if name in opcode.opmap}
_BY_NAME = frozenset(
    opcode.opmap[name]
    for name in ("LOAD_NAME", "STORE_NAME", "DELETE_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
    if name in opcode.opmap
)
_LOAD_CONST = opcode.opmap["LOAD_CONST"]
_CALL = opcode.opmap["CALL"]
_CALL_SETUP = frozenset(opcode.opmap[name] for name in ("PUSH_NULL", "PRECALL") if name in opcode.opmap)
NAMESPACES = frozenset({"globals", "locals", "vars"})
"""Builtins that give the cell's own namespace when a cell calls them without an argument."""
_STORE_SUBSCRIPT = opcode.opmap["STORE_SUBSCR"]
_OPTIMIZED = 0x1  # CO_OPTIMIZED: set for functions, not for modules and class bodies


class Access(NamedTuple):
    """One instruction's touch: ``kind``, the global ``name`` and, for a load, the ``path`` taken.

    ``store_only`` marks a load that only serves to store into the value (``cfg["lr"] = 0.1``): what the
    value held is not looked at. ``also`` are further paths (``df[["a", "b"]]``). ``local_first``
    marks an instruction that looks into the frame's locals before the globals, which matters in
    class bodies.
    """

    kind: str
    name: str
    path: str = ""
    store_only: bool = False
    local_first: bool = False
    also: tuple[str, ...] = ()


def accesses(code: CodeType) -> dict[int, Access]:
    """The touches of ``code`` itself (not of functions nested in it), by instruction offset."""
    found: dict[int, Access] = {}
    body = body_of(code.co_code)
    for index, op in enumerate(body.ops):
        kind = _KIND_OF_OP.get(op)
        if op == _STORE_SUBSCRIPT and (key := _namespace_key(code, body, index)):
            found[body.offsets[index]] = Access(STORE, key)
        if kind is None:
            continue
        offset, name = body.offsets[index], name_of(code, op, body.args[index])
        if kind is LOAD:
            (path, *also), store_only = taken(code, body, index + 1)
            found[offset] = Access(kind, name, path, store_only, op in _BY_NAME, tuple(also))
        else:
            found[offset] = Access(kind, name, local_first=op in _BY_NAME)
    return found


def strings(code: CodeType) -> set[str]:
    """The strings that ``code`` does something with: not those that are only keys to store under."""
    found = [const for const in code.co_consts if type(const) is str]
    if not found:
        return set()
    body = body_of(code.co_code)
    pairs = zip(pairwise(body.ops), body.args[:-1], strict=True)
    keys = {arg for (op, after), arg in pairs if op == _LOAD_CONST and after == _STORE_SUBSCRIPT}
    return set(found).difference(code.co_consts[key] for key in keys)


def nested(code: CodeType) -> Iterator[CodeType]:
    """``code`` and every code object inside it, outermost first."""
    waiting = [code]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(const for const in current.co_consts if type(const) is CodeType)


def is_function(code: CodeType) -> bool:
    """Whether the code keeps its variables in fast locals: a function, not a module or class body."""
    return bool(code.co_flags & _OPTIMIZED)


def _namespace_key(code: CodeType, body: Body, store: int) -> str | None:
    """The name that ``globals()["x"] = …`` binds, told by the instructions before its store."""
    if store < 1 or body.ops[store - 1] != _LOAD_CONST:
        return None
    key = code.co_consts[body.args[store - 1]]
    steps = [at for at in range(max(0, store - 5), store - 1) if body.ops[at] not in _CALL_SETUP]
    called = len(steps) >= 2 and body.ops[steps[-1]] == _CALL and body.args[steps[-1]] == 0
    if not called or type(key) is not str or _KIND_OF_OP.get(body.ops[steps[-2]]) != LOAD:
        return None
    name = name_of(code, body.ops[steps[-2]], body.args[steps[-2]])
    return key if name == "globals" or (name in NAMESPACES and not is_function(code)) else None

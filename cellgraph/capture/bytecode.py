"""Which instructions of a code object touch a global name.

The table is read off the bytecode and not off the source: it is the same for a cell, a function
made in an earlier cell and a string given to ``exec``, and needs no source to be found.
"""

from __future__ import annotations

import json
import opcode
from collections.abc import Iterator
from itertools import pairwise
from types import CodeType
from typing import NamedTuple

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
_LOAD_GLOBAL = opcode.opmap["LOAD_GLOBAL"]
_LOAD_CONST = opcode.opmap["LOAD_CONST"]
_LOAD_SMALL_INT = opcode.opmap.get("LOAD_SMALL_INT", -1)
_LOAD_ATTR = opcode.opmap["LOAD_ATTR"]
_STORE_ATTR = opcode.opmap["STORE_ATTR"]
_CALL = opcode.opmap["CALL"]
_CALL_SETUP = frozenset(opcode.opmap[name] for name in ("PUSH_NULL", "PRECALL") if name in opcode.opmap)
NAMESPACES = frozenset({"globals", "locals", "vars"})
"""Builtins that give the cell's own namespace when a cell calls them without an argument."""
_STORE_SUBSCRIPT = opcode.opmap["STORE_SUBSCR"]
_SIMPLE_LOADS = frozenset(
    op for name, op in opcode.opmap.items() if name.startswith(("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST"))
)
# Names above 255 are the compiler's own and never stand in bytecode.
_LOAD_METHOD = next((op for op in [opcode.opmap.get("LOAD_METHOD", -1)] if op < 256), -1)
_SUBSCRIPT = opcode.opmap.get("BINARY_SUBSCR", -1)
_BINARY_OP = opcode.opmap["BINARY_OP"]
_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_CACHE = 0
_OPTIMIZED = 0x1  # CO_OPTIMIZED: set for functions, not for modules and class bodies


class Access(NamedTuple):
    """One instruction's touch: ``kind``, the global ``name`` and, for a load, the ``path`` taken.

    ``into`` marks a load that only serves to store into the value (``cfg["lr"] = 0.1``): what the
    value held is not looked at. ``local_first`` marks an instruction that looks into the frame's
    locals before the globals, which matters in class bodies.
    """

    kind: str
    name: str
    path: str = ""
    into: bool = False
    local_first: bool = False


class _Instruction(NamedTuple):
    offset: int
    op: int
    arg: int


def item_path(key: str) -> str:
    """How a string key is written as a path: ``["price"]``."""
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def accesses(code: CodeType) -> dict[int, Access]:
    """The touches of ``code`` itself (not of functions nested in it), by instruction offset."""
    found: dict[int, Access] = {}
    instructions = list(_instructions(code.co_code))
    for index, (offset, op, arg) in enumerate(instructions):
        kind = _KIND_OF_OP.get(op)
        if op == _STORE_SUBSCRIPT and (key := _namespace_key(code, instructions[max(0, index - 5) : index])):
            found[offset] = Access(STORE, key)
        if kind is None:
            continue
        name = code.co_names[arg >> 1 if op == _LOAD_GLOBAL else arg]
        path, into = _path(code, instructions[index + 1 : index + 3]) if kind is LOAD else ("", False)
        found[offset] = Access(kind, name, path, into, op in _BY_NAME)
    return found


def strings(code: CodeType) -> set[str]:
    """The strings that ``code`` does something with: not those that are only keys to store under."""
    found = [const for const in code.co_consts if type(const) is str]
    if not found:
        return set()
    instructions = list(_instructions(code.co_code))
    keys = {
        one.arg
        for one, after in pairwise(instructions)
        if one.op == _LOAD_CONST and after.op == _STORE_SUBSCRIPT
    }
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


def _instructions(raw: bytes) -> Iterator[_Instruction]:
    extended = 0
    for offset in range(0, len(raw), 2):
        op, arg = raw[offset], raw[offset + 1] | extended
        if op == _CACHE:
            continue
        if op == _EXTENDED:
            extended = arg << 8
            continue
        extended = 0
        yield _Instruction(offset, op, arg)


def _namespace_key(code: CodeType, before: list[_Instruction]) -> str | None:
    """The name that ``globals()["x"] = …`` binds, told by the instructions before its store."""
    if not before or before[-1].op != _LOAD_CONST:
        return None
    key = code.co_consts[before[-1].arg]
    steps = [one for one in before[:-1] if one.op not in _CALL_SETUP]
    called = len(steps) >= 2 and steps[-1].op == _CALL and steps[-1].arg == 0
    if not called or type(key) is not str or _KIND_OF_OP.get(steps[-2].op) != LOAD:
        return None
    name = code.co_names[steps[-2].arg >> 1 if steps[-2].op == _LOAD_GLOBAL else steps[-2].arg]
    return key if name == "globals" or (name in NAMESPACES and not is_function(code)) else None


def _path(code: CodeType, after: list[_Instruction]) -> tuple[str, bool]:
    """The part that the next instructions take: ``df["a"]``, ``df.a``; and whether they store there."""
    if after and after[0].op in (_LOAD_ATTR, _LOAD_METHOD, _STORE_ATTR):
        return f".{code.co_names[_attribute(after[0])]}", after[0].op == _STORE_ATTR
    if len(after) < 2 or not (_is_subscript(after[1]) or after[1].op == _STORE_SUBSCRIPT):
        return "", False
    into = after[1].op == _STORE_SUBSCRIPT
    if after[0].op == _LOAD_CONST:
        return _constant_path(code.co_consts[after[0].arg]), into
    if after[0].op == _LOAD_SMALL_INT:
        return f"[{after[0].arg}]", into
    return "", into and after[0].op in _SIMPLE_LOADS


def _constant_path(key: object) -> str:
    if type(key) is str:
        return item_path(key)
    return f"[{key}]" if type(key) is int else ""


def _attribute(instruction: _Instruction) -> int:
    # From 3.12 on the lowest bit of LOAD_ATTR tells a method call.
    shifted = instruction.op == _LOAD_ATTR and _LOAD_METHOD == -1
    return instruction.arg >> 1 if shifted else instruction.arg


def _is_subscript(instruction: _Instruction) -> bool:
    if instruction.op == _SUBSCRIPT:
        return True
    # 3.14 has no BINARY_SUBSCR: it is the BINARY_OP that comes after all the operators.
    return _SUBSCRIPT == -1 and instruction.op == _BINARY_OP and instruction.arg == _NB_SUBSCRIPT


_NB_SUBSCRIPT = next(
    (i for i, (name, _) in enumerate(getattr(opcode, "_nb_ops", ())) if name == "NB_SUBSCR"), -2
)

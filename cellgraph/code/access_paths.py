"""Which part of a value the instructions behind its load take: ``df["a"]``, ``cfg["model"].lr``.

What is spelt with constants is a path. Where a step is not (``d[k]``, a call, a slice) the path ends
before it: what lies there counts as taken whole.
"""

from __future__ import annotations

import opcode
from types import CodeType
from typing import NamedTuple

from cellgraph.code.instructions import Body, name_of
from cellgraph.code.part_paths import item_path

MAX_STEPS = 4
"""Steps of a path that are read: three levels of parts, and a method of the last."""

_LOAD_CONST = opcode.opmap["LOAD_CONST"]
_LOAD_SMALL_INT = opcode.opmap.get("LOAD_SMALL_INT", -1)
_LOAD_ATTR = opcode.opmap["LOAD_ATTR"]
# Names above 255 are the compiler's own and never stand in bytecode.
_LOAD_METHOD = next((op for op in [opcode.opmap.get("LOAD_METHOD", -1)] if op < 256), -1)
_STORE_ATTR = opcode.opmap["STORE_ATTR"]
_STORE_SUBSCRIPT = opcode.opmap["STORE_SUBSCR"]
_SUBSCRIPT = opcode.opmap.get("BINARY_SUBSCR", -1)
_BINARY_OP = opcode.opmap["BINARY_OP"]
_COPY = opcode.opmap["COPY"]
_BUILD_LIST, _BUILD_TUPLE = opcode.opmap["BUILD_LIST"], opcode.opmap["BUILD_TUPLE"]
_LIST_EXTEND = opcode.opmap["LIST_EXTEND"]
_JUMPS = frozenset(opcode.hasjrel) | frozenset(opcode.hasjabs)
_SIMPLE_LOADS = frozenset(
    op for name, op in opcode.opmap.items() if name.startswith(("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST"))
)
_NB_SUBSCRIPT = next(
    (i for i, (name, _) in enumerate(getattr(opcode, "_nb_ops", ())) if name == "NB_SUBSCR"), -2
)
_BY_LABEL = (".loc", ".at")
_FARTHEST = 40
"""Instructions over which the key of ``df.loc[…, "a"]`` is followed."""

Taken = tuple[tuple[str, ...], bool]


class _Step(NamedTuple):
    """One step of a path, where the instructions go on, and how: ``stored`` into, or ``last``."""

    text: str
    next: int
    stored: bool = False
    last: bool = False


def taken(code: CodeType, body: Body, at: int) -> Taken:
    """The paths that the instructions from ``at`` on take of the value on top of the stack.

    The second value tells that they only store something there.
    """
    path = ""
    for _ in range(MAX_STEPS):
        step = _step(code, body, at)
        if step is None:
            break
        if step.text in _BY_LABEL and (columns := _by_label(code, body, step.next)):
            return tuple(path + column for column in columns), False
        path += step.text
        at = step.next
        if step.stored or step.last:
            return (path,), step.stored
    return _fork(code, body, at, path)


def _step(code: CodeType, body: Body, at: int) -> _Step | None:
    if at >= len(body.ops):
        return None
    op = body.ops[at]
    if op in (_LOAD_ATTR, _LOAD_METHOD, _STORE_ATTR):
        return _Step(f".{_attribute(code, body, at)}", at + 1, stored=op == _STORE_ATTR)
    if op == _COPY and body.args[at] == 1 and body.has(at + 1, _LOAD_ATTR):  # x.a += …
        return _Step(f".{_attribute(code, body, at + 1)}", at + 2, last=True)
    return _key_step(code, body, at) if op in (_LOAD_CONST, _LOAD_SMALL_INT) else None


def _key_step(code: CodeType, body: Body, at: int) -> _Step | None:
    stored = body.has(at + 1, _STORE_SUBSCRIPT)
    copied = body.has(at + 1, _COPY) and body.has(at + 2, _COPY) and _is_subscript(body, at + 3)
    if not (stored or copied or _is_subscript(body, at + 1)):  # an argument, as most constants are
        return None
    key = _constant(code, body, at)
    return _Step(key, at + (4 if copied else 2), stored, last=copied) if key else None  # x["a"] += …


def _fork(code: CodeType, body: Body, at: int, path: str) -> Taken:
    """``[["a", "b"]]`` takes two parts; a store under a name's value looks at nothing."""
    keys, end = _keys(code, body, at)
    if keys and (_is_subscript(body, end) or body.has(end, _STORE_SUBSCRIPT)):
        return tuple(path + key for key in keys), body.has(end, _STORE_SUBSCRIPT)
    plain = at < len(body.ops) and body.ops[at] in _SIMPLE_LOADS and body.has(at + 1, _STORE_SUBSCRIPT)
    return (path,), plain and not path


def _keys(code: CodeType, body: Body, at: int) -> tuple[list[str], int]:
    """The string keys of a list that is made here, and where the instructions go on."""
    end = at
    while body.has(end, _LOAD_CONST):
        end += 1
    if not body.has(end, _BUILD_LIST):
        return [], end
    held: object = tuple(code.co_consts[arg] for arg in body.args[at:end])
    if body.args[end] != end - at:
        return [], end
    if end == at and body.has(end + 1, _LOAD_CONST):
        held = code.co_consts[body.args[end + 1]]
        end = end + 2 if body.has(end + 2, _LIST_EXTEND) else len(body.ops)
    keys = [_key(key) for key in held] if type(held) is tuple else []
    return (keys if all(keys) else []), end + 1


def _by_label(code: CodeType, body: Body, at: int) -> list[str]:
    """The columns of ``df.loc[rows, columns]``, whatever the rows; empty where they are no constants."""
    if body.has(at, _LOAD_CONST) and (_is_subscript(body, at + 1) or body.has(at + 1, _STORE_SUBSCRIPT)):
        both = code.co_consts[body.args[at]]
        return _found([_key(both[1])]) if type(both) is tuple and len(both) == 2 else []
    end = _consumer(body, at)
    if end is None or not body.has(end - 1, _BUILD_TUPLE) or body.args[end - 1] != 2:
        return []
    if body.ops[end - 2] == _LOAD_CONST:
        return _found([_key(code.co_consts[body.args[end - 2]])])
    starts = (start for start in range(at, end - 2) if _keys(code, body, start)[1] == end - 1)
    return next((keys for start in starts if (keys := _keys(code, body, start)[0])), [])


def _consumer(body: Body, at: int) -> int | None:
    """The subscript that takes what is on top of the stack before ``at``, with one key above it."""
    depth = 1
    for place in range(at, min(at + _FARTHEST, len(body.ops))):
        op = body.ops[place]
        if depth == 2 and (_is_subscript(body, place) or op == _STORE_SUBSCRIPT):
            return place
        if op in _JUMPS:
            return None
        depth += opcode.stack_effect(op, body.args[place] if op >= opcode.HAVE_ARGUMENT else None)
        if depth < 1:
            return None
    return None


def _found(keys: list[str]) -> list[str]:
    return keys if all(keys) else []


def _constant(code: CodeType, body: Body, at: int) -> str:
    key = body.args[at] if body.ops[at] == _LOAD_SMALL_INT else code.co_consts[body.args[at]]
    return f"[{key}]" if type(key) is int else _key(key)


def _key(key: object) -> str:
    return item_path(key) if type(key) is str else ""


def _attribute(code: CodeType, body: Body, at: int) -> str:
    return name_of(code, body.ops[at], body.args[at])


def _is_subscript(body: Body, at: int) -> bool:
    if body.has(at, _SUBSCRIPT):
        return True
    # 3.14 has no BINARY_SUBSCR: it is the BINARY_OP that comes after all the operators.
    return _SUBSCRIPT == -1 and body.has(at, _BINARY_OP) and body.args[at] == _NB_SUBSCRIPT

"""Which instructions of a code object touch a global name, and which part of its value.

The table is read off the bytecode and not off the source: it is the same for a cell, a function
made in an earlier cell and a string given to ``exec``, and needs no source to be found.
"""

from __future__ import annotations

import opcode
import sys
from functools import lru_cache
from itertools import pairwise
from types import CodeType

from cellgraph.code.instructions import (
    CONSTANT_LOADS,
    LOAD_CONST,
    OPERATIONS,
    Body,
    UnknownCode,
    body_of,
    constant_of,
    name_of,
    operation,
)
from cellgraph.code.part_paths import LOOKUP, PARAMETERS, item_path
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.structure import KEYS, LOOPED, asked_by, asked_for

MAX_STEPS = 4
"""Steps of a path that are read: three levels of parts, and a method of the last."""

_LOAD_ATTR, _LOAD_METHOD = operation("LOAD_ATTR"), operation("LOAD_METHOD")
_STORE_ATTR = operation("STORE_ATTR")
_STORE_SUBSCRIPT, _SUBSCRIPT = operation("STORE_SUBSCR"), operation("BINARY_SUBSCR")
_BINARY_OP, _COPY = operation("BINARY_OP"), operation("COPY")
_BUILD_LIST, _BUILD_TUPLE = operation("BUILD_LIST"), operation("BUILD_TUPLE")
_LIST_EXTEND = operation("LIST_EXTEND")
_CONTAINS, _GET_ITER = operation("CONTAINS_OP"), operation("GET_ITER")
_ATTRIBUTES = frozenset({_LOAD_ATTR, _LOAD_METHOD, _STORE_ATTR})
_METHODS_BY_FLAG = sys.version_info >= (3, 12)
"""Whether LOAD_ATTR loads methods too, which its argument tells; before there was LOAD_METHOD for them."""
_JUMPS = frozenset(opcode.hasjrel) | frozenset(opcode.hasjabs)
_SIMPLE_LOADS = frozenset(
    op for name, op in OPERATIONS.items() if name.startswith(("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST"))
)
_NB_SUBSCRIPT = next(
    (i for i, (name, _) in enumerate(getattr(opcode, "_nb_ops", ())) if name == "NB_SUBSCR"), -2
)
_BY_LABEL = (".loc", ".at")
_FARTHEST = 40
"""Instructions over which the key of ``df.loc[…, "a"]`` is followed."""

Taken = tuple[tuple[str, ...], bool]


class _Step(NamedTuple):
    """One step of an access path: the subscript or attribute, and the index of the instruction after it.

    ``stored`` tells that the step stores into the part. ``last`` tells that the path ends there.
    """

    text: str
    next: int
    stored: bool = False
    last: bool = False


def taken(code: CodeType, body: Body, at: int) -> Taken:
    """The access paths that the instructions from index ``at`` on take of the value on top of the stack.

    The second item is True if the code only stores into those parts and reads none of them.
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
    if op in _ATTRIBUTES:
        if (key := _asked_for(code, body, at)) is not None:
            return _Step(f"{LOOKUP}{key}", at + 2, last=True)
        if (end := _after_keys(code, body, at)) is not None:
            return _Step(KEYS, end, last=True)
        return _Step(f".{_attribute(code, body, at)}", at + 1, stored=op == _STORE_ATTR)
    if op == _COPY and body.args[at] == 1 and body.has(at + 1, _LOAD_ATTR):  # x.a += …
        return _Step(f".{_attribute(code, body, at + 1)}", at + 2, last=True)
    return _key_step(code, body, at) if op in CONSTANT_LOADS else None


def _asked_for(code: CodeType, body: Body, at: int) -> str | None:
    """The key that ``.get("key")`` is called with; None for any other step."""
    if not _is_method(body, at) or _attribute(code, body, at) != "get" or not body.has(at + 1, LOAD_CONST):
        return None
    return _key(_constant(code, body, at + 1)) or None


def _after_keys(code: CodeType, body: Body, at: int) -> int | None:
    """The index after a call of ``.keys()`` whose result is taken as it is; None for any other step."""
    if not _is_method(body, at) or _attribute(code, body, at) != "keys":
        return None
    end = _after_call(body, at + 1, 0)
    return None if end is None or body.has(end, _LOAD_ATTR) or body.has(end, _LOAD_METHOD) else end


def _after_call(body: Body, at: int, count: int) -> int | None:
    """The index after a call with ``count`` arguments that is made at ``at``; None if there is none."""
    while at < len(body.ops) and body.ops[at] in _CALL_SETUP:
        at += 1
    return at + 1 if body.has(at, _CALL) and body.args[at] == count else None


def _is_method(body: Body, at: int) -> bool:
    op = body.ops[at]
    return op == _LOAD_METHOD or (op == _LOAD_ATTR and _METHODS_BY_FLAG and bool(body.args[at] & 1))


def _key_step(code: CodeType, body: Body, at: int) -> _Step | None:
    stored = body.has(at + 1, _STORE_SUBSCRIPT)
    copied = body.has(at + 1, _COPY) and body.has(at + 2, _COPY) and _is_subscript(body, at + 3)
    if not (stored or copied or _is_subscript(body, at + 1)):  # an argument, as most constants are
        return None
    key = _key(_constant(code, body, at), numbers=True)
    return _Step(key, at + (4 if copied else 2), stored, last=copied) if key else None  # x["a"] += …


def _fork(code: CodeType, body: Body, at: int, path: str) -> Taken:
    """The paths of a subscript with a list of keys: ``df[["a", "b"]]`` takes two parts."""
    keys, end = _keys(code, body, at)
    if keys and (_is_subscript(body, end) or body.has(end, _STORE_SUBSCRIPT)):
        return tuple(path + key for key in keys), body.has(end, _STORE_SUBSCRIPT)
    plain = at < len(body.ops) and body.ops[at] in _SIMPLE_LOADS
    return (path,), plain and not path and body.has(_after_attributes(body, at + 1), _STORE_SUBSCRIPT)


def _after_attributes(body: Body, at: int) -> int:
    """The index after the attributes that are taken of the value on top of the stack: ``f.__name__``."""
    while body.has(at, _LOAD_ATTR) and not _is_method(body, at):
        at += 1
    return at


def _keys(code: CodeType, body: Body, at: int) -> tuple[list[str], int]:
    """The string keys of a list that the instructions build, and the index of the instruction after it."""
    end = at
    while body.has(end, LOAD_CONST):
        end += 1
    if not body.has(end, _BUILD_LIST):
        return [], end
    held: object = tuple(_constant(code, body, place) for place in range(at, end))
    if body.args[end] != end - at:
        return [], end
    if end == at and body.has(end + 1, LOAD_CONST):
        held = _constant(code, body, end + 1)
        end = end + 2 if body.has(end + 2, _LIST_EXTEND) else len(body.ops)
    keys = [_key(key) for key in held] if type(held) is tuple else []
    return (keys if all(keys) else []), end + 1


def _by_label(code: CodeType, body: Body, at: int) -> list[str]:
    """The columns that ``df.loc[rows, columns]`` selects; empty if they are not constants."""
    if body.has(at, LOAD_CONST) and (_is_subscript(body, at + 1) or body.has(at + 1, _STORE_SUBSCRIPT)):
        both = _constant(code, body, at)
        return _found([_key(both[1])]) if type(both) is tuple and len(both) == 2 else []
    end = _consumer(body, at)
    if end is None or not body.has(end - 1, _BUILD_TUPLE) or body.args[end - 1] != 2:
        return []
    if body.ops[end - 2] == LOAD_CONST:
        return _found([_key(_constant(code, body, end - 2))])
    starts = (start for start in range(at, end - 2) if _keys(code, body, start)[1] == end - 1)
    return next((keys for start in starts if (keys := _keys(code, body, start)[0])), [])


def _consumer(body: Body, at: int) -> int | None:
    """The index of the subscript that takes the value on top of the stack, with one key above it."""
    depth = 1
    for place in range(at, min(at + _FARTHEST, len(body.ops))):
        op = body.ops[place]
        if depth == 2 and (_is_subscript(body, place) or op == _STORE_SUBSCRIPT):
            return place
        if op in _JUMPS:
            return None
        depth += _stack_effect(op, body.args[place])
        if depth < 1:
            return None
    return None


def _stack_effect(op: int, arg: int) -> int:
    try:
        return opcode.stack_effect(op, arg if op >= opcode.HAVE_ARGUMENT else None)
    except ValueError:  # an argument that this operation does not have
        return -_FARTHEST


def _found(keys: list[str]) -> list[str]:
    return keys if all(keys) else []


def _constant(code: CodeType, body: Body, at: int) -> object:
    return constant_of(code, body.ops[at], body.args[at])


def _key(key: object, numbers: bool = False) -> str:
    if type(key) is int and numbers:
        return f"[{key}]"
    return item_path(key) if type(key) is str else ""


def _attribute(code: CodeType, body: Body, at: int) -> str:
    return name_of(code, body.ops[at], body.args[at])


def _is_subscript(body: Body, at: int) -> bool:
    if body.has(at, _SUBSCRIPT):
        return True
    # 3.14 has no BINARY_SUBSCR: it is the BINARY_OP that comes after all the operators.
    return _SUBSCRIPT == -1 and body.has(at, _BINARY_OP) and body.args[at] == _NB_SUBSCRIPT


LOAD, STORE, DELETE, STAR = "load", "store", "delete", "import *"
MAYBE = "maybe"
"""A name in code that is not understood: it may be loaded, stored or deleted, or belong to nothing global."""

_KINDS = {
    "LOAD_NAME": LOAD,
    "LOAD_GLOBAL": LOAD,
    "LOAD_FROM_DICT_OR_GLOBALS": LOAD,
    "STORE_NAME": STORE,
    "STORE_GLOBAL": STORE,
    "DELETE_NAME": DELETE,
    "DELETE_GLOBAL": DELETE,
}
_KIND_OF_OP = {OPERATIONS[name]: kind for name, kind in _KINDS.items() if name in OPERATIONS}
_BY_NAME = frozenset(
    OPERATIONS[name]
    for name in ("LOAD_NAME", "STORE_NAME", "DELETE_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
    if name in OPERATIONS
)
_CALL, _IMPORT = operation("CALL"), operation("IMPORT_NAME")
_INTRINSIC, _STAR_INTRINSIC = operation("CALL_INTRINSIC_1"), 2
_CALL_SETUP = frozenset({operation("PUSH_NULL"), operation("PRECALL")})
NAMESPACES = frozenset({"globals", "locals", "vars"})
"""Builtins that give the cell's own namespace when a cell calls them without an argument."""
CLONING = frozenset(
    "cross_val_score cross_val_predict cross_validate learning_curve validation_curve permutation_test_score"
    " GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV".split()
)
"""Functions and classes that fit copies of their first argument, whatever that was fitted to."""
_OPTIMIZED = 0x1  # CO_OPTIMIZED: set for functions, not for modules and class bodies
_PLAIN = bytes(
    [0]
    + [
        op
        for name, op in OPERATIONS.items()
        if name in "RESUME NOP LOAD_NAME STORE_NAME LOAD_CONST RETURN_CONST RETURN_VALUE".split()
        or name.startswith("UNARY_")
        or (name == "BINARY_OP" and _SUBSCRIPT != -1)  # of which a subscript is one in Python 3.14
    ]
)
"""Operations that neither take a part of a value nor call a function, and caches."""


class Access(NamedTuple):
    """One access of a global name by one instruction.

    ``kind`` is a load, a store or a delete. ``path`` is the access path that a load takes. For a star import
    ``name`` is the module, and every name that it exports is bound.

    ``store_only`` marks a load that serves only to store into the value (``cfg["lr"] = 0.1``): it does not
    read what the value held. ``also`` holds further paths (``df[["a", "b"]]``). ``local_first`` marks an
    instruction that looks into the frame's locals before the globals, as in class bodies.
    """

    kind: str
    name: str
    path: str = ""
    store_only: bool = False
    local_first: bool = False
    also: tuple[str, ...] = ()


def accesses(code: CodeType) -> dict[int, Access]:
    """The accesses of ``code`` itself by instruction offset; functions nested in it are left out.

    If the code cannot be decoded, each of its names counts as accessed. These accesses get negative offsets,
    which no instruction has. The table is not to be changed: other code may have the same one.
    """
    plain = not code.co_code[::2].translate(None, _PLAIN) and CLONING.isdisjoint(code.co_names)
    try:
        return _plain_accesses(code.co_code, code.co_names) if plain else _accesses(code)
    except (UnknownCode, IndexError):
        names = dict.fromkeys(code.co_names)
        return {-place: Access(MAYBE, name) for place, name in enumerate(names, start=1)}


@lru_cache(maxsize=512)
def _plain_accesses(instructions: bytes, names: tuple[str, ...]) -> dict[int, Access]:
    """The same of code that takes no part of a value and calls nothing: its constants tell nothing then."""
    return {
        at: Access(kind, names[place], local_first=local_first)
        for at, kind, place, local_first in _named(instructions)
    }


@lru_cache(maxsize=512)
def _named(instructions: bytes) -> list[tuple[int, str, int, bool]]:
    """Where instructions access names: the offset, the kind, the place among the names, and ``local_first``.

    So a cell of which only names and numbers are others is not looked through again.
    """
    found = zip(*body_of(instructions), strict=True)
    return [(at, _KIND_OF_OP[op], arg, op in _BY_NAME) for at, op, arg in found if op in _KIND_OF_OP]


def _accesses(code: CodeType) -> dict[int, Access]:
    found: dict[int, Access] = {}
    body = body_of(code.co_code)
    for index, op in enumerate(body.ops):
        kind = _KIND_OF_OP.get(op)
        if op == _STORE_SUBSCRIPT and (key := _namespace_key(code, body, index)):
            found[body.offsets[index]] = Access(STORE, key)
        if op == _INTRINSIC and body.args[index] == _STAR_INTRINSIC and body.has(index - 1, _IMPORT):
            module = name_of(code, _IMPORT, body.args[index - 1])
            found[body.offsets[index]] = Access(STAR, module, local_first=True)
        if kind is None:
            continue
        offset, name = body.offsets[index], name_of(code, op, body.args[index])
        if kind is LOAD:
            (path, *also), store_only = taken(code, body, index + 1)
            if not (path or also):
                path = _looked_at(code, body, index)
            found[offset] = Access(kind, name, path, store_only, op in _BY_NAME, tuple(also))
        else:
            found[offset] = Access(kind, name, local_first=op in _BY_NAME)
    return found


def _looked_at(code: CodeType, body: Body, index: int) -> str:
    """The part at which what is done with a variable as it is looks; empty if that may be all of it.

    ``"key" in d`` looks for that key, ``for key in d`` at the keys, ``len(x)`` at the length, and a function
    that makes unfitted copies of its first argument at the parameters.
    """
    if body.has(index + 1, _CONTAINS):
        key = _key(_constant(code, body, index - 1)) if index and body.has(index - 1, LOAD_CONST) else ""
        return asked_for(key) if key else ""
    if body.has(index + 1, _GET_ITER):
        return LOOPED
    at = index - 1
    while at >= 0 and body.ops[at] in _CALL_SETUP:
        at -= 1
    is_name = at >= 0 and _KIND_OF_OP.get(body.ops[at]) == LOAD
    if not is_name and (at < 0 or body.ops[at] not in (_LOAD_ATTR, _LOAD_METHOD)):
        return ""
    function = name_of(code, body.ops[at], body.args[at])
    if function in CLONING:
        return PARAMETERS
    in_cell = not is_function(code) and "__qualname__" not in code.co_names  # a class has names of its own
    alone = is_name and in_cell and _after_call(body, index + 1, 1) is not None
    return asked_by(function) if alone else ""


def strings(code: CodeType) -> frozenset[str]:
    """The strings that ``code`` uses, apart from those that are only keys to store under."""
    if not [const for const in code.co_consts if type(const) is str]:  # most cells have none
        return frozenset()
    texts = tuple(const if type(const) is str else None for const in code.co_consts)
    return _used_strings(code.co_code, texts)


@lru_cache(maxsize=512)
def _used_strings(instructions: bytes, texts: tuple[str | None, ...]) -> frozenset[str]:
    """The same of code whose constants are ``texts``, None for each that is no string.

    A function that cells call again and again is looked through once, and its code is not kept.
    """
    found = frozenset(text for text in texts if text is not None)
    try:
        body = body_of(instructions)
    except UnknownCode:
        return found
    pairs = enumerate(pairwise(body.ops))
    keys = {body.args[at] for at, (op, after) in pairs if op == LOAD_CONST and after == _STORE_SUBSCRIPT}
    return found.difference([text for at, text in enumerate(texts) if at in keys and text is not None])


def is_function(code: CodeType) -> bool:
    """Whether the code keeps its variables in fast locals: a function, not a module or class body."""
    return bool(code.co_flags & _OPTIMIZED)


def _namespace_key(code: CodeType, body: Body, store: int) -> str | None:
    """The name that ``globals()["x"] = …`` binds, read from the instructions before the store."""
    if store < 1 or body.ops[store - 1] != LOAD_CONST:
        return None
    key = _constant(code, body, store - 1)
    steps = [at for at in range(max(0, store - 5), store - 1) if body.ops[at] not in _CALL_SETUP]
    called = len(steps) >= 2 and body.ops[steps[-1]] == _CALL and body.args[steps[-1]] == 0
    if not called or type(key) is not str or _KIND_OF_OP.get(body.ops[steps[-2]]) != LOAD:
        return None
    name = name_of(code, body.ops[steps[-2]], body.args[steps[-2]])
    return key if name == "globals" or (name in NAMESPACES and not is_function(code)) else None

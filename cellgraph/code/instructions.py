"""The instructions of a code object, and the name or the constant that each refers to.

Each Python version packs an instruction's argument in its own way. The packing of this one is worked out
once, by compiling a text whose names are known. A code object with an unknown instruction raises
``UnknownCode``, and the caller falls back to a conservative answer.
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator, Sequence
from itertools import compress
from types import CodeType

from cellgraph.light_namedtuple import NamedTuple


class UnknownCode(Exception):
    """A code object has an instruction, or a layout, that is not known here."""


_CODE_UNITS = 256
"""Operations from here on are the compiler's own and never stand in bytecode."""
OPERATIONS = {name: op for name, op in opcode.opmap.items() if op < _CODE_UNITS}
"""The operations of this Python by name."""


def operation(name: str) -> int:
    """The opcode of an operation; -1 if this Python has none of that name."""
    return OPERATIONS.get(name, -1)


_EXTENDED = operation("EXTENDED_ARG")
LOAD_CONST, LOAD_SMALL_INT = operation("LOAD_CONST"), operation("LOAD_SMALL_INT")
_LOAD_COMMON = operation("LOAD_COMMON_CONSTANT")
CONSTANT_LOADS = frozenset({LOAD_CONST, LOAD_SMALL_INT, _LOAD_COMMON} - {-1})
"""Operations that may put a constant on the stack. ``constant_of`` tells which."""

NO_CONSTANT = object()
"""What an instruction puts on the stack that is no constant, or none that is known."""

_COMMON: Sequence[object] = getattr(opcode, "_common_constants", ())


class Body(NamedTuple):
    """The decoded instructions of a code object, stored as columns because cells read them very often.

    ``offsets`` are in bytes: the interpreter reports an instruction by its offset.
    """

    offsets: Sequence[int]
    ops: Sequence[int]
    args: Sequence[int]

    def has(self, at: int, op: int) -> bool:
        """Whether there is an instruction with this operation at an index."""
        return 0 <= at < len(self.ops) and self.ops[at] == op


def body_of(raw: bytes) -> Body:
    """Decode the instructions in ``co_code``.

    Raises:
        UnknownCode: An instruction is not known, or its name would be looked for in the wrong table.
    """
    ops, args = raw[::2], raw[1::2]  # a cache is operation 0
    if len(raw) % 2 or ops.translate(None, _UNDERSTOOD):
        raise UnknownCode(", ".join(sorted(_strange(ops))))
    return _columns(ops, args)


def _columns(ops: bytes, args: bytes) -> Body:
    body = Body(
        [*compress(range(0, 2 * len(ops), 2), ops)], ops.translate(None, b"\0"), bytes(compress(args, ops))
    )
    return body if _EXTENDED not in ops else _joined(body)


def _joined(body: Body) -> Body:
    offsets, ops, args = [], [], []
    extended = 0
    for offset, op, low in zip(*body, strict=True):
        arg = low | extended
        extended = arg << 8 if op == _EXTENDED else 0
        if op != _EXTENDED:
            offsets.append(offset)
            ops.append(op)
            args.append(arg)
    return Body(offsets, ops, args)


def name_of(code: CodeType, op: int, arg: int) -> str:
    """The name that an instruction refers to.

    Raises:
        UnknownCode: There is no such name.
    """
    try:
        return code.co_names[arg >> _SHIFTS.get(op, 0)]
    except IndexError:
        raise UnknownCode(opcode.opname[op]) from None


def is_method_load(op: int, arg: int) -> bool:
    """Whether an instruction that loads a name or an attribute also prepares a call of it."""
    return _SHIFTS.get(op, 0) == 1 and bool(arg & 1)


def constant_of(code: CodeType, op: int, arg: int) -> object:
    """The constant that an instruction pushes on the stack, else ``NO_CONSTANT``."""
    if op == LOAD_SMALL_INT:
        return arg
    table = code.co_consts if op == LOAD_CONST else _COMMON if op == _LOAD_COMMON else ()
    return table[arg] if arg < len(table) else NO_CONSTANT


def _strange(ops: bytes) -> Iterator[str]:
    for op in set(ops.translate(None, _UNDERSTOOD)):
        known = op < len(opcode.opname)
        yield opcode.opname[op] if known else f"<{op}>"


# How names are packed ----------------------------------------------------------------------------

_SAMPLE = """\
import i0, i1, i2.i3, i4.i5
from i6 import k0, k1
from i7 import *
l0, l1, l2, l3, l4
l0.a0, l1.a1, l2.a2(), l3.a3(l4.a4)
l0.s0 = l1.s1 = 1
del l0.d0, l1.d1
t0 = t1 = 1
del x0, x1
def f():
    global u0, u1, v0, v1
    g0, g1, g2(), g3(g4)
    u0 = u1 = 1
    del v0, v1
"""
_LATER_SAMPLE = """\
class C:
    type t0 = (w0, w1, w2, w3, w4)
    def f(self):
        super().y0, super().y1, super().y2(), super().y3(self)
"""
"""What came with Python 3.12.

In both each operation has names of its own: the letter that they begin with tells it."""

_LETTERS = {
    "IMPORT_NAME": "i",
    "IMPORT_FROM": "k",
    "LOAD_NAME": "l_",
    "LOAD_ATTR": "a",
    "LOAD_METHOD": "a",
    "STORE_ATTR": "s",
    "DELETE_ATTR": "d",
    "STORE_NAME": "tikfC_",  # those of a class body among them: `__module__`
    "DELETE_NAME": "x",
    "LOAD_GLOBAL": "gs",  # and `super`
    "STORE_GLOBAL": "u",
    "DELETE_GLOBAL": "v",
    "LOAD_FROM_DICT_OR_GLOBALS": "w",
    "LOAD_SUPER_ATTR": "y",
}
_PACKED_BITS = 4


def _shifts() -> Iterator[tuple[int, int]]:
    """For each operation with a name, how many low bits of its argument are flags."""
    found: dict[int, list[tuple[CodeType, int]]] = {}
    for code in _samples():
        _, ops, args = _columns(code.co_code[::2], code.co_code[1::2])
        for op, arg in zip(ops, args, strict=True):
            found.setdefault(op, []).append((code, arg))
    for name, letters in _LETTERS.items():
        op = operation(name)
        for shift in range(_PACKED_BITS) if op in found else ():
            if all(_begins(code, arg >> shift, letters) for code, arg in found[op]):
                yield op, shift
                break


def _samples() -> Iterator[CodeType]:
    """Code that contains each operation with a name several times."""
    texts = (_SAMPLE, _LATER_SAMPLE) if sys.version_info >= (3, 12) else (_SAMPLE,)
    for text in texts:
        yield from nested(compile(text, "<sample>", "exec"))


def nested(code: CodeType) -> Iterator[CodeType]:
    """``code`` and every code object inside it, outermost first."""
    waiting = [code]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(const for const in current.co_consts if type(const) is CodeType)


def _begins(code: CodeType, place: int, letters: str) -> bool:
    return place < len(code.co_names) and code.co_names[place][0] in letters


_SHIFTS = dict(_shifts())
_NAMELESS = frozenset(opcode.hasname) - _SHIFTS.keys()
"""Operations that are about a name, and there is no telling which."""
_UNDERSTOOD = bytes({0, *OPERATIONS.values()} - _NAMELESS)

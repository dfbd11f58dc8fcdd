"""A code object's bytecode as instructions: extended arguments joined, caches left out."""

from __future__ import annotations

import opcode
import sys
from collections.abc import Sequence
from itertools import compress
from types import CodeType
from typing import NamedTuple

_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_METHODS = {"LOAD_ATTR"} if sys.version_info >= (3, 12) else set()
SHIFTED = frozenset(opcode.opmap[name] for name in {"LOAD_GLOBAL"} | _METHODS)
"""Operations whose lowest bit tells a call, and the others the name."""


class Body(NamedTuple):
    """The instructions of some code in order, as columns: a cell has them read at each of its lines.

    ``offsets`` are in bytes, and what the interpreter tells of an instruction by.
    """

    offsets: Sequence[int]
    ops: Sequence[int]
    args: Sequence[int]

    def has(self, at: int, op: int) -> bool:
        """Whether there is an instruction at a place, and with this operation."""
        return at < len(self.ops) and self.ops[at] == op


def name_of(code: CodeType, op: int, arg: int) -> str:
    """The name that an instruction is about."""
    return code.co_names[arg >> 1 if op in SHIFTED else arg]


def body_of(raw: bytes) -> Body:
    """The instructions of ``co_code``."""
    ops, args = raw[::2], raw[1::2]  # a cache is operation 0
    body = Body(
        [*compress(range(0, len(raw), 2), ops)], ops.translate(None, b"\0"), bytes(compress(args, ops))
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

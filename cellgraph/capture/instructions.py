"""A code object's bytecode as instructions: extended arguments joined, caches left out."""

from __future__ import annotations

import opcode
from functools import partial
from itertools import compress
from typing import NamedTuple

_EXTENDED = opcode.opmap["EXTENDED_ARG"]


class Instruction(NamedTuple):
    """One instruction. ``offset`` is in bytes."""

    offset: int
    op: int
    arg: int


_made = partial(tuple.__new__, Instruction)


def instructions(raw: bytes) -> list[Instruction]:
    """The instructions of ``co_code``, in order."""
    operations = raw[::2]
    found: list[Instruction] = [
        *map(_made, compress(zip(range(0, len(raw), 2), operations, raw[1::2], strict=True), operations))
    ]  # a cache is operation 0
    return found if _EXTENDED not in operations else _joined(found)


def _joined(found: list[Instruction]) -> list[Instruction]:
    whole = []
    extended = 0
    for offset, op, low in found:
        arg = low | extended
        extended = arg << 8 if op == _EXTENDED else 0
        if op != _EXTENDED:
            whole.append(Instruction(offset, op, arg))
    return whole

"""A code object's bytecode as instructions: extended arguments joined, caches left out."""

from __future__ import annotations

import opcode
from collections.abc import Iterator
from typing import NamedTuple

_EXTENDED = opcode.opmap["EXTENDED_ARG"]
_CACHE = 0


class Instruction(NamedTuple):
    """One instruction. ``offset`` is in bytes."""

    offset: int
    op: int
    arg: int


def instructions(raw: bytes) -> Iterator[Instruction]:
    """The instructions of ``co_code``, in order."""
    extended = 0
    for offset in range(0, len(raw), 2):
        op, arg = raw[offset], raw[offset + 1] | extended
        if op == _CACHE:
            continue
        if op == _EXTENDED:
            extended = arg << 8
            continue
        extended = 0
        yield Instruction(offset, op, arg)

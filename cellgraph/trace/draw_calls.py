"""Random numbers that are known by calls alone: those of the operating system, and those of polars.

A generator that is made without a seed asks the system, and so do ``secrets`` and ``random.SystemRandom``.
Libraries make such generators inside, as for error bars by bootstrap: the text of a cell does not show it.
The state of the generator of polars lies in Rust, and no function gives it. It depends on the seed, and on
how often polars has drawn a number since. A call that is given no seed draws one. So seeds and draws are
counted when the functions start.
"""

from __future__ import annotations

import dis
import random
import sys
from itertools import islice
from types import CodeType, FrameType

SOURCES = frozenset(
    id(function.__code__) for function in (random.SystemRandom.getrandbits, random.SystemRandom.random)
)
"""Ids of the code of the functions that ask it. NumPy's seeds come from the first of them."""
_IMPORTING = "<frozen importlib"
_SEEDED_LATER = "RandomState"
"""NumPy's class asks the system, and then takes the seed that it was given."""
_LOADS = frozenset({"LOAD_ATTR", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_METHOD"})
_KNOWN: dict[tuple[str, str, int, int], bool] = {}
"""What was found for a place that calls, by its file, function, first line and instruction."""
_MAX_KNOWN = 256


def is_for_results(frame: FrameType) -> bool:
    """Whether the function that runs in ``frame`` gives numbers that results may depend on.

    Libraries seed their global generators while they are imported.
    """
    caller = frame.f_back
    if caller is not None and _takes_a_seed(caller):
        return False
    while caller is not None:
        if caller.f_code.co_filename.startswith(_IMPORTING):
            return False
        caller = caller.f_back
    return True


def _takes_a_seed(frame: FrameType) -> bool:
    """Whether what runs in ``frame`` is a call such as ``RandomState(seed)``."""
    code = frame.f_code
    if _SEEDED_LATER not in code.co_names:
        return False
    key = (code.co_filename, code.co_name, code.co_firstlineno, frame.f_lasti)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = _called(code, frame.f_lasti) == _SEEDED_LATER
    return _KNOWN[key]


def _called(code: CodeType, offset: int) -> str:
    """The name of the function that the instruction at ``offset`` calls; empty where it gets no arguments."""
    found, given = "", False
    position = next(islice(code.co_positions(), offset // 2, None))
    for instruction in dis.get_instructions(code):
        if instruction.offset >= offset:
            given = instruction.opname != "CALL" or bool(instruction.arg)
            break
        place = instruction.positions
        begins = place is not None and (place.lineno, place.col_offset) == (position[0], position[2])
        if begins and instruction.opname in _LOADS and isinstance(instruction.argval, str):
            found = instruction.argval
    return found if given else ""


IS_COUNTED = hasattr(sys, "monitoring")
"""Whether anything tells when a function starts."""
_SEEDING = "set_random_seed"
DRAWING = frozenset({_SEEDING, "Expr.sample", "Expr.shuffle", "DataFrame.sample"})
"""The qualified names of the functions that seed it, or draw from it."""


class CountedGenerator:
    """What a generator was seeded with (empty: with nothing), and how many numbers it has given since."""

    def __init__(self) -> None:
        self._seed = ""
        self._drawn = 0

    def started(self, frame: FrameType) -> bool:
        """Count the start of a function with one of these names; False if it is none of polars'."""
        module = frame.f_globals.get("__name__")
        if type(module) is not str or module.partition(".")[0] != "polars":
            return False
        seed = frame.f_locals.get("seed")
        if frame.f_code.co_name == _SEEDING:
            self._seed, self._drawn = repr(seed) if type(seed) is int else "?", 0
        elif seed is None:
            self._drawn += 1
        return True

    @property
    def state(self) -> bytes:
        """Equal where the next number is equal. It ends with ``NOTHING_DRAWN`` where the seed is unused."""
        return f"{self._seed} {self._drawn}".encode()


NOTHING_DRAWN = b" 0"
POLARS = CountedGenerator()
"""There is one for the process, as there is one of polars'."""

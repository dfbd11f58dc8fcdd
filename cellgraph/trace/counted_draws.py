"""The random generator of polars. Its state lies in Rust, and no function gives it.

It depends on the seed, and on how often polars has drawn a number since. A call that is given no seed draws
one. So seeds and draws are counted when the functions start.
"""

from __future__ import annotations

import sys
from types import FrameType

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

"""A person's interrupt that comes while cellgraph is at work: it is meant for the cell."""

from __future__ import annotations

import _thread
import importlib
import opcode
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from types import FrameType
from typing import Any, Self, TypeVar

signal: Any = importlib.import_module("_signal")
"""The functions in C. Those of ``signal`` use builtins, which a cell may have replaced."""
Function = TypeVar("Function", bound=Any)
Handler = Callable[[int, FrameType | None], object]

_INSISTENT = 5
"""So many interrupts during one hook end it: somebody waits for something that hangs."""
_MOMENT_S = 0.002
_main = threading.main_thread


class held_back:  # noqa: N801 - used like a function; one of contextlib is a frame in which it could be interrupted
    """In here an interrupt is noted instead of raised, so that nothing of cellgraph's is left half done.

    The handler of the signal is the same afterwards as before. It is left alone where it is none of Python's,
    and in other threads, which no signal reaches. ``count`` is how often the person has interrupted.
    """

    __slots__ = ("_handler", "_is_over", "count")

    def __init__(self) -> None:
        self.count = 0
        self._handler: Handler | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        if _thread.get_ident() == _main().ident:
            found = signal.getsignal(signal.SIGINT)
            if callable(found):
                self._handler = found
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True  # from here on nothing may be raised before the handler is back
        if self._handler is not None and signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count >= _INSISTENT and self._handler is not None and not self._is_over:
            signal.signal(signal.SIGINT, self._handler)
            raise_soon()


_AFTER_YIELD_FROM = 2
"""What the instruction RESUME of a coroutine says after ``yield from``: then it looks for no signal."""


def not_interrupted_at_once(function: Function) -> Function:
    """A function that looks for no signal as it starts, so that its ``try`` is there for each.

    Each Python function begins with such a look, and what is raised there has the function's frame in its
    traceback. Where the interpreter is another, the function stays as it is.
    """
    code = function.__code__
    raw = bytearray(code.co_code)
    resume = opcode.opmap.get("RESUME")
    at = next((at for at in range(0, len(raw), 2) if raw[at] == resume), None)
    if (3, 12) <= sys.version_info < (3, 15) and at is not None and raw[at + 1] == 0:
        raw[at + 1] = _AFTER_YIELD_FROM
        function.__code__ = code.replace(co_code=bytes(raw))
    return function


held_back.__exit__ = not_interrupted_at_once(held_back.__exit__)  # type: ignore[method-assign]

_at_a_look: defaultdict[int, None] = defaultdict(_thread.interrupt_main)


def raise_soon() -> None:
    """Have KeyboardInterrupt raised in the main thread once this function and its callers have returned.

    A call would be followed by a look for signals, and the exception would be raised in here. A look into a
    dictionary is not. So no frame of cellgraph's is in the traceback.
    """
    _at_a_look.pop(0, None)
    _at_a_look[0]


def raise_in_a_moment() -> threading.Timer:
    """Have it raised once the main thread has gone on with the cell. Cancel it when the cell ends."""
    timer = threading.Timer(_MOMENT_S, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
    return timer

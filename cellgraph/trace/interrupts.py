"""A person's interrupt that comes while cellgraph is at work: it is meant for the cell."""

from __future__ import annotations

import _thread
import importlib
import opcode
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, TypeVar

signal: Any = importlib.import_module("_signal")
"""The functions in C. Those of ``signal`` use builtins, which a cell may have replaced."""
Function = TypeVar("Function", bound=Any)
Handler = Callable[[int, FrameType | None], object]

_INSISTENT = 5
"""So many interrupts during one hook end it: somebody waits for something that hangs."""
_MOMENT_S = 0.005
_main = threading.main_thread


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
    if (3, 12) <= sys.version_info < (3, 16) and at is not None and raw[at + 1] == 0:
        raw[at + 1] = _AFTER_YIELD_FROM
        function.__code__ = code.replace(co_code=bytes(raw))
    return function


class _AtALook(dict[int, None]):
    """Sends the signal whose number is looked up. Nothing is kept."""

    __missing__ = staticmethod(_thread.interrupt_main)


_send = _AtALook()


@not_interrupted_at_once
def raise_soon() -> None:
    """Have KeyboardInterrupt raised in the main thread once this function and its callers have returned.

    A call would be followed by a look for signals, and the exception would be raised in here. A look into a
    dictionary is not. So no frame of cellgraph's is in the traceback.
    """
    _send[signal.SIGINT]


class _Noted:
    """The handler of the signal while interrupts are held back: how often the person has interrupted."""

    __slots__ = ("_before", "_tell", "count", "is_over")

    def __init__(self, before: Any) -> None:
        self.count = 0
        self.is_over = False
        self._before = before
        self._tell: Callable[[], None] | None = None

    def end(self, tell: Callable[[], None] | None) -> None:
        """The work is done. ``tell`` is called for the interrupts so far, and for each that comes yet."""
        self.is_over, self._tell = True, tell
        if self.count and tell is not None:
            tell()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.is_over or self.count >= _INSISTENT:
            signal.signal(signal.SIGINT, self._before)
        if self._tell is not None:
            self._tell()
        elif self.count >= _INSISTENT:
            raise_soon()


class HeldBack:
    """While this object is there an interrupt is noted instead of raised.

    So nothing of cellgraph's is left half done. Who drops the last reference has the former handler again, in
    one step in C. A Python function that did this would be in the traceback of an interrupt that follows, and
    so would IPython's report of a failed callback. The handler is left alone where it is none of Python's.
    It is left alone in other threads too, which no signal reaches.
    """

    __slots__ = ("__del__", "noted")

    def __init__(self) -> None:
        found = signal.getsignal(signal.SIGINT)
        self.noted = _Noted(found)
        if callable(found) and _thread.get_ident() == _main().ident:
            signal.signal(signal.SIGINT, self.noted)
            self.__del__ = partial(signal.signal, signal.SIGINT, found)

    def ending(self, tell: Callable[[], None] | None) -> HeldBack:
        """The work is done. ``tell`` is called for the interrupts so far, and for each that comes yet."""
        self.noted.end(tell)
        if signal.getsignal(signal.SIGINT) is not self.noted and hasattr(self, "__del__"):
            del self.__del__  # somebody has set another since
        return self


class RaisedInAMoment:
    """KeyboardInterrupt, once the main thread has had a moment to go on with the cell.

    It takes a thread of the barest kind: to start one of ``threading`` takes so long that the next interrupt
    would often come meanwhile.
    """

    __slots__ = ("_cancelled", "is_due")

    def __init__(self) -> None:
        self.is_due = True
        """Whether it is still to be raised."""
        self._cancelled = _thread.allocate_lock()
        self._cancelled.acquire()
        _thread.start_new_thread(self._wait, ())

    def _wait(self) -> None:
        self._cancelled.acquire(timeout=_MOMENT_S)
        # It may have been cancelled when the moment was over and this thread had not had its turn.
        # Between the question and the call no other thread has one.
        if self.is_due:
            self.is_due = False
            _thread.interrupt_main()

    def cancel(self) -> None:
        """The cell has ended. Does nothing if it was raised."""
        if self.is_due:
            self.is_due = False
            self._cancelled.release()

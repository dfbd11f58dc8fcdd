"""A person's interrupt that arrives while cellgraph is at work: it is meant for the cell, not for cellgraph."""

from __future__ import annotations

import _thread
import signal
import threading
from collections import defaultdict
from collections.abc import Callable
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

_INSISTENT = 3
"""So many interrupts during one hook end it: somebody waits for something that hangs."""
_MOMENT_S = 0.002
_main = threading.main_thread


class held_back:  # noqa: N801 - used like a function; one of contextlib is a frame in which it could be interrupted
    """In here an interrupt is noted instead of raised, so that nothing of cellgraph's is left half done.

    The handler of the signal is the same afterwards as before. It is left alone where it is none of Python's,
    and in other threads, which no signal reaches. ``count`` is how often the person has interrupted.
    """

    __slots__ = ("_handler", "count")

    def __init__(self) -> None:
        self.count = 0
        self._handler: Handler | None = None

    def __enter__(self) -> held_back:
        if _thread.get_ident() == _main().ident:
            found = signal.getsignal(signal.SIGINT)
            if callable(found):
                self._handler = found
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is not None and signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count >= _INSISTENT and self._handler is not None:
            self._handler(number, frame)


_at_a_look: defaultdict[int, None] = defaultdict(_thread.interrupt_main)


def raise_soon() -> None:
    """Have KeyboardInterrupt raised in the main thread as soon as this function and its callers have returned.

    A call would be followed by a look for signals, and then the exception would be raised in here. A look into
    a dictionary is not. So no frame of cellgraph's is in the traceback.
    """
    _at_a_look.clear()
    _at_a_look[0]  # noqa: B018 - the look is what does it


def raise_in_a_moment() -> None:
    """Have it raised once the main thread has had time to go on with the cell."""
    timer = threading.Timer(_MOMENT_S, _thread.interrupt_main)
    timer.daemon = True
    timer.start()

"""Ctrl-C, SIGTERM and SIGHUP end a run in good order: what has run is written, and nothing is left behind.

A signal cancels the task that runs the notebook. The first one ends the cell under way, and the results are
fetched from the kernel. The second gives that up. From then on signals wait until what there is has been
written. At any other time a signal raises KeyboardInterrupt, as Ctrl-C does.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Names of the signals that end a run, of which a system has some."""

_MOST = 2
"""Number of signals that are answered in good order. A third ends the run at once."""


class Stop:
    """Whether a run has been asked to end, and by what."""

    def __init__(self) -> None:
        self.how = ""
        """In words, as the beginning of a sentence: ``interrupted``; empty while nobody has asked."""
        self._count = 0
        self._task: asyncio.Task[object] | None = None
        self._held = False
        self._waiting = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take the signals meanwhile. One that is ignored from the start (as with ``nohup``) stays so."""
        before = {}
        try:
            for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    with suppress(ValueError):  # outside the main thread no signal can be taken
                        before[number] = signal.signal(number, self._on_signal)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def cancelling(self, task: asyncio.Task[object]) -> Iterator[None]:
        """Have a signal cancel this task of the running event loop, and wait afterwards."""
        self._task, self._held = task, False
        try:
            yield
        finally:
            self._task, self._held = None, True

    def release(self) -> None:
        """Let signals wait no more. Raises KeyboardInterrupt if one has come meanwhile."""
        self._held = False
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._count += 1
        name = signal.Signals(number).name
        self.how = "interrupted" if name == "SIGINT" else f"ended by {name}"
        if self._held:
            self._waiting = True
        elif self._task is None or self._count > _MOST:
            raise KeyboardInterrupt
        else:
            self._task.cancel()
            # The loop may be waiting for the kernel: this wakes it up.
            self._task.get_loop().call_soon_threadsafe(lambda: None)


def cancelled() -> bool:
    """Whether the running task has been cancelled. The cancellation is taken back, so that it can go on."""
    task = asyncio.current_task()
    if task is None or not task.cancelling():
        return False
    task.uncancel()
    return True

"""Whether more cells wait in the kernel, as in Run All or where a person runs one after another."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from time import sleep
from typing import Any

_SETTLED_S = 0.25
"""Seconds without another cell after which a queue is over, whatever else waits in the kernel."""

_ON_THEIR_WAY_S = 0.4
"""Seconds that requests are on their way from the front end at most, also on a machine with much to do."""


class KernelQueue:
    """Looks at the requests that wait in a kernel's shell channel. Without a kernel nothing ever waits."""

    def __init__(self, shell: Any) -> None:
        self._kernel: Any = getattr(shell, "kernel", None)
        self.timer: object | None = None
        """What calls back once the queue is over; None where nothing waits for that."""
        self._expected = False

    def expect(self, more: bool) -> None:
        """Set whether the front end says that it will send further cells, one by one."""
        self._expected = more

    def failed(self) -> None:
        """A cell has raised. Wait for the cells behind it that the front end has announced.

        The kernel leaves out the requests that wait in it when it has answered for the cell that raised. It
        would run those that come later.
        """
        if self._expected:
            sleep(_ON_THEIR_WAY_S)

    def has_more(self) -> bool:
        """Whether a request waits for the one that runs now, or is about to come. False if not known."""
        if self._expected:
            return True
        if self._kernel is None or _thread.get_ident() != threading.main_thread().ident:
            return False
        try:
            return _waits_in_python(self._kernel) or _waits_in_socket(self._kernel)
        except Exception:  # noqa: BLE001 - a kernel of another make: nothing is known of what waits
            return False

    def when_over(self, call: Callable[[], object]) -> None:
        """Call back once no further cell has started for a moment."""
        self.cancel()
        try:
            self.timer = self._kernel.io_loop.call_later(_SETTLED_S, call)
        except Exception:  # noqa: BLE001 - no event loop of the known kind: the next cell says what is held
            self.timer = None

    def cancel(self) -> None:
        """Another cell has started: do not call back."""
        timer, self.timer = self.timer, None
        if timer is not None:
            self._kernel.io_loop.remove_timeout(timer)


def _waits_in_python(kernel: Any) -> bool:
    """Requests that the kernel has received and not begun."""
    queue = getattr(kernel, "msg_queue", None)  # ipykernel 6
    if queue is not None:
        return bool(queue.qsize())
    import asyncio  # a kernel has it; a terminal would wait for it

    # ipykernel 7 has a task for each request that it has received, the running one among them.
    tasks = asyncio.all_tasks()
    if len(tasks) < 2:
        return False
    names = [getattr(task.get_coro(), "__qualname__", "") for task in tasks]
    return len([name for name in names if name.startswith("_async_in_context.")]) > 1


def _waits_in_socket(kernel: Any) -> bool:
    """Requests that the kernel has not received yet."""
    import zmq

    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is not None:
        stream = thread.manager.get_shell_channel_to_subshell_pair(None).to_stream
    else:
        stream = kernel.shell_stream
    waits = bool(stream.socket.get(zmq.EVENTS) & zmq.POLLIN)
    if waits:
        # ZeroMQ announces an event once, and asking has used that up: have the stream look again.
        again = stream._handle_events  # noqa: SLF001 - pyzmq has no public way to do this
        stream.io_loop.add_callback(again, stream.socket, zmq.POLLIN)
    return waits

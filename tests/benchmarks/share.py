"""How much of a notebook's processor time is cellgraph's own, seen from within one process.

Wall clocks of two kernels cannot tell two per cent apart on a machine that others use as well. Here
the notebook runs once, and what is summed is the processor time of this thread inside cellgraph's
two hooks, and the time inside its callbacks of ``sys.monitoring``. Those are so short that the clock
of the thread, a call of the system, would be most of what it measures.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Any

import cellgraph
from cellgraph.trace import monitoring
from tests.shells import fresh_shell

HOOKS = ("pre_run_cell", "post_run_cell")
CALLBACKS = {"PY_START": "_on_start", "INSTRUCTION": "_on_instruction", "CALL": "_on_call"}
CALIBRATION = 20_000


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time of one cell: its own, cellgraph's before and after, and in callbacks."""

    code: str
    plain: float
    before: float
    after: float
    callbacks: float

    @property
    def added(self) -> float:
        """All that is cellgraph's."""
        return self.before + self.after + self.callbacks


def costs(cells: Sequence[str]) -> list[Cost]:
    """What each cell of a notebook costs. Raises RuntimeError where one fails."""
    with fresh_shell() as shell, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        tracker = cellgraph.load(shell)
        clock = _Clock(tracker)
        try:
            shell.run_cell("pass")
            return [clock.run(shell, code, f"c{at}") for at, code in enumerate(cells)]
        finally:
            clock.remove()
            cellgraph.unload(shell)


class _Clock:
    """Times the hooks, and the callbacks in between."""

    def __init__(self, tracker: Any) -> None:
        self._tracker = tracker
        self._spent = dict.fromkeys(HOOKS, 0.0)
        self._called, self._in_callbacks, self._inside = 0, 0.0, False
        self._timing, self._own = self._calibrated()
        self._time_callbacks(tracker)
        self._events = tracker.shell.events
        self._timed = {name: self._wrapped(name) for name in HOOKS}
        for name, timed in self._timed.items():
            self._events.unregister(name, getattr(tracker, name))
            self._events.register(name, timed)

    def remove(self) -> None:
        for name, timed in self._timed.items():
            self._events.unregister(name, timed)
            self._events.register(name, getattr(self._tracker, name))
        vars(monitoring)["sys"] = sys

    def run(self, shell: Any, code: str, cell: str) -> Cost:
        self._spent = dict.fromkeys(HOOKS, 0.0)
        self._called, self._in_callbacks = 0, 0.0
        begin = thread_time()
        result = shell.run_cell(code, store_history=True, cell_id=cell)
        whole = thread_time() - begin
        if not result.success:
            raise RuntimeError(f"a cell of the notebook failed: {code.splitlines()[0]}")
        before, after = (self._spent[name] for name in HOOKS)
        callbacks = self._in_callbacks - self._called * self._timing
        plain = whole - before - after - callbacks - self._called * self._own
        return Cost(code, plain, before, after, callbacks)

    def _wrapped(self, name: str) -> Callable[[Any], None]:
        hook = getattr(self._tracker, name)

        def timed(argument: Any) -> None:
            self._inside = True
            begin = thread_time()
            hook(argument)
            self._spent[name] += thread_time() - begin
            self._inside = False

        return timed

    def _calibrated(self) -> tuple[float, float]:
        """What timing a callback adds to the time that is found, and what it takes altogether."""
        deeper = _Deeper()
        timed = self._timed_callback(lambda *_: deeper._getframe(1))
        begin = perf_counter()
        for _ in range(CALIBRATION):
            timed(None, 0)
        return self._in_callbacks / CALIBRATION, (perf_counter() - begin) / CALIBRATION

    def _time_callbacks(self, tracker: Any) -> None:
        watching = getattr(tracker._recorder._tracing, "_monitor", None)
        if watching is None:
            return  # before 3.12 there are none
        of_python: Any = vars(sys)["monitoring"]
        vars(monitoring)["sys"] = _Deeper()
        for event, name in CALLBACKS.items():
            number = getattr(of_python.events, event)
            timed = self._timed_callback(getattr(watching, name))
            of_python.register_callback(watching._tool, number, timed)

    def _timed_callback(self, callback: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object) -> object:
            begin = perf_counter()
            answer = callback(*arguments)
            if not self._inside:  # what a hook starts is part of its own time
                self._in_callbacks += perf_counter() - begin
                self._called += 1
            return answer

        return timed


class _Deeper:
    """``sys`` for the monitor while its callbacks are called from one frame further away."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    @staticmethod
    def _getframe(depth: int) -> Any:
        return sys._getframe(depth + 2)

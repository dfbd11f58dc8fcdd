"""What cellgraph's own hooks take of the process: seconds of this thread and megabytes at their highest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

KILO = 1_000
STATUS = Path("/proc/self/status")
PEAK_AGAIN = Path("/proc/self/clear_refs")


@dataclass
class Hooks:
    """One entry for each call of a hook."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    """How much more memory the process had at its highest than when the hook began."""

    def timed(self, hook: Callable[[Any], None]) -> Callable[[Any], None]:
        """The same hook, measured."""

        def measured(argument: Any) -> None:
            before = _fresh_peak()
            started = time.thread_time()
            try:
                hook(argument)
            finally:
                self.seconds.append(time.thread_time() - started)
                self.megabytes.append(_field("VmHWM") - before)

        return measured


def measure_hooks(shell: InteractiveShell) -> Hooks:
    """Measure the hooks of cellgraph in this shell from now on."""
    found = Hooks()
    for callbacks in (shell.events.callbacks[event] for event in ("pre_run_cell", "post_run_cell")):
        for place, callback in enumerate(callbacks):
            if type(getattr(callback, "__self__", None)).__module__.startswith("cellgraph"):
                callbacks[place] = found.timed(callback)
    return found


def megabytes() -> float:
    """The memory that this process has now."""
    return _field("VmRSS")


def _fresh_peak() -> float:
    """Let the peak be what it is now. Gives that."""
    try:
        PEAK_AGAIN.write_text("5")
    except OSError:  # then only what goes beyond the highest so far is seen
        return _field("VmHWM")
    return _field("VmRSS")


def _field(name: str) -> float:
    for line in STATUS.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / KILO
    return 0.0

"""IPython's events become runs: which cell is open, and which event ends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cellgraph.code.source import Source, is_own
from cellgraph.frontends.notebook_order import RequestInfo, read_request
from cellgraph.model import Run
from cellgraph.record.recorder import Pending, Recorder, block_of


class CellLifecycle:
    """At most one run is open at a time: a cell that is run inside a cell is part of the outer one.

    IPython announces the start and the end of each cell by an object (``info``) that tells cells apart.
    An end may be missing (a cell that was interrupted early), and so may a start (the cell that loads
    cellgraph).
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._stack: list[object] = []
        self._pending: Pending | None = None
        self.paused = False
        """Whether recording is switched off."""
        self.rerunning = False
        """Whether cells are run by ``rerun``: they take no number, and nothing is said of them."""

    def request(self, info: Any) -> RequestInfo:
        """What the front end tells with the cell that runs now."""
        return read_request(info, self._parent)

    def enter(self, info: Any) -> bool:
        """A cell starts. False where it is part of an outer one, or where recording is off."""
        self._stack.append(info)
        return len(self._stack) == 1 and not self.paused

    def begin(self, recorder: Recorder, info: Any, cell: str | None, source: Source) -> None:
        """Open a run: the cell's first instruction is next."""
        self._pending = recorder.begin(info, cell, source, block_of(source))

    def begin_midcell(self, recorder: Recorder) -> None:
        """Open a run in the middle of a cell: the one that loads cellgraph often imports as well."""
        self.begin(recorder, None, self.request(None).cell, recorder.source(""))

    def end(self, recorder: Recorder, result: Any) -> Run | None:
        """A cell ends. Gives its run, None where it is part of an outer one or is not recorded."""
        pending = self._ended(recorder, result)
        if pending is None:
            return None
        self._pending = None
        if self.rerunning:
            return recorder.end(pending, result, None, in_place=False)
        return recorder.end(pending, result, result.execution_count)

    def abandon(self, recorder: Recorder) -> None:
        """Record nothing of the run that is open, where one is."""
        if self._pending is not None:
            self._pending = None
            recorder.abandon()

    def forget(self) -> None:
        """Recording failed: the run that is open will have no end."""
        self._pending = None

    @contextmanager
    def set_aside(self, recorder: Recorder) -> Iterator[None]:
        """Run cells from inside a cell, each as a run of its own. The cell outside is not recorded."""
        self.abandon(recorder)
        outer, self._stack = self._stack, []
        self.rerunning = True
        try:
            yield
        finally:
            self._stack = outer
            self.rerunning = False

    def close(self) -> None:
        """Wait for no end any more."""
        self._stack.clear()
        self._pending = None

    def _ended(self, recorder: Recorder, result: Any) -> Pending | None:
        """The open run, where this result ends it."""
        info = getattr(result, "info", None)
        pending = self._pending
        if pending is not None and pending.info is None and not self._stack:
            return self._joined(recorder, pending, info)
        if not any(known is info for known in self._stack):
            return None
        while self._stack and self._stack.pop() is not info:
            pass  # a run whose end was never announced
        return pending if not self._stack else None

    def _joined(self, recorder: Recorder, pending: Pending, info: Any) -> Pending | None:
        """The run of the cell that loaded cellgraph; None where it does nothing else."""
        text = getattr(info, "raw_cell", "") or ""
        if is_own(text):
            self.abandon(recorder)
            return None
        return recorder.joined(pending, info, self.request(info).cell, text)

    def _parent(self) -> Any:
        # Only a kernel's shell has it: to look it up is left to those who know that it may fail.
        return self._shell.get_parent()

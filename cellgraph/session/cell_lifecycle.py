"""IPython's events become runs: which cell is open, and which event ends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import IPython

from cellgraph.code.source import Source, is_own
from cellgraph.frontends.notebook_order import RequestInfo, read_request
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Run
from cellgraph.record.recorder import Recorder
from cellgraph.record.run_context import Unobserved, block_of
from cellgraph.session.open_cells import OpenCell, OpenCells

_COUNTS_FIRST = IPython.version_info[:2] >= (9, 8)
"""From this version on IPython counts on before it announces the start of a cell."""


@dataclass(frozen=True, slots=True)
class _NeverAnnounced:
    """Stands for IPython's result of a cell whose end was never announced: something has interrupted it."""

    error_in_exec: KeyboardInterrupt
    error_before_exec: None = None
    result: None = None
    execution_count: int | None = None


class CellLifecycle:
    """Which runs there are: each has a start and an end, and both are seen once, whatever happens in between.

    IPython announces the start and the end of each cell by an object (``info``) that tells cells apart. What
    is run inside a cell is part of the outer one. A run whose end was never announced was interrupted.
    One that could not be observed is owed to the ledger, as such, until it stands there.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self.arrived: set[int] = set()
        """The threads in which a cell starts or has ended, and whose turn may not have come yet."""
        self._cells = OpenCells(shell, self.arrived)
        self._owed: list[Unobserved] = []
        self._ending: OpenCell | None = None
        self.paused = False
        """Whether recording is switched off."""
        self.rerunning = False
        """Whether cells are run by ``rerun``: they take no number, and nothing is said of them."""

    def request(self, info: Any) -> RequestInfo:
        """What the front end tells with the cell that runs now."""
        return read_request(info, self._parent)

    def enter(self, recorder: Recorder, info: Any) -> OpenCell | None:
        """A cell starts. None where nothing is recorded of it: it is part of another, or recording is off."""
        started, lost = self._cells.start(info, inside=recorder.is_inside())
        self._end_unannounced(recorder, lost)
        if started.part == "inner" or self.paused:
            return None
        started.part, started.request, started.count = "unseen", self.request(info), self._count(info)
        return started

    def is_alone(self, cell: OpenCell) -> bool:
        """Whether no other run is under way. Of several at once the first is recorded."""
        cells = self._cells.open
        return len(cells) == 1 or not any(known.part == "run" for known in cells if known is not cell)

    def begin(self, recorder: Recorder, cell: OpenCell, source: Source) -> None:
        """Open a run: the cell's first instruction is next."""
        cell.pending = recorder.begin(cell.info, cell.cell, source, block_of(source))
        cell.part = "run"

    @staticmethod
    def skip(cell: OpenCell) -> None:
        """A cell has started of which nothing is to be recorded."""
        cell.part = "nothing"

    def begin_midcell(self, recorder: Recorder) -> None:
        """Open a run in the middle of a cell: the one that loads cellgraph often imports as well.

        There is none where a configuration loads it as the shell starts.
        """
        if not self._cells.may_join():
            return
        joined, source = self._cells.join(), recorder.source("")
        if getattr(joined.info, "silent", False):  # a request whose end IPython does not announce
            self.skip(joined)
            return
        joined.request = self.request(None)
        joined.count = self._count(joined.info)
        joined.pending = recorder.begin(None, joined.cell, source, block_of(source))

    def end(self, recorder: Recorder, result: Any) -> Run | None:
        """A cell ends. Gives its run, None where it is part of an outer one or is not recorded."""
        info = getattr(result, "info", None)
        if (joined := self._cells.joined()) is not None:
            joined.info = info
            return self._ended(recorder, joined, result)
        ended, lost = self._cells.end(info)
        self._end_unannounced(recorder, lost)
        if ended is None:
            self._end_unknown(info)
            return None
        return self._ended(recorder, ended, result)

    def settle(self, recorder: Recorder) -> list[Run]:
        """Record what is owed: the runs that could not be observed."""
        runs = []
        while self._owed:
            runs.append(recorder.unobserved(self._owed[0], self.is_recording))
            del self._owed[0]
        return runs

    def failed(self, recorder: Recorder, known: int) -> None:
        """A hook went wrong. ``known`` is the number of runs that there were before it."""
        ending, self._ending = self._ending, None
        recorder.mend()
        if ending is not None and len(recorder.ledger) == known:
            self._owe(ending)
        for cell in self._cells:
            if cell.part == "unseen":
                cell.pending = None
        if not self.is_recording:
            recorder.abandon()

    def abandon(self, recorder: Recorder) -> None:
        """Record nothing of the run that is open, where one is."""
        for cell in self._cells:
            if cell.pending is not None:
                cell.pending, cell.part = None, "nothing"
                recorder.abandon()

    @contextmanager
    def set_aside(self, recorder: Recorder) -> Iterator[None]:
        """Run cells from inside a cell, each as a run of its own. The cell outside is not recorded."""
        self.abandon(recorder)
        outer, self._cells = self._cells, OpenCells(self._shell, self.arrived)
        self.rerunning = True
        try:
            yield
        finally:
            self._cells = outer
            self.rerunning = False

    def close(self) -> None:
        """Wait for no end any more."""
        self._cells.clear()
        self._owed.clear()

    @property
    def is_inside(self) -> bool:
        """Whether a cell is under way."""
        return bool(self._cells.open)

    @property
    def is_recording(self) -> bool:
        """Whether a run is under way that is being recorded."""
        return any(cell.part == "run" for cell in self._cells)

    def _ended(self, recorder: Recorder, cell: OpenCell, result: Any) -> Run | None:
        """The run that has ended with ``result``, recorded; None where there is nothing to record."""
        pending = cell.pending
        if cell.count is not None:  # as cells start in several threads, only IPython knows which has which
            cell.count = getattr(result, "execution_count", None) or cell.count
        if cell.part == "unseen" or (cell.part == "run" and pending is None):
            self._owe(cell)
        if cell.part != "run" or pending is None:
            return None
        self._ending = cell
        if pending.info is None:
            if is_own(cell.text):
                self._ending = None
                recorder.abandon()  # the cell that loaded cellgraph does nothing else
                return None
            pending = recorder.joined(pending, cell.info, self.request(cell.info).cell, cell.text)
        if result is None:
            result = _NeverAnnounced(KeyboardInterrupt())
        if self.rerunning:
            run = recorder.end(pending, result, None, in_place=False)
        else:
            count = getattr(result, "execution_count", None)
            run = recorder.end(pending, result, count if count is not None else cell.count)
        self._ending = None
        return run

    def _end_unannounced(self, recorder: Recorder, cells: Iterable[OpenCell]) -> None:
        """Record runs whose end was never announced: as far as is known they were interrupted."""
        for cell in cells:
            self._ended(recorder, cell, None)

    def _end_unknown(self, info: Any) -> None:
        """A cell has ended that was not seen to start. That an empty one starts is not announced."""
        text = getattr(info, "raw_cell", "") or ""
        if text.strip() and not is_own(text) and not self.paused:
            self._owe(
                OpenCell(info, "unseen", request=self.request(info), count=self._count(info, has_ended=True))
            )

    def _owe(self, cell: OpenCell) -> None:
        count = None if self.rerunning else cell.count
        self._owed.append(Unobserved(cell.cell, cell.text, count, cell.started))

    def _count(self, info: Any, *, has_ended: bool = False) -> int | None:
        """The number of a cell that starts or has ended; None where it takes none."""
        if not getattr(info, "store_history", False):
            return None
        counted_on = 1 if has_ended or _COUNTS_FIRST else 0
        return int(self._shell.execution_count) - counted_on

    def _parent(self) -> Any:
        # Only a kernel's shell has it: to look it up is left to those who know that it may fail.
        return self._shell.get_parent()

"""IPython's events become runs: which cells are open, which is inside which, and which event ends each."""

from __future__ import annotations

import _thread
import asyncio
import sys
import weakref
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from time import monotonic, time
from types import CodeType, FrameType
from typing import Any, Literal

import IPython

from cellgraph.code.source import Source, is_own
from cellgraph.frontends.notebook_order import RequestInfo, read_request
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Run
from cellgraph.record.recorder import Recorder
from cellgraph.record.run_context import Pending, Unobserved, block_of

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


Part = Literal["run", "unseen", "inner", "nothing"]
"""What a cell that has started is: a run that is recorded; a run that could not be observed; a part of the
cell that runs it; or nothing to record (it only talks to cellgraph, or recording is off)."""

_MOMENT_S = 1.0
"""So long after the end of a cell in another thread its announcement may still come."""


@dataclass(eq=False, slots=True)
class OpenCell:
    """A cell that has started. ``info`` is IPython's object for it, None where that is not known."""

    info: Any
    part: Part = "nothing"
    pending: Pending | None = None
    request: RequestInfo = field(default_factory=RequestInfo)
    """What the front end tells with the cell."""
    count: int | None = None
    """The number that the front end shows for it; None where it takes none."""
    started: float = field(default_factory=time)
    thread: int = field(default_factory=_thread.get_ident)
    over_since: float | None = None
    """When another thread saw for the first time that it does not run any more (``monotonic``)."""
    task: weakref.ref[asyncio.Task[Any]] | None = None
    """The task that the cell is, where the loop that runs it is the kernel's own."""

    @property
    def cell(self) -> str | None:
        """The front end's id of the cell; None where it gives none."""
        return self.request.cell

    @property
    def text(self) -> str:
        """The cell's text."""
        return getattr(self.info, "raw_cell", "") or ""


class OpenCells:
    """Cells that have started, oldest first.

    The end of a cell may never be announced (an interrupt at an unlucky moment), or under another object. So
    what is open is never taken from the events alone: a cell is under way while the function of IPython that
    runs it is on the stack of its thread, or its task is not done.
    """

    def __init__(self, shell: Any, arrived: Container[int] = ()) -> None:
        own = (vars(cls).get("run_cell_async") for cls in type(shell).__mro__)
        self._runners = frozenset(
            code for one in own if isinstance(code := getattr(one, "__code__", None), CodeType)
        )
        self._shell = shell
        self._arrived = arrived
        """The threads that are about to tell that a cell starts or has ended, and wait for another one."""
        self.open: list[OpenCell] = []
        """The cells, for reading."""

    def __iter__(self) -> Iterator[OpenCell]:
        return iter(self.open)

    def __len__(self) -> int:
        return len(self.open)

    def start(self, info: Any, *, inside: bool) -> tuple[OpenCell, list[OpenCell]]:
        """A cell starts. Gives it, and those before it whose end was never announced.

        ``inside``: a task or a thread of an open cell has started it. What the stack tells comes on top.
        """
        lost: list[OpenCell] = []
        is_inner = False
        if self.open:
            self.open = [known for known in self.open if known.info is not None]
            lost = self._take_ended()
            outer = {id(known) for known in self._running(sys._getframe(1))}
            is_inner = any(inside or id(known.info) in outer for known in self.open)
        started = OpenCell(info, "inner" if is_inner else "nothing", task=self._task())
        self.open.append(started)
        return started, lost

    def may_join(self) -> bool:
        """Whether a cell runs now that was not seen to start, in any thread, as far as that can be told."""
        frames = (sys._getframe(1), *sys._current_frames().values())  # noqa: SLF001 - the documented way
        return not self._runners or any(True for frame in frames for _ in self._running(frame))

    def join(self) -> OpenCell:
        """The cell that runs now was not seen to start."""
        info = next(self._running(sys._getframe(1)), None)
        self.open.append(OpenCell(info, "run", task=self._task()))
        return self.open[-1]

    def end(self, info: Any) -> tuple[OpenCell | None, list[OpenCell]]:
        """A cell ends: gives it, None where it was not seen to start, and those that have ended unannounced.

        ``info`` is None, or a new object, where an exception has left the function that runs cells.
        """
        found = self._taken(info)
        lost = self._take_ended() if self.open else []
        if found is None:
            text = getattr(info, "raw_cell", None)
            same = [known for known in lost if info is None or known.text == text]
            found = same[-1] if same else None
        return found, [known for known in lost if known is not found]

    def joined(self) -> OpenCell | None:
        """Take the cell that was joined in its middle, where nothing told which it is."""
        if len(self.open) == 1 and self.open[0].info is None:
            return self.open.pop()
        return None

    def clear(self) -> None:
        """Wait for no end any more."""
        self.open.clear()

    def _taken(self, info: Any) -> OpenCell | None:
        for known in self.open if info is not None else ():
            if known.info is info:
                self.open.remove(known)
                return known
        return None

    def _take_ended(self) -> list[OpenCell]:
        """Take out those that have ended, whether that was announced or not."""
        stacks: dict[int, frozenset[int]] = {}
        ended = [known for known in self.open if not self._is_under_way(known, stacks)]
        self.open = [known for known in self.open if known not in ended]
        return ended

    def _is_under_way(self, known: OpenCell, stacks: dict[int, frozenset[int]]) -> bool:
        if known.thread == _thread.get_ident():
            return self._runs(known, stacks)
        if known.thread in self._arrived or self._runs(known, stacks):
            return True
        # Its end is announced in a moment, if it is.
        known.over_since = known.over_since or monotonic()
        return monotonic() < known.over_since + _MOMENT_S

    def _runs(self, known: OpenCell, stacks: dict[int, frozenset[int]]) -> bool:
        if known.task is not None:
            task = known.task()
            return task is not None and not task.done()
        if known.thread not in stacks:
            # Given on at once: a frame that has itself as a variable would live until it is collected.
            running = self._running(_frame_of(known.thread))
            stacks[known.thread] = frozenset(map(id, running))
        return id(known.info) in stacks[known.thread]

    def _running(self, frame: FrameType | None) -> Iterator[Any]:
        """IPython's objects for the cells that this shell runs on a stack, the innermost first.

        A cell of another shell is none of them, where it runs this one, as an embedded shell is run.
        """
        while frame is not None:
            if frame.f_code in self._runners and frame.f_locals.get("self") is self._shell:
                yield frame.f_locals.get("info")
            frame = frame.f_back

    def _task(self) -> weakref.ref[asyncio.Task[Any]] | None:
        """The task that the cell which starts is, where it is one."""
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no loop runs
            return None
        code = getattr(task.get_coro(), "cr_code", None) if task is not None else None
        return weakref.ref(task) if task is not None and code in self._runners else None


def _frame_of(thread: int) -> FrameType | None:
    return sys._getframe(1) if thread == _thread.get_ident() else sys._current_frames().get(thread)  # noqa: SLF001 - the documented way

"""The cells that have started and not ended: which is inside which, and which have ended unannounced."""

from __future__ import annotations

import _thread
import asyncio
import sys
import weakref
from collections.abc import Container, Iterator
from dataclasses import field
from time import monotonic, time
from types import CodeType, FrameType
from typing import Any, Literal

from cellgraph.frontends.notebook_order import RequestInfo
from cellgraph.light_dataclass import dataclass
from cellgraph.record.run_context import Pending

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

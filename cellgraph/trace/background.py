"""Whose doing is code that runs beside a cell: in a thread, in a task, in a callback, in an executor.

A cell's own code runs in the thread that announced the cell, and in threads and tasks that the cell has
started itself. Any other code of the user's belongs to an earlier run: to the one that started the thread,
handed the work to the executor, or made the task. A callback that the front end calls between two cells
belongs to the run that compiled it. What a ``ThreadPool`` runs counts as the present cell's: nothing tells
who gave it the work. The same holds for threads that a library has made outside Python, as polars does.

A task, and what it starts, carry the run's number in a context variable, which is set for the time of a cell.
"""

from __future__ import annotations

import _thread
import sys
import threading
from array import array
from contextvars import ContextVar, Token
from dataclasses import field
from types import CodeType, FrameType

from cellgraph.code.bytecode import DELETE, STAR, STORE, Access, is_function
from cellgraph.light_dataclass import dataclass
from cellgraph.trace.access_recorder import public_names

_RUN: ContextVar[int] = ContextVar("cellgraph_run")
_KEPT = 4096
"""Texts of cells, and pieces of work, of which it is known whose they are."""
OWN = -1
"""The present cell's own doing."""
NOBODY = 0
"""The doing of no run that is known."""
_THREAD_START: CodeType = threading.Thread.start.__code__
_POOLS = "multiprocessing.pool"


@dataclass(slots=True)
class Beside:
    """What code beside the cells accessed: for each name, the names of the functions that did so."""

    loaded: dict[str, set[str]] = field(default_factory=dict)
    stored: dict[str, set[str]] = field(default_factory=dict)
    deleted: dict[str, set[str]] = field(default_factory=dict)

    def note(self, kind: str, names: list[str], function: str) -> None:
        """Add an access."""
        found = self.stored if kind in (STORE, STAR) else self.deleted if kind == DELETE else self.loaded
        for name in names:
            found.setdefault(name, set()).add(function)

    def join(self, other: Beside) -> None:
        """Add what another one holds."""
        for own, more in self._pairs(other):
            for name, functions in list(more.items()):  # in one step: a thread adds to it
                own.setdefault(name, set()).update(functions)

    def shared(self, words: set[str]) -> list[str]:
        """Take out what a cell with these words in its code may have run itself. Gives what was loaded."""
        taken = [name for name, functions in list(self.loaded.items()) if not functions.isdisjoint(words)]
        for own, _ in self._pairs(self):
            for name in [name for name, found in list(own.items()) if not found.isdisjoint(words)]:
                del own[name]
        return taken

    def _pairs(self, other: Beside) -> tuple[tuple[dict[str, set[str]], dict[str, set[str]]], ...]:
        return (
            (self.loaded, other.loaded),
            (self.stored, other.stored),
            (self.deleted, other.deleted),
        )


class Background:
    """Tells for the code that runs now whose doing it is. Runs go by serial numbers from 1."""

    def __init__(self) -> None:
        self._serial = 0
        self._is_open = False
        self._thread = 0
        self._token: Token[int] | None = None
        self._threads: dict[int, int] = {}
        """Who started a thread, by the id of the thread's object."""
        self._items: dict[int, int] = {}
        """Who handed work to an executor, by the id of the executor's object for it."""
        self._texts: dict[str, int] = {}
        """Who compiled a text last, by the file name that the shell gave it."""
        self._numbers = array("I", [NOBODY])
        """Their numbers in the ledger, by their serial numbers; ``NOBODY`` for those that it has not."""
        self._own: set[int] = set()
        """The code that the present cell has run itself, by its id, and the names in it."""
        self._own_words: set[str] = set()
        self._beside: dict[int, Beside] = {}
        self.starters: dict[int, dict[int, int]] = {id(_THREAD_START): self._threads}
        """Functions of the standard library that start something, by the id of their code."""
        self._codes: tuple[CodeType, ...] = (_THREAD_START,)
        self._item_run: CodeType | None = None

    def begin(self) -> tuple[CodeType, ...]:
        """A cell starts, in this thread and in this context.

        Gives functions that are to be observed from now on, because they start something.
        """
        if self._token is not None:
            self.end()  # of a run that was dropped
        self._serial += 1
        self._is_open = True
        self._own, self._own_words = set(), set()
        self._thread = _thread.get_ident()
        self._token = _RUN.set(self._serial)
        if self._item_run is None and "concurrent.futures.thread" in sys.modules:
            return self._know_executors()
        return ()

    def end(self) -> None:
        """The cell has ended."""
        self._is_open = False
        token, self._token = self._token, None
        if token is not None:
            try:
                token.var.reset(token)
            except ValueError:  # it ran in a task of its own, whose context has gone with it
                pass

    def recorded(self, number: int) -> None:
        """The run that has just ended stands in the ledger under this number."""
        missing = self._serial + 1 - len(self._numbers)
        self._numbers.extend([NOBODY] * missing)
        self._numbers[self._serial] = number

    def is_new(self, code: CodeType) -> bool:
        """Whether the present cell runs this code for the first time."""
        if id(code) in self._own:
            return False
        self._own.add(id(code))
        self._own_words.update(code.co_names)
        if not is_function(code):
            self._texts[code.co_filename] = self._serial
            _forget_oldest(self._texts)
        return True

    def forget(self, key: int) -> None:
        """Code with this id has been freed. The next statement's code often lies in the same place."""
        self._own.discard(key)

    def owner(self, code: CodeType) -> int:
        """Whose doing it is that ``code`` runs now: ``OWN``, the serial number of a run, or ``NOBODY``."""
        if self._is_open and _RUN.get(NOBODY) == self._serial:
            return OWN
        run = self._starter()
        if run == self._serial and self._is_open:
            return OWN
        return run or self._texts.get(code.co_filename, NOBODY)

    def is_inside(self) -> bool:
        """Whether what starts now is started by the cell that is open: by a task or a thread of its own."""
        if not self._is_open:
            return False
        here = _thread.get_ident()
        run = _RUN.get(NOBODY) or (self._of_thread(here) if here != self._thread else NOBODY)
        return run == self._serial

    def note(self, whose: int, code: CodeType, access: Access | None) -> None:
        """Note an access of code that is not the present cell's."""
        if access is not None:
            names = public_names(access.name) if access.kind == STAR else [access.name]
            found: Beside | None = None
            while found is not self._beside.get(whose) or found is None:  # not taken meanwhile
                found = self._beside.setdefault(whose, Beside())
                found.note(access.kind, names, code.co_name)

    def run_by_both(self) -> list[str]:
        """Names that functions loaded beside the present cell, which may have called these functions too.

        Each instruction is seen once: what was seen of such functions counts as the cell's.
        """
        if not self._beside:
            return []
        beside = list(self._beside.values())  # in one step: threads add to it
        return [name for accessed in beside for name in accessed.shared(self._own_words)]

    def taken(self) -> dict[int, Beside]:
        """What code beside the cells has accessed since this was last asked, by the number of the run."""
        if not self._beside:
            return {}
        found, self._beside = self._beside, {}
        joined: dict[int, Beside] = {}
        for serial, accessed in list(found.items()):
            number = self._numbers[serial] if serial < len(self._numbers) else NOBODY
            joined.setdefault(number, Beside()).join(accessed)
        return joined

    def started(self, code: CodeType, frame: FrameType) -> None:
        """Something is about to be started that will run code later: a thread, or work for an executor."""
        found = self.starters[id(code)]
        found[id(frame.f_locals.get("self"))] = self._starter()
        _forget_oldest(found)

    def _starter(self) -> int:
        """Whose doing it is what this thread runs now, as far as the thread and its context tell."""
        run = _RUN.get(NOBODY)
        if run:
            return run
        here = _thread.get_ident()
        if here == self._thread:  # between two cells, or a callback that comes while a cell waits
            return self._serial if self._is_open else NOBODY
        return self._of_thread(here)

    def _of_thread(self, thread: int) -> int:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_code is self._item_run:
                return self._items.get(id(frame.f_locals.get("self")), self._serial)
            if frame.f_globals.get("__name__") == _POOLS:
                return self._serial
            frame = frame.f_back
        # ``current_thread`` would make an object for a thread that nobody knows.
        started = threading._active.get(thread)  # type: ignore[attr-defined]  # noqa: SLF001
        if started is None or isinstance(started, threading._DummyThread):  # noqa: SLF001
            return self._serial if self._is_open else NOBODY  # a library's own, which the cell waits for
        return self._threads.get(id(started), NOBODY)

    def _know_executors(self) -> tuple[CodeType, ...]:
        item = vars(sys.modules["concurrent.futures.thread"]).get("_WorkItem")
        made = getattr(getattr(item, "__init__", None), "__code__", None)
        run = getattr(getattr(item, "run", None), "__code__", None)
        if not (isinstance(made, CodeType) and isinstance(run, CodeType)):
            return ()
        self._item_run = run
        self._codes = (_THREAD_START, made)
        self.starters[id(made)] = self._items
        return (made,)


def _forget_oldest(known: dict[int, int] | dict[str, int]) -> None:
    if len(known) > _KEPT:
        del known[next(iter(known))]  # type: ignore[arg-type]

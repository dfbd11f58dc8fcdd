"""What threads, tasks and callbacks change beside the cells belongs to the run that left them there."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.code.bytecode import LOAD, Access
from cellgraph.record.jsonl import dumps, loads
from cellgraph.session import Tracker
from cellgraph.trace.access_recorder import Accesses
from cellgraph.trace.background import Background, Beside
from cellgraph.trace.monitoring import Monitor

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="on 3.11 no instruction is seen")

PLAIN = "import threading\nstate = {}; go = threading.Event(); done = threading.Event()"
WORK = "def work():\n    go.wait(10); state['n'] = 1; done.set()\n"


@dataclass(frozen=True)
class Case:
    """``setup`` and ``start`` run as ``a`` and ``b``, and ``wait`` as ``c`` while what ``b`` left goes on."""

    name: str
    start: str
    wait: str = "go.set(); done.wait(10); x = 1"
    setup: str = PLAIN
    changed: str = "state"

    def __str__(self) -> str:
        return self.name


END = """
for known in ("t", "ex"):
    one = globals().get(known)
    for method in ("join", "shutdown"):
        getattr(one, method, int)()
"""
EXECUTOR = f"{PLAIN}\nfrom concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor(1)"
LOOP = "import asyncio\nstate = {}"
CASES = (
    Case("a thread", f"{WORK}t = threading.Thread(target=work); t.start()"),
    Case(
        "a thread that binds a name",
        "def work():\n    global state\n    go.wait(10); state = 5; done.set()\n"
        "t = threading.Thread(target=work); t.start()",
    ),
    Case(
        "a thread of a class",
        "class T(threading.Thread):\n    def run(self): go.wait(10); state['n'] = 1; done.set()\n"
        "t = T(); t.start()",
    ),
    Case("a timer", f"{WORK}t = threading.Timer(0, work); t.start()"),
    Case(
        "a thread that a thread starts",
        f"{WORK}def first(): go.wait(10); threading.Thread(target=work).start()\n"
        "t = threading.Thread(target=first); t.start()",
    ),
    Case("an executor", f"{WORK}f = ex.submit(work)", setup=EXECUTOR),
    Case(
        "an executor's callback",
        "def keep(f): state['n'] = 1; done.set()\nf = ex.submit(go.wait, 10); f.add_done_callback(keep)",
        setup=EXECUTOR,
    ),
    Case(
        "a task",
        "async def work():\n    await asyncio.sleep(0.01); state['n'] = 1\n"
        "t = asyncio.ensure_future(work()); await asyncio.sleep(0)",
        "await t; x = 1",
        LOOP,
    ),
    Case(
        "a callback of the loop",
        "def work(): state['n'] = 1\n"
        "asyncio.get_running_loop().call_later(0.01, work); await asyncio.sleep(0)",
        "await asyncio.sleep(0.1); x = 1",
        LOOP,
    ),
    Case(
        "work that takes its context with it",
        f"import contextvars\n{WORK}f = ex.submit(contextvars.copy_context().run, work)",
        setup=EXECUTOR,
    ),
)


def run(shell: InteractiveShell, **cells: str) -> None:
    """Run cells by their ids."""
    for cell, text in cells.items():
        shell.run_cell(text, store_history=True, cell_id=cell).raise_error()


def writers(tracker: Tracker, name: str) -> list[tuple[str, bool]]:
    """The cells that wrote a name, each with whether it was beside the cells."""
    return [(run.cell, write.beside) for run in tracker.runs for write in run.writes if write.name == name]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_belongs_to_the_run_that_left_its_code_running(
    case: Case, shell: InteractiveShell, tracker: Tracker
) -> None:
    """The cell that runs meanwhile neither reads nor writes what it has nothing to do with."""
    run(shell, a=case.setup, b=case.start, c=case.wait, d=f"y = {case.changed}")
    assert writers(tracker, "state") == [("a", False), ("b", True)]
    assert {read.name for read in tracker.runs[2].reads}.isdisjoint({"state", "work"})
    assert [f for f in tracker.findings() if f.severity == "warning"] == []
    assert [(chance.kind, chance.cell) for chance in tracker.report().chances] == [("beside", "d")]
    run(shell, e=END)


def test_a_thread_pool_of_an_earlier_cell_works_for_the_present_one(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """Who made the pool does not count: who hands work to it does."""
    pool = "from multiprocessing.pool import ThreadPool\nrate = 2; pool = ThreadPool(2); out = []"
    run(shell, a=pool, b="def f(x): out.append(x * rate)", c="pool.map(f, [1, 2]); n = len(out)")
    assert {"rate", "out", "f"} <= {read.name for read in tracker.runs[2].reads}
    assert writers(tracker, "out") == [("a", False), ("c", False)]
    run(shell, e="pool.terminate(); pool.join()")


def test_what_a_thread_read_counts_as_read_by_its_run(shell: InteractiveShell, tracker: Tracker) -> None:
    """Where its input is made anew, the cell that started the thread is in doubt, and its readers."""
    start = "def work():\n    go.wait(10); state['n'] = rate; done.set()\n"
    start += "t = threading.Thread(target=work); t.start()"
    run(shell, a=PLAIN, r="rate = 2", b=start, c="go.set(); t.join()", d="y = state['n']", r2="z = 1")
    run(shell, r="rate = 3")
    assert tracker.stale() == ["a", "b", "d"]  # it changes in place what the first cell made


def test_a_function_that_both_ran_counts_for_the_cell(shell: InteractiveShell, tracker: Tracker) -> None:
    """An instruction is seen once a run: what the thread was seen to read, the cell may have read too."""
    start = "def look():\n    return rate\ndef work():\n    while not go.is_set(): look()\n"
    run(shell, a=f"{PLAIN}\nrate = 2", b=f"{start}t = threading.Thread(target=work); t.start()")
    reads = "import time\ntime.sleep(0.02); y = look()"
    run(shell, c=reads, d=reads, e=reads, f="go.set(); t.join()")
    for seen in tracker.runs[2:5]:
        assert "rate" in {read.name for read in seen.reads}


def test_a_ledger_with_such_changes_is_saved_and_read_back(shell: InteractiveShell, tracker: Tracker) -> None:
    """What was added to a run stands in its line."""
    run(shell, a=PLAIN, b=CASES[0].start, c=CASES[0].wait)
    again = loads(dumps(tracker.runs))
    assert list(again.runs) == list(tracker.runs)
    assert any(write.beside for write in again.runs[1].writes)


def test_nothing_of_it_is_left_between_two_cells(shell: InteractiveShell, tracker: Tracker) -> None:
    """The context has a variable of cellgraph's while a cell runs, and only then."""
    run(shell, a="import contextvars\nn = len(contextvars.copy_context())")
    assert [var.name for var in contextvars.copy_context() if var.name.startswith("cellgraph")] == []


class Reading:
    """The code of a cell whose function reads ``x``, under observation."""

    def __init__(self) -> None:
        self.namespace: dict[str, object] = {}
        exec("x = 1\ndef f(): return x", self.namespace)
        self.monitor = Monitor(self.namespace)

    def read(self) -> None:
        """Run the function."""
        self.namespace["f"]()  # type: ignore[operator]

    def begin(self) -> Accesses:
        """Begin a run. Gives what collects its accesses."""
        target = Accesses(self.namespace, {name: id(self.namespace[name]) for name in ("x", "f")})
        self.monitor.begin(target)
        return target


@pytest.fixture
def reading() -> Iterator[Reading]:
    """Such code, observed until the test ends."""
    found = Reading()
    yield found
    found.monitor.close()


class Halted(set[int]):
    """The code that has fired. A thread that notes an instruction there stops until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = threading.Event(), threading.Event()

    def add(self, key: int) -> None:
        super().add(key)
        if threading.current_thread() is not threading.main_thread():
            self.reached.set()
            self.go.wait(10)


@pytest.mark.parametrize("ends", [False, True], ids=["as a run begins", "as a run ends"])
def test_what_a_thread_was_about_to_hide_is_seen(
    reading: Reading, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """A thread notes that a function reads; before it goes on, the function is armed for the next run."""
    if ends:
        reading.begin()
    halted = Halted()
    monkeypatch.setattr(reading.monitor, "_fired", halted)
    thread = threading.Thread(target=reading.read)
    thread.start()
    assert halted.reached.wait(10)
    if ends:
        reading.monitor.end()
    else:
        target = reading.begin()
    halted.go.set()
    thread.join()
    if ends:
        target = reading.begin()
    reading.read()
    assert set(target.reads) == {"x"}


def test_statements_whose_code_lies_where_that_of_others_lay_count(reading: Reading) -> None:
    """IPython compiles each statement for itself, and the code of one is freed before the next is made."""
    reading.begin()
    for number in range(50):
        exec(compile(f"y = x or name{number}", "<cell>", "exec"), reading.namespace)
    assert {f"name{number}" for number in range(50)} <= reading.monitor._background._own_words


def test_code_that_was_taken_for_freed_code_is_seen(reading: Reading) -> None:
    """Code of a thread may come to lie where other code lay, while that is being forgotten."""
    target = reading.begin()
    for held in (reading.monitor._tables, reading.monitor._refs):
        held.clear()
    reading.read()
    reading.monitor.end()  # raises what went wrong meanwhile
    assert set(target.reads) == {"x"}


def test_what_a_thread_notes_while_it_is_asked_for_is_lost_to_nobody() -> None:
    """Nothing is lost, and nothing fails, where a thread notes what others ask for at the same moment."""
    background, ended = Background(), threading.Event()
    code = compile("def f(): pass", "<cell>", "exec")

    def note() -> None:
        for number in range(5_000):
            background.note(1, code, Access(LOAD, f"name{number}"))
        ended.set()

    taken = Beside()
    thread, interval = threading.Thread(target=note), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        while not ended.is_set():
            background.run_by_both()
            for found in background.taken().values():
                taken.join(found)
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    for found in background.taken().values():
        taken.join(found)
    assert taken.loaded.keys() == {f"name{number}" for number in range(5_000)}


def test_what_counts_as_the_cells_own_is_noted(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finalizer, or a thread of a pool, that runs before the beginning is over is seen."""
    background = reading.monitor._background
    begin = background.begin

    def begins() -> tuple[object, ...]:
        found = begin()
        reading.read()
        return found

    monkeypatch.setattr(background, "begin", begins)
    assert set(reading.begin().reads) == {"x"}

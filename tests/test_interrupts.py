"""Whatever is interrupted, and whatever fails: each run is in the ledger, as observed or as not observed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import cellgraph
from cellgraph.session import Tracker
from cellgraph.trace.tracing_backend import StaticBackend

Cell = Callable[[str], Any]


def has_no_frame_of_ours(shown: str) -> bool:
    """Whether no traceback names cellgraph."""
    return "Traceback" not in shown or "cellgraph/" not in shown


@pytest.fixture
def cell(shell: InteractiveShell, tracker: Tracker) -> Cell:
    """Runs a cell; gives what it showed."""

    def run(text: str) -> str:
        with capture_output() as shown:
            shell.run_cell(text, store_history=True)
        return str(shown)

    return run


def outcomes(tracker: Tracker) -> list[str]:
    """How each run ended."""
    return [run.outcome for run in tracker.runs]


def is_exact(cell: Cell, tracker: Tracker) -> bool:
    """Whether two more cells are recorded as what they are."""
    number = len(tracker.runs)
    cell(f"first{number} = 1")
    cell(f"second{number} = first{number}")
    last = tracker.runs[-1]
    return (
        [read.name for read in last.reads] == [f"first{number}"]
        and [write.name for write in last.writes] == [f"second{number}"]
        and len(tracker.runs) == number + 2
        and last.outcome == "ok"
    )


class _Interrupting:
    """An AST transformer that raises once."""

    def __init__(self, error: BaseException) -> None:
        self.error: BaseException | None = error

    def visit(self, node: Any) -> Any:
        error, self.error = self.error, None
        if error is not None:
            raise error
        return node


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), GeneratorExit()], ids=repr)
def test_a_transformer_that_is_interrupted(
    error: BaseException, shell: InteractiveShell, cell: Cell, tracker: Tracker
) -> None:
    """The end of the cell is announced under another object: it ends the cell all the same."""
    shell.ast_transformers.append(_Interrupting(error))
    cell("x = 1")
    shell.ast_transformers.pop()
    assert len(tracker.runs) == 1
    assert is_exact(cell, tracker)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_callback_of_others_that_is_interrupted(
    error: type[BaseException], shell: InteractiveShell, cell: Cell, tracker: Tracker
) -> None:
    """Before the cell, and after it."""

    def interrupted(_: object) -> None:
        raise error

    for event in ("pre_run_cell", "post_run_cell"):
        shell.events.register(event, interrupted)
        try:
            cell("x = 1")
        except error:
            pass  # as without cellgraph: what is no KeyboardInterrupt leaves the shell
        finally:
            shell.events.unregister(event, interrupted)
        assert is_exact(cell, tracker)


def test_an_end_that_is_never_announced(shell: InteractiveShell, cell: Cell, tracker: Tracker) -> None:
    """The run was interrupted, and the next cell is one of its own."""
    callbacks = shell.events.callbacks["post_run_cell"]
    kept = callbacks[:]
    callbacks.clear()
    cell("x = 1")
    callbacks.extend(kept)
    cell("y = x")
    assert outcomes(tracker) == ["interrupted", "ok"]
    assert [write.name for write in tracker.runs[0].writes] == ["x"]
    assert is_exact(cell, tracker)


def test_an_end_without_a_result(shell: InteractiveShell, cell: Cell, tracker: Tracker) -> None:
    """As ipykernel announces it when a task is cancelled."""
    callbacks = shell.events.callbacks["post_run_cell"]
    kept = callbacks[:]
    callbacks[:] = [lambda _, post=post: post(None) for post in kept]
    cell("x = 1")
    callbacks[:] = kept
    assert outcomes(tracker) == ["interrupted"]
    assert is_exact(cell, tracker)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
@pytest.mark.parametrize("place", ["begin", "end", "source"])
def test_a_hook_that_is_interrupted_says_which_run_it_missed(
    place: str, error: type[BaseException], cell: Cell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is not observed, what it may have written is in doubt, and running it again puts that right."""

    def broken(*args: object, **keywords: object) -> None:
        raise error

    cell("x = 0")
    with monkeypatch.context() as patch:
        patch.setattr(tracker._recorder, place, broken)
        shown = cell("x = 1")
    assert has_no_frame_of_ours(shown)
    shown = cell("y = x")
    assert outcomes(tracker) == ["ok", "unobserved", "ok"]
    assert [(f.code, f.cell) for f in tracker.findings()[:2]] == [("CG109", "In[2]"), ("CG102", "In[3]")]
    assert "In[2]" in tracker.stale()
    assert is_exact(cell, tracker)


def test_once_it_has_run_again_nothing_is_in_doubt(
    shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cell that was not observed, and those that read what it made."""

    def broken(*args: object, **keywords: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch, capture_output():
        patch.setattr(tracker._recorder, "end", broken)
        shell.run_cell("x = 1", store_history=True, cell_id="a")
    shell.run_cell("y = x", store_history=True, cell_id="b")
    assert tracker.stale() == ["a", "b"]
    shell.run_cell("x = 1", store_history=True, cell_id="a")
    assert tracker.stale() == []


@pytest.mark.parametrize("hook", ["_before", "_after"])
def test_a_signal_in_a_hook_reaches_the_cell_and_not_the_hook(
    hook: str, shell: InteractiveShell, cell: Cell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the cell it interrupts the cell; after it there is nothing to interrupt. Both are recorded."""
    handler = signal.getsignal(signal.SIGINT)
    step = getattr(tracker, hook)

    def interrupted(argument: object) -> None:
        signal.raise_signal(signal.SIGINT)
        step(argument)

    with monkeypatch.context() as patch:
        patch.setattr(tracker, hook, interrupted)
        shown = cell("x = 1\nfor _ in range(10 ** 7):\n    pass\nx = 2")
    assert signal.getsignal(signal.SIGINT) is handler
    assert has_no_frame_of_ours(shown)
    assert outcomes(tracker) == ["interrupted" if hook == "_before" else "ok"]
    assert shell.user_ns.get("x") == (2 if hook == "_after" else shell.user_ns.get("x"))
    assert is_exact(cell, tracker)


def test_an_interrupt_that_is_dropped_comes_no_more() -> None:
    """Where instructions are not seen it is raised a moment later: by then the cell may have ended.

    It may come until it is dropped, and not after that, however many there were and however late it is.
    """
    backend, is_dropped, late = StaticBackend({}), False, list[int]()

    def came(_: int, __: object) -> None:
        if is_dropped:
            late.append(number)

    kept = signal.signal(signal.SIGINT, came)
    try:
        for number in range(40):
            is_dropped = False
            for _ in range(1 + number % 3):
                backend.interrupt()
            until = time.perf_counter() + 0.0048 + number % 8 * 0.0001
            while time.perf_counter() < until:
                pass
            backend.drop_interrupt()
            is_dropped = True
            time.sleep(0.008)
    finally:
        signal.signal(signal.SIGINT, kept)
    assert late == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="accesses are seen from Python 3.12 on")
@pytest.mark.parametrize("place", ["_start", "_note", "_arm"])
def test_a_signal_while_an_access_is_noted_loses_none(
    place: str, cell: Cell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted all the same, and the cell is interrupted where it goes on."""
    cell("x = 1\ndef f(): return x")
    monitor: Any = vars(tracker._recorder)["_tracing"]._monitor
    step, left = getattr(monitor, place), [True]

    def interrupted(*arguments: Any) -> object:
        if left and "f" in (getattr(one, "co_name", "") for one in arguments):
            left.clear()
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(monitor, place, interrupted)
    shown = cell("z = 0\ntry:\n    f()\n    for _ in [1, 2]: pass\nexcept KeyboardInterrupt:\n    z = 1\nf()")
    assert has_no_frame_of_ours(shown)
    assert not left
    assert (tracker.shell.user_ns["z"], tracker.runs[-1].outcome) == (1, "interrupted")
    assert {"f", "x"} <= {read.name for read in tracker.runs[-1].reads}
    assert is_exact(cell, tracker)


PROGRAM = """
import io, random, signal, sys, threading, os, time, traceback
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
setup = Config(); setup.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=setup)
import cellgraph
tracker = cellgraph.load(shell)
draw = random.Random(int(sys.argv[1])); sent = 0; cells = 0
storming = True  # and not is_alive(): an interrupt in there has a thread that goes on called dead, up to 3.12
texts = ["x = 1", "y = [x] * 100", "z = sum(y)", "def f(): return z", "w = f()\\nw"]
for text in texts:
    shell.run_cell(text, store_history=True)
before, main = len(tracker.runs), os.getpid()
def send():
    global sent, storming; time.sleep(0.3)
    for _ in range(int(sys.argv[2])):
        time.sleep(draw.random() * 0.004); os.kill(main, signal.SIGINT); sent += 1
    time.sleep(0.3)  # the last one must find a cell, and no loop of this program that is about to end
    storming = False
thread = threading.Thread(target=send); thread.start()
sys.excepthook = lambda *error: traceback.print_exception(*error, file=sys.__stderr__)
sys.stdout = sys.stderr = shown = io.StringIO()
def storm(levels):
    # Python protects no jump back to the head of a loop: an interrupt that comes there ends the loop, and is
    # caught by the one outside. There are as many levels as interrupts may come between two cells.
    global cells
    while storming:
        try:
            if levels:
                storm(levels - 1)
            else:
                cells += 1
                shell.run_cell(texts[cells % 5], store_history=True)
        except KeyboardInterrupt:
            pass
try:
    storm(6)
except KeyboardInterrupt:
    pass  # it came while this program went on to the next line
for text in texts:
    try:
        shell.run_cell(text, store_history=True)
    except KeyboardInterrupt:
        pass
sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
number = len(tracker.runs)
shell.run_cell("p = 1", store_history=True); shell.run_cell("q = p", store_history=True)
last = tracker.runs[-1]
found = [r.name for r in last.reads], [w.name for w in last.writes], len(tracker.runs) - number
print("exact", found == (["p"], ["q"], 2))
print("handler", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
lines = [line for line in shown.getvalue().splitlines() if "never awaited" not in line]  # no traceback
where = sum("cellgraph/" in line or "callback <bound method Tracker" in line for line in lines)
print("traces", where)
if where:
    print(*lines[-2000:], sep="\\n", file=sys.stderr)
print("recorded", cells, number - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_signals_at_any_moment(seed: int) -> None:
    """The process lives, tracking is exact afterwards, and no traceback has a frame of cellgraph's.

    On Python 3.11 one in thousands has one: no function starts there without a look for signals. On Python
    3.15 an import that is met by a second interrupt prints, by itself, what the first one ended.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(seed), "1000"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    words = ("exact ", "handler ", "traces ", "recorded ")  # a late signal adds lines of its own
    told = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(words))
    assert done.returncode == 0, done.stderr[-2000:]
    assert (told["exact"], told["handler"]) == ("True", "True")
    lines = {(3, 11): 2, (3, 15): 60}.get(sys.version_info[:2], 0)
    assert int(told["traces"]) <= lines, done.stderr
    cells, recorded = map(int, told["recorded"].split())
    assert recorded >= 0.9 * cells


def test_a_silent_request_that_loads_cellgraph_is_no_run(shell: InteractiveShell) -> None:
    """IPython announces no end of it. `cellgraph run` loads cellgraph so."""
    shell.run_cell("import cellgraph; cellgraph.load(get_ipython())", silent=True)
    with capture_output():
        shell.run_cell("x = 1", store_history=True, cell_id="a")
    tracker = cellgraph.get_tracker()
    assert [(run.cell, run.outcome) for run in tracker.runs] == [("a", "ok")]
    assert tracker.findings() == []
    cellgraph.unload(shell)

"""SIGINT at random instants, in cellgraph's hooks too: the kernel lives, and tracking is exact afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from queue import Empty
from types import FrameType

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.session import Tracker
from tests.kernels import Kernel, Message, running_kernel
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.outcome import Row, Task
from tests.soak.twins import load, prepare

CELLS = (
    "x = 1",
    "y = [[i] for i in range(3_000)]; z = {i: [i] for i in range(1_000)}",
    "def f(): return x, y\nf()",
    "import numpy as np; a = np.arange(10_000); a[3] = 5",
    "y.append(len(y)); z[0] = y; del z[1]",
    "for n in range(20_000): pass",
    "class A:\n    def __init__(self): self.held = [1]\nitems = [A() for _ in range(500)]",
    "get_ipython().run_cell('inner = 1')",
    "%time w = [1]",
    "try:\n    for n in range(5_000): pass\nexcept KeyboardInterrupt: pass",
    "1 / 0",
    "x = = 1",
)
OWN_FRAMES = re.compile(
    r"cellgraph/(?:session|record|trace|digest|analyse|code|frontends|render)/"
    r"|Error in callback <[^>]*Tracker"
)
NEVER_AWAITED = re.compile(r".*: RuntimeWarning: coroutine '[^']*' was never awaited\n(?: .*\n)?")
"""Python's own warning where a signal comes before IPython's coroutine starts.

The line that it names is the one at work when the coroutine is given up, which may be any.
"""
LATER = (("p", "p = [1]"), ("q", "q = p + [2]"), ("p", "p = [5]"), ("r", "r = q"))
EACH = 50
"""How many signals one process gets."""
ASKED_AGAIN, ANSWER_S = 5, 10
"""How often the kernel is asked whether it lives, and how many seconds it has for an answer."""
TRANSFORMER = """
import ast
class Once(ast.NodeTransformer):
    def visit(self, tree):
        get_ipython().ast_transformers.remove(once)
        raise KeyboardInterrupt
once = Once(); get_ipython().ast_transformers.append(once)
"""


def exact(tracker: Tracker, shell: InteractiveShell) -> list[str]:
    """Run cells without a signal. What is wrong with what is recorded and said of them."""
    first = len(tracker.runs)
    for cell, text in LATER:
        shell.run_cell(text, store_history=True, cell_id=f"later {cell}")
    seen = [
        (run.cell, [read.label for read in run.reads], [write.name for write in run.writes])
        for run in tracker.runs[first:]
    ]
    due = [
        ("later p", [], ["p"]),
        ("later q", ["p"], ["q"]),
        ("later p", [], ["p"]),
        ("later r", ["q"], ["r"]),
    ]
    wrong = [] if seen == due else [f"afterwards the runs are {seen}"]
    stale = [cell for cell in tracker.stale() if cell.startswith("later")]
    if stale != ["later q", "later r"]:
        wrong.append(f"afterwards stale() gives {stale}")
    if len(shell.events.callbacks["post_run_cell"]) == 0:
        wrong.append("the hooks are gone")
    return wrong


def _interrupted(seed: str, count: int) -> list[str]:
    """Interrupt cells in this process, as a kernel does. What is wrong afterwards."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    rng = random.Random(seed)
    ran: list[int] = []
    shell.user_ns["ran"] = ran
    wrong: list[str] = []
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, _interrupt)
    handlers = signal.getsignal(signal.SIGINT)
    for number in range(count):
        cell = rng.choice(CELLS)
        # `ran` tells whether the cell's own code was reached; a cell that is no Python is not run at all.
        text = cell if cell.startswith("%") or "= =" in cell else f"ran.append({number})\n{cell}"
        seconds = rng.uniform(1e-5, rng.choice((0.0005, 0.002, 0.01, 0.03)))
        with capture_output() as captured, contextlib.suppress(KeyboardInterrupt):
            _run_with_signal(shell, text, f"c{number}", seconds)
        wrong += _own_frames(captured.stdout + captured.stderr, repr(text))
    known = {run.cell for run in tracker.runs}
    lost = [number for number in ran if f"c{number}" not in known]
    if lost:
        wrong.append(f"{len(lost)} of {len(ran)} cells that ran have no run: {lost[:10]}")
    if signal.getsignal(signal.SIGINT) is not handlers:
        wrong.append(f"the handler of SIGINT is {signal.getsignal(signal.SIGINT)}, not {handlers}")
    return [*wrong, *exact(tracker, shell), *(text for text in said if "internal error" in text)]


def _own_frames(shown: str, cell: str) -> list[str]:
    """What a cell shows has nothing of cellgraph's."""
    shown = NEVER_AWAITED.sub("", shown)
    found = OWN_FRAMES.search(shown)
    if found is None:
        return []
    around = shown[max(0, found.start() - 1_200) : found.end() + 800]
    return [f"cellgraph is in what {cell} shows:\n{around}"]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def _run_with_signal(shell: InteractiveShell, text: str, cell: str, seconds: float) -> None:
    """Run a cell and interrupt it once. Where it is too late for that, nothing is interrupted."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        shell.run_cell(text, store_history=True, cell_id=cell)
    except KeyboardInterrupt:
        pass  # as the kernel's loop does
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _by_transformer() -> list[str]:
    """An AST transformer interrupts: IPython tells the end of such a cell with another object."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    with capture_output():
        shell.run_cell(TRANSFORMER, store_history=True, cell_id="t")
        with contextlib.suppress(KeyboardInterrupt):
            shell.run_cell("x = 1", store_history=True, cell_id="x")
    return [*exact(tracker, shell), *(text for text in said if "internal error" in text)]


def run(task: Task) -> list[Row]:
    """Signals in processes of their own, and in a real kernel."""
    prepare()
    length = task.length
    with new_place() as place:
        processes = max(1, length.interrupts // EACH)
        faults: list[str] = []
        for number in range(processes):
            seed = f"{task.seed} {number}"
            faults += _tried(place, f"process {number} (seed {seed!r})", _interrupted, seed, EACH)
        rows = [
            Row(
                "interrupts",
                "SIGINT at random instants of cells and hooks",
                processes * EACH,
                faults=tuple(faults),
            ),
            Row(
                "interrupts",
                "an AST transformer that interrupts",
                1,
                faults=tuple(_tried(place, "", _by_transformer)),
            ),
        ]
    if length.kernel_interrupts:
        rows.append(_in_kernel(task))
    return rows


def _tried(place: Place, where: str, function: object, *arguments: object) -> list[str]:
    try:
        wrong: list[str] = in_fork(place, function, *arguments)  # type: ignore[arg-type]
    except LostError as lost:
        wrong = [str(lost)]
    return [f"  {where}\n  - " + "\n  - ".join(wrong)] if wrong else []


def _in_kernel(task: Task) -> Row:
    """The same in a stock kernel, which is interrupted as a front end does it."""
    rng = random.Random(f"kernel {task.seed}")
    faults: list[str] = []
    count = task.length.kernel_interrupts
    try:
        with running_kernel() as kernel:
            kernel.run("%load_ext cellgraph", "load")
            pid = int(kernel.value("__import__('os').getpid()"))
            for number in range(count):
                shown = _run_interrupted(kernel, pid, rng, number)
                faults += _own_frames(shown, f"cell {number}")
            faults += _exact_in_kernel(kernel)
    except Exception as error:  # noqa: BLE001 - a kernel that is lost shows itself in many ways
        faults.append(f"the kernel was lost: {type(error).__name__}: {error}")
    return Row("interrupts", "SIGINT at random instants of a stock kernel", count, faults=tuple(faults))


def _run_interrupted(kernel: Kernel, pid: int, rng: random.Random, number: int) -> str:
    sent = kernel._send(rng.choice(CELLS), {"cellId": f"c{number}"}, {})
    time.sleep(rng.uniform(0, 0.03))
    os.kill(pid, signal.SIGINT)
    return "\n".join(
        "\n".join(message["content"].get("traceback", ())) + message["content"].get("text", "")
        for message in _messages_of(kernel, sent)
    )


def _messages_of(kernel: Kernel, sent: str) -> list[Message]:
    """What the kernel shows for a request, until it has answered one that is sent behind it.

    Without cellgraph as well, an interrupt that reaches ipykernel's own loop takes the request with it.
    """
    found: list[Message] = []
    for _ in range(ASKED_AGAIN):
        behind = kernel._send("", {}, {"silent": True})
        with contextlib.suppress(Empty):
            while True:
                message = kernel.client.get_iopub_msg(timeout=ANSWER_S)
                of = message["parent_header"].get("msg_id")
                found += [message] if of == sent else []
                if of == behind and message["content"].get("execution_state") == "idle":
                    kernel._reply(behind)
                    return found
    raise RuntimeError("no answer any more")


def _exact_in_kernel(kernel: Kernel) -> list[str]:
    tracker = "__import__('cellgraph').get_tracker()"
    for cell, text in LATER:
        kernel.run(text, f"later {cell}")
    stale = kernel.value(f"[cell for cell in {tracker}.stale() if cell.startswith('later')]")
    seen = kernel.value(f"[run.cell for run in {tracker}.runs[-4:]]")
    due = str([f"later {cell}" for cell, _ in LATER])
    return (
        [f"afterwards: runs {seen}, stale {stale}"]
        if (seen, stale) != (due, "['later q', 'later r']")
        else []
    )

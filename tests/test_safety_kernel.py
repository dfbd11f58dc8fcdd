"""What only a real kernel has: interrupts, threads and tasks between cells, widgets, debuggers, reloads."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.kernels import Kernel

TRACKER = "__import__('cellgraph').get_tracker()"
WARNINGS = f"[f.code + ' ' + f.cell for f in {TRACKER}.findings() if f.severity == 'warning']"


@pytest.fixture
def tracked(kernel: Kernel) -> Kernel:
    """A kernel with cellgraph loaded."""
    assert kernel.run("%load_ext cellgraph", "load").error is None
    return kernel


def outcomes(kernel: Kernel) -> str:
    """How each run ended."""
    return kernel.value(f"[run.outcome for run in {TRACKER}.runs]")


def test_an_interrupt_stops_the_cell_and_no_more(tracked: Kernel) -> None:
    """The kernel's own interrupt ends a sleeping cell with KeyboardInterrupt; what it bound counts."""
    tracked.run("import os, signal, threading, time", "a")
    tracked.run("threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()", "b")
    shown = tracked.run("x = 1\nfor _ in range(600): time.sleep(0.05)\ny = 2", "c")
    assert shown.error == "KeyboardInterrupt"
    assert outcomes(tracked).endswith("'interrupted']")
    assert tracked.run("x", "d").result == {"text/plain": "1"}
    assert (
        tracked.value(WARNINGS) == "['CG109 c']"
    )  # it was not run to its end, and d does not depend on the rest


def test_a_thread_that_goes_on_between_cells(tracked: Kernel) -> None:
    """A thread that reads and binds globals between cells runs as ever, and a forward pass stays quiet."""
    tracked.run("import threading, time\nstop = threading.Event(); n = 0; table = {}", "a")
    tracked.run(
        "def work():\n    global n\n    while not stop.is_set():\n        n += 1; table[n % 100] = n", "b"
    )
    tracked.run("thread = threading.Thread(target=work); thread.start()", "c")
    for number in range(4):
        shown = tracked.run(f"time.sleep(0.05); m{number} = n\nprint('ran')", f"d{number}")
        assert (shown.stdout, shown.error) == ("ran\n", None)
        assert "internal error" not in shown.text
    tracked.run("stop.set(); thread.join()", "e")
    assert tracked.value("m3 > m0") == "True"


def test_a_task_in_the_background(tracked: Kernel) -> None:
    """An asyncio task goes on between and during cells, and its globals are there."""
    tracked.run("import asyncio\nn = 0", "a")
    tracked.run(
        "async def work():\n    global n\n    for _ in range(20):\n        n += 1; await asyncio.sleep(0.01)",
        "b",
    )
    tracked.run("task = asyncio.create_task(work())", "c")
    shown = tracked.run("await task\nn", "d")
    assert (shown.result, shown.error) == ({"text/plain": "20"}, None)
    assert tracked.value(WARNINGS) == "[]"


def test_a_widget_callback_runs_as_ever(tracked: Kernel) -> None:
    """A callback of ipywidgets binds a global outside of any cell: it runs, and is no cell's doing."""
    pytest.importorskip("ipywidgets")
    tracked.run("import ipywidgets as w\nslider = w.IntSlider(); moved = []", "a")
    tracked.run("slider.observe(lambda change: moved.append(change['new']), 'value')\nslider", "b")
    tracked.run("slider.value = 7", "c")
    shown = tracked.run("moved", "d")
    assert shown.result == {"text/plain": "[7]"}
    assert tracked.value(WARNINGS) == "[]"


def test_autoreload_of_an_edited_module(tracked: Kernel, tmp_path: Path) -> None:
    """A module edited between two runs gives its new answer, and the re-run consumed nothing of its own."""
    module = tmp_path / "edited_module.py"
    module.write_text("def f():\n    return 1\n")
    tracked.run(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.dont_write_bytecode = True", "a")
    tracked.run("%load_ext autoreload\n%autoreload 2\nimport edited_module", "b")
    assert tracked.run("x = edited_module.f(); x", "use").result == {"text/plain": "1"}
    module.write_text("def f():\n    return 2222\n")
    time.sleep(1.1)  # autoreload goes by the file's date in seconds
    module.touch()
    assert tracked.run("x = edited_module.f(); x", "use").result == {"text/plain": "2222"}
    assert "CG106" not in tracked.value(WARNINGS)


def test_a_debugger_sees_the_frames_of_an_error(tracked: Kernel) -> None:
    """After an error a debugger finds the frames and the values of the user's own code."""
    tracked.run("def f(secret):\n    return 1 / 0", "a")
    tracked.run("try:\n    f('found')\nexcept ZeroDivisionError as e:\n    caught = e", "b")
    commands = "import pdb, io\nout = io.StringIO()\n"
    commands += "told = pdb.Pdb(stdin=io.StringIO('p secret\\nq\\n'), stdout=out)\n"
    commands += "told.use_rawinput = False; told.reset(); told.interaction(None, caught.__traceback__)\n"
    assert tracked.run(commands + "print('found' in out.getvalue())", "c").stdout == "True\n"
    assert outcomes(tracked) == "['ok', 'ok', 'ok']"


def test_breakpoints_and_steps_of_pdb(tracked: Kernel) -> None:
    """``pdb`` steps through a function of the user's line by line, as it does without cellgraph."""
    tracked.run("import pdb, io, sys\nk = 1\ndef f(x):\n    y = x + k\n    return y", "a")
    code = "out = io.StringIO(); typed = io.StringIO('n\\nn\\np y\\nc\\n')\n"
    code += "debugger = pdb.Pdb(stdin=typed, stdout=out, readrc=False)\n"
    code += "debugger.use_rawinput = False\nz = debugger.runcall(f, 41)\nprint(z, '42' in out.getvalue())"
    assert tracked.run(code, "b").stdout == "42 True\n"
    assert tracked.run("w = f(1)", "c").error is None


def test_cells_of_subshells_do_no_harm(tracked: Kernel) -> None:
    """Cells that run at the same time in subshells (ipykernel 7) give their results as ever."""
    client = tracked.client
    request = client.session.msg("create_subshell_request", {})
    client.control_channel.send(request)
    try:
        reply = client.get_control_msg(timeout=10)
    except Exception:  # noqa: BLE001 - an older kernel answers nothing
        pytest.skip("this kernel has no subshells")
    subshell = reply["content"].get("subshell_id")
    if subshell is None:
        pytest.skip("this kernel has no subshells")
    message = client.session.msg(
        "execute_request", {"code": "import time; time.sleep(1); inner = 5", "silent": False}
    )
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)
    shown = tracked.run("outer = 6\nouter", "a")
    assert shown.result == {"text/plain": "6"}
    time.sleep(1.5)
    assert "internal error" not in tracked.run("both = (inner, outer)\nboth", "b").text
    assert tracked.value("both") == "(5, 6)"

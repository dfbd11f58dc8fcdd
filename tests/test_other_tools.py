"""Debuggers, profilers, engines and other kernels beside cellgraph: cells give what they give without it.

Those that need no kernel of their own are sessions of the soak: ``tests/soak/sessions/tools.txt``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import Any

import pytest
from jupyter_client import session
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from tests.kernels import SECONDS_TO_RUN, SECONDS_TO_START, Kernel, Message, running_kernel

pytestmark = pytest.mark.slow  # each test starts kernels

Play = Callable[[Kernel], list[object]]
Recorded = tuple[str, list[str], list[str]]
"""A run: its cell, the names that it read, and those that it wrote."""
RUNS = (
    "[(run.cell, [read.label for read in run.reads if read.label != 'print'],"
    " [write.name for write in run.writes]) for run in __import__('cellgraph').get_tracker().runs]"
)
"""What was recorded. A debugger replaces ``print``, which is then a name that cells read."""
TEMPORARY = re.compile(r"/tmp/\S+|0x[0-9a-f]+|\x1b\[[\d;]*m|Cell In\[\d+\]")
CODE = """\
def f(x):
    y = x + k
    return y
z = f(41)
print(z)"""


def in_both(play: Play, kernel: Callable[[], Any] = running_kernel) -> list[Recorded]:
    """Play in a kernel without cellgraph and in one with it: both show the same. Gives what was recorded."""
    with kernel() as alone:
        alone.run("pass", "load")
        without = play(alone)
    with kernel() as tracked:
        assert tracked.run("%load_ext cellgraph", "load").error is None
        assert play(tracked) == without
        return recorded(tracked)


def recorded(kernel: Kernel) -> list[Recorded]:
    """The runs of a kernel."""
    return list(literal_eval(kernel.value(RUNS)))


def shown(kernel: Kernel, code: str, cell: str, *typed: str) -> list[str]:
    """What a cell shows to a person who types these lines when asked, and then what it asked."""
    content = {"allow_stdin": True}
    sent = kernel._send(code, {"cellId": cell}, content)
    lines, found, prompts = list(typed), list[str](), list[str]()
    deadline = monotonic() + SECONDS_TO_RUN
    while monotonic() < deadline:
        if kernel.client.stdin_channel.msg_ready():
            asked = kernel.client.get_stdin_msg(timeout=1)
            prompts.append(asked["content"]["prompt"])
            kernel.client.input(lines.pop(0))
        if not kernel.client.iopub_channel.msg_ready():
            continue
        message = kernel.client.get_iopub_msg(timeout=1)
        if message["parent_header"].get("msg_id") != sent:
            continue
        if message["content"].get("execution_state") == "idle":
            break
        found += _texts(message)
    kernel._reply(sent)
    assert not lines
    # The two come on channels of their own, so nothing is to be told of their order.
    return ["".join(found), *prompts]


def _texts(message: Message) -> Iterator[str]:
    content = message["content"]
    if message["msg_type"] == "stream":
        yield TEMPORARY.sub("", content["text"])
    elif message["msg_type"] == "error":
        yield TEMPORARY.sub("", "\n".join(content["traceback"]))
    elif message["msg_type"] == "execute_result":
        yield TEMPORARY.sub("", str(content["data"]))


class Debugger:
    """JupyterLab's side of a debugging session: requests on the control channel, events on iopub."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._sent = 0

    def ask(self, command: str, **arguments: object) -> Message:
        """Send a request of the debug adapter protocol, and give the body of its answer."""
        self._sent += 1
        content = {"type": "request", "seq": self._sent, "command": command, "arguments": arguments}
        client = self.kernel.client
        request = client.session.msg("debug_request", content)
        client.control_channel.send(request)
        while True:
            reply = client.get_control_msg(timeout=SECONDS_TO_RUN)
            if reply["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                assert reply["content"]["success"], reply["content"]
                body: Message = reply["content"].get("body") or {}
                return body

    def attach(self) -> None:
        """As the button with the bug does."""
        self.ask("initialize", clientID="test", adapterID="", linesStartAt1=True, columnsStartAt1=True)
        self.ask("attach")
        self.ask("configurationDone")

    def stops(self) -> tuple[str, int]:
        """Wait until the program stops: why, and in which thread."""
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=SECONDS_TO_RUN)
            if message["msg_type"] == "debug_event" and message["content"]["event"] == "stopped":
                body = message["content"]["body"]
                return body["reason"], body["threadId"]

    def where(self, thread: int) -> list[object]:
        """The user's frames, and the variables of the innermost."""
        frames = self.ask("stackTrace", threadId=thread)["stackFrames"]
        mine = [(frame["name"], frame["line"]) for frame in frames if "ipykernel_" in frame["source"]["path"]]
        scopes = self.ask("scopes", frameId=frames[0]["id"])["scopes"]
        held = self.ask("variables", variablesReference=scopes[0]["variablesReference"])["variables"]
        return [mine, sorted((one["name"], one["value"]) for one in held if "variables" not in one["name"])]


def debugged(kernel: Kernel) -> list[object]:
    """Break in a function, step over and into, ask for values, go on; then run without a debugger."""
    debugger = Debugger(kernel)
    debugger.attach()
    seen: list[object] = [kernel.run("k = 1", "k").error]
    path = debugger.ask("dumpCell", code=CODE)["sourcePath"]
    set_ = debugger.ask(
        "setBreakpoints", source={"path": path}, breakpoints=[{"line": 2}], lines=[2], sourceModified=False
    )
    seen.append([point["verified"] for point in set_["breakpoints"]])
    sent = kernel._send(CODE, {"cellId": "a"}, {})
    reason, thread = debugger.stops()
    seen += [reason, *debugger.where(thread)]
    for step in ("next", "stepIn"):
        debugger.ask(step, threadId=thread)
        seen += [step, debugger.stops()[0], *debugger.where(thread)[:1]]
    frame = debugger.ask("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    seen.append(debugger.ask("evaluate", expression="k + 5", frameId=frame, context="repl")["result"])
    debugger.ask("setBreakpoints", source={"path": path}, breakpoints=[], lines=[], sourceModified=False)
    debugger.ask("continue", threadId=thread)
    seen += [text for message in kernel._until_idle(sent) for text in _texts(message)]
    kernel._reply(sent)
    seen.append(kernel.run("w = z + 1\nw", "b").result)
    debugger.ask("disconnect", restart=False, terminateDebuggee=False)
    return [*seen, kernel.run("k = 2", "k").error, kernel.run("f(1)", "c").result]


def test_debugpy_as_jupyterlab_attaches_it() -> None:
    """Breakpoints, steps, frames, variables and outputs are the same; every run is recorded as it was."""
    pytest.importorskip("debugpy")
    assert in_both(debugged) == [
        ("k", [], ["k"]),
        ("a", ["k"], ["f", "z"]),
        ("b", ["z"], ["w", "Out[4]"]),
        ("k", [], ["k"]),
        ("c", ["f", "k"], ["Out[6]"]),
    ]


def typed(kernel: Kernel) -> list[object]:
    """``%debug``, ``%pdb``, ``breakpoint()`` and ``input()``, with a person who types."""
    return [
        *shown(kernel, "def f(x):\n    y = x + 1\n    return y / 0\nf(1)", "a"),
        *shown(kernel, "%debug", "b", "p y", "u", "p f(0) if False else 5", "q"),
        *shown(
            kernel,
            "def g(x):\n    breakpoint()\n    y = x * 2\n    return y\nprint(g(4))",
            "c",
        ),
        *shown(kernel, "import pdb\nfor i in range(3):\n    if i == 1: pdb.set_trace()\ni", "d", "p i", "c"),
        *shown(kernel, "name = input('who? ')\nname", "e", "me"),
        *shown(kernel, "%pdb on", "f"),
        *shown(kernel, "f(2)", "g", "p x", "q"),
        *shown(kernel, "%pdb off\nlast = name", "h"),
    ]


def test_debuggers_that_ask_a_person() -> None:
    """What is asked, what is answered, and every traceback are the same."""
    cell, reads, writes = in_both(typed)[-1]
    assert (cell, writes) == ("h", ["last"])
    assert "name" in reads  # from the text alone (Python 3.11) more may count as read


def test_a_monitoring_tool_that_a_cell_frees_is_taken_again() -> None:
    """A cell may free the id that cellgraph has: the cells after it are seen as before."""
    if sys.version_info < (3, 12):
        pytest.skip("without sys.monitoring only the text is read")
    with running_kernel() as kernel:
        kernel.run("%load_ext cellgraph", "load")
        kernel.run("def f(): return x\nx = 1", "a")
        kernel.run(
            "import sys; m = sys.monitoring\nfor n in range(6):\n    if m.get_tool(n): m.free_tool_id(n)",
            "b",
        )
        kernel.run("y = f()", "c")
        kernel.run("def f(): return x\nx = 2", "a")
        assert kernel.value("__import__('cellgraph').get_tracker().stale()") == "['c']"
        assert recorded(kernel)[-2:] == [("c", ["f", "x"], ["y"]), ("a", [], ["f", "x"])]
        assert kernel.run("%unload_ext cellgraph", "e").error is None


def spyder_kernel() -> Any:
    """A kernel as Spyder starts it."""
    argv = [sys.executable, "-m", "spyder_kernels.console", "-f", "{connection_file}"]
    return _started(KernelSpec(argv=argv, display_name="Spyder", language="python"))


@contextmanager
def _started(spec: KernelSpec) -> Iterator[Kernel]:
    manager = KernelManager()
    manager._kernel_spec = spec
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS_TO_START)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def played(kernel: Kernel) -> list[object]:
    """Cells of a usual session."""
    cells: Mapping[str, str] = {
        "a": "x = [1]; k = 3",
        "b": "def f(): return x, k\nf()",
        "c": "x.append(2); print(x)",
        "d": "1 / 0",
        "e": "%time y = f()",
        "g": "y",
    }
    found: list[object] = []
    for cell, text in cells.items():
        ran = kernel.run(text, cell)
        found += [ran.stdout if cell != "e" else "", ran.error, ran.result]
    return found


def test_spyders_kernel() -> None:
    """Cells in a kernel of Spyder's show the same, and are recorded."""
    if find_spec("spyder_kernels") is None:
        pytest.skip("spyder-kernels is not installed")
    runs = in_both(played, spyder_kernel)
    assert [(run[1], run[2]) for run in runs if "x" in run[1]][-2:] == [
        (["x"], ["x"]),
        (["f", "x", "k"], ["y"]),
    ]


@pytest.mark.timeout(180)  # a cluster starts a controller and an engine
def test_engines_of_ipyparallel(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine with cellgraph gives the results that one without gives, and records its cells."""
    # ipyparallel replaces it for good, and then no other client in this process knows a date.
    monkeypatch.setattr(session, "extract_dates", session.extract_dates)
    parallel = pytest.importorskip("ipyparallel")
    cells = ("x = [1]; k = 3", "def f(): return x, k", "x.append(2); y = f()", "print(y)")

    def done(view: Any) -> list[object]:
        return [
            *(view.execute(cell, silent=False, block=True).stdout for cell in cells),
            view.pull("y", block=True),
            view.apply_sync(len, [1]),
        ]

    with parallel.Cluster(n=1, log_level=40) as client:
        view = client[0]
        without = done(view)
        view.execute("del x, k, f, y\n", block=True)
        view.execute("%load_ext cellgraph", block=True)
        assert done(view) == without
        view.execute(f"recorded = str({RUNS})", block=True)
        runs: list[Recorded] = literal_eval(view.pull("recorded", block=True))
        assert ("In[7]", ["x", "f", "k"], ["y", "x"]) in runs


def test_a_shell_that_is_not_ipythons() -> None:
    """In xonsh there is no IPython shell: loading says so in one sentence, and what it runs goes on."""
    if find_spec("xonsh") is None:
        pytest.skip("xonsh is not installed")
    program = (
        "import cellgraph\ntry:\n    cellgraph.load()\nexcept cellgraph.NotLoadedError as e:\n"
        "    print('said', len(str(e).splitlines()))\nprint($HOME != '')"
    )
    done = subprocess.run(
        [sys.executable, "-m", "xonsh", "--no-rc", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "said 1\nTrue\n", done.stderr

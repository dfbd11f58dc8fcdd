"""Cells inside cells, and cells beside cells: each run is in the ledger, as observed or as not observed."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from dataclasses import dataclass

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.session import Tracker
from tests.kernels import Kernel

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="on 3.11 no instruction is seen")
TRACKER = "__import__('cellgraph').get_tracker()"


@dataclass(frozen=True)
class Nested:
    """A cell that runs other code as a cell: all of it is the doing of the cell that a person has run."""

    name: str
    text: str
    reads: str = "x"
    writes: str = "z"

    def __str__(self) -> str:
        return self.name


NESTED = (
    Nested("run_cell", "get_ipython().run_cell('z = x')"),
    Nested("run_cell with a history", "get_ipython().run_cell('z = x', store_history=True)"),
    Nested("run_cell with an id", "get_ipython().run_cell('z = x', cell_id='other')"),
    Nested("run_cell that is silent", "get_ipython().run_cell('z = x', silent=True)"),
    Nested("run_cell in run_cell", "get_ipython().run_cell(\"get_ipython().run_cell('z = x')\")"),
    Nested("run_cell that fails", "get_ipython().run_cell('1 / 0')\nz = x"),
    Nested("run_cell of no Python", "get_ipython().run_cell('1 +')\nz = x"),
    Nested("run_cell of nothing", "get_ipython().run_cell('')\nz = x"),
    Nested("run_cell, awaited", "await get_ipython().run_cell_async('z = x', transformed_cell='z = x')"),
    Nested("run_cell in a function", "def g():\n    get_ipython().run_cell('z = x')\ng()", "x", "g z"),
    Nested("ex", "get_ipython().ex('z = x')"),
    Nested("ev", "z = get_ipython().ev('x')"),
    Nested("run_line_magic", "z = get_ipython().run_line_magic('time', 'x')"),
    Nested("%%time", "%%time\nz = x"),
    Nested("%%capture", "%%capture out\nz = x", "x", "out z"),
    Nested("%%capture of %%time", "%%capture\n%%time\nz = x"),
    Nested("%%prun", "%%prun -q\nz = x"),
    Nested("%%timeit, which keeps its names", "z = x\n%timeit -n 1 -r 1 x", "x", "z"),
    Nested("run_cell in a thread", "import threading\nt = threading.Thread(target=get_ipython().run_cell,"
           " args=('z = x',))\nt.start(); t.join()", "x", "t threading z"),
    Nested("two at once", "import asyncio\nsh = get_ipython()\nasync def one(t):\n"
           "    await sh.run_cell_async(t, transformed_cell=t)\n"
           "await asyncio.gather(one('z = x'), one('w = x'))", "x", "asyncio one sh w z"),
)  # fmt: skip


@pytest.mark.parametrize("case", NESTED, ids=str)
def test_what_is_run_inside_a_cell_is_part_of_it(
    case: Nested, shell: InteractiveShell, tracker: Tracker
) -> None:
    """It has the reads and the writes of both, the next cell is one of its own, and nothing is in doubt."""
    with capture_output():
        for cell, text in (("a", "x = 1"), ("b", case.text), ("c", "y = z")):
            shell.run_cell(text, store_history=True, cell_id=cell)
    assert [run.cell for run in tracker.runs] == ["a", "b", "c"]
    outer, after = tracker.runs[1:]
    assert outer.outcome == after.outcome == "ok"
    reads = {read.name for read in outer.reads}
    assert set(case.reads.split()) <= reads
    assert {write.name for write in outer.writes} == set(case.writes.split())
    assert [read.name for read in after.reads] == ["z"]
    assert tracker.stale() == []


def test_a_script_that_is_run_inside_a_cell(
    shell: InteractiveShell, tracker: Tracker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """``%run -i`` reads and binds the user's names as the cell itself would."""
    script = tmp_path_factory.mktemp("scripts") / "made.py"
    script.write_text("z = x\n")
    with capture_output():
        for text in ("x = 1", f"%run -i {script}", "y = z"):
            shell.run_cell(text, store_history=True)
    outer = tracker.runs[1]
    assert "x" in {read.name for read in outer.reads}
    assert "z" in {write.name for write in outer.writes}
    assert tracker.stale() == []


def _in_threads(shell: InteractiveShell, texts: dict[str, str]) -> None:
    """Run cells in threads of their own, each after the one before has started."""
    threads = []
    for cell, text in texts.items():
        started = threading.Event()
        shell.user_ns["_started"] = started
        thread = threading.Thread(
            target=shell.run_cell, args=(f"_started.set()\n{text}",), kwargs={"cell_id": cell}
        )
        thread.start()
        started.wait(10)
        threads.append(thread)
    for thread in threads:
        thread.join(10)


def test_of_runs_beside_each_other_the_first_is_observed(shell: InteractiveShell, tracker: Tracker) -> None:
    """The others are told as not observed, and who reads what they make is in doubt until they run again."""
    go = threading.Event()
    shell.user_ns["go"] = go
    shell.run_cell("x = 1", store_history=True, cell_id="x")
    with capture_output():
        _in_threads(shell, {"a": "go.wait(10); a = x", "b": "b = x; go.set()"})
        shell.run_cell("c = b", store_history=True, cell_id="c")
    assert Counter((run.cell, run.outcome) for run in tracker.runs) == Counter(
        [("x", "ok"), ("a", "ok"), ("b", "unobserved"), ("c", "ok")]
    )
    observed = next(run for run in tracker.runs if run.cell == "a")
    assert "x" in {read.name for read in observed.reads}
    assert {write.name for write in observed.writes} == {"a"}
    assert {("b", "CG109"), ("c", "CG102")} <= {(f.cell, f.code) for f in tracker.findings()}
    assert tracker.stale() == ["b", "a", "c"]  # by its text b changes ``go``, which a reads
    with capture_output():
        for cell, text in (("b", "b = x; go.set()"), ("c", "c = b")):
            shell.run_cell(text, store_history=True, cell_id=cell)
    assert tracker.stale() == []


def test_a_run_that_ends_after_the_one_it_began_in(shell: InteractiveShell, tracker: Tracker) -> None:
    """What it had bound when the other one ended is its own doing all the same."""
    ended = threading.Event()
    shell.user_ns |= {"go": threading.Event(), "ended": ended}

    def look(_: object) -> None:
        if len(tracker.runs) == 2:
            ended.set()

    with capture_output():
        shell.run_cell("x = 1", store_history=True, cell_id="x")
        shell.events.register("post_run_cell", look)
        _in_threads(shell, {"a": "go.wait(10); a = 1", "b": "b = 2; go.set(); ended.wait(10); later = 3"})
        shell.events.unregister("post_run_cell", look)
        shell.run_cell("c = b", store_history=True, cell_id="c")
    missed = next(run for run in tracker.runs if run.cell == "b")
    assert {write.name for write in missed.writes} >= {"b", "later"}
    assert tracker.stale() == ["b", "c"]


@pytest.mark.parametrize("number", [2, 6])
def test_no_run_is_lost_where_cells_run_in_many_threads(
    number: int, shell: InteractiveShell, tracker: Tracker
) -> None:
    """However the hooks of the threads meet: one run a cell, and exact tracking afterwards."""
    shell.run_cell("x = 1\nvalues = {i: [i] for i in range(2000)}", store_history=True, cell_id="x")

    def play(of: int) -> None:
        for at in range(12):
            shell.run_cell(f"v{of}_{at} = x\nvalues[{at}].append({of})", cell_id=f"{of} {at}")

    threads = [threading.Thread(target=play, args=(of,)) for of in range(number)]
    with capture_output() as shown:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        shell.run_cell("y = x", store_history=True, cell_id="y")
    assert "internal error" not in str(shown)
    cells = Counter(run.cell for run in tracker.runs)
    assert set(cells.values()) == {1}
    assert len(cells) == 12 * number + 2
    assert {run.outcome for run in tracker.runs} <= {"ok", "unobserved"}
    last = tracker.runs[-1]
    assert ([read.name for read in last.reads], [write.name for write in last.writes]) == (["x"], ["y"])


def _subshell(kernel: Kernel) -> str:
    """The id of a new subshell (ipykernel 7)."""
    client = kernel.client
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    try:
        subshell = client.get_control_msg(timeout=10)["content"].get("subshell_id")
    except Exception:  # noqa: BLE001 - an older kernel answers nothing
        subshell = None
    if subshell is None:
        pytest.skip("this kernel has no subshells")
    return str(subshell)


def _send(kernel: Kernel, code: str, cell: str, subshell: str | None) -> str:
    message = kernel.client.session.msg(
        "execute_request",
        {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False},
        metadata={"cellId": cell},
    )
    if subshell is not None:
        message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    return str(message["header"]["msg_id"])


def _wait(kernel: Kernel, sent: set[str]) -> set[str]:
    """The states of the replies to all of these."""
    states = set()
    while sent:
        reply = kernel.client.get_shell_msg(timeout=60)
        sent.discard(reply["parent_header"].get("msg_id"))
        states.add(reply["content"]["status"])
    return states


def test_subshells(kernel: Kernel) -> None:
    """A cell of a subshell is observed where it runs alone. Beside others each cell has a run as well."""
    assert kernel.run("%load_ext cellgraph", "load").error is None
    kernel.run("x = 1\nvalues = {i: [i] for i in range(2000)}", "x")
    places = [None, _subshell(kernel), _subshell(kernel)]
    _wait(kernel, {_send(kernel, "alone = x", "alone", places[1])})
    seen = "[([r.name for r in run.reads], [w.name for w in run.writes], run.outcome) for run in "
    assert kernel.value(f"{seen}{TRACKER}.runs[-1:]]") == "[(['x'], ['alone'], 'ok')]"
    sent = {
        _send(kernel, f"v{of}_{at} = x\nvalues[{at}].append({of})", f"{of} {at}", place)
        for at in range(15)
        for of, place in enumerate(places)
    }
    assert _wait(kernel, sent) == {"ok"}
    assert "internal error" not in kernel.run("y = x", "y").text
    assert kernel.value(f"len({TRACKER}.runs), len({{run.cell for run in {TRACKER}.runs}})") == "(48, 48)"
    assert kernel.value(f"{seen}{TRACKER}.runs[-1:]]") == "[(['x'], ['y'], 'ok')]"

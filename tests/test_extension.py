"""Loading and unloading: what hooks in, what it costs the session, and that nothing stays."""

from __future__ import annotations

import contextvars
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

import cellgraph
from cellgraph import extension
from cellgraph.session import Tracker
from cellgraph.session.config import CellGraph
from tests.kernels import running_kernel
from tests.shells import MONITORING_TOOLS, fresh_shell, hooks, left_behind


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    """No test leaves a tracker to the next one."""
    yield
    for loaded in list(extension._loaded.values()):
        cellgraph.unload(loaded.tracker.shell)


watched = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")


def run(shell: InteractiveShell, *cells: str) -> str:
    """Run cells; give what they and cellgraph print."""
    with capture_output() as captured:
        for cell in cells:
            shell.run_cell(cell, store_history=True)
    return str(captured.stdout + captured.stderr)


def codes(tracker: Tracker) -> list[str]:
    """The codes of all present findings."""
    return [finding.code for finding in tracker.findings()]


# -- loading ----------------------------------------------------------------------------------------


def test_loading_twice_gives_the_same_tracker(shell: InteractiveShell, tracker: Tracker) -> None:
    """A second load changes nothing: the same tracker, and no hook twice."""
    once = hooks(shell)
    assert cellgraph.load(shell) is tracker
    assert run(shell, "%load_ext cellgraph") == ""
    assert left_behind(once, hooks(shell)) == []


def test_without_ipython_the_error_says_how_to_load() -> None:
    """Asking for a tracker where there is none says what to type."""
    InteractiveShell.clear_instance()
    for ask in (cellgraph.load, cellgraph.unload, cellgraph.get_tracker):
        with pytest.raises(cellgraph.NotLoadedError, match=r"shell|load_ext"):
            ask()


def test_loading_in_mid_session_says_what_is_not_known(shell: InteractiveShell) -> None:
    """One line, at the load alone. A cell that takes such a name has a label of its own, for now."""
    told = run(shell, "import math", "x = 1", "import os\n%load_ext cellgraph")
    assert told == (
        "cellgraph: loaded after 2 cells. What runs from now on is followed; "
        "which cell made math, x is not known before it runs again (CG204)\n"
    )
    assert "loaded after" not in run(shell, "y = x", "%load_ext cellgraph")
    assert [cell.state for cell in cellgraph.get_tracker().report().cells] == ["good", "foreign"]


def test_loading_where_nothing_is_there_says_nothing(shell: InteractiveShell) -> None:
    """In the first cell, and behind cells that made no name."""
    assert run(shell, "import math\n%load_ext cellgraph") == ""
    run(shell, "%unload_ext cellgraph", "del math")
    assert run(shell, "%load_ext cellgraph") == ""


def test_names_bound_by_the_cell_that_loads_belong_to_it(shell: InteractiveShell) -> None:
    """A first cell that loads the extension and goes on to import is the writer of what follows the load."""
    run(shell, "%load_ext cellgraph\nimport math\nx = 1", "y = math.sqrt(x)")
    tracker = cellgraph.get_tracker()
    first, second = tracker.runs
    assert {"math", "x"} <= {write.name for write in first.writes}
    assert {"math", "x"} == {read.name for read in second.reads}
    assert codes(tracker) == []


def test_what_a_cell_bound_before_it_loads_is_its_own_too(shell: InteractiveShell) -> None:
    """Where the load stands below the imports of the same cell, those are still no foreign names."""
    run(shell, "import math\n%load_ext cellgraph\nx = 1", "y = math.sqrt(x)")
    assert codes(cellgraph.get_tracker()) == []


def test_a_cell_that_only_loads_is_no_run(shell: InteractiveShell) -> None:
    """A cell that does nothing but load cellgraph is no part of the notebook's data flow."""
    run(shell, "# at the top\n%load_ext cellgraph", "x = 1")
    assert [run_.cell for run_ in cellgraph.get_tracker().runs] == ["In[2]"]


def test_a_session_with_variables_goes_on(shell: InteractiveShell) -> None:
    """Loaded in the middle, cellgraph takes what is there as made by nobody it saw: notes, no warning."""
    run(shell, "old = [1]\ndef f(): return old", "%load_ext cellgraph", "new = f()", "old.append(2)")
    tracker = cellgraph.get_tracker()
    assert [finding.severity for finding in tracker.findings()] == ["note"] * len(tracker.findings())
    assert "CG204" in codes(tracker)


def test_python_that_loads_inside_a_cell_is_as_good_as_the_magic(shell: InteractiveShell) -> None:
    """``cellgraph.load()`` in a cell tracks from there on, and that cell's own names are its own."""
    run(shell, "import cellgraph\ntracker = cellgraph.load()\nx = 1", "y = x")
    tracker = cellgraph.get_tracker()
    assert [[write.name for write in run_.writes] for run_ in tracker.runs] == [
        ["cellgraph", "tracker", "x"],
        ["y"],
    ]
    assert codes(tracker) == []


def test_options_of_the_profile_take_effect(shell: InteractiveShell) -> None:
    """``c.CellGraph.budget_ms`` of a configuration file is the tracker's budget."""
    shell.config.CellGraph.budget_ms = 100.0
    shell.config.CellGraph.ignore = ["CG106"]
    tracker = cellgraph.load(shell)
    assert tracker.config.budget_ms == 100.0
    run(shell, "x = 0")
    assert tracker.config.ignore == ["CG106"]


@pytest.mark.slow
def test_the_profile_can_load_it(tmp_path: Path) -> None:
    """Named in ``c.InteractiveShellApp.extensions``, cellgraph is there from the first cell of a kernel."""
    arguments = [
        "--InteractiveShellApp.extensions=cellgraph",
        "--CellGraph.budget_ms=100",
    ]
    with running_kernel(extra_arguments=arguments) as kernel:
        kernel.run("x = 1", "a")
        kernel.run("y = x", "b")
        assert kernel.value("__import__('cellgraph').get_tracker().config.budget_ms") == "100.0"
        found = "[[r.cell for r in t.runs] + t.findings() for t in [__import__('cellgraph').get_tracker()]]"
        assert kernel.value(found) == "[['a', 'b']]"


@pytest.mark.slow
def test_the_profile_can_load_it_in_a_terminal(tmp_path: Path) -> None:
    """The same in plain IPython, where the numbers of the inputs are the cells."""
    program = "x = 1\nx\nimport cellgraph\nprint([run.cell for run in cellgraph.get_tracker().runs])\nexit\n"
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--simple-prompt",
        "--InteractiveShellApp.extensions=cellgraph",
    ]
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=60, check=True)
    assert "['In[1]', 'In[2]', 'In[3]']" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("module", ["networkx", "rich", "nbformat", "numpy", "pandas", "matplotlib"])
def test_loading_imports_no_heavy_library(module: str) -> None:
    """What is not needed for tracking is not imported by it."""
    program = (
        "from IPython.core.interactiveshell import InteractiveShell as S; import sys, cellgraph\n"
        f"s = S.instance(); before = {module!r} in sys.modules; cellgraph.load(s); s.run_cell('x = [1]')\n"
        f"print(before or {module!r} not in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["True"]


# -- unloading --------------------------------------------------------------------------------------


def test_unloading_leaves_no_hook(shell: InteractiveShell) -> None:
    """Events, magic, completion and monitoring are as before loading, and a run is not recorded any more."""
    before = hooks(shell)
    run(shell, "%load_ext cellgraph", "x = 1", "%unload_ext cellgraph", "y = 2")
    assert left_behind(before, hooks(shell)) == []
    assert "not found" in run(shell, "%cellgraph")
    with pytest.raises(cellgraph.NotLoadedError):
        cellgraph.get_tracker()


def test_unloading_frees_the_tracker(shell: InteractiveShell) -> None:
    """Nobody holds the tracker, nor a value of the user's, after unloading."""
    tracker = cellgraph.load(shell)
    run(shell, "class A: pass\na = A(); b = [a]", "len(b)", "%cellgraph status", "%cellgraph graph")
    alive = weakref.ref(tracker)
    held = weakref.ref(shell.user_ns["a"])
    del tracker
    cellgraph.unload(shell)
    shell.run_cell("del a, b", silent=True)
    gc.collect()
    assert alive() is None
    assert held() is None


def test_unloading_twice_is_nothing(shell: InteractiveShell) -> None:
    """Unloading what is not loaded does nothing."""
    before = hooks(shell)
    cellgraph.unload(shell)
    cellgraph.load(shell)
    cellgraph.unload(shell)
    cellgraph.unload(shell)
    assert left_behind(before, hooks(shell)) == []


def test_it_can_be_loaded_again(shell: InteractiveShell) -> None:
    """Each load starts a new ledger, and tracks."""
    for _ in range(3):
        before = hooks(shell)
        run(shell, "%load_ext cellgraph", "x = 1", "y = x")
        assert [write.name for run_ in cellgraph.get_tracker().runs[-2:] for write in run_.writes] == [
            "x",
            "y",
        ]
        run(shell, "%unload_ext cellgraph")
        assert left_behind(before, hooks(shell)) == []


def test_reload_ext_goes_on_tracking(shell: InteractiveShell) -> None:
    """``%reload_ext`` leaves one working tracker behind, whatever it was before."""
    before = hooks(shell)
    run(shell, "%load_ext cellgraph", "x = 1", "%reload_ext cellgraph", "y = x")
    tracker = cellgraph.get_tracker()
    assert tracker.runs[-1].writes[0].name == "y"
    run(shell, "%unload_ext cellgraph")
    assert left_behind(before, hooks(shell)) == []


def test_two_shells_are_tracked_apart() -> None:
    """Two shells of one process have a tracker each, and unloading one leaves the other."""
    with fresh_shell() as one:
        first = cellgraph.load(one)
        with fresh_shell() as other:
            second = cellgraph.load(other)
            run(one, "x = 1")
            run(other, "y = 2", "y")
            cellgraph.unload(other)
        run(one, "z = x")
        assert [len(first.runs), len(second.runs)] == [2, 2]
        cellgraph.unload(one)


def test_get_tracker_with_two_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell gets its own shell's tracker, other code that of IPython's current shell, else the latest."""
    ask = "import cellgraph; found = cellgraph.get_tracker()"
    with fresh_shell() as one:
        first = cellgraph.load(one)
        with fresh_shell() as other:
            second = cellgraph.load(other)
            run(one, ask)
            run(other, ask)
            assert (one.user_ns["found"], other.user_ns["found"]) == (first, second)
            assert cellgraph.get_tracker() is second
            monkeypatch.setattr("IPython.get_ipython", lambda: one)
            assert cellgraph.get_tracker() is first
            monkeypatch.setattr("IPython.get_ipython", lambda: None)
            assert cellgraph.get_tracker() is second
            cellgraph.unload(other)
        assert cellgraph.get_tracker() is first
        cellgraph.unload(one)


# -- other tools ------------------------------------------------------------------------------------


@watched
def test_with_every_tool_id_taken_it_falls_back_and_says_so(shell: InteractiveShell) -> None:
    """Without a monitoring id reads are worked out from the text, records are marked, ``status`` says so."""
    taken = [tool for tool in MONITORING_TOOLS if sys.monitoring.get_tool(tool) is None]
    for tool in taken:
        sys.monitoring.use_tool_id(tool, "another")
    try:
        tracker = cellgraph.load(shell)
        run(shell, "x = 1", "y = x")
        assert [read.name for read in tracker.runs[-1].reads] == ["x"]
        assert tracker.runs[-1].conservative
        assert "worked out from" in run(shell, "%cellgraph status")
        cellgraph.unload(shell)
    finally:
        for tool in taken:
            sys.monitoring.free_tool_id(tool)


@watched
def test_other_monitoring_tools_see_what_they_saw(shell: InteractiveShell) -> None:
    """A tool that watches lines gets the same events, one for one, with cellgraph at work."""
    tool, seen = 0, list[tuple[str, int]]()
    monitoring = sys.monitoring

    def on_line(code: CodeType, line: int) -> None:
        if code.co_name == "watched_function":
            seen.append((code.co_name, line))

    def session() -> list[tuple[str, int]]:
        seen.clear()
        run(
            shell,
            "def watched_function(n):\n    for i in range(n):\n        m = n\n    return m",
            "watched_function(3)",
        )
        run(shell, "watched_function(2)")
        return list(seen)

    monitoring.use_tool_id(tool, "lines")
    monitoring.register_callback(tool, monitoring.events.LINE, on_line)
    monitoring.set_events(tool, monitoring.events.LINE)
    try:
        alone = session()
        tracker = cellgraph.load(shell)
        assert session() == alone
        assert "watched_function" in [read.name for read in tracker.runs[-1].reads]
        cellgraph.unload(shell)
        assert session() == alone
    finally:
        monitoring.set_events(tool, 0)
        monitoring.register_callback(tool, monitoring.events.LINE, None)
        monitoring.free_tool_id(tool)


@watched
def test_a_tool_that_restarts_events_does_no_harm(shell: InteractiveShell, tracker: Tracker) -> None:
    """After ``restart_events`` of another tool every read is still seen, once."""
    run(shell, "import sys\nx = 1\ndef f(): return x", "f()\nsys.monitoring.restart_events()\nf()", "f()")
    assert [read.name for read in tracker.runs[-1].reads] == ["f", "x"]


@pytest.mark.slow
@pytest.mark.parametrize("core", ["ctrace", "sysmon"])
def test_coverage_measures_the_same(core: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """coverage.py finds the same lines executed in a module that cells use, with cellgraph or without."""
    coverage = pytest.importorskip("coverage")
    if core == "sysmon" and sys.version_info < (3, 12):
        pytest.skip("sys.monitoring came with Python 3.12")
    (tmp_path / "measured.py").write_text("def f(x):\n    if x:\n        return 1\n    return 2\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, coverage\nfrom IPython.core.interactiveshell import InteractiveShell as S\n"
        "c = coverage.Coverage(data_file=None, include=['*measured.py']); c.start()\ns = S.instance()\n"
        "if sys.argv[1] == 'with': import cellgraph; t = cellgraph.load(s)\n"
        "for cell in ('import measured\\nx = 1', 'y = measured.f(x)', 'z = y'):\n"
        "    s.run_cell(cell, store_history=True)\n"
        f"c.stop(); print(sorted(c.get_data().lines({str(tmp_path / 'measured.py')!r})))\n"
        "if sys.argv[1] == 'with': print(sorted(r.name for r in t.runs[1].reads if r.name[:5] != 'file:'))\n"
    )
    monkeypatch.setenv("COVERAGE_CORE", core)

    def lines(how: str) -> list[str]:
        command = [sys.executable, str(program), how]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.splitlines()[-2:]

    assert coverage
    alone = lines("without")[-1]
    assert lines("with") == [alone, "['measured', 'x']"]


# -- failures of our own ----------------------------------------------------------------------------


def _broken(*args: object, **keywords: object) -> None:
    raise ZeroDivisionError("inside")


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("", "_before"),
        ("", "_after"),
        ("_announcer", "before_run"),
        ("_announcer", "after_run"),
        ("_state", "after_run"),
        ("_state", "_renew_replay"),
    ],
)
def test_a_failure_of_our_own_is_told_once_in_one_line(
    part: str, method: str, shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks inside, cells run as ever, and one line says that something broke, once."""
    monkeypatch.setattr(getattr(tracker, part) if part else tracker, method, _broken)
    shell.InteractiveTB.set_mode("Context")  # each traceback is shown in full
    shown = run(shell, "x = 1", "x + 1", "1 / 0", "x + 2")
    told = [line for line in shown.splitlines() if "internal error" in line]
    assert len(told) == 1
    assert "ZeroDivisionError: inside" in told[0]
    assert [shell.user_ns["Out"][2], shell.user_ns["Out"][4]] == [2, 3]
    assert shown.count("Traceback") == 1  # of the cell that divides by zero


@pytest.mark.parametrize("place", ["begin", "end", "source"])
def test_after_a_failure_of_our_own_tracking_goes_on(
    place: str, shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell that could not be recorded costs that record, and is said to be not observed."""
    with monkeypatch.context() as patch:
        patch.setattr(tracker._recorder, place, _broken)
        run(shell, "x = 1")
    run(shell, "y = x", "z = y")
    assert [write.name for write in tracker.runs[-1].writes] == ["z"]
    assert [read.name for read in tracker.runs[-1].reads] == ["y"]
    assert tracker.stale() == ["In[1]", "In[2]", "In[3]"]


@watched
def test_a_failure_in_the_monitoring_callback_stays_inside(
    shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception while an instruction is noted never surfaces in the user's code."""
    run(shell, "x = 1")
    with monkeypatch.context() as patch:
        patch.setattr("cellgraph.trace.monitoring.Monitor._note", _broken)
        shown = run(shell, "y = x\nprint(y)")
    assert shown.splitlines()[0] == "1"
    assert shown.count("internal error") == 1
    run(shell, "z = y")
    assert [read.name for read in tracker.runs[-1].reads] == ["y"]


def test_a_front_end_that_cannot_be_written_to_is_no_error(shell: InteractiveShell, tracker: Tracker) -> None:
    """With a closed standard output nothing can be said, and the cells run."""
    run(shell, "x = 1", "import sys, io\nkept = sys.stdout; sys.stdout = io.StringIO(); sys.stdout.close()")
    shell.run_cell("x = 2\ndel x", store_history=True)
    shell.run_cell("sys.stdout = kept", store_history=True)
    assert len(tracker.runs) == 4


def test_a_former_name_of_an_option_works_and_warns(shell: InteractiveShell) -> None:
    """``ahead`` is ``pre_run_warnings`` now: in a configuration file and in the magic."""
    config = Config()
    config.CellGraph.ahead = False
    with pytest.warns(FutureWarning, match="the option ahead is called pre_run_warnings now"):
        options = CellGraph(config=config)
    assert not options.pre_run_warnings
    tracker = cellgraph.load(shell)
    with pytest.warns(FutureWarning, match="pre_run_warnings"):
        shell.run_line_magic("cellgraph", "config ahead false")
    assert not tracker.config.pre_run_warnings


def test_a_shell_that_a_cell_of_another_runs_is_recorded() -> None:
    """A cell of one shell loads cellgraph in another and runs cells there: they are recorded as its own."""
    with fresh_shell() as one, fresh_shell() as other:
        one.user_ns.update(other=other, load=cellgraph.load)
        run(one, "load(other)\nfor text in ('x = 1', 'y = x'): other.run_cell(text, store_history=True)")
        assert [made.source for made in cellgraph.load(other).runs] == ["x = 1", "y = x"]
        cellgraph.unload(other)


def test_a_shell_that_loads_it_as_it_starts_has_no_context_variable_of_it() -> None:
    """The first cell may run in a task, and so in a context of its own."""
    before = {*contextvars.copy_context()}
    with fresh_shell() as shell:
        cellgraph.load(shell)
        run(shell, "import asyncio\nawait asyncio.sleep(0)")
        assert {*contextvars.copy_context()} == before
        run(shell, "x = 1")
        assert {*contextvars.copy_context()} == before

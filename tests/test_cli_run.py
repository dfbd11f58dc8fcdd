"""``cellgraph run`` in real kernels: what it writes, what it says, and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cellgraph.cli import main
from cellgraph.notebooks import outputs
from cellgraph.notebooks.client import TrackedClient
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.kernels import own_kernel
from cellgraph.record.jsonl import loads

pytestmark = pytest.mark.slow  # each test runs notebooks in real kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from cellgraph.model import Run

CHAIN = ("x = 1", "y = x + 1", "print(y)")


@dataclass(frozen=True)
class Result:
    """What a run left: exit code, both streams, and the files, None where there is none."""

    code: int
    out: str
    err: str
    notebook: NotebookNode | None
    report: str | None
    runs: tuple[Run, ...] | None
    """What the ledger holds."""

    def texts(self) -> list[str]:
        """All text that the code cells show, a cell an entry."""
        assert self.notebook is not None
        return [_text(cell) for cell in self.notebook.cells if cell.cell_type == "code"]


def _text(cell: NotebookNode) -> str:
    return "".join(
        output.get("text", "") + "".join(output.get("traceback", ())) + str(output.get("data", ""))
        for output in cell.outputs
    )


class Runner:
    """Writes notebooks into a directory of its own and runs them there."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *sources: str, options: str = "", notebook: NotebookNode | None = None) -> Result:
        """Run a notebook of these code cells."""
        notebook = notebook or new_notebook(cells=[new_code_cell(source) for source in sources])
        nbformat.write(notebook, Path("n.ipynb"))
        before = Path("n.ipynb").read_bytes()
        code = main(["run", "n.ipynb", *options.split()])
        assert Path("n.ipynb").read_bytes() == before
        out, err = self.capsys.readouterr()
        return result(code, out, err)


def result(code: int, out: str, err: str) -> Result:
    """What is in the current directory after a run. Every file that is there is whole and valid."""
    executed, report, ledger = (Path(f"n.{end}") for end in ("executed.ipynb", "report.html", "ledger.jsonl"))
    notebook = nbformat.read(executed, as_version=nbformat.NO_CONVERT) if executed.exists() else None
    if notebook is not None:
        nbformat.validate(notebook)
    assert "Traceback" not in err
    return Result(
        code,
        out,
        err,
        notebook,
        report.read_text(encoding="utf-8") if report.exists() else None,
        tuple(loads(ledger.read_text(encoding="utf-8")).runs) if ledger.exists() else None,
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs notebooks in an empty current directory."""
    monkeypatch.chdir(tmp_path)
    return Runner(capsys)


def test_a_clean_run_writes_everything_and_finds_nothing(run: Runner) -> None:
    """Top to bottom: exit code 0, three files, no warning, and a progress line for each cell."""
    done = run(*CHAIN)
    assert done.code == 0
    assert done.texts() == ["", "", "2\n"]
    assert [cell.execution_count for cell in done.notebook.cells] == [1, 2, 3]
    assert "3 cells run" in done.out
    assert "none in doubt" in done.out
    for name in ("n.executed.ipynb", "n.report.html", "n.ledger.jsonl"):
        assert name in done.out
    assert re.findall(r"^\[(\d)/3\] cell \1: ", done.err, flags=re.MULTILINE) == ["1", "2", "3"]


def test_a_stale_cell_is_found_and_told_everywhere(run: Runner) -> None:
    """A cell that is edited by its order of running: exit code 1, in the summary, report and notebook."""
    done = run("x = 1", "x = x + 1", "print(x)", options="--order 1-3,2")
    assert done.code == 1
    assert "CG106" in done.out
    assert "CG106" in done.report
    assert "CG106" in "".join(done.texts())
    assert len(done.runs) == 4


def test_cells_run_out_of_order_are_found(run: Runner) -> None:
    """A cell that used what stands below it: the notebook's order counts, not the order of running."""
    done = run("print(x)", "x = 1", options="--order 2,1")
    assert done.code == 1
    assert "CG103" in done.out
    assert "CG103" in done.report
    assert done.texts()[0].startswith("1\n")
    assert [cell.execution_count for cell in done.notebook.cells] == [2, 1]


def test_the_report_maps_execution_counts_to_cells(run: Runner) -> None:
    """Where the order is not the notebook's, the report says which count is which cell."""
    done = run("x = 1", "y = 2", options="--order 2,1")
    assert "[1] is cell 2; [2] is cell 1" in done.report


def test_cells_are_called_by_what_order_takes(run: Runner) -> None:
    """In the summary, in the report and as JSON a cell is called by its place and first words."""
    done = run("x = 1", "# grow\nx = x + 1", "print(x)", options="--order 1-3,2")
    start = "cell 2 `x = x + 1` started from its own earlier result of x (1 → 2)"
    said = f"{start}, not from what cell 1 `x = 1` makes"
    assert said in done.out
    assert "[4]" not in done.out
    assert "<code>x = x + 1</code> started from its own" in done.report
    found = json.loads(
        run("x = 1", "x = x + 1", "1 / 0", options="--order 1,2,2,3 --json --allow-errors").out
    )
    assert (found["exit"], found["ran"], found["plan"]) == (1, [1, 2, 2, 3], [1, 2])
    assert [(one["number"], one["error"]) for one in found["failed"]] == [
        (3, "raised ZeroDivisionError: division by zero")
    ]
    assert [(one["code"], one["cell"]["number"], one["remedy"]) for one in found["findings"]] == [
        ("CG106", 2, [1, 2])
    ]
    assert found["files"] == {
        "executed notebook": "n.executed.ipynb",
        "report": "n.report.html",
        "ledger": "n.ledger.jsonl",
    }
    assert run("1 / 0", options="--json").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions and links")
def test_files_are_no_more_open_than_the_notebook(run: Runner) -> None:
    """What holds sources is for those who may read the notebook; a link in its place is not followed."""
    run("x = 1")
    assert Path("n.report.html").stat().st_mode & 0o777 == Path("n.ipynb").stat().st_mode & 0o777
    Path("n.ipynb").chmod(0o600)
    run("x = 1")
    modes = [
        Path(f"n.{end}").stat().st_mode & 0o777 for end in ("executed.ipynb", "report.html", "ledger.jsonl")
    ]
    assert modes == [0o600, 0o600, 0o600]
    Path("n.report.html").unlink()
    Path("n.report.html").symlink_to("elsewhere")
    done = run("x = 1")
    assert (done.code, Path("elsewhere").exists()) == (2, False)
    assert "cannot write the report to n.report.html: it is a symbolic link" in done.err


def test_cells_have_the_ids_of_the_file(run: Runner) -> None:
    """The tracker knows the cells by the ids in the file, also cells with the same text."""
    cells = [
        new_code_cell("n = 1", id="first"),
        new_markdown_cell("between"),
        new_code_cell("n = 1", id="second"),
    ]
    done = run(notebook=new_notebook(cells=cells))
    assert done.code == 0
    assert [entry.cell for entry in done.runs] == ["first", "second"]


def test_an_older_notebook_keeps_its_version(run: Runner) -> None:
    """nbformat 4.4: cells with the same text are told apart, and no id is written."""
    cells = [new_code_cell("n = 1"), new_markdown_cell("between"), new_code_cell("n = 1")]
    for cell in cells:
        del cell["id"]
    done = run(notebook=new_notebook(cells=cells, nbformat_minor=4))
    assert done.code == 0
    assert len({entry.cell for entry in done.runs}) == 2
    assert done.notebook.nbformat_minor == 4
    assert all("id" not in cell for cell in done.notebook.cells)


@pytest.mark.parametrize(
    "cells",
    [[], [new_markdown_cell("text")], [new_code_cell("")]],
    ids=["no cells", "text alone", "an empty cell"],  # named: the ids of cells differ in every process
)
def test_a_notebook_without_code_is_clean(run: Runner, cells: list[NotebookNode]) -> None:
    """Nothing to run is no failure."""
    done = run(notebook=new_notebook(cells=cells))
    assert done.code == 0
    assert "0 cells run" in done.out
    assert done.report is not None


def test_a_cell_that_raises_stops_the_run(run: Runner) -> None:
    """Exit code 2, one line that names the cell, and all three files for what ran."""
    done = run("x = 1", "1 / 0", "print('never')", options="-q")
    assert done.code == 2
    assert done.err.startswith("cellgraph: cell 2 `1 / 0` raised ZeroDivisionError: division by zero")
    assert done.err.count("\n") == 1
    assert "ZeroDivisionError" in done.texts()[1]
    assert done.notebook.cells[2].execution_count is None
    assert len(done.runs) == 2
    assert "Stopped" in done.report
    assert "The run failed: " in done.report


def test_errors_can_be_allowed(run: Runner) -> None:
    """``--allow-errors`` goes on, and the error counts; with the tag that nbclient knows it is meant."""
    allowed = run("1 / 0", "print('after')", options="--allow-errors")
    assert (allowed.code, allowed.texts()[1]) == (1, "after\n")
    assert "The run had errors: " in allowed.report
    tagged = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    done = run(notebook=new_notebook(cells=[tagged, new_code_cell("print('after')")]))
    assert done.code == 0
    assert done.texts()[1] == "after\n"


def test_a_kernel_that_dies_leaves_what_ran_before(run: Runner) -> None:
    """Exit code 2, the cell is named, and the files hold the cells before it."""
    done = run("x = 1", "import os; os._exit(3)", "print('never')")
    assert done.code == 2
    assert (
        "the kernel died in cell 2 `import os; os._exit(3)` (its process ended with exit code 3)" in done.err
    )
    assert [entry.source for entry in done.runs] == ["x = 1"]
    assert "Incomplete" in done.report


def test_a_cell_over_its_time_is_interrupted(run: Runner) -> None:
    """``--timeout``: exit code 2, and the interrupted cell is in the ledger."""
    done = run("x = 1", "import time; time.sleep(60)", "print('never')", options="--timeout 1")
    assert done.code == 2
    assert "cell 2 `import time; time.sleep(60)` was still running after 1 s" in done.err
    assert len(done.runs) == 2


SLEEPS = "import time; time.sleep(60)"
DEAF = "import time\nfor _ in range(600):\n    try: time.sleep(0.1)\n    except KeyboardInterrupt: pass"


@dataclass(frozen=True)
class Ended:
    """How a run is ended: these signals, once ``when`` cells have run; and what there is then."""

    signals: tuple[str, ...]
    when: int = 1
    cell: str = SLEEPS
    says: str = "interrupted in cell 2"
    runs: int | None = 2


ENDED = (
    Ended(("SIGINT",)),
    Ended(("SIGTERM",), says="ended by SIGTERM in cell 2"),
    Ended(("SIGHUP",), says="ended by SIGHUP in cell 2"),
    Ended(("SIGTERM", "SIGTERM"), cell=DEAF, says="ended by SIGTERM in cell 2", runs=1),
    Ended(("SIGTERM",), when=0, says="ended by SIGTERM", runs=None),
)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals to send to one process")
@pytest.mark.parametrize("case", ENDED, ids=lambda case: f"{' '.join(case.signals)} {case.when}")
@pytest.mark.usefixtures("run")
def test_a_signal_ends_the_run_in_good_order(case: Ended, tmp_path: Path) -> None:
    """Exit code 2, one line, the files for what ran, and nothing in the folders for temporary files."""
    own = [tmp_path / name for name in ("temporary", "runtime")]
    for folder in own:
        folder.mkdir()
    env = {**os.environ, "TMPDIR": str(own[0]), "JUPYTER_RUNTIME_DIR": str(own[1])}
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1"), new_code_cell(case.cell)]), Path("n.ipynb"))
    command = [sys.executable, "-m", "cellgraph", "run", "n.ipynb"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, **streams) as process:
        _wait_until(lambda: any(own[0].iterdir()))
        if case.when:
            assert process.stderr.readline().startswith("[1/2] cell 1")
        for name in case.signals:
            time.sleep(0.5)
            process.send_signal(getattr(signal, name))
        out, err = process.communicate()
    done = result(process.returncode, out, err)
    assert done.code == 2
    assert f"cellgraph: {case.says}" in done.err
    assert (None if done.runs is None else len(done.runs)) == case.runs
    assert [list(folder.iterdir()) for folder in own] == [[], []]


def _wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("waited for 30 s")


def test_a_notebook_that_loads_cellgraph_itself_is_the_same(run: Runner) -> None:
    """``%load_ext cellgraph`` in the notebook finds it loaded, says nothing, and counts as no run."""
    done = run("%load_ext cellgraph", *CHAIN)
    assert done.code == 0
    assert done.texts()[0] == ""
    assert tuple(entry.source for entry in done.runs) == CHAIN


def test_a_notebook_that_unloads_cellgraph_is_told(run: Runner) -> None:
    """Without a tracker at the end there is no result: exit code 2, and the reason."""
    done = run("%load_ext cellgraph", "%unload_ext cellgraph", "x = 1")
    assert done.code == 2
    assert "the notebook unloads cellgraph" in done.err


def test_the_magic_is_there_for_those_who_use_it(run: Runner) -> None:
    """``%lsmagic`` lists what it lists without cellgraph; a notebook that asks cellgraph gets an answer."""
    assert "cellgraph" not in run("%lsmagic").texts()[0]
    assert "cellgraph" in run("%load_ext cellgraph", "%lsmagic").texts()[1]
    assert "none in doubt" in run("x = 1", "%cellgraph status").texts()[1]


def test_the_run_leaves_no_trace_in_the_namespace(run: Runner) -> None:
    """Cells see the namespace, the history and the last result as without cellgraph."""
    done = run("before = set(dir())\n41 + 1", "print(_, _1, len(In), set(dir()) - before)")
    names = "{'before', '_1', '_i2', '_i1'}"
    assert done.texts()[1].startswith("42 42 3 ")
    assert set(re.findall(r"'(\w+)'", done.texts()[1])) <= set(re.findall(r"'(\w+)'", names))


@pytest.mark.usefixtures("run")
def test_cells_run_in_the_directory_of_the_notebook() -> None:
    """A notebook that reads files beside it works from any directory, and the files go beside it."""
    folder = Path("sub")
    folder.mkdir()
    cell = new_code_cell("import os; print(os.path.basename(os.getcwd()))")
    nbformat.write(new_notebook(cells=[cell]), folder / "n.ipynb")
    assert main(["run", "sub/n.ipynb"]) == 0
    assert {path.name for path in folder.iterdir()} == {
        "n.ipynb",
        "n.executed.ipynb",
        "n.report.html",
        "n.ledger.jsonl",
    }
    assert "sub\\n" in Path("sub/n.executed.ipynb").read_text(encoding="utf-8")


def test_the_kernel_is_told_no_notebook_of_another(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from a notebook's ``!`` line, the kernel is not given that notebook's path."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/elsewhere/other.ipynb")
    assert run("import os; print(os.environ.get('JPY_SESSION_NAME'))").texts() == ["None\n"]


def install_kernel(folder: Path, program: str, *, language: str = "python", **env: str) -> None:
    """A kernel ``odd`` that is started with ``python -c program``, or is IPython's where that is empty."""
    argv = [sys.executable, "-c", program] if program else [sys.executable, "-m", "ipykernel_launcher"]
    spec = {
        "argv": [*argv, "-f", "{connection_file}"],
        "display_name": "Odd",
        "language": language,
        "env": env,
    }
    (folder / "kernels" / "odd").mkdir(parents=True)
    (folder / "kernels" / "odd" / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


@dataclass(frozen=True)
class Odd:
    name: str
    says: str
    program: str = ""
    language: str = "python"
    falls_back: bool = True
    """Whether a notebook that names the kernel runs in this environment's own."""


ODD = (
    Odd("does not start", "kernel 'odd' does not start: no engine", "raise SystemExit('no engine')"),
    Odd("another language", "kernel 'odd' runs R", "", "R", falls_back=False),
    Odd("no cellgraph", "kernel 'odd' has no cellgraph"),
)


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_a_kernel_that_cannot_do_it_is_told(
    run: Runner, case: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that does not start, is not Python's or has no cellgraph: one line, and no files."""
    install_odd(case, tmp_path, monkeypatch)
    done = run("x = 1", options="-q --kernel odd")
    assert done.code == 2
    assert done.err.startswith(f"cellgraph: {case.says}")
    assert done.err.count("\n") == 1
    assert (done.notebook, done.report, done.runs) == (None, None, None)


def install_odd(case: Odd, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of the case as ``odd``, which cannot import cellgraph."""
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "cellgraph.py").write_text("import no_such_module", encoding="utf-8")
    install_kernel(folder / "jupyter", case.program, language=case.language, PYTHONPATH=str(hidden))
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "jupyter"))


def names_kernel(name: object, **more: object) -> NotebookNode:
    """A notebook of one cell that names a kernel."""
    cell = new_code_cell("import sys; print(sys.prefix)")
    return new_notebook(cells=[cell], metadata={"kernelspec": {"name": name, "display_name": "K", **more}})


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_a_named_kernel_that_cannot_do_it_is_replaced(
    run: Runner, case: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python notebook runs in the kernel of this environment; one line and the report say so."""
    install_odd(case, tmp_path, monkeypatch)
    done = run(options="-q", notebook=names_kernel("odd"))
    assert done.err.startswith(f"cellgraph: {case.says}")
    assert done.err.count("\n") == 1
    assert done.code == (0 if case.falls_back else 2)
    if case.falls_back:
        assert "; running in that of this environment" in done.err
        assert done.texts() == [f"{sys.prefix}\n"]
        assert "kernel &#x27;odd&#x27;" in done.report
        assert done.notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", ["python2", "conda-env-ds-py", "Python [Root]", "venv", "pyspark"])
def test_a_kernel_that_is_not_installed_is_replaced(run: Runner, name: str) -> None:
    """A name from its author's environment keeps no notebook from running."""
    done = run(options="-q", notebook=names_kernel(name))
    assert done.code == 0
    assert done.err.startswith(
        f"cellgraph: kernel {name!r}, which the notebook names, is not installed here;"
    )
    assert done.texts() == [f"{sys.prefix}\n"]


FOREIGN = (
    names_kernel("ir", language="R"),
    names_kernel("ir"),
    names_kernel("julia-1.10"),
    names_kernel("python3", language="scala"),
    new_notebook(cells=[new_code_cell("x")], metadata={"language_info": {"name": "javascript"}}),
)


@pytest.mark.parametrize("number", range(len(FOREIGN)))
def test_a_notebook_in_another_language_is_refused(run: Runner, number: int) -> None:
    """One line, exit code 2, no files."""
    done = run(options="-q", notebook=FOREIGN[number])
    assert done.code == 2
    assert done.err.endswith("cellgraph runs Python notebooks only\n")
    assert done.err.count("\n") == 1
    assert (done.notebook, done.report, done.runs) == (None, None, None)


def test_a_kernel_that_never_ran_a_cell_leaves_a_report(run: Runner) -> None:
    """A first cell that takes the kernel down leaves three files that say so."""
    done = run("import os; os._exit(0)", options="-q")
    assert done.code == 2
    assert done.err.startswith("cellgraph: the kernel died in cell 1")
    assert done.runs == ()
    assert "the kernel died in cell 1" in done.report


PLOT = "import matplotlib.pyplot as plt\nfig = plt.plot([1, 2])\nplt.show()"
PARTS = (
    ("cellgraph.render.page.interactive_graph", "the report lacks its graph (ZeroDivisionError: broken)"),
    ("cellgraph.render.page.cell_table", "the report lacks its table of cells (ZeroDivisionError: broken)"),
    (
        "cellgraph.render.page.highlighted",
        "the report lacks its source of cell 1 (ZeroDivisionError: broken)",
    ),
    ("cellgraph.render.page.heading", "the report lacks its heading (ZeroDivisionError: broken)"),
    ("cellgraph.cli.report.pictures", "the report lacks its small pictures (ZeroDivisionError: broken)"),
    (
        "cellgraph.cli.report.report_after",
        "the report lacks its way back in time (ZeroDivisionError: broken)",
    ),
    ("cellgraph.cli.report.facts", "the report lacks its list of facts (ZeroDivisionError: broken)"),
    ("cellgraph.cli.report.loads", "the report lacks its history of the run (ZeroDivisionError: broken)"),
    ("cellgraph.cli.report.report_page", "there is no report (ZeroDivisionError: broken)"),
)


def broken(*_: object, **__: object) -> NoReturn:
    """Stands for any part that fails."""
    raise ZeroDivisionError("broken")


@pytest.mark.parametrize(("part", "says"), PARTS, ids=[part for part, _ in PARTS])
def test_a_part_of_the_report_that_fails_costs_that_part(
    run: Runner, part: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook and the ledger are there, and the exit code is the run's."""
    monkeypatch.setattr(part, broken)
    done = run("x = 1", "x = x + 1", options="-q --order 1,2,2")
    assert done.code == 1
    assert says in done.err
    assert all(line.startswith("cellgraph: ") for line in done.err.splitlines())
    assert len(done.runs) == 3
    assert done.notebook is not None
    assert (done.report is None) == (part == "cellgraph.cli.report.report_page")


def test_a_report_that_the_kernel_cannot_make_is_made_from_the_ledger(run: Runner) -> None:
    """What fails in the kernel's report is told, and costs neither the ledger nor the exit code."""
    spoil = "import cellgraph\ntype(cellgraph.get_tracker()).report = lambda *_: 1 / 0"
    done = run(spoil, "x = 1", "x = x + 1", options="-q --order 1,2,3,3")
    assert done.code == 1
    assert "the kernel gave none (ZeroDivisionError: division by zero)" in done.err
    assert "CG106" in done.report


def test_an_analysis_that_fails_costs_neither_the_notebook_nor_the_ledger(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 and one line: a run that could not be judged is not clean."""
    monkeypatch.setattr("cellgraph.analyse.time_travel.report_after", broken)
    done = run("import cellgraph\ntype(cellgraph.get_tracker()).report = lambda *_: 1 / 0", options="-q")
    assert done.code == 2
    assert "cellgraph: the analysis failed (ZeroDivisionError: broken)" in done.err
    assert done.err.count("the analysis failed") == 1
    assert done.notebook is not None
    assert len(done.runs) == 1


def test_a_notebook_that_cannot_be_put_into_words_costs_not_the_ledger(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails on the way to the text of the executed notebook is told in one line."""
    monkeypatch.setattr("cellgraph.notebooks.source.executed_text", broken)
    done = run(*CHAIN, options="-q")
    assert done.code == 2
    assert done.err == "cellgraph: cannot write n.executed.ipynb: ZeroDivisionError: broken\n"
    assert len(done.runs) == 3
    assert done.report is not None


def test_the_ledger_is_written_where_the_notebook_cannot_be(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails for one file costs that file; the exit code says that something is missing."""
    written = outputs.write_text

    def fails_once(path: Path, text: str, like: Path) -> None:
        if path.suffix == ".ipynb":
            raise CannotRunError(f"cannot write {path}: disk full")
        written(path, text, like)

    monkeypatch.setattr("cellgraph.cli.run.write_text", fails_once)
    done = run(*CHAIN, options="-q")
    assert done.code == 2
    assert done.err == "cellgraph: cannot write n.executed.ipynb: disk full\n"
    assert len(done.runs) == 3
    assert done.report is not None


def test_folders_that_the_notebook_removes_are_made_again(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that cleans up takes neither the place of the results nor that of the written files."""
    own = tmp_path / "temporary"  # other runs have their results in the common folder
    own.mkdir()
    monkeypatch.setenv("TMPDIR", str(own))
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    temporary = "glob.glob(tempfile.gettempdir() + '/cellgraph-*')"
    remove = f"import glob, shutil, tempfile\nfor found in ('out', *{temporary}):"
    done = run(
        f"{remove}\n    shutil.rmtree(found, ignore_errors=True)", "x = 1", options="-q --output-dir out"
    )
    assert (done.code, done.err) == (0, "")
    assert {path.suffix for path in Path("out").iterdir()} == {".ipynb", ".html", ".jsonl"}


def test_failed_cells_are_counted(run: Runner) -> None:
    """With ``--allow-errors`` and without: in the summary, cell by cell, and at the head of the report."""
    done = run("x = 1", "1 / 0", "x = x + 1", "[][1]", options="--allow-errors --order 1-4,3")
    assert done.code == 1
    assert "5 cells run" in done.out
    assert "2 cells failed, 1 in doubt" in done.out
    assert "  cell 2 `1 / 0` raised ZeroDivisionError: division by zero\n" in done.out
    assert "  cell 4 `[][1]` raised IndexError: list index out of range\n" in done.out
    assert "2 cells failed, 1 in doubt, of 4 cells" in done.report
    assert "<code>[][1]</code> raised IndexError" in done.report
    stopped = run("x = 1", "1 / 0", "never = 1")
    assert stopped.code == 2
    assert "2 cells run" in stopped.out
    assert "1 cell failed, none in doubt" in stopped.out
    assert "1 cell failed, none in doubt, of 2 cells" in stopped.report


def test_an_error_that_is_expected_is_told_as_such(run: Runner) -> None:
    """The tag ``raises-exception`` makes a failure one that is meant."""
    done = run(notebook=new_notebook(cells=[new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})]))
    assert done.code == 0
    expected = "raised ZeroDivisionError: division by zero (expected: its tag is raises-exception)"
    assert f"cell 1 `1 / 0` {expected}" in done.out
    assert expected in done.report


@pytest.mark.parametrize("ename", [None, "", "NoneType"])
def test_a_display_that_fails_is_told_by_its_error(ename: str | None, tmp_path: Path) -> None:
    """Some kernels name no error then; the cell shows it."""
    shown = new_output("error", ename="ValueError", evalue="no", traceback=[])
    cell = new_code_cell("A()", outputs=[new_output("stream", text="before"), shown])
    client = TrackedClient(new_notebook(cells=[cell]), own_kernel())
    client._note_error(cell, 0, {"content": {"ename": ename, "evalue": "None"}})
    assert client.error == "ValueError: no"


def test_a_cell_that_asks_for_input_is_told(run: Runner) -> None:
    """Nobody is waited for; the message says what the cell wants."""
    done = run("name = input('who? ')", options="-q")
    assert done.code == 2
    assert done.err.startswith(
        "cellgraph: cell 1 `name = input('who? ')` asks for input, which nobody is there to give"
    )


def test_modules_beside_the_notebook_are_not_taken_for_ours(run: Runner) -> None:
    """A file that has the name of one that cellgraph imports breaks nothing of ours."""
    for name in ("xxhash", "cellgraph"):
        Path(f"{name}.py").write_text("raise RuntimeError('not yours')", encoding="utf-8")
    assert run(*CHAIN).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.usefixtures("run")
def test_a_terminal_gets_a_bar() -> None:
    """On a terminal the progress is a bar with the cell under way, which is gone at the end."""
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1 # the [first] cell")]), Path("n.ipynb"))
    reader, writer = os.openpty()
    command = [sys.executable, "-m", "cellgraph", "run", "n.ipynb"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writer) as process:
        os.close(writer)
        shown = _read_all(reader)
        process.communicate()
    assert process.returncode == 0
    assert "0/1" in shown
    assert "x = 1 # the [first] cell" in shown


def _read_all(reader: int) -> str:
    chunks: list[bytes] = []
    try:
        while chunk := os.read(reader, 4096):
            chunks.append(chunk)
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(reader)
    return b"".join(chunks).decode()


TAKEN = """
import json, pathlib, socket, sys
connection = json.loads(pathlib.Path(sys.argv[-1]).read_text())
if connection["transport"] == "ipc":
    sys.exit("no sockets that are files")
flag = pathlib.Path("taken")
tries = flag.read_text() if flag.exists() else ""
flag.write_text(tries + "x")
if len(tries) < 2:
    other = socket.create_server(("127.0.0.1", connection["shell_port"]))
from ipykernel.kernelapp import launch_new_instance
launch_new_instance(["-f", sys.argv[-1]])
"""
"""A kernel that knows ports only, and whose port another program has taken at the first two tries."""


@pytest.mark.skipif(sys.platform == "win32", reason="there the error has other words")
def test_a_kernel_whose_port_was_taken_is_started_again(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs to know: the third start succeeds, and nothing is said."""
    install_kernel(tmp_path, TAKEN)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    done = run(options="-q", notebook=names_kernel("odd"))
    assert (done.code, done.err) == (0, "")
    assert Path("taken").read_text(encoding="utf-8") == "xxx"

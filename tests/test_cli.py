"""The ``cellgraph`` command before anything runs: words, options, and files that cannot work."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import nbformat
import pytest

from cellgraph import __version__
from cellgraph.cli import main


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A notebook ``n.ipynb`` of two code cells in the current directory."""
    monkeypatch.chdir(tmp_path)
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "x")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
    return "n.ipynb"


@dataclass(frozen=True)
class Case:
    arguments: str
    says: str


REFUSED = (
    Case("", "the following arguments are required: COMMAND"),
    Case("rum n.ipynb", "'rum' is no command; did you mean 'run'?"),
    Case("frobnicate", "'frobnicate' is no command; there are run, check, verify, merge, graph, slice"),
    Case("n.ipynb", "to run the notebook: cellgraph run n.ipynb"),
    Case("run", "the following arguments are required: NOTEBOOK"),
    Case("run n.ipynb --bogus", "unrecognized arguments: --bogus"),
    Case("run n.ipynb --timeout 0", "'0' is no whole number of seconds"),
    Case("run n.ipynb --timeout soon", "'soon' is no whole number of seconds"),
    Case("run missing.ipynb", "there is no file missing.ipynb"),
    Case("run n", "did you mean n.ipynb?"),
    Case("run .", "is a directory"),
    Case("run n.ipynb --order 3", "there is no cell 3; code cells are numbered 1 to 2"),
    Case("run n.ipynb --order one", "write it like 1-4,2,5"),
    Case("run n.ipynb -o n.ipynb", "never changed"),
    Case("run n.ipynb --report missing/r.html", "cannot write the report to missing"),
    Case("run n.ipynb --output-dir n.ipynb", "cannot make the directory n.ipynb"),
    Case("run n.ipynb --kernel nope", "there is no kernel 'nope' here (installed: "),
)


@pytest.mark.usefixtures("notebook")
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.arguments or "nothing")
def test_what_cannot_run_is_said_in_one_line(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, standard error has one line that says what to do, and no file is left."""
    assert main(case.arguments.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("cellgraph: ")
    assert case.says in err
    assert [path.name for path in Path().iterdir()] == ["n.ipynb"]


@pytest.mark.parametrize(
    "error", [ValueError("odd\nand long"), KeyError(), RecursionError("deep"), MemoryError()]
)
def test_a_fault_of_ours_is_one_line(
    notebook: str, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, never 1, which means findings; one line that says what to do; ``--debug`` shows where."""

    def fails(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr("cellgraph.notebooks.source.read_source", fails)
    assert main(["run", notebook]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(f"cellgraph: this is a fault of cellgraph's own ({type(error).__name__}")
    assert "run it with --debug for the traceback" in err
    for arguments in (["--debug", "run", notebook], ["run", notebook, "--debug"]):
        assert main(arguments) == 2
        assert "in fails" in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_has_gone_is_no_failure_of_ours(notebook: str) -> None:
    """``cellgraph run n.ipynb | head -0``: no traceback, and not the exit code of findings."""
    command = [sys.executable, "-m", "cellgraph", "run", notebook]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 2
    assert "Traceback" not in err


@pytest.mark.parametrize("option", ["--help", "--version", "run --help"])
def test_help_and_version_are_no_failure(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` and ``--version`` print to standard output and exit with 0."""
    with pytest.raises(SystemExit) as caught:
        main(option.split())
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"cellgraph {__version__}" if option == "--version" else "usage: cellgraph")
    assert err == ""


@pytest.mark.slow
def test_the_module_is_the_command() -> None:
    """``python -m cellgraph`` is the same command."""
    command = [sys.executable, "-m", "cellgraph", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"cellgraph {__version__}\n"


@pytest.mark.slow
def test_a_terminal_without_the_characters_gets_others(notebook: str) -> None:
    """Where standard error or output is ASCII, printing does not fail."""
    command = [sys.executable, "-m", "cellgraph", "run", f"{notebook}-ü→"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert done.stderr == "cellgraph: there is no file n.ipynb-??\n"


@pytest.mark.slow
def test_help_imports_no_heavy_library() -> None:
    """The command line answers without nbclient, nbformat, rich or networkx."""
    program = (
        "import sys; from cellgraph.cli import main; main(['rum']);"
        "print(*{'nbclient', 'nbformat', 'rich', 'networkx'} & set(sys.modules), end='')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("did you mean 'run'?\n")
    assert done.stdout == ""

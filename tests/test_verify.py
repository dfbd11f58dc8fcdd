"""``cellgraph verify`` in real kernels: verdicts, reasons, limits, workers, journals, what it writes back."""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cellgraph.cli import main
from cellgraph.notebooks.verification.journal import read_journal
from cellgraph.notebooks.verification.options import VerifyOptions, literal
from cellgraph.notebooks.verification.run import verify
from cellgraph.notebooks.verification.scratch import TooLargeError, copy_folder
from cellgraph.notebooks.verification.verdicts import NotebookVerdict, Verdict
from cellgraph.notebooks.verification.workers import verify_all
from tests.verification.why import SUBJECTS, trials

FRAMES = ["----> 1 1 / 0", "ZeroDivisionError: division by zero"]
R_NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "ir", "language": "R"}},
        "cells": [{"cell_type": "code", "source": "x <- 1", "outputs": [], "metadata": {}}],
    }
).encode()
FAST = ("x = 2", "print(x + 1)")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, *cells: str | tuple[str, str], count: bool = True) -> Path:
    """A notebook. A cell is its source, or that and the text that is saved as printed by it."""
    made = []
    for number, cell in enumerate(cells, 1):
        source, text = (cell, "") if isinstance(cell, str) else cell
        outputs = [new_output("stream", name="stdout", text=text)] if text else []
        made.append(new_code_cell(source, outputs=outputs, execution_count=number if count else None))
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=made), path)
    return path


def verdict_on(*cells: str | tuple[str, str], **options: object) -> NotebookVerdict:
    """The verdict on a notebook of these cells."""
    return verify(write("n.ipynb", *cells), VerifyOptions(**options))  # type: ignore[arg-type]


# -- files that are no notebooks: no kernel is started ------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason", "set_aside"),
    [
        (b"", "it is empty", False),
        (b'{"cells": [', "cut off", False),
        (b"no json", "not JSON", False),
        (b"[]", "no notebook", False),
        (b"\x00\xff\xfe\x01", "no text", False),
        ("[]".encode("utf-16"), "UTF-16", False),
        (b'{"cells": ' + b"[" * 99_999, "nested", False),
        (b'{"nbformat": 4' + b"0" * 5000 + b"}", "digits", False),
        (b'{"nbformat": 4, "cells": [], "metadata": {}}', "no code", True),
        (b'{"nbformat": 9, "cells": [{"cell_type": "code", "source": "1"}]}', "format", False),
        (R_NOTEBOOK, "language is R", True),
    ],
)
def test_what_cannot_be_run_is_said_and_costs_nothing_else(
    content: bytes, reason: str, set_aside: bool
) -> None:
    """Each is not run, with the reason."""
    Path("n.ipynb").write_bytes(content)
    found = verify(Path("n.ipynb"))
    assert (found.verdict, found.set_aside) == ("not run", set_aside)
    assert reason in found.reason


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    assert main(["verify", "nowhere.ipynb"]) == 2
    assert "there is no file nowhere.ipynb" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--shard 6/5", "--shard"),
        ("--twice --once", "exclude"),
        ("--memory much", "no size"),
        ("-p 1x 2", "no name of a variable"),
        ("--ledger none.jsonl", "there is no file"),
    ],
)
def test_wrong_options_are_one_line(options: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is run."""
    write("n.ipynb", "1")
    assert main(["verify", "n.ipynb", *options.split()]) == 2
    assert said in capsys.readouterr().err


def test_values_of_parameters_are_what_they_look_like() -> None:
    """As papermill reads them."""
    texts = ("1", "1.5", "true", "null", "[1, 2]", "abc", "a'b", "1e3")
    assert [eval(literal(text)) for text in texts] == [1, 1.5, True, None, [1, 2], "abc", "a'b", 1000.0]


def test_the_scratch_copy_holds_what_the_notebook_refers_to(tmp_path: Path) -> None:
    """The folder, or one above it if the code goes there; no tools' folders; links to folders stay links."""
    work = tmp_path / "repository" / "notebooks"
    for name in (
        "data/a.csv",
        "notebooks/n.ipynb",
        "notebooks/lib.py",
        ".git/config",
        "notebooks/__pycache__/x",
    ):
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (work / "link").symlink_to(tmp_path / "repository" / "data", target_is_directory=True)
    (work / "broken").symlink_to(tmp_path / "nowhere")
    copies = [tmp_path / "one", tmp_path / "two"]
    for copy in copies:
        copy.mkdir()
    near = copy_folder(work / "n.ipynb", "open('data.csv')", copies[0])
    assert sorted(path.name for path in near.notebook.parent.iterdir()) == ["lib.py", "link", "n.ipynb"]
    assert (near.notebook.parent / "link").is_symlink()
    far = copy_folder(work / "n.ipynb", "read_csv('../data/a.csv')", copies[1])
    assert (far.notebook.parent / "../data/a.csv").resolve().is_file()
    assert not (far.copy / ".git").exists()
    with pytest.raises(TooLargeError):
        copy_folder(work / "n.ipynb", "", tmp_path / "three", most=1)


# -- one notebook --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Cells with what is saved, the verdict, and the cell that differs first (0: none)."""

    name: str
    cells: Sequence[str | tuple[str, str]]
    verdict: Verdict
    first: int = 0
    reason: str = ""


CASES = (
    Case("same", ("x = 2", ("print(x + 1)", "3\n")), "same"),
    Case("volatile", (("print(object())", "<object object at 0x7f0011223344>\n"),), "volatile only"),
    Case("different", ("x = 2", ("print(x + 1)", "4\n"), ("print(1)", "1\n")), "different", 2),
    Case("chance", (("import random; print(random.random())", "0.5\n"),), "non-deterministic", 1),
    Case("coin", (("import random; print(random.randint(0, 1))", "7\n"),), "non-deterministic", 1),
    Case("error", (("1 / 0", "1\n"), ("print(1)", "1\n")), "error", 1, "ZeroDivisionError"),
    Case("module", ("import nowhere_at_all",), "missing module", 1, "nowhere_at_all"),
    Case("file", ("open('none.csv')",), "missing file", 1, "none.csv"),
    Case("drift", ("import json; json.no_such_function()",), "version drift", 1, "no_such_function"),
    Case("input", (("input()", "a\n"),), "error", 1, "asks for input"),
    Case("dead", ("import os; os._exit(3)", ("print(1)", "1\n")), "error", 1, "kernel died"),
    Case("magic", (("%%time\nprint(3)", "3\nCPU times: user 2 s\nWall time: 3 s\n"),), "volatile only"),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_notebook_has_the_class_of_what_happened(case: Case) -> None:
    """With the right cell and the reason."""
    found = verdict_on(*case.cells)
    # A coin may fall alike four times: then it is told as a difference.
    assert found.verdict == case.verdict or (case.name == "coin" and found.verdict == "different")
    assert (found.first.number if found.first else 0) == case.first
    assert case.reason in found.reason


@pytest.mark.slow
def test_the_folder_stays_as_it_is_and_paths_are_those_of_the_original(tmp_path: Path) -> None:
    """What the notebook writes goes into the copy."""
    path = write("n.ipynb", ("import os; open('new.txt', 'w').close(); print(os.getcwd())", f"{tmp_path}\n"))
    before = path.read_bytes()
    assert verify(path).verdict == "same"
    assert [path.name for path in tmp_path.iterdir()] == ["n.ipynb"]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_files_that_the_notebook_makes_itself_are_left_out_if_that_explains_it() -> None:
    """The first run of all found none of them."""
    Path("made.txt").write_text("old")
    source = "import os; print(os.path.exists('made.txt')); open('made.txt', 'w').close()"
    found = verdict_on((source, "False\n"))
    assert found.verdict == "same"
    assert "made.txt" in found.notes[0]
    assert Path("made.txt").read_text() == "old"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "verdict", "reason"),
    [
        ({"timeout": 1}, "timed out", "1 s"),
        ({"total": 2}, "timed out", "running"),
        ({"memory": 150 << 20}, "error", "150 MiB"),
    ],
)
def test_limits_end_a_notebook(options: dict[str, int], verdict: Verdict, reason: str) -> None:
    """Of a cell, of the whole, of memory. The kernel is gone afterwards."""
    source = (
        "a = bytearray(400 << 20)\nfor i in range(0, len(a), 4096): a[i] = 1\nimport time; time.sleep(30)"
    )
    found = verdict_on("pass", source, **options)
    assert found.verdict == verdict
    assert reason in found.reason
    assert found.first is not None
    assert found.first.number == 2


@pytest.mark.slow
def test_an_error_that_is_saved_is_expected_and_the_next_cells_run() -> None:
    """A notebook that shows errors is as sound as another."""
    path = write("n.ipynb", "1 / 0", ("print(2)", "2\n"))
    notebook = nbformat.read(path, 4)
    error = new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=FRAMES)
    notebook.cells[0].outputs = [error]
    nbformat.write(notebook, path)
    assert verify(path).verdict in ("same", "volatile only")


CHAIN = (
    "import csv, random\nscale = 2",
    "rows = [int(row[0]) for row in csv.reader(open('data.csv'))]",
    "random.seed(7)\nnoise = random.random()",
    "total = sum(rows) * scale",
    "print(total)",
    "print(noise)",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "kind", "name", "cell", "first"),
    [
        (lambda text: text, "file", "data.csv", 2, 5),
        (lambda text: text.replace("scale = 2", "scale = 3"), "source", "cell 1", 1, 5),
        (lambda text: text.replace("seed(7)", "seed(8)"), "source", "cell 3", 3, 6),
    ],
)
def test_the_ledger_beside_it_tells_which_input_is_not_what_it_was(
    change: Callable[[str], str], kind: str, name: str, cell: int, first: int
) -> None:
    """A file, a constant, a seed: followed to the cell that has it."""
    Path("data.csv").write_text("1\n2\n")
    write("n.ipynb", *CHAIN)
    assert main(["run", "n.ipynb", "-q"]) == 0
    executed = Path("n.executed.ipynb")
    if kind == "file":
        Path("data.csv").write_text("1\n5\n")
    executed.write_text(change(executed.read_text()))
    found = verify(executed)
    assert found.verdict == "different"
    assert found.first is not None
    assert found.why is not None
    assert (found.first.number, found.why.kind, found.why.name, found.why.cell) == (first, kind, name, cell)
    assert found.why.sure


@pytest.mark.slow
def test_a_changed_input_is_named_with_a_record() -> None:
    """File, constant, seed and package, with a stamp and with a ledger."""
    found = [*trials(SUBJECTS[:1], ("stamp", "ledger"), ("file", "constant", "seed", "package"))]
    assert len(found) == 8
    assert [one.answer for one in found if not one.first] == []


@pytest.mark.slow
def test_without_a_record_the_likeliest_inputs_are_named() -> None:
    """What is newer than the notebook comes first; else what flows into the cells that differ alone."""
    found = [*trials(SUBJECTS[:1], ("neither",), ("file", "constant", "seed", "package"))]
    assert [one.answer for one in found if not one.first] == []


@pytest.mark.slow
def test_parameters_go_below_the_tagged_cell_and_cells_keep_their_numbers() -> None:
    """As papermill injects them."""
    path = write("n.ipynb", "alpha = 1", ("print(alpha)", "5\n"))
    notebook = nbformat.read(path, 4)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    assert verify(path, VerifyOptions(parameters=(("alpha", "5"),))).verdict == "same"
    found = verify(path, VerifyOptions(parameters=(("alpha", "6"),)))
    assert found.first is not None
    assert (found.verdict, found.first.number) == ("different", 2)


@pytest.mark.slow
def test_update_writes_the_outputs_that_differ_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Afterwards the notebook is the same; other cells keep what they had, to the byte."""
    path = write(
        "n.ipynb",
        ("print(1)", "1\n"),
        ("print(2)", "3\n"),
        ("print(object())", "<object object at 0x7f001122>\n"),
    )
    before = json.loads(path.read_text())
    assert main(["verify", "n.ipynb", "--update"]) == 1
    assert "updated: the outputs of cell 2" in capsys.readouterr().out
    after = json.loads(path.read_text())
    assert after["cells"][1]["outputs"][0]["text"] == ["2\n"]
    before["cells"][1]["outputs"] = after["cells"][1]["outputs"]
    assert after == before
    assert main(["verify", "n.ipynb"]) == 0


# -- many ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_that_kills_its_worker_fails_alone() -> None:
    """By name; the others have their verdicts."""
    write("a.ipynb", *FAST[:1], (FAST[1], "3\n"))
    write(
        "kills.ipynb",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import time; time.sleep(5)",
    )
    write("z.ipynb", *FAST[:1], (FAST[1], "4\n"))
    names = ["a.ipynb", "kills.ipynb", "z.ipynb"]
    found = {one.path: one for one in verify_all(names, VerifyOptions(), 2)}
    assert {name: found[name].verdict for name in names} == {
        "a.ipynb": "same", "kills.ipynb": "error", "z.ipynb": "different",
    }  # fmt: skip
    assert "killed the process that ran it (SIGKILL)" in found["kills.ipynb"].reason


@pytest.mark.slow
def test_a_journal_goes_on_where_it_ended_and_shards_are_merged(capsys: pytest.CaptureFixture[str]) -> None:
    """What is known is not run again, unless it has changed; reports are of all."""
    for name in ("a", "b", "c"):
        write(f"lab/{name}.ipynb", *FAST[:1], (FAST[1], "3\n"))
    assert main(["verify", "lab", "--shard", "1/2", "--journal", "one.jsonl", "-q"]) == 0
    assert sorted(read_journal(Path("one.jsonl")).verdicts) == ["lab/a.ipynb", "lab/c.ipynb"]
    with Path("one.jsonl").open("a") as file:
        file.write('{"begin": "lab/a.ipynb"}\n{"verdict": {"path": "lab/')  # a command that was killed
    write("lab/c.ipynb", *FAST[:1], (FAST[1], "4\n"))
    capsys.readouterr()
    assert main(["verify", "lab", "--shard", "1/2", "--journal", "one.jsonl", "-q"]) == 1
    said = capsys.readouterr().err
    assert "1 of 2 taken over" in said
    assert "lab/a.ipynb was begun before" in said
    assert main(["verify", "lab", "--shard", "2/2", "--journal", "two.jsonl", "-q"]) == 0
    reports = ["--html", "all.html", "--junit", "all.xml", "--markdown", "all.md", "--json", "-o", "all.json"]
    assert main(["merge", "one.jsonl", "two.jsonl", *reports]) == 1
    assert json.loads(Path("all.json").read_text())["classes"] == {"same": 2, "different": 1}
    suite = ET.parse("all.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    page = Path("all.html").read_text()
    assert "<mark>4</mark>" in page
    assert "<script" not in page
    assert "| different | 1 |" in Path("all.md").read_text()


@pytest.mark.slow
def test_a_local_cluster_loses_nothing_when_a_worker_is_killed() -> None:
    """What ran there runs elsewhere, and that is said; a poison notebook is named."""
    if "CELLGRAPH_REQUIRE_CLUSTER" not in os.environ:  # a run of .ci/run must not skip it
        pytest.importorskip("distributed")
    code = "import time; time.sleep(2)"
    for number in range(4):
        write(f"{number}.ipynb", code, (FAST[1].replace("x", "2"), "3\n"))
    write("kills.ipynb", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    program = """
import os, sys, psutil, threading, time
from cellgraph.notebooks.verification.cluster import verify_on_cluster
from cellgraph.notebooks.verification.options import VerifyOptions
def kill():
    busy = []
    while not busy:
        time.sleep(0.2)
        family = psutil.Process().children(recursive=True)
        works = lambda one: any(".apart" in " ".join(child.cmdline()) for child in one.children())
        busy = [one for one in family if works(one)]
    busy[0].kill()
if __name__ == "__main__":
    begun = []
    paths = sorted(name for name in os.listdir() if name.endswith(".ipynb"))
    def begin(path):
        begun.append(path)
        if len(begun) == 1:
            threading.Thread(target=kill, daemon=True).start()
    for one in verify_on_cluster(paths, VerifyOptions(), "local", 2, begin):
        print(one.path, one.verdict, one.attempts, begun.count(one.path), one.notes, sep="|", flush=True)
"""
    Path("program.py").write_text(program)
    import subprocess

    done = subprocess.run(
        [sys.executable, "program.py"], capture_output=True, text=True, timeout=100, check=False
    )
    rows = {line.split("|")[0]: line.split("|")[1:] for line in done.stdout.splitlines() if ".ipynb|" in line}
    assert sorted(rows) == ["0.ipynb", "1.ipynb", "2.ipynb", "3.ipynb", "kills.ipynb"], done.stderr[-2000:]
    assert rows["kills.ipynb"][0] == "error"
    assert all(row[0] == "same" for name, row in rows.items() if name != "kills.ipynb")
    assert all(row[1] == row[2] for row in rows.values())
    again = [row for row in rows.values() if row[1] != "1"]
    assert again
    assert all("begun 2 times" in row[3] for row in again)

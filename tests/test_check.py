"""``cellgraph check``: what it says of saved notebooks, against what really happens when they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cellgraph import rules
from cellgraph.cli import main
from cellgraph.notebooks.checks.check import Checked, check_data
from cellgraph.notebooks.checks.discovery import find_files
from cellgraph.notebooks.checks.document import UnreadableError, read_document
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.notebooks.checks.settings import Settings
from cellgraph.render.check_reports import CHECK_FORMATS
from tests.checks.cases import CASES, Case
from tests.checks.generate import notebook
from tests.checks.truth import truths

NAMES = Settings(select=("CG301", "CG302", "CG303", "CG306", "CG311", "CG312"))
EXAMPLES = 150
"""Random notebooks that a run of the slow test judges."""


def saved(*cells: str | dict[str, Any], indent: int | None = 1, **metadata: Any) -> bytes:
    """The file of a notebook. A cell is its text, or its fields."""
    made = []
    for cell in cells:
        fields = {"source": cell} if isinstance(cell, str) else cell
        plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        lines = fields["source"].splitlines(keepends=True)
        made.append({**plain, **fields, "source": lines})
    document = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(document, indent=indent, ensure_ascii=False).encode()


def checked(*cells: str | dict[str, Any], settings: Settings = Settings(), **metadata: Any) -> Checked:  # noqa: B008
    """What is found in a notebook."""
    return check_data("some.ipynb", saved(*cells, **metadata), settings)


def said(found: Checked) -> str:
    """The findings in the short form of the cases."""
    marks = {"certain": "!", "possible": "?"}
    return " ".join(sorted(f"{one.code[2:]}{marks[one.certainty]}{one.cell}" for one in found.findings))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_notebook_of_known_truth(case: Case) -> None:
    """Each is told what its row says, with its certainty and in its cell."""
    found = checked(*case.cells, settings=NAMES)
    assert not found.error
    assert said(found) == " ".join(sorted(case.says.split()))


@pytest.mark.slow
def test_the_rows_are_true() -> None:
    """Each notebook is run: it fails in the cell that its row names, and what is certain fails there."""
    assert len(CASES) >= 100
    for case, (number, error) in zip(CASES, truths([case.cells for case in CASES]), strict=True):
        assert number == case.fails, (case.name, error)
        certain = [one for one in checked(*case.cells, settings=NAMES).findings if one.certainty == "certain"]
        assert min((one.raised_in for one in certain), default=number) == number, case.name


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_random_notebooks_fail_as_they_are_told_to() -> None:
    """What is certain fails in a real run, and nearly every real NameError was told."""
    books = [notebook(seed) for seed in range(EXAMPLES)]
    failed = missed = 0
    for seed, (cells, (number, error)) in enumerate(zip(books, truths(books), strict=True)):
        found = checked(*cells, settings=NAMES).findings
        kind, _, name = error.partition(": ")
        first = min((one.raised_in for one in found if one.certainty == "certain"), default=0)
        # Whatever else fails first is no claim of the check.
        assert not first or 0 < number <= first, (seed, error, cells)
        if kind == "NameError":
            failed += 1
            missed += not any(one.name == name and number in (one.cell, one.raised_in) for one in found)
    assert failed > EXAMPLES / 3
    assert missed <= 0.02 * failed


@pytest.mark.parametrize(
    "cell",
    [
        "%run helper.py",
        "%store -r",
        "exec(text)",
        "from nowhere_at_all import *",
        "%frobnicate",
        "%%frobnicate\nx = 1",
        "globals().update(read())",
        "%load_ext some_extension",
        "get_ipython().ex(text)",
        "%R -o table",
        "%pylab inline",
    ],
)
def test_after_it_a_name_is_unknown_and_never_missing(cell: str) -> None:
    """The cell may bind names that its text does not show."""
    found = checked("text = read = None", cell, "print(whatever)", settings=NAMES)
    assert said(found) == ""


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("%%capture out\n1", "out"),
        ("x = !ls", "x"),
        ("%%sql rows <<\nselect 1", "rows"),
        ("rows = %sql select 1", "rows"),
        ("%sql rows << select 1", "rows"),
        ("%%bigquery frame\nselect 1", "frame"),
        ("%%bash --out text\nls", "text"),
        ("from sympy import var\nvar('x y')", "y"),
        ("%time x = 1", "x"),
        ("%aimport json", "json"),
        ("%macro again 1", "again"),
        ("%pylab inline", "np"),
        ("!ls", "_exit_code"),
        ("x = %who_ls", "x"),
        ("get_ipython().push({'x': 1})", "x"),
    ],
)
def test_commands_bind_names(cell: str, name: str) -> None:
    """No finding where the name is used below."""
    assert said(checked(cell, f"print({name})", settings=NAMES)) == ""


def test_the_place_is_that_of_the_file() -> None:
    """The line of the file holds the text, the column is in characters, and the caret stands below."""
    data = saved("x = 1\n\ny = 'é', missing", "z = 1")
    (found,) = check_data("some.ipynb", data).findings
    line = data.decode().splitlines()[found.file_line - 1]
    assert "missing" in line
    assert (found.span.line, found.span.column, found.span.end_column) == (3, 10, 17)
    shown = CHECK_FORMATS["text"]([check_data("some.ipynb", data)]).splitlines()
    assert shown[1].index("missing") == shown[2].index("^")
    assert shown[2].count("^") == len("missing")


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_lines_are_found_in_any_layout(indent: int | None) -> None:
    """On one line or spread, with sources as texts or as lists, with quotes and backslashes in them."""
    cells = ('a = "\\n"', "b = 'x'\n# \\n \"", "\n\nc = '{[,'\nd = 1")
    data = saved(*cells, indent=indent)
    document = read_document("some.ipynb", data)
    lines = data.decode().splitlines()
    for cell in document.cells:
        for number, text in enumerate(cell.source.split("\n"), 1):
            assert json.dumps(text)[1:-1] in lines[document.file_line(cell, number) - 1]


def test_counts() -> None:
    """Disorder that data flow bears is a note; what it does not bear, hidden runs and reruns are warnings."""
    counts = Settings(select=("CG304", "CG305", "CG307"))

    def told(*cells: tuple[str, int | None]) -> list[tuple[str, str]]:
        rows = [{"source": text, "execution_count": count} for text, count in cells]
        return [(one.code[2:], one.severity) for one in checked(*rows, settings=counts).findings]

    assert told(("x = 1", 1), ("y = x", 2)) == []
    assert told(("x = 1", None), ("y = x", None)) == []
    assert told(("a = 1", 2), ("b = 1", 1)) == [("304", "note")]
    assert told(("x = 1", 1), ("print(x)", 3), ("x = 2", 2)) == [("304", "warning")]
    assert told(("x = 1", 5), ("print(x)", 2)) == [("305", "warning")]
    assert told(("import os", 5), ("print(os)", 2)) == [("304", "note")]
    assert told(("x = 1", 1), ("x = x + 1", 4), ("print(x)", 5)) == [("307", "warning")]
    assert told(("x = 1", 1), ("x = 1 + 1", 4), ("print(x)", 5)) == []


def test_outputs_and_surroundings(tmp_path: Path) -> None:
    """Stored errors, unseeded draws, paths of one machine, modules and files that are not there."""
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": []}
    tagged = {"source": "1", "outputs": [error], "metadata": {"tags": ["raises-exception"]}}
    assert said(checked({"source": "1", "outputs": [error]})) == "308?1"
    assert said(checked(tagged)) == ""
    assert said(checked("import random\nprint(random.random())")) == "309?1"
    assert said(checked("import random\nrandom.seed(1)\nprint(random.random())")) == ""
    assert said(checked("import random\nx = random.random()", "print(x)")) == "309?1"
    assert said(checked("path = '/home/me/data'")) == "310?1"
    assert said(checked("path = 'C:\\\\Users\\\\me\\\\x.csv'")) == "310?1"
    assert said(checked("%cd /home/me/work")) == "310?1"
    assert said(checked("import surely_not_installed_x")) == "313?1"
    assert said(checked("%pip install surely-not-installed-x", "import surely_not_installed_x")) == ""
    assert said(checked("try:\n    import surely_not_installed_x\nexcept ImportError:\n    pass")) == ""
    assert said(checked("open('surely_not_there.csv')")) == "314?1"
    assert said(checked("open('out.csv', 'w')", "open('out.csv')")) == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"{", "cut off"),
        (b"hello", "not JSON"),
        (b"[1]", "no notebook"),
        (b"{}", "no list of cells"),
        (b"\x89PNG\r\n", "UTF-8"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'{"cells": [\n<<<<<<< HEAD\n', "merge"),
        (b"[" * 100000, "JSON"),
    ],
)
def test_a_file_that_is_no_notebook_is_one_finding(data: bytes, words: str) -> None:
    """It has the right class, and nothing is raised."""
    (found,) = check_data("some.ipynb", data).findings
    assert found.code == rules.UNREADABLE.code
    assert words in found.message


@pytest.mark.parametrize(
    "cells",
    [
        [None, 1, "x"],
        [{"cell_type": "code"}],
        [{"cell_type": "code", "source": 3, "outputs": 5, "metadata": []}],
        [
            {
                "cell_type": "code",
                "source": ["a", 1],
                "outputs": [1, {"output_type": "error", "ename": 5, "traceback": [1]}],
            }
        ],
        [{"cell_type": "code", "source": "x" * 10, "execution_count": "a", "metadata": {"tags": "no"}}],
        [
            {"cell_type": "code", "source": "(" * 500},
            {"cell_type": "code", "source": "\0"},
            {"cell_type": "code", "source": "\ud800"},
        ],
    ],
)
def test_odd_cells_are_no_fault(cells: list[Any]) -> None:
    """Any JSON in the place of a cell, its text, its outputs or its tags."""
    found = check_data("some.ipynb", json.dumps({"cells": cells, "nbformat": 4, "metadata": 3}).encode())
    assert found.error == ""
    for render in CHECK_FORMATS.values():
        assert isinstance(render([found]), str)


@pytest.mark.parametrize(
    "text",
    [
        "return 1",
        "f(a=1, a=2)",
        "x = (yield)",
        "break",
        "for i in x:\n    if i:\n        continue\nelse:\n    continue",
        "*a, *b = c",
        "def f(a, a):\n    pass",
        "lambda a, a: 1",
        "def f():\n    from os import *",
        "x = 1\nnonlocal x",
        "def f():\n    x = 1\n    global x",
        "try:\n    1\nexcept:\n    2\nexcept ValueError:\n    3",
        "from __future__ import nothing",
        "__debug__ = 1",
        "[y := 1 for y in x]",
        "match x:\n    case _:\n        1\n    case 2:\n        3",
        "def f():\n    [i async for i in x]",
        "print(f(g(b=1, **k, b=2)))",
    ],
)
def test_what_only_the_compiler_refuses_is_found(text: str) -> None:
    """The compiler is asked about all that the parser takes, but for texts that are surely right."""
    assert said(checked("ok = 1", text, settings=Settings(select=("CG312",)))) == "312!2"


_SECRETS = Settings(select=("CG315",))
_SECRET = "aws_key = 'AKIAIOSFODNN7" + "EXAMPLE'"
"""The key of the documentation of AWS, which opens nothing."""


def test_secrets_in_sources_and_outputs_are_told_and_not_repeated() -> None:
    """One finding for a line, or an output. Text that only speaks of secrets is none."""
    pytest.importorskip("detect_secrets")
    printed = {"output_type": "stream", "name": "stdout", "text": [_SECRET + "\n", _SECRET + "\n"]}
    found = checked("x = 1\n" + _SECRET, {"source": "show()", "outputs": [printed]}, settings=_SECRETS)
    assert said(found) == "315?1 315?2"
    assert [one.span.line for one in found.findings] == [2, 1]
    assert all(one.severity == "warning" for one in found.findings)
    for render in CHECK_FORMATS.values():
        assert "AKIA" not in render([found])
    quiet = ("tokens = tokenizer('a b')", "author = 'me'", "password = input()", "risk_free = 'risk-free'")
    assert said(checked(*quiet, settings=_SECRETS)) == ""


_PERCENT = "# %% [markdown]\n# Some *prose*\n\n# %%\nx = 1\n\n# %% a title\n# !ls\nprint(y)\n"
_HEADED = f"# ---\n# jupyter:\n#   jupytext:\n#     formats: py:percent\n# ---\n\n{_PERCENT}"
_MARKDOWN = "---\njupyter:\n  jupytext: {}\n---\n\n# A\n\n```python\nx = 1\n```\n\n```python\nprint(y)\n```\n"


@pytest.mark.parametrize(
    ("name", "text"), [("a.py", _PERCENT), ("a.py", _HEADED), ("a.md", _MARKDOWN)], ids=["bare", "py", "md"]
)
def test_text_notebooks_have_the_line_of_their_file(name: str, text: str, tmp_path: Path) -> None:
    """Read with jupytext. Those with its header are found in folders, others have to be named."""
    pytest.importorskip("jupytext")
    (tmp_path / name).write_text(text)
    (tmp_path / "module.py").write_text("print(y)\n")
    (found,) = check_data(name, text.encode()).findings
    assert (found.code, found.cell, found.certainty) == ("CG303", 2, "certain")
    assert text.splitlines()[found.file_line - 1] == "print(y)"
    assert find_files([str(tmp_path)], Settings())[0] == [str(tmp_path / name)] * (text != _PERCENT)


def test_a_text_notebook_that_cannot_be_read_is_one_finding() -> None:
    """Whatever jupytext makes of it."""
    pytest.importorskip("jupytext")
    for data in (b"# %%\nx = (\n", b"# %%\n\xff", b"", b"---\njupyter: [\n---\n"):
        assert check_data("a.py", data).error == ""
        assert check_data("a.md", data).error == ""


def test_huge_outputs_cost_no_more_than_reading_them() -> None:
    """Ten megabytes of text and pictures in the outputs, with lines that speak of secrets."""
    long = ["the token is secret " * 200 + "\n"] * 500 + ["x" * 9_000_000]
    outputs = [{"output_type": "stream", "name": "stdout", "text": long}]
    found = checked({"source": "print(1)", "outputs": outputs}, "print(missing)")
    assert said(found) == "303!2"


def test_other_languages_are_skipped_and_said() -> None:
    """R and Julia; a notebook that names none is taken for Python."""
    for language in ("R", "julia"):
        found = checked("x <- 1", kernelspec={"name": "k", "language": language})
        assert (found.findings, found.skipped) == ((), f"its language is {language}")
    assert not checked("x = 1").skipped


def test_older_formats() -> None:
    """Format 3 has worksheets, inputs and prompt numbers; its Python may be an old one."""
    sheet = [
        {"cell_type": "code", "language": "python", "input": ["print x\n"], "outputs": [], "prompt_number": 1}
    ]
    data = json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": sheet}]}, indent=1
    )
    (found,) = check_data("old.ipynb", data.encode()).findings
    assert "Python 2" in found.message
    assert "print x" in data.splitlines()[found.file_line - 1]
    with pytest.raises(UnreadableError):
        read_document("old.ipynb", b'{"nbformat": 3}')


# -- formats, settings, exit codes ------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good notebook and a bad one, and nobody's settings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.ipynb").write_bytes(saved("x = 1", "print(x)"))
    (tmp_path / "bad.ipynb").write_bytes(saved("print(x)", "x = 1"))
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "c.ipynb").write_bytes(saved("print(nothing)"))
    return tmp_path


def test_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 clean, 1 warnings, 2 could not run; notes count with ``--strict``."""
    assert main(["check", "good.ipynb"]) == 0
    assert main(["check", "."]) == 1
    assert main(["check", "*.ipynb"]) == 1
    assert main(["check", "nothing.ipynb"]) == 2
    assert main(["check", ".", "--select", "CG9"]) == 2
    (folder / "note.ipynb").write_bytes(saved("path = '/home/me/data'"))
    assert main(["check", "note.ipynb"]) == 0
    assert main(["check", "note.ipynb", "--strict"]) == 1
    assert main(["check", "note.ipynb", "--strict", "--severity", "warning"]) == 0
    assert "checkpoints" not in capsys.readouterr().out


def test_settings_of_the_project(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``select``, ``ignore``, ``per-file-ignores``, ``exclude``; a wrong key or code is told."""
    project = folder / "pyproject.toml"
    for text, code in (
        ('ignore = ["CG302"]', 0),
        ('select = ["CG31"]', 0),
        ('per-file-ignores = {"bad*" = ["CG30"]}', 0),
        ('per-file-ignores = {"good*" = ["CG30"]}', 1),
        ('exclude = ["bad.ipynb"]', 0),
        ("colour = 1", 2),
        ('ignore = ["E501"]', 2),
    ):
        project.write_text(f"[tool.cellgraph]\n{text}\n")
        assert main(["check", "."]) == code, text


def test_a_comment_silences_a_cell(folder: Path) -> None:
    """With codes or without."""
    for comment, left in (("ignore[CG302]", 0), ("ignore", 0), ("ignore[CG303]", 1)):
        assert len(checked(f"print(x)  # cellgraph: {comment}", "x = 1").findings) == left


def test_a_baseline_keeps_what_is_known(folder: Path) -> None:
    """Only new findings count."""
    assert main(["check", ".", "--write-baseline", "known.json"]) == 0
    assert main(["check", ".", "--baseline", "known.json"]) == 0
    (folder / "bad.ipynb").write_bytes(saved("y = 3", "print(x)", "x = 1", "print(new)"))
    assert main(["check", ".", "--baseline", "known.json"]) == 1
    assert main(["check", ".", "--baseline", "bad.ipynb"]) == 2


def test_several_processes_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the same order."""
    for number in range(40):
        (folder / f"n{number}.ipynb").write_bytes(saved(f"print(name{number})"))
    main(["check", ".", "--format", "json"])
    one = capsys.readouterr().out
    main(["check", ".", "--format", "json", "--jobs", "2"])
    assert capsys.readouterr().out == one


def _places(found: Checked) -> tuple[CheckFinding, int]:
    (one,) = found.findings
    return one, one.file_line


def test_every_format_has_the_real_line() -> None:
    """The line of the file, not 1, beside the cell."""
    found = checked("x = 1", "print(y)")
    one, line = _places(found)
    assert line > 10
    records = json.loads(CHECK_FORMATS["json"]([found]))["files"][0]["findings"]
    assert (records[0]["file_line"], records[0]["cell"], records[0]["line"]) == (line, 2, 1)
    result = json.loads(CHECK_FORMATS["sarif"]([found]))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == line
    assert f"line={line}," in CHECK_FORMATS["github"]([found])
    assert json.loads(CHECK_FORMATS["gitlab"]([found]))[0]["location"]["lines"]["begin"] == line
    assert ET.fromstring(CHECK_FORMATS["junit"]([found])).attrib["failures"] == "1"
    assert f"some.ipynb:{line}" in CHECK_FORMATS["markdown"]([found])
    assert one.fingerprint in CHECK_FORMATS["sarif"]([found])


# -- fixes, pytest -----------------------------------------------------------------------------------


def test_fixes_are_shown_first_and_then_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--diff`` changes nothing; ``--fix`` moves the defining cell, seeds, counts; then all is clean."""
    before = (folder / "bad.ipynb").read_bytes()
    assert main(["check", "bad.ipynb", "--diff"]) == 1
    assert (folder / "bad.ipynb").read_bytes() == before
    assert '+    "print(x)"' in capsys.readouterr().out
    assert main(["check", "bad.ipynb", "--fix"]) == 0
    assert main(["check", "bad.ipynb", "--fix"]) == 0
    assert main(["check", "bad.ipynb"]) == 0
    rows = [
        {"source": "import random", "execution_count": 3},
        {"source": "print(random.random())", "execution_count": 5},
    ]
    (folder / "draws.ipynb").write_bytes(saved(*rows))
    assert main(["check", "draws.ipynb", "--fix"]) == 0
    made = json.loads((folder / "draws.ipynb").read_text())["cells"]
    assert [cell["execution_count"] for cell in made] == [1, 2]
    assert made[1]["source"] == ["random.seed(0)\n", "print(random.random())"]


def test_what_is_not_certain_is_not_changed(folder: Path) -> None:
    """A cell that something between depends on stays where it is, and so do counts that tell something."""
    (folder / "a.ipynb").write_bytes(saved("print(x)", "y = 2", "x = y"))
    assert main(["check", "a.ipynb", "--diff"]) == 0
    rows = [{"source": "x = 1", "execution_count": 5}, {"source": "print(x)", "execution_count": 2}]
    (folder / "b.ipynb").write_bytes(saved(*rows))
    assert main(["check", "b.ipynb", "--diff"]) == 0


@pytest.mark.slow
def test_pytest_has_an_item_a_cell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only with the option; a cell with a warning fails with its findings."""
    plugins = ["-p", "cellgraph.cli.pytest_plugin", "-p", "no:cacheprovider"]
    options = [*plugins, "-q", "--rootdir", str(folder), str(folder)]
    assert pytest.main([*options]) == pytest.ExitCode.NO_TESTS_COLLECTED
    assert pytest.main([*options, "--cellgraph"]) == pytest.ExitCode.TESTS_FAILED
    out = capsys.readouterr().out
    assert "3 passed" in out
    assert "1 failed" in out
    assert "x is defined only below" in out


# -- the graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [[], ["--layers"], ["--vars"]])
def test_the_graph_of_a_text(folder: Path, layers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Cells with what they read and make, in the terminal and as files, without running anything."""
    (folder / "flow.ipynb").write_bytes(saved("rows = [1]", "rows.append(2)", "total = sum(rows)"))
    assert main(["graph", "flow.ipynb", *layers]) == 0
    assert "total" in capsys.readouterr().out
    for suffix in ("svg", "html", "json", "mmd", "dot"):
        assert main(["graph", "flow.ipynb", "-o", f"g.{suffix}", *layers]) == 0
        assert "total" in (folder / f"g.{suffix}").read_text(encoding="utf-8")


def test_what_cannot_be_drawn_is_said(folder: Path) -> None:
    """A file that is no notebook, an empty one, an unknown format."""
    (folder / "empty.ipynb").write_bytes(saved())
    (folder / "broken.ipynb").write_text("{")
    for arguments in (["empty.ipynb"], ["broken.ipynb"], ["none.ipynb"], ["good.ipynb", "--format", "doc"]):
        assert main(["graph", *arguments]) == 2


def test_help_says_what_a_code_means(capsys: pytest.CaptureFixture[str]) -> None:
    """One code, all of them, and none."""
    assert main(["help", "cg311"]) == 0
    assert "needed by a call" in capsys.readouterr().out
    assert main(["help"]) == 0
    out = capsys.readouterr().out
    assert [code for code in rules.EVERY_RULE if code not in out] == []
    assert main(["help", "CG999"]) == 2

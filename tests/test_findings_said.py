"""The sentences of findings: what happened, in the words and numbers that are on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cellgraph.analyse.predicted_failure import fails_without
from cellgraph.rules import RULES
from tests.cases.findings import SAID, Said, order, run
from tests.test_findings import new_notebook


@pytest.mark.parametrize("case", SAID, ids=str)
def test_a_finding_says_what_happened_and_what_to_run(
    case: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole sentence stands in the table: a change of words is a change that somebody has read."""
    monkeypatch.chdir(tmp_path)
    with new_notebook() as notebook:
        notebook.do(*case.actions)
        said = {finding.message for finding in notebook.tracker.findings() if finding.code == case.code}
    assert said == {case.message}


def test_every_code_has_its_sentence() -> None:
    """No code is without a row."""
    assert {case.code for case in SAID} == set(RULES)


@pytest.mark.parametrize(
    ("source", "fails"),
    [
        ("y = x", True),
        ("x += 1", True),
        ("del x", True),
        ("def f():\n    return x\nf()", True),
        ("%matplotlib inline\ny = x", True),
        ("try:\n    y = x\nexcept KeyError:\n    y = 0", True),
        ("try:\n    import y\nexcept ImportError:\n    y = x", True),
        ("try:\n    y = x\nexcept NameError:\n    y = 0", False),
        ("try:\n    y = x\nexcept (KeyError, Exception):\n    y = 0", False),
        ("try:\n    y = x\nexcept:\n    y = 0", False),
        ("from contextlib import suppress\nwith suppress(NameError):\n    y = x", False),
        ("y = x if 'x' in globals() else 0", False),
        ("x = 1", False),
        ("f()", False),  # what a function of another cell does with it is not looked at
        ("!echo {x}", False),
        ("(", False),
    ],
)
def test_a_cell_is_said_to_fail_only_where_its_text_would(source: str, fails: bool) -> None:
    """A name that is tested for, caught, or taken out of sight may be gone without an error."""
    assert fails_without(source, "x") == fails


def test_an_ignored_code_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    """``config ignore`` silences a code everywhere: after the cell, in findings, in ``check``."""
    actions = run("a", "x = 1"), run("b", "y = x"), run("a", "x = 2"), run("c", "y = 5")
    with new_notebook() as notebook:
        notebook.shell.run_line_magic("cellgraph", "config ignore cg101, CG201")
        capsys.readouterr()
        notebook.do(*actions)
        assert notebook.tracker.findings() == []
        assert capsys.readouterr().out == ""
        notebook.shell.run_line_magic("cellgraph", "config ignore none")
        assert {finding.code for finding in notebook.tracker.findings()} == {"CG101"}


def test_why_tells_the_runs_of_one_cell_once() -> None:
    """Runs of one cell in a row are one line, with what the last of them made."""
    with new_notebook() as notebook:
        notebook.do(run("a", "x = 1"), run("a", "x = 2"), run("a", "x = 3"), run("b", "x = 4"), run("a"))
        lines = notebook.tracker.explain("x").lines
    assert [line for line in lines if "made it" in line] == [
        "an earlier run of [5] `x = 3` made it 3 times (int 3)",
        "[4] `x = 4` made it (int 4)",
        "[5] `x = 3` made it (int 3)",
    ]


def test_the_heading_offers_no_run_that_does_not_help(capsys: pytest.CaptureFixture[str]) -> None:
    """What hangs on a deleted cell is put right by its code, and by no run of what is left."""
    with new_notebook() as notebook:
        notebook.do(run("a", "x = 1"), run("b", "y = x"), run("c", "z = y"), order("b", "c"))
        capsys.readouterr()
        notebook.do(run("d", "w = 1"))
        out = capsys.readouterr().out
        assert notebook.tracker.stale() == []
    deleted = "[2] `y = x` uses x of `x = 1`, a cell that was deleted: Restart & Run All fails here (no x)"
    assert out.splitlines() == [
        "cellgraph: 2 cells in doubt",
        f"  {deleted} · put its code back in a cell, or restart  (CG104)",
        "  [3] `z = y` uses y of [2] `y = x`, which is itself in doubt · restart and run all  (CG102)",
    ]


NO_CODE = {
    "told by the front end": {},
    "saved as raw text": {"cell_type": "raw"},
    "saved empty": {"source": " ", "execution_count": None},
}


@pytest.mark.parametrize("change", NO_CODE.values(), ids=NO_CODE)
def test_a_cell_that_holds_no_code_is_not_called_deleted(change: dict[str, object], tmp_path: Path) -> None:
    """It still stands in the notebook, and its code can be brought back."""
    file = tmp_path / "n.ipynb"
    code = [
        {"cell_type": "code", "id": cell, "source": text} for cell, text in (("a", "x = 1"), ("b", "y = x"))
    ]
    with new_notebook() as notebook:
        for cell in code:
            notebook.shell.run_cell(cell["source"], store_history=True, cell_id=cell["id"])
        if not change:
            notebook.tracker.set_cell_order(["b"], {}, ["a"])
        else:
            notebook.shell.user_ns["__vsc_ipynb_file__"] = str(file)
            for first in (code[0], {**code[0], **change}):
                cells = [first, code[1]]
                file.write_text(json.dumps({"cells": cells}), encoding="utf-8")
                notebook.tracker.report()
        (finding,) = notebook.tracker.findings()
    fails = "Restart & Run All fails here (no x)"
    uses = "[2] `y = x` uses x of `x = 1`, which holds no code any more"
    assert finding.message == f"{uses}: {fails} · bring its code back, or restart"


def test_status_names_the_cells_that_did_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the front end tells the notebook's cells, those without a run are named by their text."""
    texts = {"own": "%cellgraph status", "a": "x = 1", "b": "# a comment\ny = x", "empty": " "}
    with new_notebook() as notebook:
        notebook.do(run("a", "x = 1"))
        notebook.tracker.set_cell_order(list(texts), texts)
        capsys.readouterr()
        notebook.shell.run_line_magic("cellgraph", "status")
        out = capsys.readouterr().out
    assert "not run since cellgraph was loaded: y = x\n" in out
    assert "1 cell, none in doubt" in out

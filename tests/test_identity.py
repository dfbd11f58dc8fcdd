"""Values that are equal and yet not the same: older objects, caches, changed libraries (CG111 to CG113)."""

from __future__ import annotations

import builtins
import math
import os.path
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import cellgraph
from tests.cases.findings import Case, run
from tests.cases.identity import (
    CACHED,
    LIBRARIES,
    OLDER,
    QUIET_CACHED,
    QUIET_LIBRARIES,
    QUIET_OLDER,
)
from tests.test_findings import Notebook, new_notebook, row

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here
LOUD = (*OLDER, *CACHED, *LIBRARIES)
NEEDED = {
    "numba": "numba",
    "pandas": "pandas",
    "sklearn": "sklearn",
    "pydantic": "pydantic",
    "joblib": "joblib",
}


@pytest.fixture(autouse=True)
def libraries_as_they_came() -> Iterator[None]:
    """Take back what a session has put into a library."""
    owners = [math, os.path, builtins, *filter(None, [getattr(sys.modules.get("pandas"), "DataFrame", None)])]
    before: list[tuple[Any, dict[str, Any]]] = [(owner, dict(vars(owner))) for owner in owners]
    yield
    for owner, names in before:
        for name in [name for name in vars(owner) if name not in names]:
            delattr(owner, name)
        for name, held in names.items():
            if vars(owner)[name] is not held:
                setattr(owner, name, held)
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if frame is not None and "spread" in vars(frame):
        del frame.spread


def need_libraries_of(case: Case) -> None:
    """Skip a case whose libraries are not installed."""
    text = "\n".join(action.source or "" for action in case.actions)
    for word, library in NEEDED.items():
        if word in text:
            pytest.importorskip(library)


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """An empty notebook."""
    with new_notebook() as new:
        yield new


@pytest.mark.parametrize("case", [row(case) for case in LOUD])
def test_what_a_restart_has_otherwise_is_told_and_mended(case: Case, notebook: Notebook) -> None:
    """Findings, the plan, and what is left after carrying the plan out, are those of the table."""
    need_libraries_of(case)
    notebook.do(*case.actions)
    if "cache" in case.name or "cached" in case.name:
        # Where only the text is known, a class is taken to read what its methods read.
        assert notebook.findings >= set(case.findings.split())
    if not notebook.tracker.runs[-1].conservative:
        assert notebook.findings == set(case.findings.split()), notebook.tracker.findings()
    assert notebook.tracker.stale() == case.stale.split()
    if case.stale:
        notebook.rerun(notebook.tracker.stale())
        assert notebook.findings == set(case.left.split()), notebook.tracker.findings()


@pytest.mark.parametrize("case", [row(case) for case in (*QUIET_OLDER, *QUIET_CACHED, *QUIET_LIBRARIES)])
def test_what_a_restart_has_too_is_quiet(case: Case, notebook: Notebook) -> None:
    """No cell is in doubt where a restart shows and makes the same."""
    need_libraries_of(case)
    notebook.do(*case.actions)
    if notebook.tracker.runs[-1].conservative and case in QUIET_CACHED:
        pytest.skip("the text does not tell that a call is answered from the cache")
    assert notebook.findings == set(case.findings.split()), notebook.tracker.findings()
    assert notebook.tracker.stale() == []


@pytest.mark.slow
@pytest.mark.parametrize("case", [row(case) for case in OLDER if "CG111" in case.findings])
def test_a_ledger_that_is_read_back_says_the_same(case: Case, notebook: Notebook, tmp_path: Path) -> None:
    """What values share is part of a ledger's text."""
    need_libraries_of(case)
    notebook.do(*case.actions)
    before = {(f.code, f.cell, f.message) for f in notebook.tracker.findings() if f.severity == "warning"}
    notebook.tracker.save(tmp_path / "shared.jsonl")
    notebook.tracker.load(tmp_path / "shared.jsonl")
    after = {(f.code, f.cell, f.message) for f in notebook.tracker.findings() if f.severity == "warning"}
    assert after == before


@pytest.mark.skipif(sys.platform == "win32", reason="workers that are forked have the globals of then")
def test_workers_go_on_with_the_globals_that_they_were_started_with() -> None:
    """A pool that was forked before an input changed holds the older one, and is to be made again."""
    with new_notebook() as notebook:
        notebook.shell.user_ns["context"] = get_context("fork")
        notebook.do(
            run("r", "rate = 2"),
            run("f", "def f(x): return x * rate"),
            run("p", "pool = context.Pool(1)"),
            run("y", "y = pool.map(f, [1, 2])"),
            run("r", "rate = 3"),
        )
        try:
            assert {"y:CG101"} <= notebook.findings
            assert notebook.tracker.stale() == ["p", "y"]
            notebook.do(run("y"))
            assert notebook.shell.user_ns["y"] == [2, 4]
            assert {"y:CG112"} <= notebook.findings
        finally:
            notebook.shell.user_ns["pool"].terminate()


@pytest.mark.parametrize(
    "name", "sorted open print hash id repr map min max sum any all issubclass vars".split()
)
def test_a_builtin_that_a_cell_replaces_breaks_nothing(name: str) -> None:
    """cellgraph goes on to record and to warn, whatever a name of the builtins stands for."""
    if name in ("min", "max") and sys.version_info >= (3, 14):
        pytest.skip("IPython formats no traceback then: textwrap.dedent compares with it")
    original = getattr(builtins, name)
    with new_notebook() as notebook:
        notebook.do(run("x", "x = [1, 2]"), run("y", "y = x[0] + 1"))
        try:
            notebook.do(
                run("p", f"import builtins\nbuiltins.{name} = lambda *given, **named: 42"),
                run("x", "x = [3, 4]"),
            )
            findings = notebook.findings
        finally:
            setattr(builtins, name, original)
        assert any(finding.startswith("y:CG1") for finding in findings)
        assert [each.cell for each in notebook.tracker.runs] == ["x", "y", "p", "x"]


class Odd:
    """Of a type that has a digest of its own."""


def test_cellgraph_has_builtins_of_its_own(notebook: Notebook) -> None:
    """What a cell puts in their place reaches none of its modules, and stays there while it works."""
    ours = [module for name, module in sys.modules.items() if name.startswith("cellgraph.")]
    assert len(ours) > 80
    assert [module.__name__ for module in ours if vars(module)["__builtins__"] is vars(builtins)] == []
    original, seen = builtins.len, list[int]()
    undo = cellgraph.register_digest(Odd, lambda _: (seen.append(id(builtins.len)), 1)[1])
    notebook.shell.user_ns["odd"] = Odd()
    notebook.do(
        run(
            "r",
            "import builtins\nn = len\nbuiltins.len = lambda of: n(of)\nreplaced = id(builtins.len)",
        )
    )
    try:
        notebook.do(run("a", "x = [1, 2]"), run("b", "y = x[0], odd"), run("a", "x = [2]"))
        assert "b:CG101" in notebook.findings
    finally:
        builtins.len = original
        undo()
    assert seen[-1] == notebook.shell.user_ns["replaced"] != id(original)


def test_an_edit_is_seen_where_a_cell_has_replaced_repr(notebook: Notebook) -> None:
    """Two constants are told apart without it."""
    original = builtins.repr
    notebook.do(run("a", "x = 1"), run("b", "import builtins\nbuiltins.repr = lambda value: ''"))
    try:
        notebook.do(run("c", "y = x"), run("a", "x = 2"))
        assert "c:CG101" in notebook.findings
    finally:
        builtins.repr = original


def test_an_import_of_pyplot_that_runs_again_is_no_change(notebook: Notebook) -> None:
    """What the shell puts into pyplot at the first figure is no cell's doing."""
    pytest.importorskip("matplotlib")
    notebook.do(
        run("i", "import matplotlib.pyplot as plt"),
        run("a", "plt.plot([1, 2]); plt.close()"),
        run("b", "plt.plot([3, 4]); plt.close()"),
        run("i"),
        run("a", "plt.plot([1, 3]); plt.close()"),
        run("j", "import matplotlib.pyplot as plt"),
    )
    assert notebook.warnings == []

"""Modules that the user can edit: a cell that used one depends on its file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cellgraph.trace.files import user_modules
from tests.cases.findings import run
from tests.test_findings import Notebook, new_notebook

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here

_numbers = count()


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module's name that no other test has used, importable from the notebook's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a cache tells seconds only
    fresh = f"usermod{next(_numbers)}"
    yield fresh
    for module in [module for module in sys.modules if module.partition(".")[0].startswith(fresh)]:
        del sys.modules[module]


@pytest.fixture
def notebook(name: str) -> Iterator[Notebook]:
    """An empty notebook beside the module."""
    with new_notebook() as new:
        yield new


def edit(module: str, text: str) -> None:
    """Save a module's file; each text of these tests has a length of its own."""
    path = Path(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


USES = {
    "the module": ("import {0}", "y = {0}.f()"),
    "a function of it": ("from {0} import f", "y = f()"),
    "its class": ("from {0} import C", "y = C().m()"),
    "an instance": ("from {0} import C\nc = C()", "y = c.m()"),
    "another name": ("import {0} as m", "y = m.f()"),
}


@pytest.mark.parametrize("how", USES)
def test_a_cell_that_used_a_module_is_stale_when_its_file_is_edited(
    how: str, name: str, notebook: Notebook
) -> None:
    """Whatever it took of it; a cell that used nothing of it is not."""
    edit(name, "def f(): return 1\nclass C:\n    def m(self): return 1\n")
    first, second = (text.format(name) for text in USES[how])
    notebook.do(run("a", first), run("b", second), run("c", "k = 3"))
    assert notebook.findings == set()
    edit(name, "def f(): return 22\nclass C:\n    def m(self): return 22\n")
    assert {"a:CG113", "b:CG113"} <= notebook.findings
    assert "c" not in {finding.cell for finding in notebook.tracker.findings()}
    said = f" uses {name}.py, and the file has changed since it was imported"
    assert any(message.startswith("[2] `") and said in message for message in notebook.warnings)


def test_a_global_of_a_module_is_explained_as_it_is_written(name: str, notebook: Notebook) -> None:
    """By the name of the module and its own, in questions and in answers."""
    edit(name, "RATE = 1\ndef f(): return RATE\n")
    notebook.do(run("a", f"import {name}"), run("b", f"{name}.RATE = 3"), run("c", f"y = {name}.f()"))
    assert f"uses {name}.RATE of [2] `" in str(notebook.tracker.explain("y"))
    told = str(notebook.tracker.explain(f"{name}.RATE"))
    assert f"[2] `{name}.RATE = 3` made it" in told
    assert "read by [3]" in told


def test_running_the_cell_again_helps_only_after_a_reload(name: str, notebook: Notebook) -> None:
    """And the message says so: an import that is repeated gives what has been imported."""
    edit(name, "X = 1\n")
    notebook.do(run("a", f"import {name}"), run("b", f"y = {name}.X\ny"))
    edit(name, "X = 2222\n")
    for cell in ("a", "b"):
        notebook.do(run(cell))
    assert notebook.findings == {"a:CG113", "b:CG113"}
    assert all("· restart, or reload it and run [" in message for message in notebook.warnings)
    notebook.do(run("c", f"import importlib\n_ = importlib.reload({name})"))
    assert not [message for message in notebook.warnings if "restart" in message]
    notebook.do(run("b"))
    assert notebook.findings == set()
    assert notebook.shell.user_ns["y"] == 2222


def test_autoreload_counts_as_a_reload(name: str, notebook: Notebook) -> None:
    """With it active, running the cell again is all that it takes."""
    edit(name, "def f(): return 1\n")
    notebook.do(run("l", "%load_ext autoreload\n%autoreload 2"))
    notebook.do(run("a", f"import {name}"), run("b", f"y = {name}.f()"))
    edit(name, "def f(): return 2222\n")
    notebook.do(run("b"))
    assert notebook.shell.user_ns["y"] == 2222
    assert notebook.findings == set()  # the import's cell need not run again either


def test_files_of_a_package_count_as_far_as_they_are_used(name: str, notebook: Notebook) -> None:
    """A module that the used one imports is part of it; one that was not loaded is not."""
    edit(f"{name}.__init__", "from .core import f\n")
    edit(f"{name}.core", f"from {name}.deep import g\ndef f(): return g()\n")
    edit(f"{name}.deep", "def g(): return 1\n")
    edit(f"{name}.unused", "")
    notebook.do(run("a", f"from {name} import f"), run("b", "y = f()"))
    edit(f"{name}.unused", "# edited\n")
    assert notebook.findings == set()
    edit(f"{name}.deep", "def g(): return 22\n")
    assert notebook.findings == {"a:CG113", "b:CG113"}


def test_a_module_that_a_cell_writes_has_an_edge_from_it(name: str, notebook: Notebook) -> None:
    """``%%writefile`` is a writer, an import a reader."""
    notebook.do(run("w", f"%%writefile {name}.py\nX = 1"), run("a", f"import {name}"))
    assert [(edge.source, edge.names) for edge in notebook.tracker.report().edges] == [
        ("w", (f"file:{name}.py",))
    ]
    notebook.do(run("w", f"%%writefile {name}.py\nX = 2222"))
    uses = f"[2] `import {name}` uses {name}.py, which [3] `%%writefile {name}.py` has written"
    assert notebook.warnings == [f"{uses} since it was imported · restart, or reload it and run [2]"]


def test_libraries_and_comments_of_nobody_are_quiet(name: str, notebook: Notebook) -> None:
    """Installed modules and the standard library are no files of the user's."""
    notebook.do(run("a", "import json, numpy as np"), run("b", "y = json.dumps(np.zeros(2).tolist())"))
    assert [r.name for r in notebook.tracker.runs[-1].reads if r.name.startswith("file:")] == []


def test_a_saved_file_with_the_same_text_is_quiet(name: str, notebook: Notebook) -> None:
    """Saving is no change."""
    edit(name, "X = 1\n")
    notebook.do(run("a", f"import {name}"))
    edit(name, "X = 1\n")
    assert notebook.findings == set()


def test_a_module_whose_file_is_gone_is_told(name: str, notebook: Notebook) -> None:
    """There is nothing to reload, and no advice to do so."""
    edit(name, "X = 1\n")
    notebook.do(run("a", f"import {name}"))
    Path(f"{name}.py").unlink()
    uses = f"[1] `import {name}` uses {name}.py, and the file is not there any more"
    assert notebook.warnings == [f"{uses} · put it back: a restart fails without it"]


LOADED = {f"m{at}": at for at in range(9)}
"""Names of modules by the order in which they came, and what stands for each."""


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ({**LOADED, "new": 9}, {"new": 9}),
        ({**LOADED, "new": 9, "newer": 10}, {"new": 9, "newer": 10}),
        (LOADED, None),
        ({name: at for name, at in LOADED.items() if at}, None),
        ({**{name: at for name, at in LOADED.items() if at}, "new": 9, "newer": 10}, None),
        ({**{name: at for name, at in LOADED.items() if at}, "new": 9, "m0": 10, "newer": 11}, None),
    ],
)
def test_the_modules_that_came_last_are_told_where_none_has_gone(now: Any, latest: Any) -> None:
    """Else all of them have to be gone over."""
    assert user_modules._latest(now, LOADED) == latest

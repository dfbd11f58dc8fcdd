"""What each front end tells, right or wrong: the cells, their order, what was deleted and edited."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from cellgraph.session import Tracker
from tests.kernels import Kernel


class FrontEnd:
    """Speaks to an in-process shell as a front end does, and saves its notebook as a file."""

    def __init__(self, shell: InteractiveShell, tracker: Tracker, path: Path, monkeypatch: Any) -> None:
        self.shell, self.tracker, self.path = shell, tracker, path
        self._metadata: dict[str, Any] = {}
        monkeypatch.setattr(shell, "get_parent", lambda: {"metadata": self._metadata}, raising=False)

    def run(self, cell: str | None, text: str, **metadata: Any) -> str:
        """Run a cell (None: without an id); give what was printed."""
        self._metadata = metadata
        with capture_output() as captured:
            self.shell.run_cell(text, store_history=True, **({"cell_id": cell} if cell is not None else {}))
        return str(captured.stdout)

    def save(self, *cells: tuple[str | None, str], how: str = "__session__") -> None:
        """Save the notebook; its kernel learns of the path by the variable ``how``."""
        time.sleep(0.02)  # file systems date files by a clock that ticks more slowly than time()
        made = [
            {"cell_type": "code", "source": text} | ({"id": cell} if cell else {}) for cell, text in cells
        ]
        self.path.write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5}))
        time.sleep(0.02)
        self.shell.user_ns[how] = str(self.path)

    @property
    def codes(self) -> list[str]:
        """``CODE cell`` for each warning that holds now."""
        return [f"{f.code} {f.cell}" for f in self.tracker.findings() if f.severity == "warning"]

    @property
    def order(self) -> list[str]:
        """The cells as cellgraph believes that they stand."""
        return [cell.cell for cell in self.tracker.report().cells]


@pytest.fixture
def front(
    shell: InteractiveShell, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FrontEnd]:
    """A front end with cellgraph loaded."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return FrontEnd(shell, tracker, tmp_path / "test.ipynb", monkeypatch)


MAKE, USE = ("make", "x = 1"), ("use", "y = x")


# -- ids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "cell"),
    [
        ({"cellId": "lab-1"}, "lab-1"),
        ({"cellId": "vscode-notebook-cell:/home/me/n.ipynb#W0sZmlsZQ%3D%3D"}, None),
        ({"colab": {"cell_id": "colab-1"}}, "colab-1"),
        ({"commandId": "databricks-1"}, "databricks-1"),
        ({"colab": {}}, "In[1]"),
        ({"colab": None, "deletedCells": None}, "In[1]"),
        ({"deletedCells": "no list"}, "In[1]"),
        ({}, "In[1]"),
    ],
)
def test_a_cell_is_known_by_what_its_front_end_calls_it(
    front: FrontEnd, metadata: dict[str, Any], cell: str | None
) -> None:
    """JupyterLab, VS Code, Colab and Databricks each put the id in a place of their own."""
    front.run(None, "x = 1", **metadata)
    front.run(None, "x = 2", **metadata)
    runs = front.tracker.runs
    assert runs[0].cell == (cell or metadata["cellId"])
    assert (runs[0].cell == runs[1].cell) == (runs[0].cell != "In[1]")


@pytest.mark.parametrize("parent", [None, {}, {"metadata": None}, {"metadata": []}, 5])
def test_an_odd_request_tells_nothing(front: FrontEnd, parent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request without metadata, or with something else in its place, is one that tells nothing."""
    monkeypatch.setattr(front.shell, "get_parent", lambda: parent, raising=False)
    shown = front.run(None, "x = 1") + front.run(None, "y = x")
    assert [run.cell for run in front.tracker.runs] == ["In[1]", "In[2]"]
    assert shown == ""


# -- deletions --------------------------------------------------------------------------------------


def test_a_deletion_that_is_reported_is_told(front: FrontEnd) -> None:
    """A name of a deleted cell is an orphan: said before the cell that reads it, and found after it."""
    front.run(*MAKE)
    front.run(*USE)
    shown = front.run(*USE, deletedCells=["make"])
    assert "deleted" in shown.splitlines()[0]
    assert front.codes == ["CG104 use"]


def test_what_a_deletion_puts_in_doubt_is_told_after_the_next_cell(front: FrontEnd) -> None:
    """A deletion comes with the next run of any cell: what follows from it is said there."""
    front.run(*MAKE)
    front.run(*USE)
    assert "CG104" in front.run("other", "z = 0", deletedCells=["make"])
    assert front.run("other", "z = 0") == ""


def test_a_deleted_cell_that_runs_again_lives(front: FrontEnd) -> None:
    """Cut and paste reports a deletion; the cell that comes back runs and is none."""
    front.run(*MAKE)
    front.run(*USE, deletedCells=["make"])
    assert front.codes == ["CG104 use"]
    front.run(*MAKE)
    assert front.codes == []


def test_a_deleted_cell_that_stands_in_the_file_lives(front: FrontEnd) -> None:
    """Cut, paste, save: the file shows that the cell is there."""
    front.run(*MAKE)
    front.run(*USE, deletedCells=["make"])
    front.save(USE, MAKE)
    assert front.codes == ["CG103 use"]
    front.save(MAKE, USE)
    assert front.codes == []


def test_a_cell_that_vanishes_from_the_file_was_deleted(front: FrontEnd) -> None:
    """Merging cells, or turning one to text, is not reported; the saved file shows it."""
    front.run(*MAKE)
    front.run(*USE)
    front.save(MAKE, USE)
    assert front.codes == []
    front.save(USE)
    assert front.codes == ["CG104 use"]


def test_a_deletion_of_a_cell_that_never_ran_is_nothing(front: FrontEnd) -> None:
    """Deleted cells that cellgraph never saw are no concern of its."""
    front.run(*MAKE)
    assert front.run(*USE, deletedCells=["never", "use", ""]) == ""
    assert front.codes == []


# -- the saved file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["__session__", "__vsc_ipynb_file__"])
def test_the_order_is_that_of_the_saved_file(front: FrontEnd, how: str) -> None:
    """A cell above that runs later is above all the same: its reader below is in order."""
    front.run(*USE)
    front.save(MAKE, USE, how=how)
    front.run(*MAKE)
    front.run(*USE)
    assert front.order == ["make", "use"]
    assert front.codes == []


def test_the_path_may_come_from_the_environment(front: FrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    """``JPY_SESSION_NAME`` is where JupyterLab tells the kernel which notebook it serves."""
    front.save(USE, MAKE, how="unused")
    monkeypatch.setenv("JPY_SESSION_NAME", str(front.path))
    front.run(*MAKE)
    front.run(*USE)
    assert front.codes == ["CG103 use"]


@pytest.mark.parametrize("path", ["", "relative.ipynb", "/", "/nowhere/n.ipynb", "/dev/null", None, 5])
def test_a_path_that_leads_nowhere_is_no_path(front: FrontEnd, path: Any) -> None:
    """A directory, a relative path or nothing: the order is that of the first run, and nothing is said."""
    front.shell.user_ns["__session__"] = path
    assert front.run(*MAKE) + front.run(*USE) == ""
    assert front.order == ["make", "use"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 5}', '{"cells": [5]}', "\x00", "[" * 10_000])
def test_a_file_that_is_no_notebook_is_no_news(front: FrontEnd, content: str) -> None:
    """A file half written, or of another kind, is passed over in silence."""
    front.save(MAKE, USE)
    front.run(*MAKE)
    front.path.write_text(content)
    assert front.run(*USE) == ""
    assert front.codes == []


def test_a_file_that_lags_behind_does_no_harm(front: FrontEnd) -> None:
    """Cells that are not in the file yet stand behind the one that ran before them; nothing is edited."""
    front.save(MAKE, ("use", "old text"))
    front.run(*MAKE)
    front.run("new", "z = x")
    front.run(*USE)
    front.run("make", "x = 2")
    assert front.order == ["make", "new", "use"]
    assert front.codes == ["CG101 new", "CG101 use"]


def test_a_text_edited_in_the_file_is_told(front: FrontEnd) -> None:
    """What was made by a text that has been edited since, and not run, is in doubt."""
    front.run(*MAKE)
    front.run(*USE)
    front.save(("make", "x = 1  # only a comment"), USE)
    assert front.codes == []
    front.save(("make", "x = 2"), USE)
    assert front.codes == ["CG109 make", "CG108 use"]
    front.run("make", "x = 2")
    front.run(*USE)
    assert front.codes == []


def test_ids_that_the_file_does_not_hold_are_matched_by_text(front: FrontEnd) -> None:
    """A file of nbformat 4.4 has no ids: its cells are those with the same text, in the same order."""
    front.run("made-up-1", "y = 0")
    front.run("made-up-2", "x = 1")
    front.run("made-up-3", "y = x")
    front.save((None, "x = 1"), (None, "y = 0"), (None, "y = x"))
    assert front.order == ["made-up-2", "made-up-1", "made-up-3"]
    assert front.codes == []


def test_a_file_without_ids_tells_the_order_of_cells_that_run_later(front: FrontEnd) -> None:
    """The file is matched with every cell that runs, not only with those that ran before it was read."""
    front.save((None, "x = 1"), (None, "y = 2"), (None, "z = 3"))
    front.run("uri-3", "z = 3")
    front.run("uri-1", "x = 1")
    front.run("uri-2", "y = 2")
    assert front.order == ["uri-1", "uri-2", "uri-3"]


def test_a_text_edited_in_a_file_without_ids_is_no_deletion(front: FrontEnd) -> None:
    """Where text is all there is to match by, a new text does not make the cell that ran a deleted one."""
    front.run("uri-1", "x = 1")
    front.run("uri-2", "y = x")
    front.save((None, "x = 1"), (None, "y = x"))
    assert front.codes == []
    front.save((None, "x = 1000"), (None, "y = x"))
    assert front.codes == ["CG109 uri-1", "CG108 uri-2"]
    front.run("uri-1", "x = 1000")
    assert front.codes == ["CG101 uri-2"]


def test_a_cell_that_vanishes_from_a_file_without_ids_was_deleted(front: FrontEnd) -> None:
    """Where every text of the file is that of a cell that ran, a cell whose text is missing was deleted."""
    front.run("uri-1", "x = 1")
    front.run("uri-2", "y = x")
    front.save((None, "%load_ext cellgraph"), (None, "x = 1"), (None, "y = x"))
    assert front.codes == []
    front.save((None, "%load_ext cellgraph"), (None, "y = x"))
    assert front.codes == ["CG104 uri-2"]


# -- nothing told -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [True, False])
def test_a_forward_pass_with_equal_cells_is_quiet(front: FrontEnd, ids: bool) -> None:
    """Cells with the same text, with or without ids: a forward pass gives no warning."""
    texts = [
        "x = 1",
        "y = x",
        "x = 1",
        "y = x",
        "x = x + 1",
        "x = x + 1",
        "y = x",
        "items = []",
        "items.append(x)",
    ] * 2
    for number, text in enumerate(texts):
        front.run(f"cell-{number}" if ids else None, text)
    assert front.codes == []


@pytest.mark.slow
def test_nbclient_shows_no_warning(tmp_path: Path) -> None:
    """A real run by nbclient, which tells nothing: no output of cellgraph, ids in the file or not."""
    texts = [
        "%load_ext cellgraph\nimport math\nx = 1",
        "y = x",
        "y = x",
        "x = x + 1",
        "x = x + 1",
        "math.sqrt(x)",
    ]
    notebook = new_notebook(cells=[new_code_cell(text) for text in texts])
    path = tmp_path / "run.ipynb"
    nbformat.write(notebook, path)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.output_type for output in outputs] == ["execute_result"]


# -- a real kernel ----------------------------------------------------------------------------------


def test_a_real_kernel_speaks_like_jupyterlab(kernel: Kernel) -> None:
    """Ids and deletions reach the tracker from a request's metadata."""
    kernel.run("%load_ext cellgraph", "load")
    kernel.run("x = 1", "make")
    kernel.run("y = x", "use")
    told = kernel.run("y = x", "use", deleted=("make",))
    assert "deleted" in told.displays[0]["text/plain"]
    assert "CG104" in told.displays[-1]["text/plain"]
    assert (
        kernel.value("[r.cell for r in __import__('cellgraph').get_tracker().runs]")
        == "['make', 'use', 'use']"
    )


def test_a_warning_comes_after_the_output_and_in_two_forms(kernel: Kernel) -> None:
    """In a kernel a warning is ``display_data`` with HTML and plain text, behind the cell's own outputs."""
    kernel.run("%load_ext cellgraph\nx = 1", "make")
    kernel.run("y = x", "use")
    shown = kernel.run("x = 2\nprint('printed')\nx", "make")
    kinds = [m["msg_type"] for m in shown.messages if m["msg_type"] not in ("status", "execute_input")]
    assert kinds == ["stream", "execute_result", "display_data"]
    assert {"text/html", "text/plain"} <= shown.displays[0].keys()
    assert "CG101" in shown.displays[0]["text/plain"]
    failed = kernel.run("x = 3\n1 / 0", "make")
    assert failed.messages[-1]["msg_type"] in ("error", "display_data")


def test_what_is_said_before_a_cell_comes_first(kernel: Kernel) -> None:
    """A line about what the cell is about to read stands above what it prints."""
    kernel.run("%load_ext cellgraph\nx = 1", "make")
    kernel.run("print(x)", "use")
    kernel.run("del x", "drop")
    shown = kernel.run("print('first')\nprint(x)", "use")
    kinds = [m["msg_type"] for m in shown.messages if m["msg_type"] not in ("status", "execute_input")]
    assert kinds[:2] == ["display_data", "stream"]
    assert "deleted" in shown.displays[0]["text/plain"]


def test_silent_and_unstored_runs_change_nothing_on_the_screen(kernel: Kernel) -> None:
    """A front end's silent requests are no cells, and show nothing."""
    kernel.run("%load_ext cellgraph\nx = 1", "make")
    kernel.run("y = x", "use")
    assert kernel.run("x = 5", silent=True).displays == ()
    kernel.run("x + 1", store_history=False)
    assert (
        kernel.value("[f.code for f in __import__('cellgraph').get_tracker().findings() if f.code < 'CG2']")
        == "[]"
    )

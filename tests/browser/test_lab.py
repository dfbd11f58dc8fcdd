"""What a person sees in JupyterLab: the warning under the right cell, the picture, both themes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # a real JupyterLab in a real browser

CELLS = {
    "load": "%load_ext cellgraph",
    "make": "import numpy as np\nx = np.arange(4)",
    "use": "y = x + 1",
    "show": "print('sum', y.sum())\ny",
    "graph": "%cellgraph",
    "status": "%cellgraph status",
}
PICTURES = os.environ.get("CELLGRAPH_TEST_PICTURES")
"""A folder for screenshots, where somebody wants to look at them."""


def _run_all(lab: Any) -> None:
    for cell in ("load", "make", "use", "show"):
        lab.run(cell)
    lab.wait_for("show", "sum 10")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_warning_stands_under_the_cell_that_made_the_difference(
    notebook: Callable[..., Any], theme: str
) -> None:
    """Edit and run a cell: below it and nowhere else stands what no longer holds, until that runs again."""
    with notebook(CELLS, theme) as lab:
        _run_all(lab)
        assert not [cell for cell in CELLS if lab.find(cell, "[class*=cellgraph]")]
        lab.edit("make", "import numpy as np\nx = np.arange(5)")
        lab.run("make")
        lab.wait(lambda: lab.find("make", ".cellgraph-warning"))
        shown = lab.output("make")
        assert "[3]" in shown
        assert "x" in shown
        assert not lab.find("use", ".cellgraph-warning")
        lab.run("graph")
        lab.wait(lambda: lab.find("graph", "svg"))
        assert all(
            svg.size["width"] > 100 and svg.size["height"] > 100 for svg in lab.find("graph", "svg")[:1]
        )
        lab.run("status")
        lab.wait_for("status", "doubt")
        _keep(lab, f"warning-{theme}")
        for cell in ("use", "show"):
            lab.run(cell)
        lab.wait_for("show", "sum 15")
        lab.run("status")
        lab.wait_for("status", "none in doubt")
        _keep(lab, f"resolved-{theme}")


@pytest.mark.timeout(180)
def test_a_deleted_cell_is_told_by_a_cell_that_reads_its_name(notebook: Callable[..., Any]) -> None:
    """Delete a cell in JupyterLab, run a reader of its name: the warning is below it, and is no output."""
    with notebook(CELLS) as lab:
        _run_all(lab)
        lab.delete("make")
        lab.save()  # until then the file says that the cell lives
        lab.run("use")
        lab.wait_for("use", "CG104")
        assert "CG104" in lab.find("use", ".cellgraph-warning")[0].text
        assert "deleted" in lab.find("use", ".cellgraph-warning")[0].text
        assert not lab.find("use", ".jp-OutputArea-child")
        _keep(lab, "deleted")


@pytest.mark.timeout(180)
def test_an_edited_text_is_known_once_it_is_saved(notebook: Callable[..., Any]) -> None:
    """A cell that is edited and saved, but not run, puts what was made from it in doubt (CG108)."""
    with notebook(CELLS) as lab:
        _run_all(lab)
        lab.edit("make", "import numpy as np\nx = np.arange(9)")
        lab.save()
        lab.run("show")
        lab.wait_for("show", "CG108")
        _keep(lab, "edited")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("app", ["jupyterlab", "notebook"])
def test_an_edit_and_run_all_leave_nothing_behind(
    notebook: Callable[..., Any], app: str, tmp_path: Path
) -> None:
    """Nor does a message that was there meanwhile: none stands below a cell, none is in the saved file."""
    with notebook(CELLS, app=app) as lab:
        _run_all(lab)
        lab.edit("make", "import numpy as np\nx = np.arange(5)")
        lab.run("make")
        lab.wait(lambda: lab.find("make", ".cellgraph-warning"))
        lab.save()
        assert "in doubt" not in lab.saved(tmp_path)
        lab.edit("make", "import numpy as np\nx = np.arange(6)")
        lab.delete("graph")
        lab.delete("status")
        lab.command("notebook:run-all-cells")
        lab.wait_for("show", "sum 21")
        lab.wait(lambda: not lab.marked())
        assert not [cell for cell in ("make", "use", "show") if lab.find(cell, "[class*=cellgraph]")]
        lab.save()
        assert "cellgraph-" not in lab.saved(tmp_path)


def _keep(lab: Any, name: str) -> None:
    if PICTURES:
        lab.picture(Path(PICTURES) / f"{name}.png")

"""What is in doubt and what is not, to the part: no cell more than a restart would change, and none less."""

from __future__ import annotations

import contextlib
import io

import pytest

from tests.cases.accesses import CONSERVATIVE
from tests.cases.exactness import EXACT, Exact
from tests.cases.findings import run
from tests.test_findings import Notebook, new_notebook

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here


@pytest.fixture
def notebook(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> object:
    """An empty notebook in a directory of its own."""
    monkeypatch.chdir(str(tmp_path))
    with new_notebook() as new:
        yield new


def warned(notebook: Notebook) -> list[str]:
    """The warnings, as ``cell:code``."""
    found = notebook.tracker.findings()
    return sorted(f"{each.cell}:{each.code}" for each in found if each.severity == "warning")


@pytest.mark.parametrize("case", EXACT, ids=str)
def test_just_what_a_restart_changes_is_told(case: Exact, notebook: Notebook) -> None:
    """These cells carry a warning and no other, and these are to run again."""
    if CONSERVATIVE and case.observed:
        pytest.skip("the text alone does not tell")
    with contextlib.redirect_stdout(io.StringIO()):
        notebook.do(*case.actions)
    assert warned(notebook) == sorted(case.warnings.split())
    if case.plan is not None:
        assert notebook.tracker.stale() == case.plan.split()


BUDGETS = (10_000, 0.1)
FRAME = (
    "import numpy as np; import pandas as pd\n"
    "df = pd.DataFrame({f'c{i}': np.arange(60_000) * i for i in range(12)})"
)
LARGE = (
    ("frame", FRAME, "df['z'] = df['c1'] * 2", "n = df['c1'].sum() + df['z'].sum()"),
    ("list", "xs = [[i, str(i)] for i in range(40_000)]", "xs.append(3)", "n = len(xs)"),
    ("array", "import numpy as np; x = np.arange(500_000)", "x[5] = 3", "n = x.sum()"),
)


@pytest.mark.slow
@pytest.mark.parametrize("again", ["a m", "b", "a m b"])
@pytest.mark.parametrize("budgets", [BUDGETS, BUDGETS[::-1]], ids=["sampled later", "exact later"])
@pytest.mark.parametrize("row", LARGE, ids=lambda row: row[0])
def test_an_exact_look_and_a_sampled_one_are_no_difference(
    row: tuple[str, str, str, str], budgets: tuple[float, float], again: str, notebook: Notebook
) -> None:
    """Cells that run again, unchanged and in order, with another budget for looking at values."""
    texts = dict(zip("amb", row[1:], strict=True))
    config = notebook.tracker.config
    config.budget_share = 0.0
    config.budget_ms = budgets[0]
    notebook.do(*(run(cell, text) for cell, text in texts.items()))
    config.budget_ms = budgets[1]
    notebook.rerun(again.split())
    assert warned(notebook) == []


def test_a_model_that_is_fitted_again_stays_exact(notebook: Notebook) -> None:
    """The budget is less than it was: what was told exactly and quickly is told so again."""
    pytest.importorskip("sklearn")
    make = (
        "from sklearn.ensemble import RandomForestClassifier as Forest\n"
        "from sklearn.datasets import make_classification\n"
        "X, y = make_classification(500, random_state=0)\nm = Forest(20, random_state=0)"
    )
    notebook.tracker.config.budget_share = 0.0
    notebook.tracker.config.budget_ms = 10_000
    notebook.do(run("a", make), run("b", "m.fit(X, y)"), run("c", "p = m.predict(X)"))
    notebook.tracker.config.budget_ms = 0.1
    notebook.do(run("b"))
    assert warned(notebook) == []


def test_edges_go_past_a_change_through_an_alias(notebook: Notebook) -> None:
    """Who reads what was changed under another name comes from its maker too."""
    notebook.do(run("a", "class P: pass"), run("b", "p = P()"), run("c", "P.k = 3"), run("d", "y = p.k"))
    assert {("b", "d"), ("c", "d")} <= set(notebook.tracker.cell_graph().edges)

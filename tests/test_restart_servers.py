"""The processes in which sessions are judged: what they import beforehand makes no difference there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.restarts.client import Client
from tests.restarts.session import Session, Step
from tests.restarts.stash import STAYING

pytestmark = pytest.mark.slow

PACKAGES = "numpy pandas scipy sklearn matplotlib networkx xarray"
BEFORE = f"""
import copyreg, os, sys, warnings, {", ".join(STAYING)}
PACKAGES = {PACKAGES.split()}
loaded = set(sys.modules)
"""
AFTER = """
print(sorted(set(sys.modules) - loaded))
print(warnings.filters)
print(sorted(os.environ.items()), copyreg.dispatch_table)
names = {name: set(vars(sys.modules[name])) for name in PACKAGES if name in sys.modules}
print([(name, sorted(found - {"expm1x"})) for name, found in names.items()])
"""
"""What stays in numpy after it was put away is ``expm1x``, which numexpr adds."""
IMPORTS = (
    "import sys",
    "import numpy",
    "import numpy\nimport matplotlib.pyplot\nimport pandas",
    "from sklearn.tree import DecisionTreeClassifier",
    "import pandas\nimport sklearn.compose",
    "import pandas.io.formats.style",
    "import networkx",
    "import seaborn",
    "import xarray",
    "import statsmodels.formula.api",
)
"""Of these seaborn and statsmodels are not put away, and most of what they import is."""


@pytest.fixture(scope="module")
def importing() -> Iterator[Client]:
    """Sessions import libraries themselves."""
    with Client(itself=1) as client:
        yield client


@pytest.fixture(scope="module")
def stocked() -> Iterator[Client]:
    """Sessions are given libraries that were imported before they began."""
    with Client(itself=0) as client:
        yield client


def _shown(client: Client, *texts: str) -> str:
    steps = tuple(Step("run", f"cell {place}", text) for place, text in enumerate(texts))
    screen = client.restart(Session("an import", "", steps))
    assert not any(shown.error for shown in screen.shown.values())
    return screen.shown[steps[-1].cell].text


@pytest.mark.parametrize("text", IMPORTS)
def test_libraries_that_were_put_away_come_back_as_an_import_leaves_them(
    text: str, importing: Client, stocked: Client
) -> None:
    """The same modules are loaded, with the same names in them, warning filters and environment."""
    for name in re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE):
        pytest.importorskip(name)
    assert _shown(stocked, BEFORE, text, AFTER) == _shown(importing, BEFORE, text, AFTER)


def test_a_module_is_run_anew_where_it_is_reloaded(stocked: Client) -> None:
    """What is given back is a module like others."""
    pytest.importorskip("networkx")
    text = "import importlib, networkx as nx\nnx.Graph = None\nimportlib.reload(nx)\nprint(nx.Graph)"
    assert _shown(stocked, text) == "<class 'networkx.classes.graph.Graph'>\n"


def test_no_two_processes_draw_the_same_numbers(stocked: Client) -> None:
    """Though the generator of numpy was made before they were forked."""
    pytest.importorskip("numpy")
    text = "import random\nimport numpy as np\nprint(np.random.rand(), random.random())"
    drawn = [number for _ in range(3) for number in _shown(stocked, text).split()]
    assert len(set(drawn)) == len(drawn) == 6

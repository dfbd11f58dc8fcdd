"""A slice is code that runs by itself and makes the same value."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from cellgraph.analyse.slice_script import Context, unit_text
from cellgraph.analyse.slices import makers, slice_script, slice_units
from cellgraph.digest import Digester
from cellgraph.model import Digest
from cellgraph.session import Tracker
from tests.oracle.generate import generate_notebook
from tests.oracle.session import final
from tests.shells import fresh_shell

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@dataclass(frozen=True)
class Case:
    """Cells, and the code that a slice for ``name`` is made of."""

    title: str
    cells: tuple[str, ...]
    name: str
    code: str

    def __str__(self) -> str:
        return self.title


# A table: the shorter a row, the more rows are in view.
# fmt: off
CASES = (
    Case("statements of one cell", ("x = 1\ny = 2\nz = x",), "z", "x = 1\nz = x"),
    Case("statements of two cells", ("x = 1\nk = 5", "y = x\nj = k"), "y", "x = 1|y = x"),
    Case("a cell of which nothing is needed", ("x = 1", "y = 2", "z = x"), "z", "x = 1|z = x"),
    Case("made twice", ("x = 1\nx = 2",), "x", "x = 2"),
    Case("made of itself", ("x = 1\nx = x + 1",), "x", "x = 1\nx = x + 1"),
    Case("printed", ("x = [1]\nprint(x)\nx",), "x", "x = [1]"),
    Case("changed by a method", ("x = []\nk = 1\nx.append(1)",), "x", "x = []\nx.append(1)"),
    Case("changed in another cell", ("x = []\nk = 1", "j = 2\nx.append(3)"), "x", "x = []|x.append(3)"),
    Case("changed by another name", ("x = []\ny = x\ny.append(1)",), "x", "x = []\ny = x\ny.append(1)"),
    Case("changed by another name, elsewhere", ("x = []\ny = x", "k = 1\ny.append(1)"), "x",
         "x = []\ny = x|y.append(1)"),
    Case("changed by a function", ("x = []\ndef f(): x.append(1)", "f()\nk = 1"), "x",
         "x = []\ndef f(): x.append(1)|f()"),
    Case("global of a function", ("x = 0\ndef f():\n    global x\n    x = 1", "k = 1\nf()"), "x",
         "x = 0\ndef f():\n    global x\n    x = 1|k = 1\nf()"),
    Case("what a function reads, made after it", ("def f(): return k\nk = 1\nj = 2\ny = f()",), "y",
         "def f(): return k\nk = 1\ny = f()"),
    Case("what a function reads, made in another cell", ("def f(): return k", "k = 1\nj = 2\ny = f()"), "y",
         "def f(): return k|k = 1\ny = f()"),
    Case("branch", ("a = 1\nk = 2\nif a: y = 1\nelse: y = 2",), "y", "a = 1\nif a: y = 1\nelse: y = 2"),
    Case("branch that may leave it alone", ("a = 0; y = 5\nif a: y = 1",), "y", "a = 0; y = 5\nif a: y = 1"),
    Case("imports that are used", ("import math\nimport json\nx = math.pi",), "x",
         "import math\nx = math.pi"),
    Case("star import", ("from math import *\nk = 1\nx = pi",), "x", "from math import *\nx = pi"),
    Case("exec", ("exec('x = 1')\nk = 2",), "x", "exec('x = 1')\nk = 2"),
    Case("a magic", ("k = 1\n%time x = 2",), "x", "x = 2"),
    Case("comment above", ("# about k\nk = 1\n# about x\nx = 2",), "x", "# about x\nx = 2"),
    Case("decorator", ("import functools\nk = 1\n@functools.cache\ndef f(): return 1\nx = f()",), "x",
         "import functools\n@functools.cache\ndef f(): return 1\nx = f()"),
    Case("a seed", ("import random\nk = 1", "random.seed(3)", "j = 1", "x = random.random()"), "x",
         "import random|random.seed(3)|x = random.random()"),
    Case("the text that ran", ("x = 1", "y = x + 1", "x = 5"), "y", "x = 1|y = x + 1"),
    Case("looked at", ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ndf.head()\ndf.describe()",
         "df['b'] = df['a'] * 2\ndf.head()\ndf['b'].sum()"), "df",
         "import pandas as pd\ndf = pd.DataFrame({'a': [1]})|df['b'] = df['a'] * 2"),
    Case("asked and changed", ("xs = [1, 2]\nxs.count(1)\nxs.pop()\nlen(xs)",), "xs",
         "xs = [1, 2]\nxs.pop()"),
    Case("asked by a function", ("xs = [1]\nclass C: pass\ndef f(v): xs.append(v)\n[1].index(1)\nf(2)",),
         "xs", "xs = [1]\ndef f(v): xs.append(v)\nf(2)"),
    Case("another item", ("d = {'a': 1}", "d['b'] = 2", "x = d['a']"), "x", "d = {'a': 1}|x = d['a']"),
)
# fmt: on


def run_all(shell: Any, cells: Iterable[str]) -> None:
    """Run cells, each with an id of its own."""
    for number, text in enumerate(cells):
        shell.run_cell(text, store_history=True, cell_id=f"cell-{number}")


def slice_of(tracker: Tracker, name: str) -> list[str]:
    """The code that makes a name, run by run."""
    found = slice_units(tracker.ledger, makers(tracker.report(), name)[-1:], name)
    return ["\n".join(line for unit in units for line in unit_text(run, unit)) for run, units in found]


def runs_of(tracker: Tracker, name: str) -> set[str]:
    """The cells of which a slice for a name holds code."""
    return {run.cell for run, _ in slice_units(tracker.ledger, makers(tracker.report(), name)[-1:], name)}


def script_of(tracker: Tracker, name: str) -> str:
    """The script that makes a name."""
    return slice_script(tracker.ledger, makers(tracker.report(), name)[-1:], name, Context())


def check(tracker: Tracker, shell: Any, name: str) -> None:
    """The slice for a name runs in an empty namespace and makes what is in the shell's."""
    made = executed(script_of(tracker, name))
    wanted = digest(shell.user_ns[name])
    assert name in made
    assert wanted.quality == "opaque" or digest(made[name]).agrees(wanted)


def executed(code: str) -> dict[str, Any]:
    """What running some code leaves: in a shell of its own where it is more than Python."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(compile(code, "<slice>", "exec", dont_inherit=True), namespace)
        except SyntaxError:
            with fresh_shell() as shell:
                shell.run_cell(code)  # type: ignore[no-untyped-call]
                namespace = dict(shell.user_ns)
    return namespace


def digest(value: object) -> Digest:
    """A value's digest."""
    return Digester(10).look(value).digest


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_slice_holds_the_statements_that_are_needed(case: Case, shell: Any, tracker: Tracker) -> None:
    """Those, in their order, and where the text does not show what a cell did the whole cell."""
    run_all(shell, case.cells)
    assert "|".join(slice_of(tracker, case.name)) == case.code


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_slice_makes_the_same_value(case: Case, shell: Any, tracker: Tracker) -> None:
    """The code of each row runs by itself."""
    run_all(shell, case.cells)
    check(tracker, shell, case.name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what users' code warns about is none of the table's business
@pytest.mark.parametrize("number", range(50))
def test_slices_of_random_notebooks_run_and_make_the_same(
    number: int, shell: Any, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever people write: each name of a notebook that ran from top to bottom is made again."""
    monkeypatch.chdir(tmp_path)  # some write files
    run_all(shell, [text for _, text in final(generate_notebook(7, number))])
    failed = {run.cell for run in tracker.runs if run.outcome != "ok"}
    for name in sorted({write.name for run in tracker.runs for write in run.writes}):
        if name.isidentifier() and name in shell.user_ns and failed.isdisjoint(runs_of(tracker, name)):
            check(tracker, shell, name)


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore"
)  # what a notebook's libraries warn about is none of the table's business
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_slices_of_our_notebooks_run_and_make_the_same(
    path: Path, shell: Any, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebooks that the project shows, but for the cells about cellgraph itself."""
    pytest.importorskip("sklearn", reason="one of the notebooks trains a model")
    monkeypatch.chdir(path.parent)
    cells = json.loads(path.read_text("utf8"))["cells"]
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    texts = ["".join(line for line in lines if line[0] != "%") for lines in code]
    own = list(takewhile(lambda text: "Lab" not in text, texts))
    run_all(shell, [text for text in own if text and "plt.sub" not in text])
    assert {run.outcome for run in tracker.runs} == {"ok"}
    names = {write.name for run in tracker.runs for write in run.writes if write.name in shell.user_ns}
    assert len(names) > 3
    for name in sorted(names)[:4]:
        check(tracker, shell, name)

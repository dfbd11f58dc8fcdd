"""What is left to chance: cells that draw random numbers without a seed, or never give the same twice."""

from __future__ import annotations

import importlib.util
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import cellgraph
from cellgraph.analyse.determinism import draws
from cellgraph.code import set_order
from cellgraph.code.source import parse
from cellgraph.model import Nondeterminism, Order, RandomUse, Report, Run
from cellgraph.record.jsonl import dumps, loads
from cellgraph.record.ledger import Ledger
from cellgraph.render.terminal import status_html, status_text
from cellgraph.trace.rng_seeding import seeding
from cellgraph.trace.rng_state import RngMonitor
from tests.cases.findings import Action, order, run
from tests.made_reports import HOSTILE, cell
from tests.test_findings import new_notebook

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here


@dataclass(frozen=True)
class Case:
    """A session, and the chances that it leads to as ``cell:kind``."""

    name: str
    actions: tuple[Action, ...]
    chances: str = ""
    needs: str = ""

    def __str__(self) -> str:
        return self.name


_NP = run("np", "import numpy as np")
_SEED = run("seed", "np.random.seed(0)")
_DRAW = run("draw", "x = np.random.rand(3)")
_HELPER = "import random as r\ndef fix_all(n):\n    r.seed(n)\ndef other():\n    return r.random()\n"

# fmt: off
CASES = (
    # The three generators.
    Case("random", (run("a", "import random"), run("b", "x = random.random()")), "b:unseeded"),
    Case("random, seeded above", (run("a", "import random; random.seed(1)"),
         run("b", "x = random.random()"))),
    Case("a function of random by its own name", (run("a", "from random import shuffle; xs = [1, 2, 3]"),
         run("b", "shuffle(xs)")), "b:unseeded"),
    Case("numpy", (_NP, _DRAW), "draw:unseeded", "numpy"),
    Case("numpy, imported and drawn from in one cell",
         (run("a", "import numpy as np\nx = np.random.rand(3)"),),
         "a:unseeded", "numpy"),
    Case("numpy, seeded above", (_NP, _SEED, _DRAW), "", "numpy"),
    Case("numpy, seeded in the same cell", (_NP, run("a", "np.random.seed(0); x = np.random.rand(3)")), "",
         "numpy"),
    Case("one normal number, which is drawn ahead", (_NP, run("a", "x = np.random.normal()"),
         run("b", "y = np.random.normal()")), "a:unseeded b:unseeded", "numpy"),
    Case("the seed of another library", (run("a", "import random; random.seed(0)"), _NP, _DRAW),
         "draw:unseeded", "numpy"),
    Case("a state that is set", (_NP, run("a", "state = np.random.RandomState(0).get_state()"),
         run("b", "np.random.set_state(state)\nx = np.random.rand()")), "", "numpy"),
    Case("torch", (run("a", "import torch"), run("b", "x = torch.rand(3)")), "b:unseeded", "torch"),
    Case("torch, seeded above", (run("a", "import torch; _ = torch.manual_seed(0)"),
         run("b", "x = torch.rand(3)")), "", "torch"),
    Case("torch, seeded by the clock", (run("a", "import torch; _ = torch.seed()"),), "a:reseeded", "torch"),
    # Libraries that draw from numpy's state.
    Case("DataFrame.sample", (run("a", "import pandas as pd; df = pd.DataFrame({'v': range(9)})"),
         run("b", "some = df.sample(3)"), run("c", "same = df.sample(3, random_state=1)")), "b:unseeded",
         "pandas"),
    Case("an estimator", (run("a", "from sklearn.ensemble import RandomForestClassifier as RF"),
         run("b", "m = RF(n_estimators=2).fit([[0], [1]], [0, 1])"),
         run("c", "n = RF(n_estimators=2, random_state=0).fit([[0], [1]], [0, 1])")), "b:unseeded",
         "sklearn"),
    # Where the seed is set.
    Case("a summary that says the time",
         (run("a", "import pandas as pd, statsmodels.formula.api as smf\n"
                   "df = pd.DataFrame({'x': range(9), 'y': [0, 1, 3, 2, 4, 5, 7, 6, 8]})"),
          run("b", "fit = smf.ols('y ~ x', df).fit()"), run("c", "fit.summary();"),
          run("d", "smf.ols('y ~ x', df).fit().summary();"), run("e", "fit.params;")),
         "c:outside d:outside", "statsmodels"),
    Case("seeded below", (_NP, _DRAW, _SEED), "draw:unseeded", "numpy"),
    Case("seeded first, and below in the notebook", (_NP, _SEED, _DRAW, order("np", "draw", "seed")),
         "draw:unseeded", "numpy"),
    Case("seeded by a cell that was deleted", (_NP, _SEED, _DRAW, order("np", "draw")), "draw:unseeded",
         "numpy"),
    Case("seeded by a function of the notebook", (_NP, run("a", "def start(n):\n    np.random.seed(n)"),
         run("b", "start(1); x = np.random.rand()")), "", "numpy"),
    Case("seeded by a method", (_NP, run("a", "class T:\n    def fit(self):\n        np.random.seed(0)\n"
         "        self.w = np.random.rand()"), run("b", "t = T(); t.fit()")), "", "numpy"),
    Case("a name with seed in it seeds nothing", (_NP, run("a", "seed = 7; SEED = 7"),
         run("b", "x = np.random.rand(); y = seed + SEED")), "b:unseeded", "numpy"),
    Case("a seed without a value", (_NP, run("a", "np.random.seed()"), _DRAW), "a:reseeded draw:unseeded",
         "numpy"),
    Case("seed(None)", (run("a", "import random; random.seed(None)"),), "a:reseeded"),
    Case("the user's module seeds", (run("a", "import helper; helper.fix_all(3)"),
         run("b", "x = helper.other()"))),
    Case("the user's module draws", (run("a", "import helper"), run("b", "x = helper.other()")),
         "b:unseeded"),
    # The stream has moved on.
    Case("a seeded cell run again", (_NP, _SEED, _DRAW, run("draw")), "draw:elsewhere", "numpy"),
    Case("and put right", (_NP, _SEED, _DRAW, run("draw"), run("seed"), run("draw")), "", "numpy"),
    Case("seeded and run again together", (_NP, run("a", "np.random.seed(0); x = np.random.rand()"), run("a"))
         , "", "numpy"),
    Case("two draws, the first run again", (_NP, _SEED, _DRAW, run("b", "y = np.random.rand()"), run("draw")),
         "draw:elsewhere", "numpy"),
    Case("seeded after it had been drawn from", (_NP, _DRAW, run("seed", "np.random.seed(0)"),
         order("np", "seed", "draw")), "draw:elsewhere", "numpy"),
    # What runs have shown.
    Case("uuid4", (run("a", "import uuid"), run("b", "u = uuid.uuid4()"), run("b")), "b:observed"),
    Case("the time", (run("a", "import time"), run("b", "t = time.time_ns()"), run("b")), "b:observed"),
    Case("an own generator without a seed", (_NP, run("a", "rng = np.random.default_rng()"), run("a")),
         "a:observed", "numpy"),
    Case("an own generator with a seed", (_NP, run("a", "rng = np.random.default_rng(0)"), run("a"),
         run("b", "x = rng.random()")), "", "numpy"),
    Case("a result that is shown", (run("a", "import uuid"), run("b", "uuid.uuid4()"), run("b")),
         "b:observed"),
    Case("other inputs", (run("a", "x = 1"), run("b", "y = x"), run("a", "x = 2"), run("b"))),
    Case("its own output", (run("a", "x = 1"), run("b", "x = x + 1"), run("b"))),
    Case("other code", (run("a", "x = 1"), run("a", "x = 2"))),
    Case("what cannot be compared", (run("a", "x = (n for n in 'ab')"), run("a"))),
    Case("nothing", (run("a", "x = 1"), run("b", "y = x + 1"), run("b"))),
    # What only looks like drawing.
    Case("an import that draws", (run("a", "import draws_when_imported\nx = 1"),)),
    Case("a state that is put back", (_NP, run("a", "state = np.random.get_state()\nx = np.random.rand()\n"
         "np.random.set_state(state)")), "", "numpy"),
)
# fmt: on


@pytest.fixture(autouse=True)
def _unseeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each session starts from a state that no other has seeded, beside two modules of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in (("helper", _HELPER), ("draws_when_imported", "import random\nrandom.random()\n")):
        Path(f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    random.seed()
    random.random()
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
        numpy.random.rand()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.seed()
        torch.rand(1)


def chances(*actions: Action) -> set[str]:
    """The chances of a session, as ``cell:kind``."""
    with new_notebook() as notebook:
        notebook.do(*actions)
        return {f"{chance.cell}:{chance.kind}" for chance in notebook.tracker.report().chances}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_session_leaves_this_to_chance(case: Case) -> None:
    """Cells that draw without a seed above, or that gave two values for the same inputs, and no others."""
    if case.needs and importlib.util.find_spec(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed here")
    assert chances(*case.actions) == set(case.chances.split())


def test_the_order_of_a_set_of_texts_is_left_to_chance(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``check`` says so in place of a clean word, also where a cell above has made the set."""
    monkeypatch.setattr(set_order, "_IS_SEEDED", False)
    with new_notebook() as notebook:
        notebook.do(
            run("a", "words = {'b', 'a'}"), run("b", "vocab = list(words)"), run("c", "n = len(words)")
        )
        assert {f"{chance.cell}:{chance.kind}" for chance in notebook.tracker.report().chances} == {
            "b:outside"
        }
        notebook.shell.run_line_magic("cellgraph", "check")
        assert "[2] `vocab = list(words)` goes by the order of a set or by hashes" in capsys.readouterr().out
        notebook.do(run("b", "vocab = sorted(words)"))
        assert notebook.tracker.report().chances == ()


def test_chance_is_no_finding() -> None:
    """Nothing is printed after the cell, and nothing counts against the notebook."""
    with new_notebook() as notebook:
        notebook.do(run("a", "import random"), run("b", "x = random.random()"))
        assert notebook.tracker.findings() == []
        assert notebook.tracker.stale() == []


def test_status_marks_the_cell_and_check_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The table has a mark beside the state; both say which library, and where the seed is set instead."""
    with new_notebook() as notebook:
        notebook.do(run("a", "import random"), run("b", "x = random.random()"), run("c", "random.seed(1)"))
        capsys.readouterr()
        notebook.shell.run_line_magic("cellgraph", "status")
        status = capsys.readouterr().out
        notebook.shell.run_line_magic("cellgraph", "check")
        check = capsys.readouterr().out
    sentence = (
        "[2] `x = random.random()` draws random numbers (random) and no cell above sets the seed"
        " ([3] `random.seed(1)` does, below it)"
    )
    assert "3 cells, none in doubt, 1 not deterministic" in status
    assert [line[:18] for line in status.splitlines() if "holds ≈" in line] == ["[2]    ● holds ≈  "]
    assert check.splitlines() == [
        "clean: Restart & Run All would give what is on the screen, but for what is listed below",
        f"≈ not deterministic: {sentence}",
    ]


def test_why_says_that_a_cell_is_not_deterministic() -> None:
    """The explanation of the cell has the same sentence."""
    with new_notebook() as notebook:
        notebook.do(run("a", "import uuid"), run("b", "u = uuid.uuid4()"), run("b"))
        assert "[3] `u = uuid.uuid4()` gave another u when it ran again with the same inputs" in str(
            notebook.tracker.explain("b")
        )


def test_a_seed_above_the_line_that_loads_cellgraph_counts() -> None:
    """The cell that loads the extension is known by its text: its upper part was not seen."""
    with new_notebook() as notebook:
        notebook.shell.run_line_magic("unload_ext", "cellgraph")
        text = "import random\nrandom.seed(3)\n%load_ext cellgraph"
        notebook.shell.run_cell(text, store_history=True, cell_id="a")
        notebook.shell.run_cell("x = random.random()", store_history=True, cell_id="b")
        assert cellgraph.get_tracker().report().chances == ()


def test_looking_draws_nothing_and_reads_every_change() -> None:
    """The states are those that the libraries tell; a look leaves them, a draw changes them."""
    numpy = pytest.importorskip("numpy")
    dice = RngMonitor()
    for draw in (random.random, numpy.random.rand, numpy.random.normal, numpy.random.normal):
        known, theirs = random.getstate(), repr(numpy.random.get_state())
        before = dice.snapshot()
        assert dice.snapshot() == before
        assert (random.getstate(), repr(numpy.random.get_state())) == (known, theirs)
        draw()
        assert dice.snapshot().states != before.states


def test_a_generator_put_in_the_place_of_numpy_s_is_read_too() -> None:
    """Another kind of bit generator has another state; it is read the slow way."""
    numpy = pytest.importorskip("numpy")
    if not hasattr(numpy.random, "set_bit_generator"):
        pytest.skip("this numpy cannot change its global generator")
    dice, old = RngMonitor(), numpy.random.get_bit_generator()
    try:
        before = dice.snapshot().states["numpy"]
        numpy.random.set_bit_generator(numpy.random.PCG64(1))
        changed = dice.snapshot().states["numpy"]
        numpy.random.rand()
        assert len({before, changed, dice.snapshot().states["numpy"]}) == 3
    finally:
        numpy.random.set_bit_generator(old)


@pytest.mark.parametrize(
    ("text", "libraries"),
    [
        ("random.seed(1)", {"random"}),
        ("import random\nrandom.seed(1)", {"random"}),
        ("f = random.seed; f(1)", {"random"}),
        ("random.setstate(s)", {"random"}),
        ("seed_everything(1)", set()),  # no such name: nothing is known, and it will fail
        ("trainer.seed_everything(1)", {"random", "numpy", "torch"}),
        ("from somewhere import set_seed\nset_seed(1)", {"random", "numpy", "torch"}),
        ("config.seed", set()),
        ("args = dict(seed=1, random_state=2)", set()),
        ("random.seed()", set()),
        ("%time random.seed(1)", set()),  # as it stands here, no shell has turned it into Python
        ("def f():\n    random.seed(1)", {"random"}),
        ("(", set()),
    ],
)
def test_what_seeds_is_told_by_what_is_called(text: str, libraries: set[str]) -> None:
    """A call of the library's own function seeds that library; one that says so by its name, any."""
    said = seeding(parse(text), {"random": random})
    assert {library for library in ("random", "numpy", "torch") if said.seeds(library)} == libraries


@pytest.mark.parametrize(
    ("text", "put_back"),
    [
        ("s = random.getstate(); random.seed(1); random.setstate(s)", True),
        ("random.seed(1); s = random.getstate()", False),
        ("random.setstate(s)", False),
    ],
)
def test_a_state_is_put_back_where_it_is_asked_for_and_set(text: str, put_back: bool) -> None:
    """Such code seeds nothing if the state is afterwards what it was before."""
    said = seeding(parse(text), {"random": random})
    assert ("random" in said.saved & said.restored) == put_back


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_stays_text(name: str) -> None:
    """Both tables show whatever a name holds, on one line and as no tag of its own."""
    chance = Nondeterminism(
        "observed", "c0", f"[1] gave another {name} when it ran again with the same inputs"
    )
    report = Report((cell(0),), chances=(chance,), unrun=(name,))
    assert all(one.isprintable() or one in "\n\u200d" for one in status_text(report))
    assert "<script" not in status_html(report)


def test_the_ledger_keeps_what_was_drawn() -> None:
    """It comes back from its file, and a file that has none of it is read."""
    use = RandomUse("numpy", "drew", "0a", "0b")
    runs = [Run(1, "a", 1, "x", random=(use,)), Run(2, "b", 2, "y")]
    text = dumps(runs)
    assert list(loads(text).runs) == runs
    assert '"random"' not in text.splitlines()[2]


def test_a_stream_is_followed_through_earlier_runs() -> None:
    """Where a cell drew elsewhere, its earlier run from the right place tells what comes below it."""
    seed, first, second = (
        RandomUse("numpy", "seeded", "0", "s"),
        RandomUse("numpy", "drew", "s", "t"),
        RandomUse("numpy", "drew", "t", "u"),
    )
    again = RandomUse("numpy", "drew", "u", "v")
    uses = (("a", seed), ("b", first), ("c", second), ("b", again))
    ledger = Ledger(Run(n, cell, n, cell, random=(use,)) for n, (cell, use) in enumerate(uses, 1))
    found = draws(ledger, Order(("a", "b", "c")))
    assert [(draw.kind, draw.cell) for draw in found] == [("elsewhere", "b")]

"""The tests that are written for a promoted package pass, notice changes, and hold what was told."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from cellgraph.cli import main
from cellgraph.notebooks.characterisation.recorded import (
    assert_facts,
    assert_same,
    facts,
    kind_of,
    load,
    set_random_state,
)
from cellgraph.notebooks.characterisation.storing import CannotStoreError, random_state, store
from cellgraph.notebooks.characterisation.write import CannotRecordError, WrittenTests, write_tests
from tests.promoted.judge import judged, passes
from tests.promoted.packages import MODEL, PACKAGES, SHOP, SIGNAL, Package

STORED = (
    None,
    True,
    3,
    0.5,
    "text",
    [1, "a", None],
    (1, (2.5,)),
    {1, 2},
    frozenset({"a"}),
    {"a": 1, 2: [3], (1, "b"): {"deep": (1,)}},
    date(2024, 1, 2),
    datetime(2024, 1, 2, 3, tzinfo=UTC),
    timedelta(hours=1),
    Path("data/a.csv"),
    np.arange(6.0).reshape(2, 3),
    np.array(["a", "bc"]),
    np.array(["2024-01-01"], dtype="datetime64[D]"),
    np.float32(0.5),
    np.int64(3),
    pd.Timestamp("2024-01-02"),
)
CHANGED = (
    (0.5, 0.6),
    (1, 1.0),
    (1, True),
    ([1, 2], [2, 1]),
    ([1], [1, 2]),
    ({"a": 1}, {"a": 2}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (np.ones(3), np.ones(4)),
    (np.ones(3), np.ones(3, dtype="float32")),
    (np.ones(3), np.array([1.0, 1.0, 1.1])),
    (float("nan"), 1.0),
    (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [1]})),
    (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})),
    (pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [2.0, 1.0]})),
    (pd.Series([1.0], name="a"), pd.Series([1.0], name="b")),
    (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")),
)


@pytest.mark.parametrize("value", STORED, ids=repr)
def test_a_value_is_stored_and_read_back(value: Any, tmp_path: Path) -> None:
    """Of the same type, and equal."""
    store(value, tmp_path, "value")
    assert_same(load(tmp_path, "value"), value)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_is_stored_and_read_back(library: str, tmp_path: Path) -> None:
    """With its dtypes and its index."""
    made = pytest.importorskip(library)
    pytest.importorskip("pyarrow")
    frame = made.DataFrame({"a": [1.5, None], "b": ["x", "y"], "c": [1, 2]})
    held = {"frame": frame, "series": frame["a"]}
    store(held, tmp_path, "value")
    assert_same(load(tmp_path, "value"), held)


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 1, np.array([object()]), math, open],
    ids=["object", "function", "array", "module", "builtin"],
)
def test_what_cannot_be_stored_is_refused(value: Any, tmp_path: Path) -> None:
    """Nothing is pickled, and no file is left that only looks like the value."""
    with pytest.raises(CannotStoreError):
        store([value], tmp_path, "value")


@pytest.mark.parametrize(("now", "then"), CHANGED, ids=repr)
def test_a_change_is_told(now: Any, then: Any) -> None:
    """Another type, shape, order, key or number fails the comparison."""
    with pytest.raises(AssertionError):
        assert_same(now, then)
    assert_same(now, now)


def test_numbers_within_the_tolerance_are_the_same() -> None:
    """A sum in another order gives other last digits."""
    assert_same(0.1 + 0.2, 0.3)
    assert_same(np.array([0.1 + 0.2, np.nan]), np.array([0.3, np.nan]))
    assert_same(pd.DataFrame({"a": [0.1 + 0.2]}), pd.DataFrame({"a": [0.3]}))


def test_an_object_is_compared_by_what_it_consists_of() -> None:
    """A model by its parameters and what it has learnt, in attributes or in compiled code."""
    tree = pytest.importorskip("sklearn.tree").DecisionTreeClassifier
    one, same = (tree(random_state=0).fit([[0], [1], [2]], [0, 0, 1]) for _ in range(2))
    assert_facts(same, facts(one))
    with pytest.raises(AssertionError):
        assert_facts(tree(random_state=0).fit([[0], [1], [2]], [0, 1, 1]), facts(one))
    with pytest.raises(AssertionError):
        assert_facts(tree(random_state=1).fit([[0], [1], [2]], [0, 0, 1]), facts(one))


def test_an_object_that_holds_itself_has_facts() -> None:
    """The walk ends."""
    held: list[Any] = [1]
    held.append(held)
    assert facts(held)["[0]"] == 1


def test_the_kind_of_a_value_holds_no_element() -> None:
    """Type, shape, columns and their types."""
    kind = kind_of(pd.DataFrame({"a": [12345.5], "b": ["secret"]}))
    assert kind["columns"]["a"] == "float64"
    assert "12345" not in json.dumps(kind)
    assert "secret" not in json.dumps(kind)


def test_generators_go_on_from_a_recorded_state() -> None:
    """The global ones of Python and numpy, through JSON."""
    import random

    state = json.loads(json.dumps(random_state()))
    first = (random.random(), np.random.random())
    set_random_state(state)
    assert (random.random(), np.random.random()) == first


# -- whole packages, each in processes of its own ----------------------------------------------------------

slow = pytest.mark.slow


def written(package: Package, folder: Path, **options: Any) -> tuple[Path, WrittenTests]:
    """A package with its tests."""
    pytest.importorskip("pyarrow")
    made = package.write(folder)
    tests = write_tests(made, folder, **options)
    return made, tests


@slow
@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_written_tests_pass_and_notice_mutants(package: Package, tmp_path: Path) -> None:
    """At least 80 % of the mutants that change a target are noticed. Every third is tried here."""
    made, tests = written(package, tmp_path)
    assert tests.skipped == {}
    done = passes(made)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout
    verdict = judged(made, tmp_path, every=3)
    print(f"{package}: {len(verdict.killed)} noticed, {verdict.survived} not: {verdict.rate:.0%}")
    assert len(verdict.killed) >= 8
    assert verdict.rate >= 0.8, verdict.survived


@slow
def test_nothing_of_the_data_is_written_without_it(tmp_path: Path) -> None:
    """Inputs are made up. Files that the notebook reads are not copied, and no value of theirs is kept."""
    package = Package(
        "private", SHOP.steps, {"orders.csv": SHOP.files["orders.csv"].replace("4.5", "777.125")}
    )
    made, tests = written(package, tmp_path, data=False)
    assert "made-up values" in tests.told
    assert not (tests.folder / "data" / "files").exists()
    assert passes(made).returncode == 0
    held = [pd.read_parquet(file) for file in tests.folder.rglob("*.parquet")]
    assert held
    assert not any((frame == 777.125).any().any() for frame in held)
    texts = [file.read_text(encoding="utf-8") for file in tests.folder.rglob("*.json")]
    assert not any("777.125" in text for text in texts)


@slow
def test_the_person_is_asked(tmp_path: Path) -> None:
    """What would be written is told first. After a no the inputs are made up; files of others stay."""
    pytest.importorskip("pyarrow")
    made = SHOP.write(tmp_path)
    asked: list[str] = []
    (made / "tests").mkdir()
    (made / "tests" / "test_mine.py").write_text("mine = 1")
    tests = write_tests(made, tmp_path, confirm=lambda text: bool(asked.append(text)))
    assert "clean: orders, 62 × 4" in asked[0]
    assert "file orders.csv" in asked[0]
    assert "made-up values" in tests.told
    assert not (tests.folder / "data" / "files").exists()
    assert (made / "tests" / "test_mine.py").read_text() == "mine = 1"
    assert not (made / "tests.part").exists()


@slow
def test_a_pipeline_that_fails_is_refused(tmp_path: Path) -> None:
    """The reason is the error, and nothing is left."""
    made = Package("broken", SIGNAL.steps.replace("max(heights)", "max([])")).write(tmp_path)
    with pytest.raises(CannotRecordError, match=r"ValueError: max\(\)"):
        write_tests(made, tmp_path)
    assert not list(made.glob("tests*"))


@slow
def test_large_inputs_are_sampled_at_the_same_rows(tmp_path: Path) -> None:
    """Features and labels of a large table stay together: the step's test says how many rows it takes."""
    steps = MODEL.steps.replace("rows: int = 300", "rows: int = 9000")
    made, tests = written(Package("large", steps), tmp_path)
    assert "2,000 × 3 (2,000 of 9,000 rows)" in tests.told
    assert passes(made).returncode == 0


@slow
def test_what_each_run_makes_otherwise_is_compared_by_its_kind(tmp_path: Path) -> None:
    """A step that asks the clock or draws without a seed has a test that passes, and that is said."""
    steps = MODEL.steps.replace("np.random.seed(seed)", "np.random.seed(None)")
    # With few rows that a line separates most scores would be 1.0, in whichever runs.
    steps = steps.replace("rows: int = 300", "rows: int = 3000")
    steps = steps.replace('people["income"] > 60', 'people["income"] + np.random.normal(0, 9, rows) > 60')
    made, tests = written(Package("unseeded", steps), tmp_path)
    assert "make_data: of people only the type, shape and columns is compared" in tests.told
    assert passes(made).returncode == 0


NOTEBOOK = (
    "import pandas as pd\nimport asyncio",
    "orders = pd.read_csv('orders.csv')",
    "orders.head()",
    "priced = orders.dropna()\npriced = priced.assign(total=priced.price * priced.units)",
    "async def rate():\n    await asyncio.sleep(0)\n    return 1.5",
    "factor = await rate()\nby_city = priced.groupby('city').total.sum() * factor",
    "best = by_city.idxmax()\nmetrics = {'best': float(by_city.max()), 'cities': len(by_city)}",
)


@slow
def test_a_promoted_notebook_has_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`cellgraph promote` says which data they hold. They pass, and notice what changes a target."""
    pytest.importorskip("pyarrow")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in NOTEBOOK])
    (tmp_path / "orders.csv").write_text(SHOP.files["orders.csv"], encoding="utf-8")
    nbformat.write(notebook, tmp_path / "orders.ipynb")
    package = tmp_path / "promoted_orders"
    words = ["promote", str(tmp_path / "orders.ipynb"), "-t", "metrics", "-t", "best", "-o", str(package)]
    assert main([*words, "--yes"]) == 0
    said = capsys.readouterr().out
    assert "the tests hold values of your data" in said
    assert "file orders.csv" in said
    done = passes(package)
    assert done.returncode == 0, done.stdout
    verdict = judged(package, tmp_path)
    assert verdict.rate >= 0.8, verdict.survived
    assert len(verdict.killed) >= 5
    assert main([*words, "--force"]) == 0  # nobody can be asked
    assert "made-up values" in capsys.readouterr().out
    assert not (package / "tests" / "data" / "files").exists()
    assert passes(package).returncode == 0

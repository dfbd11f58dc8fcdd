"""Tables, labelled arrays and plans: by value where they lie in memory, never computed, never touched."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest

from cellgraph.digest.adapters import arrow_buffers
from tests.digests import NONE, digest, look

pl = pytest.importorskip("polars", reason="polars is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

COLUMNS: dict[str, list[Any]] = {
    "numbers": [1, 2, 3],
    "missing": [1, None, 3],
    "text": ["a", None, "a longer piece of text", ""],
    "booleans": [True, None, False] * 5,
    "lists": [[1, 2], None, [], [3]],
    "lists of text": [["a", "a longer piece of text"], None, []],
    "records": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}],
    "bytes": [b"a", None],
    "nothing": [None, None],
    "dates": [date(2024, 1, 1), None],
    "times": [datetime(2024, 1, 1, tzinfo=UTC), None],
    "decimals": [Decimal("1.5"), Decimal("2.5")],
}
MAKERS = {"polars": pl.Series, "pyarrow": pa.array}
EVERY = pytest.mark.parametrize("held", COLUMNS.values(), ids=COLUMNS)
BOTH = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def together(parts: list[Any]) -> Any:
    """Columns one after another without joining them in memory."""
    if isinstance(parts[0], pl.Series):
        return pl.concat(parts, rechunk=False)
    return pa.chunked_array(parts)


@EVERY
@BOTH
def test_a_column_made_again_agrees_and_a_shorter_one_does_not(
    make: Callable[[list[Any]], Any], held: list[Any]
) -> None:
    """For each kind of column in each library: its digest is exact."""
    first = digest(make(held))
    assert first.quality == "exact"
    assert first.agrees(digest(make(held)))
    assert not first.agrees(digest(make(held)[1:]))


@EVERY
@BOTH
def test_it_does_not_matter_how_a_column_is_cut(make: Callable[[list[Any]], Any], held: list[Any]) -> None:
    """It does not matter how a column is cut into chunks, or where its buffers begin."""
    whole = make([*held, *held])
    cut = together([whole[:1], whole[1 : len(held)], whole[len(held) :]])
    assert digest(together([whole])).agrees(digest(cut))
    assert digest(make(held)).agrees(digest(whole[len(held) :]))


@EVERY
@BOTH
def test_a_column_has_the_same_digest_without_numpy(
    make: Callable[[list[Any]], Any], held: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column has the same digest whether or not numpy is loaded."""
    first = digest(make(held))
    monkeypatch.setattr(arrow_buffers, "numpy", lambda: None)
    assert digest(make(held)) == first


WORDS = [f"{'a longer word of ' if number % 3 else ''}{number}" for number in range(5_000)]


def test_text_that_lies_all_over_the_place_is_text() -> None:
    """Text that lies all over the place in its buffers is the same text."""
    spread = pl.concat([pl.Series(WORDS), pl.Series(WORDS[::-1])]).sample(10_000, shuffle=True, seed=1)
    assert digest(spread).agrees(digest(pl.Series(spread.to_list())))
    few = spread.filter(spread.str.ends_with("7"))[:40]
    assert digest(few).agrees(digest(pl.Series(few.to_list())))


def test_a_categorical_is_told_by_its_words() -> None:
    """A categorical is told by its words: earlier ones may have taken other codes."""
    first = digest(pl.Series(["b", "a", None, "b"], dtype=pl.Categorical))
    pl.Series(["z", "y"], dtype=pl.Categorical)
    assert first.agrees(digest(pl.Series(["b", "a", None, "b"], dtype=pl.Categorical)))
    assert not first.agrees(digest(pl.Series(["a", "b", None, "a"], dtype=pl.Categorical)))


def hidden(value: int) -> Any:
    """An array of 1 and nothing, with ``value`` lying under what is missing."""
    buffers = [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1, value]))]
    return pa.Array.from_buffers(pa.int64(), 2, buffers)


def test_what_lies_under_a_missing_element_is_no_value() -> None:
    """Arrow and pandas keep a number there, and two such columns agree whatever it is."""
    assert digest(hidden(5)).agrees(digest(hidden(6)))
    masked = [pd.Series(pd.arrays.IntegerArray(np.array([1, n]), np.array([False, True]))) for n in (5, 6)]
    assert digest(masked[0]).agrees(digest(masked[1]))


LARGE: dict[str, Callable[[], Any]] = {
    "polars frame": lambda: pl.DataFrame({"a": range(300_000), "b": ["x", "a longer word"] * 150_000}),
    "polars categorical": lambda: pl.Series(["a", "b"] * 200_000, dtype=pl.Categorical),
    "pyarrow table": lambda: pa.table({"a": range(300_000), "b": ["x", None] * 150_000}),
    "pandas text": lambda: pd.DataFrame({"a": ["x", "y", "z"] * 100_000}),
    "pandas nullable": lambda: pd.Series([1, None] * 300_000, dtype="Int64"),
    "pandas categories": lambda: pd.Series(["a", "b"] * 1_000_000, dtype="category"),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_a_large_table_over_budget_is_sampled_and_the_sample_agrees(make: Callable[[], Any]) -> None:
    """A large table over budget is sampled, and the sample agrees with an exact digest."""
    exact, sampled = digest(make()), digest(make(), NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)


def table() -> Any:
    """A small frame of polars."""
    return pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})


CHANGES: dict[str, tuple[Callable[[Any], object], list[str]]] = {
    "one element": (lambda frame: frame.__setitem__((0, "a"), 9), ['["a"]']),
    "a column in": (lambda frame: frame.insert_column(2, pl.Series("c", [1, 2, 3])), ['["c"]', ".columns"]),
    "a column replaced": (lambda frame: frame.replace_column(0, pl.Series("a", [7, 8, 9])), ['["a"]']),
    "longer": (lambda frame: frame.extend(table()), ['["a"]', '["b"]']),
    "a column out": (lambda frame: frame.drop_in_place("b"), ['["b"]', ".columns"]),
    "renamed": (lambda frame: setattr(frame, "columns", ["a", "c"]), ['["b"]', '["c"]', ".columns"]),
}


@pytest.mark.parametrize(("change", "paths"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_a_polars_frame_changes_its_parts(
    change: Callable[[Any], object], paths: list[str]
) -> None:
    """A change of a polars frame in place changes the digest, and the parts that it is of."""
    frame = table()
    before = digest(frame)
    change(frame)
    after = digest(frame)
    old, new = dict(before.parts), dict(after.parts)
    assert not before.agrees(after)
    assert sorted(path for path in {**old, **new} if old.get(path) != new.get(path)) == sorted(paths)


def test_arrow_over_numpy_shares_its_memory() -> None:
    """An Arrow array made of a numpy array without a copy is an alias of it."""
    base = np.arange(10)
    assert look(base).mutable & look(pa.array(base)).mutable
    assert look(base[2:]).mutable & look({"table": pa.table({"a": base})}).mutable
    assert not look(base).mutable & look(pa.array(base.tolist())).mutable


def test_a_file_mapped_into_memory_is_not_read_whole_beyond_the_budget(tmp_path: Path) -> None:
    """A file mapped into memory is not read whole beyond the budget; a change through it is seen."""
    mapped = np.memmap(tmp_path / "a.bin", "u1", "w+", shape=(30_000_000,))
    assert digest(mapped, 0.01).quality == "sampled"
    assert digest(np.asarray(mapped)[5:], 0.01).quality == "sampled"
    before = digest(mapped[:1000])
    mapped[500] = 1
    assert not before.agrees(digest(mapped[:1000]))


class ComputedError(Exception):
    """Something lazy was computed."""


def computed(*args: object, **kwargs: object) -> NoReturn:
    """What no look may ever call."""
    raise ComputedError


class Spark:
    """As a frame of Spark: whatever is asked of it starts a job."""

    def __getattr__(self, name: str) -> NoReturn:
        raise ComputedError(name)

    __len__ = __iter__ = __bool__ = __eq__ = __hash__ = __repr__ = __reduce__ = computed


Spark.__module__ = "pyspark.sql.dataframe"


def from_dask(make: Callable[[ModuleType], object]) -> Callable[[], object]:
    """A maker of a value of dask's."""

    def maker() -> object:
        dask = pytest.importorskip("dask", reason="dask is not installed")
        for name in ("array", "bag", "dataframe"):
            pytest.importorskip(f"dask.{name}", reason=f"dask.{name} is not installed")
        return make(dask)

    return maker


def from_xarray() -> object:
    """A labelled array whose elements dask would have to compute."""
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    return xarray.DataArray(blocks(pytest.importorskip("dask", reason="dask is not installed")), dims="x")


def blocks(dask: Any) -> Any:
    """An array of dask's that cannot be computed."""
    import dask.array

    return dask.array.ones(4, chunks=2).map_blocks(computed, dtype=float, meta=np.ones(0))


def partitions(dask: Any) -> Any:
    """A frame of dask's that cannot be computed."""
    import dask.dataframe

    frame = pd.DataFrame({"a": [1, 2]})
    return dask.dataframe.from_pandas(frame, npartitions=1).map_partitions(computed, meta=frame)


def from_ibis() -> object:
    """An expression over a table that is nowhere."""
    ibis = pytest.importorskip("ibis", reason="ibis is not installed")
    return ibis.table({"a": "int64"}, name="nowhere").a.sum()


LAZY: dict[str, Callable[[], object]] = {
    "spark": Spark,
    "polars": lambda: pl.LazyFrame({"a": [1]}).map_batches(computed),
    "polars expression": lambda: pl.col("a").map_batches(computed, return_dtype=pl.Int64),
    "polars file": lambda: pl.scan_csv("nowhere.csv"),
    "dask array": from_dask(blocks),
    "dask frame": from_dask(partitions),
    "dask bag": from_dask(lambda dask: dask.bag.from_sequence([1]).map(computed)),
    "dask delayed": from_dask(lambda dask: dask.delayed(computed, pure=True)(1)),
    "xarray": from_xarray,
    "ibis": from_ibis,
}


@pytest.mark.parametrize("make", LAZY.values(), ids=LAZY)
def test_nothing_lazy_is_computed(make: Callable[[], object]) -> None:
    """Nothing lazy is computed: the same plan agrees with itself, looked at twice."""
    plan = make()
    first = digest([plan])
    assert first.quality in ("exact", "opaque")
    assert digest([plan]).quality == first.quality


def state(value: object) -> dict[str, Any]:
    """Who an object's attributes are, one level down."""
    held = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        for name in getattr(cls, "__slots__", ()):
            if hasattr(value, name):
                held[name] = getattr(value, name)
    return {
        name: (id(part), len(part) if isinstance(part, dict | list) else None) for name, part in held.items()
    }


def labelled() -> object:
    """A labelled array of xarray's."""
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    return xarray.DataArray(np.arange(3.0), dims="x", coords={"x": [0, 1, 2]})


def graph() -> object:
    """A graph of networkx's."""
    return pytest.importorskip("networkx", reason="networkx is not installed").path_graph(4)


def expression() -> object:
    """An expression of sympy's."""
    sympy = pytest.importorskip("sympy", reason="sympy is not installed")
    return sympy.Symbol("x") ** 2 + 1


def sparse() -> object:
    """A sparse matrix."""
    return pytest.importorskip("scipy.sparse", reason="scipy is not installed").csr_matrix(np.eye(3))


OBJECTS: dict[str, Callable[[], object]] = {
    "frame": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    "index": lambda: pd.Index([1, 2]),
    "groups": lambda: pd.DataFrame({"a": [1, 2]}).groupby("a"),
    "polars": table,
    "polars in chunks": lambda: pl.concat([table(), table()], rechunk=False),
    "array": lambda: np.arange(5),
    "labelled": labelled,
    "graph": graph,
    "expression": expression,
    "sparse": sparse,
}


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_a_look_fills_no_cache(make: Callable[[], object]) -> None:
    """A look fills no cache and leaves every attribute who it was."""
    value = make()
    before = state(value)
    digest(value)
    assert state(value) == before


def test_a_look_does_not_join_the_chunks_of_a_frame() -> None:
    """A frame of two chunks has two of them afterwards."""
    frame = pl.concat([table(), table()], rechunk=False)
    digest(frame)
    assert frame.n_chunks() == 2


def test_a_second_thread_sees_no_difference() -> None:
    """A second thread that reads a value while it is looked at sees no difference."""
    frame, array = pl.concat([table(), table()], rechunk=False), np.arange(100_000)
    view = array[::2]
    view.flags.writeable = False
    expected, total = frame.rows(), int(view.sum())
    seen: list[bool] = []
    done = threading.Event()

    def reader() -> None:
        while not done.is_set():
            seen.append(frame.rows() == expected and int(view.sum()) == total)

    thread = threading.Thread(target=reader)
    thread.start()
    for _ in range(20):
        digest([frame, array, view])
    done.set()
    thread.join()
    assert all(seen)


ALONE = """
import sys
import {library}
from cellgraph.digest import Digester
value = {make}
before = set(sys.modules)
assert Digester(60.0).look(value).digest.quality == "exact"
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
assert not new - set(sys.stdlib_module_names) - {{"cellgraph"}}, new
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "make"),
    [
        ("polars", "polars.DataFrame({'a': [1, None], 'b': ['x', 'a longer piece of text']})"),
        ("pyarrow", "pyarrow.table({'a': [1, None], 'b': ['x', None], 'c': [[1], []]})"),
    ],
)
def test_no_other_library_is_imported_for_a_table(library: str, make: str) -> None:
    """No other library is imported for a table: not even numpy."""
    code = ALONE.format(library=library, make=make)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def dataset() -> Iterator[Any]:
    """A data set of two variables."""
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield xarray.Dataset({"a": ("x", [1.0, 2]), "b": ("x", [3, 4])}, {"x": [0, 1]})


def test_a_data_set_tells_its_variables_apart(dataset: Any) -> None:
    """A data set tells its variables apart, and a change of a coordinate is one of all."""

    def differing(before: dict[str, str]) -> list[str]:
        now = dict(digest(dataset).parts)
        return sorted(path for path in {**before, **now} if before.get(path) != now.get(path))

    parts = dict(digest(dataset).parts)
    dataset["a"][0] = 9
    assert differing(parts) == ['["a"]']
    parts = dict(digest(dataset).parts)
    dataset["c"] = dataset["a"] + 1
    assert differing(parts) == ['["c"]']
    parts = dict(digest(dataset).parts)
    dataset["x"] = [5, 6]
    assert differing(parts) == [".coords", '["a"]', '["b"]', '["c"]', '["x"]']


@pytest.mark.parametrize("count", [1, 64, 65])
def test_columns_of_text_are_equal_however_they_lie(count: int) -> None:
    """Few texts are read as a list and many where they lie; of either, only what they say counts."""
    names = [f"n{at}" for at in range(count)]
    before = digest(pd.Index(names))
    assert before.agrees(digest(pd.Index(["before", *names])[1:]))
    assert before.agrees(digest(pd.Index(names[:1]).append(pd.Index(names[1:], dtype="str"))))
    assert not before.agrees(digest(pd.Index([*names[:-1], "other"])))
    assert not before.agrees(digest(pd.Index([*names[:-1], None])))

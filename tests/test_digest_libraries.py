"""numpy, pandas and scikit-learn: by value, whatever the layout in memory, and unchanged by the look."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Self

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.digests import NONE, Case, digest, look

ROWS = 60_000


def strided() -> object:
    """Every other element of an array."""
    return np.arange(20)[::2]


def table(**columns: object) -> pd.DataFrame:
    """A small frame."""
    return pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], **columns})


def changed(frame: pd.DataFrame, change: Callable[[pd.DataFrame], object]) -> pd.DataFrame:
    """The frame after a change in place."""
    change(frame)
    return frame


class Metres(np.ndarray):
    def __new__(cls, values: list[int]) -> Self:
        made = np.asarray(values).view(cls)
        made.unit = "m"
        return made

    unit = ""


RECORD = np.dtype([("a", "i1"), ("b", "f8")], align=True)

CASES = (
    Case("ints", lambda: np.arange(4), (lambda: np.arange(4.0), lambda: np.arange(4).reshape(2, 2))),
    Case("same bytes", lambda: np.zeros(2, "i8"), (lambda: np.zeros(2, "f8"), lambda: np.zeros(2, "m8[s]"))),
    Case("strided", strided, (lambda: np.arange(10) * 2 + 1,)),
    Case("nan", lambda: np.array([np.nan]), (lambda: np.array([0.0]),)),
    Case("empty", lambda: np.zeros((0, 3)), (lambda: np.zeros((3, 0)),)),
    Case("no dimension", lambda: np.array(5), (lambda: np.array(6), lambda: np.array([5]), lambda: 5)),
    Case("text", lambda: np.array(["a", "bc"]), (lambda: np.array(["a", "bd"]),)),
    Case("dates", lambda: np.array(["2020-01-01"], "M8[D]"), (lambda: np.array(["2020-01-01"], "M8[s]"),)),
    Case("objects", lambda: np.array([1, "a", [2]], object), (lambda: np.array([1, "a", [3]], object),)),
    Case("records", lambda: np.array([(1, 2.0)], RECORD), (lambda: np.array([(1, 3.0)], RECORD),)),
    Case("long double", lambda: np.array([1, 3], "g") / 3, (lambda: np.array([1, 4], "g") / 3,)),
    Case("masked", lambda: np.ma.array([1, 2], mask=[0, 1]), (lambda: np.ma.array([1, 2], mask=[1, 0]),)),
    Case("subclass", lambda: Metres([1]), (lambda: Metres([2]), lambda: np.array([1]))),
    Case("scalar", lambda: np.float64(2), (lambda: np.float32(2), lambda: 2.0)),
    Case("dtype", lambda: np.dtype("f8"), (lambda: np.dtype("f4"),)),
    Case("generator", lambda: np.random.default_rng(1), (lambda: np.random.default_rng(2),)),
    Case("random state", lambda: np.random.RandomState(1), (lambda: np.random.RandomState(2),)),
    Case("list of scalars", lambda: [np.int64(1)], (lambda: [np.int64(2)], lambda: [1])),
    Case(
        "frame",
        table,
        (
            lambda: table(c=1),
            lambda: table().rename(columns={"a": "A"}),
            lambda: table().set_index("a"),
            lambda: table().astype({"a": "float"}),
            lambda: changed(table(), lambda frame: frame.attrs.update(unit="m")),
            lambda: changed(table(), lambda frame: frame.__setitem__("a", [1, 2, 4])),
            lambda: table()[["b", "a"]],
        ),
    ),
    Case(
        "duplicate columns",
        lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
        (lambda: pd.DataFrame([[2, 1]], columns=["a", "a"]),),
    ),
    Case("empty frame", lambda: pd.DataFrame([]), (lambda: pd.DataFrame(index=[1]),)),
    Case(
        "series", lambda: pd.Series([1, 2], name="a"), (lambda: pd.Series([1, 2]), lambda: pd.Series([1, 3]))
    ),
    Case("range", lambda: pd.RangeIndex(3), (lambda: pd.RangeIndex(4),)),
    Case("index", lambda: pd.Index([1, 3], name="n"), (lambda: pd.Index([1, 3]), lambda: pd.Index([1, 4]))),
    Case(
        "levels",
        lambda: pd.MultiIndex.from_product([[1, 2], ["a"]]),
        (lambda: pd.MultiIndex.from_product([[1, 3], ["a"]]),),
    ),
    Case(
        "zone",
        lambda: pd.date_range("2020", periods=3, tz="UTC"),
        (
            lambda: pd.date_range("2020", periods=3, tz="Europe/Paris"),
            lambda: pd.date_range("2020", periods=3),
        ),
    ),
    Case("categories", lambda: pd.Categorical(["a"]), (lambda: pd.Categorical(["a"], ["a", "b"]),)),
    Case("nullable", lambda: pd.array([1, None], dtype="Int64"), (lambda: pd.array([1, 2], dtype="Int64"),)),
    Case("boolean", lambda: pd.array([True, None]), (lambda: pd.array([False, None]),)),
    Case(
        "words",
        lambda: pd.Series(["a", None], dtype="string"),
        (lambda: pd.Series(["a", "b"], dtype="string"),),
    ),
    Case("default words", lambda: pd.Series(["a", "b"]), (lambda: pd.Series(["a", "c"]),)),
    Case("intervals", lambda: pd.interval_range(0, 3), (lambda: pd.interval_range(0, 3, closed="left"),)),
    Case(
        "periods",
        lambda: pd.period_range("2020", periods=2, freq="M"),
        (lambda: pd.period_range("2020", periods=2, freq="D"),),
    ),
    Case("sparse", lambda: pd.arrays.SparseArray([0, 0, 1]), (lambda: pd.arrays.SparseArray([0, 1, 0]),)),
    Case(
        "timestamp",
        lambda: pd.Timestamp("2020"),
        (lambda: pd.Timestamp("2021"), lambda: pd.Timestamp("2020", tz="UTC")),
    ),
    Case("missing", lambda: [pd.NA, pd.NaT], (lambda: [pd.NaT, pd.NA],)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_made_again_has_a_digest_that_agrees(case: Case) -> None:
    """Each row is made twice, and its digest is exact."""
    first = digest(case.make())
    assert first.quality == "exact"
    assert first.agrees(digest(case.make()))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_another_value_has_a_digest_that_does_not_agree(case: Case) -> None:
    """Each row names values that differ from it in one thing; none of their digests agrees."""
    first = digest(case.make())
    assert not any(first.agrees(digest(other())) for other in case.others)


def fit(make: Callable[[], object], seed: int = 0) -> object:
    """An estimator fitted to data that the seed decides."""
    points = np.random.default_rng(seed).random((80, 3))
    return make().fit(points, points[:, 0] > 0.5)  # type: ignore[attr-defined]


ESTIMATORS = (
    lambda: RandomForestClassifier(5, random_state=0),
    lambda: HistGradientBoostingClassifier(max_iter=3, random_state=0),
    lambda: GradientBoostingClassifier(n_estimators=3, random_state=0),
    lambda: SGDClassifier(random_state=0),
    lambda: KNeighborsClassifier(algorithm="kd_tree"),
    lambda: KNeighborsClassifier(algorithm="ball_tree"),
    lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    lambda: GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2),
)


@pytest.mark.parametrize("make", ESTIMATORS, ids=lambda make: type(make()).__name__)
def test_an_estimator_fitted_again_agrees_and_on_other_data_does_not(make: Callable[[], object]) -> None:
    """Nor does one that was not fitted."""
    first = digest(fit(make))
    assert first.quality == "exact"
    assert first.agrees(digest(fit(make)))
    assert not first.agrees(digest(fit(make, seed=1)))
    assert not first.agrees(digest(make()))


def test_prediction_is_no_change_of_a_neighbours_classifier() -> None:
    """The tree that it searches counts the calls; the count is no state."""
    model = fit(lambda: KNeighborsClassifier(algorithm="kd_tree"))
    before = digest(model)
    model.predict(np.zeros((2, 3)))  # type: ignore[attr-defined]
    assert before.agrees(digest(model))


def interleaved() -> pd.DataFrame:
    """A large frame made from one 2-D array."""
    return pd.DataFrame(np.arange(ROWS * 8.0).reshape(ROWS, 8), columns=list("abcdefgh"), copy=False)


def by_column() -> pd.DataFrame:
    """The same frame made a column at a time."""
    frame = interleaved()
    return pd.DataFrame({name: frame[name].to_numpy().copy() for name in frame})


LAYOUTS = (interleaved, by_column, lambda: interleaved().copy(), lambda: by_column().copy())


@pytest.mark.parametrize("one", LAYOUTS)
@pytest.mark.parametrize("other", LAYOUTS)
def test_frames_with_the_same_values_agree_in_every_layout(
    one: Callable[[], pd.DataFrame], other: Callable[[], pd.DataFrame]
) -> None:
    """One block or several, in either order of memory."""
    assert digest(one()).agrees(digest(other()))


@pytest.mark.parametrize("make", LAYOUTS)
def test_one_number_changed_in_a_large_frame_is_seen(make: Callable[[], pd.DataFrame]) -> None:
    """It is set in place, in the middle of a column."""
    frame = make()
    before = digest(frame)
    frame.iloc[ROWS // 3, 5] = -1
    assert not before.agrees(digest(frame))


def test_a_merge_of_blocks_by_pandas_is_no_change() -> None:
    """pandas merges blocks by itself on some reads."""
    frame = table(c=1.5)
    frame["d"] = 5
    before = digest(frame)
    frame._consolidate_inplace()
    assert before.agrees(digest(frame))


def parts(make: Callable[[], pd.DataFrame]) -> dict[str, str]:
    """The parts of a frame that can be compared alone."""
    return dict(digest(make()).parts)


def differing(one: Callable[[], pd.DataFrame], other: Callable[[], pd.DataFrame]) -> list[str]:
    """The parts that two frames do not have in common."""
    first, second = parts(one), parts(other)
    return [path for path in {**first, **second} if first.get(path) != second.get(path)]


PARTS = (
    (lambda: changed(table(), lambda frame: frame.__setitem__("a", 0)), ['["a"]']),
    (lambda: table(c=1), ['["c"]', ".columns"]),
    (lambda: table().set_axis([5, 6, 7]), ['["a"]', '["b"]', ".index"]),
    (lambda: table()[["b", "a"]], [".columns"]),
    (lambda: changed(table(), lambda frame: frame.attrs.update(unit="m")), [".attrs", '.attrs["unit"]']),
)


@pytest.mark.parametrize(("other", "paths"), PARTS)
def test_a_frame_tells_its_columns_and_what_labels_them_apart(
    other: Callable[[], pd.DataFrame], paths: list[str]
) -> None:
    """A change is in the paths that the row names, and in no other."""
    assert list(parts(table)) == ['["a"]', '["b"]', ".columns", ".index"]
    assert sorted(differing(table, other)) == sorted(paths)


def test_columns_that_cannot_be_told_apart_are_one_part() -> None:
    """Two columns of one name are ``.values`` together."""

    def twice(second: int) -> Callable[[], pd.DataFrame]:
        return lambda: pd.DataFrame([[1, second]], columns=["a", "a"])

    assert differing(twice(1), twice(2)) == [".values"]


def test_large_arrays_agree_in_either_order_of_memory() -> None:
    """Row by row, column by column, and as every second column of another array."""
    rows = np.arange(400_000.0).reshape(1000, 400)
    assert digest(rows).agrees(digest(np.asfortranarray(rows)))
    assert digest(rows).agrees(digest(np.repeat(rows, 2, axis=1)[:, ::2]))


@pytest.mark.parametrize("make", [lambda: np.arange(10.0), table, lambda: pd.Series([1, 2])])
def test_a_look_leaves_no_trace_in_the_object(make: Callable[[], object]) -> None:
    """Its attributes are the same objects in words before and after."""
    value = make()
    before = {name: repr(part) for name, part in getattr(value, "__dict__", {}).items()}
    digest(value)
    assert {name: repr(part) for name, part in getattr(value, "__dict__", {}).items()} == before


def test_a_view_shares_memory_with_its_base() -> None:
    """A slice, a transposed view and one through the buffer do; a copy does not."""
    base = np.arange(10)
    assert look(base).mutable & look(base[2:5]).mutable
    assert look(base).mutable & look(base.reshape(2, 5).T).mutable
    assert look(base).mutable & look(np.frombuffer(base.data, base.dtype)).mutable
    assert not look(base).mutable & look(base.copy()).mutable


def test_a_frame_shares_memory_with_the_array_it_was_made_from() -> None:
    """With ``copy=False`` a change of the array is one of the frame."""
    base = np.arange(10.0).reshape(5, 2)
    assert look(base).mutable & look(pd.DataFrame(base, copy=False)).mutable


@pytest.mark.parametrize("make", [lambda: np.arange(3_000_000), interleaved, by_column])
def test_an_exact_digest_agrees_with_one_over_budget(make: Callable[[], object]) -> None:
    """With no budget the value is sampled, and both digests agree in either direction."""
    exact, sampled = digest(make()), digest(make(), NONE)
    assert (exact.quality, sampled.quality) == ("exact", "sampled")
    assert exact.agrees(sampled)
    assert sampled.agrees(exact)
    assert sampled.value == sampled.sample


def test_no_library_is_imported_for_a_look() -> None:
    """``sys.modules`` is the same before and after a look at a frame and an array."""
    before = set(sys.modules)
    digest([table(), np.arange(3)])
    assert set(sys.modules) == before

"""Memory that nothing has filled is no value: what happens to lie there never counts as a change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cellgraph.digest import Digester
from tests.digests import AMPLE, NONE, digest

ALIGNED = np.dtype([("a", "i1"), ("b", "f8")], align=True)
LAYOUTS = {
    "aligned": ALIGNED,
    "within a record": np.dtype([("n", "i4"), ("at", ALIGNED)]),
    "several in a field": np.dtype([("n", "i8"), ("at", ALIGNED, (2,))]),
    "a gap at the end": np.dtype({"names": ["a"], "formats": ["i2"], "offsets": [0], "itemsize": 8}),
    "extended precision": np.dtype([("a", "i8"), ("b", np.longdouble)]),
}


def over(dtype: np.dtype, filler: int, count: int = 6) -> np.ndarray:
    """Records of ones, in memory that held ``filler`` in every byte before."""
    records = np.full(count * dtype.itemsize, filler, "u1").view(dtype)
    _fill(records)
    return records


def _fill(records: np.ndarray) -> None:
    for name in records.dtype.names or ():
        if records[name].dtype.names:
            _fill(records[name])
        else:
            records[name] = 1


SHAPES: dict[str, Callable[[np.ndarray], object]] = {
    "one row": lambda records: records,
    "a table": lambda records: records.reshape(2, 3),
    "every other one": lambda records: records[::2],
    "a record": lambda records: records[0],
    "in a list": lambda records: [records, {"k": records}],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_bytes_between_fields_are_no_value(layout: str, shape: str) -> None:
    """Records with equal fields have equal digests, whatever lies in the gaps between these."""
    first, other = (SHAPES[shape](over(LAYOUTS[layout], filler)) for filler in (0, 255))
    assert digest(first).quality == "exact"
    assert digest(first).agrees(digest(other))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_field_of_records_with_gaps_counts(layout: str) -> None:
    """To set one field of one record changes the digest."""
    records = over(LAYOUTS[layout], 0)
    before = digest(records)
    name = (records.dtype.names or ())[-1]
    inner = records[name]["b"] if records[name].dtype.names else records[name]
    inner[2] = 9
    assert not digest(records).agrees(before)


def test_a_sample_of_records_leaves_the_gaps_out() -> None:
    """Records too many for the budget are sampled field by field."""
    first, other = (over(ALIGNED, filler, count=2_000_000) for filler in (0, 255))
    sampled = digest(first, NONE)
    assert sampled.quality == "sampled"
    assert sampled.agrees(digest(other, NONE))
    assert sampled.agrees(digest(other))


def test_views_of_records_with_gaps_are_aliases() -> None:
    """A view of records and the records themselves share what may be changed."""
    records = over(ALIGNED, 0)
    digester = Digester(AMPLE)
    assert digester.look(records).mutable & digester.look(records[1:]).mutable


def model(filler: float) -> object:
    """Like a model of astropy's: it keeps its numbers twice, once in memory that is filled later."""
    cls = type("Gaussian1D", (), {"__module__": "astropy.modeling.core"})
    made = cls()
    vars(made).update(mean=2.0, _parameters=np.full(3, filler), _constraints_cache={})
    return made


def test_the_array_that_an_astropy_model_has_not_filled_yet_is_no_value() -> None:
    """Models with equal parameters are equal before and after their array was filled; a parameter counts."""
    first, other = model(7.5), model(9e9)
    assert digest(first).quality == "exact"
    assert digest(first).agrees(digest(other))
    vars(other)["mean"] = 3.0
    assert not digest(first).agrees(digest(other))


def test_a_real_astropy_model_is_the_same_after_it_was_asked_for_its_parameters() -> None:
    """What ``model.parameters`` fills in is no change of the model."""
    models = pytest.importorskip("astropy.modeling.models", reason="astropy is not installed")
    gaussian = models.Gaussian1D(1, 2, 3)
    before = digest(gaussian)
    assert gaussian.parameters.tolist() == [1, 2, 3]
    assert digest(gaussian).agrees(before)
    gaussian.mean = 5
    assert not digest(gaussian).agrees(before)


def test_a_tree_that_is_fitted_again_is_equal() -> None:
    """The nodes of a decision tree are records with gaps: equal fits are equal, whatever memory they got."""
    trees = pytest.importorskip("sklearn.tree", reason="scikit-learn is not installed")
    features, target = np.arange(40.0).reshape(20, 2), np.arange(20) % 3
    found = []
    for filler in range(8):
        junk = [np.full(size, filler, "u1") for size in range(64, 4096, 64)]
        del junk
        found.append(digest(trees.DecisionTreeClassifier(random_state=0).fit(features, target)))
    assert all(found[0].agrees(other) for other in found)

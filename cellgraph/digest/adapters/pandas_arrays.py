"""pandas arrays and scalars: what columns and indexes are made of.

pandas is never imported here. The plain attributes of its objects are read, because its properties fill
caches.
"""

from __future__ import annotations

from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest.adapters import arrow_columns, numpy_arrays
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.forms import by_attributes, by_type
from cellgraph.digest.protocol import SCALAR_IDS, Walk
from cellgraph.digest.registry import digests, handles_sealed
from cellgraph.digest.sampling import blocks

SAMPLED_RUN = 16
"""Rows in each of the runs of rows that make a sample."""
FEW_TEXTS = 64
"""Texts up to which a column of them is read as a list, which takes less than to be handed it."""
_TEXTS = frozenset({"string", "large_string"})
BLANK_SECONDS = 5e-10
_INDEX_PRIVATE = "_data _name _cache _id _engine _names _levels _codes _references _range str"
_OF_INDEX = frozenset(_INDEX_PRIVATE.split())


def labels(index: Any, walk: Walk) -> list[Any]:
    """The digest of an index's labels."""
    known = walk.hook.told.get(id(state_of(index).get("_data")))
    held: list[Any] = known[1] if known is not None else index.tolist()
    return held


def values_digest(values: Any, walk: Walk) -> bytes:
    """The digest of one column's values. A 2-D extension array of one row is that row."""
    if type(values) is not numpy_arrays.numpy().ndarray:
        return walk.visit(values)
    numpy_arrays.note_memory(values, walk, told=True)
    return xxh3_128_digest(
        f"{values.dtype}|".encode() + numpy_arrays.elements_digest(values.reshape(-1), walk)
    )


def _close(index: Any, state: dict[str, Any], walk: Walk) -> None:
    """Mark the labels of a frame as covered by its digest. Frames made from one another share them."""
    if state.keys() <= _OF_INDEX and id(type(state.get("_name"))) in SCALAR_IDS:
        walk.close(index)


@digests("pandas.RangeIndex", size=lambda value: f"length {len(value)}", private=_INDEX_PRIVATE)
def _range_index(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    _close(value, state, walk)
    return walk.visit(state.get("_name")) + walk.visit(state["_range"])


@digests("pandas.MultiIndex", private=_INDEX_PRIVATE, size=lambda value: f"length {len(value)}")
def _multi_index(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    return walk.sequence([tuple(state[name]) for name in ("_levels", "_codes", "_names")])


@digests(
    "pandas.Index",
    "pandas.CategoricalIndex",
    "pandas.DatetimeIndex",
    "pandas.TimedeltaIndex",
    "pandas.PeriodIndex",
    "pandas.IntervalIndex",
    size=lambda value: f"length {len(value)}",
    private=_INDEX_PRIVATE,
)
def _index(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    _close(value, state, walk)
    return walk.visit(state.get("_name")) + values_digest(state["_data"], walk)


digests("pandas.Categorical", "pandas.CategoricalArray", mutable=True)(by_attributes("dtype", "_ndarray"))


digests("pandas.CategoricalDtype")(by_attributes("_categories", "_ordered"))


@digests(
    "pandas.DatetimeArray", "pandas.TimedeltaArray", "pandas.PeriodArray", "pandas.StringArray", mutable=True
)
def _backed(value: Any, walk: Walk) -> bytes:
    walk.close(value)
    return str(value.dtype).encode() + walk.visit(value._ndarray)


@digests(
    "pandas.NumpyExtensionArray",
    "pandas.PandasArray",
    "pandas.ObjectStringArrayMixin",
    "pandas.StringArrayNumpySemantics",
    mutable=True,
)
def _numpy_backed(value: Any, walk: Walk) -> bytes:
    walk.close(value)
    return str(value.dtype).encode() + walk.visit(value._ndarray)


@digests("pandas.IntegerArray", "pandas.FloatingArray", "pandas.BooleanArray", mutable=True)
def _masked(value: Any, walk: Walk) -> bytes:
    """The data and the mask. The data below the mask is no part of the value."""
    data, mask = value._data, value._mask
    numpy_arrays.note_memory(data, walk)
    numpy_arrays.note_memory(mask, walk)
    if walk.sampling and len(data) > SAMPLED_RUN:
        np = numpy_arrays.numpy()
        rows = np.concatenate([np.arange(*ends) for ends in blocks(len(data), SAMPLED_RUN)])
        data, mask = data[rows], mask[rows]
    head = b"%d|" % len(value._mask) + numpy_arrays.elements_digest(mask, walk)
    if mask.any():
        walk.weigh(0, data.nbytes * BLANK_SECONDS)
        data = data.copy()
        data[mask] = 0
    return head + f"{data.dtype}|".encode() + numpy_arrays.elements_digest(data, walk)


@digests("pandas.IntervalArray")
def _intervals(value: Any, walk: Walk) -> bytes:
    return str(value.dtype).encode() + values_digest(value._left, walk) + values_digest(value._right, walk)


@digests("pandas.SparseArray", mutable=True)
def _sparse(value: Any, walk: Walk) -> bytes:
    head = str(value.dtype).encode() + b"%d" % value._sparse_index.length
    return head + walk.visit(value._sparse_values) + walk.visit_untracked(value._sparse_index.indices)


@digests(
    "pandas.ArrowExtensionArray",
    "pandas.ArrowStringArray",
    "pandas.ArrowStringArrayNumpySemantics",
    mutable=True,
)
@arrow_columns.refusing
def _arrow(value: Any, walk: Walk) -> bytes:
    """The chunks. Arrow buffers never change: changing the array replaces them."""
    walk.close(value)
    held = value._pa_array
    if len(held) <= FEW_TEXTS and str(held.type) in _TEXTS:
        texts = held.to_pylist()  # in the way of a frame's columns
        walk.hook.told[id(value)] = (value, texts)
        return f"{value.dtype}|".encode() + walk.visit_temporary(texts)
    return str(value.dtype).encode() + arrow_columns.elements(held, walk)


@digests("pandas.Timestamp", "pandas.Timedelta")
def _timestamp(value: Any, walk: Walk) -> bytes:
    return walk.sequence([value._value, value.unit, str(getattr(value, "tzinfo", None))])


digests("pandas.Period")(by_attributes("ordinal", "freqstr"))


digests("pandas.Interval")(by_attributes("left", "right", "closed"))


digests("pandas.NAType", "pandas.NaTType")(by_type)


@handles_sealed("pandas")
def _sealed(value: Any, walk: Walk) -> bytes:
    """Date offsets by the text of their constructor. Any other compiled object is opaque."""
    words = getattr(value, "freqstr", None)
    return words.encode() if type(words) is str else walk.mark_opaque(value)

"""pandas: frames a column at a time, whatever blocks pandas happens to keep them in.

pandas merges blocks on some *reads*, so a digest must not depend on them. A column that lies in one
piece is hashed where it is. Where a large block holds its columns interleaved (a frame made from
one 2-D array) the block is hashed whole and the digest says so in its layout.

pandas is never imported here. What is read are the plain attributes in which its objects keep
their state: its properties fill caches.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.capture.digest import arrays, reflect
from cellgraph.capture.digest.kinds import handles_named, handles_sealed, remembers
from cellgraph.capture.digest.paths import MAX_PARTS, item_path
from cellgraph.capture.digest.sampling import blocks, picks
from cellgraph.capture.digest.walk import BYTE_SECONDS, Walk

SMALL_FRAME = 2_000_000
"""Bytes below which interleaved columns are copied out to be hashed one by one."""
SAMPLED_COLUMNS = 128
ARROW_SECONDS = 2e-9
SAMPLED_RUN = 16
"""Rows in each of the runs of rows that make a sample."""
# What groups, windows and types worked out; what a Styler is called, and what it last rendered.
remembers("pandas", "_cache uuid ctx ctx_index ctx_columns cell_context")
_FRAME_PRIVATE = "_mgr _attrs _flags _item_cache _cache _name _index _cacher _is_copy"
_INDEX_PRIVATE = "_data _name _cache _id _engine _names _levels _codes _references _range"


def _state(value: Any) -> dict[str, Any]:
    getter = reflect.instance_dict_getter(type(value))
    return getter(value) if getter is not None else {}


def _frame_size(value: Any) -> str:
    columns, index = _state(value)["_mgr"].axes
    return f"shape ({len(index)}, {len(columns)})"


def _series_size(value: Any) -> str:
    return f"length {len(_state(value)['_mgr'].axes[0])}"


def _frame_parts(value: Any, walk: Walk) -> Iterable[tuple[str, bytes]]:
    """Columns, index, and each column with the index; ``.values`` where columns cannot be told apart.

    Together they are all that the frame holds: what changes in it changes one of them.
    """
    state = _state(value)
    manager = state["_mgr"]
    columns, index = manager.axes
    rows = walk.visit(index)
    digests = walk.hook.found.get(id(value)) or _column_digests(manager, len(columns), walk)
    parts = [(".columns", walk.visit(columns)), (".index", rows)]
    if state.get("_attrs"):
        parts.append((".attrs", walk.visit(state["_attrs"])))
    names = columns.tolist() if len(columns) <= MAX_PARTS else []
    if not _tell_apart(names, manager) or len(names) < len(columns):
        return [*parts, (".values", xxh3_128_digest(b"".join(digests)))]
    told = [(item_path(name), xxh3_128_digest(rows + digests[at])) for at, name in enumerate(names)]
    return told + parts


def _tell_apart(names: list[Any], manager: Any) -> bool:
    """Whether each column has a name and a digest of its own."""
    if any(type(name) is not str for name in names) or len(set(names)) < len(names):
        return False
    return not any(_is_interleaved(block) for block in manager.blocks)


@handles_named("pandas", "DataFrame", size=_frame_size, private=_FRAME_PRIVATE, parts=_frame_parts)
def _frame(value: Any, walk: Walk) -> bytes:
    state = _state(value)
    manager = state["_mgr"]
    walk.note(value)
    columns, index = manager.axes
    size = sum(block.values.nbytes for block in manager.blocks)
    walk.foresee(size, size * BYTE_SECONDS)
    head = walk.visit(columns) + walk.visit(index) + _extras(state, walk)
    if walk.sampling:
        return head + _sampled_columns(manager, len(columns), walk)
    digests = _column_digests(manager, len(columns), walk)
    walk.hook.found[id(value)] = digests
    return head + b"".join(digests)


@handles_named("pandas", "Series", size=_series_size, private=_FRAME_PRIVATE)
def _series(value: Any, walk: Walk) -> bytes:
    state = _state(value)
    manager = state["_mgr"]
    walk.note(value)
    head = walk.visit(manager.axes[0]) + walk.visit(state.get("_name")) + _extras(state, walk)
    return head + _values_digest(manager.blocks[0].values, walk)


@handles_named("pandas", "RangeIndex", size=lambda value: f"length {len(value)}", private=_INDEX_PRIVATE)
def _range_index(value: Any, walk: Walk) -> bytes:
    state = _state(value)
    return walk.visit(state.get("_name")) + walk.visit(state["_range"])


@handles_named("pandas", "MultiIndex", private=_INDEX_PRIVATE, size=lambda value: f"length {len(value)}")
def _multi_index(value: Any, walk: Walk) -> bytes:
    state = _state(value)
    return walk.sequence([tuple(state[name]) for name in ("_levels", "_codes", "_names")])


@handles_named(
    "pandas",
    *("Index", "CategoricalIndex", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "IntervalIndex"),
    size=lambda value: f"length {len(value)}",
    private=_INDEX_PRIVATE,
)
def _index(value: Any, walk: Walk) -> bytes:
    state = _state(value)
    return walk.visit(state.get("_name")) + _values_digest(state["_data"], walk)


@handles_named("pandas", "Categorical", "CategoricalArray")
def _categorical(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    return walk.visit(value.dtype) + walk.visit(value._ndarray)


@handles_named("pandas", "CategoricalDtype")
def _categorical_dtype(value: Any, walk: Walk) -> bytes:
    return walk.sequence([value._categories, value._ordered])


@handles_named("pandas", "DatetimeArray", "TimedeltaArray", "PeriodArray", "StringArray")
def _backed(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    return str(value.dtype).encode() + walk.visit(value._ndarray)


@handles_named(
    "pandas", "NumpyExtensionArray", "PandasArray", "ObjectStringArrayMixin", "StringArrayNumpySemantics"
)
def _numpy_backed(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    return str(value.dtype).encode() + walk.visit(value._ndarray)


@handles_named("pandas", "IntegerArray", "FloatingArray", "BooleanArray")
def _masked(value: Any, walk: Walk) -> bytes:
    """What lies under the mask is no value: two arrays may differ there and be equal."""
    walk.note(value)
    data, mask = value._data, value._mask
    if not walk.sampling and mask.any():
        shown = data.copy()
        shown[mask] = 0
        arrays.note_memory(data, walk)
        return walk.visit(mask) + walk.visit_made(shown)
    return walk.visit(mask) + walk.visit(data)


@handles_named("pandas", "IntervalArray")
def _intervals(value: Any, walk: Walk) -> bytes:
    return str(value.dtype).encode() + _values_digest(value._left, walk) + _values_digest(value._right, walk)


@handles_named("pandas", "SparseArray")
def _sparse(value: Any, walk: Walk) -> bytes:
    walk.note(value)
    head = str(value.dtype).encode() + b"%d" % value._sparse_index.length
    return head + walk.visit(value._sparse_values) + walk.visit(value._sparse_index.indices)


@handles_named("pandas", "ArrowExtensionArray", "ArrowStringArray", "ArrowStringArrayNumpySemantics")
def _arrow(value: Any, walk: Walk) -> bytes:
    return str(value.dtype).encode() + _arrow_digest(value._pa_array, walk)


@handles_named("pandas", "Timestamp", "Timedelta")
def _timestamp(value: Any, walk: Walk) -> bytes:
    return walk.sequence([value._value, value.unit, str(getattr(value, "tzinfo", None))])


@handles_named("pandas", "Period")
def _period(value: Any, walk: Walk) -> bytes:
    return walk.sequence([value.ordinal, value.freqstr])


@handles_named("pandas", "Interval")
def _interval(value: Any, walk: Walk) -> bytes:
    return walk.sequence([value.left, value.right, value.closed])


@handles_named("pandas", "NAType", "NaTType")
def _missing(value: Any, walk: Walk) -> bytes:
    return b""


@handles_sealed("pandas")
def _sealed(value: Any, walk: Walk) -> bytes:
    """Date offsets by the words that make them; anything else that is compiled is opaque."""
    words = getattr(value, "freqstr", None)
    return words.encode() if type(words) is str else walk.cover(value)


def _extras(state: dict[str, Any], walk: Walk) -> bytes:
    flags = state.get("_flags")
    unique = getattr(flags, "_allows_duplicate_labels", True)
    return walk.visit(state.get("_attrs") or None) + walk.visit(unique)


def _is_interleaved(block: Any) -> bool:
    """Whether a large block keeps its columns interleaved, so that they are not hashed one by one."""
    values = block.values
    return (
        _is_plain_2d(values)
        and values.nbytes >= SMALL_FRAME
        and len(values) > 1
        and not values.flags.c_contiguous
    )


def _is_plain_2d(values: Any) -> bool:
    return type(values) is arrays.numpy().ndarray and values.ndim == 2


def _column_digests(manager: Any, count: int, walk: Walk) -> list[bytes]:
    """For each column its digest; for an interleaved block its columns share the block's."""
    found = [b""] * count
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        if _is_interleaved(block):
            found[places[0]] += arrays.array_content(block.values, walk) + repr(places).encode()
            walk.lay(f"interleaved{len(places)}")
        else:
            _columns_of(block.values, places, found, walk)
    return found


def _columns_of(values: Any, places: list[int], found: list[bytes], walk: Walk) -> None:
    if not _is_plain_2d(values):
        found[places[0]] = _values_digest(values, walk)
        return
    arrays.note_memory(values, walk)
    head = f"{values.dtype}|".encode()
    walk.weigh(len(places) * 100, len(places) * 1.5e-6)
    for row, place in enumerate(places):
        found[place] = xxh3_128_digest(head + arrays.elements_digest(values[row], walk))


def _values_digest(values: Any, walk: Walk) -> bytes:
    """The digest of one column's values; a 2-D extension array of one row is that row."""
    if type(values) is not arrays.numpy().ndarray:
        return walk.visit(values)
    arrays.note_memory(values, walk)
    return xxh3_128_digest(f"{values.dtype}|".encode() + arrays.elements_digest(values.reshape(-1), walk))


def _sampled_columns(manager: Any, count: int, walk: Walk) -> bytes:
    """Runs of rows of some columns: by position, so that it does not matter how blocks lie."""
    chosen = set(picks(count, min(count, SAMPLED_COLUMNS)))
    found: dict[int, bytes] = {}
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        wanted = [row for row, place in enumerate(places) if place in chosen]
        if wanted:
            found.update(_sampled_block(block.values, places, wanted, walk))
    return b"".join(found[place] for place in sorted(found))


def _sampled_block(values: Any, places: list[int], wanted: list[int], walk: Walk) -> dict[int, bytes]:
    if not _is_plain_2d(values):
        return {places[0]: walk.visit(values)}
    arrays.note_memory(values, walk)
    np = arrays.numpy()
    rows = np.concatenate([np.arange(*ends) for ends in blocks(values.shape[1], SAMPLED_RUN)])
    found = {}
    for row in wanted:
        column = values[row][rows]
        found[places[row]] = f"{values.dtype}|".encode() + arrays.elements_digest(column, walk)
    return found


def _arrow_digest(column: Any, walk: Walk) -> bytes:
    """The values of a chunked column, whatever the chunks: their buffers may be cut differently."""
    pa = sys.modules["pyarrow"]
    np = arrays.numpy()
    walk.weigh(column.nbytes, column.nbytes * ARROW_SECONDS)
    if walk.sampling:
        places = np.concatenate([np.arange(*ends) for ends in blocks(len(column), SAMPLED_RUN)])
        return walk.visit((len(column), column.take(pa.array(places)).to_pylist()))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _arrow_text(column.combine_chunks(), np)
    return walk.visit(column.is_valid().to_numpy()) + walk.visit(column.to_numpy())


def _arrow_text(text: Any, np: Any) -> bytes:
    """Validity, offsets from the first one on, and the bytes between the first and the last."""
    chunks = text.chunks if hasattr(text, "chunks") else [text]
    return b"".join(_arrow_text_chunk(chunk, np) for chunk in chunks)


def _arrow_text_chunk(chunk: Any, np: Any) -> bytes:
    _, places, content = chunk.buffers()
    width = np.int64 if str(chunk.type) == "large_string" else np.int32
    if len(chunk) == 0 or places is None:
        return xxh3_128_digest(b"")
    offsets = np.frombuffer(places, width)[chunk.offset : chunk.offset + len(chunk) + 1].astype(np.int64)
    held = memoryview(content)[offsets[0] : offsets[-1]] if content is not None else b""
    valid = chunk.is_valid().to_numpy(zero_copy_only=False)
    return xxh3_128_digest(held) + xxh3_128_digest(offsets - offsets[0]) + xxh3_128_digest(valid)

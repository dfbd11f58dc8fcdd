"""pandas frames, one column at a time, whatever blocks pandas keeps the columns in.

pandas merges blocks on some *reads*, so a digest must not depend on them. A column that is contiguous in
memory is hashed in place. A large block whose columns are interleaved (a frame made from one 2-D array) is
hashed as a whole, and the digest records that it depends on the layout.

pandas is never imported here. The plain attributes of its objects are read, because its properties fill
caches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import item_path
from cellgraph.digest.adapters import numpy_arrays
from cellgraph.digest.adapters.pandas_arrays import SAMPLED_RUN, labels, values_digest
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.protocol import BYTE_SECONDS, Part, Walk
from cellgraph.digest.registry import digests, ignore_cache_fields
from cellgraph.digest.sampling import blocks, picks
from cellgraph.digest.value_parts import MAX_ITEMS, MAX_PARTS

SMALL_FRAME = 2_000_000
"""Bytes below which interleaved columns are copied out to be hashed one by one."""
SAMPLED_COLUMNS = 128
# Cached results of groups, windows and types; the id and the last rendering of a Styler.
ignore_cache_fields("pandas", "_cache uuid ctx ctx_index ctx_columns cell_context")
_FRAME_PRIVATE = (
    "_mgr _attrs _flags _item_cache _cache _name _index _cacher _is_copy"
    " str dt cat sparse list struct plot"  # accessors, which pandas 2 caches at first use
)


def _frame_size(value: Any) -> str:
    columns, index = state_of(value)["_mgr"].axes
    return f"shape ({len(index)}, {len(columns)})"


def _series_size(value: Any) -> str:
    return f"length {len(state_of(value)['_mgr'].axes[0])}"


def _frame_parts(value: Any, walk: Walk) -> Iterable[Part]:
    """Parts: columns, index, and each column with the index.

    ``.values`` alone if columns cannot be separated.

    Together the parts cover the frame: each change shows in one of them.
    """
    state = state_of(value)
    manager = state["_mgr"]
    columns, index = manager.axes
    rows = walk.visit(index)
    digests = walk.hook.found.get(id(value)) or _column_digests(manager, len(columns), walk)
    parts: list[Part] = [(".columns", walk.visit(columns)), (".index", rows)]
    if state.get("_attrs"):
        parts.append((".attrs", walk.visit(state["_attrs"]), state["_attrs"]))
    names = labels(columns, walk) if len(columns) <= MAX_PARTS else []
    if not _tell_apart(names, manager) or len(names) < len(columns):
        return [*parts, (".values", xxh3_128_digest(b"".join(digests)))]
    told: list[Part] = [
        (item_path(name), xxh3_128_digest(rows + digests[at])) for at, name in enumerate(names)
    ]
    return told + parts


def _tell_apart(names: list[Any], manager: Any) -> bool:
    """Whether each column has a unique name and a digest of its own."""
    if any(type(name) is not str for name in names) or len(set(names)) < len(names):
        return False
    return not any(_is_interleaved(block) for block in manager.blocks)


@digests("pandas.DataFrame", mutable=True, size=_frame_size, private=_FRAME_PRIVATE, parts=_frame_parts)
def _frame(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    manager = state["_mgr"]
    columns, index = manager.axes
    size = sum(block.values.nbytes for block in manager.blocks if _is_plain_2d(block.values))
    walk.foresee(size, size * BYTE_SECONDS)
    head = walk.visit(columns) + walk.visit(index) + _extras(state, walk)
    if walk.sampling:
        return head + _sampled_columns(manager, len(columns), walk)
    digests = _column_digests(manager, len(columns), walk)
    walk.hook.found[id(value)] = digests
    return head + b"".join(digests)


def _series_parts(value: Any, walk: Walk) -> Iterable[Part]:
    """Parts of a short series: its elements by their labels, and all that is not an element.

    None where a label is no text and no number, or stands twice.
    """
    state = state_of(value)
    manager = state["_mgr"]
    index, values = manager.axes[0], manager.blocks[0].values
    if not 0 < len(index) <= MAX_ITEMS or type(values) is not numpy_arrays.numpy().ndarray:
        return ()
    names = labels(index, walk)
    if any(type(name) not in _LABELS for name in names) or len(set(names)) < len(names):
        return ()
    elements = zip(map(item_path, names), map(walk.visit, values.reshape(-1).tolist()), strict=True)
    return (
        *elements,
        (".index", walk.visit(index)),
        (".dtype", walk.visit(str(values.dtype))),
        (".name", walk.visit(state.get("_name"))),
        (".attrs", _extras(state, walk), state.get("_attrs")),
    )


_LABELS = frozenset({str, int})


@digests("pandas.Series", mutable=True, size=_series_size, private=_FRAME_PRIVATE, parts=_series_parts)
def _series(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    manager = state["_mgr"]
    head = walk.visit(manager.axes[0]) + walk.visit(state.get("_name")) + _extras(state, walk)
    return head + values_digest(manager.blocks[0].values, walk)


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
    return type(values) is numpy_arrays.numpy().ndarray and values.ndim == 2


def _column_digests(manager: Any, count: int, walk: Walk) -> list[bytes]:
    """The digest of each column. Columns of an interleaved block share the digest of the block."""
    found = [b""] * count
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        if _is_interleaved(block):
            found[places[0]] += numpy_arrays.array_content(block.values, walk) + repr(places).encode()
            walk.note_layout(f"interleaved{len(places)}")
        else:
            _columns_of(block.values, places, found, walk)
    return found


def _columns_of(values: Any, places: list[int], found: list[bytes], walk: Walk) -> None:
    if not _is_plain_2d(values):
        found[places[0]] = values_digest(values, walk)
        return
    numpy_arrays.note_memory(values, walk, told=True)
    head = f"{values.dtype}|".encode()
    walk.weigh(len(places) * 100, len(places) * 1.5e-6)
    for place, digest in zip(places, numpy_arrays.rows_digests(values, walk), strict=True):
        found[place] = xxh3_128_digest(head + digest)


def _sampled_columns(manager: Any, count: int, walk: Walk) -> bytes:
    """Ranges of rows of some columns.

    They are chosen by position, so the layout of blocks makes no difference.
    """
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
    numpy_arrays.note_memory(values, walk)
    np = numpy_arrays.numpy()
    rows = np.concatenate([np.arange(*ends) for ends in blocks(values.shape[1], SAMPLED_RUN)])
    found = {}
    for row in wanted:
        column = values[row][rows]
        found[places[row]] = f"{values.dtype}|".encode() + numpy_arrays.elements_digest(column, walk)
    return found

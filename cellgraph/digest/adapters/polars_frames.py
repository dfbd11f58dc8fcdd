"""polars frames and series by their buffers, read in place; expressions by their serialized form.

A frame or a series can be changed in place (``df[0, "a"] = 1``, ``s.append``). The buffers behind it cannot,
so two objects never see each other's changes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import item_path
from cellgraph.digest import class_reflection
from cellgraph.digest.adapters import arrow_c_data, arrow_columns
from cellgraph.digest.forms import by_text
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import blocks, picks
from cellgraph.digest.value_parts import MAX_PARTS

SAMPLED_COLUMNS, SAMPLED_RUN, SAMPLED_OBJECTS = 128, 16, 500
OBJECT_SECONDS = 5e-8
CODING_SECONDS, DECODED_RANGES = 3e-8, 8
"""What it takes, for each element, to hand out a categorical: its dictionary is made for the purpose."""
_PYTHON = ("udf", "map", "fold", "reduce", "python", "opaque", "series")
"""What an expression says of itself where it holds a function, or data, of the user's."""


def _inner(value: Any, name: str) -> Any:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value)[name] if getter is not None else None


def _frame_size(value: Any) -> str:
    return f"shape {_inner(value, '_df').shape()}"


def _frame_parts(value: Any, walk: Walk) -> Iterable[tuple[str, bytes]]:
    """One part for each column, and one for their names."""
    frame = _inner(value, "_df")
    names = frame.columns()
    labels = (".columns", walk.visit_untracked(names))
    digests = walk.hook.found.get(id(value)) or _digests(frame.get_columns(), walk)
    if len(names) > MAX_PARTS:
        return [labels, (".values", xxh3_128_digest(b"".join(digests)))]
    return [*zip(map(item_path, names), digests, strict=True), labels]


@digests("polars.DataFrame", mutable=True, size=_frame_size, parts=_frame_parts)
@arrow_columns.refusing
def _frame(value: Any, walk: Walk) -> bytes:
    frame = _inner(value, "_df")
    height, width = frame.shape()
    arrow_columns.table_ahead(frame.estimated_size(), width, walk)
    head = f"{height}|".encode() + walk.visit_untracked(frame.columns())
    held = frame.get_columns()
    if walk.sampling:
        chosen = picks(width, min(width, SAMPLED_COLUMNS))
        return head + b"".join(_digests([held[at] for at in chosen], walk))
    digests = walk.hook.found[id(value)] = _digests(held, walk)
    return head + b"".join(digests)


@digests("polars.Series", mutable=True, size=lambda value: f"length {_inner(value, '_s').len()}")
@arrow_columns.refusing
def _series(value: Any, walk: Walk) -> bytes:
    series = _inner(value, "_s")
    return walk.visit(series.name()) + _digests([series], walk)[0]


@digests("polars.Expr")
def _expression(value: Any, walk: Walk) -> bytes:
    """The serialized form. Opaque if the expression may contain a Python object, which would be pickled.

    A LazyFrame is opaque: its serialized form contains all in-memory data it starts from, and describing its
    plan opens the files it reads. What it was made of can stand for it (``cellgraph/record/lazy_plans.py``).
    """
    said = str(value).lower()
    if any(word in said for word in _PYTHON):
        return walk.mark_opaque(value)
    written = io.BytesIO()
    _inner(value, "_pyexpr").serialize_binary(written)
    return written.getvalue()


@digests("polars.Schema", mutable=True)
def _schema(value: Any, walk: Walk) -> bytes:
    return walk.visit_untracked([(name, repr(kind)) for name, kind in dict.items(value)])


digests("polars.DataType", whole=True)(by_text(repr))


def _digests(series: list[Any], walk: Walk) -> list[bytes]:
    return [_values(one, walk) for one in series]


def _values(series: Any, walk: Walk) -> bytes:
    kind = repr(series.dtype())
    if kind == "Object":
        return _objects(series, walk)
    if "Object" in kind:
        raise arrow_c_data.ArrowLayoutError
    count = series.len()
    ranges = blocks(count, SAMPLED_RUN) if walk.sampling else [(0, count)]
    taken = _decoded if kind.startswith("Categorical") else _taken
    return xxh3_128_digest(f"{kind}|".encode() + taken(series, ranges, walk))


def _taken(series: Any, ranges: list[tuple[int, int]], walk: Walk) -> bytes:
    walk.weigh(arrow_columns.COLUMN_WEIGHT, arrow_columns.COLUMN_SECONDS)
    with arrow_c_data.streamed(series.__arrow_c_stream__(None)) as (field, chunks):
        into = arrow_columns.column(field, walk)
        arrow_columns.taken(chunks, into, ranges)
        return into.digest()


def _decoded(series: Any, ranges: list[tuple[int, int]], walk: Walk) -> bytes:
    """Decode a categorical. Only the elements that are looked at are decoded."""
    found = []
    for start, end in ranges[:: max(1, len(ranges) // DECODED_RANGES)]:
        walk.weigh(0, (end - start) * CODING_SECONDS)
        found.append(_taken(series.slice(start, end - start), [(0, end - start)], walk))
    return b"".join(found)


def _objects(series: Any, walk: Walk) -> bytes:
    count = series.len()
    if walk.sampling and count > SAMPLED_OBJECTS:
        held = [series.get_index(at) for at in picks(count, SAMPLED_OBJECTS)]
    else:
        walk.weigh(0, count * OBJECT_SECONDS)
        held = series.to_list()
    return b"O%d|" % count + walk.visit_temporary(held)

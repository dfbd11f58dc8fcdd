"""pyarrow arrays and tables by value, read in place through the C data interface.

pyarrow's values never change, but the memory they show may belong to a numpy array or a ``bytearray``, which
can. Handles of files and data sets are opaque.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.code.part_paths import item_path
from cellgraph.digest import class_reflection
from cellgraph.digest.adapters import arrow_c_data, arrow_columns
from cellgraph.digest.protocol import LARGE, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import TEXT_BLOCK, blocks, picks
from cellgraph.digest.value_parts import MAX_PARTS

SAMPLED_COLUMNS = 128


def _pa() -> Any:
    """The C part of pyarrow. It is loaded wherever a value of its types exists."""
    return sys.modules["pyarrow.lib"]


def _length(value: Any) -> str:
    return f"length {len(value)}"


def _shape(value: Any) -> str:
    return f"shape ({value.num_rows}, {value.num_columns})"


@digests("pyarrow.Array", size=_length, whole=True)
@arrow_columns.refusing
def _array(value: Any, walk: Walk) -> bytes:
    return arrow_values(value, walk)


@digests("pyarrow.ChunkedArray", size=_length, whole=True)
@arrow_columns.refusing
def _chunked(value: Any, walk: Walk) -> bytes:
    return arrow_values(value, walk)


def _table_parts(value: Any, walk: Walk) -> Iterable[tuple[str, bytes]]:
    """One part for each column, and the schema."""
    names = value.schema.names
    schema = (".schema", _described(value.schema))
    digests = walk.hook.found.get(id(value)) or _digests(value, range(len(names)), walk)
    if len(names) > MAX_PARTS or len(set(names)) < len(names):
        return [schema, (".columns", xxh3_128_digest(b"".join(digests)))]
    return [*zip(map(item_path, names), digests, strict=True), schema]


@digests("pyarrow.Table", "pyarrow.RecordBatch", size=_shape, whole=True, parts=_table_parts, inherited=True)
@arrow_columns.refusing
def _table(value: Any, walk: Walk) -> bytes:
    arrow_columns.table_ahead(value.get_total_buffer_size(), value.num_columns, walk)
    head = f"{value.num_rows}|".encode() + _described(value.schema)
    count = value.num_columns
    if walk.sampling:
        return head + b"".join(_digests(value, picks(count, min(count, SAMPLED_COLUMNS)), walk))
    digests = walk.hook.found[id(value)] = _digests(value, range(count), walk)
    return head + b"".join(digests)


def _digests(table: Any, places: Iterable[int], walk: Walk) -> list[bytes]:
    return [arrow_values(table.column(place), walk) for place in places]


@digests("pyarrow.Scalar", whole=True)
def _scalar(value: Any, walk: Walk) -> bytes:
    """The scalar as an array of one element. Making a Python object of it might import modules."""
    if not _is_plain(value.type):
        return walk.mark_opaque(value)
    return f"{value.type}|".encode() + arrow_columns.elements(_pa().array([value], type=value.type), walk)


@digests("pyarrow.Schema", whole=True)
@arrow_columns.refusing
def _schema(value: Any, walk: Walk) -> bytes:
    return _described(value)


@digests("pyarrow.Field", whole=True)
@arrow_columns.refusing
def _field(value: Any, walk: Walk) -> bytes:
    return _described(_pa().schema([value]))


@digests("pyarrow.DataType", whole=True)
def _data_type(value: Any, walk: Walk) -> bytes:
    return str(value).encode() if _is_plain(value) else walk.mark_opaque(value)


@digests("pyarrow.Buffer", size=lambda value: f"{value.size} bytes", whole=True)
def _buffer(value: Any, walk: Walk) -> bytes:
    """Its bytes. Writable memory mostly belongs to another object, and is noted as shared."""
    if not value.is_cpu:
        return walk.mark_opaque(value)
    walk.note_memory(value.address)
    held = memoryview(value)
    if walk.sampling and len(held) > LARGE:
        return b"%d" % len(held) + b"".join(held[start:end] for start, end in blocks(len(held), TEXT_BLOCK))
    walk.bytes_ahead(len(held))
    return xxh3_128_digest(held)


def arrow_values(value: Any, walk: Walk) -> bytes:
    """The digest of an array's or a chunked array's elements and of their type."""
    if not _is_plain(value.type):
        raise arrow_c_data.ArrowLayoutError
    return f"{value.type}|".encode() + arrow_columns.elements(value, walk, shared=True)


def _described(schema: Any) -> bytes:
    """Names, types and metadata. None for types that the user has defined, whose code would run."""
    if not all(_is_plain(kind) for kind in schema.types):
        raise arrow_c_data.ArrowLayoutError
    return xxh3_128_digest(memoryview(schema.serialize()))


def _is_plain(kind: Any) -> bool:
    """Whether a type, and all types within, are pyarrow's own."""
    if class_reflection.module_root(type(kind)) != "pyarrow":
        return False
    return all(_is_plain(kind.field(at).type) for at in range(kind.num_fields))

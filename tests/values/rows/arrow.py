"""pyarrow: values that never change, over memory that can."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = "import pyarrow as pa, numpy as np"
_FILE = f"""{_IMPORT}, os, tempfile
import pyarrow.dataset as ds, pyarrow.parquet as pq
path = os.path.join(tempfile.mkdtemp(), 'a.parquet')
pq.write_table(pa.table({{'a': [1]}}), path)"""


def _row(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    looks = "repr(v), len(v), v.type, v.null_count, v.slice(1), v.to_pylist(), v[0], v.nbytes"
    return Row(
        "pyarrow",
        kind,
        f"v = {make}",
        change,
        **{"looks": looks, "setup": _IMPORT, "needs": ("pyarrow",), **rest},
    )


_TABLE = (
    "repr(v), len(v), v.schema, v.column_names, v['a'], v.slice(1), v.to_pydict(), v.nbytes, v.validate()"
)
_PLAIN = "repr(v), str(v), v == v"

ROWS: tuple[Row, ...] = (
    _row("Array", "pa.array([1, 2, None])", large="v = pa.array(np.arange(12_500_000))", extent="100 MB"),
    _row(
        "Array over numpy",
        "pa.array(base)",
        "base[0] = 9",
        setup=f"{_IMPORT}\nbase = np.arange(6)",
        alias="w = base",
    ),
    _row("Array, sliced", "pa.array([1, None, 3, 4])[1:]"),
    _row(
        "StringArray",
        "pa.array(['a', None, 'b' * 20])",
        large="v = pa.array([f'a name of {n}' for n in range(1_000_000)])",
        extent="10^6 elements",
    ),
    _row("BooleanArray", "pa.array([True, None, False])"),
    _row("ListArray", "pa.array([[1, 2], None, []])"),
    _row("StructArray", "pa.array([{'a': 1, 'b': 'x'}, None])"),
    _row("DictionaryArray", "pa.array(['a', 'b', 'a']).dictionary_encode()"),
    _row("TimestampArray", "pa.array([1, 2], pa.timestamp('us', 'UTC'))", looks="repr(v), len(v), v.type"),
    _row("Decimal128Array", "pa.array([1, 2], pa.decimal128(10, 2))"),
    _row("MapArray", "pa.array([[('a', 1)]], pa.map_(pa.string(), pa.int64()))"),
    _row("FixedSizeListArray", "pa.array([[1, 2], [3, 4]], pa.list_(pa.int64(), 2))"),
    _row(
        "ChunkedArray",
        "pa.chunked_array([[1, 2], [None]])",
        looks="repr(v), len(v), v.chunks, v.to_pylist(), v.combine_chunks()",
    ),
    _row(
        "Table",
        "pa.table({'a': [1, 2, None], 'b': ['x', None, 'y']})",
        looks=_TABLE,
        large="v = pa.table({name: np.arange(1_250_000) for name in 'abcdefghij'})",
        extent="100 MB",
    ),
    _row("RecordBatch", "pa.record_batch({'a': [1, 2], 'b': ['x', None]})", looks=_TABLE),
    _row("Scalar", "pa.scalar(5)", looks="repr(v), v.as_py(), v.type"),
    _row("Schema", "pa.schema([('a', pa.int64())], metadata={'k': 'v'})", looks=_PLAIN),
    _row("Field", "pa.field('a', pa.string(), nullable=False)", looks=_PLAIN),
    _row("DataType", "pa.list_(pa.int64())", looks=_PLAIN),
    _row(
        "Buffer over numpy",
        "pa.py_buffer(base)",
        "base[0] = 65",
        setup=f"{_IMPORT}\nbase = np.arange(3)",
        alias="w = base",
        looks="repr(v), v.size, v.to_pybytes()",
    ),
    _row(
        "ParquetFile",
        "pq.ParquetFile(path)",
        setup=_FILE,
        looks="repr(v), v.schema, v.metadata, v.read()",
        quality="opaque",
    ),
    _row(
        "dataset",
        "ds.dataset(path)",
        setup=_FILE,
        looks="repr(v), v.schema, v.count_rows()",
        quality="opaque",
    ),
)

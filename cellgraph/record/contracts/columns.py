"""One column, array or list → a ``Part``. No code of the user's is run, and no library is imported.

Elements that are Python objects are looked at by their exact types: only the types of Python itself are
compared. What a library stores in arrays of its own is asked of the library's compiled code.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from time import perf_counter
from types import MappingProxyType
from typing import Any

from cellgraph.digest import class_reflection, mapped_memory
from cellgraph.digest.class_reflection import short_name
from cellgraph.digest.sampling import picks
from cellgraph.record.contracts.facts import FEW, Part, Scalar

_LONGEST_TEXT = 80
"""Characters up to which a text can be a category."""
_RUNS, _SHORTEST_RUN = 64, 16
"""Ranges of rows that make a sample, and rows of the shortest."""
_FEWEST_ROWS = 2_000
"""Rows that are looked at however little time is left."""
_ROW_SECONDS = 1.5e-7
_OBJECT_SECONDS = 4e-7
_COMPARED = frozenset(map(id, (bool, int, float, str)))
_NULLS = frozenset({"NAType", "NaTType"})


def numpy() -> Any:
    """The numpy module that somebody has imported."""
    return sys.modules["numpy"]


class Rows:
    """Which rows there is time for. ``columns`` are still to come, this one included."""

    def __init__(self, until: float, columns: int = 1) -> None:
        self._until = until
        self._columns = max(columns, 1)

    def ranges(self, count: int, row_s: float = _ROW_SECONDS) -> list[tuple[int, int]]:
        """Ranges of rows of a column with ``count`` rows: one range where there is time for all."""
        share = max(self._until - perf_counter(), 0.0) / self._columns
        self._columns = max(self._columns - 1, 1)
        most = max(_FEWEST_ROWS, int(share / row_s))
        if count <= most:
            return [(0, count)]
        length = max(_SHORTEST_RUN, most // _RUNS)
        return [(start, start + length) for start in picks(count - length + 1, most // length)]


def _full(ranges: Sequence[tuple[int, int]], count: int) -> bool:
    return len(ranges) == 1 and ranges[0] == (0, count)


def as_scalar(value: object) -> Scalar | None:
    """A number or a text of Python's own types that can stand in a contract; None for anything else."""
    if id(type(value)) not in _COMPARED:
        return None
    if type(value) is str:
        return value if len(value) <= _LONGEST_TEXT else None
    if type(value) is float:
        return value if math.isfinite(value) else None
    return value if type(value) is bool or abs(value) < 2**63 else None  # type: ignore[arg-type,return-value]


def label_of(value: object) -> Scalar:
    """A column's name or a key, as it can be stored: as itself, or as text."""
    found = as_scalar(value)
    if found is not None:
        return found
    if type(value) is tuple:
        return repr(tuple(label_of(part) for part in value))
    return f"<{short_name(type(value))}>"


def _few(values: Iterable[object]) -> tuple[Scalar, ...] | None:
    """Distinct values in order, if all of them can be categories."""
    found = [as_scalar(value) for value in values]
    if len(found) > FEW or None in found:
        return None
    known = [value for value in found if value is not None]
    return tuple(sorted(known, key=lambda value: (type(value).__name__, value)))


# -- Python objects ----------------------------------------------------------------------------------------


def objects(label: Scalar, dtype: str, held: Sequence[Any], rows: Rows) -> Part:
    """The elements of a list, or of a column of Python objects."""
    ranges = rows.ranges(len(held), _OBJECT_SECONDS)
    items = list(chain.from_iterable(held[start:end] for start, end in ranges))
    there = [item for item in items if not _is_null(item)]
    kinds = {id(kind): kind for kind in map(type, there)}
    names = tuple(sorted(short_name(kind) for kind in kinds.values()))
    comparable = kinds.keys() <= _COMPARED
    distinct = set(there) if comparable else set()
    numbers = comparable and kinds.keys() <= {id(int), id(float)} and bool(there)
    return Part(
        label,
        dtype,
        names,
        len(items),
        _full(ranges, len(held)),
        len(items) - len(there),
        _few(distinct) if comparable and len(distinct) <= FEW else None,
        len(there) - len(distinct) if comparable else None,
        float(min(there)) if numbers else None,
        float(max(there)) if numbers else None,
    )


def _is_null(value: Any) -> bool:
    cls = type(value)
    if cls is float:
        return math.isnan(value)
    if value is None:
        return True
    return short_name(cls) in _NULLS and class_reflection.module_root(cls) == "pandas"


# -- numpy -------------------------------------------------------------------------------------------------


def array(label: Scalar, values: Any, rows: Rows, dtype: str = "") -> Part:
    """The elements of a numpy array of any number of dimensions."""
    plain = numpy().ndarray
    found = values if type(values) is plain else plain.view(values, plain)
    dtype = dtype or str(found.dtype)
    if not mapped_memory.is_array_there(found, plain):
        return Part(label, dtype)
    if found.ndim != 1:
        found = found.reshape(-1) if found.flags.c_contiguous else found.ravel()
    if found.dtype.kind == "O":
        return objects(label, dtype, _Elements(found), rows)
    ranges = rows.ranges(len(found))
    whole = _full(ranges, len(found))
    looked = found if whole else numpy().concatenate([found[a:b] for a, b in ranges])
    return _elements(label, dtype, looked, whole)


class _Elements(Sequence[Any]):
    """An array of objects as a sequence of which slices are lists."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        return self._values[index].tolist()  # of a column of objects: the objects themselves


def _elements(label: Scalar, dtype: str, looked: Any, whole: bool, nulls: int = 0) -> Part:
    """A part from elements in memory; ``nulls`` were left out of them already."""
    np, kind = numpy(), looked.dtype.kind
    count = len(looked) + nulls
    if kind in "fc":
        there = looked[~np.isnan(looked)]
    elif kind in "mM":
        there = looked[~np.isnat(looked)]
    elif kind in "biuUS":
        there = looked
    else:
        return Part(label, dtype, (), count, whole)
    missing = count - len(there)
    low = high = None
    if kind in "fiu" and len(there):
        low, high = float(there.min()), float(there.max())
    if kind not in "biuUmM":
        return Part(label, dtype, (), count, whole, missing, None, None, low, high)
    distinct = np.unique(there)
    few = _few(distinct.tolist()) if kind in "biuU" and len(distinct) <= FEW else None
    return Part(label, dtype, (), count, whole, missing, few, len(there) - len(distinct), low, high)


# -- arrays of pandas --------------------------------------------------------------------------------------


def pandas_values(label: Scalar, values: Any, rows: Rows) -> Part:
    """One column's values: a numpy array, or an array of pandas' own."""
    plain = numpy().ndarray
    if type(values) is plain:
        return array(label, values, rows)
    read = _PANDAS.get(short_name(type(values)))
    if read is None or class_reflection.module_root(type(values)) != "pandas":
        return Part(
            label, str(values.dtype) if class_reflection.module_root(type(values)) == "pandas" else ""
        )
    return read(label, values, rows)


def _numpy_backed(label: Scalar, values: Any, rows: Rows) -> Part:
    return array(label, values._ndarray.reshape(-1), rows, str(values.dtype))  # noqa: SLF001 - see top


def _masked(label: Scalar, values: Any, rows: Rows) -> Part:
    data, mask = values._data, values._mask  # noqa: SLF001 - properties may fill caches
    ranges = rows.ranges(len(data))
    whole = _full(ranges, len(data))
    if not whole:
        join = numpy().concatenate
        data, mask = join([data[a:b] for a, b in ranges]), join([mask[a:b] for a, b in ranges])
    return _elements(label, str(values.dtype), data[~mask], whole, int(mask.sum()))


def _categorical(label: Scalar, values: Any, rows: Rows) -> Part:
    """The declared categories stand for the distinct values."""
    codes = values._ndarray  # noqa: SLF001 - as above
    kinds = values.dtype.categories
    few = _few(kinds.tolist()) if len(kinds) <= FEW else None
    ranges = rows.ranges(len(codes))
    missing = sum(int((codes[a:b] < 0).sum()) for a, b in ranges)
    looked = sum(b - a for a, b in ranges)
    return Part(label, "category", (), looked, _full(ranges, len(codes)), missing, few)


def _arrow(label: Scalar, values: Any, rows: Rows) -> Part:
    return arrow(label, str(values.dtype), values._pa_array, rows)  # noqa: SLF001 - as above


def arrow(label: Scalar, dtype: str, chunked: Any, rows: Rows) -> Part:
    """A column of pyarrow. Nested elements count by their number and their nulls."""
    count, kind = len(chunked), str(chunked.type)
    ranges = rows.ranges(count)
    whole = _full(ranges, count)
    pieces = [chunked.slice(start, end - start) for start, end in ranges]
    looked = sum(map(len, pieces))
    missing = sum(piece.null_count for piece in pieces)
    number = kind.startswith(("int", "uint", "float", "double", "halffloat"))
    if not number and kind not in _ARROW_COMPARED:
        return Part(label, dtype, (), looked, whole, missing)
    distinct = set(chain.from_iterable(piece.unique().to_pylist() for piece in pieces)) - {None}
    nan = {value for value in distinct if type(value) is float and math.isnan(value)}
    there = distinct - nan
    floats = kind.startswith(("float", "double", "halffloat"))
    numbers = number and bool(there)
    return Part(
        label,
        dtype,
        (),
        looked,
        whole,
        missing,
        _few(there) if len(there) <= FEW and not floats else None,
        None if floats else looked - missing - len(there),
        float(min(there)) if numbers else None,
        float(max(there)) if numbers else None,
    )


_ARROW_COMPARED = frozenset({"string", "large_string", "string_view", "bool"})

_PANDAS: Mapping[str, Callable[[Scalar, Any, Rows], Part]] = MappingProxyType(
    {
        "ArrowExtensionArray": _arrow,
        "ArrowStringArray": _arrow,
        "ArrowStringArrayNumpySemantics": _arrow,
        "BooleanArray": _masked,
        "Categorical": _categorical,
        "DatetimeArray": _numpy_backed,
        "FloatingArray": _masked,
        "IntegerArray": _masked,
        "NumpyExtensionArray": _numpy_backed,
        "StringArray": _numpy_backed,
        "StringArrayNumpySemantics": _numpy_backed,
        "TimedeltaArray": _numpy_backed,
    }
)


# -- polars ------------------------------------------------------------------------------------------------

_POLARS_NUMBERS = ("Int", "UInt", "Float")
_POLARS_COMPARED = (*_POLARS_NUMBERS[:2], "String", "Boolean", "Categorical", "Enum")


def polars_series(series: Any, rows: Rows) -> Part:
    """A series of polars, as the compiled object behind it."""
    dtype, count, label = repr(series.dtype()), series.len(), label_of(series.name())
    kind = dtype.partition("(")[0]
    if "Object" in dtype:
        return Part(label, dtype)
    ranges = rows.ranges(count)
    pieces = [series.slice(start, end - start) for start, end in ranges]
    looked = sum(piece.len() for piece in pieces)
    missing = sum(piece.null_count() for piece in pieces)
    low = high = None
    if kind.startswith("Float"):
        missing += sum(_nan_count(piece, kind[5:]) for piece in pieces)
    if kind.startswith(_POLARS_NUMBERS):
        low, high = _ends(pieces)
    few = repeated = None
    if kind.startswith(_POLARS_COMPARED):
        few, repeated = _distinct(pieces, looked - missing)
    return Part(label, dtype, (), looked, _full(ranges, count), missing, few, repeated, low, high)


def _nan_count(piece: Any, bits: str) -> int:
    """polars orders NaN above infinity."""
    return int(getattr(piece, f"gt_f{bits}")(math.inf).sum() or 0)


def _ends(pieces: Sequence[Any]) -> tuple[float | None, float | None]:
    lows = [low for low in (piece.min() for piece in pieces) if _is_number(low)]
    highs = [high for high in (piece.max() for piece in pieces) if _is_number(high)]
    return (float(min(lows)) if lows else None), (float(max(highs)) if highs else None)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _distinct(pieces: Sequence[Any], there: int) -> tuple[tuple[Scalar, ...] | None, int | None]:
    """The distinct values where they are few, and how many elements repeat others."""
    if len(pieces) == 1 and pieces[0].n_unique() > FEW + 1:
        unique = pieces[0].n_unique() - bool(pieces[0].null_count())
        return None, there - unique
    found: set[Any] = set()
    for piece in pieces:
        found.update(piece.to_list())
        if len(found) > FEW + 1 and len(pieces) > 1:
            return None, None
    found.discard(None)
    return (_few(found) if len(found) <= FEW else None), there - len(found)

"""Made-up values like a value: with its columns, dtypes, ranges, categories and missing values.

Nothing of the value itself is in them but the names of its columns and the few distinct texts of categories.
"""

from __future__ import annotations

import random
from typing import Any

from cellgraph.record.contracts.describe import describe
from cellgraph.record.contracts.facts import Description, Part

_ROWS = 60
_LETTERS = "abcdefghij"


def synthetic(value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """A value of the same type, shape, columns and dtypes. Raises TypeError where it cannot be made up."""
    seen = describe(value, 5.0)
    numbers = random.Random(0)  # noqa: S311 - values of tests
    kind = type(value)
    if seen.type == "pandas.DataFrame":
        import pandas as pd

        rows = min(len(value), _ROWS)
        made = {part.label: _pandas(part, rows, value[part.label].dtype, numbers) for part in seen.parts}
        return pd.DataFrame(made)[list(value.columns)]
    if seen.type == "pandas.Series":
        import pandas as pd

        rows = min(len(value), _ROWS)
        return pd.Series(_pandas(seen.parts[0], rows, value.dtype, numbers), name=value.name)
    if seen.type == "polars.DataFrame":
        return _polars(value, seen, numbers)
    if seen.type == "numpy.ndarray":
        return _array(value, seen.parts[0], numbers)
    if kind in (int, float, str, bool, type(None)):
        return _scalar(seen.parts[0], kind, numbers)
    if kind in (list, tuple):
        return kind(_elements(seen.parts[0], min(len(value), _ROWS), numbers))
    if kind is dict:
        return {key: synthetic(held) for key, held in value.items()}
    raise TypeError(f"a {kind.__name__} is not made up")


def _elements(part: Part, rows: int, numbers: random.Random) -> list[Any]:
    """Elements of Python's own types, as many missing as there were."""
    share = (part.nulls or 0) / part.count if part.count else 0.0
    made = [_element(part, place, numbers) for place in range(rows)]
    return [None if numbers.random() < share else one for one in made]


def _element(part: Part, place: int, numbers: random.Random) -> Any:
    if part.values:
        return part.values[place % len(part.values)]
    if part.low is not None and part.high is not None:
        at = numbers.uniform(part.low, part.high)
        whole = "int" in part.dtype.lower() or part.kinds == ("int",)
        if whole and part.repeated == 0:
            return int(part.low) + place
        return round(at) if whole else at
    return "".join(numbers.choices(_LETTERS, k=6))


def _pandas(part: Part, rows: int, dtype: Any, numbers: random.Random) -> Any:
    import pandas as pd

    if part.dtype.startswith("datetime64"):
        return pd.Series(pd.date_range("2020-01-01", periods=rows)).astype(dtype)
    if part.dtype.startswith("timedelta64"):
        return pd.Series(pd.to_timedelta(range(rows), unit="h")).astype(dtype)
    held = _elements(part, rows, numbers)
    if part.dtype == "bool" or (part.dtype.startswith(("int", "uint")) and None in held):
        held = [one if one is not None else 0 for one in held]
    return pd.Series(held, dtype=dtype)


def _polars(value: Any, seen: Description, numbers: random.Random) -> Any:
    import polars as pl

    rows = min(value.height, _ROWS)
    held = [pl.Series(str(part.label), _elements(part, rows, numbers), strict=False) for part in seen.parts]
    return pl.DataFrame(
        [one.cast(dtype, strict=False) for one, dtype in zip(held, value.dtypes, strict=True)]
    )


def _array(value: Any, part: Part, numbers: random.Random) -> Any:
    import numpy as np

    shape = (min(value.shape[0], _ROWS), *value.shape[1:]) if value.ndim else ()
    count = int(np.prod(shape))
    held = [0 if one is None else one for one in _elements(part, count, numbers)]
    return np.array(held).reshape(shape).astype(value.dtype)


def _scalar(part: Part, kind: type, numbers: random.Random) -> Any:
    """A number or a text that stands for one: a setting keeps its value, which the module holds anyway."""
    if kind is type(None):
        return None
    if kind is str:
        return "".join(numbers.choices(_LETTERS, k=6))
    return kind(part.low) if part.low is not None else kind()

"""pandas: frames, series, indexes and every kind of column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.values.row import Row

_IMPORT = "import numpy as np, pandas as pd"
_FRAME_LOOKS = (
    "repr(v), v.describe(), len(v), v['a'].mean(), v.head(), v.columns, v.index, v.dtypes, v.shape,"
    " v.isna().sum(), v.memory_usage(deep=True), v.sort_values('a'), v.groupby('a').size(), v.to_dict()"
)
_SERIES_LOOKS = (
    "repr(v), v.describe(), len(v), v.head(), v.index, v.isna().sum(), v.iloc[0], v.unique(),"
    " v.value_counts(), v.is_unique, v.index.is_monotonic_increasing, 0 in v.index, v.to_numpy()"
)


def _frame(kind: str, make: str, change: str = "v.loc[v.index[0], 'a'] = v['a'].iloc[1]", **rest: Any) -> Row:
    return Row("pandas", kind, f"v = {make}", change, **{"setup": _IMPORT, "looks": _FRAME_LOOKS, **rest})


def _series(kind: str, make: str, change: str = "v.iloc[0] = v.iloc[1]", **rest: Any) -> Row:
    return Row("pandas", kind, f"v = {make}", change, **{"setup": _IMPORT, "looks": _SERIES_LOOKS, **rest})


def _index(kind: str, make: str, change: str = "v.name = 'other'", **rest: Any) -> Row:
    looks = "repr(v), len(v), v[0], v.is_unique, v.is_monotonic_increasing, v.get_loc(v[0]), v.tolist()"
    return Row("pandas", kind, f"v = {make}", change, **{"setup": _IMPORT, "looks": looks, **rest})


def _tool(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    setup = f"{_IMPORT}\ndf = pd.DataFrame({{'a': [1, 2, 3], 'b': list('xyx')}})"
    return Row("pandas", kind, f"v = {make}", change, **{"setup": setup, "looks": "repr(v)", **rest})


ROWS: tuple[Row, ...] = (
    _frame(
        "DataFrame",
        "pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', None]})",
        "v['c'] = 1",
        large="v = pd.DataFrame({name: np.arange(1_250_000.0) for name in 'abcdefghij'})",
        extent="100 MB",
    ),
    _frame(
        "DataFrame from one array",
        "pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list('abc'))",
        "v.loc[1, 'b'] = 9",
        large="v = pd.DataFrame(np.ones((1_250_000, 10)), columns=list('abcdefghij'))",
        extent="100 MB",
    ),
    _frame(
        "DataFrame that drops rows in place", "pd.DataFrame({'a': [1, None, 3]})", "v.dropna(inplace=True)"
    ),
    _frame(
        "DataFrame, columns of one name",
        "pd.DataFrame([[1, 2], [3, 4]], columns=['a', 'a'])",
        "v.iloc[0, 1] = 9",
        looks="repr(v), len(v), v['a'].sum(), v.describe()",
    ),
    _frame("DataFrame, attrs", "pd.DataFrame({'a': [1, 2]})", "v.attrs['unit'] = 'm'"),
    _frame("DataFrame, columns renamed", "pd.DataFrame({'a': [1, 2]})", "v.columns = ['b']"),
    _frame(
        "DataFrame, MultiIndex",
        "pd.DataFrame({'a': [1, 2, 3, 4]}, index=pd.MultiIndex.from_product([['x', 'y'], [1, 2]]))",
        looks="repr(v), v.loc['x'], v.loc[('y', 1)], v.unstack(), v.index.get_level_values(0), v['a'].mean()",
    ),
    _frame(
        "DataFrame of objects",
        "pd.DataFrame({'a': [[1], {'b': 2}, 'x']}, dtype=object)",
        "v['a'].iloc[0].append(2)",
        alias="w = v['a'].iloc[0]",
        looks="repr(v), len(v), v['a'].map(type), v.columns",
    ),
    _frame(
        "DataFrame of strings",
        "pd.DataFrame({'a': ['x', 'y', 'x']})",
        looks="repr(v), v['a'].str.upper(), v['a'].value_counts(), v.describe()",
        large="v = pd.DataFrame({'a': [f'name {n}' for n in range(1_000_000)]})",
        extent="10^6 elements",
    ),
    _series(
        "Series",
        "pd.Series([1, 2, 3], name='n')",
        alias="w = {'s': v}",
        large="v = pd.Series(np.arange(12_500_000.0))",
        extent="100 MB",
    ),
    _series("Series of python strings", "pd.Series(['a', 'b', None], dtype='string[python]')"),
    _series(
        "Series of Arrow strings",
        "pd.Series(['a', 'b', None], dtype='string[pyarrow]')",
        large="v = pd.Series([f'name {n}' for n in range(1_000_000)], dtype='string[pyarrow]')",
        extent="10^6 elements",
        needs=("pyarrow",),
    ),
    _series(
        "Series of objects",
        "pd.Series(['a', 'b', None], dtype=object)",
        large="v = pd.Series([f'name {n}' for n in range(1_000_000)], dtype=object)",
        extent="10^6 elements",
    ),
    _series("Series of Arrow numbers", "pd.Series([1, 2, None], dtype='int64[pyarrow]')", needs=("pyarrow",)),
    _series(
        "Series of Arrow lists",
        "pd.Series([[1], [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64())))",
        "v.drop(0, inplace=True)",
        setup=f"{_IMPORT}, pyarrow as pa",
        looks="repr(v), len(v), v.iloc[0], v.list.len()",
        needs=("pyarrow",),
    ),
    _series(
        "Series, nullable integers",
        "pd.Series([1, 2, None], dtype='Int64')",
        "v.iloc[0] = pd.NA",
        large="v = pd.Series(np.arange(11_000_000), dtype='Int64')",
        extent="100 MB",
    ),
    _series("Series, nullable booleans", "pd.Series([True, False, None], dtype='boolean')"),
    _series("Series, nullable floats", "pd.Series([1.5, 2.5, None], dtype='Float64')"),
    _series(
        "Series, categorical",
        "pd.Series(['a', 'b', 'a'], dtype='category')",
        looks=f"{_SERIES_LOOKS}, v.cat.categories, v.cat.codes",
        large="v = pd.Series(pd.Categorical.from_codes(np.arange(100_000_000) % 3, list('abc')))",
        extent="100 MB",
    ),
    _series(
        "Series of dates", "pd.Series(pd.date_range('2024', periods=3))", looks=f"{_SERIES_LOOKS}, v.dt.year"
    ),
    _series("Series of dates in a zone", "pd.Series(pd.date_range('2024', periods=3, tz='Europe/Paris'))"),
    _series("Series of durations", "pd.Series(pd.to_timedelta([1, 2, 3], 's'))"),
    _series("Series of periods", "pd.Series(pd.period_range('2024', periods=3, freq='M'))"),
    _series("Series of intervals", "pd.Series(pd.interval_range(0, 3))"),
    _series(
        "Series, sparse",
        "pd.Series(pd.arrays.SparseArray([0, 0, 1, 2]))",
        "v.name = 'n'",
        looks="repr(v), len(v), v.sum(), v.sparse.density, v.sparse.to_dense()",
    ),
    _index("Index", "pd.Index([3, 1, 2], name='n')"),
    _index("RangeIndex", "pd.RangeIndex(5)"),
    _index("MultiIndex", "pd.MultiIndex.from_product([['x', 'y'], [1, 2]])", "v.names = ['a', 'b']"),
    _index("DatetimeIndex", "pd.date_range('2024', periods=3, tz='UTC')"),
    _index("PeriodIndex", "pd.period_range('2024', periods=3, freq='D')"),
    _index("TimedeltaIndex", "pd.to_timedelta(['1s', '2s'])"),
    _index("IntervalIndex", "pd.interval_range(0, 3)"),
    _index("CategoricalIndex", "pd.CategoricalIndex(['a', 'b'])"),
    _tool(
        "Categorical", "pd.Categorical(['a', 'b', 'a'])", "v[0] = 'b'", looks="repr(v), v.codes, v.categories"
    ),
    _tool("IntegerArray", "pd.array([1, None, 3])", "v[0] = 7", looks="repr(v), v.sum(), v.isna()"),
    _tool(
        "GroupBy", "df.groupby('b')", looks="repr(v), v.size(), v['a'].mean(), v.groups, v.ngroups, len(v)"
    ),
    _tool("Rolling", "df['a'].rolling(2)", looks="repr(v), v.mean(), v.sum()"),
    _tool(
        "Resampler",
        "s.resample('D')",
        setup=f"{_IMPORT}\ns = pd.Series([1, 2], pd.date_range('2024', periods=2))",
        looks="repr(v), v.mean()",
    ),
    replace(
        _tool("Styler", "df.style", "v.format(precision=1)", looks="repr(v), v.to_html()"),
        needs=("pandas", "jinja2"),
    ),
    _tool("Timestamp", "pd.Timestamp('2024-01-01', tz='UTC')", looks="repr(v), v.year, v.day_name()"),
    _tool("Timedelta", "pd.Timedelta('1h')", looks="repr(v), v.total_seconds()"),
    _tool("Period", "pd.Period('2024-01')", looks="repr(v), v.start_time, v + 1"),
    _tool("Interval", "pd.Interval(0, 1)", looks="repr(v), v.mid, 0.5 in v"),
    _tool("DateOffset", "pd.offsets.MonthEnd(2)", looks="repr(v), pd.Timestamp('2024') + v"),
    _tool("CategoricalDtype", "pd.CategoricalDtype(['a', 'b'])", looks="repr(v), v.categories, hash(v)"),
    _tool(
        "ArrowDtype",
        "pd.ArrowDtype(pa.int64())",
        setup=f"{_IMPORT}, pyarrow as pa",
        looks="repr(v), v.type, v.kind",
        needs=("pyarrow",),
    ),
)

"""polars: frames and series that can be changed in place, and plans that must not be computed."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = "import polars as pl, datetime as dt"
_SERIES_LOOKS = (
    "repr(v), len(v), v[0], v.describe(), v.null_count(), v.n_unique(), v.to_list(), v.head(), v.dtype"
)


def _frame(kind: str, make: str, change: str, **rest: Any) -> Row:
    looks = (
        "repr(v), v.describe(), len(v), v['a'].mean(), v.shape, v.columns, v.schema, v.head(),"
        " v.filter(pl.col('a') > 1), v.group_by('a').len(), v.estimated_size(), v.null_count(), v.rows(),"
        " v.select('a'), v.glimpse(return_type='string')"
    )
    return Row(
        "polars",
        kind,
        f"v = {make}",
        change,
        **{"looks": looks, "setup": _IMPORT, "needs": ("polars",), **rest},
    )


def _series(kind: str, make: str, change: str = "v[0] = v[1]", **rest: Any) -> Row:
    return Row(
        "polars",
        kind,
        f"v = {make}",
        change,
        **{"looks": _SERIES_LOOKS, "setup": _IMPORT, "needs": ("polars",), **rest},
    )


ROWS: tuple[Row, ...] = (
    _frame(
        "DataFrame",
        "pl.DataFrame({'a': [1, 2, None], 'b': ['x', 'y', 'a longer piece of text']})",
        "v[0, 'a'] = 9",
        alias="w = {'table': v}",
        large="v = pl.DataFrame({name: pl.arange(1_250_000, eager=True) for name in 'abcdefghij'})",
        extent="100 MB",
    ),
    _frame(
        "DataFrame, column inserted",
        "pl.DataFrame({'a': [1, 2]})",
        "v.insert_column(1, pl.Series('c', [3, 4]))",
    ),
    _frame(
        "DataFrame, column replaced",
        "pl.DataFrame({'a': [1, 2]})",
        "v.replace_column(0, pl.Series('a', [3, 4]))",
    ),
    _frame("DataFrame, extended", "pl.DataFrame({'a': [1, 2]})", "v.extend(pl.DataFrame({'a': [3]}))"),
    _frame("DataFrame, columns renamed", "pl.DataFrame({'a': [1, 2]})", "v.columns = ['b']"),
    _frame(
        "DataFrame in chunks",
        "pl.concat([pl.DataFrame({'a': [1, 2]}), pl.DataFrame({'a': [3]})], rechunk=False)",
        "v.drop_in_place('a')",
    ),
    _series(
        "Series",
        "pl.Series('n', [1, 2, None])",
        large="v = pl.arange(12_500_000, eager=True)",
        extent="100 MB",
    ),
    _series(
        "Series of strings",
        "pl.Series(['a', 'b' * 20, None])",
        large="v = pl.Series([f'a name of {n}' for n in range(1_000_000)])",
        extent="10^6 elements",
    ),
    _series("Series of booleans", "pl.Series([True, False, None])"),
    _series(
        "Series, categorical",
        "pl.Series(['a', 'b', 'a'], dtype=pl.Categorical)",
        "v.append(pl.Series(['b'], dtype=pl.Categorical))",
        large="v = pl.Series(['a', 'b', 'c', 'd'] * 250_000, dtype=pl.Categorical)",
        extent="10^6 elements",
    ),
    _series("Series, enum", "pl.Series(['a', 'b'], dtype=pl.Enum(['a', 'b', 'c']))", "v.append(v.clone())"),
    _series("Series of lists", "pl.Series([[1, 2], [3], None])", "v.append(pl.Series([[4]]))"),
    _series(
        "Series of structs", "pl.Series([{'a': 1, 'b': 'x'}, {'a': 2, 'b': None}])", "v.append(v.clone())"
    ),
    _series(
        "Series of arrays", "pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2))", "v.append(v.clone())"
    ),
    _series("Series of dates", "pl.Series([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)])"),
    _series("Series of decimals", "pl.Series(['1.5', '2.5']).cast(pl.Decimal(10, 2))", "v.append(v.clone())"),
    _series(
        "Series of objects",
        "pl.Series([{1}, {2}], dtype=pl.Object)",
        "v[0].add(3)",
        looks="repr(v), len(v), v[0]",
    ),
    Row(
        "polars",
        "LazyFrame",
        "v = pl.LazyFrame({'a': [1, 2]}).filter(pl.col('a') > 1)",
        looks="repr(v), v.collect_schema(), v.explain(), v.collect()",
        setup=_IMPORT,
        needs=("polars",),
        quality="opaque",
    ),
    Row(
        "polars",
        "Expr",
        "v = pl.col('a').sum().over('b') + 1",
        looks="repr(v), v.meta.root_names()",
        setup=_IMPORT,
        needs=("polars",),
    ),
    Row(
        "polars",
        "Schema",
        "v = pl.Schema({'a': pl.Int64})",
        "v['b'] = pl.String()",
        looks="repr(v), v.names(), len(v)",
        setup=_IMPORT,
        needs=("polars",),
    ),
    Row(
        "polars",
        "data type",
        "v = pl.Datetime('us', 'UTC')",
        looks="repr(v), v == pl.Datetime",
        setup=_IMPORT,
        needs=("polars",),
    ),
)

"""Plans that must not be computed: dask, ibis, and what is like Spark."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_DASK = "import numpy as np, pandas as pd, dask, dask.array as da, dask.bag as db"


def _dask(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    given = {"looks": "repr(v), v.compute(scheduler='sync')", "setup": _DASK, "needs": ("dask",), **rest}
    return Row("dask", kind, f"v = {make}", change, **given)


def _frames(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    needs = ("dask", "pandas", "dask.dataframe")
    setup = (
        f"{_DASK}\nimport dask.dataframe as dd\nframe = pd.DataFrame({{'a': [1, 2, 3], 'b': list('xyz')}})"
    )
    return _dask(kind, make, change, setup=setup, needs=needs, **rest)


_SPARK = """
import sys, types
class Computed(Exception): pass
class Frame:
    columns = ['a']
    def __init__(self, plan): self.plan = plan
    def __getattr__(self, name): raise Computed(name)
    def __len__(self): raise Computed
    __iter__ = __bool__ = __eq__ = __repr__ = __reduce__ = __len__
Frame.__module__, Frame.__qualname__ = 'pyspark.sql.dataframe', 'DataFrame'
sys.modules.setdefault('pyspark', types.ModuleType('pyspark'))
"""


def _ibis(kind: str, make: str, **rest: Any) -> Row:
    setup = "import ibis\nt = ibis.table({'a': 'int64', 'b': 'string'}, name='t')"
    given = {"looks": "repr(v)", "setup": setup, "needs": ("ibis",), "quality": "opaque", **rest}
    return Row("ibis", kind, f"v = {make}", **given)


ROWS: tuple[Row, ...] = (
    _dask(
        "Array",
        "da.ones((4, 4), chunks=2) + 1",
        "v[0] = 5",
        looks="repr(v), v.shape, v.chunks, v.compute(scheduler='sync')",
    ),
    _dask("Array of an array", "da.from_array(np.arange(6), chunks=3).sum()"),
    _frames(
        "DataFrame",
        "dd.from_pandas(frame, npartitions=2)",
        "v['c'] = 1",
        looks="v.columns, v.dtypes, v.npartitions, v.compute(scheduler='sync')",
    ),
    _frames("Series", "dd.from_pandas(frame, npartitions=2)['a'] * 2"),
    _dask("Bag", "db.from_sequence([1, 2, 3]).map(abs)"),
    _dask("Item", "db.from_sequence([1, 2, 3]).sum()"),
    _dask("Delayed", "dask.delayed(sum)([1, 2])", quality="opaque"),
    _dask("Delayed, pure", "dask.delayed(sum, pure=True)([1, 2])"),
    _ibis("Table", "t.filter(t.a > 1)"),
    _ibis("Column", "t.a.sum()"),
    Row(
        "Spark-like",
        "DataFrame",
        "v = Frame('plan')",
        looks="id(v), v.columns",
        setup=_SPARK,
        quality="opaque",
    ),
)

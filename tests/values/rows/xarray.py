"""xarray: labelled arrays in memory, behind dask, and in a file."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_IMPORT = "import numpy as np, xarray as xr"
_FILE = f"""{_IMPORT}, os, tempfile
path = os.path.join(tempfile.mkdtemp(), 'a.nc')
xr.Dataset({{'a': ('x', np.arange(5.0))}}).to_netcdf(path, engine=ENGINE)"""


def _row(kind: str, make: str, change: str = "", **rest: Any) -> Row:
    looks = (
        "repr(v), v._repr_html_(), v.dims, v.coords, v.attrs, v.sizes, v.mean(), v.sel(x=1), v.isel(x=0),"
        " v.sum('x'), v.groupby('x').mean(), v.to_dict(), v.indexes, v.plot"
    )
    given = {"looks": looks, "setup": _IMPORT, "needs": ("xarray",), **rest}
    return Row("xarray", kind, f"v = {make}", change, **given)


_ARRAY = "xr.DataArray(np.arange(3.0), dims='x', coords={'x': [0, 1, 2]}, attrs={'unit': 'm'})"
_SET = "xr.Dataset({'a': ('x', [1.0, 2]), 'b': ('x', [3, 4])}, {'x': [0, 1]}, {'title': 't'})"

ROWS: tuple[Row, ...] = (
    _row(
        "DataArray",
        _ARRAY,
        "v[0] = 9",
        alias="w = v.values",
        large="v = xr.DataArray(np.ones((12_500, 1000)), dims=('x', 'y'))",
        extent="100 MB",
    ),
    _row("DataArray, attrs", _ARRAY, "v.attrs['unit'] = 'km'"),
    _row("DataArray, coordinate", _ARRAY, "v['x'] = [5, 6, 7]"),
    _row(
        "Dataset",
        _SET,
        "v['c'] = v['a'] + 1",
        looks="repr(v), v._repr_html_(), v.dims, v.coords, v['a'].mean(), v.to_dataframe(), list(v)",
        large="v = xr.Dataset({'a': (('x', 'y'), np.ones((12_500, 1000)))})",
        extent="100 MB",
    ),
    _row(
        "Dataset, one value",
        _SET,
        "v['a'][0] = 9",
        alias="w = v['a']",
        looks="repr(v), v['a'].values, v.b.mean()",
    ),
    _row(
        "Variable",
        "xr.Variable('x', [1, 2], {'unit': 'm'})",
        "v[0] = 7",
        looks="repr(v), v.dims, v.mean(), v.values",
    ),
    _row(
        "DataTree",
        f"xr.DataTree.from_dict({{'/': {_SET}, '/child': {_SET}}})",
        "v['child'].attrs['k'] = 1",
        looks="repr(v), v.children, v['child'], v.groups",
    ),
    _row(
        "DataArray on dask",
        "xr.DataArray(da.ones(4, chunks=2), dims='x')",
        "v[0] = 5",
        setup=f"{_IMPORT}\nimport dask.array as da",
        needs=("xarray", "dask"),
        looks="repr(v), v.mean(), v.chunks, v.mean().compute(scheduler='sync')",
    ),
    _row(
        "Dataset in a file",
        "xr.open_dataset(path, engine=ENGINE)",
        setup=f"ENGINE = 'scipy'\n{_FILE}",
        looks="repr(v), v['a'].mean().values, v['a'].values, v.attrs",
        needs=("xarray", "scipy"),
        quality="opaque",
    ),
    _row("GroupBy", f"{_ARRAY}.groupby('x')", looks="repr(v), v.mean(), v.groups, len(v)"),
)

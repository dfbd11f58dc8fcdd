"""How the types of one library are digested: a module a library or a family of types.

In comes a value and the walk that visits it. Out come the bytes that identify it among values of its type.

An adapter registers handlers for types by their names, and imports no library to do so. A file that is
put into this folder is an adapter. It is loaded with the first value that is no number or text, or with its
library where ``_LIBRARIES`` names that. A handler reads fields through ``class_reflection``, never through
properties, and visits what the value holds with ``walk.visit``.

An adapter imports no other one, except those of its own family, which begin with the same word. Two
families are shared by all: ``numpy_arrays``, and the files that begin with ``arrow_``.

Open first: ``charts`` (short, by fields), ``numpy_arrays`` (by buffer), ``pandas_frames`` (with parts).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import partial
from pkgutil import iter_modules
from types import MappingProxyType

from cellgraph.digest import registry

_LIBRARIES: Mapping[str, str] = MappingProxyType(
    {
        "arrow_buffers": "pandas polars pyarrow",
        "arrow_c_data": "pandas polars pyarrow",
        "arrow_columns": "pandas polars pyarrow",
        "arrow_string_views": "pandas polars pyarrow",
        "boosters": "_catboost catboost lightgbm xgboost",
        "charts": "bokeh plotly seaborn",
        "lazy_plans": "dask sqlalchemy zarr",
        "matplotlib_artists": "matplotlib",
        "matplotlib_batches": "matplotlib",
        "matplotlib_fields": "matplotlib",
        "matplotlib_figures": "matplotlib",
        "matplotlib_primitives": "matplotlib",
        "numpy_arrays": "numpy",
        "pandas_arrays": "pandas",
        "pandas_frames": "pandas",
        "polars_frames": "polars",
        "pyarrow_tables": "pyarrow",
        "scientific": "astropy geopandas networkx pyproj scipy shapely skimage sympy",
        "scikit_learn": "gensim joblib scipy sklearn statsmodels",
        "torch_modules": "torch",
        "torch_tensors": "torch",
        "xarray_variables": "xarray",
    }
)
"""Adapters that are loaded as soon as one of these libraries is: together they take as long as all others."""

_ADAPTERS = tuple(found.name for found in iter_modules(__path__))
"""All adapters. They are looked up here: a cell may put something else in place of ``os.listdir``."""


def register_adapters() -> None:
    """Import what registers the handlers of numbers and texts, and have the others imported when needed.

    The order makes no difference.
    """
    from cellgraph.digest.adapters import stdlib  # noqa: F401 - registers its handlers

    for adapter, libraries in _LIBRARIES.items():
        registry.when_loaded(libraries.split(), partial(_load, adapter))
    registry.when_needed(_load_all)


def _load(adapter: str) -> None:
    importlib.import_module(f"{__name__}.{adapter}")


def _load_all() -> None:
    """Import all adapters that wait for no library."""
    for adapter in _ADAPTERS:
        if adapter not in _LIBRARIES:
            _load(adapter)

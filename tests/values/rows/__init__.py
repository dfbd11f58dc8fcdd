"""The rows, a file a family. Each module holds ``ROWS``, a tuple of Row."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.values.row import Row


def all_rows() -> tuple[Row, ...]:
    """The rows of every module of this package, by library as readers look for them."""
    names = sorted(module.name for module in iter_modules(__path__))
    rows = [row for name in names for row in import_module(f"{__name__}.{name}").ROWS]
    return tuple(sorted(rows, key=lambda row: row.library.lower()))

"""Databases and files of arrays: most connections and handles are opaque; what was fetched is data."""

from __future__ import annotations

from typing import Any

from tests.values.row import Row

_SQL = "import sqlalchemy as sa\nengine = sa.create_engine('sqlite://')\nconnection = engine.connect()"
_SQLITE = (
    "import sqlite3\nconnection = sqlite3.connect(':memory:')\n_ = connection.execute('create table t (a)')"
)
_DUCK = (
    "import duckdb\nconnection = duckdb.connect()\n_ = connection.execute('create table t as select 1 as a')"
)
_H5 = """import os, tempfile, h5py
h5 = h5py.File(os.path.join(tempfile.mkdtemp(), 'a.h5'), 'w')
h5['a'] = [1, 2, 3]"""
_ZARR = "import os, tempfile, numpy as np, zarr"


def _handle(library: str, kind: str, make: str, setup: str, looks: str, change: str = "", **rest: Any) -> Row:
    given = {"needs": (setup.split()[1] if library != "h5py" else "h5py",), "quality": "opaque", **rest}
    return Row(library, kind, f"v = {make}", change, looks=looks, setup=setup, **given)


ROWS: tuple[Row, ...] = (
    _handle(
        "duckdb", "connection", "duckdb.connect()", "import duckdb", "repr(v), v.sql('select 1').fetchall()"
    ),
    _handle(
        "duckdb",
        "relation",
        "connection.sql('select * from t where a > 0')",
        _DUCK,
        "repr(v), v.columns, v.fetchall(), v.df()",
    ),
    _handle(
        "sqlite3",
        "connection",
        "sqlite3.connect(':memory:')",
        _SQLITE,
        "repr(v), v.execute('select 1').fetchall(), v.in_transaction",
        quality="exact",
        thread_bound=True,
    ),
    _handle(
        "sqlite3",
        "connection of a file",
        "sqlite3.connect('rows.db')",
        _SQLITE,
        "repr(v), v.execute('select 1').fetchall(), v.in_transaction",
    ),
    _handle(
        "sqlite3",
        "connection with a function",
        "connection",
        _SQLITE + "\nconnection.create_function('twice', 1, lambda x: 2 * x)",
        "repr(v), v.execute('select twice(1)').fetchall(), v.in_transaction",
    ),
    _handle(
        "sqlite3",
        "cursor",
        "connection.cursor()",
        _SQLITE,
        "repr(v), v.description, v.rowcount",
        quality="exact",
        thread_bound=True,
    ),
    _handle(
        "sqlite3",
        "cursor with rows to fetch",
        "connection.execute('select a from t')",
        _SQLITE + "\n_ = connection.execute('insert into t values (1)')",
        "repr(v), v.description, v.rowcount",
        thread_bound=True,
    ),
    _handle("sqlalchemy", "engine", "sa.create_engine('sqlite://')", _SQL, "repr(v), v.url, v.dialect.name"),
    _handle(
        "sqlalchemy",
        "connection",
        "engine.connect()",
        _SQL,
        "repr(v), v.closed, v.execute(sa.text('select 1')).all()",
    ),
    _handle("sqlalchemy", "select", "sa.select(sa.column('a'))", _SQL, "repr(v), str(v), v.selected_columns"),
    _handle(
        "sqlalchemy", "result", "connection.execute(sa.text('select 1 as a'))", _SQL, "repr(v), v.keys()"
    ),
    _handle("sqlalchemy", "MetaData", "sa.MetaData()", _SQL, "repr(v), v.tables"),
    _handle(
        "sqlalchemy",
        "rows",
        "connection.execute(sa.text('select 1 as a')).all()",
        _SQL,
        "repr(v), v[0].a, v[0]._mapping",
        "v.append(1)",
        quality="exact",
    ),
    _handle("h5py", "File", "h5py.File(h5.filename, 'r+')", _H5, "repr(v), list(v), v.attrs, v.filename"),
    _handle(
        "h5py", "Dataset", "h5['a']", _H5, "repr(v), v.shape, v[:], v.dtype, len(v), v.attrs", "v[0] = 9"
    ),
    _handle(
        "zarr",
        "Array in memory",
        "zarr.array(np.arange(6), chunks=3)",
        _ZARR,
        "repr(v), v.shape, v[:], v.dtype, v.info",
        "v[0] = 9",
        needs=("zarr",),
        quality="exact",
    ),
    _handle(
        "zarr",
        "Array in a file",
        "zarr.create_array(tempfile.mkdtemp(), shape=(4,), dtype='i4', overwrite=True)",
        _ZARR,
        "repr(v), v.shape, v[:], v.dtype",
        "v[0] = 9",
        needs=("zarr",),
    ),
    _handle(
        "zarr",
        "Group",
        "zarr.group(tempfile.mkdtemp())",
        _ZARR,
        "repr(v), list(v), dict(v.attrs)",
        needs=("zarr",),
    ),
)

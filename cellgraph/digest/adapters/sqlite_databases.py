"""Connections and cursors of sqlite3, by what is in the database, where that is in memory and small.

SQLite hands out an image of a database (``Connection.serialize``). It is loaded into a connection of
cellgraph's own, and the tables are read there: neither row factories nor functions of the user's run.
A database in a file is opaque here. The file's content is compared as that of any other file.
"""

from __future__ import annotations

import functools
import gc
import sys
from typing import Any, cast

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_PAGE_SECONDS = 2e-4
"""What a page of a database (4,096 bytes, some 150 rows) takes: it is copied, read and hashed."""
_ATTRIBUTES = ("isolation_level", "in_transaction", "row_factory", "text_factory")
_LAST = ("description", "lastrowid", "rowcount", "arraysize", "row_factory")
"""What a cursor tells of the last statement, and of the rows that it gives."""
_LISTS = ("function_list", "collation_list", "foreign_keys", "recursive_triggers", "user_version")
"""What may belong to a connection beside its tables."""
_NAMES = "select type, name, tbl_name, sql from sqlite_master order by type, name"
_VIRTUAL = "create virtual"


@digests("sqlite3.Connection", whole=True, mutable=True)
def _connection(value: Any, walk: Walk) -> bytes:
    """The tables. Opaque, with the number of rows changed through it as evidence, if they cannot be read."""
    own = class_reflection.namespace(_base_of(value, "Connection"))
    try:
        return b"tables" + _content(value, own, walk)
    except (_NotTold, _module().Error, AttributeError):
        pass
    try:
        rows = own["total_changes"].__get__(value)
    except _module().Error:  # closed, or another thread's
        rows = None
    return walk.mark_opaque(value) + walk.visit(rows)


@digests("sqlite3.Cursor", whole=True, mutable=True)
def _cursor(value: Any, walk: Walk) -> bytes:
    """What the last statement gave, and the connection. Opaque while there are rows to fetch."""
    own = class_reflection.namespace(_base_of(value, "Cursor"))
    told = walk.sequence([own[name].__get__(value) for name in ("connection", *_LAST)])
    pending = any(class_reflection.short_name(type(held)) == "Statement" for held in gc.get_referents(value))
    if pending or type(value) is not _module().Cursor:
        return walk.mark_opaque(value) + told
    return told


class _NotTold(Exception):
    """Nothing tells what the connection holds."""


def _module() -> Any:
    return sys.modules["_sqlite3"]  # loaded: there is a value of it


def _content(value: Any, own: Any, walk: Walk) -> bytes:
    """The tables of a database in memory, and what belongs to the connection."""
    library = _module()
    attributes = [own[name].__get__(value) for name in _ATTRIBUTES]
    if type(value) is not library.Connection or _calls_back(value, attributes):
        raise _NotTold
    pages = _pages(value, library)
    walk.weigh(pages * 4096, pages * _PAGE_SECONDS)
    if walk.sampling:
        raise _NotTold
    scratch = library.connect(":memory:")
    try:
        lists = [_rows(value, f"pragma {name}", library) for name in _LISTS]
        if lists[:2] != [_rows(scratch, f"pragma {name}", library) for name in _LISTS[:2]]:
            raise _NotTold  # functions of the user's own may stand in the tables' definitions
        if pages:
            scratch.deserialize(own["serialize"](value))
        return walk.sequence(attributes) + walk.visit_untracked([lists[2:], *_tables(scratch, library)])
    finally:
        scratch.close()


def _calls_back(value: Any, attributes: list[Any]) -> bool:
    """Whether the connection holds what it calls, beside its factories, as each statement runs: a tracer."""
    known = {id(type(value)), id(None), *map(id, attributes)}
    caches = (list, functools._lru_cache_wrapper)  # its cursors, its statements
    return any(id(held) not in known and type(held) not in caches for held in gc.get_referents(value))


def _pages(value: Any, library: Any) -> int:
    """How many pages a database in memory has. Raises ``_NotTold`` for any other database."""
    databases = _rows(value, "pragma database_list", library)
    if len(databases) != 1 or databases[0][2]:
        raise _NotTold  # it is in a file; or others are attached, or it has temporary tables
    [[count]] = _rows(value, "pragma page_count", library)
    return cast("int", count)


def _rows(connection: Any, question: str, library: Any) -> list[tuple[Any, ...]]:
    """The answer to a question that changes nothing, without the factories of the connection's owner."""
    cursor = library.Cursor(connection)
    cursor.row_factory = None
    rows = cursor.execute(question).fetchall()
    if any(type(held) is list for held in gc.get_referents(cursor)):
        raise _NotTold  # it converts what it reads by the types that tables declare
    cursor.close()
    return cast("list[tuple[Any, ...]]", rows)


def _tables(scratch: Any, library: Any) -> list[Any]:
    """All definitions, and the rows of each table in their order."""
    defined = _rows(scratch, _NAMES, library)
    names = [name for kind, name, _, text in defined if kind == "table" and not _is_virtual(text)]
    quoted = [name.replace('"', '""') for name in names]
    questions = [f'select * from "{name}"' for name in quoted]  # noqa: S608 - a name cannot be a parameter
    return [defined, *(_rows(scratch, question, library) for question in questions)]


def _is_virtual(text: str | None) -> bool:
    """Whether a table holds nothing itself: its rows are in others that are listed too."""
    return text is not None and text[: len(_VIRTUAL)].lower() == _VIRTUAL


def _base_of(value: object, name: str) -> type:
    return next(cls for cls in class_reflection.mro(type(value)) if class_reflection.short_name(cls) == name)

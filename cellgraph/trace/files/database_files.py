"""The content of an SQLite file: its tables. The bytes differ though the tables are the same.

A table that is dropped and made again leaves the same rows, but other bytes: SQLite counts the changes, and
uses its pages again. An image of the file is read in a database of cellgraph's own in memory. The user's
connections, and what they lock, are left alone.
"""

from __future__ import annotations

import marshal
import sys
from typing import Any

_FORMATS = slice(18, 20)
"""Where the header says whether changes are first written to another file (2), which an image cannot be."""
_DEFINITIONS = "select type, name, tbl_name, sql from sqlite_master order by type, name"
_VIRTUAL = b"create virtual"


def tables(image: bytes) -> bytes | None:
    """The tables of a database as bytes that are the same for the same rows. None if they cannot be read."""
    library: Any = sys.modules.get("_sqlite3")
    if library is None:
        return None
    plain = bytearray(image)
    plain[_FORMATS] = b"\1\1"
    try:
        scratch = library.connect(":memory:")
    except library.Error:
        return None
    try:
        scratch.deserialize(bytes(plain))
        return marshal.dumps(_content(scratch), 2)
    except (library.Error, AttributeError):
        return None  # damaged; or encrypted; or this SQLite cannot read images
    finally:
        scratch.close()


def _content(scratch: Any) -> list[Any]:
    """All definitions, and the rows of each table in their order. Texts are read as bytes, as any can be."""
    scratch.text_factory = bytes
    defined = scratch.execute(_DEFINITIONS).fetchall()
    named = [name for kind, name, _, text in defined if kind == b"table" and not _is_virtual(text)]
    quoted = [name.decode().replace('"', '""') for name in named]
    questions = [f'select * from "{name}"' for name in quoted]  # noqa: S608 - a name cannot be a parameter
    version = scratch.execute("pragma user_version").fetchall()
    return [defined, version, *(scratch.execute(question).fetchall() for question in questions)]


def _is_virtual(text: bytes | None) -> bool:
    """Whether a table holds nothing itself: its rows are in others that are listed too."""
    return text is not None and text[: len(_VIRTUAL)].lower() == _VIRTUAL

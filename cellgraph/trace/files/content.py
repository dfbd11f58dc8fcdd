"""A file's content as a digest. Only regular files are opened, never a pipe or a device.

The content of an SQLite file is its tables. A table that is dropped and made again leaves the same rows, but
other bytes: SQLite counts the changes, and uses its pages again. An image of the file is read in a database
of cellgraph's own in memory. The user's connections, and what they lock, are left alone.
"""

from __future__ import annotations

import marshal
import os
import sys
from stat import S_ISDIR, S_ISREG
from time import time_ns
from typing import Any

from xxhash import xxh3_128

from cellgraph.digest.sampling import blocks
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Quality

_stat, _open, _close, _read, _seek = os.stat, os.open, os.close, os.read, os.lseek
"""As they are now: a cell can replace those of the module, and count or refuse their calls."""
_WHOLE = 16 << 20
"""Bytes up to which a file is read whole; of a larger one 64 blocks are read."""
_BLOCK = 1 << 16
_DATABASE = b"SQLite format 3\0"
_TICK_NS = 50_000_000
"""Nanoseconds. What was written a moment ago may be written again and bear the same time."""

Stat = tuple[int, int, int]
"""Size, time of the last change in nanoseconds, and inode."""


class Content(NamedTuple):
    """What was in a file, and the stat that showed it.

    ``fresh``: the stat is so recent that it may hide a change. ``image``: of a database, whose digest is of
    its tables, what its bytes are.
    """

    stat: Stat
    digest: Digest
    fresh: bool
    image: str = ""


def stat_of(path: str) -> Stat | None:
    """Size, time and inode of a regular file. None if there is none."""
    try:
        found = _stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if S_ISREG(found.st_mode) else None


def is_folder(path: str) -> bool:
    """Whether there is a folder at this path."""
    try:
        return S_ISDIR(_stat(path).st_mode)
    except (OSError, ValueError):
        return False


def made_since(path: str, moment: int) -> bool:
    """Whether a file was made, moved or changed after ``moment`` (nanoseconds).

    Tools that unpack or copy a file give it the original's time, but the inode's own time is new.
    """
    try:
        return _stat(path).st_ctime_ns > moment
    except (OSError, ValueError):
        return False


def content(path: str, known: Content | None = None) -> Content | None:
    """What is in a file now. Returns ``known`` itself if the stat shows no change."""
    now = stat_of(path)
    if now is None:
        return None
    if known is not None and known.stat == now and not known.fresh:
        return known
    digest, image = _digest(path, now)
    fresh = time_ns() - now[1] < _TICK_NS
    if known is not None and (known.stat, known.digest, known.fresh) == (now, digest, fresh):
        return known
    return Content(now, digest, fresh, image)


def begins_with(path: str, size: int, digest: Digest) -> bool:
    """Whether a file begins with what it held when it had this ``size``: something was put behind."""
    now = stat_of(path)
    if now is None or not size < now[0] or size > _WHOLE or digest.quality != "exact":
        return False
    return _digest(path, (size, *now[1:]))[0] == digest


def _digest(path: str, stat: Stat) -> tuple[Digest, str]:
    """The digest of what is in a file, and of a database what its bytes are."""
    size = stat[0]
    try:
        handle = _open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return _unread(stat), ""
    try:
        value, image = _hashed(handle, size)
    except OSError:
        return _unread(stat), ""
    finally:
        _close(handle)
    quality: Quality = "exact" if size <= _WHOLE else "sampled"
    return Digest(value, quality, type="file", size=bytes_words(size)), image


def _unread(stat: Stat) -> Digest:
    """For a file that may not be read: another time counts as another content."""
    return Digest(f"stat:{stat}", "opaque", type="file", size=bytes_words(stat[0]))


def _hashed(handle: int, size: int) -> tuple[str, str]:
    state = xxh3_128(b"%d:" % size)
    ranges = [(0, size)] if size <= _WHOLE else blocks(size, _BLOCK)
    for start, end in ranges:
        _seek(handle, start, os.SEEK_SET)
        left = end - start
        while left and (piece := _read(handle, min(left, 1 << 20))):
            if len(piece) == size and piece.startswith(_DATABASE):
                return xxh3_128(_tables(piece)).hexdigest(), xxh3_128(piece).hexdigest()
            state.update(piece)
            left -= len(piece)
    return state.hexdigest(), ""


def _tables(piece: bytes) -> bytes:
    """What stands for an SQLite file that was read at once: its tables, or else its bytes.

    To read the tables of a megabyte takes some 50 ms.
    """
    return tables(piece) or piece


def bytes_words(size: int) -> str:
    """``12 bytes``, ``1.2 kB``, ``3.4 GB``."""
    if size < 1000:
        return f"{size} byte{'s' * (size != 1)}"
    value, unit = float(size), 0
    while value >= 999.95 and unit < 4:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {('', 'kB', 'MB', 'GB', 'TB')[unit]}"


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

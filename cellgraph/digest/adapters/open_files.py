"""Open files, in memory and on disk, and readers of rows.

Their content counts where it is in memory, and their position.

An open file on disk is opaque: its identity, with name, mode and position as evidence of change. A closed one
is what its name and mode say: nothing more can be had of it. Nothing is flushed and nothing is read ahead.
``tell`` of a text file flushes what was written, so the position of the buffer below it is taken there.
"""

from __future__ import annotations

import gc
import io
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest import class_reflection, mapped_memory
from cellgraph.digest.forms import by_attributes, by_elements
from cellgraph.digest.protocol import LARGE, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import TEXT_BLOCK, blocks

CLOSED = "closed"
_BUFFERS = (io.BufferedReader, io.BufferedWriter, io.BufferedRandom)
_CALM_ERRORS = frozenset({"strict", "ignore", "replace", "surrogateescape", "backslashreplace"})
_DECODERS = frozenset({"_io", "_codecs", "codecs", "encodings"})
_STANDARD_STREAMS = 2
_DIALECT = ("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "strict")


def _position(value: Any) -> int | None:
    """The position of an open file, if it can be read without changing anything."""
    try:
        if type(value) is io.FileIO:
            return value.tell() if value.fileno() > _STANDARD_STREAMS else None
        if type(value) in _BUFFERS:
            return value.tell() if _position(value.raw) is not None else None
        if type(value) is io.TextIOWrapper:
            return _text_position(value)
    except (OSError, ValueError):  # it has no position, as a pipe, or was closed meanwhile
        return None
    return None


def _text_position(value: io.TextIOWrapper) -> int | None:
    below = _position(value.buffer)
    if below is None or type(value.buffer) is not io.BufferedReader or not _decodes_calmly(value):
        return below
    try:
        return value.tell()
    except OSError:  # it is being iterated over
        return below


def _decodes_calmly(value: io.TextIOWrapper) -> bool:
    """Whether reading the position, which decodes text again, runs no decoder of the user's."""
    held = gc.get_referents(value)
    decoders = [part for part in held if hasattr(type(part), "getstate")]
    inner = [part for decoder in decoders for part in gc.get_referents(decoder)]
    types = map(type, [*decoders, *(part for part in inner if hasattr(type(part), "getstate"))])
    return value.errors in _CALM_ERRORS and all(
        class_reflection.module_root(cls) in _DECODERS for cls in types
    )


def _held(value: object) -> list[Any]:
    return [part for part in gc.get_referents(value) if part is not type(value)]


def _where(value: Any) -> str:
    if _is_closed(value):
        return CLOSED
    place = _position(value)
    return "open" if place is None else f"position {place}"


def _is_closed(value: Any) -> bool:
    """Whether the lowest layer is closed.

    The layers above would ask the object below, which may be the user's.
    """
    if type(value) is io.FileIO:
        return bool(value.closed)
    try:
        below = value.raw if type(value) in _BUFFERS else value.buffer
    except ValueError:  # detached
        return True
    return type(below) in (io.FileIO, *_BUFFERS) and _is_closed(below)


@digests(io.FileIO, *_BUFFERS, io.TextIOWrapper, size=_where)
def _file(value: Any, walk: Walk) -> bytes:
    told = _layers(value) if _is_closed(value) else None
    if told is None:
        return walk.mark_opaque(value) + walk.visit(_where(value))
    walk.note(value)  # what went through it while it was open
    return walk.visit(CLOSED) + walk.sequence(told)


def _layers(value: Any) -> list[Any] | None:
    """The type, mode and name of a file and of the layers below it; None if one of them was taken away."""
    told: list[Any] = []
    try:
        if type(value) is io.TextIOWrapper:
            told += ["text", value.encoding, value.errors, _attributes(value).get("mode")]
            value = value.buffer
        if type(value) in _BUFFERS:
            told.append(type(value).__name__)
            value = value.raw
    except ValueError:
        return None
    name = _attributes(value).get("name") if type(value) is io.FileIO else None
    named = name if type(name) is str else ""  # a number is that of a temporary file, another one each time
    return [*told, value.mode, named] if type(value) is io.FileIO else None


@digests("tempfile._TemporaryFileWrapper", mutable=True, whole=True)
def _temporary(value: Any, walk: Walk) -> bytes:
    """The file object inside the wrapper. The wrapper caches methods that were used as attributes."""
    state = _attributes(value)
    return walk.sequence([state.get("file"), state.get("name"), state.get("delete")])


def _memory_where(value: Any) -> str:
    base = io.StringIO if issubclass(type(value), io.StringIO) else io.BytesIO
    if base.closed.__get__(value):
        return CLOSED
    return f"position {base.tell(value)}"


@digests(io.StringIO, io.BytesIO, mutable=True, size=_memory_where)
def _in_memory(value: Any, walk: Walk) -> bytes:
    """Content and position."""
    where = walk.visit(_memory_where(value))
    base: Any = io.StringIO if issubclass(type(value), io.StringIO) else io.BytesIO
    if base.closed.__get__(value):
        return where
    return where + walk.visit(base.getvalue(value))


@digests("mmap.mmap", size=lambda value: f"length {len(value)}", mutable=True)
def _mapped(value: Any, walk: Walk) -> bytes:
    """The mapped bytes, unless the file has become shorter: touching missing pages ends the process."""
    try:
        count, place = len(value), value.tell()
        if not mapped_memory.covers(value):
            return walk.mark_opaque(value)
    except (OSError, ValueError):  # closed, or not mapped from a file
        return walk.mark_opaque(value)
    stretches = blocks(count, TEXT_BLOCK) if walk.sampling else [(0, count)]
    walk.bytes_ahead(count)
    return walk.visit_untracked(
        (count, place, [xxh3_128_digest(value[start:end]) for start, end in stretches])
    )


def _view_length(value: memoryview) -> str:
    try:
        return f"length {value.nbytes}"
    except ValueError:
        return "released"


_COPYING = 50
"""Times that it takes longer to copy the bytes of a view with gaps than to hash as many."""


@digests(memoryview, mutable=True, size=_view_length)
def _view(value: memoryview, walk: Walk) -> bytes:
    """The bytes that it shows. The object behind it is shared."""
    try:
        owner, size = value.obj, value.nbytes
    except ValueError:
        return b"released"
    if type(owner) is not bytes:
        walk.visit(owner)
        if walk.frame.opaque:  # it may be mapped from a file that has become shorter
            return walk.mark_opaque(value)
    walk.bytes_ahead(size if value.c_contiguous else _COPYING * size)
    form = walk.visit((value.format, value.shape, value.strides, value.readonly))
    if walk.sampling and size > LARGE:
        return form  # what it shows was sampled as a part of its owner
    return form + xxh3_128_digest(value if value.c_contiguous else value.tobytes())


@digests("_csv.reader", mutable=True, size=lambda value: f"line {value.line_num}")
def _reader(value: Any, walk: Walk) -> bytes:
    return b"%d:" % value.line_num + walk.sequence(_held(value))


digests("_csv.writer", mutable=True)(by_elements(_held))


digests("_csv.Dialect")(by_attributes(*_DIALECT))


@digests("zipfile.ZipFile", whole=True)
def _zip(value: Any, walk: Walk) -> bytes:
    """Opaque; the list of members is evidence. Reads move the position of its file, which is no change."""
    state = _attributes(value)
    entries = [(entry.filename, entry.CRC, entry.file_size) for entry in state.get("filelist") or ()]
    how = (state.get("mode"), state.get("fp") is None)
    return walk.mark_opaque(value) + walk.visit(how) + walk.visit_untracked(entries)


@digests("tarfile.TarFile", whole=True)
def _tar(value: Any, walk: Walk) -> bytes:
    """Opaque; the position of writing is evidence. Its list of members grows as it is read."""
    state = _attributes(value)
    written = state.get("offset") if state.get("mode") != "r" else None
    return walk.mark_opaque(value) + walk.visit((state.get("mode"), state.get("closed"), written))


def _attributes(value: object) -> dict[str, Any]:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value) if getter is not None else {}

"""Read Arrow memory in place through the Arrow C data interface, without the help of any library.

polars, pyarrow and the Arrow columns of pandas offer this interface. Their buffers are read without a copy;
nothing is computed or imported. The specification is at
https://arrow.apache.org/docs/format/CDataInterface.html.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, py_object
from typing import Any, ClassVar

from cellgraph.digest import mapped_memory
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple

_Release = ctypes.CFUNCTYPE(None, c_void_p)
_READ_ONLY = 0x100


class _Schema(Structure):
    """``struct ArrowSchema``."""

    _fields_: ClassVar[Any]


_Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(_Schema))),
    ("dictionary", POINTER(_Schema)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class _Array(Structure):
    """``struct ArrowArray``."""

    _fields_: ClassVar[Any]


_Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_Array))),
    ("dictionary", POINTER(_Array)),
    ("release", c_void_p),
    ("private_data", c_void_p),
]


class _Stream(Structure):
    """``struct ArrowArrayStream``."""

    _fields_: ClassVar[Any] = [
        ("get_schema", ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_Schema))),
        ("get_next", ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_Array))),
        ("get_last_error", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


_pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_in.restype, _pointer_in.argtypes = c_void_p, [py_object, c_char_p]
_view = ctypes.pythonapi.PyMemoryView_FromMemory
_view.restype, _view.argtypes = py_object, [c_void_p, ctypes.c_ssize_t, c_int]


class ArrowLayoutError(Exception):
    """The memory cannot be read: its layout is not known, or the library failed to export it."""


class Field(NamedTuple):
    """A column's type, as a format string of the C data interface (``l``: int64, ``+s``: struct)."""

    format: str
    ordered: bool
    names: tuple[str, ...]
    children: tuple[Field, ...]
    dictionary: Field | None


@dataclass(slots=True)
class Chunk:
    """Elements that lie in one piece of memory.

    ``offset`` is the position of the first one in the buffers.
    """

    length: int
    nulls: int
    offset: int
    buffers: tuple[int, ...]
    children: tuple[Chunk, ...]
    dictionary: Chunk | None

    def memory(self, buffer: int, start: int, size: int) -> memoryview:
        """Return ``size`` bytes of a buffer. They may be read only while the export lasts."""
        if size <= 0 or not self.buffers[buffer]:
            return memoryview(b"")
        mapped_memory.require(self.buffers[buffer] + start, size)
        view: memoryview = _view(self.buffers[buffer] + start, size, _READ_ONLY)
        return view

    def addresses(self) -> Iterator[int]:
        """The addresses of the value buffers of this chunk and of its children."""
        yield from (address for address in self.buffers[1:] if address)
        for child in self.children:
            yield from child.addresses()


@contextmanager
def streamed(capsule: Any) -> Iterator[tuple[Field, Iterator[Chunk]]]:
    """Yield the chunks of an ``arrow_array_stream`` capsule.

    A chunk is released when the next one is taken.
    """
    stream = _Stream.from_address(_pointer_in(capsule, b"arrow_array_stream"))
    address = ctypes.addressof(stream)
    schema = _Schema()
    if stream.get_schema(address, ctypes.byref(schema)):
        raise ArrowLayoutError
    try:
        field = _field(schema)
    finally:
        _release(schema)
    chunks = _chunks(stream, address)
    try:
        yield field, chunks
    finally:
        chunks.close()


@contextmanager
def exported(schema_capsule: Any, array_capsule: Any) -> Iterator[tuple[Field, Iterator[Chunk]]]:
    """Return the one chunk of an exported array. Its capsules release the memory themselves."""
    schema = _Schema.from_address(_pointer_in(schema_capsule, b"arrow_schema"))
    array = _Array.from_address(_pointer_in(array_capsule, b"arrow_array"))
    yield _field(schema), iter([_chunk(array)])


def _chunks(stream: _Stream, address: int) -> Any:
    while True:
        array = _Array()
        if stream.get_next(address, ctypes.byref(array)):
            raise ArrowLayoutError
        if not array.release:
            return
        try:
            yield _chunk(array)
        finally:
            _release(array)


def _release(owned: Any) -> None:
    if owned.release:
        _Release(owned.release)(ctypes.addressof(owned))


def _field(schema: _Schema) -> Field:
    children = [schema.children[at].contents for at in range(schema.n_children)]
    return Field(
        schema.format.decode(),
        bool(schema.flags & 1),
        tuple((child.name or b"").decode("utf8", "replace") for child in children),
        tuple(_field(child) for child in children),
        _field(schema.dictionary.contents) if schema.dictionary else None,
    )


def _chunk(array: _Array) -> Chunk:
    return Chunk(
        array.length,
        array.null_count,
        array.offset,
        tuple(array.buffers[at] or 0 for at in range(array.n_buffers)),
        tuple(_chunk(array.children[at].contents) for at in range(array.n_children)),
        _chunk(array.dictionary.contents) if array.dictionary else None,
    )

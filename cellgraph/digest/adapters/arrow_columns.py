"""Digest columns in Arrow's layout by value, however they are cut into chunks, sliced or padded.

Each aspect of a column (which elements are missing, how long they are, what they contain) has a hash of its
own, which is fed chunk by chunk. The bytes below a missing element are no part of the value.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from xxhash import xxh3_128, xxh3_128_digest

from cellgraph.digest.adapters import arrow_buffers, arrow_c_data
from cellgraph.digest.adapters.arrow_c_data import ArrowLayoutError, Chunk, Field
from cellgraph.digest.protocol import BYTE_SECONDS, Content, Walk
from cellgraph.digest.sampling import blocks

SAMPLED_RUN = 16
"""Elements in each of the runs that make a sample."""
COLUMN_WEIGHT, COLUMN_SECONDS = 5_000, 5e-5
"""What it takes to be handed a column, however short it is."""
ELEMENT_SECONDS = 2.5e-9
TEXT_SECONDS = 2e-8
_WIDTHS = {kind: width for kinds, width in (("cC", 1), ("sSe", 2), ("iIf", 4), ("lLg", 8)) for kind in kinds}
_WIDTHS |= {"tdD": 4, "tdm": 8, "tts": 4, "ttm": 4, "ttu": 8, "ttn": 8, "tiM": 4, "tiD": 8, "tin": 16}
_WIDTHS |= {"_pli128": 16, "_plu128": 16}


def refusing(content: Content) -> Content:
    """Wrap a handler so that a value that it cannot read is opaque."""

    @functools.wraps(content)
    def handler(value: Any, walk: Walk) -> bytes:
        try:
            return content(value, walk)
        except ArrowLayoutError:
            return walk.mark_opaque(value)

    return handler


class Column:
    """Collects the elements of one column chunk by chunk, and gives their digest."""

    label = ""

    def __init__(self, field: Field, walk: Walk) -> None:
        self.field = field
        self.walk = walk
        self.count = 0
        self.data = xxh3_128()
        self.present = Present()

    def add(self, chunk: Chunk, start: int, count: int) -> None:
        """Add ``count`` elements of a chunk, from position ``start`` on."""
        if count <= 0:
            return
        self.count += count
        at = chunk.offset + start
        self._elements(chunk, at, count, self.present.add(chunk, at, count))

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        """Add the contents of elements. ``at`` counts from the start of the buffers."""

    def digest(self) -> bytes:
        """The digest of everything that was added."""
        head = f"{self.label}{self.count}|".encode()
        return xxh3_128_digest(head + self.present.digest() + self.data.digest())


class Present:
    """Which elements are present. Nothing is hashed until the first missing one."""

    def __init__(self) -> None:
        self._state: Any = None
        self._before = 0

    def add(self, chunk: Chunk, at: int, count: int) -> bytes | None:
        """Return one byte for each element, 0 for a missing one. None if none is missing."""
        mask = None
        if chunk.nulls and chunk.buffers and chunk.buffers[0]:
            mask = arrow_buffers.bits(chunk, 0, at, count)
        if mask is None or 0 not in mask:
            self._before += count
            return None
        self._flush()
        self._state.update(mask)
        return mask

    def digest(self) -> bytes:
        """Empty if no element is missing."""
        if self._state is None:
            return b""
        self._flush()
        found: bytes = self._state.digest()
        return found

    def _flush(self) -> None:
        self._state = self._state or xxh3_128()
        self._state.update(b"\1" * self._before)
        self._before = 0


class Fixed(Column):
    """Elements of a fixed width: numbers, dates, decimals."""

    def __init__(self, field: Field, walk: Walk, width: int) -> None:
        super().__init__(field, walk)
        self.label, self.width = field.format, width

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.bytes_ahead(count * self.width)
        held = chunk.memory(1, at * self.width, count * self.width)
        self.data.update(held if mask is None else self.blanked(held, mask))

    def blanked(self, held: memoryview, mask: bytes) -> Any:
        """Return the elements with zeros for the missing ones."""
        self.walk.weigh(0, len(mask) * ELEMENT_SECONDS)
        return arrow_buffers.blanked(held, mask, self.width)


class Bits(Column):
    """Booleans."""

    label = "bool"

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.weigh(count, count * ELEMENT_SECONDS)
        held = arrow_buffers.bits(chunk, 1, at, count)
        self.data.update(held if mask is None else arrow_buffers.blanked(memoryview(held), mask, 1))


class Text(Column):
    """Strings and bytes: their lengths, then their contents one after another."""

    label = "text"

    def __init__(self, field: Field, walk: Walk) -> None:
        super().__init__(field, walk)
        self.lengths = xxh3_128()
        self.wide = field.format in "UZ"

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.weigh(count * 8, count * ELEMENT_SECONDS)
        places, sizes = arrow_buffers.lengths(chunk, at, count, self.wide)
        first, last = places[0], places[-1]
        if mask is not None and arrow_buffers.any_under(sizes, mask):
            self._one_by_one(chunk, places, mask)
            return
        self.lengths.update(sizes)
        self.walk.bytes_ahead(last - first)
        self.data.update(chunk.memory(2, first, last - first))

    def _one_by_one(self, chunk: Chunk, places: Any, mask: bytes) -> None:
        """Add element by element. This is needed if bytes lie below a missing element."""
        self.walk.weigh(0, len(mask) * 1e-6)
        for present, start, end in zip(mask, places, places[1:], strict=False):
            size = end - start if present else 0
            self.lengths.update(size.to_bytes(8, sys.byteorder))
            self.data.update(chunk.memory(2, start, size))

    def digest(self) -> bytes:
        """The digest of everything that was added."""
        return xxh3_128_digest(super().digest() + self.lengths.digest())


class Null(Column):
    """A column of missing elements only."""

    label = "null"


class List(Column):
    """Lists: their lengths, then their elements one after another."""

    label = "list"

    def __init__(self, field: Field, walk: Walk) -> None:
        super().__init__(field, walk)
        self.wide = field.format == "+L"
        self.inner = column(field.children[0], walk)

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.weigh(count * 8, count * ELEMENT_SECONDS)
        places, sizes = arrow_buffers.lengths(chunk, at, count, self.wide)
        self.data.update(sizes)
        self.inner.add(chunk.children[0], places[0], places[-1] - places[0])

    def digest(self) -> bytes:
        """The digest of everything that was added."""
        return xxh3_128_digest(super().digest() + self.inner.digest())


class Struct(Column):
    """Records, field by field. With ``repeat`` it stands for lists of that fixed length."""

    def __init__(self, field: Field, walk: Walk, repeat: int = 1) -> None:
        super().__init__(field, walk)
        self.label, self.repeat = f"{field.format}{field.names}", repeat
        self.inner = [column(child, walk) for child in field.children]

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        for inner, child in zip(self.inner, chunk.children, strict=True):
            inner.add(child, at * self.repeat, count * self.repeat)

    def digest(self) -> bytes:
        """The digest of everything that was added."""
        return xxh3_128_digest(super().digest() + b"".join(inner.digest() for inner in self.inner))


def table_ahead(size: int, width: int, walk: Walk) -> None:
    """Raise OverBudgetError if a table of ``size`` bytes and ``width`` columns is too large to hash."""
    walk.foresee(size + width * COLUMN_WEIGHT, size * BYTE_SECONDS + width * COLUMN_SECONDS)


def column(field: Field, walk: Walk) -> Column:
    """Return the collector for a column's type. Raises ArrowLayoutError for a layout that is not known."""
    kind, _, setting = field.format.partition(":")
    if field.dictionary is not None:
        return _COLUMNS[CODED](field, walk)
    if kind in _COLUMNS:
        return _COLUMNS[kind](field, walk)
    if kind == "+w":
        return Struct(field, walk, int(setting))
    return Fixed(field, walk, _width(kind, setting))


_TEXTS, _LISTS = dict.fromkeys("uUzZ", Text), dict.fromkeys(("+l", "+L", "+m"), List)
_COLUMNS: dict[str, type[Column]] = {"n": Null, "b": Bits, "+s": Struct, **_TEXTS, **_LISTS}

CODED = "coded"
"""Stands for the layout of a column with a dictionary, whatever its codes are."""

_Column = TypeVar("_Column", bound=type[Column])


def takes_in(*layouts: str) -> Callable[[_Column], _Column]:
    """Register a collector class for some layouts, named by Arrow's format strings or by ``CODED``."""

    def register(cls: _Column) -> _Column:
        _COLUMNS.update(dict.fromkeys(layouts, cls))
        return cls

    return register


def code_width(field: Field) -> int:
    """How many bytes one element of a column of numbers takes."""
    return _WIDTHS[field.format.partition(":")[0]]


def _width(kind: str, setting: str) -> int:
    if kind == "w":
        return int(setting)
    if kind == "d":
        digits = setting.split(",")
        return int(digits[2]) // 8 if len(digits) > 2 else 16
    width = 8 if kind[:2] in ("ts", "tD") else _WIDTHS.get(kind)
    if width is None:
        raise ArrowLayoutError
    return width


def taken(chunks: Iterable[Chunk], into: Column, ranges: list[tuple[int, int]]) -> None:
    """Add ranges of a column that comes in chunks. The ranges are in order and do not overlap."""
    passed, waiting = 0, list(ranges)
    for chunk in chunks:
        end = passed + chunk.length
        while waiting and waiting[0][0] < end:
            first, last = waiting[0]
            start = max(first, passed)
            into.add(chunk, start - passed, min(last, end) - start)
            if last > end:
                break
            waiting.pop(0)
        passed = end


def elements(value: Any, walk: Walk, shared: bool = False) -> bytes:
    """Digest the elements of an array or a chunked array, without its type.

    ``shared`` says that others may write to the memory. It is then noted as shared memory.
    """
    ranges = blocks(len(value), SAMPLED_RUN) if walk.sampling else [(0, len(value))]
    walk.weigh(COLUMN_WEIGHT, COLUMN_SECONDS)
    with _exported(value) as (field, chunks):
        into = column(field, walk)
        taken(_noted(chunks, walk) if shared else chunks, into, ranges)
    return into.digest()


def _exported(value: Any) -> AbstractContextManager[Any]:
    if hasattr(value, "chunks"):
        return arrow_c_data.streamed(value.__arrow_c_stream__())
    return arrow_c_data.exported(*value.__arrow_c_array__())


def _noted(chunks: Iterable[arrow_c_data.Chunk], walk: Walk) -> Iterable[arrow_c_data.Chunk]:
    """Yield the chunks, and note the addresses of their buffers.

    A numpy array may show the same memory and write to it.
    """
    for chunk in chunks:
        for address in chunk.addresses():
            walk.note_memory(address)
        yield chunk

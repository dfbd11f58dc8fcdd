"""Columns whose elements are references: string views, and codes into a dictionary."""

from __future__ import annotations

import sys
from array import array
from itertools import repeat
from struct import Struct
from typing import Any

from xxhash import xxh3_64_intdigest, xxh3_128, xxh3_128_digest

from cellgraph.digest.adapters import arrow_buffers, arrow_columns
from cellgraph.digest.adapters.arrow_c_data import Chunk, Field
from cellgraph.digest.adapters.arrow_columns import CODED, Column, takes_in
from cellgraph.digest.protocol import Walk
from cellgraph.light_namedtuple import NamedTuple

INLINE = 12
"""Bytes that a view holds itself; of longer elements it holds 4 and says where the rest is."""
MANY_RUNS = 1_000
GATHERED, GATHER_SECONDS = 1_048_576, 1e-8
SPARSE = 8
"""How much more the buffers hold than is asked for where they are not put together."""
CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_VIEW = Struct("<i4sii")


class _Scattered(NamedTuple):
    """Where the long elements are: buffer, start and length of each, and the length of every element."""

    sizes: Any
    sources: Any
    starts: Any
    total: int


@takes_in("vu", "vz")
class TextViews(Column):
    """Strings and bytes in the view layout: their lengths, their first bytes, then the long ones in full."""

    label = "views"

    def __init__(self, field: Field, walk: Walk) -> None:
        super().__init__(field, walk)
        self.lengths = xxh3_128()
        self.heads = xxh3_128()

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.weigh(count * 16, count * arrow_columns.TEXT_SECONDS)
        held: Any = chunk.memory(1, at * 16, count * 16)
        if mask is not None:
            held = arrow_buffers.blanked(held, mask, 16)
        if (np := arrow_buffers.numpy()) is not None:
            self._at_once(chunk, np.frombuffer(held, "<i4").reshape(count, 4), np)
        else:
            self._one_by_one(chunk, held)

    def _at_once(self, chunk: Chunk, views: Any, np: Any) -> None:
        self.lengths.update(views[:, 0].astype("i8"))
        heads = np.ascontiguousarray(views[:, 1:])
        long = views[:, 0] > INLINE
        if long.any():
            heads[:, 1:] *= ~long[:, None]  # the position of the remaining bytes is no part of the value
            self._long(chunk, views if long.all() else views[long], np)
        self.heads.update(memoryview(heads))

    def _long(self, chunk: Chunk, views: Any, np: Any) -> None:
        sizes, sources, starts = (np.ascontiguousarray(views[:, at]) for at in (0, 2, 3))
        total = int(sizes.sum(dtype="i8"))
        self.walk.bytes_ahead(total)
        follows = (sources[1:] == sources[:-1]) & (starts[1:] == starts[:-1] + sizes[:-1])
        firsts = np.concatenate([[0], np.flatnonzero(~follows) + 1])
        if len(firsts) > MANY_RUNS:
            self._gathered(_Scattered(sizes.astype("i8"), sources, starts.astype("i8"), total), chunk, np)
            return
        totals = np.add.reduceat(sizes, firsts, dtype="i8")
        for source, start, size in zip(sources[firsts], starts[firsts], totals, strict=True):
            self.data.update(chunk.memory(2 + int(source), int(start), int(size)))

    def _gathered(self, spread: _Scattered, chunk: Chunk, np: Any) -> None:
        """Hash elements that are scattered over the buffers, about a megabyte at a time."""
        memories = [np.frombuffer(held, "u1") for held in _buffers(chunk) if held]
        held = sum(map(len, memories))
        self.walk.weigh(0, (spread.total + held) * GATHER_SECONDS)
        if held > SPARSE * spread.total or len(memories) < len(chunk.buffers) - 3:
            self._one_after_another(spread, chunk)
            return
        bases = np.cumsum([0, *map(len, memories[:-1])])
        pool = memories[0] if len(memories) == 1 else np.concatenate(memories)
        starts = spread.starts + bases[spread.sources]
        step = max(1, GATHERED * len(starts) // spread.total)
        for first in range(0, len(starts), step):
            own = slice(first, first + step)
            self.data.update(_bytes_at(pool, starts[own], spread.sizes[own], np))

    def _one_after_another(self, spread: _Scattered, chunk: Chunk) -> None:
        """Hash each element by itself. This is for few elements in buffers that contain much else."""
        self.walk.weigh(0, len(spread.sizes) * 1e-6)
        places = zip(*(held.tolist() for held in (spread.sources, spread.starts, spread.sizes)), strict=True)
        for source, start, size in places:
            self.data.update(chunk.memory(2 + source, start, size))

    def _one_by_one(self, chunk: Chunk, held: Any) -> None:
        self.walk.weigh(0, len(held) // 16 * 1e-6)
        for size, head, source, start in _VIEW.iter_unpack(held):
            self.lengths.update(size.to_bytes(8, sys.byteorder))
            if size > INLINE:
                self.heads.update(head + bytes(8))
                self.data.update(chunk.memory(2 + source, start, size))
            else:
                self.heads.update(_VIEW.pack(size, head, source, start)[4:])

    def digest(self) -> bytes:
        """The digest of everything that was added."""
        return xxh3_128_digest(super().digest() + self.lengths.digest() + self.heads.digest())


def _buffers(chunk: Chunk) -> list[memoryview]:
    """Return the buffers that the views point into. The last Arrow buffer says how long each is."""
    count = len(chunk.buffers) - 3
    sizes = chunk.memory(2 + count, 0, 8 * count).cast("q")
    return [chunk.memory(2 + at, 0, size) for at, size in enumerate(sizes)]


def _bytes_at(pool: Any, starts: Any, sizes: Any, np: Any) -> Any:
    ends = np.cumsum(sizes)
    shifts = np.repeat(starts - (ends - sizes), sizes)
    return pool[shifts + np.arange(int(ends[-1]))]


@takes_in(CODED)
class Coded(Column):
    """Codes into a dictionary, by the values they stand for: equal values may have different codes."""

    def __init__(self, field: Field, walk: Walk) -> None:
        super().__init__(field, walk)
        assert field.dictionary is not None
        self.label = f"coded{field.ordered}"
        self.words, self.width = field.dictionary, arrow_columns.code_width(field)
        self._of: Chunk | None = None
        self._seen: dict[int, int] = {}

    def _elements(self, chunk: Chunk, at: int, count: int, mask: bytes | None) -> None:
        self.walk.weigh(count * self.width, count * arrow_columns.ELEMENT_SECONDS)
        held: Any = chunk.memory(1, at * self.width, count * self.width)
        if mask is not None:
            held = arrow_buffers.blanked(held, mask, self.width)
        words = chunk.dictionary
        assert words is not None
        if words is not self._of:
            self._of, self._seen = words, {}
        codes: Any = memoryview(held).cast("B")
        codes = codes.cast(CODES[self.width])
        if (np := arrow_buffers.numpy()) is not None and count > 1_000:
            self.data.update(self._at_once(words, np.asarray(codes), mask, np))
            return
        marked = zip(codes, mask or repeat(1), strict=False)
        stands = [self._word(words, code) if present else 0 for code, present in marked]
        self.data.update(array("Q", stands))

    def _at_once(self, words: Chunk, codes: Any, mask: bytes | None, np: Any) -> Any:
        self.walk.weigh(0, words.length * 1.5e-6)
        table = np.array([self._word(words, code) for code in range(words.length)] or [0], "u8")
        stands = table[codes]
        if mask is not None:
            stands[np.frombuffer(mask, np.uint8) == 0] = 0
        return memoryview(stands)

    def _word(self, words: Chunk, code: int) -> int:
        if (known := self._seen.get(code)) is None:
            word = arrow_columns.column(self.words, self.walk)
            word.add(words, code, 1)
            known = self._seen[code] = xxh3_64_intdigest(word.digest())
        return known

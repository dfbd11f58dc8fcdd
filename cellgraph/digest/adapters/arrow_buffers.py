"""What is made of Arrow's buffers before it is hashed: a byte for each bit, a length for each element.

Where numpy is loaded it does the work for each element; without it the same bytes are made more slowly.
"""

from __future__ import annotations

import sys
from array import array
from operator import sub
from typing import Any

from cellgraph.digest.adapters.arrow_c_data import Chunk

_BITS = bytes.maketrans(b"01", b"\0\1")


def numpy() -> Any:
    """numpy where the user, or a library of the user's, has imported it."""
    found = sys.modules.get("numpy")
    return found if hasattr(found, "frombuffer") else None


def bits(chunk: Chunk, buffer: int, at: int, count: int) -> bytes:
    """A byte for each of ``count`` bits from ``at`` on."""
    start, skip = divmod(at, 8)
    held = chunk.memory(buffer, start, (skip + count + 7) // 8)
    if (np := numpy()) is not None:
        unpacked = np.unpackbits(np.frombuffer(held, np.uint8), bitorder="little")
        found: bytes = unpacked[skip : skip + count].tobytes()
        return found
    digits = f"{int.from_bytes(held, 'little'):0{8 * len(held)}b}"[::-1]
    return digits[skip : skip + count].encode().translate(_BITS)


def blanked(held: memoryview, mask: bytes, width: int) -> Any:
    """A copy with zeros for the elements that the mask says are missing."""
    if (np := numpy()) is not None:
        kind = f"u{width}" if width in (1, 2, 4, 8) else f"V{width}"
        values = np.frombuffer(held, kind).copy()
        values[np.frombuffer(mask, np.uint8) == 0] = np.zeros((), kind)
        return memoryview(values.view(np.uint8))
    copy = bytearray(held)
    for place, present in enumerate(mask):
        if not present:
            copy[place * width : (place + 1) * width] = bytes(width)
    return copy


def lengths(chunk: Chunk, at: int, count: int, wide: bool) -> tuple[Any, Any]:
    """Where the elements start and end in what they hold, and how long each is (8 bytes for each)."""
    width = 8 if wide else 4
    places = chunk.memory(1, at * width, (count + 1) * width).cast("q" if wide else "i")
    if (np := numpy()) is not None:
        return places, memoryview(np.diff(np.frombuffer(places, f"i{width}")).astype("i8"))
    return places, memoryview(array("q", map(sub, places[1:], places)))


def any_under(sizes: memoryview, mask: bytes) -> bool:
    """Whether a missing element has a length."""
    if (np := numpy()) is not None:
        return bool(np.frombuffer(sizes, "i8")[np.frombuffer(mask, np.uint8) == 0].any())
    return any(size and not present for size, present in zip(sizes, mask, strict=True))

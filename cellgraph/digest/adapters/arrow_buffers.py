"""Turn Arrow's bit masks and offsets into bytes that can be hashed.

There is one byte for each bit, and one length for each element.

numpy does this where it is loaded. Without numpy the same bytes are made in Python, more slowly.
"""

from __future__ import annotations

import sys
from array import array
from operator import sub
from typing import Any

from cellgraph.digest.adapters.arrow_c_data import Chunk

_BITS = bytes.maketrans(b"01", b"\0\1")


def numpy() -> Any:
    """The numpy module if the user, or a library of the user's, has imported it; else None."""
    found = sys.modules.get("numpy")
    return found if hasattr(found, "frombuffer") else None


def bits(chunk: Chunk, buffer: int, at: int, count: int) -> bytes:
    """Return one byte (0 or 1) for each of ``count`` bits, from bit ``at`` on."""
    start, skip = divmod(at, 8)
    held = chunk.memory(buffer, start, (skip + count + 7) // 8)
    if (np := numpy()) is not None:
        unpacked = np.unpackbits(np.frombuffer(held, np.uint8), bitorder="little")
        found: bytes = unpacked[skip : skip + count].tobytes()
        return found
    digits = f"{int.from_bytes(held, 'little'):0{8 * len(held)}b}"[::-1]
    return digits[skip : skip + count].encode().translate(_BITS)


def blanked(held: memoryview, mask: bytes, width: int) -> Any:
    """Return a copy of the values in which the elements that the mask calls missing are zero."""
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
    """Return where each element begins and ends in the buffer of contents, and its length as 8 bytes."""
    width = 8 if wide else 4
    places = chunk.memory(1, at * width, (count + 1) * width).cast("q" if wide else "i")
    if (np := numpy()) is not None:
        return places, memoryview(np.diff(np.frombuffer(places, f"i{width}")).astype("i8"))
    return places, memoryview(array("q", map(sub, places[1:], places)))


def any_under(sizes: memoryview, mask: bytes) -> bool:
    """Whether an element that the mask calls missing has a length other than zero."""
    if (np := numpy()) is not None:
        return bool(np.frombuffer(sizes, "i8")[np.frombuffer(mask, np.uint8) == 0].any())
    return any(size and not present for size, present in zip(sizes, mask, strict=True))

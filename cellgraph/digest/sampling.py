"""Which part of a large value is digested. The choice depends on the value's size alone."""

from __future__ import annotations

from typing import TypeVar

Text = TypeVar("Text", str, bytes)

BLOCKS = 64
TEXT_BLOCK = 256


def picks(count: int, wanted: int) -> list[int]:
    """``wanted`` positions below ``count``, evenly spread, both ends included."""
    if wanted >= count:
        return list(range(count))
    if wanted == 1:
        return [0]
    return [step * (count - 1) // (wanted - 1) for step in range(wanted)]


def blocks(count: int, length: int) -> list[tuple[int, int]]:
    """At most BLOCKS ranges of ``length`` positions below ``count``, the first and the last included."""
    if count <= BLOCKS * length:
        return [(0, count)]
    return [(start, start + length) for start in picks(count - length + 1, BLOCKS)]


def text_sample(text: Text) -> tuple[int, list[Text]]:
    """The length of a long text, and a fixed choice of sections of it."""
    return len(text), [text[start:end] for start, end in blocks(len(text), TEXT_BLOCK)]

"""Plain data: nested lists, tuples and dicts of scalars, which ``marshal`` turns into bytes at once.

``marshal`` is fast and runs no user code, but it writes *anything* that offers a buffer as if it
were bytes (an array of objects becomes its pointers). So the types of all elements are checked
first, a level of nesting at a time, with no Python code run for each element.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat
from operator import is_
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.capture.digest.walk import (
    ELEMENT_SECONDS,
    ELEMENT_WEIGHT,
    LONG_TEXT,
    MAX_MUTABLE,
    SCALAR_IDS,
    TEXT_IDS,
    Walk,
)

CONTAINER_IDS = frozenset(map(id, (list, tuple, dict)))
_PLAIN_IDS = SCALAR_IDS | CONTAINER_IDS
_SEQUENCE_IDS = frozenset(map(id, (list, tuple)))

MAX_LEVELS = 100
MAX_CONTAINERS = 200_000
GLANCE = 64
SHARING_DEPTH = 8
MANY = 2_000
SMALL_ELEMENTS, SMALL_TEXT = 2_000, 65_536
HELD_SECONDS = 2.5e-7
TEXT_SECONDS, MIXED_SECONDS, CHARACTER_SECONDS = 5e-8, 1e-7, 1e-9


def plain_digest(value: Any, walk: Walk) -> bytes | None:
    """The digest of an exact list, tuple or dict if it is plain data throughout, else None.

    When sampling, large data is not taken whole: None as well. The value itself is not noted.
    """
    mutable: list[int] = []
    if not _survey(value, walk, mutable):
        return None
    walk.journal.extend(mutable)
    return xxh3_128_digest(marshal.dumps(value, 2))


def type_ids(elements: Iterable[object], count: int, walk: Walk) -> set[int]:
    """The ids of the types of ``count`` elements. A set of types would run hostile metaclasses."""
    if count >= MANY and walk.hook.classes_hash_safely:
        return set(map(id, set(map(type, elements))))
    return set(map(id, map(type, elements)))


def text_length(elements: Iterable[Any], kinds: set[int]) -> int:
    """How many characters and bytes the texts among the elements hold. ``kinds``: their type ids."""
    if not kinds & TEXT_IDS:
        return 0
    if kinds <= TEXT_IDS:
        return sum(map(len, elements))
    return sum(len(element) for element in elements if id(type(element)) in TEXT_IDS)


def fields_digest(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of a few values, at once where all of them are short scalars."""
    kinds = set(map(id, map(type, values)))
    if kinds <= SCALAR_IDS and text_length(values, kinds) <= LONG_TEXT:
        walk.elements_ahead(len(values))
        return b"m" + marshal.dumps(values, 2)
    return b"s" + walk.sequence(values)


@dataclass(slots=True)
class _Size:
    """What a survey has met so far. ``text`` counts characters and bytes."""

    containers: int = 0
    elements: int = 0
    text: int = 0

    def is_too_large(self, walk: Walk) -> bool:
        """Whether it is more than may be taken whole."""
        if walk.sampling and (self.elements > SMALL_ELEMENTS or self.text > SMALL_TEXT):
            return True
        return self.containers > MAX_CONTAINERS


@dataclass(slots=True)
class _Level:
    """The containers at one depth: sequences and mappings."""

    sequences: list[Any]
    dicts: list[dict[Any, Any]]

    def elements(self) -> Iterator[Any]:
        if not self.dicts:
            if len(self.sequences) == 1:
                return iter(self.sequences[0])
            return chain.from_iterable(self.sequences)
        values = chain.from_iterable(map(dict.values, self.dicts))
        return chain(chain.from_iterable(self.sequences), chain.from_iterable(self.dicts), values)

    def kinds(self, count: int, walk: Walk) -> set[int]:
        """The type ids of the elements: most often it is one type, and that is told the fastest."""
        if count >= MANY:
            first = type(next(self.elements()))
            if all(map(is_, map(type, self.elements()), repeat(first))):
                return {id(first)}
        return type_ids(self.elements(), count, walk)

    def __len__(self) -> int:
        return len(self.sequences) + len(self.dicts)

    def count(self) -> int:
        return sum(map(len, self.sequences)) + 2 * sum(map(len, self.dicts))

    def mutable(self) -> Iterator[int]:
        yield from map(id, self.dicts)
        yield from (id(held) for held in self.sequences if type(held) is list)

    def is_shared(self) -> bool:
        """Whether most of many containers are the same few, so that nesting may explode."""
        return len(self) >= MANY and len(set(map(id, chain(self.sequences, self.dicts)))) * 4 < len(self)

    def below(self, kinds: set[int]) -> _Level:
        sequences = [held for held in self.elements() if id(type(held)) in _SEQUENCE_IDS]
        dicts = [held for held in self.elements() if type(held) is dict] if id(dict) in kinds else []
        return _Level(sequences, dicts)


def _survey(value: Any, walk: Walk, mutable: list[int]) -> bool:
    """Whether ``value`` is plain data throughout, and not too large for a sample."""
    level = _Level([], [value]) if type(value) is dict else _Level([value], [])
    size = _Size()
    for depth in range(MAX_LEVELS):
        if depth:
            mutable.extend(islice(level.mutable(), MAX_MUTABLE))
        kinds = _level_kinds(level, size, walk)
        if kinds is None:
            return False
        if not kinds & CONTAINER_IDS:
            return True
        level = level.below(kinds)
        if depth >= SHARING_DEPTH and level.is_shared():
            return False  # each part would be written again wherever it is reached
    return False


def _level_kinds(level: _Level, size: _Size, walk: Walk) -> set[int] | None:
    """The type ids of a level's elements, or None where they are no plain data or too many."""
    count = level.count()
    size.containers, size.elements = size.containers + len(level), size.elements + count
    if size.is_too_large(walk) or not type_ids(islice(level.elements(), GLANCE), GLANCE, walk) <= _PLAIN_IDS:
        return None
    walk.weigh((count + len(level)) * ELEMENT_WEIGHT, count * ELEMENT_SECONDS + len(level) * HELD_SECONDS)
    kinds = level.kinds(count, walk)
    if not kinds <= _PLAIN_IDS:
        return None
    size.text += _text_of(level, count, kinds, walk)
    return None if size.is_too_large(walk) else kinds


def _text_of(level: _Level, count: int, kinds: set[int], walk: Walk) -> int:
    if not kinds & TEXT_IDS:
        return 0
    walk.weigh(0, count * (TEXT_SECONDS if kinds <= TEXT_IDS else MIXED_SECONDS))
    length = text_length(level.elements(), kinds)
    walk.weigh(length, length * CHARACTER_SECONDS)
    return length

"""Plain data: nested lists, tuples and dicts of scalars, which ``marshal`` turns into bytes at once.

``marshal`` is fast and runs no user code, but it writes *anything* that offers a buffer as if it
were bytes (an array of objects becomes its pointers). So the types of all elements are checked
first, a level of nesting at a time, with no Python code run for each element.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import lru_cache
from itertools import chain, compress, islice, repeat
from operator import is_, itemgetter, length_hint, not_
from typing import Any

from xxhash import xxh3_128_digest

from cellgraph.digest.protocol import (
    ELEMENT_SECONDS,
    ELEMENT_WEIGHT,
    LONG_NUMBER,
    LONG_TEXT,
    MAX_MUTABLE,
    MAX_NUMBER,
    SCALAR_IDS,
    TEXT_IDS,
    Walk,
)
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple

CONTAINER_IDS = frozenset(map(id, (list, tuple, dict)))
_PLAIN_IDS = SCALAR_IDS | CONTAINER_IDS
_STR, _INT = id(str), id(int)

MAX_LEVELS, SAMPLED_LEVELS = 12, 10
"""Of data that is nested deeper each level is visited by itself, and then goes over those below it."""
MAX_CONTAINERS = 200_000
ROW_LENGTH = 20
"""Of more containers than that only rows are taken: one level of them, and short ones on the average.
Anything else may be the same few containers many times, which a visit of each tells sooner."""
GLANCE = 64
SHARING_DEPTH = 8
MANY, SOME = 2_000, 64
NUMBER_CHARACTERS = 20
"""Characters of text that take as long as one byte of an integer."""
MAX_JOINED = 1 << 27
"""Characters of many texts up to which they are written one after another, which takes room for all."""
SMALL_ELEMENTS, SMALL_TEXT, MUCH_TEXT = 2_000, 65_536, 1 << 23
HELD_SECONDS = 2.5e-7
TEXT_SECONDS, MIXED_SECONDS, CHARACTER_SECONDS = 5e-8, 1e-7, 1e-9


def plain_digest(value: Any, walk: Walk) -> bytes | None:
    """The digest of an exact list, tuple or dict if it is plain data throughout, else None.

    When sampling, large data is not taken whole: None as well. The value itself is not noted.
    """
    few = _if_few(value)
    kinds = set(map(id, map(type, few)))
    if not kinds <= _PLAIN_IDS:
        return None  # as most containers of the user's objects
    if len(value) > GLANCE or not _are_short(few, kinds, walk):
        if (texts := _texts_digest(value, walk)) is not None:
            return texts
        if walk.sampling and id(value) in walk.not_plain:
            return None  # a sample comes by what is shared again and again
        mutable: list[int] = []
        if _is_nested_deeply(value, walk) or not _survey(value, walk, mutable):
            if walk.sampling:
                walk.not_plain[id(value)] = value
            return None
        walk.journal.extend(mutable)
    return xxh3_128_digest(marshal.dumps(value, 2))


def _texts_digest(value: Any, walk: Walk) -> bytes | None:
    """The digest of many texts, written one after another at half of what ``marshal`` takes.

    None for anything else, and where a text holds what would come between two.
    """
    count = len(value)
    if walk.sampling or count < MANY or type(value) is dict or type(value[0]) is not str:
        return None
    walk.foresee(count * ELEMENT_WEIGHT, count * TEXT_SECONDS)
    kinds = only_kind(value.__iter__, count, walk) or type_ids(value, count, walk)
    if kinds != {_STR} or (length := sum(map(len, value))) > MAX_JOINED:
        return None
    walk.foresee(count * ELEMENT_WEIGHT + length, length * CHARACTER_SECONDS)
    joined = "\0".join(value)
    if joined.count("\0") != count - 1:
        return None
    walk.weigh(count * ELEMENT_WEIGHT + length, 0)
    return xxh3_128_digest(joined.encode("utf8", "surrogatepass"))


def _if_few(value: Any) -> tuple[Any, ...]:
    """What it holds, keys and values, where that is not much; else nothing."""
    if len(value) > GLANCE:
        return ()
    return (*value, *value.values()) if type(value) is dict else (*value,)


def _are_short(elements: tuple[Any, ...], kinds: set[int], walk: Walk) -> bool:
    """Whether these are a few short scalars: what a survey finds as well, but most containers are such."""
    if not kinds <= SCALAR_IDS:
        return False
    text = text_length(elements, kinds)
    if text > LONG_TEXT:
        return False
    walk.weigh((len(elements) + 1) * ELEMENT_WEIGHT + text, HELD_SECONDS)
    return True


def type_ids(elements: Iterable[object], count: int, walk: Walk) -> set[int]:
    """The ids of the types of ``count`` elements. A set of types would run hostile metaclasses."""
    if count >= MANY and walk.hook.classes_hash_safely:
        return set(map(id, set(map(type, elements))))
    return set(map(id, map(type, elements)))


def only_kind(elements: Callable[[], Iterator[object]], count: int, walk: Walk) -> set[int]:
    """As ``type_ids`` where many elements are of one type, else nothing.

    That is told without a set of types, and so faster where such a set is not safe.
    """
    if count < GLANCE or (count >= MANY and walk.hook.classes_hash_safely):
        return set()
    first = type(next(elements(), None))
    return {id(first)} if all(map(is_, map(type, elements()), repeat(first))) else set()


def text_length(elements: Iterable[Any], kinds: set[int]) -> int:
    """How many characters and bytes the texts among the elements hold. ``kinds``: their type ids.

    Where they are of several kinds, they are gone over twice.
    """
    long = long_numbers(elements, length_hint(elements)) if _INT in kinds else 0
    if not kinds & TEXT_IDS:
        return long
    if kinds <= TEXT_IDS:
        return sum(map(len, elements))
    return long + sum(map(len, compress(elements, map(TEXT_IDS.__contains__, map(id, map(type, elements))))))


def long_numbers(elements: Iterable[Any], count: int) -> int:
    """What the long integers among elements take, in characters of text. Of very many some are looked at."""
    step = 1 if count <= MANY else SOME
    in_one = type(elements) is list or type(elements) is tuple  # then the others are not gone over
    looked_at: Iterable[Any] = elements[::step] if in_one else islice(elements, 0, None, step)  # type: ignore[index]
    sizes = [held.bit_length() >> 3 for held in looked_at if type(held) is int]
    long = sum(size for size in sizes if size > LONG_NUMBER)
    return long * NUMBER_CHARACTERS if long <= MAX_NUMBER else sys.maxsize


def fields_digest(values: tuple[Any, ...], walk: Walk) -> bytes:
    """The digests of a few values: those of the short scalars among them at once, the others apart."""
    split = split_of(values)
    if sum(map(len, split.texts(values))) + long_numbers(split.integers(values), 0) > LONG_TEXT:
        return b"s" + walk.sequence(values)
    scalars = split.scalars(values)
    walk.elements_ahead(len(scalars))
    if len(scalars) == len(values):
        return b"m" + marshal.dumps(scalars, 2)
    others = walk.sequence(split.others(values))
    return b"f%d:%b%b%b" % (len(values), split.mask, marshal.dumps(scalars, 2), others)


_Take = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Split(NamedTuple):
    """Where the scalars stand among values of certain types. Objects of one class mostly agree in that."""

    mask: bytes
    scalars: _Take
    texts: _Take
    integers: _Take
    others: _Take


def split_of(values: tuple[Any, ...]) -> Split:
    """Where the scalars stand among values."""
    return _split(tuple(map(id, map(type, values))))


@lru_cache(maxsize=4096)
def _split(kinds: tuple[int, ...]) -> Split:
    """``kinds``: the type ids of the values. Those of scalars stand for them for ever."""
    mask = bytes(map(SCALAR_IDS.__contains__, kinds))
    texts = map(TEXT_IDS.__contains__, kinds)
    integers = map(_INT.__eq__, kinds)
    return Split(mask, _taking(mask), _taking(texts), _taking(integers), _taking(map(not_, mask)))


def _taking(chosen: Iterable[object]) -> _Take:
    places = [place for place, is_chosen in enumerate(chosen) if is_chosen]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


@dataclass(slots=True)
class _Size:
    """What a survey has met so far. ``text`` counts characters and bytes."""

    containers: int = 0
    elements: int = 0
    text: int = 0

    def is_too_large(self, depth: int, walk: Walk) -> bool:
        """Whether it is more than may be taken whole. Tells by value, whatever is shared in it."""
        if walk.sampling and (self.elements > SMALL_ELEMENTS or self.text > SMALL_TEXT):
            return True
        if self.containers <= MAX_CONTAINERS:
            return False
        return depth > 1 or self.elements > ROW_LENGTH * self.containers


@dataclass(slots=True)
class _Source:
    """Elements of one role at one depth: those of sequences, the keys or the values of mappings.

    It takes no Python code an element to go over them.
    """

    elements: Callable[[], Iterator[Any]]
    count: int
    sequence: list[Any] | tuple[Any, ...] | None = None
    """The one sequence that holds them all, if one does."""
    kinds: set[int] = field(default_factory=set)

    def glance(self, walk: Walk) -> bool:
        """Whether the first few elements are of plain types."""
        kinds = type_ids(islice(self.elements(), GLANCE), GLANCE, walk)
        if kinds and kinds <= CONTAINER_IDS:
            walk.foresee(self.count * ELEMENT_WEIGHT, self.count * HELD_SECONDS)  # at the next level
        return kinds <= _PLAIN_IDS

    def find_kinds(self, walk: Walk) -> set[int]:
        """Note the type ids of the elements."""
        self.kinds = only_kind(self.elements, self.count, walk) or type_ids(self.elements(), self.count, walk)
        return self.kinds

    def text(self, walk: Walk) -> int:
        """How many characters and bytes there are."""
        long = long_numbers(self.only(int), self.count) if _INT in self.kinds else 0
        if not self.kinds & TEXT_IDS:
            return long
        walk.weigh(0, self.count * (TEXT_SECONDS if self.kinds <= TEXT_IDS else MIXED_SECONDS))
        texts = (cls for cls in (str, bytes) if id(cls) in self.kinds)
        return long + sum(text_length(self.only(cls), {id(cls)}) for cls in texts)

    def only(self, cls: type) -> Iterable[Any]:
        """The elements of one type."""
        if id(cls) not in self.kinds:
            return ()
        if len(self.kinds) == 1:
            return self.elements() if self.sequence is None else self.sequence
        return compress(self.elements(), map(is_, map(type, self.elements()), repeat(cls)))


class _Level:
    """The containers at one depth: sequences and mappings."""

    def __init__(self, sequences: list[Any], dicts: list[dict[Any, Any]]) -> None:
        self.containers = (sequences, dicts)
        self.sources: list[_Source] = []
        if len(sequences) == 1 and (count := len(sequences[0])):
            self.sources.append(_Source(sequences[0].__iter__, count, sequences[0]))
        elif count := sum(map(len, sequences)):
            self.sources.append(_Source(lambda: chain.from_iterable(sequences), count))
        if count := sum(map(len, dicts)):
            self.sources.append(_Source(lambda: chain.from_iterable(dicts), count))
            self.sources.append(_Source(lambda: chain.from_iterable(map(dict.values, dicts)), count))

    def kinds(self, walk: Walk) -> set[int]:
        """The type ids of the elements; those of plain data alone where there are others."""
        kinds: set[int] = set()
        for source in self.sources:
            kinds |= source.find_kinds(walk)
            if not kinds <= _PLAIN_IDS:
                break
        return kinds

    def __len__(self) -> int:
        return sum(map(len, self.containers))

    def count(self) -> int:
        return sum(source.count for source in self.sources)

    def mutable(self) -> Iterator[int]:
        sequences, dicts = self.containers
        lists = compress(sequences, map(is_, map(type, sequences), repeat(list)))
        return map(id, chain(dicts, lists))

    def is_shared(self) -> bool:
        """Whether most of many containers are the same few, so that nesting may explode."""
        return len(self) >= MANY and len(set(map(id, chain(*self.containers)))) * 4 < len(self)

    def below(self) -> _Level:
        sequences = [held for source in self.sources for cls in (list, tuple) for held in source.only(cls)]
        return _Level(sequences, [held for source in self.sources for held in source.only(dict)])


def _is_nested_deeply(value: Any, walk: Walk) -> bool:
    """Whether the first elements alone lead below the levels of a survey, which would find so too."""
    for _ in range(SAMPLED_LEVELS if walk.sampling else MAX_LEVELS):
        value = next(iter(dict.values(value) if type(value) is dict else value), None)
        if id(type(value)) not in CONTAINER_IDS:
            return False
    return True


def _survey(value: Any, walk: Walk, mutable: list[int]) -> bool:
    """Whether ``value`` is plain data throughout, and not too large for a sample."""
    level = _Level([], [value]) if type(value) is dict else _Level([value], [])
    size = _Size()
    for depth in range(SAMPLED_LEVELS if walk.sampling else MAX_LEVELS):
        if depth:
            mutable.extend(islice(level.mutable(), MAX_MUTABLE))
        kinds = _level_kinds(level, depth, size, walk)
        if kinds is None:
            return False
        if not kinds & CONTAINER_IDS:
            return True
        level = level.below()
        if depth >= SHARING_DEPTH and level.is_shared():
            return False  # each part would be written again wherever it is reached
    return False


def _level_kinds(level: _Level, depth: int, size: _Size, walk: Walk) -> set[int] | None:
    """The type ids of a level's elements, or None where they are no plain data or too many."""
    count = level.count()
    size.containers, size.elements = size.containers + len(level), size.elements + count
    if size.is_too_large(depth, walk) or not all(source.glance(walk) for source in level.sources):
        return None
    walk.weigh((count + len(level)) * ELEMENT_WEIGHT, count * ELEMENT_SECONDS + len(level) * HELD_SECONDS)
    kinds = level.kinds(walk)
    if not kinds <= _PLAIN_IDS:
        return None
    text = sum(source.text(walk) for source in level.sources)
    if text > MUCH_TEXT and text > count * SMALL_TEXT:
        return None  # to write a few long texts at once takes room for all of them
    walk.weigh(text, text * CHARACTER_SECONDS)
    size.text += text
    return None if size.is_too_large(depth, walk) else kinds

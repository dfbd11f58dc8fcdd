"""The addresses of a dict's keys and values, as they lie in its memory.

To ask for each of 20,000 values takes a reference to each, and so brings all of them into the processor's
cache, twice a cell. Their addresses lie side by side: to copy and compare these takes a tenth of that.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from array import array
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from cellgraph.light_namedtuple import NamedTuple

_WORD = ctypes.sizeof(ctypes.c_void_p)
_PAGES = (8192 * _WORD, 128 * _WORD)
"""So many bytes are compared at once, and so many again where they differ."""


class Entries(NamedTuple):
    """The entries of a dict at one moment, in order.

    ``memory`` has ``words`` words for each: the address of the key and that of the value are the last two.
    Both are 0 where the entry was deleted.
    """

    memory: bytes = b""
    words: int = 2

    def sides(self) -> tuple[memoryview, memoryview]:
        """The addresses of the keys, and those of the values. 0 for deleted ones."""
        words = memoryview(self.memory).cast("P")
        return words[self.words - 2 :: self.words], words[self.words - 1 :: self.words]

    def pairs(self) -> list[tuple[int, int]]:
        """The addresses of the keys and values, but for deleted ones."""
        return [pair for pair in zip(*self.sides(), strict=True) if pair[0]]

    def differing(self, later: Entries, likely: list[int]) -> list[int]:
        """The entries, of those that both have, that are not the same.

        ``likely`` ones are looked at first, in ascending order. If no other differs, nothing is searched.
        """
        words, old, new = self.words, self.memory, later.memory
        if _differ_at_most(old, new, likely, words * _WORD):
            pieces = [(place, slice(place * words * _WORD, (place + 1) * words * _WORD)) for place in likely]
            return [place for place, piece in pieces if old[piece] != new[piece]]
        return [*dict.fromkeys([word // words for word in _differing(old, new)])]


def _differ_at_most(old: bytes, new: bytes, places: list[int], size: int) -> bool:
    """Whether the bytes that both have are the same but for entries of ``size`` bytes at these places."""
    known, start = memoryview(old), 0
    for place in places:
        if not new.startswith(known[start : place * size], start):
            return False
        start = (place + 1) * size
    return new.startswith(known[start : len(new)], start)


def _differing(old: bytes, new: bytes) -> list[int]:
    """The words, of those that both have, that are others."""
    known, shared = memoryview(old), min(len(old), len(new))
    found: list[int] = []
    for large in _unlike(known, new, range(0, shared, _PAGES[0]), _PAGES[0]):
        pages = range(large, min(large + _PAGES[0], shared), _PAGES[1])
        for start in _unlike(known, new, pages, _PAGES[1]):
            end = min(start + _PAGES[1], shared)
            found += _unequal_words(start // _WORD, old[start:end], new[start:end])
    return found


def _unequal_words(first: int, old: bytes, new: bytes) -> list[int]:
    """The words that differ in two pieces of memory, counted from ``first``.

    As one large number each they are compared in C. A loop over the words takes four times as long.
    """
    unequal, word = int.from_bytes(old, "little") ^ int.from_bytes(new, "little"), first
    found: list[int] = []
    while unequal:
        equal = ((unequal & -unequal).bit_length() - 1) // (8 * _WORD)
        found.append(word + equal)
        unequal >>= (equal + 1) * 8 * _WORD
        word += equal + 1
    return found


def _unlike(known: memoryview, new: bytes, starts: range, size: int) -> list[int]:
    """Where the pages begin, out of ``starts``, that are not the same. Nothing is copied to compare them.

    Of a last page that is longer on one side the shared part counts, and may be the same.
    """
    return [start for start in starts if not new.startswith(known[start : start + size], start)]


def keys_and_values(held: dict[Any, Any]) -> tuple[list[Any], list[Any]]:
    """Both, as of the same moment: no thread can come in between what is done within one call in C."""
    both: Iterator[list[Any]] = map(list, (dict.keys(held), dict.values(held)))  # type: ignore[arg-type]
    keys, values = both
    return keys, values


class _Keys(ctypes.Structure):
    """CPython's table of a dict's keys. Behind it lie the indices, and then the entries."""

    _fields_ = (
        ("references", ctypes.c_ssize_t),
        ("log2_size", ctypes.c_uint8),
        ("log2_index_bytes", ctypes.c_uint8),
        ("kind", ctypes.c_uint8),
        ("version", ctypes.c_uint32),
        ("usable", ctypes.c_ssize_t),
        ("entries", ctypes.c_ssize_t),
    )


class _Table(ctypes.Union):
    _fields_ = (("keys", ctypes.POINTER(_Keys)), ("memory", ctypes.POINTER(ctypes.c_char)))


class _Dict(ctypes.Structure):
    """CPython's dict."""

    _anonymous_ = ("table",)
    _fields_ = (
        ("references", ctypes.c_ssize_t),
        ("type", ctypes.c_void_p),
        ("used", ctypes.c_ssize_t),
        ("version", ctypes.c_uint64),
        ("table", _Table),
        ("values", ctypes.c_void_p),
    )


_WORDS = (3, 2, 0, 0, 0)
"""The words of an entry by the kind of the table: with the hash, without it, or with the values elsewhere."""
_HEAD = ctypes.sizeof(_Keys)


def entry_reader(held: dict[str, Any]) -> Callable[[], Entries]:
    """A function that reads the entries which a dict has now. It does not keep the dict alive."""
    return _reader(held) if type(held) is dict and _IS_KNOWN else lambda: _asked(held)


def _reader(held: dict[Any, Any]) -> Callable[[], Entries]:
    found = _Dict.from_address(id(held))

    def read() -> Entries:
        # One expression without a call: a thread may come in, and have the dict lay its memory out anew,
        # where a call ends, a function starts and a loop goes on, and nowhere else.
        words, memory = (
            _WORDS[found.keys[0].kind],
            found.memory[
                _HEAD + (1 << found.keys[0].log2_index_bytes) : _HEAD
                + (1 << found.keys[0].log2_index_bytes)
                + _WORD * _WORDS[found.keys[0].kind] * found.keys[0].entries
            ],
        )
        return Entries(memory, words) if words else _asked(held)

    return read


def _asked(held: dict[Any, Any]) -> Entries:
    """The same, asked of each key and value."""
    keys, values = keys_and_values(held)
    addresses = chain.from_iterable(zip(map(id, keys), map(id, values), strict=True))
    return Entries(array("Q" if ctypes.sizeof(ctypes.c_uint64) == _WORD else "L", addresses).tobytes())


def _is_known() -> bool:
    """Whether dicts lie in memory as they are taken to."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    if not (3, 11) <= sys.version_info < (3, 16) or dict.__basicsize__ != ctypes.sizeof(_Dict):
        return False
    return all(_is_read(sample) for sample in _samples())


def _is_read(sample: dict[Any, Any]) -> bool:
    found = _Dict.from_address(id(sample)).keys[0]
    if found.kind > 1 or found.log2_index_bytes > _MANY or not 0 <= found.entries <= _MANY:
        return False
    return _reader(sample)().pairs() == _asked(sample).pairs()


def _samples() -> Iterator[dict[Any, Any]]:
    """Dicts of both kinds, of several sizes, some with entries that were deleted."""
    for number in (0, 1, 6, 300):
        yield {f"name {at}": object() for at in range(number)}
        yield {at: object() for at in range(number)}
    for kind in (str, int):
        deleted = {kind(at): object() for at in range(20)}
        for at in (0, 7, 19):
            del deleted[kind(at)]
        yield deleted


_MANY = 1024
"""More entries than any sample has."""
_IS_KNOWN = _is_known()

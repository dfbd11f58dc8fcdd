"""Whether memory that a value lends from elsewhere is there, and whether the file behind it covers it.

To touch memory whose file has become shorter ends the process at once (SIGBUS), as does memory that is mapped
no more, or never was (SIGSEGV). No exception is raised. So such memory is looked at only after the system was
asked for the mappings, and the file for its size.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from bisect import bisect_right
from time import perf_counter
from typing import Any

from cellgraph.light_namedtuple import NamedTuple

_stat = os.stat
"""As it is now: a cell can replace that of the module."""
_MAPS = "/proc/self/maps"
_VALID_S = 0.01
"""Seconds for which the list of mappings is taken as it was read."""
_DELETED = " (deleted)"
_ANONYMOUS = ("/dev/", "/memfd:", "/SYSV")
"""Starts of the paths of shared memory. Once it has no name any more, nobody makes it shorter."""


class UnbackedMemoryError(Exception):
    """The memory is not there, or the file that it was mapped from does not cover it any more."""


class _Mapping(NamedTuple):
    start: int
    end: int
    offset: int
    path: str


class _Mappings:
    """The mappings of this process, as of a moment ago."""

    def __init__(self) -> None:
        self._files: list[_Mapping] = []
        self._starts: list[int] = []
        self._readable: list[tuple[int, int]] = []
        """All memory that can be read, mapped from files or not: from where to where."""
        self._read = 0.0

    def around(self, address: int) -> _Mapping | None:
        """The mapping of a file that an address lies in; None for other memory, or where nobody can tell."""
        if perf_counter() - self._read > _VALID_S:
            self._look()
        at = bisect_right(self._starts, address) - 1
        found = self._files[at] if at >= 0 else None
        return found if found is not None and address < found.end else None

    def can_be_read(self, address: int, size: int) -> bool:
        """Whether this memory is mapped. True where nobody can tell."""
        if not self._is_readable(address, size):
            self._look()  # it may be newer than the list
        return not self._readable or self._is_readable(address, size)

    def _is_readable(self, address: int, size: int) -> bool:
        at = bisect_right(self._readable, (address, sys.maxsize)) - 1
        return at >= 0 and address + size <= self._readable[at][1]

    def _look(self) -> None:
        mappings = _mappings()
        self._files = [_Mapping(*one[:3], one[4]) for one in mappings if _is_file(one[4])]
        self._starts = [one.start for one in self._files]
        self._readable.clear()
        for start, end, _, rights, _ in mappings:
            if rights[:1] != "r":
                continue
            follows = self._readable and self._readable[-1][1] == start
            self._readable.append((self._readable.pop()[0] if follows else start, end))
        self._read = perf_counter()


_MAPPINGS = _Mappings()
_OWN_MEMORY = frozenset({id(bytes), id(bytearray)})


def _mappings() -> list[tuple[int, int, int, str, str]]:
    """Start, end, offset in the file, rights and path (empty for none) of each mapping, by start."""
    try:
        with open(_MAPS, encoding="utf8", errors="surrogateescape") as file:  # noqa: PTH123 - read as it is
            lines = [line.rstrip("\n").split(None, 5) for line in file]
    except OSError:  # another system
        return []
    found = []
    for span, rights, offset, _, _, *path in lines:
        start, end = (int(part, 16) for part in span.split("-"))
        found.append((start, end, int(offset, 16), rights, "".join(path)))
    return found


def _is_file(path: str) -> bool:
    """Whether a mapping is of a data file."""
    unnamed = path.endswith(_DELETED) and path.startswith(_ANONYMOUS)
    return path[:1] == "/" and ".so" not in path and not unnamed


def is_there(address: int, size: int) -> bool:
    """Whether memory can be read: it is mapped, from no file or from one that covers it."""
    if not address or size <= 0:
        return True
    if not _MAPPINGS.can_be_read(address, size):
        return False
    found = _MAPPINGS.around(address)
    if found is None:
        found = _MAPPINGS.around(address + size - 1)
    if found is None:
        return True
    try:
        covered = _stat(found.path).st_size
    except OSError:  # it was removed, or replaced by another: nobody can tell what is left of it
        return False
    return covered >= found.offset + min(address + size, found.end) - found.start


def require(address: int, size: int) -> None:
    """Raise UnbackedMemoryError unless the memory can be read."""
    if not is_there(address, size):
        raise UnbackedMemoryError


def covers(mapped: mmap.mmap) -> bool:
    """Whether the file of a mapping still covers all of it. Raises ValueError for one without a file."""
    count = len(mapped)
    words = (ctypes.c_ssize_t * 4).from_address(id(mapped) + object.__basicsize__)
    # The address, the size, the position and the offset in the file: sure where two of them are as told.
    offset = words[3] if (words[1], words[2]) == (count, mapped.tell()) and words[3] >= 0 else 0
    return mapped.size() >= offset + count


def is_array_there(array: Any, ndarray: Any) -> bool:
    """Whether the elements of a numpy array can be read. ``ndarray`` is numpy's class."""
    owner = array
    while issubclass(type(owner), ndarray):
        owner = ndarray.base.__get__(owner)
    # None: an array that has its memory from numpy. Only what others lend may be gone.
    return owner is None or id(type(owner)) in _OWN_MEMORY or is_there(*extent(array, ndarray))


def extent(array: Any, ndarray: Any) -> tuple[int, int]:
    """Where the elements of an array begin in memory, and how many bytes it is from there to their end."""
    start = ndarray.__array_interface__.__get__(array)["data"][0]
    if not array.size:
        return start, 0
    steps = [(count - 1) * step for count, step in zip(array.shape, array.strides, strict=True)]
    low, high = sum(step for step in steps if step < 0), sum(step for step in steps if step > 0)
    return start + low, high - low + array.itemsize

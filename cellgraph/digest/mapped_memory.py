"""Memory that is mapped from a file, and whether the file still covers it.

To touch memory whose file has become shorter ends the process at once (SIGBUS), and no exception is raised.
So such memory is looked at only after the file was asked for its size.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from bisect import bisect_right
from time import perf_counter
from typing import Any, NamedTuple

_MAPS = "/proc/self/maps"
_VALID_S = 0.01
"""Seconds for which the list of mappings is taken as it was read."""
_DELETED = " (deleted)"
_ANONYMOUS = ("/dev/", "/memfd:", "/SYSV")
"""Starts of the paths of shared memory. Once it has no name any more, nobody makes it shorter."""


class UnbackedMemoryError(Exception):
    """The file that the memory was mapped from does not cover it any more."""


class _Mapping(NamedTuple):
    start: int
    end: int
    offset: int
    path: str


class _Mappings:
    """The mappings of data files in this process, as of a moment ago."""

    def __init__(self) -> None:
        self._found: list[_Mapping] = []
        self._starts: list[int] = []
        self._read = 0.0

    def around(self, address: int) -> _Mapping | None:
        """The mapping of a file that an address lies in; None for other memory, or where nobody can tell."""
        if perf_counter() - self._read > _VALID_S:
            self._found = _mapped_files()
            self._starts = [one.start for one in self._found]
            self._read = perf_counter()
        at = bisect_right(self._starts, address) - 1
        found = self._found[at] if at >= 0 else None
        return found if found is not None and address < found.end else None


_MAPPINGS = _Mappings()


def _mapped_files() -> list[_Mapping]:
    try:
        with open(_MAPS, encoding="utf8", errors="surrogateescape") as file:  # noqa: PTH123 - read as it is
            lines = [line.split(None, 5) for line in file]
    except OSError:  # another system
        return []
    files = (parts for parts in lines if len(parts) == 6 and parts[5][0] == "/")
    found = []
    for span, _, offset, _, _, name in files:
        path = name.rstrip("\n")
        unnamed = path.endswith(_DELETED) and path.startswith(_ANONYMOUS)
        if ".so" not in path and not unnamed:
            start, end = (int(part, 16) for part in span.split("-"))
            found.append(_Mapping(start, end, int(offset, 16), path))
    return found


def is_there(address: int, size: int) -> bool:
    """Whether memory can be read: it is mapped from no file, or the file covers it."""
    if not address or size <= 0:
        return True
    found = _MAPPINGS.around(address)
    if found is None:
        found = _MAPPINGS.around(address + size - 1)
    if found is None:
        return True
    try:
        covered = os.stat(found.path).st_size  # noqa: PTH116 - one call
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
    return ndarray.base.__get__(array) is None or is_there(*extent(array, ndarray))


def extent(array: Any, ndarray: Any) -> tuple[int, int]:
    """Where the elements of an array begin in memory, and how many bytes it is from there to their end."""
    start = ndarray.__array_interface__.__get__(array)["data"][0]
    if not array.size:
        return start, 0
    steps = [(count - 1) * step for count, step in zip(array.shape, array.strides, strict=True)]
    low, high = sum(step for step in steps if step < 0), sum(step for step in steps if step > 0)
    return start + low, high - low + array.itemsize

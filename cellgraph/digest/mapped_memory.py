"""Whether memory that a value lends from elsewhere is there, and whether the file behind it covers it.

To touch memory whose file has become shorter ends the process at once (SIGBUS), as does memory that is mapped
no more, or never was (SIGSEGV). No exception is raised. So such memory is looked at only after the system was
asked for the mappings, and the file for its size.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable
from time import perf_counter
from typing import Any

from cellgraph.digest.session_count import SESSIONS
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

_stat = os.stat
"""As it is now: a cell can replace that of the module."""
_MAPS, _EXTENT = "/proc/self/maps", "/proc/self/statm"
_MAPPING = Pattern(r"^([0-9a-f]++)-([0-9a-f]++) (.)\S++ ([0-9a-f]++) \S++ \d++ *+(.*)", re.MULTILINE)
"""A line of the list: start, end, whether it can be read, offset in the file, and path (empty for none)."""
_VALID_S = 0.01
"""Seconds within a hook after which it is asked whether memory was mapped or given back meanwhile."""
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
    """The mappings of this process, as of a moment ago.

    To read the list takes milliseconds where hundreds of libraries are loaded. It is read in each hook that
    needs it, and again only if the memory of the process has become more or less since.
    """

    def __init__(self) -> None:
        self._files: list[_Mapping] = []
        self._starts: list[int] = []
        self._readable: list[tuple[int, int]] = []
        """All memory that can be read, mapped from files or not: from where to where."""
        self._session = 0
        self._extent = b""
        self._asked = 0.0

    def renew(self) -> None:
        """Read the list unless it is as it was."""
        if self._session == SESSIONS.latest:
            now = perf_counter()
            if now - self._asked <= _VALID_S:
                return
            self._asked = now
            if self._extent and self._extent == _extent():
                return
        self._look()

    def around(self, address: int) -> _Mapping | None:
        """The mapping of a file that an address lies in; None for other memory, or where nobody can tell."""
        at = bisect_right(self._starts, address) - 1
        found = self._files[at] if at >= 0 else None
        return found if found is not None and address < found.end else None

    def can_be_read(self, address: int, size: int) -> bool:
        """Whether this memory is mapped. True where nobody can tell."""
        if self._is_readable(address, size):
            return True
        self._look()  # it may be newer than the list
        return not self._readable or self._is_readable(address, size)

    def _is_readable(self, address: int, size: int) -> bool:
        at = bisect_right(self._readable, (address, sys.maxsize)) - 1
        return at >= 0 and address + size <= self._readable[at][1]

    def _look(self) -> None:
        self._session, self._extent = SESSIONS.latest, _extent()
        mappings = _MAPPING.findall(_content(_MAPS).decode("utf8", "surrogateescape"))
        self._files = [
            _Mapping(int(start, 16), int(end, 16), int(offset, 16), path)
            for start, end, _, offset, path in mappings
            if _is_file(path)
        ]
        self._starts = [one.start for one in self._files]
        self._readable = [(int(start, 16), int(end, 16)) for start, end in _joined(mappings)]
        self._asked = perf_counter()


_MAPPINGS = _Mappings()
_OWN_MEMORY = frozenset({id(bytes), id(bytearray)})


def _content(path: str) -> bytes:
    """What is in a file of the system. Empty on another system."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - read as it is
            return file.readall()
    except OSError:
        return b""


def _extent() -> bytes:
    """How much memory the process has, mapped from files or not. Empty where nobody can tell."""
    return _content(_EXTENT).partition(b" ")[0]


def _joined(mappings: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """Where the memory that can be read begins and ends. What follows on the next is taken as one."""
    found = [["", ""]]
    for start, end, rights, _, _ in mappings:
        if rights != "r":
            continue
        if found[-1][1] == start:
            found[-1][1] = end
        else:
            found.append([start, end])
    return found[1:]


def _is_file(path: str) -> bool:
    """Whether a mapping is of a data file."""
    unnamed = path.endswith(_DELETED) and path.startswith(_ANONYMOUS)
    return path[:1] == "/" and ".so" not in path and not unnamed


def is_there(address: int, size: int) -> bool:
    """Whether memory can be read: it is mapped, from no file or from one that covers it."""
    if not address or size <= 0:
        return True
    _MAPPINGS.renew()
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


def address(array: Any, ndarray: Any) -> int:
    """Where the first element of an array lies in memory. ``ndarray`` is numpy's class."""
    if array.dtype.kind == "V":  # the interface would describe each field of the records
        return ndarray.ctypes.__get__(array).data or 0
    return ndarray.__array_interface__.__get__(array)["data"][0]  # type: ignore[no-any-return]


def extent(array: Any, ndarray: Any) -> tuple[int, int]:
    """Where the elements of an array begin in memory, and how many bytes it is from there to their end."""
    start = address(array, ndarray)
    if not array.size:
        return start, 0
    steps = [(count - 1) * step for count, step in zip(array.shape, array.strides, strict=True)]
    low, high = sum(step for step in steps if step < 0), sum(step for step in steps if step > 0)
    return start + low, high - low + array.itemsize

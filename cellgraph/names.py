"""What runs read and write, and what it is called: the one place that knows how names are spelled.

A ``Name`` is text, for three reasons. Names are made for every read of every cell, and a subclass of
``str`` costs no more than a call. They are compared and looked up all the time, with the keys of the
user's namespace too, and a name equals the text of a variable and has its hash. And the text is what
a ledger holds, so that its JSON stays readable. The kind is told by the text alone, so it needs no
room in a name and survives a round trip.

How names are spelled:

- ``df``: a variable.
- ``Out[3]``: the result that the run with execution count 3 displayed.
- ``Out:cell-id``: the latest result of a cell, whatever its count. Analyses use it; no ledger holds it.
- ``<result>``: the result of the run under way, before its count is known.
- ``<calls>``: the calls of a function, where a run asks its cache how many there were.
- ``<names>``: the names of the notebook, where a run goes through all of them.
- ``file:data/clean.csv``: a file, relative to the folder of the notebook where it lies below it.
- ``file:data/``, ``file:data/*.csv``, ``file:data/**/*.csv``: which files are in a folder, or fit a pattern.
- ``patch:numpy.linalg.norm``: an attribute of a library that a cell has changed.
- ``module:helpers.RATE``: a global of a module of the user's own, if it is not as it was imported.
- ``setting:matplotlib.rcParams["figure.figsize"]``: state of the process outside the namespace.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from cellgraph.patterns import Pattern
from cellgraph.structure import in_code

COUNTED, _OF_CELL, _PENDING = "Out[", "Out:", "<result>"
KIND_MARK = ":"
"""Stands in the name of whatever is no variable and no result of one run."""
_FILE, _SETTING, _PATCH, _MODULE = "file:", "setting:", "patch:", "module:"
_KEPT = 4096
_RESULT_VARIABLE = Pattern(r"_{1,3}$|_\d+$|Out$|_oh$")


class Kind(IntEnum):
    """What a name stands for, in the order in which names are listed."""

    VARIABLE = 0
    RESULT = 1
    FILE = 2
    SETTING = 3


class Name(str):
    """The name of a variable, a displayed result, a file or a setting. Its JSON form is its text."""

    __slots__ = ()

    @classmethod
    def of_result(cls, count: int | None) -> Name:
        """The result of the run with this execution count."""
        return cls(f"{COUNTED}{count}]")

    @classmethod
    def of_cell(cls, cell: str) -> Name:
        """The latest result of a cell."""
        return _of_cell(cell)

    @classmethod
    def of_file(cls, path: str) -> Name:
        """A file. ``path`` is as people should see it."""
        return cls(_FILE + path)

    @classmethod
    def of_setting(cls, key: str) -> Name:
        """State of the process outside the namespace."""
        return cls(_SETTING + key)

    @classmethod
    def of_patch(cls, attribute: str) -> Name:
        """An attribute of a library, by its full name, that a cell has changed."""
        return cls(_PATCH + attribute)

    @classmethod
    def of_module_global(cls, attribute: str) -> Name:
        """A global of a module of the user's own, by its full name."""
        return cls(_MODULE + attribute)

    @property
    def is_patch(self) -> bool:
        """Whether it stands for what a module holds: an attribute of a library, or a global of one's own."""
        return self.startswith((_PATCH, _MODULE))

    @property
    def is_module_global(self) -> bool:
        """Whether it stands for a global of a module of the user's own."""
        return self.startswith(_MODULE)

    @property
    def attribute(self) -> str:
        """What a patch or a module's global is called in its module: ``floor`` for ``patch:math.floor``."""
        return self.rpartition(".")[2] if self.is_patch else ""

    @property
    def kind(self) -> Kind:
        """What the name stands for."""
        if self.is_result:
            return Kind.RESULT
        if self.is_file:
            return Kind.FILE
        return Kind.SETTING if self.startswith((_SETTING, _PATCH, _MODULE)) else Kind.VARIABLE

    @property
    def is_result(self) -> bool:
        """Whether it stands for something that a cell displayed."""
        return self.startswith((COUNTED, _OF_CELL)) or self == _PENDING

    @property
    def refers_to_result(self) -> bool:
        """Whether it is a result or a variable by which IPython gives one: ``Out[3]``, ``_``, ``_3``."""
        return self.is_result or is_result_variable(self)

    @property
    def is_file(self) -> bool:
        """Whether it stands for a file."""
        return self.startswith(_FILE)

    @property
    def is_setting(self) -> bool:
        """Whether it stands for state of the process outside the namespace."""
        return self.startswith(_SETTING)

    @property
    def setting(self) -> str:
        """The setting that it stands for, ``matplotlib.rcParams``; empty for any other name."""
        return self[len(_SETTING) :] if self.startswith(_SETTING) else ""

    @property
    def execution_count(self) -> int | None:
        """The execution count of the run whose result it is; None for any other name."""
        count = self[len(COUNTED) : -1] if self.startswith(COUNTED) else ""
        return int(count) if count.isdecimal() else None

    def across_runs(self, cell: str) -> Name:
        """The name for all runs of ``cell``: its results are told by the cell, as their counts differ."""
        return Name.of_cell(cell) if self.is_result else self

    @property
    def path(self) -> str:
        """The path of a file, as people see it; empty for any other name."""
        return self[len(_FILE) :] if self.is_file else ""

    @property
    def module(self) -> str:
        """What a file is called as a module: ``helper`` for ``lib/helper.py``; of a package its folder."""
        parts = self.path.removesuffix(".py").removesuffix("/__init__").split("/")
        return parts[-1]

    @property
    def label(self) -> str:
        """As a sentence calls it: ``df``, ``Out[3]``, ``file data/clean.csv``."""
        kind = self.kind
        if kind is Kind.FILE:
            return f"file {self.path}"
        if self.is_patch:
            return self.partition(":")[2]
        return f"setting {self[len(_SETTING) :]}" if kind is Kind.SETTING else in_code(self)

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Variables first, then results by their counts, then files and settings; each by the text."""
        return (self.kind, self.execution_count or 0, self)


LISTED_NAMES = Name("<names>")
"""Stands for the names that are not there where a run goes through all of them: ``for n in dir()``."""
COUNTED_CALLS = Name("<calls>")
"""Stands for the calls of a function, told by the path of a read, where a run asks how many there were."""
PENDING_RESULT = Name(_PENDING)
"""The result of the run under way."""


def is_result_variable(name: str) -> bool:
    """Whether IPython gives results under this key of the namespace: ``_``, ``__``, ``_3``, ``Out``."""
    return (name[:1] == "_" or name == "Out") and _RESULT_VARIABLE.match(name) is not None


@lru_cache(maxsize=_KEPT)
def lists(place: str, path: str) -> bool:
    """Whether the file at a path is one of a place: of ``data/``, all in a folder, or of a pattern.

    ``**`` in a pattern stands for any folders between, or none; at its end for all below. ``*`` stands for
    no slash.
    """
    pattern = posixpath.normpath(f"{place}*" if place.endswith("/") else place)
    return _fits(posixpath.normpath(path).split("/"), pattern.split("/"))


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern or not parts:
        return not pattern and not parts
    if pattern[0] != "**":
        return fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])
    return len(pattern) == 1 or any(_fits(parts[at:], pattern[1:]) for at in range(len(parts)))


@lru_cache(maxsize=_KEPT)
def _of_cell(cell: str) -> Name:
    return Name(_OF_CELL + cell)


@lru_cache(maxsize=_KEPT)
def variable(name: str) -> Name:
    """The name of a variable: the same object for equal names, as runs are kept and have the same ones."""
    return Name(name)

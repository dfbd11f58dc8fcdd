"""Reads the saved notebook from inside its kernel: fast, with ``json`` alone, and without raising.

The file may be older than what is on the screen, and may be half written. If it cannot be read as a
notebook the result is None, and the tracker works as without a file.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cellgraph.light_namedtuple import NamedTuple

SIZE_LIMIT = 30_000_000
"""Largest file that is read, in bytes. Reading a larger one would delay the running cell noticeably."""


PATH_VARIABLES: tuple[str, ...] = ("__vsc_ipynb_file__", "__session__")
"""Variables of the user's namespace in which front ends put the path of the notebook, the surest first.

VS Code comes first, because it may run a Jupyter server whose session has a name of its own.
"""

PATH_ENVIRONMENT: tuple[str, ...] = ("JPY_SESSION_NAME",)
"""Environment variables of the kernel in which front ends put the path of the notebook."""


class SavedCell(NamedTuple):
    """A code cell of a file. ``id`` is None in files older than nbformat 4.5."""

    id: str | None
    source: str


class SavedNotebook(NamedTuple):
    """The cells of a file that hold code, from top to bottom. ``mtime`` is a POSIX timestamp.

    ``prose`` are the ids of its other cells: Markdown, raw text, and code cells that were emptied and run.
    """

    path: str
    mtime: float
    cells: tuple[SavedCell, ...]
    prose: frozenset[str] = frozenset()


def read_saved(path: str) -> SavedNotebook | None:
    """The notebook saved at ``path``; None if there is none that can be read."""
    try:
        # Opening a pipe or a device could block for ever.
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return None
        # Not by pathlib: what that opens counts as read by the cell in which another shell is tracked.
        with open(path, "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if status.st_size > SIZE_LIMIT:
                return None
            notebook = json.loads(file.read())
            cells = _code_cells(notebook)
    except (OSError, ValueError, RecursionError, MemoryError):
        return None
    if cells is None:
        return None
    known = {cell.id for cell in cells}
    ids = (_id(cell.get("id")) for cell in notebook["cells"])
    return SavedNotebook(path, status.st_mtime, cells, frozenset(filter(None, ids)) - known)


def notebook_path(user_ns: Mapping[str, object], environ: Mapping[str, str]) -> str | None:
    """The path of this kernel's notebook; None if it is not known, or if there is no such file.

    Variables are asked before the environment.
    """
    candidates = [user_ns.get(name) for name in PATH_VARIABLES]
    candidates += [environ.get(name) for name in PATH_ENVIRONMENT]
    for candidate in candidates:
        if type(candidate) is str and _is_saved_notebook(candidate):
            return candidate
    return None


def _is_saved_notebook(path: str) -> bool:
    file = Path(path)
    return file.is_absolute() and file.suffix.lower() == ".ipynb" and file.is_file()


def _code_cells(notebook: object) -> tuple[SavedCell, ...] | None:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return None
    found: list[SavedCell] = []
    for cell in cells:
        if not isinstance(cell, dict):
            return None
        if cell.get("cell_type") != "code":
            continue
        source = _source(cell.get("source"))
        if source is None:
            return None
        if not source.strip() and cell.get("execution_count") is None:
            continue
        found.append(SavedCell(_id(cell.get("id")), source))
    return tuple(found)


def _source(value: object) -> str | None:
    """The text of a cell, which the format allows to be one string or a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

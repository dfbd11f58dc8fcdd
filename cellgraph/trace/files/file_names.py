"""What files are called in the ledger: ``file:data/clean.csv``."""

from __future__ import annotations

import os
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath

from cellgraph.names import Name

_PATHS = frozenset(map(id, (Path, PosixPath, WindowsPath, PurePosixPath, PureWindowsPath)))


def file_name(path: str, base: str) -> Name:
    """The name of the file at an absolute path: relative below ``base``, then below the home."""
    return Name.of_file(_below(path, base) or _below(path, os.path.expanduser("~"), "~/") or path)


def _below(path: str, folder: str, mark: str = "") -> str:
    inside = folder not in ("", os.sep) and path.startswith(folder.rstrip(os.sep) + os.sep)
    if not inside:
        return ""
    return mark + path[len(folder.rstrip(os.sep)) + 1 :].replace(os.sep, "/")


def as_path(value: object) -> str | None:
    """A value that is a path in one of the types that Python itself has; None for any other.

    ``__fspath__`` of a user's class is not called.
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is bytes:
        return os.fsdecode(value)  # type: ignore[arg-type]
    return str(value) if id(kind) in _PATHS else None

"""A scratch copy of a notebook's folder, so that what the notebook writes stays out of the original."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST = 2 * 2**30
"""Bytes that are copied unless the user allows more."""

_SKIPPED = frozenset(
    {
        *(
            ".git",
            ".hg",
            ".svn",
            ".ipynb_checkpoints",
            "__pycache__",
            "node_modules",
            ".venv",
            "venv",
            ".tox",
            ".nox",
        ),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache"),
    }
)
_ROOTS = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg")
_UPWARDS = re.compile(r"(?:\.\.[/\\])*\.\.(?=[/\\\"'\s)])")


class TooLargeError(Exception):
    """The folder is larger than what may be copied. The message says how large."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A copy. ``notebook`` is the path of the notebook in it; ``original`` and ``copy`` are the two roots."""

    notebook: Path
    original: Path
    copy: Path

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy at all, and not the notebook's own folder."""
        return self.copy != self.original


def copy_folder(
    notebook: Path, sources: str, into: Path, most: int = LARGEST, without: frozenset[str] = frozenset()
) -> Scratch:
    """Copy the notebook's folder, or the one above it that its code refers to with ``..``.

    Links to files are copied as files, and links to folders are kept. ``without`` are files that are left
    out, relative to the copy. Raises TooLargeError.
    """
    root = _root(notebook.resolve(), sources)
    total = sum(size for _, size in _files(root))
    if total > most:
        raise TooLargeError(f"its folder {root} holds {total / 2**20:.0f} MiB")
    copy = into / (root.name or "root")
    shutil.copytree(
        root, copy, ignore=_ignored, dirs_exist_ok=True, ignore_dangling_symlinks=True, copy_function=_copy
    )
    _link_folders(root, copy)
    for name in without:
        (copy / name).unlink(missing_ok=True)
    inside = copy / notebook.resolve().relative_to(root)
    return Scratch(inside, root, copy)


def state_of(scratch: Scratch) -> dict[str, tuple[int, int]]:
    """The files of a copy but for notebooks: when each was changed, and its size."""
    found: dict[str, tuple[int, int]] = {}
    for path, size in _files(scratch.copy):
        if not path.endswith(".ipynb"):
            name = os.path.relpath(path, scratch.copy)
            found[name] = (os.stat(path).st_mtime_ns, size)  # noqa: PTH116 - many files
    return found


def _root(notebook: Path, sources: str) -> Path:
    """As many folders up as the code goes, but not above the repository, and never as far as the home."""
    folder = notebook.parent
    steps = max((found.count("..") for found in _UPWARDS.findall(sources)), default=0)
    home = Path.home()
    for _ in range(steps):
        parent = folder.parent
        if any((folder / mark).exists() for mark in _ROOTS) or parent in (folder, home, *home.parents):
            break
        folder = parent
    return folder


def _ignored(folder: str, names: list[str]) -> set[str]:
    """What is not copied: tools' folders, links to folders, and what is no file (sockets, pipes)."""
    found = {name for name in names if name in _SKIPPED}
    for name in names:
        path = Path(folder, name)
        if not (path.is_file() or path.is_dir()) or (path.is_dir() and path.is_symlink()):
            found.add(name)
    return found


def _link_folders(root: Path, copy: Path) -> None:
    """Link to the folders that the original has links to: what is behind them may be large, or a circle."""
    for folder, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in folders:
            path = Path(folder, name)
            target = copy / path.relative_to(root)
            if path.is_symlink() and not target.exists():
                target.symlink_to(path.resolve(), target_is_directory=True)


def _copy(source: str, target: str) -> str:
    try:
        shutil.copy2(source, target)
    except PermissionError:  # a file that this user may not read: the notebook could not read it either
        return target
    return target


def _files(root: Path) -> Iterator[tuple[str, int]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            path = Path(folder, name)
            try:
                yield str(path), path.stat().st_size
            except OSError:
                continue

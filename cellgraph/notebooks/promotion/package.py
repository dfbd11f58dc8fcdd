"""Writing the package: into a folder beside its place, which is renamed when it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.outputs import write_file


def check_place(folder: Path, *, force: bool) -> None:
    """Raise CannotRunError if the folder is there and may not be replaced, or is no place for a package."""
    if not folder.name.isidentifier():
        raise CannotRunError(f"{folder.name!r} is no name for a package: choose one of letters, digits and _")
    if folder.is_file():
        raise CannotRunError(f"{folder} is a file")
    if folder.exists() and any(folder.iterdir()) and not force:
        raise CannotRunError(f"{folder} is there already; --force replaces what promote writes in it")


def write_package(folder: Path, files: Mapping[str, str], notebook: Path) -> None:
    """Write the files, no more open to others than the notebook. What else is in the folder stays.

    Raises CannotRunError. Then nothing has changed.
    """
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=parent, ignore_cleanup_errors=True) as beside:
            made = Path(beside, "new")
            _fill(made, folder, files, notebook)
            _put(made, folder, Path(beside, "old"))
    except OSError as error:
        raise CannotRunError(f"cannot write {folder}: {error.strerror}") from None


def _fill(made: Path, folder: Path, files: Mapping[str, str], notebook: Path) -> None:
    if folder.exists():
        shutil.copytree(folder, made, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode("utf-8"), notebook)


def _put(made: Path, folder: Path, old: Path) -> None:
    """Rename the new folder to its place; the old one goes aside, and comes back if that fails."""
    if folder.exists():
        folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise

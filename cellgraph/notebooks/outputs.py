"""Chooses the files that a run writes, checks before the run that they can be written, and writes them.

A file that holds sources is no more open to other users than the notebook that they come from. Writing
follows no symbolic link to a file: somebody else may have put it there.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cellgraph.notebooks.errors import CannotRunError


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files that a run writes. None stands for one that is not chosen yet, or was not written."""

    notebook: Path | None = None
    report: Path | None = None
    ledger: Path | None = None

    def named(self) -> tuple[tuple[str, Path | None], ...]:
        """Each file with the word for it."""
        return (("executed notebook", self.notebook), ("report", self.report), ("ledger", self.ledger))


def choose_outputs(source: Path, folder: Path | None, wanted: Outputs) -> Outputs:
    """The files to write: as wanted, else in ``folder`` under the notebook's name.

    Without a folder they are written beside the notebook. Makes ``folder`` where it is missing. Raises
    CannotRunError where a file cannot be written, would replace the notebook itself, or would replace
    another of the three.
    """
    stem, folder = source.stem, source.parent if folder is None else folder
    outputs = Outputs(
        notebook=wanted.notebook or folder / f"{stem}.executed.ipynb",
        report=wanted.report or folder / f"{stem}.report.html",
        ledger=wanted.ledger or folder / f"{stem}.ledger.jsonl",
    )
    _make(folder)
    _check_distinct(source, outputs)
    for what, path in outputs.named():
        assert path is not None
        _check_writable(what, path)
    return outputs


def write_text(path: Path, text: str, like: Path | None = None) -> None:
    """Write a file, as ``write_file`` does. Raises CannotRunError if that fails, as when the disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # the notebook itself may have removed it
        # A lone surrogate cannot be encoded. It is written as its escape, which JSON reads back.
        write_file(path, text.encode("utf-8", "backslashreplace"), like)
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}") from None


def write_file(path: Path, data: bytes, like: Path | None = None) -> None:
    """Write a file that holds sources, as a whole: an interrupt leaves the former file, or none.

    Other users may read it as far as they may read ``like``, the notebook, and the umask allows it;
    without ``like`` they may not. Raises OSError, also for a symbolic link to a file.
    """
    _check_no_link(path)
    if path.exists() and not path.is_file():  # a device or a pipe: nothing is kept there
        with path.open("wb") as file:
            file.write(data)
        return
    mode = _mode(like)
    try:
        _replace(path, data, mode)
    except PermissionError:
        if not path.is_file():
            raise
        # The folder is closed, and the file in it is open.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | _NO_LINK), "wb") as file:
            file.write(data)


def least_open(notebooks: Iterable[Path]) -> Path | None:
    """Of several notebooks the one that the fewest may read: what tells of all is no more open."""
    return min(notebooks, key=lambda path: (_mode(path) & 0o066).bit_count(), default=None)


def close_as(like: Path, folder: Path) -> None:
    """Let other users read the files of a folder no further than they may read ``like``. Raises OSError."""
    allowed = _mode(like) | 0o700
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & allowed)


_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)


def _replace(path: Path, data: bytes, mode: int) -> None:
    new = path.with_name(f".cellgraph-{secrets.token_hex(8)}")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        new.replace(path)
    except BaseException as error:
        with suppress(OSError):
            new.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # nobody has heard of the other
        raise


def _mode(like: Path | None) -> int:
    """The permissions to ask for; the system takes from them what the umask forbids."""
    try:
        return 0o600 | (stat.S_IMODE(like.stat().st_mode) & 0o666 if like is not None else 0)
    except OSError:
        return 0o600


def _check_no_link(path: Path) -> None:
    """Raise OSError for a symbolic link, unless it leads to a device or a pipe, as ``/dev/stdout`` may."""
    if path.is_symlink() and (path.is_file() or path.is_dir() or not path.exists()):
        raise OSError(errno.ELOOP, "it is a symbolic link, and none is followed", str(path))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRunError(f"cannot make the directory {folder}: {error.strerror}") from None


def _check_distinct(source: Path, outputs: Outputs) -> None:
    taken = {source.resolve(): "the notebook to run, which is never changed"}
    for what, path in outputs.named():
        assert path is not None
        place = path.resolve()
        if place in taken:
            raise CannotRunError(f"the {what} would replace {taken[place]}: {path}; name another file")
        taken[place] = f"the {what}"


def _check_writable(what: str, path: Path) -> None:
    """Open the file for writing, and remove it again if it is new. Raises CannotRunError."""
    is_new = not path.exists()
    try:
        _check_no_link(path)
        if not is_new and not path.is_file() and not path.is_dir():
            return  # to open a pipe would wait for its reader
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        hint = "choose another place, for all three with --output-dir"
        raise CannotRunError(f"cannot write the {what} to {path}: {error.strerror}; {hint}") from None

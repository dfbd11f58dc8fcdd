"""Chooses the files that a run writes, and checks before the run that they can be written."""

from __future__ import annotations

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


def choose_outputs(source: Path, folder: Path, wanted: Outputs) -> Outputs:
    """The files to write: as wanted, else in ``folder`` under the notebook's name.

    Makes ``folder`` where it is missing. Raises CannotRunError where a file cannot be written, would
    replace the notebook itself, or would replace another of the three.
    """
    stem = source.stem
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


def write_text(path: Path, text: str) -> None:
    """Write a file. Raises CannotRunError if that fails, for example because the disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # the notebook itself may have removed it
        # A lone surrogate cannot be encoded. It is written as its escape, which JSON reads back.
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}") from None


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
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        hint = "choose another place, for all three with --output-dir"
        raise CannotRunError(f"cannot write the {what} to {path}: {error.strerror}; {hint}") from None

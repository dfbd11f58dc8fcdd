"""Verdicts as JSON Lines: a journal that a later command takes up again, and that others are merged with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TextIO

from cellgraph._version import __version__
from cellgraph.model import as_json
from cellgraph.notebooks.checks.document import file_bytes
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.kernel_results import from_data
from cellgraph.notebooks.verification.verdicts import NotebookVerdict

_FORMAT = "cellgraph-verify"
_SCHEMA = 1


def to_data(verdict: NotebookVerdict) -> dict[str, Any]:
    """A verdict as plain JSON data. Fields that have their default are left out."""
    data: dict[str, Any] = as_json(verdict, sparse=True)
    return data


class Journal:
    """A file that gets a line for each notebook when it begins and when it is done.

    A line is written at once: whatever ends the command, what was done stays known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        try:
            is_new = not self._path.exists() or self._path.stat().st_size == 0
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _mend(self._path)
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CannotRunError(f"cannot write {self._path}: {error.strerror}") from None
        if is_new:
            self._write({"format": _FORMAT, "schema": _SCHEMA, "cellgraph": __version__})
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, path: str) -> None:
        """Note that a notebook is begun."""
        self._write({"begin": path})

    def end(self, verdict: NotebookVerdict) -> None:
        """Note the verdict on a notebook."""
        self._write({"verdict": to_data(verdict)})

    def _write(self, data: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(data) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def _mend(path: Path) -> None:
    """End a line that a crash has cut off, so that the next one is whole."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.write(b"\n")


class Entries:
    """What a journal holds: the latest verdict on each path, and the paths that were begun and not ended."""

    def __init__(self, verdicts: dict[str, NotebookVerdict], open_: dict[str, int]) -> None:
        self.verdicts = verdicts
        self.open = open_
        """Path → how often it was begun since it last ended."""


def read_journal(path: Path) -> Entries:
    """The content of a journal. Lines that a crash has cut off are left out. Raises CannotRunError."""
    verdicts: dict[str, NotebookVerdict] = {}
    begun: dict[str, int] = {}
    for line in _lines(path):
        if "verdict" in line:
            verdict = _verdict(line["verdict"], path)
            verdicts[verdict.path] = verdict
            begun.pop(verdict.path, None)
        elif isinstance(line.get("begin"), str):
            begun[line["begin"]] = begun.get(line["begin"], 0) + 1
    return Entries(verdicts, begun)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = file_bytes(path).decode("utf-8")
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotRunError(f"{path} is no journal of cellgraph verify") from None
    head, *lines = text.split("\n")
    first = _parsed(head)
    if first is None or first.get("format") != _FORMAT:
        raise CannotRunError(f"{path} is no journal of cellgraph verify")
    if first.get("schema") != _SCHEMA:
        raise CannotRunError(f"{path} is of schema {first.get('schema')!r}, not {_SCHEMA}: update cellgraph")
    for line in lines:
        data = _parsed(line) if line.strip() else None
        if data is not None:
            yield data


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _verdict(data: Any, path: Path) -> NotebookVerdict:
    try:
        made = from_data(NotebookVerdict, data)
    except (TypeError, KeyError, ValueError) as error:
        raise CannotRunError(f"{path} holds a line that is no verdict ({error})") from None
    assert isinstance(made, NotebookVerdict)
    return made


def merged(paths: Iterable[Path]) -> list[NotebookVerdict]:
    """The verdicts of several journals, sorted by path. Of two on one path the later journal's counts.

    A notebook that was begun in one of them and ended in none has a verdict that says so.
    """
    verdicts: dict[str, NotebookVerdict] = {}
    begun: dict[str, int] = {}
    for path in paths:
        entries = read_journal(path)
        verdicts.update(entries.verdicts)
        begun.update(entries.open)
    for name, times in begun.items():
        if name not in verdicts:
            reason = "it was begun and never ended: the worker, the machine or the command was stopped"
            verdicts[name] = NotebookVerdict(name, "not run", reason=reason, attempts=times)
    return [verdicts[name] for name in sorted(verdicts)]

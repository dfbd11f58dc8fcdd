"""Saved notebooks and ledgers from their files, and answers about them into files; each error in one line."""

from __future__ import annotations

from pathlib import Path

from cellgraph.model import Order
from cellgraph.notebooks.checks.document import Document, UnreadableError, file_bytes, read_document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.outputs import write_file
from cellgraph.record.jsonl import loads
from cellgraph.record.ledger import Ledger


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises CannotRunError."""
    try:
        return file_bytes(path)
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None


def read_python_notebook(path: Path, data: bytes) -> Document:
    """A notebook from the bytes of its file. Raises CannotRunError if it is none, or not in Python."""
    try:
        document = read_document(str(path), data)
    except UnreadableError as error:
        raise CannotRunError(f"{path} is no notebook that can be read: {error}") from None
    if not document.is_python:
        raise CannotRunError(f"{path} is in {document.language}: only Python can be read from text")
    return document


def saved_ledger(path: Path, data: bytes) -> tuple[Ledger, Order]:
    """The ledger in a file of JSON Lines. Raises CannotRunError."""
    try:
        ledger = loads(data.decode("utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise CannotRunError(f"{path} is no ledger: {error}") from None
    return ledger, Order(tuple(ledger.cells))


def write_answer(output: Path, data: bytes, notebook: Path) -> None:
    """Write what was made of a notebook to a file. Raises CannotRunError."""
    try:
        write_file(output, data, notebook)
    except OSError as error:
        raise CannotRunError(f"cannot write {output}: {error.strerror}") from None

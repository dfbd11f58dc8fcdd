"""Reads a notebook file for ``cellgraph run``: converted to format 4, repaired, with an id for each cell."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat  # noqa: TID253 - only `cellgraph run` imports this module
from nbformat import NotebookNode  # noqa: TID253 - only `cellgraph run` imports this module

from cellgraph.notebooks.cell_order import CodeCell
from cellgraph.notebooks.checks.document import file_bytes
from cellgraph.notebooks.errors import CannotRunError, error_line
from cellgraph.notebooks.formats import FORMATS
from cellgraph.notebooks.repair import repair_notebook, repair_outputs


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook that can be run.

    ``notebook`` is of format 4, and ``cells`` are its code cells from top to bottom. ``language`` is the
    programming language that the file names; empty if it names none. ``flaws`` are the kinds of flaws
    that were repaired, a few words each. ``version`` is the file's own major version, and ``document``
    the file in that version, or None if that is 4.
    """

    path: Path
    notebook: NotebookNode
    cells: tuple[CodeCell, ...]
    language: str = ""
    flaws: tuple[str, ...] = ()
    version: int = 4
    document: NotebookNode | None = None

    @property
    def places(self) -> dict[str, str]:
        """What the code cells are called, by their ids and from top to bottom: ``cell 4``."""
        return {code_cell.cell: code_cell.place for code_cell in self.cells}


def read_source(path: Path) -> NotebookFile:
    """Read a notebook, remove its outputs, and give each code cell an id.

    Raises CannotRunError if the file cannot be read as a notebook.
    """
    found = _parse(_read(path), path)
    version = found["nbformat"]
    try:
        with _quiet():
            document = FORMATS[version].load(found)
            notebook = FORMATS[version].to_format_4(document)
            language = FORMATS[version].language(document)
    except Exception as error:  # noqa: BLE001 - a file fails in as many ways as it can be broken
        raise CannotRunError(f"{path} is not a notebook that can be read: {error_line(error)}") from None
    _check(notebook, path)
    try:
        with _quiet():
            flaws = repair_notebook(notebook)
    except Exception as error:  # noqa: BLE001 - as above
        raise CannotRunError(f"{path} is not a notebook that can be read: {error_line(error)}") from None
    older = document is not notebook
    return NotebookFile(
        path,
        notebook,
        _code_cells(notebook),
        language if isinstance(language, str) else "",
        () if older else flaws,  # an older format lacks fields of format 4: that is no flaw
        version,
        document if older else None,
    )


def executed_text(source: NotebookFile, executed: NotebookNode) -> str:
    """The text of the executed notebook's file, in the version of the file that was read."""
    with _quiet():
        repair_outputs(executed.cells, executed.nbformat_minor)
        if source.document is not None:
            executed = FORMATS[source.version].with_results(source.document, executed)
        return notebook_text(executed)


def notebook_text(notebook: NotebookNode) -> str:
    """The text of a notebook's file, in the notebook's own version."""
    with _quiet():
        text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text + "\n"


def _read(path: Path) -> str:
    if path.is_dir():
        raise CannotRunError(f"{path} is a directory; name a notebook in it")
    try:
        return file_bytes(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise CannotRunError(f"there is no file {path}{_near(path)}") from None
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotRunError(f"{path} is not a notebook: it is not UTF-8 text") from None


def _near(path: Path) -> str:
    """A hint for the error message if there is such a file with the suffix ``.ipynb``."""
    guess = path.with_name(path.name + ".ipynb")
    return f"; did you mean {guess}?" if guess.is_file() else ""


def _parse(text: str, path: Path) -> dict[str, Any]:
    """The JSON object in the file. Raises CannotRunError if it is no notebook of a known version."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotRunError(f"{path} is not a notebook: it is not JSON ({error_line(error)})") from None
    version = found.get("nbformat") if isinstance(found, dict) else None
    if not isinstance(found, dict) or version is None:
        raise CannotRunError(f"{path} is not a notebook: it does not say its format")
    if not isinstance(version, int) or version not in FORMATS:
        raise CannotRunError(
            f"{path} is not a notebook that can be read: it is of format {version!r}, not of 2, 3 or 4"
        )
    return found


def _check(notebook: NotebookNode, path: Path) -> None:
    """Raise CannotRunError if a cell lacks its type or its text. Other flaws can be repaired."""
    if not isinstance(notebook.get("cells"), list):
        raise CannotRunError(f"{path} is not a notebook: it has no list of cells")
    for place, cell in enumerate(notebook.cells, 1):
        if not isinstance(cell.get("cell_type"), str) or not isinstance(cell.get("source"), str):
            raise CannotRunError(f"{path} is no valid notebook: cell {place} lacks its type or source")


def _code_cells(notebook: NotebookNode) -> tuple[CodeCell, ...]:
    """The code cells. If the format has no ids, they get ids for this run."""
    cells = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return tuple(
        CodeCell(number, index, cell.get("id", f"cell-{number}"), cell.source)
        for number, (index, cell) in enumerate(cells, 1)
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress nbformat's warnings about flaws that do not keep a notebook from running."""
    logger = logging.getLogger("traitlets")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

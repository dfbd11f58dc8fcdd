"""A notebook file as ``cellgraph run`` takes it: read, checked, and with an id for every code cell."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat  # noqa: TID253 - only `cellgraph run` imports this module
from nbformat import NotebookNode  # noqa: TID253 - only `cellgraph run` imports this module

from cellgraph.notebook.errors import CannotRunError
from cellgraph.notebook.steps import Step


@dataclass(frozen=True, slots=True)
class Source:
    """A notebook that can be run. ``cells`` are its code cells from top to bottom."""

    path: Path
    notebook: NotebookNode
    cells: tuple[Step, ...]


def read_source(path: Path) -> Source:
    """Read the notebook, take the outputs of earlier runs out, and name its code cells.

    Raises CannotRunError where there is no notebook that could be run.
    """
    notebook = _parse(_read(path), path)
    _check(notebook, path)
    _clear(notebook)
    return Source(path, notebook, _code_cells(notebook))


def notebook_text(notebook: NotebookNode) -> str:
    """The notebook as the text of a file, in the minor version that it was read in."""
    with _quiet():
        text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text + "\n"


def _read(path: Path) -> str:
    if path.is_dir():
        raise CannotRunError(f"{path} is a directory; name a notebook in it")
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CannotRunError(f"there is no file {path}{_near(path)}") from None
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotRunError(f"{path} is not a notebook: it is not UTF-8 text") from None


def _near(path: Path) -> str:
    """A hint where only the suffix was left out, which is what completion by hand gives."""
    guess = path.with_name(path.name + ".ipynb")
    return f"; did you mean {guess}?" if guess.is_file() else ""


def _parse(text: str, path: Path) -> NotebookNode:
    try:
        with _quiet():
            # from_dict, because what was converted from version 3 has nodes of another class.
            notebook = nbformat.from_dict(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001 - nbformat fails in as many ways as a file can be broken
        raise CannotRunError(f"{path} is not a notebook that can be read: {_first_line(error)}") from None
    if not isinstance(notebook, NotebookNode):
        raise CannotRunError(f"{path} is not a notebook")
    return notebook


def _check(notebook: NotebookNode, path: Path) -> None:
    """Raise where a cell lacks what running needs. Lesser flaws against the schema are let through."""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise CannotRunError(f"{path} is not a notebook: it has no list of cells")
    for place, cell in enumerate(cells, 1):
        if not _is_cell(cell):
            raise CannotRunError(
                f"{path} is no valid notebook: cell {place} lacks its type, source or metadata"
            )


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("source"), str)
        and isinstance(cell.get("metadata"), dict)
    )


def _clear(notebook: NotebookNode) -> None:
    """Take saved outputs and counts out, so that what is written shows this run and nothing else."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None


def _code_cells(notebook: NotebookNode) -> tuple[Step, ...]:
    """A step for each code cell. Cells without an id of their own get one for the run.

    The id is written only to notebooks whose version has a place for it (4.5).
    """
    steps: list[Step] = []
    taken = {cell.get("id") for cell in notebook.cells}
    seen: set[str] = set()
    has_ids = (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        number = len(steps) + 1
        name = cell.get("id")
        if not isinstance(name, str) or not name or name in seen:
            name = _free(f"cell-{number}", taken | seen)
            if has_ids:
                cell["id"] = name
        seen.add(name)
        steps.append(Step(number, index, name, cell.source))
    return tuple(steps)


def _free(name: str, taken: set[Any]) -> str:
    return name if name not in taken else _free(name + "-", taken)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back nbformat's remarks on flaws that do not keep a notebook from running."""
    logger = logging.getLogger("traitlets")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

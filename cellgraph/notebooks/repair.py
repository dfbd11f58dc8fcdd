"""Makes a notebook valid: adds what the schema requires, and removes what it does not allow.

Editors, converters and merges write files that break the schema, and that every tool opens all the same.
Such a notebook can be run, and the file that is written is valid. Texts of cells are not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from nbformat.validator import ValidationError, iter_validate, normalize, validate  # noqa: TID253 - only `cellgraph run` imports this module

Node = dict[str, Any]

FIRST_MINOR_WITH_IDS = 5
NEWEST_MINOR = 5
"""The newest minor version of format 4 whose fields are known: a later one may have more."""

_TYPES = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}
"""Type of a cell in a file → its type in format 4; ``heading`` and ``html`` are of older formats."""

_OWN_FIELDS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"outputs", "execution_count"}),
    "markdown": frozenset({"attachments"}),
    "raw": frozenset({"attachments"}),
}
_Field = tuple[type, Any]
_TEXT: _Field = (str, "")
_BUNDLE: _Field = (dict, {})
_LINES: _Field = (list, [])
_OUTPUT_FIELDS: Mapping[str, Mapping[str, _Field]] = {
    "stream": {"name": (str, "stdout"), "text": _TEXT},
    "error": {"ename": _TEXT, "evalue": _TEXT, "traceback": _LINES},
    "display_data": {"data": _BUNDLE, "metadata": _BUNDLE},
    "execute_result": {"data": _BUNDLE, "metadata": _BUNDLE, "execution_count": (int, None)},
}
"""Type of an output → its fields, each with its type and the value to use if it is missing or broken."""

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def repair_notebook(notebook: Node) -> tuple[str, ...]:
    """Make a notebook of format 4 valid, in place. Each cell must have a type and a text.

    Returns the kinds of flaws that were found, a few words each, without repetition.
    """
    minor = notebook.get("nbformat_minor")
    if not isinstance(minor, int):
        minor = FIRST_MINOR_WITH_IDS if any("id" in cell for cell in notebook["cells"]) else 4
        notebook["nbformat_minor"] = minor
    flaws = [*_repair_top(notebook, minor)]
    for cell in notebook["cells"]:
        flaws += _repair_fields(cell, minor)
    flaws += _repair_ids(notebook["cells"], minor)
    if not _all_valid(notebook["cells"], minor):
        for cell in notebook["cells"]:
            flaws += _repair_metadata(cell, minor)
    return tuple(dict.fromkeys(flaws))


def repair_outputs(cells: list[Node], minor: int) -> tuple[str, ...]:
    """Make the outputs that a kernel sent valid, in place. Returns what had to be left out."""
    if _all_valid(cells, minor):
        return ()
    flaws: list[str] = []
    for cell in cells:
        if cell["cell_type"] == "code":
            flaws += _repair_metadata(cell, minor)
            for output in cell["outputs"]:
                flaws += _repair_output(output, minor)
    return tuple(dict.fromkeys(flaws))


def _all_valid(cells: list[Node], minor: int) -> bool:
    """Whether all cells are valid. To check them at once is much faster than one by one."""
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    try:
        validate(whole)
    except ValidationError:
        return False
    return True


def _repair_top(notebook: Node, minor: int) -> Iterator[str]:
    if not isinstance(notebook.get("metadata"), dict):
        notebook["metadata"] = type(notebook)()
        yield "no metadata"
    extra = set(notebook) - {"cells", "metadata", "nbformat", "nbformat_minor"}
    if extra and minor <= NEWEST_MINOR:
        for field in extra:
            del notebook[field]
        yield "unknown fields"
    head = {"metadata": notebook["metadata"], "nbformat": 4, "nbformat_minor": minor, "cells": []}
    _, valid = normalize(head, 4, minor, strip_invalid_metadata=True)
    for key in set(notebook["metadata"]) - set(valid["metadata"]):
        del notebook["metadata"][key]
        yield f"invalid metadata ({key})"


def _repair_fields(cell: Node, minor: int) -> Iterator[str]:
    """The cell's type and the fields that it must and may have."""
    kind = cell["cell_type"]
    cell["cell_type"] = _TYPES.get(kind, "raw")
    if kind != cell["cell_type"]:
        cell.pop("level", None)
        yield f"cells of type {kind!r}"
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = type(cell)()
        yield "cells without metadata"
    if cell["cell_type"] == "code":
        cell.setdefault("outputs", [])
        cell.setdefault("execution_count", None)
    allowed = {"cell_type", "metadata", "source", "id"} | _OWN_FIELDS[cell["cell_type"]]
    extra = set(cell) - allowed
    if extra and minor <= NEWEST_MINOR:
        for field in extra:
            del cell[field]
        yield "unknown fields"


def _repair_metadata(cell: Node, minor: int) -> Iterator[str]:
    """Remove from a cell's metadata what the schema does not allow."""
    ref = f"{cell['cell_type']}_cell"
    errors = iter_validate(cell, ref=ref, version=4, version_minor=minor)  # type: ignore[no-untyped-call]
    paths = [list(error.relative_path) for error in errors]
    for key in {path[1] for path in paths if len(path) > 1 and path[0] == "metadata"}:
        del cell["metadata"][key]
        yield f"invalid metadata ({key})"


def _repair_ids(cells: list[Node], minor: int) -> Iterator[str]:
    """Give each cell an id of its own; a format without ids gets none."""
    if minor < FIRST_MINOR_WITH_IDS:
        if [cell for cell in cells if cell.pop("id", None) is not None]:
            yield "cell ids, which this version does not have"
        return
    taken = {cell.get("id") for cell in cells if isinstance(cell.get("id"), str)}
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = cell.get("id")
        if not isinstance(name, str) or not _ID.fullmatch(name) or name in seen:
            yield "missing, invalid or repeated cell ids"
            name = cell["id"] = _free_id(f"cell-{number}", taken | seen)
        seen.add(name)


def _free_id(name: str, taken: set[Any]) -> str:
    """``name``, followed by as many dashes as are needed for it not to be in ``taken``."""
    while name in taken:
        name += "-"
    return name


def _repair_output(output: Node, minor: int) -> Iterator[str]:
    """Repair an output that the schema does not allow, for example one with a number in place of a text."""
    fields = _OUTPUT_FIELDS.get(output["output_type"])
    if fields is None or _is_valid(output, minor):
        return
    yield "parts of outputs that no notebook can hold"
    for extra in set(output) - {"output_type", *fields}:
        del output[extra]
    for field, (kind, otherwise) in fields.items():
        if not isinstance(output.get(field), kind):
            output[field] = deepcopy(otherwise)
    if "data" in fields:
        output["data"] = {kind: value for kind, value in output["data"].items() if _fits(kind, value)}
    if "traceback" in fields:
        output["traceback"] = [str(line) for line in output["traceback"]]


def _is_valid(output: Node, minor: int) -> bool:
    errors = iter_validate(output, ref=output["output_type"], version=4, version_minor=minor)  # type: ignore[no-untyped-call]
    return next(iter(errors), None) is None


def _fits(kind: str, value: Any) -> bool:
    """Whether the schema allows a value for a MIME type: anything for JSON types, else a text."""
    return (kind.startswith("application/") and kind.endswith("json")) or isinstance(value, str)

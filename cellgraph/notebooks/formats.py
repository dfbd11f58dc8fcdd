"""The versions of the notebook format: how each is read, run as format 4, and written back as it was.

A run of a file of an older format replaces its outputs and its execution counts. Everything else
(worksheets, headings, fields of old tools) is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import nbformat  # noqa: TID253 - only `cellgraph run` imports this module
from nbformat import NotebookNode  # noqa: TID253 - only `cellgraph run` imports this module
from nbformat.v4.convert import downgrade_output  # noqa: TID253 - only `cellgraph run` imports this module

_MIME = re.compile(r"(?<![a-zA-Z0-9])[a-zA-Z0-9]++/[a-zA-Z0-9\-+.]+")
_NOT_IN_FORMAT_4 = ("name", "signature")
"""Metadata of format 3 that has no place in format 4."""

_FIELDS_OF_FORMAT_3 = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "text/html",
        "text/latex",
        "text/plain",
    }
)
"""MIME types for which an output of format 3 has a named field."""


@dataclass(frozen=True, slots=True)
class Format:
    """One major version of the format.

    ``load`` makes a document without outputs from a file's JSON. ``to_format_4`` makes the notebook
    to run from a document: the document itself, or a new one with the same cells in the same order.
    ``language`` is what a document says that it is written in. ``with_results`` is the document with
    the outputs and counts of the notebook that was run. Each may raise any error for a broken file.
    """

    load: Callable[[dict[str, Any]], NotebookNode]
    to_format_4: Callable[[NotebookNode], NotebookNode]
    language: Callable[[NotebookNode], object]
    with_results: Callable[[NotebookNode, NotebookNode], NotebookNode]


# -- format 4 -----------------------------------------------------------------------------------


def _load_4(found: dict[str, Any]) -> NotebookNode:
    """Load a document of format 4. Fields that nbformat requires and the file lacks are added first."""
    _fill_metadata(found)
    for cell in found["cells"]:
        _fill_metadata(cell)
        if not _is_attachments(cell.get("attachments", {})):
            del cell["attachments"]
        if cell.get("cell_type") == "code":
            cell |= {"outputs": [], "execution_count": None}
    return nbformat.versions[4].to_notebook_json(found)  # type: ignore[no-any-return]


def _is_attachments(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(bundle, dict) for bundle in value.values())


def _fill_metadata(holder: dict[str, Any]) -> None:
    if not isinstance(holder.get("metadata"), dict):
        holder["metadata"] = {}


def _language_4(document: NotebookNode) -> object:
    return _field(document.metadata, "kernelspec", "language") or _field(
        document.metadata, "language_info", "name"
    )


def _field(value: Any, *path: str) -> Any:
    """The value at a path of keys in nested mappings; None if a key is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


# -- format 3 -----------------------------------------------------------------------------------


def _load_3(found: dict[str, Any]) -> NotebookNode:
    _fill_metadata(found)
    found.setdefault("nbformat_minor", 0)
    for cell in _cells_3(found):
        if cell["cell_type"] == "code":
            cell |= {"language": cell.get("language", "python"), "input": cell.get("input", "")}
            cell |= {"outputs": [], "prompt_number": None}
        elif cell["cell_type"] == "heading":
            cell.setdefault("level", 1)
    return nbformat.from_dict(nbformat.versions[3].to_notebook_json(found))  # type: ignore[no-untyped-call,no-any-return]


def _cells_3(document: Mapping[str, Any]) -> Iterator[Any]:
    """The cells of all worksheets; format 2 has the same."""
    for sheet in document["worksheets"]:
        yield from sheet["cells"]


def _to_format_4(document: NotebookNode) -> NotebookNode:
    metadata = {key: value for key, value in document.metadata.items() if key not in _NOT_IN_FORMAT_4}
    made = {
        "cells": [_cell_4(cell) for cell in _cells_3(document)],
        "metadata": deepcopy(metadata),
        "nbformat": 4,
        "nbformat_minor": nbformat.v4.nbformat_minor,
    }
    return nbformat.from_dict(made)  # type: ignore[no-untyped-call,no-any-return]


def _cell_4(cell: NotebookNode) -> dict[str, Any]:
    text = cell.get("input" if cell.cell_type == "code" else "source", "")
    made = {"cell_type": cell.cell_type, "source": text, "metadata": deepcopy(cell.get("metadata", {}))}
    return made | ({"outputs": [], "execution_count": None} if cell.cell_type == "code" else {})


def _language_3(document: NotebookNode) -> object:
    languages = [document.metadata.get("language"), _field(document.metadata, "kernel_info", "language")]
    languages += [cell.language for cell in _cells_3(document) if cell.cell_type == "code"]
    return next(filter(None, languages), None)


def _with_results_3(document: NotebookNode, executed: NotebookNode) -> NotebookNode:
    done = deepcopy(document)
    for cell, ran in zip(_cells_3(done), executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.prompt_number = ran.execution_count
            cell.outputs = [_output_3(output) for output in ran.outputs]
    return done


def _output_3(output: NotebookNode) -> NotebookNode:
    """An output in format 3. Values that are no text are written as JSON."""
    others = {
        kind: value if isinstance(value, str) else json.dumps(value)
        for kind, value in output.get("data", {}).items()
        if kind not in _FIELDS_OF_FORMAT_3 and _MIME.fullmatch(kind)
    }
    made = downgrade_output(deepcopy(output))  # type: ignore[no-untyped-call]
    if made.output_type == "pyout":
        made.prompt_number = made.prompt_number or 0
    return nbformat.from_dict({**others, **made})  # type: ignore[no-untyped-call,no-any-return]


# -- format 2 -----------------------------------------------------------------------------------


def _load_2(found: dict[str, Any]) -> NotebookNode:
    """Load a document of format 2 as one of format 3. It is converted back when it is written."""
    for cell in _cells_3(found):
        if cell["cell_type"] == "code":
            cell.setdefault("outputs", [])
    document = nbformat.convert(nbformat.versions[2].to_notebook_json(found), 3)  # type: ignore[no-untyped-call]
    return _load_3(document)


def _with_results_2(document: NotebookNode, executed: NotebookNode) -> NotebookNode:
    return nbformat.convert(_with_results_3(document, executed), 2)  # type: ignore[no-untyped-call,no-any-return]


FORMATS: Mapping[int, Format] = MappingProxyType(
    {
        4: Format(_load_4, lambda document: document, _language_4, lambda _, executed: executed),
        3: Format(_load_3, _to_format_4, _language_3, _with_results_3),
        2: Format(_load_2, _to_format_4, _language_3, _with_results_2),
    }
)
"""The formats by major version. There is no format 1: no release of the notebook wrote it."""

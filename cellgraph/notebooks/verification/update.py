"""Writes outputs into a notebook's file and leaves everything else in it as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cellgraph.notebooks.errors import CannotRunError

_INDENT = re.compile(r'\A\s*\{\n([ \t]+)"')


def write_outputs(path: Path, outputs: Mapping[int, Any]) -> None:
    """Replace the outputs of cells, by their place among all cells. Raises CannotRunError.

    The file keeps its indentation, its fields, its counts and the outputs of all other cells.
    """
    text = path.read_bytes().decode("utf-8-sig")
    notebook = json.loads(text)
    if notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise CannotRunError(f"{path} is of an older format: convert it before --update")
    for index, made in outputs.items():
        cell = notebook["cells"][index]
        for output in made:
            if output.get("output_type") == "execute_result":
                output["execution_count"] = cell.get("execution_count")
        cell["outputs"] = [_in_lines(output) for output in made]
    found = _INDENT.search(text)
    indent = found[1] if found else 1
    ascii_only = text.isascii() and "\\u" in text
    written = json.dumps(notebook, ensure_ascii=ascii_only, indent=indent if "\n" in text.strip() else None)
    end = "\n" if text.endswith("\n") else ""
    try:
        path.write_bytes((written + end).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}") from None


def _in_lines(output: Mapping[str, Any]) -> dict[str, Any]:
    """An output with its texts as lists of lines, as notebooks are saved."""
    made = dict(output)
    if isinstance(made.get("text"), str):
        made["text"] = made["text"].splitlines(keepends=True)
    if isinstance(made.get("data"), Mapping):
        made["data"] = {
            kind: value.splitlines(keepends=True)
            if isinstance(value, str)
            and (kind.startswith("text/") or kind in ("image/svg+xml", "application/javascript"))
            else value
            for kind, value in made["data"].items()
        }
    return made

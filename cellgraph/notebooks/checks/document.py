"""A saved notebook as its file has it, read with ``json`` alone.

Cells, metadata, and what kind of notebook it is.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cellgraph.code.ipython_syntax import Cell, read_cell
from cellgraph.notebooks.checks.positions import CellLines, cell_lines
from cellgraph.notebooks.errors import error_line

_PERCENT = re.compile(r"^# ?%%", re.MULTILINE)
_PYTHON = frozenset(
    {"python", "python2", "python3", "ipython", "ipython3", "ipython2", "py", "sage", "sagemath"}
)
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_NONE: Mapping[str, Any] = {}


class UnreadableError(Exception):
    """A file is no notebook that can be read. The message is one line."""


@dataclass
class CodeCell:
    """A code cell. ``number`` counts the code cells from 1, ``index`` all cells from 0.

    ``lines`` is known for text notebooks.
    """

    number: int
    index: int
    id: str
    source: str
    count: int | None
    outputs: list[Any]
    tags: frozenset[str]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    first_line: int = 0
    """Where its text begins in a text notebook; 0 for a JSON file."""

    @cached_property
    def read(self) -> Cell:
        """Its text as Python."""
        return read_cell(self.source)

    @property
    def may_fail(self) -> bool:
        """Whether an error in it is expected."""
        return "raises-exception" in self.tags

    @property
    def may_skip(self) -> bool:
        """Whether not every run executes it."""
        return bool(self.tags & {"skip-execution", "skip", "active-ipynb", "no-execute"})


@dataclass
class Document:
    """A notebook. ``path`` is as it was given. ``text`` is the file's own."""

    path: str
    text: str
    cells: list[CodeCell]
    language: str
    version: str
    format: int
    metadata: Mapping[str, Any]
    raw: Any = None
    """The parsed JSON; None for a text notebook."""

    @property
    def is_python(self) -> bool:
        """Whether its code is Python; a notebook that does not say is taken for one."""
        return not self.language or self.language.lower() in _PYTHON

    @cached_property
    def lines(self) -> CellLines:
        """Where the texts of the cells stand in the file. Worked out when the first finding asks."""
        return cell_lines(self.text) if self.raw is not None else CellLines()

    def file_line(self, cell: CodeCell | None, line: int) -> int:
        """The line of the file that holds a line of a cell, both from 1. Without a cell it is the first."""
        if cell is None:
            return 1
        if cell.first_line:
            return cell.first_line + line - 1
        return self.lines.source_line(cell.index, line)


def file_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises OSError, also for what has no end: a named pipe, a socket, a device.

    What the shell hands over (``<(git show …)``) is read all the same.
    """
    if not path.is_file() and not path.is_dir() and path.exists() and not str(path).startswith(_HANDED_OVER):
        raise OSError(errno.EINVAL, "it is no regular file")
    return path.read_bytes()


def read_document(path: str, data: bytes) -> Document:
    """A notebook from the bytes of its file. Raises UnreadableError."""
    text = _decoded(data)
    if path.endswith((".py", ".md", ".Rmd", ".qmd")):
        return _from_text(path, text)
    if not text.strip():
        raise UnreadableError("it is empty")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(_json_error(text, error)) from None
    return from_json(path, text, raw)


def from_json(path: str, text: str, raw: Any) -> Document:
    """A notebook from parsed JSON. Raises UnreadableError if it is none."""
    if not isinstance(raw, dict):
        raise UnreadableError(f"it is JSON, but no notebook: {type(raw).__name__} at the top")
    version = raw.get("nbformat")
    if not any(isinstance(raw.get(name), list) for name in ("cells", "worksheets")):
        raise UnreadableError("it is JSON, but no notebook: it has no list of cells")
    cells = all_cells(raw)
    metadata = _mapping(raw.get("metadata"))
    language, number = _language(metadata, cells)
    if version == 2:  # its lists of lines have no line breaks
        cells = [_broken_lines(cell) if isinstance(cell, dict) else cell for cell in cells]
    found = list(_code_cells(cells))
    return Document(
        path, text, found, language, number, version if isinstance(version, int) else 4, metadata, raw
    )


def all_cells(raw: Mapping[str, Any]) -> list[Any]:
    """The cells of a notebook's JSON; before format 4 they stand in sheets. They may be anything."""
    cells = raw.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = (sheet for sheet in _list(raw.get("worksheets")) if isinstance(sheet, dict))
    return [cell for sheet in sheets for cell in _list(sheet.get("cells"))]


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError("it is text in UTF-16 or UTF-32, or none; Jupyter reads UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is no text in UTF-8 (byte {error.start})") from None


def _json_error(text: str, error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(text.rstrip()) or "Unterminated" in error.msg:
            return f"its JSON is cut off (line {error.lineno})"
        marks = ("<<<<<<<", "=======", ">>>>>>>")
        if any(line.startswith(marks) for line in text.splitlines()):
            return "it holds the marks of a merge conflict"
        return f"it is not JSON (line {error.lineno}: {error.msg})"
    if isinstance(error, RecursionError):
        return "its JSON is nested too deeply"
    return f"its JSON cannot be read: {error_line(error).partition(';')[0]}"


def _code_cells(cells: list[Any]) -> Iterator[CodeCell]:
    number = 0
    for index, cell in enumerate(cells):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        number += 1
        metadata = _mapping(cell.get("metadata"))
        tags = metadata.get("tags")
        count = cell.get("execution_count", cell.get("prompt_number"))
        name = cell.get("id")
        yield CodeCell(
            number,
            index,
            name if isinstance(name, str) else "",
            joined(cell.get("source", cell.get("input", ""))),
            count if isinstance(count, int) and not isinstance(count, bool) else None,
            [output for output in _list(cell.get("outputs")) if isinstance(output, dict)],
            frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset(),
            metadata,
        )


def _broken_lines(cell: dict[str, Any]) -> dict[str, Any]:
    lines = cell.get("input")
    if not isinstance(lines, list) or any(isinstance(line, str) and line.endswith("\n") for line in lines):
        return cell
    return {**cell, "input": "\n".join(line for line in lines if isinstance(line, str))}


def joined(value: Any) -> str:
    """A text that the format may hold as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return ""


def _language(metadata: Mapping[str, Any], cells: list[Any]) -> tuple[str, str]:
    """The language that the notebook says it is in, and its version."""
    spec, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    names = [info.get("name"), spec.get("language"), metadata.get("language")]
    language: str = next((name for name in names if isinstance(name, str) and name), "")
    if not language:
        kernel = spec.get("name")
        kernel = kernel if isinstance(kernel, str) else ""
        language = next(
            (
                word
                for word in ("julia", "ir", "bash", "scala", "octave", "javascript")
                if kernel.lower() == word or kernel.lower().startswith(word + "-")
            ),
            "",
        )
    if not language:
        code = (cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code")
        languages = (cell.get("language") for cell in code)
        named = {name for name in languages if isinstance(name, str)}
        language = named.pop() if len(named) == 1 else ""
    version = info.get("version")
    version = version if isinstance(version, str) else ""
    if not version and spec.get("name") == "python2":
        version = "2"
    return language, version


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NONE


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _from_text(path: str, text: str) -> Document:
    """A notebook in a text form that jupytext reads."""
    try:
        import jupytext
    except ImportError:
        raise UnreadableError("it is a text notebook: install jupytext to read it") from None
    suffix = path[path.rindex(".") :]
    form = "py:percent" if suffix == ".py" and _PERCENT.search(text) else suffix.removeprefix(".")
    try:
        notebook = jupytext.reads(text, fmt=form)
    except Exception as error:  # noqa: BLE001 - another package's reader, given any text
        raise UnreadableError(f"jupytext cannot read it ({type(error).__name__})") from None
    document = from_json(path, text, json.loads(json.dumps(notebook)))
    document.raw = None
    _locate(document, text.splitlines())
    return document


def _locate(document: Document, lines: list[str]) -> None:
    """Find the texts of the cells again in the file, one below the other."""
    at = 0
    for cell in document.cells:
        wanted = next((line for line in cell.source.splitlines() if line.strip()), None)
        if wanted is None:
            cell.first_line = at + 1
            continue
        before = next(number for number, line in enumerate(cell.source.splitlines()) if line.strip())
        place = next((number for number in range(at, len(lines)) if _same(lines[number], wanted)), at)
        cell.first_line = max(place - before, 0) + 1
        at = place + cell.source.count("\n") + 1 - before


def _same(line: str, wanted: str) -> bool:
    return line == wanted or line.removeprefix("# ") == wanted or line.removeprefix("#") == wanted


def may_be_text_notebook(data: bytes) -> bool:
    """Whether a file of Python or Markdown is a notebook: it has cell marks or a header of jupytext's."""
    head = data[:3000]
    return b"jupytext:" in head or b"# %%" in data or b"#%%" in head

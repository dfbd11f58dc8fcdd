"""One finding in a saved notebook, frozen, with every place that an output format may want."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cellgraph.model import Severity
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.rules import Rule

Certainty = Literal["certain", "possible"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a cell: lines and columns from 1, in characters. The end is behind the last character."""

    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What is wrong at one place.

    ``certain``: a restart fails or gives something else. ``cell`` counts code cells from 1; it is 0 where
    the finding is about
    the file. ``index`` counts all cells from 0, and ``id`` is empty where the file has no ids.
    ``file_line`` is the line of the
    file itself. ``text`` is the line of the cell. ``raised_in`` is the cell in which a restart fails, where
    that is another one.
    """

    code: str
    severity: Severity
    certainty: Certainty
    message: str
    path: str
    remedy: str = ""
    cell: int = 0
    index: int = -1
    id: str = ""
    span: Span = Span()
    file_line: int = 1
    text: str = ""
    name: str = ""
    raised_in: int = 0

    @property
    def fingerprint(self) -> str:
        """Equal for the same finding in a notebook whose other cells have changed.

        Code, name, message and line of text.
        """
        words = (self.code, self.path, self.name, self.text.strip(), "" if self.text else self.message)
        return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def make(  # noqa: PLR0913 - each is a column of the finding
    rule: Rule,
    document: Document,
    cell: CodeCell | None,
    span: Span,
    words: Mapping[str, object],
    *,
    certain: bool = False,
    severity: Severity | None = None,
    name: str = "",
    raised_in: int = 0,
) -> CheckFinding:
    """A finding at a place of a cell.

    Without a severity a certain one is a warning and a possible one a note.
    """
    lines = cell.source.splitlines() if cell is not None else []
    text = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    return CheckFinding(
        code=rule.code,
        severity=severity or ("warning" if certain else "note"),
        certainty="certain" if certain else "possible",
        message=rule.sentence.format(**words),
        path=document.path,
        remedy=rule.remedy,
        cell=cell.number if cell is not None else 0,
        index=cell.index if cell is not None else -1,
        id=cell.id if cell is not None else "",
        span=span,
        file_line=document.file_line(cell, span.line),
        text=text,
        name=name,
        raised_in=raised_in,
    )


def span_of(cell: CodeCell, line: int, column: int, end_line: int, end_column: int) -> Span:
    """A span from lines of the syntax tree and columns in bytes."""
    return Span(line, _characters(cell, line, column), end_line, _characters(cell, end_line, end_column))


def _characters(cell: CodeCell, line: int, column: int) -> int:
    lines = cell.read.python.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    before = text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace")
    return len(before) + 1 + cell.read.shifts.get(line, 0)

"""Changes of a text by the places of its syntax tree: words are replaced, lines are indented."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

_STRINGS = frozenset(
    getattr(tokenize, name)
    for name in ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE")
    if hasattr(tokenize, name)
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to stand from one place to another: lines from 1, columns in bytes, as in a syntax tree."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def edit_of(node: ast.expr, text: str) -> Edit:
    """The edit that puts a text in the place of an expression."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Edit(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, text)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after some edits, none of which overlap."""
    lines = [line.encode() for line in text.split("\n")]
    for edit in sorted(
        edits, key=lambda one: (one.line, one.column, one.end_line, one.end_column), reverse=True
    ):
        first, last = lines[edit.line - 1], lines[edit.end_line - 1]
        made = first[: edit.column] + edit.text.encode() + last[edit.end_column :]
        lines[edit.line - 1 : edit.end_line] = made.split(b"\n")
    return b"\n".join(lines).decode()


def indented(text: str, margin: str = "    ") -> str:
    """The text moved to the right, but for lines that begin inside a string."""
    inside = _inside_strings(text)
    lines = text.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else margin + line
        for number, line in enumerate(lines, 1)
    )


def _inside_strings(text: str) -> set[int]:
    """The numbers of the lines that begin inside a string."""
    found: set[int] = set()
    starts: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            name = tokenize.tok_name[token.type]
            if name in ("FSTRING_START", "TSTRING_START"):
                starts.append(token.start[0])
            elif name in ("FSTRING_END", "TSTRING_END"):
                found.update(range(starts.pop() + 1, token.end[0] + 1))
            elif token.type in _STRINGS:
                found.update(range(token.start[0] + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError, IndexError):
        return found
    return found

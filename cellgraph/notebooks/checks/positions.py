"""In which line of an ``.ipynb`` file each line of a cell stands: one linear pass over the JSON text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass(frozen=True)
class CellLines:
    """``sources``: index of a cell → the file's lines of its text, one for each line of the cell, from 1.

    ``cells``: index of a cell → the line where the cell begins.
    """

    sources: dict[int, list[int]]
    cells: dict[int, int] = field(default_factory=dict)

    def source_line(self, index: int, line: int) -> int:
        """The line of the file with a line of a cell, both from 1."""
        lines = self.sources.get(index)
        if not lines:
            return self.cells.get(index, 1)
        return lines[min(max(line, 1), len(lines)) - 1]


def cell_lines(text: str) -> CellLines:
    """Where the texts of all cells stand. ``text`` is valid JSON. Large outputs are skipped a token at a time."""
    return _Scanner(text).run()


class _Scanner:
    """Follows the nesting of the JSON text and stops at the sources of cells."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = CellLines({}, {})
        self._line, self._counted = 1, 0

    def run(self) -> CellLines:
        path: list[str | None] = []  # the key at which each open object or list stands
        key: str | None = None
        index = -1
        depth_of_cells: list[int] = []
        wanted = ("source", "input")
        tokens = _TOKEN.finditer(self._text)
        pending: str | None = None
        for token in tokens:
            word = token[0]
            first = word[0]
            if first == '"':
                pending = word
                if key in wanted and depth_of_cells and len(path) == depth_of_cells[-1] + 2:
                    self._found.sources[index] = self._lines_of(word, self._line_at(token.start()), [])
                    key = None
                continue
            if first == ":":
                key = pending[1:-1] if pending is not None else None
                continue
            if first in "{[":
                if first == "[" and key in wanted and depth_of_cells and len(path) == depth_of_cells[-1] + 2:
                    self._found.sources[index] = self._list(tokens)
                    key = None
                    continue
                if first == "[" and key == "cells" and len(path) in (1, 3) and not depth_of_cells:
                    depth_of_cells.append(len(path))
                elif first == "{" and depth_of_cells and len(path) == depth_of_cells[-1] + 1:
                    index += 1
                    self._found.cells[index] = self._line_at(token.start())
                path.append(key)
                key = None
            elif first in "}]":
                path.pop()
                if depth_of_cells and len(path) == depth_of_cells[-1]:
                    depth_of_cells.pop()
                key = None
            elif first == ",":
                key = None
        return self._found

    def _list(self, tokens: object) -> list[int]:
        """The lines of a source that is a list of strings."""
        found: list[int] = []
        rest = ""
        for token in tokens:  # type: ignore[attr-defined]
            word = token[0]
            if word == "]":
                break
            if word[0] == '"':
                at = self._line_at(token.start())
                if rest:  # the last string did not end its line
                    word = '"' + word[1:]
                    found += self._lines_of(word, at, [])[1:]
                else:
                    found += self._lines_of(word, at, [])
                rest = "" if _ends_line(word) else word
                if _ends_line(word):
                    found.pop()
        return found

    def _lines_of(self, word: str, line: int, found: list[int]) -> list[int]:
        """All lines of a string stand in one line of the file."""
        return [line] * (_newlines(word) + 1)

    def _line_at(self, place: int) -> int:
        self._line += self._text.count("\n", self._counted, place)
        self._counted = place
        return self._line


def _newlines(word: str) -> int:
    """How many line breaks a JSON string holds; an escaped backslash before an ``n`` is none."""
    return word.replace("\\\\", "").count("\\n")


def _ends_line(word: str) -> bool:
    return word.replace("\\\\", "").endswith('\\n"')

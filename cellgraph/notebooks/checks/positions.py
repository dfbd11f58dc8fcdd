"""In which line of an ``.ipynb`` file each line of a cell stands: one linear pass over the JSON text.

Values that hold no source are skipped by Python's own JSON scanner, so that large outputs cost what they
cost to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import JSONDecoder

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SOURCES = ("source", "input")


@dataclass(frozen=True)
class CellLines:
    """``sources``: index of a cell → the file's lines of its text, one for each line of the cell, from 1.

    ``cells``: index of a cell → the line where the cell begins.
    """

    sources: dict[int, list[int]] = field(default_factory=dict)
    cells: dict[int, int] = field(default_factory=dict)

    def source_line(self, index: int, line: int) -> int:
        """The line of the file with a line of a cell, both from 1."""
        lines = self.sources.get(index)
        if not lines:
            return self.cells.get(index, 1)
        return lines[min(max(line, 1), len(lines)) - 1]


def cell_lines(text: str) -> CellLines:
    """Where the texts of all cells stand. ``text`` is the valid JSON of a notebook."""
    return _Scanner(text).run()


class _Scanner:
    """Goes through the objects and lists that hold cells. ``at`` is the place in the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = CellLines()
        self._at = 0
        self._line, self._counted = 1, 0
        self._skip = JSONDecoder().raw_decode

    def run(self) -> CellLines:  # noqa: PLR0912 - one case a kind
        if self._text.startswith("\ufeff"):
            self._at = 1
        for key in self._keys():
            if key == "cells":
                self._cells()
            elif key == "worksheets":
                for _ in self._elements():
                    for inner in self._keys():
                        if inner == "cells":
                            self._cells()
                        else:
                            self._value()
            else:
                self._value()
        return self._found

    def _cells(self) -> None:
        for _ in self._elements():
            index = len(self._found.cells)
            self._found.cells[index] = self._line_here()
            if self._text[self._at] != "{":
                self._value()
                continue
            for key in self._keys():
                if key in _SOURCES:
                    self._found.sources[index] = self._source()
                else:
                    self._value()

    def _source(self) -> list[int]:
        if self._text[self._at] != "[":
            line = self._line_here()
            word = self._string()
            return [line] * (1 + (_newlines(word) if word is not None else 0))
        lines: list[int] = []
        open_line = False  # the last string did not end its line
        for _ in self._elements():
            line = self._line_here()
            word = self._string()
            if word is None:
                continue
            here = [line] * (1 + _newlines(word))
            lines += here[1:] if open_line else here
            open_line = True
            if _ends_line(word):
                lines.pop()
                open_line = False
        return lines

    def _keys(self) -> Iterator[str]:
        """The keys of the object that begins here, each with ``at`` on its value."""
        if self._text[self._at : self._at + 1] != "{":
            self._space()
        self._at += 1
        self._space()
        while self._text[self._at] != "}":
            key = self._string() or ""
            self._space()
            self._at += 1  # the colon
            self._space()
            yield key
            self._space()
            if self._text[self._at] == ",":
                self._at += 1
                self._space()
        self._at += 1

    def _elements(self) -> Iterator[None]:
        """Once for each element of the list that begins here, with ``at`` on it."""
        if self._text[self._at] != "[":
            self._value()
            return
        self._at += 1
        self._space()
        while self._text[self._at] != "]":
            yield
            self._space()
            if self._text[self._at] == ",":
                self._at += 1
                self._space()
        self._at += 1

    def _string(self) -> str | None:
        """The text between the quotes as the file has it; None, and past the value, where it is no string."""
        match = _STRING.match(self._text, self._at)
        if match is None:
            self._value()
            return None
        self._at = match.end()
        return match[1]

    def _value(self) -> None:
        _, self._at = self._skip(self._text, self._at)

    def _space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line


def _newlines(word: str) -> int:
    """How many line breaks a JSON string holds; an escaped backslash before an ``n`` is none."""
    return word.replace("\\\\", "").count("\\n")


def _ends_line(word: str) -> bool:
    return word.replace("\\\\", "").endswith("\\n")

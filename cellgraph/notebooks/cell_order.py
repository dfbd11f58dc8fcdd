"""Parses the value of ``--order``, for example ``1-4,2,5``, into the numbers of code cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellgraph.code.source import first_line
from cellgraph.notebooks.errors import CannotRunError

_PART = re.compile(r"(?<!\s)\s*+(\d++)\s*+(?:-\s*+(\d++)\s*+)?", re.ASCII)


_WORDS = 40
"""Characters of a cell's first line that are shown beside its place."""


@dataclass(frozen=True, slots=True)
class CodeCell:
    """A code cell of a notebook to run.

    ``number`` is its place among the code cells, from 1. ``index`` is its place among all cells, from 0.
    ``cell`` is its id.
    """

    number: int
    index: int
    cell: str
    source: str

    @property
    def place(self) -> str:
        """What the cell is called where its number in ``--order`` counts: ``cell 4``."""
        return f"cell {self.number}"

    @property
    def named(self) -> str:
        """Its place and its first words: ``cell 4 `x = 1```."""
        line = first_line(self.source)[: _WORDS * 2].replace("`", "'")
        words = f"{line[:_WORDS].rstrip()}{'…' * (len(line) > _WORDS)}"
        return f"{self.place} `{words}`" if words else self.place


def parse_order(text: str, total: int) -> tuple[int, ...]:
    """The cell numbers that ``text`` lists: numbers and ranges, separated by commas, repeats allowed.

    Raises CannotRunError for a part that is neither, and for a cell that is not among the ``total`` cells.
    """
    return tuple(number for part in text.split(",") for number in _parse_part(part, total))


def _parse_part(part: str, total: int) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise CannotRunError(f"--order: {part.strip()!r} is no cell number or range; write it like 1-4,2,5")
    first = int(match[1])
    last = int(match[2] or first)
    for number in (first, last):
        if not 1 <= number <= total:
            raise CannotRunError(f"--order: there is no cell {number}; {_numbering(total)}")
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _numbering(total: int) -> str:
    if total == 0:
        return "the notebook has no code cells"
    return f"code cells are numbered 1 to {total} from the top"

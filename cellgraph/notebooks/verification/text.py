"""Compares two texts line by line and token by token: numbers with tolerances, volatile parts by name."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from cellgraph.notebooks.verification.verdicts import Change, ChangeKind
from cellgraph.notebooks.verification.volatile import (
    Token,
    equivalent,
    prepared,
    tokens,
    without_python_lines,
)

MOST_LINES = 3000
"""More lines than these are not aligned: the first that differs is told."""
MOST_SHOWN = 200
"""Characters of either side that a change keeps."""
_MOST_CHANGES = 50
_LONGEST_LINE = 20_000
"""A longer line is compared as a whole."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Numbers are equal if they differ by at most ``absolute`` or by ``relative`` times the larger one.

    Whole numbers have to be equal. ``pixels`` is how much a spot of a picture may differ, of 255.
    """

    relative: float = 1e-14
    absolute: float = 0.0
    pixels: float = 6.0


@dataclass(frozen=True, slots=True)
class Place:
    """What all changes of one text have in common: the number of the output, and the stream."""

    output: int
    tolerance: Tolerance
    stderr: bool = False
    prefix: str = ""
    kind: ChangeKind = "text"

    def change(self, where: str, kind: ChangeKind, saved: str, fresh: str) -> Change:
        """A true difference."""
        place = ", ".join(filter(None, (self.prefix, where)))
        return Change(self.output, place, kind, short(saved), short(fresh), stderr=self.stderr)

    def volatile(self, where: str, name: str, saved: str, fresh: str, weak: bool = False) -> Change:
        """A difference that is allowed."""
        change = self.change(where, self.kind, saved, fresh)
        return replace(change, volatile=name, weak=weak)


def short(text: str) -> str:
    """A text cut to what a change keeps of it."""
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def compare_texts(saved: str, fresh: str, place: Place) -> Iterator[Change]:
    """The changes between two texts. Lines are numbered as in the fresh one."""
    if saved == fresh:
        return
    if place.stderr:
        saved, fresh = without_python_lines(saved), without_python_lines(fresh)
    left, right, names = prepared(saved, fresh)
    for name in names:
        yield place.volatile("", name, "", "")
    if left == right:
        if not names:
            yield place.volatile("", "line of a library", "", "")
        return
    lines, others = left.split("\n"), right.split("\n")
    for number, change in enumerate(_compare_lines(lines, others, place)):
        if number == _MOST_CHANGES:
            return
        yield change


def _compare_lines(lines: list[str], others: list[str], place: Place) -> Iterator[Change]:
    if len(lines) == len(others):
        if len(lines) > 1 and lines != others and sorted(lines) == sorted(others):
            first = next(at for at, pair in enumerate(zip(lines, others, strict=True)) if pair[0] != pair[1])
            yield place.change(f"line {first + 1}", "order", lines[first], others[first])
            return
        for at, (line, other) in enumerate(zip(lines, others, strict=True), 1):
            yield from _compare_line(line, other, f"line {at}" if len(lines) > 1 else "", place)
        return
    yield from _aligned(lines, others, place)


def _aligned(lines: list[str], others: list[str], place: Place) -> Iterator[Change]:
    """Changes of texts with different numbers of lines: which lines there are more, or fewer."""
    start = 0
    while start < min(len(lines), len(others)) and lines[start] == others[start]:
        start += 1
    end = 0
    room = min(len(lines), len(others)) - start
    while end < room and lines[-1 - end] == others[-1 - end]:
        end += 1
    left, right = lines[start : len(lines) - end], others[start : len(others) - end]
    if max(len(left), len(right)) > MOST_LINES:
        yield place.change(f"line {start + 1}", "lines", (left or [""])[0], (right or [""])[0])
        return
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, low, high, other_low, other_high in matcher.get_opcodes():
        if tag == "equal":
            continue
        gone, came = left[low:high], right[other_low:other_high]
        where = f"line {start + other_low + 1}"
        if len(gone) == len(came):
            for at, (line, other) in enumerate(zip(gone, came, strict=True)):
                yield from _compare_line(line, other, f"line {start + other_low + 1 + at}", place)
        else:
            yield place.change(where, "lines", "\n".join(gone), "\n".join(came))


def _compare_line(line: str, other: str, where: str, place: Place) -> Iterator[Change]:
    if line == other:
        return
    if max(len(line), len(other)) > _LONGEST_LINE:
        first = next((at for at, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), 0)
        first = max(0, first - 20)
        yield place.change(where, "text", line[first:], other[first:])
        return
    left, right = tokens(line), tokens(other)
    if len(left) != len(right):
        kind: ChangeKind = "message" if place.stderr else "text"
        yield place.change(where, kind, line, other)
        return
    found: dict[str, Change] = {}
    for token, new in zip(left, right, strict=True):
        if token.text == new.text:
            continue
        change = _compare_token(token, new, line, other, where, place)
        if not change.volatile:
            yield change
            return
        found.setdefault(change.volatile, change)
    if not found:  # the tokens are alike: it is the room between them
        yield place.volatile(where, "white space", line, other)
    yield from found.values()


def _compare_token(token: Token, new: Token, line: str, other: str, where: str, place: Place) -> Change:
    if token.kind == new.kind == "number" and within(token.text, new.text, place.tolerance):
        return place.volatile(where, "number within the tolerance", token.text, new.text)
    name = equivalent(token, new, line)
    if name is not None:
        return place.volatile(where, name[0], token.text, new.text, name[1])
    kind: ChangeKind = "number" if token.kind == "number" else place.kind
    return place.change(where, kind, _around(line, token), _around(other, new))


def _around(line: str, token: Token) -> str:
    """A line, cut so that the token is seen."""
    if len(line) <= MOST_SHOWN:
        return line
    start = max(0, token.start - MOST_SHOWN // 3)
    return ("…" if start else "") + line[start : start + MOST_SHOWN - 2]


def within(saved: str, fresh: str, tolerance: Tolerance) -> bool:
    """Whether two numbers, as they are written, are equal within the tolerance."""
    left, right = saved.replace(",", ""), fresh.replace(",", "")
    if left.lstrip("+-").isdecimal() and right.lstrip("+-").isdecimal():
        return int(left) == int(right)
    try:
        return near(float(left), float(right), tolerance)
    except ValueError:
        return False


def near(saved: float, fresh: float, tolerance: Tolerance) -> bool:
    """Whether two numbers are equal within the tolerance; nan is equal to nan."""
    if math.isnan(saved) or math.isnan(fresh):
        return math.isnan(saved) and math.isnan(fresh)
    return math.isclose(saved, fresh, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)


Comparer = Callable[[str, str, Place], Iterator[Change]]
Stream = Literal["stdout", "stderr"]

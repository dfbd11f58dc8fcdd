"""The parts of a text that no two runs share: how they are found, and what they are called.

Some are taken out of both texts before they are compared (``prepared``). Others are judged where two
texts differ, token by token (``equivalent``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_SCALAR = re.compile(
    r"\b(?:np|numpy)\.(?:u?int\d{0,3}|float\d{0,3}|longdouble|str_|bytes_|bool_?|complex\d{0,3})\(([^()]*)\)"
)
_BOOLEAN = re.compile(r"\b(?:np|numpy)\.(True|False)_\b")
_SET = re.compile(r"\{[^{}:]{1,5000}\}")
_TIMING_START = ("CPU times:", "Wall time:", "Compiler time:", "The slowest run took", "peak memory:")
_TIMING = re.compile(
    r"\b(?:per loop|per run|best of \d{1,6})\b|\d[ \t]?(?:it/s|s/it|[kKMG]?i?B/s)"
    r"|\d(?:us|ms|s)/(?:step|epoch|sample)\b"
)
"""Marks a line that is nothing but a timing."""
_INPUT = (
    re.compile(r"(?<![^\s\"'<>|])[^\s\"'<>|]*?ipykernel_\d+[/\\]\d+\.py"),
    re.compile(r"<ipython-input-\d+-[0-9a-f]+>"),
    re.compile(r"\bCell In\s?\[\d+\]|\bInput In\s?\[\d+\]|\bIn\s\[\d+\](?=, line|:? ?<)"),
)
_PYTHON_LINE = re.compile(r"(?<=\.py):\d+(?=:)")
_HTML_IDS = re.compile(
    r"\bT_[0-9a-f]{4,}|\bsk-[a-z-]{0,40}\d+|\bdf-[0-9a-f-]{30,80}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b"
)
_SVG_IDS = re.compile(r"(?<=[\"#])[a-zA-Z]{1,2}[0-9a-f]{10}(?=[\")])|<dc:date>[^<]*</dc:date>")


def carriage_returned(text: str) -> str:
    """``text`` as a terminal leaves it: what stands behind a carriage return replaces what was before it."""
    if "\r" not in text and "\b" not in text:
        return text
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(line.replace("\b", "") for line in lines)


def _with_numpy_scalars(text: str) -> str:
    return _BOOLEAN.sub(r"\1", _SCALAR.sub(r"\1", text))


def _with_sorted_sets(text: str) -> str:
    return _SET.sub(_sorted_set, text)


def _sorted_set(found: re.Match[str]) -> str:
    try:
        value = ast.literal_eval(found[0])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return found[0]
    return "{" + ", ".join(sorted(map(repr, value))) + "}" if isinstance(value, set) else found[0]


def _with_inputs(text: str) -> str:
    for pattern in _INPUT:
        text = pattern.sub("<cell>", text)
    return text


def _with_timings(text: str) -> str:
    return "\n".join("<timing>" if _is_timing(line) else line for line in text.split("\n"))


def _is_timing(line: str) -> bool:
    return line.lstrip().startswith(_TIMING_START) or _TIMING.search(line) is not None


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("colours of the terminal", lambda text: _ANSI.sub("", text)),
    ("progress bar", carriage_returned),
    ("numpy's repr of scalars", _with_numpy_scalars),
    ("number of the cell", _with_inputs),
    ("timing", _with_timings),
    ("order of a set", _with_sorted_sets),
    ("white space at the end", _stripped),
)


def prepared(saved: str, fresh: str) -> tuple[str, str, list[str]]:
    """Both texts without what is volatile by its form, and the names of what differed of it."""
    names: list[str] = []
    for name, step in _STEPS:
        if saved == fresh:
            break
        left, right = step(saved), step(fresh)
        if _removed_differs((saved, left), (fresh, right)):
            names.append(name)
        saved, fresh = left, right
    return saved, fresh, names


def _removed_differs(saved: tuple[str, str], fresh: tuple[str, str]) -> bool:
    """Whether a step made two lines alike that were not."""
    if saved[0] == saved[1] and fresh[0] == fresh[1]:
        return False
    before, after = _unlike(saved[0], fresh[0]), _unlike(saved[1], fresh[1])
    return after < before


def _unlike(one: str, other: str) -> int:
    left, right = one.split("\n"), other.split("\n")
    unlike = sum(a != b for a, b in zip(left, right, strict=False))
    return unlike + abs(len(left) - len(right)) + (one != other)


def without_ids(text: str) -> str:
    """HTML or a script without the identifiers that pandas, scikit-learn, plotly and others draw."""
    return _HTML_IDS.sub("<id>", text)


def without_svg_ids(text: str) -> str:
    """A picture in SVG without the identifiers and the date that matplotlib writes."""
    return _SVG_IDS.sub("<id>", text)


def without_python_lines(text: str) -> str:
    """A warning without the line of the library's file that it came from."""
    return _PYTHON_LINE.sub("", text)


# -- tokens --------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""
    (?P<url>\bhttps?://[^\s"'<>]+)
  | (?P<address>(?<=\bat\ )0x[0-9a-fA-F]{4,16}|\b0x[0-9a-fA-F]{9,16})
  | (?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)
  | (?P<path>(?:(?<![\w.])[A-Za-z]:\\|(?<![\w./])/|~/)[\w.@+\-\\/~]*[\w@+\-~])
  | (?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[+-]\d\d:?\d\d|Z)?)?
     |\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\ +(?:\d+\ +)?[A-Z][a-z]{2}\ +\d[\d :]*\d
      (?:\ +[A-Z]{3,4})?(?:\ +\d{4})?
     |\b\d{1,2}/\d{1,2}/\d{2,4}\b)
  | (?P<clock>\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b)
  | (?P<duration>\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\ ?
      (?:ns|µs|μs|us|ms|s|sec|secs|seconds?|mins?|minutes?|hours?)\b)
  | (?P<memory>\b\d+(?:\.\d+)?\+?\ ?(?:[kKMGT]i?B|bytes|B)\b)
  | (?P<number>(?<![\w.])[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?
     |(?<![\w.])[+-]?\.\d+(?:[eE][+-]?\d+)?)
  | (?P<word>\w+)
  | (?P<space>\s+)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TIMING_WORDS = re.compile(
    r"\b(?:took|elapsed|duration|run ?time|time[d]?|timing|finished in|completed in|done in|seconds"
    r"|speed|fps|eta|latency)\b",
    re.IGNORECASE,
)


_ADDRESS = re.compile(r"1[34]\d{13}")
"""What ``id`` gives on most systems."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line: its kind, its text, and where it begins."""

    kind: str
    text: str
    start: int


def tokens(line: str) -> list[Token]:
    """The pieces of a line. White space is one space."""
    found = (
        Token(match.lastgroup or "", match[0], match.start())
        for match in _TOKEN.finditer(line)
        if match.lastgroup != "space"
    )
    return list(found)


def equivalent(saved: Token, fresh: Token, line: str) -> tuple[str, bool] | None:
    """The name of the volatile part that two different tokens are, and whether that is weak; None if none."""
    if saved.kind != fresh.kind:
        return _mixed(saved, fresh, line)
    judge = _JUDGES.get(saved.kind)
    return judge(saved.text, fresh.text, line) if judge is not None else None


def _mixed(saved: Token, fresh: Token, line: str) -> tuple[str, bool] | None:
    timed = {"duration", "number", "clock"}
    if {saved.kind, fresh.kind} <= timed and _TIMING_WORDS.search(line):
        return "duration", True
    return None


def _path(saved: str, fresh: str, line: str) -> tuple[str, bool] | None:
    left, right = (text.rstrip("\\/").replace("\\", "/").rpartition("/")[2] for text in (saved, fresh))
    if left == right:
        return "folder of a path", False
    temporary = ("/tmp", "/var/folders", "\\Temp\\")  # noqa: S108 - a text is looked at
    both = all(any(mark in text for mark in temporary) for text in (saved, fresh))
    return ("temporary path", True) if both else None


def _date(saved: str, fresh: str, line: str) -> tuple[str, bool] | None:
    """The clock was asked if the fresh date is that of today."""
    return ("date and time", False) if any(day in fresh for day in _today()) else ("date and time", True)


def _today() -> Iterator[str]:
    now = datetime.now(UTC)
    for day in (now - timedelta(days=1), now, now + timedelta(days=1)):
        yield f"{day:%Y-%m-%d}"
        yield f"{day:%a %b} {day.day:2d}"
        yield f"{day:%a, %d %b}"
        yield f"{day:%m/%d/%Y}"
        yield f"{day:%d/%m/%Y}"


def _always(name: str, *, weak: bool) -> Callable[[str, str, str], tuple[str, bool] | None]:
    """A judge for tokens whose kind alone tells that they are volatile."""
    return lambda saved, fresh, line: (name, weak)  # noqa: ARG005 - all judges are asked the same


def _number(saved: str, fresh: str, line: str) -> tuple[str, bool] | None:
    """A number may be a duration without a unit, or an address that ``id`` gave."""
    if _TIMING_WORDS.search(line):
        return "duration", True
    if all(_ADDRESS.fullmatch(text) for text in (saved, fresh)):
        return "address", True
    return None


_JUDGES: dict[str, Callable[[str, str, str], tuple[str, bool] | None]] = {
    "address": _always("address", weak=False),
    "uuid": _always("random identifier", weak=True),
    "path": _path,
    "date": _date,
    "clock": _always("time of day", weak=True),
    "duration": _always("duration", weak=True),
    "memory": _always("amount of memory", weak=True),
    "number": _number,
}

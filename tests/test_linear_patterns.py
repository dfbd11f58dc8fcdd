"""Every pattern that may meet a user's text takes time in proportion to its length, whatever the text is."""

# ruff: noqa: E501 - tables of texts

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

import pytest

import cellgraph
from cellgraph.patterns import Pattern

UNITS = (
    "a", "0f", "7", " ", "\t", "\n", "\r\n", " \n", "\u00a0", "[", "]", "{", "}", "(", '"', "'", "\\", "%", "%%", "!",
    "?", ",", ".", "a.", "_", "-", "#", "@", "$", "*", "/", "\0", "a b", " a", "a!", "from ", "import ", "import\\",
    "is not ", "0123abcd-", '["', '["\\', "[-", "[run ", "'a.", "# cellgraph: ignore[", "0x", "tmp", "\u05d0", "CG1",
)  # fmt: skip
FRAMES = (("", ""), ("", "x"), ("", "!"), ('"', ""), ("[", ""), ("'", ""))
SHORT, LONG = 4_000, 8_000
FREE_S = 0.02
"""Seconds below which a pattern is fast, whatever the ratio."""


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns of all modules, those in tables included."""
    for info in pkgutil.walk_packages(cellgraph.__path__, "cellgraph."):
        if info.name.endswith("__main__"):
            continue
        try:
            module = importlib.import_module(info.name)
        except ImportError:
            continue
        for name, value in vars(module).items():
            for pattern in _in_table(value):
                yield f"{info.name}.{name}", pattern


def _in_table(value: Any) -> Iterator[re.Pattern[str]]:
    table = (
        value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else (value,)
    )
    parts = (part.compiled if isinstance(part, Pattern) else part for part in table)
    yield from (part for part in parts if isinstance(part, re.Pattern) and isinstance(part.pattern, str))


PATTERNS = {pattern: name for name, pattern in _patterns()}


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    begin = process_time()
    pattern.match(text)
    pattern.fullmatch(text)
    pattern.sub("x", text)
    return process_time() - begin


def _is_linear(pattern: re.Pattern[str], unit: str, before: str, after: str) -> bool:
    def text(length: int) -> str:
        return before + (unit * length)[:length] + after

    for _ in range(3):  # the machine may have been busy with something else
        long = _seconds(pattern, text(LONG))
        if long < FREE_S or long < 3 * _seconds(pattern, text(SHORT)):
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS, ids=PATTERNS.values())
def test_a_pattern_takes_twice_as_long_for_twice_the_text(pattern: re.Pattern[str]) -> None:
    """Not four times as long: for no text, wherever the pattern is looked for in it."""
    slow = [
        (unit, before, after)
        for unit in UNITS
        for before, after in FRAMES
        if not _is_linear(pattern, unit, before, after)
    ]
    assert slow == []


@pytest.mark.slow
@pytest.mark.parametrize("pattern", PATTERNS, ids=PATTERNS.values())
def test_a_pattern_goes_through_a_very_long_text_at_once(pattern: re.Pattern[str]) -> None:
    """100,000 characters."""
    for unit in UNITS:
        assert _seconds(pattern, (unit * 100_000)[:100_000]) < 1, unit


ALLOWED = {
    "library_changes.py": 2,
    "path_literals.py": 1,
    "setting_records.py": 1,
    "findings.py": 1,
    "slices.py": 1,
    "registries.py": 2,
    "settings.py": 1,
    "surroundings.py": 1,
    "patterns.py": 1,  # where all others are compiled
}
"""Patterns that are written where they are used, each without a repetition that could be tried again."""


def test_patterns_stand_at_the_top_of_their_modules() -> None:
    """Else the tests above would not find them: the few that do not are counted here."""
    inline: dict[str, int] = {}
    for path in Path(cellgraph.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf8"))
        functions = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        calls = {part for node in functions for part in ast.walk(node) if isinstance(part, ast.Call)}
        found = [
            call
            for call in calls
            if ast.unparse(call.func).startswith(("re.", "Pattern"))
            and "escape" not in ast.unparse(call.func)
        ]
        if found:
            inline[path.name] = inline.get(path.name, 0) + len(found)
    assert inline == ALLOWED


LONG_CELLS = {
    "hex digits": "x = '" + "0f" * 50_000 + "'",
    "one name": "a" * 100_000 + " = 1",
    "a comment of one word": "x = 1  # " + "f" * 100_000,
    "leading spaces": " " * 20_000 + "x = 1",
    "blank lines": "\n" * 20_000 + "x = 1",
    "blank lines with spaces": " \n" * 20_000 + "x = 1",
    "a magic": "%matplotlib " + "a" * 100_000,
    "a shell line": "!echo " + "{" * 20_000,
    "no Python": "[" * 150 + "a " * 50_000,
    "text of brackets": "x = '" + "[" * 100_000 + "'",
}


@pytest.mark.parametrize("name", LONG_CELLS)
def test_a_long_text_goes_the_whole_way(name: str) -> None:
    """From the text to the report in all forms: seconds, where it was minutes."""
    from cellgraph.analyse.outside_world import asked
    from cellgraph.code.source import first_line, is_own, parse
    from cellgraph.model import CellState, Report
    from cellgraph.record.ledger import Ledger
    from cellgraph.render.formats import FORMATS, RenderInput
    from cellgraph.render.status import status_text
    from cellgraph.render.text import cut, isolated, shown

    text = LONG_CELLS[name]
    begin = process_time()
    parse(text, str)
    is_own(text)
    asked(text)
    cut(shown(first_line(text)), 80)
    isolated("\u05d0" + text)
    state = CellState("a", "[1]", "good", text, reads=(first_line(text)[:100_000],), writes=("x",))
    report = Report((state,))
    status_text(report)
    for form in ("html", "svg", "text", "mermaid"):
        if form in FORMATS:
            FORMATS[form].make(RenderInput(report, Ledger()))
    assert process_time() - begin < 10

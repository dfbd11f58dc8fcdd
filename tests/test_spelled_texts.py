"""The texts that the variables of a cell hold, down to the second level of plain collections."""

from __future__ import annotations

from typing import Any

import pytest

from cellgraph.code.source import parse
from cellgraph.trace.spelled_texts import spelled_texts


class OwnList(list[str]):
    """Going through it would run code of the user's."""

    def __iter__(self) -> Any:
        raise AssertionError


NAMES: dict[str, Any] = {
    "key": "a",
    "keys": ["a", "b"],
    "options": {"a": "x", "b": 1},
    "pairs": [("a", 1), ("b", "c")],
    "deep": [[["a"]]],
    "own": OwnList("ab"),
    "number": 3,
}
HELD = {
    "os.environ[key] = '1'": "a",
    "for k in keys: f(k)": "a b",
    "f(options)": "a b",
    "for k, v in pairs: f(k, v)": "a b c",
    "f(deep)": "",
    "f(own, number, unknown)": "",
    "f('a')": "",
    "f(key, options)": "a b",
}
"""The values of a dict are no keys. What a text spells itself it spells again."""


@pytest.mark.parametrize("text", HELD)
def test_texts_are_found_in_plain_values(text: str) -> None:
    """Of strings, keys and elements; nothing of a class of the user's, and nothing that lies deeper."""
    assert spelled_texts(parse(text).tree, NAMES.get) == frozenset(HELD[text].split())

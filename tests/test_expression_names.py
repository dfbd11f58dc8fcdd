"""The names and words of an expression."""

from __future__ import annotations

import ast
from typing import cast

import pytest

from cellgraph.code.expression_names import (
    attribute_chain,
    callee_word,
    function_name,
    is_name,
    last_word,
    mentions,
    method_name,
    names_in,
    root_name,
)

CASES = {
    "a": ("a", "a", "a", "a", ""),
    "a.b.c": ("a", "a", "c", "c", "b.c"),
    "a.b[0].c": ("a", "a", "c", "c", "c"),
    "a[i]": ("a", "a", "", "", ""),
    "f(x)": (None, "f", "", "f", ""),
    "a.b().c": (None, "a", "c", "c", "c"),
    "a.b(x)": (None, "a", "", "b", ""),
    "f()()": (None, "f", "", "", ""),
    "f(x)[0].b": (None, "f", "b", "b", "b"),
    "'text'.join": (None, None, "join", "join", "join"),
    "(a + b).c": (None, None, "c", "c", "c"),
    "lambda: a": (None, None, "", "", ""),
    "await a": (None, None, "", "", ""),
    "1": (None, None, "", "", ""),
}
"""Its root, the root behind calls, its last word, that of what it calls, and its attributes at the end."""
CALLED = {"f(x)": ("f", ""), "a.f(x)": ("", "f"), "f().g()": ("", "g"), "f()()": ("", ""), "a[0]()": ("", "")}
"""The function that is called by its name, and the method."""
MENTIONED = {
    "x = a.b[i] + f(c)": {"x", "a", "i", "f", "c"},
    "del a, b.c": {"a", "b"},
    "[n for n in rows if n]": {"n", "rows"},
    "def f(p=q):\n    return inner": {"q", "inner"},
    "lambda p: p + a": {"p", "a"},
    "f'{a:{width}}'": {"a", "width"},
    "g(key=value, *more, **rest)": {"g", "value", "more", "rest"},
    "match a:\n    case b.C(d=e): pass": {"a", "b"},
    "import a.b as c": set(),
    "'a'": set(),
}


def expression(text: str) -> ast.expr:
    """The syntax of one expression."""
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize("text", CASES)
def test_words(text: str) -> None:
    """Calls have no name at their start, unless they are gone through."""
    node = expression(text)
    start, attributes = attribute_chain(node)
    found = (root_name(node), root_name(node, through_calls=True), last_word(node), callee_word(node))
    assert (*found, ".".join(attributes)) == CASES[text]
    for word in attributes:
        start = ast.Attribute(cast("ast.expr", start), word, ast.Load())
    assert ast.dump(start) == ast.dump(node)


@pytest.mark.parametrize("text", CALLED)
def test_what_is_called(text: str) -> None:
    """By its name alone or as a method of something; nothing else has a word."""
    node = expression(text)
    assert isinstance(node, ast.Call)
    assert (function_name(node), method_name(node)) == CALLED[text]


def test_what_is_not_called() -> None:
    """A name that nobody calls is no function's."""
    assert function_name(expression("f")) == ""


def test_unpacked_values() -> None:
    """The star before a value does not hide its name."""
    call = expression("f(*a.b)")
    assert isinstance(call, ast.Call)
    assert root_name(call.args[0]) == "a"


@pytest.mark.parametrize("text", MENTIONED)
def test_mentioned_names(text: str) -> None:
    """Wherever they stand, but not as parameters, as names that an import binds, or as attributes."""
    (node,) = ast.parse(text).body
    assert names_in(node) == MENTIONED[text]
    assert all(mentions(node, name) for name in MENTIONED[text])
    assert not mentions(node, "absent")


def test_names_by_themselves() -> None:
    """A part of a value is not the name."""
    assert is_name(expression("a"), "a")
    assert not any(is_name(expression(text), "a") for text in ("b", "a.a", "a()", "'a'"))

"""The names and words of an expression: where it starts, where it ends, and what it mentions.

Each function looks at the syntax alone. Each word is a plain text, empty where there is none.
"""

from __future__ import annotations

import ast
from typing import TypeGuard

from cellgraph.code.fast_ast import every_node

_PLACES = (ast.Attribute, ast.Subscript, ast.Starred)


def root_name(node: ast.AST, *, through_calls: bool = False) -> str | None:
    """The name at the start: ``a`` for ``a.b[0].c``; None if it starts with something else.

    A call has no name: nothing tells whether what it gives is a part of what a name holds. If
    ``through_calls`` it has that of what is called: ``plt`` for ``plt.gca().plot``.
    """
    while True:
        if isinstance(node, _PLACES):
            node = node.value
        elif through_calls and isinstance(node, ast.Call):
            node = node.func
        else:
            return node.id if isinstance(node, ast.Name) else None


def attribute_chain(node: ast.AST) -> tuple[ast.AST, tuple[str, ...]]:
    """The expression before all attributes, and the attributes: ``a`` and ``("b", "c")`` for ``a.b.c``."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return node, tuple(reversed(words))


def last_word(node: ast.AST) -> str:
    """The name itself or the last attribute: ``c`` for ``c`` and for ``a.b().c``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def callee_word(node: ast.AST) -> str:
    """The last word of what a call calls, or of the expression itself: ``raises`` for ``pytest.raises(…)``.

    Decorators and context managers are written with a call and without: ``@cache`` and ``@cache()``.
    """
    return last_word(node.func if isinstance(node, ast.Call) else node)


def method_name(call: ast.Call) -> str:
    """``fit`` for ``model.fit(X)``; empty for ``fit(X)``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def function_name(node: ast.AST) -> str:
    """``print`` for the call ``print(x)``; empty for ``out.print(x)`` and for all that is no call."""
    called = node.func if isinstance(node, ast.Call) else None
    return called.id if isinstance(called, ast.Name) else ""


def is_name(node: ast.AST, name: str) -> TypeGuard[ast.Name]:
    """Whether an expression is a name by itself, and this one."""
    return isinstance(node, ast.Name) and node.id == name


def names_in(node: ast.AST) -> set[str]:
    """The names in a piece of syntax: those loaded, bound or deleted, in functions too."""
    return {part.id for part in every_node(node) if isinstance(part, ast.Name)}


def loaded_in(node: ast.AST) -> set[str]:
    """The names that a piece of syntax loads, in functions too."""
    names = (part for part in every_node(node) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a name is mentioned anywhere in a piece of syntax."""
    return name in names_in(node)

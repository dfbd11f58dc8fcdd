"""Which items an edit changes of a dict that a cell writes out: ``cfg = {"lr": 0.1, "model": "a"}``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.call_stores import spelt_members
from cellgraph.code.expression_names import is_name, mentions
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body_apart_from_magics


@lru_cache(maxsize=256)
def edited_members(before: str, after: str, name: str) -> frozenset[str] | None:
    """The paths of the items that are not the same constants in both texts; None if that is not known.

    It is known where both texts do nothing to the variable but to bind it, once, to a dict with all its keys.
    """
    old, new = _members(before, name), _members(after, name)
    if old is None or new is None:
        return None
    return frozenset(path for path in {**old, **new} if old.get(path, "") != new.get(path, ""))


def _members(source: str, name: str) -> dict[str, str] | None:
    """The constants of the dict by their paths. What is no constant has a text that no other one has."""
    uses = [node for node in body_apart_from_magics(source) if mentions(node, name)]
    match uses:
        case [ast.Assign(targets=[target], value=ast.Dict() | ast.Call() as value)] if is_name(target, name):
            members = spelt_members(value)
        case _:
            return None
    if members is None or len(dict(members)) != len(members) or mentions(value, name):
        return None
    return dict(_told(members, source))


def _told(members: list[tuple[str, ast.expr]], source: str) -> Iterator[tuple[str, str]]:
    for path, value in members:
        plain = all(isinstance(part, _PLAIN) for part in ast.walk(value))
        yield path, syntax_text(value) if plain else f"{source}{path}"


_PLAIN = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.unaryop, ast.expr_context)
"""What constants are written with."""

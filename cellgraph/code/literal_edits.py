"""What an edit changes where a cell writes values out: items of a dict, names of an unpacking.

``cfg = {"lr": 0.1, "model": "a"}`` is compared item by item, and ``a, b = 1, 2`` as ``a = 1`` and ``b = 2``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from cellgraph.code.expression_names import is_name, mentions, names_in
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.known_stores import spelt_members
from cellgraph.code.source import body_apart_from_magics, parsed
from cellgraph.patterns import Pattern


@lru_cache(maxsize=256)
def edited_members(before: str, after: str, name: str) -> frozenset[str] | None:
    """The paths of the items that are not the same constants in both texts; None if that is not known.

    It is known where both texts do nothing to the variable but to bind it, once, to a dict with all its keys.
    """
    old, new = _members(before, name), _members(after, name)
    if old is None or new is None:
        return None
    return frozenset(path for path in {**old, **new} if old.get(path, "") != new.get(path, ""))


@lru_cache(maxsize=256)
def edited_columns(before: str, after: str, name: str) -> tuple[str, frozenset[str]] | None:
    """The paths of the columns that are not the same constants in both texts; None if that is not known.

    It is known where both texts do nothing to the variable but to bind it, once, to ``pd.DataFrame({…})``
    with lists of the same columns and as many rows. The first item is the name of the module, ``pd``.
    """
    old, new = _columns(before, name), _columns(after, name)
    if old is None or new is None or old[:2] != new[:2] or [*old[2]] != [*new[2]]:
        return None
    return old[0], frozenset(path for path, text in old[2].items() if new[2][path] != text)


def _columns(source: str, name: str) -> tuple[str, int, dict[str, str]] | None:
    """The module, the number of rows, and the constants of each column by its path."""
    uses = [node for node in body_apart_from_magics(source) if mentions(node, name)]
    match uses:
        case [
            ast.Assign(
                targets=[target],
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=module), attr="DataFrame"),
                    args=[ast.Dict() as value],
                    keywords=[],
                ),
            )
        ] if is_name(target, name):
            members = spelt_members(value)
        case _:
            return None
    if not members or len(dict(members)) != len(members):
        return None
    lengths = {len(each.elts) if isinstance(each, ast.List) else 0 for _, each in members}
    constants = all(isinstance(part, _PLAIN) for _, each in members for part in ast.walk(each))
    if len(lengths) != 1 or 0 in lengths or not constants:
        return None
    return module, lengths.pop(), {path: syntax_text(each) for path, each in members}


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


_UNPACKING = Pattern(r"^[^\W\d]\w*[ ]*,[^=\n]*=", re.MULTILINE)
_MAY_RUN_CODE = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred, ast.NamedExpr)


@lru_cache(maxsize=256)
def unpacked_apart(text: str) -> str:
    """The text with each such unpacking as one line for each name: of values without calls."""
    if _UNPACKING.search(text) is None or (tree := parsed(text)) is None:
        return text
    lines = text.splitlines(keepends=True)
    for node in reversed(tree.body):
        if isinstance(node, ast.Assign) and node.lineno == node.end_lineno and (pairs := _pairs(node)):
            line = lines[node.lineno - 1].encode()
            apart = "\n".join(f"{target} = {ast.unparse(value)}" for target, value in pairs).encode()
            lines[node.lineno - 1] = (line[: node.col_offset] + apart + line[node.end_col_offset :]).decode()
    return "".join(lines)


def _pairs(node: ast.Assign) -> list[tuple[str, ast.expr]]:
    """The single assignments that an unpacking of plain values is made of; none if it is something else."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            free = not any(isinstance(part, _MAY_RUN_CODE) for part in ast.walk(node.value))
            if free and len(names) == len(targets) == len(values) and names_in(node.value).isdisjoint(names):
                return list(zip(names, values, strict=True))
    return []

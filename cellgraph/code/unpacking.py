"""An unpacking of plain values as single assignments: ``a = 1`` and ``b = 2`` for ``a, b = 1, 2``."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from cellgraph.code.expression_names import names_in
from cellgraph.code.source import parsed
from cellgraph.patterns import Pattern

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

"""Names that a text binds by ``+=`` and the like alone. These may change the object and leave it bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cellgraph.code.fast_ast import every_node
from cellgraph.patterns import Pattern

_AUGMENTED = Pattern(r"(?:[-+*/%&|^@]|//|\*\*|<<|>>)=")


def augmented(tree: ast.Module | None, text: str) -> frozenset[str]:
    """The names that nothing in a text binds but augmented assignments."""
    if tree is None or not _AUGMENTED.search(text):
        return frozenset()
    targets = [
        node.target
        for node in every_node(tree)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    ]
    own = {id(target) for target in targets}
    others = {name for node in every_node(tree) if id(node) not in own for name in _bound(node)}
    return frozenset(target.id for target in targets) - others


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds, or may bind from inside a function."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.Global(names=names):
            yield from names

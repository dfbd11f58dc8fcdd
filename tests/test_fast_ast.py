"""Going through syntax trees: what ``ast`` finds is found."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cellgraph
from cellgraph.code.fast_ast import Visits, children, syntax_text

SOURCES = sorted(Path(cellgraph.__file__).parent.rglob("*.py"))
ODD = """
match p:
    case {"a": 1, **rest} if rest: pass
    case [Point(x=0), *_] | None: pass
async def f[T: int](a, /, b: T = 1, *c, d=2, **e) -> T:
    async with a as (x, y):
        return [z async for z in b if await z] or {k: v for k, v in c} or {*d} or (lambda q=1: q)
try: global g; g += 1
except* (A, B) as error: del error
else: print(f"{x!r:>{width}}", *a, **b, sep="")
"""


def texts(every: int = 1) -> list[str]:
    """The package's own sources, or every n-th of them, and one of all that is rare in them."""
    odd = ODD if hasattr(ast, "TypeVar") else ODD.replace("[T: int]", "").replace("-> T", "")
    return [odd, *(path.read_text(encoding="utf8") for path in SOURCES[::every])]


a_tenth_or_all = pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.slow)])


@a_tenth_or_all
def test_the_parts_of_a_node_are_those_that_ast_gives(every: int) -> None:
    """In the same order, without those that hold nothing themselves."""
    for text in texts(every):
        for node in ast.walk(ast.parse(text)):
            theirs = [part for part in ast.iter_child_nodes(node) if part._fields]
            assert [part for part in children(node) if part._fields] == theirs


@pytest.mark.slow
def test_statements_are_the_same_code_where_ast_says_so() -> None:
    """All statements of many texts, each against all others, wherever they stand."""
    nodes = [node for text in texts() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    nodes += ast.parse("1\n1.0\nTrue\n'1'\nb'1'\nu'1'\n...\nx\nx = 1\n-1\n1j\n0x1\n").body
    theirs = {ast.dump(node): syntax_text(node) for node in nodes}
    assert len(set(theirs.values())) == len(theirs)
    assert all(syntax_text(node) == theirs[ast.dump(node)] for node in nodes)
    assert syntax_text(ast.parse("x = 0x" + "f" * 9_999)) != syntax_text(ast.parse("x = 0x" + "f" * 9_998))


@a_tenth_or_all
@pytest.mark.parametrize("names", [("Name",), ("Call", "Name", "arg")])
def test_a_visitor_is_called_as_one_of_ast_is(names: tuple[str, ...], every: int) -> None:
    """For the same nodes in the same order."""
    tree = ast.parse("\n".join(texts(every)[1:]).replace("from __future__ import annotations", ""))
    found: dict[type, list[ast.AST]] = {}

    def visit(self: ast.NodeVisitor, node: ast.AST) -> None:
        found.setdefault(type(self), []).append(node)
        self.generic_visit(node)

    methods = {f"visit_{name}": visit for name in names}
    mine, theirs = (type("V", bases, dict(methods)) for bases in ((Visits,), (ast.NodeVisitor,)))
    for visitor in (mine, theirs):
        visitor().visit(tree)
    assert found[mine] == found[theirs]

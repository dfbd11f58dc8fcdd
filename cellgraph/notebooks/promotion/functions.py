"""Functions that read variables of the notebook: the variables become parameters, and calls pass them on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from cellgraph.code.source import parsed
from cellgraph.notebooks.promotion.edits import Edit, edit_of, edited

Needs = Mapping[str, frozenset[str]]


def with_arguments(text: str, needs: Needs) -> str:
    """A text in which each use of a function that needs variables passes them on by keyword.

    A function that is given away and not called is given as a ``functools.partial``.
    """
    tree = parsed(text)
    if tree is None or not any(needs.values()):
        return text
    wanted = {name: sorted(given) for name, given in needs.items() if given}
    return edited(text, _uses(tree, wanted, text))


def _uses(node: ast.AST, needs: Mapping[str, list[str]], source: str) -> Iterator[Edit]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in needs:
            more = _more(part, needs[part.func.id], source)
            yield more if more is not None else _partial(part.func, needs)
            for inner in (*part.args, *(keyword.value for keyword in part.keywords)):
                yield from _uses(ast.Expr(inner), needs, source)
        elif isinstance(part, ast.Name) and part.id in needs and isinstance(part.ctx, ast.Load):
            yield _partial(part, needs)
        else:
            yield from _uses(part, needs, source)


def _partial(name: ast.Name, needs: Mapping[str, list[str]]) -> Edit:
    given = ", ".join(f"{one}={one}" for one in needs[name.id])
    return edit_of(name, f"functools.partial({name.id}, {given})")


def _more(call: ast.Call, names: list[str], source: str) -> Edit | None:
    """The edit that adds keywords behind a call's last argument; None where brackets are in the way."""
    words = ", ".join(f"{name}={name}" for name in names)
    every: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not every:
        return _at(call, words, before_end=1)
    last = max(every, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    whole = ast.get_source_segment(source, call) or ""
    tail = whole[whole.rfind(ast.get_source_segment(source, last) or "\0") :]
    rest = tail[len(ast.get_source_segment(source, last) or "") :]
    if isinstance(last, ast.GeneratorExp) or rest.replace(",", "").strip() != ")":
        return None
    return _at(last, f", {words}", before_end=0)


def _at(node: ast.expr, text: str, *, before_end: int) -> Edit:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    column = node.end_col_offset - before_end
    return Edit(node.end_lineno, column, node.end_lineno, column, text)


def with_parameters(text: str, name: str, needs: Needs) -> str:
    """The text of a function that takes the variables it needs as keyword-only parameters."""
    text = with_arguments(text, needs)
    given = sorted(needs.get(name, ()))
    tree = parsed(text)
    if not given or tree is None:
        return text
    node = next(part for part in tree.body if getattr(part, "name", None) == name)
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = node.args
    arguments.kwonlyargs += [ast.arg(one) for one in given]
    arguments.kw_defaults += [None] * len(given)
    returned = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    head = f"{word} {name}({ast.unparse(arguments)}){returned}:"
    first = node.body[0]
    lines = text.split("\n")
    start = node.lineno - 1
    if first.lineno == node.lineno:
        body = text.encode().split(b"\n")[start][first.col_offset :].decode()
        return "\n".join([*lines[:start], head, "    " + body, *lines[node.lineno :]])
    end = _body_start(lines, start, first)
    return "\n".join([*lines[:start], head, *lines[end:]])


def _body_start(lines: list[str], start: int, first: ast.stmt) -> int:
    """The index of the line after the head: comments between it and the first statement are kept."""
    at = first.lineno - 1 if not getattr(first, "decorator_list", ()) else first.decorator_list[0].lineno - 1  # type: ignore[attr-defined]
    while at - 1 > start and (not lines[at - 1].strip() or lines[at - 1].strip().startswith("#")):
        at -= 1
    return at

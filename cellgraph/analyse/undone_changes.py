"""What a text may change with other inputs, and which names decide that.

``if flag: xs.append(3)`` has changed nothing where ``flag`` was false. The run tells nothing of it, so the
text is asked, with the functions and methods of the notebook that it calls by name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from cellgraph.code.dataflow import flows
from cellgraph.code.expression_names import names_in
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statements import block_of, changed_names, every_step

Deciding = dict[str, frozenset[str]]
"""For each variable that may be changed, the names that decide whether and how."""
Definition = Callable[[str, str], ast.FunctionDef | None]
"""The function that a name holds, or the method of this name of the object that it holds. None if unknown."""
_DEPTH = 3
"""How many calls deep functions are looked into."""
_CHANGING = frozenset({"setdefault", "popitem"})
"""Methods that change a container and give something, so that no statement shows that they change it."""


def undone(text: str, definition: Definition) -> Deciding:
    """The variables that a text may change in place or delete, and the globals that its functions bind."""
    nodes = tuple(body_apart_from_magics(text))
    return _with_calls(nodes, _changes(nodes), _flows(nodes), definition, _DEPTH)


@lru_cache(maxsize=256)
def _flows(nodes: tuple[ast.stmt, ...]) -> Mapping[str, frozenset[str]]:
    return flows(block_of(nodes), (), lambda _: False)


def _changes(nodes: tuple[ast.stmt, ...]) -> Deciding:
    """What statements change or delete by themselves."""
    block, found = block_of(nodes), _flows(nodes)
    deleted = frozenset[str]().union(*(step.deletes for step in every_step(block)))
    return {name: found[name] for name in (changed_names(block) | deleted) & found.keys()}


def _with_calls(
    nodes: tuple[ast.stmt, ...],
    found: Deciding,
    flow: Mapping[str, frozenset[str]],
    definition: Definition,
    depth: int,
) -> Deciding:
    """Add to ``found`` what the calls in these statements may change."""
    for call, control in _calls(nodes, frozenset()):
        for name, deciding in _by_call(call, definition, depth).items():
            origins = (flow.get(each, frozenset({each})) for each in deciding | control)
            found[name] = found.get(name, frozenset()).union(*origins)
    return found


def _calls(nodes: Iterable[ast.AST], control: frozenset[str]) -> Iterator[tuple[ast.Call, frozenset[str]]]:
    """The calls that run with these statements, each with the names of the tests and loops around it."""
    for node in nodes:
        inner = control
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.If() | ast.While() | ast.IfExp():
                inner = control | names_in(node.test)
            case ast.For() | ast.AsyncFor():
                inner = control | names_in(node.iter)
            case ast.Call():
                yield node, control
        yield from _calls(ast.iter_child_nodes(node), inner)


def _by_call(call: ast.Call, definition: Definition, depth: int) -> Deciding:
    """What one call may change, by the names of the caller."""
    match call:
        case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_]):
            return {name: frozenset({name})}
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
            return {name: frozenset({name}).union(*map(names_in, call.args))}
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as owner, attr=method)):
            return _by_function(definition(name, method), call, (owner, *call.args), definition, depth)
        case ast.Call(func=ast.Name(id=name)):
            return _by_function(definition(name, ""), call, tuple(call.args), definition, depth)
    return {}


def _by_function(
    function: ast.FunctionDef | None,
    call: ast.Call,
    args: tuple[ast.expr, ...],
    definition: Definition,
    depth: int,
) -> Deciding:
    """What a call may change that runs this function with these arguments, and the call's keywords."""
    if function is None or depth == 0:
        return {}
    names = [part.arg for part in (*function.args.posonlyargs, *function.args.args)]
    given = dict(zip(names, args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    found: Deciding = {}
    for changed, deciding in _inside(function, definition, depth - 1).items():
        held = given.get(changed, ast.Name(changed))
        if isinstance(held, ast.Name):
            parts = (names_in(given[name]) if name in given else {name} for name in deciding)
            found[held.id] = found.get(held.id, frozenset()).union(*parts)
    return found


def _inside(function: ast.FunctionDef, definition: Definition, depth: int) -> Deciding:
    """The parameters and globals that a function may change, and the names that decide that."""
    nodes = tuple(function.body)
    parts = [part for node in nodes for part in ast.walk(node)]
    shared = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
    bound = frozenset[str]().union(*(step.binds for step in every_step(block_of(nodes))))
    flow = _flows(nodes)
    found = _with_calls(nodes, _changes(nodes), flow, definition, depth)
    found |= {name: flow[name] for name in shared & bound & flow.keys()}
    ends = [part.test for part in parts if isinstance(part, ast.If) and _may_end(part)]
    early = frozenset[str]().union(*map(names_in, ends))  # what decides whether the rest runs
    return {name: deciding | early for name, deciding in found.items() if name in shared or name not in bound}


def _may_end(branch: ast.If) -> bool:
    return any(isinstance(part, ast.Return | ast.Raise) for part in ast.walk(branch))


@lru_cache(maxsize=512)
def definition_of(text: str, name: str, method: str = "") -> ast.FunctionDef | None:
    """The last function of this name that a text makes at its top level, or a method of such a class."""
    body: Iterable[ast.stmt] = body_apart_from_magics(text)
    if method:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == name]
        body, name = (classes[-1].body if classes else ()), method
    made = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    return made[-1] if made else None

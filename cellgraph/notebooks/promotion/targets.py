"""Which values of a notebook are wanted: those that are asked for, or else its results.

A result is what a cell assigns and no other value is made from; what is spelled out is none. Where there is
none, as in a notebook that changes one table all along, results are the values that nothing else is bound
to, and at last all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from cellgraph.code.display_only import PICTURES, PLOTTING_MODULES, KnownNames, drawing_names, shows_only
from cellgraph.code.expression_names import names_in, root_name
from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body
from cellgraph.model import Run
from cellgraph.notebooks.checks.document import Document
from cellgraph.notebooks.errors import RefusedError
from cellgraph.notebooks.promotion.observed import Observation
from cellgraph.notebooks.promotion.program import is_literal

NO_RESULT = "the notebook has no result: no cell assigns a value that is left at its end; name one: --target"
_NO_VALUES = frozenset(
    "module function type builtin_function_or_method method NoneType partial ufunc CPUDispatcher generator"
    " coroutine map filter zip enumerate Thread Timer Lock Task Future Queue Event Process Popen"
    " TextIOWrapper BufferedReader BufferedWriter BufferedRandom Connection Cursor Engine Session socket"
    " ThreadPoolExecutor ProcessPoolExecutor TemporaryDirectory".split()
)
"""Types of what belongs to the program or to its surroundings, and is no value of it."""


_Used = Callable[[ast.stmt], set[str]]


def default_targets(document: Document) -> tuple[tuple[str, ...], ...]:
    """The results of a notebook, likely ones first: the next group is for the case that these are none."""
    nodes = [node for cell in document.cells for node in body(plain_python(cell.source).text or "")]
    drawing = drawing_names(nodes)
    groups = [_left(nodes, drawing, used) for used in (_used_at_all, _used_for_values, _never_used)]
    spelled = _spelled_out(nodes)
    worked_out = [tuple(name for name in names if name not in spelled) for names in groups]
    return tuple(dict.fromkeys(filter(None, [*worked_out, *groups])))


def _spelled_out(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that are only ever bound to constants."""
    found: dict[str, bool] = {}
    for node in nodes:
        constant = isinstance(node, ast.Assign) and is_literal(node.value)
        found.update({name: constant and found.get(name, True) for name in _assigned(node, draws=False)})
    return frozenset(name for name, constant in found.items() if constant)


def _left(nodes: Sequence[ast.stmt], drawing: frozenset[str], used: _Used) -> tuple[str, ...]:
    """The names that are bound and not used below."""
    bound: dict[str, None] = {}
    for node in nodes:
        if not shows_only(node, KnownNames(drawing)) and not _is_shown(node, drawing):
            for name in used(node):
                bound.pop(name, None)
        draws = bool(_loaded(node) & drawing)
        bound.update(dict.fromkeys(name for name in _assigned(node, draws=draws) if name[0] != "_"))
    return tuple(bound)


def _assigned(node: ast.stmt, *, draws: bool) -> Iterable[str]:
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.With) or draws:
        return
    for part in ast.walk(node) if isinstance(node, ast.With) else [node]:
        targets: list[ast.expr] = []
        if isinstance(part, ast.Assign):
            targets = part.targets
        elif isinstance(part, ast.AnnAssign | ast.AugAssign):
            targets = [part.target]
        yield from (name for target in targets for name in _roots(target))


def _roots(target: ast.expr) -> Iterable[str]:
    """The variables that an assignment to a target binds or changes: ``df`` of ``df[mask] = 0``."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _roots(part)
        case ast.Starred(value=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
            yield from _roots(inner)


def _used_at_all(node: ast.stmt) -> set[str]:
    return _loaded(node)


def _never_used(_: ast.stmt) -> set[str]:
    return set()


def _used_for_values(node: ast.stmt) -> set[str]:
    """The names that something else is made from: neither in a call by itself, nor by a change in place."""
    if isinstance(node, ast.Expr):
        arguments = node.value.args if isinstance(node.value, ast.Call) else []
        function = node.value.func if isinstance(node.value, ast.Call) else None
        if not isinstance(function, ast.Attribute):
            return set()
        return set[str]().union(*map(names_in, arguments)) - names_in(function)
    if isinstance(node, ast.Delete | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return set()
    changed: set[str] = set()
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        changed = {name for target in targets for name in _roots(target)}
    return _loaded(node) - changed


def _is_shown(node: ast.stmt, drawing: frozenset[str]) -> bool:
    """Whether a statement draws or prints what it works out: ``ax.plot(f(x))``."""
    if isinstance(node, ast.For | ast.If | ast.With):
        return all(_is_shown(part, drawing) for part in node.body)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    root = root_name(node.value, through_calls=True)
    return root in drawing | {"print", "display", "ax", "axes", "fig"}


def _loaded(node: ast.stmt) -> set[str]:
    """The names that a statement loads, but for what it stores into."""
    stored: set[ast.AST] = set()
    if isinstance(node, ast.Assign):
        stored = {part for target in node.targets for part in ast.walk(target)}
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name) and part not in stored)
    return {part.id for part in names if isinstance(part.ctx, ast.Load)}


def made_targets(
    asked: Sequence[str],
    likely: Sequence[Sequence[str]],
    observation: Observation,
    runs: Sequence[Run],
) -> tuple[str, ...]:
    """The targets that a run made: those ``asked`` for, or the first of the ``likely`` ones with values."""
    if asked:
        _check_asked(asked, observation, runs)
        return tuple(asked)
    last: dict[str, str] = {}
    for known in observation.types.values():
        last.update(known)
    for names in likely:
        found = tuple(name for name in names if _is_result(name, observation, last))
        if found:
            return found
    raise RefusedError(
        "the notebook has no result but pictures and connections; name what you want with --target"
    )


def _check_asked(asked: Sequence[str], observation: Observation, runs: Sequence[Run]) -> None:
    missing = [name for name in asked if name not in observation.targets]
    if missing:
        names = sorted({w.name for run in runs for w in run.writes if w.name.isidentifier()})
        near = get_close_matches(missing[0], names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names[:20])}"
        raise RefusedError(f"no cell makes {missing[0]!r}; {hint}")


def _is_result(name: str, observation: Observation, types: Mapping[str, str]) -> bool:
    """Whether a name holds more than a picture or a part of the program."""
    if name not in observation.targets:
        return False
    if any(f"{library}." in types.get(name, "") for library in PLOTTING_MODULES):
        return False
    return observation.targets[name].type not in PICTURES | _NO_VALUES | {"Axes", "BarContainer"}

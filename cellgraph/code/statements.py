"""A cell's statements: what each loads, binds, deletes and may change in place.

The syntax tree is read once into this small form. ``dataflow`` and the static backend then walk it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from cellgraph.code.expression_names import callee_word
from cellgraph.code.fast_ast import operand_names
from cellgraph.code.known_stores import call_stores, spelt_members
from cellgraph.code.sql_statements import databases_behind
from cellgraph.code.statement_names import names_of, part_of
from cellgraph.light_namedtuple import NamedTuple

Kind = Literal["simple", "branch", "match", "loop", "try"]


class Statement(NamedTuple):
    """One statement. Names are those of the namespace; names of inner scopes are left out.

    ``closure_loads`` are names that functions made here will load when they are called, ``closure_binds``
    those that they will bind. ``may_mutate`` are names whose value the statement may change in place,
    ``evidence`` those that its syntax says it changes, ``repeats`` those among them whose change leaves the
    same when it is made again. ``branches`` are the blocks of a compound statement.
    ``exit_names`` are the names that decide whether a loop is left early. ``taken`` are the loads with the
    part that each takes. ``apart`` are the single assignments that the statement consists of: each stores
    into the part ``path`` of the name ``target``, and loads only what its own value needs. ``start`` is where
    the statement begins, as (line, column in bytes).
    """

    line: int
    loads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    closure_loads: frozenset[str] = frozenset()
    closure_binds: frozenset[str] = frozenset()
    may_mutate: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    repeats: frozenset[str] = frozenset()
    exit_names: frozenset[str] = frozenset()
    calls: bool = False
    defines: bool = False
    expression: bool = False
    kind: Kind = "simple"
    branches: tuple[Block, ...] = ()
    taken: frozenset[tuple[str, str]] = frozenset()
    apart: tuple[Statement, ...] = ()
    target: str = ""
    path: str = ""
    start: tuple[int, int] = (0, 0)


Block = tuple[Statement, ...]
_PLAIN = frozenset({ast.Assign, ast.Expr})
"""What most statements are."""


def steps(tree: ast.Module) -> Block:
    """The statements of a cell, in order."""
    block = block_of(tree.body)
    if any(step.evidence for step in every_step(block)) and (behind := databases_behind(tree)):
        return _with_databases(block, behind)
    return block


def _with_databases(block: Block, behind: Mapping[str, str]) -> Block:
    """The block; what a statement does to a connection it does to the database ``behind`` it."""
    return tuple(_with_database(step, behind) for step in block)


def _with_database(step: Statement, behind: Mapping[str, str]) -> Statement:
    known = step.evidence & behind.keys()
    branches = tuple(_with_databases(branch, behind) for branch in step.branches)
    if not known:
        return step if branches == step.branches else step._replace(branches=branches)
    repeats = step.repeats.union(behind[name] for name in known & step.repeats)
    changed = frozenset(behind[name] for name in known)
    return step._replace(
        evidence=step.evidence | changed,
        may_mutate=step.may_mutate | changed,
        repeats=repeats.difference(behind[name] for name in known - step.repeats),
        branches=branches,
    )


def every_step(block: Block) -> Iterable[Statement]:
    """All statements of a block, those of inner blocks too."""
    for step in block:
        yield step
        for branch in step.branches:
            yield from every_step(branch)


def repeated_names(block: Block) -> frozenset[str]:
    """The names that a block changes by nothing but what leaves the same when it is done again."""
    found = list(every_step(block))
    repeated = frozenset(name for step in found for name in step.repeats)
    return repeated.difference(*(step.evidence - step.repeats for step in found)) if repeated else repeated


# The caches below belong to the process. They keep names and statements, and nothing of a session.


@lru_cache(maxsize=128)
def mentioned_names(block: Block) -> frozenset[str]:
    """Names that a cell may load before it has bound them itself."""
    found: set[str] = set()
    bound: set[str] = set()
    for outer in block:
        for step in every_step((outer,)):
            found |= (step.loads | step.closure_loads) - bound
        if outer.kind == "simple":
            bound |= outer.binds
    return frozenset(found)


def bound_names(block: Block) -> frozenset[str]:
    """The names that a block may bind."""
    return frozenset().union(*[step.binds for step in every_step(block)])


@lru_cache(maxsize=128)
def changed_names(block: Block) -> frozenset[str]:
    """The names that the syntax of a block says it changes in place."""
    return frozenset(name for step in every_step(block) for name in step.evidence)


def block_of(body: Sequence[ast.stmt]) -> Block:
    """The block that some syntax nodes make."""
    found: list[Statement] = []
    for node in body:
        if type(node) in _PLAIN:
            found.append(_simple(node))
        else:
            found.extend(_statement(node))
    return tuple(found)


def _statement(node: ast.stmt) -> Sequence[Statement]:  # noqa: PLR0911 - one return a kind of statement
    match node:
        case ast.If():
            return [_step(node, [node.test], "branch", (block_of(node.body), block_of(node.orelse)))]
        case ast.While():
            inner = (block_of(node.body), block_of(node.orelse))
            return [_step(node, [node.test], "loop", inner)._replace(exit_names=_exits(node))]
        case ast.For() | ast.AsyncFor():
            inner = (block_of(node.body), block_of(node.orelse))
            head = _step(node, [node.iter, node.target], "loop", inner, calls=True)
            return [head._replace(exit_names=_exits(node))]
        case ast.With() | ast.AsyncWith():
            return _with(node)
        case ast.Try() | ast.TryStar():
            return _try(node)
        case ast.Match():
            return [_step(node, [node.subject], "match", _cases(node))]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [_step(node, [node])._replace(defines=True)]
        case _:
            return [_simple(node)]


def _simple(node: ast.stmt) -> Statement:
    if type(node) is ast.Assign and (plain := _plain_assignment(node)) is not None:
        return plain
    step, apart = _step(node, [node]), _apart(node)
    return step._replace(apart=apart) if apart else step


def _plain_assignment(node: ast.Assign) -> Statement | None:
    """``y = x + 1``: a name that is bound to what operators make of names and constants.

    None for any other statement. ``_step`` gives the same, by a walk that is made for all of them.
    """
    target = node.targets[0]
    names = operand_names(node.value) if len(node.targets) == 1 and type(target) is ast.Name else None
    if names is None:
        return None
    return Statement(
        node.lineno,
        loads=frozenset(names),
        binds=frozenset((target.id,)),  # type: ignore[attr-defined]
        taken=frozenset([(name, "") for name in names]),
        start=(node.lineno, node.col_offset),
    )


def _with(node: ast.With | ast.AsyncWith) -> Sequence[Statement]:
    heads = []
    for item in node.items:
        parts = [part for part in (item.context_expr, item.optional_vars) if part]
        heads.append(_step(node, parts, calls=True))
    inner = block_of(node.body)
    around = frozenset().union(
        *(head.loads for head, item in zip(heads, node.items, strict=True) if _is_around(item))
    )
    named = _named(node.items)
    around |= named & _set_up_inside(inner)
    body = tuple(_inside(step, around, named) for step in inner) if around or named else inner
    if any(_suppresses(item.context_expr) for item in node.items):
        return [*heads, Statement(node.lineno, kind="try", branches=(body, ()), start=_start(node))]
    return [*heads, *body]


def _named(items: Iterable[ast.withitem]) -> frozenset[str]:
    """The names that contexts are given: ``with catch_warnings(record=True) as caught:``."""
    names = (item.optional_vars for item in items)
    return frozenset(name.id for name in names if isinstance(name, ast.Name))


def _set_up_inside(body: Block) -> frozenset[str]:
    """The names whose attributes a context's body sets: ``with localcontext() as ctx: ctx.prec = 5``."""
    return frozenset(part.target for step in body for part in step.apart if part.path.startswith("."))


def _inside(step: Statement, around: frozenset[str], named: frozenset[str]) -> Statement:
    """A statement within contexts: it comes from what is ``around`` it as well.

    What it calls may change that, and may add to what the contexts are ``named``, as a warning does to the
    list in which warnings are caught.
    """
    tried = step.kind == "try"
    branches = tuple(tuple(_inside(one, around, named) for one in block) for block in step.branches if tried)
    changes = step.may_mutate | around | named if step.calls else step.may_mutate
    return step._replace(
        loads=step.loads | around, may_mutate=changes, branches=branches if tried else step.branches
    )


def _is_around(item: ast.withitem) -> bool:
    """Whether what a context is given may decide what the body makes: it has no name to be used by.

    An option for a while, a seed, a clock that stands still: ``with pd.option_context("precision", p):``.
    """
    call = item.context_expr
    return item.optional_vars is None and isinstance(call, ast.Call) and bool(call.args or call.keywords)


def _suppresses(context: ast.expr) -> bool:
    """Whether a context is known to swallow an exception (``suppress``, ``raises``)."""
    return callee_word(context) in ("suppress", "raises", "assertRaises")


def _try(node: ast.Try | ast.TryStar) -> Sequence[Statement]:
    body = block_of([*node.body, *node.orelse])
    handlers = tuple(_handler(handler) for handler in node.handlers)
    return [
        Statement(node.lineno, kind="try", branches=(body, *handlers), start=_start(node)),
        *block_of(node.finalbody),
    ]


def _handler(handler: ast.ExceptHandler) -> Block:
    head = _step(handler, [handler.type] if handler.type else [])
    # ``except E as e`` unbinds ``e`` at its end: it is neither there before nor after.
    return (head, *(_without(step, handler.name) for step in block_of(handler.body)))


def _without(step: Statement, name: str | None) -> Statement:
    if name is None:
        return step
    branches = tuple(tuple(_without(inner, name) for inner in branch) for branch in step.branches)
    return step._replace(loads=step.loads - {name}, may_mutate=step.may_mutate - {name}, branches=branches)


def _cases(node: ast.Match) -> tuple[Block, ...]:
    """A block for each case, and an empty one if it may be that no case matches."""
    found = tuple(_case(case) for case in node.cases)
    last = node.cases[-1]
    sure = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    return found if sure else (*found, ())


def _case(case: ast.match_case) -> Block:
    heads: list[ast.AST] = [case.pattern]
    if case.guard:
        heads.append(case.guard)
    head = _step(case.pattern, heads)
    captured = head.loads - head.binds  # the guard sees what the pattern has bound
    return (head._replace(loads=captured, may_mutate=head.may_mutate & captured), *block_of(case.body))


def _exits(loop: ast.For | ast.AsyncFor | ast.While) -> frozenset[str]:
    """The names that decide whether a round of the loop is cut short."""
    return frozenset().union(*(_leaving(node) for node in loop.body))


def _leaving(node: ast.stmt) -> frozenset[str]:
    if not any(isinstance(part, ast.Break | ast.Continue) for part in _inner(node)):
        return frozenset()
    found: set[str] = set()
    for step in every_step(tuple(_statement(node))):
        if step.branches:
            tried = step.branches[0] if step.kind == "try" else ()
            found |= step.loads.union(step.exit_names, *(one.loads for one in every_step(tried)))
    return frozenset(found)


def _inner(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements inside one, apart from those of which a ``break`` ends another loop, or none."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        held: Iterable[ast.AST] = node.orelse
    else:
        held = ast.iter_child_nodes(node)
    for child in held:
        for part in child.body if isinstance(child, ast.ExceptHandler | ast.match_case) else [child]:
            if isinstance(part, ast.stmt):
                yield part
                yield from _inner(part)


def _step(
    node: ast.AST,
    parts: Iterable[ast.AST],
    kind: Kind = "simple",
    branches: tuple[Block, ...] = (),
    calls: bool = False,
) -> Statement:
    names = names_of(parts)
    calls = names.calls or calls
    found: dict[str, set[Any]] = {
        "loads": names.loads,
        "binds": names.binds,
        "deletes": names.deletes,
        "closure_loads": names.closure_loads,
        "closure_binds": names.closure_binds,
        "may_mutate": names.changed | names.loads if calls else names.changed,
        "evidence": names.evidence | names.repeats,
        "repeats": names.repeats - names.evidence,
        "taken": names.taken,
    }
    held: Any = {field: frozenset(each) for field, each in found.items() if each}  # most fields have none
    return Statement(
        line=getattr(node, "lineno", 0),
        start=_start(node),
        **held,
        calls=calls,
        expression=isinstance(node, ast.Expr),
        kind=kind,
        branches=branches,
    )


def _start(node: ast.AST) -> tuple[int, int]:
    nodes = [*getattr(node, "decorator_list", ()), node]
    return min([(getattr(part, "lineno", 0), getattr(part, "col_offset", 0)) for part in nodes])


def _apart(node: ast.stmt) -> tuple[Statement, ...]:
    """The assignments that one statement consists of.

    None if it is simple, or if one stores into an unknown part.
    """
    if not isinstance(node, ast.Assign):
        if isinstance(node, ast.AugAssign):
            return _augmented(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return tuple(_stored_by_call(node.value))
        return ()
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and _is_whole(node.value):
        return ()
    found: list[Statement] = []
    for target in node.targets:
        for place, value in _pairs(target, node.value):
            part = part_of(place)
            if part is None:
                return ()
            found += _assigned(part, value)
    return tuple(found)


def _is_whole(value: ast.expr) -> bool:
    """Whether the parts of a value are not written out, as those of a dict can be."""
    return isinstance(value, ast.BinOp | ast.Constant | ast.Name) or spelt_members(value) is None


def _augmented(node: ast.AugAssign) -> tuple[Statement, ...]:
    """``df["a"] += x`` as an assignment that also loads the part that it stores into."""
    part = part_of(node.target)
    if (
        part is not None
        and not part[1]
        and isinstance(node.op, ast.BitOr)
        and isinstance(node.value, ast.Dict)
    ):
        return tuple(_merged_members(part[0], spelt_members(node.value)))
    if part is None or not part[1]:
        return ()
    step = _step(node, [node.value])
    loads, taken = step.loads | {part[0]}, step.taken | {part}
    return (step._replace(target=part[0], path=part[1], loads=loads, taken=taken),)


def _stored_by_call(call: ast.Call) -> Iterator[Statement]:
    """The stores that a call makes into single parts of a variable."""
    for store in call_stores(call):
        if store.how in ("updates", "fills"):
            yield from _merged_members(store.name, [(store.path, store.value)])
        else:
            yield from _assigned((store.name, store.path), store.value)


def _merged_members(name: str, members: Iterable[tuple[str, ast.expr]] | None) -> Iterator[Statement]:
    """Stores into parts that may depend on what these parts held, as with a ``Counter``."""
    for path, value in members or ():
        for step in _assigned((name, path), value):
            yield step._replace(loads=step.loads | {name}, taken=step.taken | {(name, step.path)})


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Which target takes which value, element by element if both sides are written out."""
    if not isinstance(target, ast.Tuple | ast.List):
        yield target, value
        return
    values = _spread(target.elts, value)
    if values is None:
        for place in target.elts:
            yield from _pairs(place.value if isinstance(place, ast.Starred) else place, value)
        return
    for place, part in zip(target.elts, values, strict=True):
        yield from _pairs(place.value if isinstance(place, ast.Starred) else place, part)


def _spread(targets: Sequence[ast.expr], value: ast.expr) -> list[ast.expr] | None:
    """What each of several targets takes of values that are written out; None where that is not known.

    A target with a star takes a list of what the others leave.
    """
    if not isinstance(value, ast.Tuple | ast.List) or any(isinstance(v, ast.Starred) for v in value.elts):
        return None
    stars = [place for place, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if not stars:
        return value.elts if len(value.elts) == len(targets) else None
    end = len(value.elts) - (len(targets) - stars[0] - 1)
    if end < stars[0]:
        return None
    rest = ast.copy_location(ast.List(value.elts[stars[0] : end], ast.Load()), value)
    return [*value.elts[: stars[0]], rest, *value.elts[end:]]


def _assigned(part: tuple[str, str], value: ast.expr) -> Iterator[Statement]:
    members = spelt_members(value)
    step = _step(value, [value] if members is None else [])
    yield step._replace(target=part[0], path=part[1])
    for path, inner in members or ():
        yield from _assigned((part[0], part[1] + path), inner)

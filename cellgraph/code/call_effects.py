"""Which names a text may change in place, and which names decide that, judged by the text alone.

It is asked about what has not happened: texts that have not run, and branches that a run did not take. So
nothing shows what their calls do. A call whose result is thrown away is there for its effect, unless it is
known to show something. Functions and classes of the notebook are looked into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from cellgraph.code.dataflow import flows
from cellgraph.code.display_only import PICTURES, KnownNames, drawing_names, is_quiet_call, pure_names
from cellgraph.code.expression_names import last_word, names_in, root_name
from cellgraph.code.source import body_apart_from_magics
from cellgraph.code.statement_names import MUTATING_METHODS, Names, names_of
from cellgraph.code.statements import block_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern


class Origin(NamedTuple):
    """What is known of a name: the type of its value, and the text of the cell that made it."""

    type: str = ""
    text: str = ""


Origins = Callable[[str], Origin]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
NameSet = frozenset[str]
Deciding = Mapping[str, NameSet]
"""For each name that may be changed, the names that decide whether and how."""


class _Effect(NamedTuple):
    """A name that may be changed in place, and the names that decide whether and how."""

    name: str
    deciding: NameSet


_NONE: NameSet = frozenset()
_NO_NAMES: Mapping[str, Origin] = MappingProxyType({})
RUNS = ""
"""Stands among the changed names for whether all statements run, and how often."""
_MAX_DEPTH = 4
"""So many functions are followed that call each other."""

_CHANGES_FIRST = frozenset(
    "heappush heappop heapify heapreplace heappushpop insort insort_left insort_right shuffle setattr"
    " delattr next fill_diagonal put place putmask copyto SubElement set_node_attributes set_edge_attributes"
    " setp".split()
)
"""Functions that change their first argument in place."""
_CHANGES_AND_GIVES = frozenset({"setdefault", "popitem"})
"""Methods that change a container and give something, so that no statement shows that they change it."""
_CONSUMED = frozenset(
    "generator async_generator map zip filter enumerate reversed islice chain cycle count accumulate"
    " takewhile dropwhile starmap pairwise batched product permutations combinations zip_longest"
    " combinations_with_replacement TextIOWrapper BufferedReader BufferedWriter BufferedRandom RandomState"
    " Generator Random reader DictReader Cursor".split()
)
"""Types of values that are not the same any more when they have been used."""
_CONSUMED_ENDS = ("iterator", "IO")
_LEAVING = frozenset("print display repr str type id len isinstance hasattr getattr close".split())
"""Calls that move no iterator on."""
_SHOWING = Pattern(
    r"(?:show|plot|draw|print|display|get|is|has|to|as|describe|summar|report|view|list|head|check|test|assert"
    r"|compare|visuali|render|log|info|debug|warn|evaluat|score|predict|transform|find|count|search|read|load"
    r"|save|dump|export|dir|copy|clone|items|keys|values|index|name|with|iter|len|size|shape|num|number|nodes|edges"
    r"|degree|neighbo|successors|predecessors|shortest|connected|diff|subs|simplif|expand|factor|solve|integrat"
    r"|limit|series|evalf|doit|rewrite|collect|filter|select|sample|mean|sum|min|max|std|var|round|rank"
    r"|groupby|group_by|agg|fetch|parse|format|encode|decode|match|split|lower|upper|pprint|tree|explain)"
)
"""How methods are called that leave what they belong to as it is."""
_ACTING = Pattern(
    r"(?:add|append|set|remove|delete|del|drop|update|insert|register|clear|reset|push|put|enqueue|dequeue|pop"
    r"|fill|create|make|move|rename|sort|swap|shuffle|assign|incr|decr|connect|disconnect|attach|bind|configure"
    r"|train|fit|learn|step|run|advance|feed|subtract|rotate|extend|deposit|withdraw|start|stop|close|open"
    r"|commit|send|write|flush|apply|load_|normalize|init)"
)
"""How methods are called that change what they belong to, and functions that change what they are given."""
_STORING = Pattern(r"(?:add_|set_|remove_|register_|push|insert_|append_|delete_|attach|connect)")
"""How methods are called that change what they belong to, even where their result is kept."""
_DRAWING = Pattern(
    r"(?:annotate|legend|grid|text|plot|scatter|bar|hist|imshow|fill|contour|errorbar|ax[hv]|title)"
)
"""How methods of axes are called that draw on them."""
_VALUES = frozenset(
    "NoneType bool int float complex str bytes range slice tuple frozenset module type function method"
    " builtin_function_or_method Decimal Fraction Timestamp datetime date timedelta Pattern".split()
)
"""Types of values that no call changes."""
_TOLD_BY_METHOD = _VALUES | frozenset(
    "list dict set bytearray deque defaultdict OrderedDict DataFrame Series Index MultiIndex ndarray Tensor"
    " LazyFrame Expr DataFrameGroupBy SeriesGroupBy RangeIndex DatetimeIndex".split()
)
"""Types whose methods change them only where ``MUTATING_METHODS`` says so."""


def changed_by_calls(nodes: Sequence[ast.stmt], origin: Origins) -> frozenset[str]:
    """The names from outside that the calls in a cell's statements may change in place."""
    return frozenset(effect.name for effect in _Effects(origin).of_calls(nodes)) - {RUNS}


def may_change(nodes: tuple[ast.stmt, ...], origin: Origins) -> Deciding:
    """What a cell's statements and their calls may change in place or delete, and what decides that.

    With that, under ``RUNS``, comes what decides whether all statements run.
    """
    return _Effects(origin).of_block(nodes, names_of(nodes))


class _Effects:
    """The effects of the statements of one scope. ``own`` are its local names, with what is known of them."""

    def __init__(self, origin: Origins, own: Mapping[str, Origin] = _NO_NAMES, depth: int = 0) -> None:
        self._origin, self._own, self._depth = origin, own, depth

    def of_block(self, nodes: tuple[ast.stmt, ...], names: Names) -> dict[str, NameSet]:
        """What statements and their calls may change, each with the names from outside that decide it."""
        flow = _flows(nodes)
        found = {name: flow.get(name, frozenset({name})) for name in names.evidence | names.deletes}
        for name, deciding in self.of_calls(nodes):
            origins = (flow.get(each, frozenset({each})) for each in deciding)
            found[name] = found.get(name, _NONE).union(*origins)
        return found

    def of_calls(self, nodes: Sequence[ast.stmt]) -> Iterator[_Effect]:
        """What the calls in some statements may change."""
        for node, tests in _in_turn(nodes, _NONE):
            yield from self._of_statement(node, tests, is_shown=node is nodes[-1])

    def _of_statement(self, node: ast.stmt, tests: NameSet, is_shown: bool = False) -> Iterator[_Effect]:
        """What a statement may change. ``tests``: names that decide whether it runs.

        ``is_shown``: it stands last in its cell, which shows its value.
        """
        if isinstance(node, Definition):
            yield from self._of_decorators(node, tests)
            return
        bodies = list(_bodies(node))
        if tests and not bodies:
            names = names_of([node])
            yield from _evident(names.evidence | names.deletes, tests)
            yield from _effects([RUNS] if _acts(node) else [], tests)
        inside = [effect for part, more in bodies for effect in self._of_statement(part, tests | more)]
        yield from inside
        if isinstance(node, ast.For | ast.AsyncFor):
            changed = {effect.name for effect in inside} | names_of([part for part, _ in bodies]).evidence
            through = names_in(node.iter) if not changed.isdisjoint(names_in(node.target)) else ()
            yield from _evident(through, tests)
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield from _effects(self._changeable(item.context_expr for item in node.items), tests)
        yield from self._of_own_calls(node, tests, is_shown)

    def _of_own_calls(self, node: ast.stmt, tests: NameSet, is_shown: bool) -> Iterator[_Effect]:
        """What the calls of a statement may change, without those of the statements inside it."""
        value = node.value if isinstance(node, ast.Expr) else None
        for call, more in _calls(node):
            if more:
                yield _Effect(RUNS, more)
            yield from self._of_call(call, tests | more, call is _awaited(value), is_shown)

    def _of_decorators(self, node: Definition, tests: NameSet) -> Iterator[_Effect]:
        """What the decorators of a function or a class change, which are called with it."""
        made = ast.Name(node.name)
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [made], [])
            yield from self._of_call(call, tests, is_discarded=True, is_shown=False)

    def _of_call(
        self, call: ast.Call, tests: NameSet, is_discarded: bool, is_shown: bool
    ) -> Iterator[_Effect]:
        function, given = call.func, tests.union(*map(names_in, _given(call)))
        yield from _evident(_handed_over(call), given)
        name = last_word(function)
        if name in _CHANGES_FIRST:
            yield from _evident(self._changeable(call.args[:1]), given)
        if name not in _LEAVING:
            yield from _evident(self._consumed(call), given)
        if isinstance(function, ast.Name):
            yield from self._of_function(call, name, tests, is_discarded)
        elif isinstance(function, ast.Attribute) and (root := root_name(function.value)):
            if name in _CHANGES_AND_GIVES:
                yield _Effect(root, given | {root})
            yield from self._of_method(call, root, tests, is_discarded, is_shown)

    def _consumed(self, call: ast.Call) -> Iterator[str]:
        """The iterators, open files and generators of random numbers that a call may move on."""
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        for value in (*filter(None, (owner,)), *_given(call)):
            if isinstance(value, ast.Name) and _is_consumed(self._known(value.id).type):
                yield value.id

    def _of_function(
        self, call: ast.Call, name: str, tests: NameSet, is_discarded: bool
    ) -> Iterator[_Effect]:
        origin = self._known(name)
        defined = _definition(origin.text, name)
        if isinstance(defined, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._of_own(defined, call, None, tests)
        elif defined is None and is_discarded:
            yield from _effects(self._of_library(call, name, origin), tests)

    def _of_library(self, call: ast.Call, name: str, origin: Origin) -> Iterator[str]:
        """What a function of a library changes of what it is given, if it is called like one that does."""
        if _ACTING.match(name) and not is_quiet_call(call, _imported(origin.text)):
            yield from self._changeable(call.args)

    def _of_method(
        self, call: ast.Call, root: str, tests: NameSet, is_discarded: bool, is_shown: bool
    ) -> Iterator[_Effect]:
        origin, name = self._known(root), last_word(call.func)
        if origin.type == "module":
            if is_discarded:
                yield from _effects(self._of_library(call, name, origin), tests)
            return
        if origin.type in _TOLD_BY_METHOD:
            return
        method = _method(_definition(self._known(origin.type).text, origin.type), name)
        if method is not None:
            yield from self._of_own(method, call, root, tests)
        elif _is_for_effect(name, origin.type, is_shown) if is_discarded else _STORING.match(name):
            given = tests.union(*map(names_in, _given(call))) if _ACTING.match(name) else tests
            yield _Effect(root, given)

    def _of_own(
        self,
        defined: ast.FunctionDef | ast.AsyncFunctionDef,
        call: ast.Call,
        receiver: str | None,
        tests: NameSet,
    ) -> Iterator[_Effect]:
        """What a function of the notebook changes of what it is given, and of what is outside of it."""
        if self._depth >= _MAX_DEPTH:
            return
        parameters = [part.arg for part in (*defined.args.posonlyargs, *defined.args.args)]
        given: dict[str, ast.expr] = {
            keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None
        }
        held = [] if receiver is None else [ast.Name(receiver)]
        given |= zip(parameters, (*held, *call.args), strict=False)
        called = names_in(call.func)
        known = {name: self._of_value(given.get(name)) for name in {*parameters, *given}}
        for name, inside in self._of_body(defined, known).items():
            outer = inside - known.keys()
            deciding = tests.union(outer, called, *(names_in(given[each]) for each in inside & given.keys()))
            if name in given:
                yield from _effects(self._changeable([given[name]]), deciding)
            elif name not in parameters:
                yield _Effect(name, deciding)
            elif root := root_name(call.func):  # a default value is made once, with the function
                yield _Effect(root, deciding)

    def _of_body(
        self, defined: ast.FunctionDef | ast.AsyncFunctionDef, parameters: Mapping[str, Origin]
    ) -> Deciding:
        """The parameters and the names from outside that a function may change, and what decides that."""
        nodes = tuple(defined.body)
        own, outer = names_of(nodes), names_of([defined]).closure_binds
        local = {name: Origin() for name in own.binds - outer}
        inner = _Effects(self._origin, {**parameters, **local}, self._depth + 1)
        found = inner.of_block(nodes, own)
        flow, early = _flows(nodes), _early(nodes)
        found |= {name: flow.get(name, _NONE) for name in outer}
        if early:
            found.setdefault(RUNS, _NONE)
        anew = names_of(node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)).binds - outer
        reached = found.keys() - (local.keys() - parameters.keys()) - anew
        return {name: found[name] | early for name in reached}

    def _of_value(self, value: ast.expr | None) -> Origin:
        return self._known(value.id) if isinstance(value, ast.Name) else Origin()

    def _known(self, name: str) -> Origin:
        if name in self._own:
            return self._own[name]
        return self._origin(name) if name.isidentifier() else Origin()

    def _changeable(self, values: Iterable[ast.expr]) -> Iterator[str]:
        """The names at the root of some values, without those whose values nothing changes."""
        roots = filter(None, map(root_name, values))
        return (name for name in roots if self._known(name).type not in _VALUES)


def _evident(names: Iterable[str], deciding: NameSet) -> Iterator[_Effect]:
    """Certain changes of names: what they are after it depends on what they were, too."""
    return (_Effect(name, deciding | {name}) for name in names)


def _acts(node: ast.stmt) -> bool:
    """Whether a statement may do more than to bind variables of its own."""
    acting = ast.Call | ast.Attribute | ast.Subscript | ast.Import | ast.ImportFrom
    return any(isinstance(part, acting) for part in ast.walk(node))


def _is_consumed(kind: str) -> bool:
    """Whether values of a type are not the same any more when they have been used."""
    return kind in _CONSUMED or kind.endswith(_CONSUMED_ENDS)


def _effects(names: Iterable[str], deciding: NameSet) -> Iterator[_Effect]:
    return (_Effect(name, deciding) for name in names)


@lru_cache(maxsize=256)
def _flows(nodes: tuple[ast.stmt, ...]) -> Deciding:
    """For each name that statements bind or change, the names from outside that decide its value."""
    return flows(block_of(nodes), (), lambda _: False)


def _early(nodes: Iterable[ast.stmt]) -> NameSet:
    """The names that decide whether a function ends before its last statement."""
    parts = (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.If))
    return _NONE.union(*(names_in(part.test) for part in parts if _may_end(part)))


def _may_end(branch: ast.If) -> bool:
    """Whether what follows a branch may be left out because of it."""
    ends = ast.Return | ast.Raise | ast.Break | ast.Continue
    return any(isinstance(part, ends) for part in ast.walk(branch))


def _in_turn(nodes: Iterable[ast.stmt], tests: NameSet) -> Iterator[tuple[ast.stmt, NameSet]]:
    """Statements that follow each other, each with the names that decide whether the run gets to it."""
    for node in nodes:
        yield node, tests
        if isinstance(node, ast.If) and _may_end(node):
            tests |= names_in(node.test)


def _bodies(node: ast.stmt) -> Iterator[tuple[ast.stmt, NameSet]]:
    """The statements inside a statement, each with the names that decide whether it runs."""
    match node:
        case ast.If() | ast.While():
            tests = frozenset(names_in(node.test))
        case ast.For() | ast.AsyncFor():
            tests = frozenset(names_in(node.iter))
        case ast.Try() | ast.TryStar():
            yield from _tried(node)
            return
        case ast.Match():
            guards = (names_in(case.guard) for case in node.cases if case.guard is not None)
            tests = frozenset(names_in(node.subject)).union(*guards)
            for each in node.cases:
                yield from _in_turn(each.body, tests)
            return
        case _:
            tests = _NONE
    for body in (getattr(node, "body", ()), getattr(node, "orelse", ())):
        yield from _in_turn(body, tests)


def _tried(node: ast.Try | ast.TryStar) -> Iterator[tuple[ast.stmt, NameSet]]:
    """The statements of a ``try``. What comes before one in its body decides whether it is come to."""
    before = _NONE
    for part in node.body:
        yield part, before
        before |= names_in(part)
    for handler in node.handlers:
        yield from _in_turn(handler.body, before)
    yield from _in_turn(node.orelse, before)
    yield from _in_turn(node.finalbody, _NONE)


def _is_for_effect(name: str, kind: str, is_shown: bool) -> bool:
    """Whether a method whose result goes nowhere is called for what it changes. ``kind``: of which type."""
    if kind in PICTURES and _DRAWING.match(name):
        return True
    return _ACTING.match(name) is not None or not (is_shown or _SHOWING.match(name))


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call."""
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def _handed_over(call: ast.Call) -> Iterator[str]:
    """What a call is given that changes something when it is called: ``map(found.append, …)``."""
    for value in _given(call):
        if isinstance(value, ast.Lambda):
            yield from names_of([value.body]).evidence
        elif isinstance(value, ast.Attribute) and value.attr in MUTATING_METHODS:
            root = root_name(value)
            if root is not None:
                yield root


def _calls(node: ast.stmt) -> Iterator[tuple[ast.Call, NameSet]]:
    """The calls of a statement, without those of the statements inside it and of lambdas.

    Each comes with the names of the conditions inside expressions that decide whether it is made.
    """
    waiting: list[tuple[ast.AST, NameSet]] = [(node, _NONE)]
    while waiting:
        part, tests = waiting.pop()
        if isinstance(part, ast.Call):
            yield part, tests
        skipped = (ast.stmt, ast.Lambda, ast.ExceptHandler, ast.match_case)
        tests |= _conditions(part)
        waiting += [(child, tests) for child in ast.iter_child_nodes(part) if not isinstance(child, skipped)]


def _conditions(part: ast.AST) -> NameSet:
    """The names in the conditions of an expression: ``a if test else b``, ``test and a``, comprehensions."""
    match part:
        case ast.IfExp():
            return frozenset(names_in(part.test))
        case ast.BoolOp():
            return _NONE.union(*map(names_in, part.values[:-1]))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _NONE.union(*map(names_in, part.generators))
    return _NONE


def _awaited(value: ast.expr | None) -> ast.expr | None:
    return value.value if isinstance(value, ast.Await) else value


def _definition(text: str, name: str) -> Definition | None:
    found: Definition | None = None
    for node in body_apart_from_magics(text) if name and name in text else ():
        if isinstance(node, Definition) and node.name == name:
            found = node
    return found


def _method(defined: Definition | None, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in defined.body if isinstance(defined, ast.ClassDef) else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return None if node.decorator_list else node
    return None


def _imported(text: str) -> KnownNames:
    nodes = body_apart_from_magics(text)
    return KnownNames(drawing_names(nodes), frozenset(), pure_names(nodes))

"""Which names a text may change in place by its calls, judged by the text alone.

It is asked about texts that have not run, so nothing shows what their calls do. A call whose result is
thrown away is there for its effect, unless it is known to show something. Functions and classes of the
notebook are looked into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence

from cellgraph.code.display_only import PICTURES, KnownNames, drawing_names, is_quiet_call, pure_names
from cellgraph.code.expression_names import last_word, names_in, root_name
from cellgraph.code.source import body
from cellgraph.code.statement_names import MUTATING_METHODS, names_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern


class Origin(NamedTuple):
    """What is known of a name: the type of its value, and the text of the cell that made it."""

    type: str = ""
    text: str = ""


Origins = Callable[[str], Origin]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MAX_DEPTH = 4
"""So many functions are followed that call each other."""

_CHANGES_FIRST = frozenset(
    "heappush heappop heapify heapreplace heappushpop insort insort_left insort_right shuffle setattr"
    " delattr next fill_diagonal put place putmask copyto SubElement set_node_attributes set_edge_attributes"
    " setp".split()
)
"""Functions that change their first argument in place."""
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
    effects = _Effects(origin)
    return frozenset(
        name for node in nodes for name in effects.of_statement(node, is_shown=node is nodes[-1])
    )


class _Effects:
    """The effects of the calls of one scope. ``own`` are its local names, of which nothing is known."""

    def __init__(self, origin: Origins, own: frozenset[str] = frozenset(), depth: int = 0) -> None:
        self._origin, self._own, self._depth = origin, own, depth

    def of_statement(self, node: ast.stmt, is_shown: bool = False) -> Iterator[str]:
        """Names that a statement may change. ``is_shown``: the cell shows its value."""
        if isinstance(node, Definition):
            return
        bodies = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        bodies += [part for handler in getattr(node, "handlers", ()) for part in handler.body]
        inside = {name for part in bodies for name in self.of_statement(part)}
        yield from inside
        if isinstance(node, ast.For | ast.AsyncFor):
            inside |= names_of(bodies).evidence
            if not inside.isdisjoint(names_in(node.target)):
                yield from names_in(node.iter)
        if isinstance(node, ast.With | ast.AsyncWith):
            yield from self._changeable(item.context_expr for item in node.items)
        value = node.value if isinstance(node, ast.Expr) else None
        for call in _calls(node):
            yield from self._of_call(call, is_discarded=call is _awaited(value), is_shown=is_shown)

    def _of_call(self, call: ast.Call, is_discarded: bool, is_shown: bool) -> Iterator[str]:
        function = call.func
        yield from _handed_over(call)
        name = last_word(function)
        if name in _CHANGES_FIRST:
            yield from self._changeable(call.args[:1])
        if isinstance(function, ast.Name):
            yield from self._of_function(call, name, is_discarded)
        elif isinstance(function, ast.Attribute) and (root := root_name(function.value)):
            yield from self._of_method(call, root, name, is_discarded, is_shown)

    def _of_function(self, call: ast.Call, name: str, is_discarded: bool) -> Iterator[str]:
        origin = self._known(name)
        defined = _definition(origin.text, name)
        if isinstance(defined, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._of_own(defined, call, None)
        elif defined is None and is_discarded:
            yield from self._of_library(call, name, origin)

    def _of_library(self, call: ast.Call, name: str, origin: Origin) -> Iterator[str]:
        """What a function of a library changes of what it is given, if it is called like one that does."""
        if _ACTING.match(name) and not is_quiet_call(call, _imported(origin.text)):
            yield from self._changeable(call.args)

    def _of_method(
        self, call: ast.Call, root: str, name: str, is_discarded: bool, is_shown: bool
    ) -> Iterator[str]:
        origin = self._known(root)
        if origin.type == "module":
            if is_discarded:
                yield from self._of_library(call, name, origin)
            return
        if origin.type in _TOLD_BY_METHOD:
            return
        method = _method(_definition(self._known(origin.type).text, origin.type), name)
        if method is not None:
            yield from self._of_own(method, call, root)
        elif _is_for_effect(name, origin.type, is_shown) if is_discarded else _STORING.match(name):
            yield root

    def _of_own(
        self, defined: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, receiver: str | None
    ) -> Iterator[str]:
        """What a function of the notebook changes of what it is given, and of what is outside of it."""
        if self._depth >= _MAX_DEPTH:
            return
        own = names_of(defined.body)
        parameters = [part.arg for part in (*defined.args.posonlyargs, *defined.args.args)]
        given: dict[str, ast.expr] = {
            keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None
        }
        given |= zip(parameters[receiver is not None :], call.args, strict=False)
        outer = names_of([defined]).closure_binds
        local = frozenset(own.binds | set(parameters) | given.keys()) - outer
        inner = _Effects(self._origin, local, self._depth + 1)
        changed = own.evidence | {name for node in defined.body for name in inner.of_statement(node)}
        yield from outer
        yield from changed - local
        yield from self._changeable(value for name, value in given.items() if name in changed)
        if receiver is not None and parameters and parameters[0] in changed:
            yield receiver

    def _known(self, name: str) -> Origin:
        return Origin() if name in self._own or not name.isidentifier() else self._origin(name)

    def _changeable(self, values: Iterable[ast.expr]) -> Iterator[str]:
        """The names at the root of some values, without those whose values nothing changes."""
        roots = filter(None, map(root_name, values))
        return (name for name in roots if self._known(name).type not in _VALUES)


def _is_for_effect(name: str, kind: str, is_shown: bool) -> bool:
    """Whether a method whose result goes nowhere is called for what it changes. ``kind``: of which type."""
    if kind in PICTURES and _DRAWING.match(name):
        return True
    return _ACTING.match(name) is not None or not (is_shown or _SHOWING.match(name))


def _handed_over(call: ast.Call) -> Iterator[str]:
    """What a call is given that changes something when it is called: ``map(found.append, …)``."""
    for value in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(value, ast.Lambda):
            yield from names_of([value.body]).evidence
        elif isinstance(value, ast.Attribute) and value.attr in MUTATING_METHODS:
            root = root_name(value)
            if root is not None:
                yield root


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement, without those of the statements inside it and of lambdas."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Call):
            yield part
        skipped = (ast.stmt, ast.Lambda, ast.ExceptHandler, ast.match_case)
        waiting += [child for child in ast.iter_child_nodes(part) if not isinstance(child, skipped)]


def _awaited(value: ast.expr | None) -> ast.expr | None:
    return value.value if isinstance(value, ast.Await) else value


def _definition(text: str, name: str) -> Definition | None:
    found: Definition | None = None
    for node in body(text) if name and name in text else ():
        if isinstance(node, Definition) and node.name == name:
            found = node
    return found


def _method(defined: Definition | None, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for node in defined.body if isinstance(defined, ast.ClassDef) else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            return None if node.decorator_list else node
    return None


def _imported(text: str) -> KnownNames:
    nodes = body(text)
    return KnownNames(drawing_names(nodes), frozenset(), pure_names(nodes))

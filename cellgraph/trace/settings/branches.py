"""Which operations of a text a run did not get to, and what variables stood for in the others.

``if quick: pd.set_option("display.precision", 2)`` sets nothing where ``quick`` is false, and an option that
an earlier run has set so stays as it was.
"""

from __future__ import annotations

import ast
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from cellgraph.code.fast_ast import every_node
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.model import related
from cellgraph.trace.settings.text_events import Event

Loads = Mapping[str, frozenset[tuple[str, bool]]]
"""The parts of each name that a run was seen to load from outside: (path, whether only to store there)."""

_COMPARING: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


_CALCULATING: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}


class _Unknown(Exception):
    """What an expression gave in the run cannot be told from the text and the variables."""


def _calculated(operation: type[ast.operator], left: Any, right: Any) -> Any:
    """The result of an operation on two whole numbers."""
    if type(left) is not int or type(right) is not int:
        raise _Unknown
    try:
        return _CALCULATING[operation](left, right)
    except ZeroDivisionError:
        raise _Unknown from None


class Branches:
    """The branches of one run. ``names`` is the namespace after it, ``tree`` the syntax of its text.

    ``loads`` is None where nobody saw what the run loaded. ``failed_at`` is the line at which it failed.
    """

    def __init__(
        self,
        tree: ast.Module | None,
        names: Mapping[str, Any],
        loads: Loads | None,
        failed_at: int | None = None,
    ) -> None:
        self.names = names
        self._failed_at = failed_at
        self._loads = loads
        self._tree = tree

    @cached_property
    def _bound(self) -> Counter[str]:
        """How often the text binds each name, by imports and definitions too."""
        nodes = every_node(self._tree) if self._tree is not None else []
        found = Counter(
            node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        )
        imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
        found.update((a.asname or a.name).partition(".")[0] for node in imports for a in node.names)
        defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        found.update(node.name for node in nodes if isinstance(node, defined))
        return found

    @cached_property
    def _last_line(self) -> int | None:
        """The last line of the statement at which the run failed: below it nothing ran. None: it did not."""
        body = self._tree.body if self._tree is not None and self._failed_at else []
        return next((node.end_lineno for node in body if (node.end_lineno or 0) >= self._failed_at), None)  # type: ignore[operator]

    def is_below_failure(self, line: int) -> bool:
        """Whether a line of the cell stands below the statement at which the run failed."""
        return self._last_line is not None and line > self._last_line

    @cached_property
    def _binds_unknown(self) -> bool:
        """Whether the text may bind names that it does not show: by a star import, a magic, or ``exec``."""
        return "*" in self._bound or not {"exec", "get_ipython"}.isdisjoint(self._names_in_text)

    @cached_property
    def _names_in_text(self) -> frozenset[str]:
        """All names in the text."""
        nodes = every_node(self._tree) if self._tree is not None else []
        return frozenset(node.id for node in nodes if isinstance(node, ast.Name))

    def is_cut_off(self, tests: Iterable[tuple[ast.expr, bool]]) -> bool:
        """Whether the run certainly did not take a branch with these conditions."""
        try:
            return any(bool(self._value(test)) is not is_met for test, is_met in tests)
        except _Unknown:
            return False

    def taken(self, body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        """The statements without the branches that the run certainly did not take."""
        for node in body:
            if isinstance(node, ast.If) and self.is_cut_off([(node.test, True)]):
                yield from self.taken(node.orelse)
            elif isinstance(node, ast.If) and self.is_cut_off([(node.test, False)]):
                yield from self.taken(node.body)
            else:
                yield node

    def with_texts(self, event: Event) -> Event:
        """A call with the texts that the variables in it held, as if the text spelt them."""
        given = zip(event.keys, event.variables, strict=True)
        return event._replace(keys=tuple(self._text(name) if name else key for key, name in given))

    def _text(self, name: str) -> str | None:
        value = self.names.get(name)
        return value if type(value) is str and not self._bound[name] else None

    def _value(self, node: ast.expr) -> Any:
        """What an expression gave, if it is made of plain values alone: no code of the user's runs."""
        match node:
            case ast.Constant(value=value) if id(type(value)) in SCALAR_IDS:
                return value
            case ast.Name(id=name) if name in self.names and self._is_settled(name, node.lineno):
                return self.names[name]
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self._value(inner)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _CALCULATING:
                return _calculated(type(op), self._value(left), self._value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARING:
                try:
                    return _COMPARING[type(op)](self._value(left), self._value(right))
                except TypeError:
                    raise _Unknown from None
        raise _Unknown

    def known_value(self, node: ast.expr) -> tuple[object, ...]:
        """What an expression gave; empty if that is not known."""
        try:
            return (self._value(node),)
        except _Unknown:
            return ()

    def holds_scalar(self, variable: ast.Name) -> bool:
        """Whether a variable of the top level certainly held a number or a text where it stands."""
        return variable.id in self.names and self._is_settled(variable.id, variable.lineno)

    def _is_settled(self, name: str, line: int) -> bool:
        """Whether a variable is plain, and held at this line of the text what it holds now."""
        above = self._bound[name] == 1 and self._assigned_at.get(name, line) < line
        return (above or not self._bound[name]) and id(type(self.names[name])) in SCALAR_IDS

    @cached_property
    def _assigned_at(self) -> Mapping[str, int]:
        """By name, the line of its last plain assignment at the top level of the text."""
        body = self._tree.body if self._tree is not None else []
        plain = (node for node in body if isinstance(node, ast.Assign))
        return {
            target.id: node.lineno
            for node in plain
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def is_not_loaded(self, event: Event) -> bool:
        """Whether the run was seen to load other things only. Of names that a text binds that is not seen.

        ``in_function``: the operation stands in a function of the notebook.
        """
        first, *rest = event.dotted
        if self._loads is None:
            return False
        if first in self._bound or first not in self.names or self._binds_unknown:
            return False
        path = "".join(f".{word}" for word in rest)
        return not any(related(site, path) for site, _ in self._loads.get(first, frozenset()))

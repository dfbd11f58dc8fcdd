"""What is known of each name at one point of a notebook, and of its value."""

from __future__ import annotations

import ast
from dataclasses import field
from enum import IntEnum

from cellgraph.code.fast_ast import children
from cellgraph.code.statement_names import declared, names_of
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple


class Status(IntEnum):
    """Whether a name is bound."""

    DEFINED = 0
    MAYBE = 1
    """Bound on some of the ways that lead here."""
    DELETED = 2


class Binding(NamedTuple):
    """The state of a name at one point.

    ``cell`` is the number of the cell that bound it last, ``deleter`` of the cell that deleted it.
    """

    status: Status
    cell: int
    value: Value | None = None
    deleter: int = 0
    condition: str = ""
    """The test under which alone it is bound, as text; empty if there is none or more than one."""


State = dict[str, Binding]
"""The names of the namespace. One that is missing was never bound."""


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a function, a class or a comprehension. Those of a class grow as its body runs.

    The kind ``parameters`` holds the type parameters of a function or a class, around its own scope.
    """

    kind: str
    names: set[str] | frozenset[str]
    parent: Scope | None = None
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Function:
    """A function or lambda that the notebook defines. ``cell`` is the number of its cell."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    cell: int
    scope: Scope | None
    own: bool = True
    """Whether a call runs the body: no decorator stands between."""
    visited: bool = False
    _names: frozenset[str] | None = None
    _lazy: bool | None = None

    @property
    def title(self) -> str:
        """The function's name."""
        return getattr(self.node, "name", "lambda")

    @property
    def names(self) -> frozenset[str]:
        """Its local names."""
        if self._names is None:
            self._names = _locals(self.node)
        return self._names

    @property
    def lazy(self) -> bool:
        """Whether it is a generator, whose body does not run when it is called."""
        if self._lazy is None:
            body = [self.node.body] if isinstance(self.node, ast.Lambda) else self.node.body
            self._lazy = any(
                isinstance(part, ast.Yield | ast.YieldFrom) for node in body for part in _own_nodes(node)
            )
        return self._lazy

    @property
    def writes(self) -> frozenset[str]:
        """The names that it declares as global."""
        return frozenset() if isinstance(self.node, ast.Lambda) else declared(self.node.body, ast.Global)


@dataclass(eq=False, slots=True)
class Class:
    """A class that the notebook defines, with its methods by name.

    ``plain`` tells that it has no base class.
    """

    title: str
    methods: dict[str, Function]
    plain: bool = True


@dataclass(eq=False, slots=True)
class Instance:
    """An object that a call of the class made."""

    made_by: Class


@dataclass(eq=False, slots=True)
class Nonempty:
    """A collection with at least one element, or a whole number above zero."""


Value = Function | Class | Instance | Nonempty


def joined(first: State, second: State, condition: str = "") -> State:
    """The state where two paths meet. ``condition`` is the test by which the first one was taken."""
    if first is second:
        return first
    found = dict(second)
    for name, binding in first.items():
        other = second.get(name)
        if other is not binding:
            found[name] = _met(binding, other, condition)
    for name, binding in second.items():
        if name not in first and binding.status is Status.DEFINED:
            found[name] = binding._replace(status=Status.MAYBE, condition=negated(condition))
    return found


def _met(one: Binding, other: Binding | None, condition: str) -> Binding:
    if other is None:
        if one.status is Status.DELETED:
            return one
        return one._replace(status=Status.MAYBE, condition=condition if one.status is Status.DEFINED else "")
    if one.status is other.status:
        value = one.value if one.value is other.value or other.value is None else None
        return one._replace(value=value, condition="")
    bound = one if one.status < other.status else other
    deleter = one.deleter or other.deleter
    under = condition if bound is one else negated(condition)
    return bound._replace(
        status=Status.MAYBE, deleter=deleter, condition=under if bound.status is Status.DEFINED else ""
    )


def negated(condition: str) -> str:
    """The test that holds if this one does not."""
    if not condition:
        return ""
    return condition[1:] if condition.startswith("~") else "~" + condition


def _locals(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    arguments = node.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    found = {argument.arg for argument in every if argument is not None}
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    names = names_of(body)
    found |= (names.binds | names.deletes) - declared(body, ast.Global) - declared(body, ast.Nonlocal)
    return frozenset(found)


_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """A node and the nodes below it that belong to the same function."""
    found, waiting = [], [node]
    while waiting:
        current = waiting.pop()
        found.append(current)
        if not isinstance(current, _INNER):
            waiting.extend(children(current))
    return found

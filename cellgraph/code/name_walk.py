"""The base of the walk over a notebook: which names are bound at one point, and how a use is reported."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field

from cellgraph.code.fast_ast import Visits
from cellgraph.code.ipython_syntax import IPythonCommand
from cellgraph.code.known_calls import is_nonempty
from cellgraph.code.name_states import (
    Binding,
    Class,
    Function,
    Instance,
    Nonempty,
    Scope,
    State,
    Status,
    Value,
)
from cellgraph.code.statement_names import names_of
from cellgraph.light_dataclass import dataclass

KERNEL_NAMES = frozenset(dir(builtins)) | frozenset(
    "In Out _ __ ___ _i _ii _iii _ih _oh _dh _exit_code get_ipython display exit quit open copyright"
    " credits license"
    " __builtin__ __builtins__ __doc__ __loader__ __name__ __package__ __spec__ __annotations__ __debug__"
    " __vsc_ipynb_file__ __session__".split()
)
"""Names that every kernel has before the first cell."""
_OTHER_KERNELS = frozenset("spark sc sqlContext sqlc dbutils displayHTML table WindowsError println".split())
"""Names that kernels of some platforms have: missing elsewhere, so never surely."""
QUIET, BROAD = 2, 1
"""How far an enclosing ``try`` catches a NameError: on purpose, or with everything else."""
_LAZY_ANNOTATIONS = sys.version_info >= (3, 14)
DEEPEST = 40
"""Nested calls that are followed."""


@dataclass(frozen=True, slots=True)
class Exports:
    """What ``from module import *`` binds. ``complete`` tells whether these are all its names."""

    names: frozenset[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A position: the number of the cell, the line in it counted from 1, and the columns in bytes."""

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A use of a name that is not bound.

    ``status`` is None if the name was never bound above. ``sure`` tells whether every restart fails there.
    ``inside`` is what holds the use: ``function``, ``lambda``, ``class``, ``default``, ``decorator`` or
    nothing. ``call`` is the call by which a restart reaches it. ``unknown`` tells that a cell above may have
    bound the name in a way that the text does not show.
    """

    name: str
    place: Place
    sure: bool
    status: Status | None
    deleter: int = 0
    inside: str = ""
    holder: str = ""
    call: Place | None = None
    unknown: bool = False


@dataclass
class World:
    """What the walk is told about the world outside the notebook: modules, scripts, packages."""

    exports: Callable[[str, int], Exports | None] = lambda _module, _level: None
    script: Callable[[str], frozenset[str]] = lambda _path: frozenset()
    more: frozenset[str] = frozenset()
    """Names that this kernel has besides."""


@dataclass
class Loop:
    """A loop around the current point.

    It holds the body, how many conditions surround the loop, and the states at ``break`` and ``continue``.
    """

    body: Sequence[ast.stmt]
    depth: int
    outer: Loop | None
    broken: list[State] = field(default_factory=list)
    continued: list[State] = field(default_factory=list)

    def binds(self, name: str) -> bool:
        """Whether an earlier round may have bound a name."""
        return name in names_of(self.body).binds or (self.outer is not None and self.outer.binds(name))


@dataclass
class Context:
    """What else, besides the names, holds at one point of the walk."""

    sure: bool = True
    caught: int = 0
    scope: Scope | None = None
    inside: str = ""
    holder: str = ""
    call: Place | None = None
    conditions: tuple[str, ...] = ()
    loop: Loop | None = None
    forks: int = 0
    """Conditions around this point."""
    tried_at: int = 0
    """How many of them lay around the ``try`` that this point is in."""


@dataclass
class Findings:
    """The result: the missing names, and the cells that bind each name."""

    missing: list[Missing] = field(default_factory=list)
    bound: dict[str, list[int]] = field(default_factory=dict)
    unknown_from: int = 0
    """The cell from which on names may come that no text shows; 0 if there is none."""


class NameWalk(Visits, ast.NodeVisitor):
    """Keeps the state of each name during the walk.

    The subclasses walk through calls, expressions and statements.
    """

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.state: State = {}
        self.found = Findings()
        self._at = Context()
        self._cell = 0
        self._commands: dict[int, Sequence[IPythonCommand]] = {}
        self._doubt = False
        self._functions: list[Function] = []
        self._active: list[Function] = []
        self._walked: set[int] = set()
        self._noting = True
        self._awaited: ast.AST | None = None
        self._known = KERNEL_NAMES | self.world.more
        self._future_annotations = _LAZY_ANNOTATIONS

    def block(self, body: Sequence[ast.stmt]) -> bool:
        """Walk through statements. True if no path leads past their end."""
        raise NotImplementedError

    @contextmanager
    def _inside(self, kind: str, title: str) -> Iterator[None]:
        context = self._at
        if context.inside:  # the outermost is what a reader sees fail
            yield
            return
        context.inside, context.holder = kind, title
        yield
        context.inside = context.holder = ""

    def _lambda(self, node: ast.Lambda) -> Function:
        known = next((function for function in reversed(self._functions[-8:]) if function.node is node), None)
        if known is None:
            known = Function(node, self._cell, self._at.scope)
            self._functions.append(known)
        return known

    def visit_Name(self, node: ast.Name) -> None:
        """Check a load, bind a store; a ``del`` needs the name and unbinds it."""
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
            return
        if self._at.scope is not None and self._own_scope(node.id) is not None:
            if isinstance(node.ctx, ast.Del) and self._at.scope.kind == "class":
                self._at.scope.names -= {node.id}
            return
        self._load(node.id, node)
        if isinstance(node.ctx, ast.Del):
            self.state[node.id] = Binding(Status.DELETED, self._cell, None, self._cell)
            self._walked.clear()

    def _own_scope(self, name: str) -> Scope | None:
        """The scope inside the cell that has the name; None if it belongs to the namespace."""
        scope, first = self._at.scope, True
        while scope is not None:
            if name in scope.names and (first or scope.kind != "class"):
                return scope
            first = first and scope.kind == "parameters"
            scope = scope.parent
        return None

    def _load(self, name: str, node: ast.expr) -> None:
        binding = self.state.get(name)
        if binding is not None and binding.status is Status.DEFINED:
            return
        if name in self._known:
            return
        context = self._at
        if binding is not None and binding.status is Status.MAYBE and binding.condition in context.conditions:
            return
        self._report(name, node, binding)
        probed = bool(context.caught) and context.forks == context.tried_at
        if probed or (binding is not None and binding.status is Status.MAYBE and not context.forks):
            self.state[name] = Binding(Status.DEFINED, binding.cell if binding else self._cell)

    def _report(self, name: str, node: ast.expr, binding: Binding | None) -> None:
        context = self._at
        if context.caught == QUIET or name == "__class__":
            return
        loop = context.loop
        if loop is not None and len(context.conditions) > loop.depth and binding is None and loop.binds(name):
            return  # the round before has bound it, as the condition may well ask
        unknown = bool(self.found.unknown_from)
        maybe = binding is not None and binding.status is Status.MAYBE
        sure = context.sure and not maybe and not context.caught and not unknown and not self._doubt
        self.found.missing.append(
            Missing(
                name,
                self._place(node),
                sure and name not in _OTHER_KERNELS,
                binding.status if binding else None,
                binding.deleter if binding else 0,
                context.inside,
                context.holder,
                context.call,
                unknown,
            )
        )

    def _place(self, node: ast.expr) -> Place:
        end, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return Place(self._cell, node.lineno, node.col_offset, end, end_column)

    def _bind(self, name: str, value: Value | None = None, *, note: bool = True) -> None:
        scope = self._at.scope
        while scope is not None and scope.kind == "comprehension" and name not in scope.names:
            scope = scope.parent  # a walrus binds in the scope around the comprehension
        if scope is None:
            self._bind_global(name, value, note=note)
        elif scope.kind == "class":
            scope.names |= {name}
            _keep(scope, name, value)
        elif (owner := self._own_scope(name)) is not None:
            _keep(owner, name, value)
        else:
            self._bind_global(name, value, note=note)

    def _bind_global(self, name: str, value: Value | None, *, note: bool = True) -> None:
        known = self.state.get(name)
        if known is not None and isinstance(known.value, Function | Class):
            self._walked.clear()
        self.state[name] = Binding(Status.DEFINED, self._cell, value)
        if note and self._noting:
            cells = self.found.bound.setdefault(name, [])
            if not cells or cells[-1] != self._cell:
                cells.append(self._cell)

    def _value_of(self, node: ast.expr) -> Value | None:  # noqa: PLR0911 - one case a kind
        """What is known of an expression's value."""
        if isinstance(node, ast.Name):
            scope = self._own_scope(node.id) if self._at.scope is not None else None
            if scope is not None:
                return scope.values.get(node.id)
            binding = self.state.get(node.id)
            return binding.value if binding is not None and binding.status is not Status.DELETED else None
        if isinstance(node, ast.Lambda):
            return self._lambda(node)
        if isinstance(node, ast.Call):
            made = self._value_of(node.func)
            return Instance(made) if isinstance(made, Class) else None
        if isinstance(node, ast.Attribute):
            held = self._value_of(node.value) if isinstance(node.value, ast.Name | ast.Call) else None
            if isinstance(held, Instance | Class):
                return (held.made_by if isinstance(held, Instance) else held).methods.get(node.attr)
            return None
        return Nonempty() if is_nonempty(node, self._value_of) else None


def _keep(scope: Scope, name: str, value: Value | None) -> None:
    if value is not None:
        scope.values[name] = value
    elif scope.values:
        scope.values.pop(name, None)

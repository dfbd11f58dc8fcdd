"""Which names a notebook uses where no cell above has bound them: the cells are read from top to bottom, as a restart runs them.

Nothing is executed. The walk keeps, for each name, whether it is bound on every way that leads here, on some, or deleted. It follows
calls into the functions that the notebook defines. A use is *sure* where a restart is bound to come by: not behind a condition, in a loop
that may have no round, or in a function that nobody is known to call.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cellgraph.code.commands import Effect, effect_of
from cellgraph.code.fast_ast import Visits, every_node
from cellgraph.code.ipython_syntax import PLACEHOLDER, Cell, Command, without_options
from cellgraph.code.known_calls import (
    changes_namespace,
    guarded_names,
    injected,
    is_nonempty,
    leaves,
    may_catch,
    pushed_names,
    truth,
)
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
    joined,
    negated,
)
from cellgraph.code.source import parsed
from cellgraph.code.statement_names import names_of

KERNEL_NAMES = frozenset(dir(builtins)) | frozenset(
    "In Out _ __ ___ _i _ii _iii _ih _oh _dh _exit_code get_ipython display exit quit open copyright credits license"
    " __builtin__ __builtins__ __doc__ __loader__ __name__ __package__ __spec__ __annotations__ __debug__"
    " __vsc_ipynb_file__ __session__".split()
)
"""Names that every kernel has before the first cell."""
_OTHER_KERNELS = frozenset("spark sc sqlContext sqlc dbutils displayHTML table WindowsError".split())
"""Names that kernels of some platforms have: missing elsewhere, so never surely."""
_QUIET, _BROAD = 2, 1
"""How far an enclosing ``try`` catches a NameError: on purpose, or with everything else."""
_LAZY_ANNOTATIONS = sys.version_info >= (3, 14)
_DEEPEST = 40
"""Nested calls that are followed."""


@dataclass(frozen=True, slots=True)
class Exports:
    """What ``from module import *`` binds. ``complete`` tells whether these are all names."""

    names: frozenset[str]
    complete: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the number of the cell, the line in it from 1, and the columns in bytes."""

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that is used where it is not bound.

    ``status`` is None if it was never bound above. ``sure`` tells whether a restart fails there. ``inside`` is what holds the use:
    ``function``, ``lambda``, ``class``, ``default`` or ``decorator``, or nothing. ``call`` is the call that a restart gets there by.
    ``unknown`` tells that a cell above may have bound it in a way that a text does not show.
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
    """What the walk is told about things outside the notebook."""

    exports: Callable[[str, int], Exports | None] = lambda module, level: None
    script: Callable[[str], frozenset[str]] = lambda path: frozenset()
    more: frozenset[str] = frozenset()
    """Names that this kernel has besides."""


@dataclass
class _Loop:
    """A loop that the walk is in: its body, how many conditions lay around it, and the states at its ``break`` and ``continue``."""

    body: Sequence[ast.stmt]
    depth: int
    outer: _Loop | None
    broken: list[State] = field(default_factory=list)
    continued: list[State] = field(default_factory=list)

    def binds(self, name: str) -> bool:
        """Whether an earlier round may have bound a name."""
        return name in names_of(self.body).binds or (self.outer is not None and self.outer.binds(name))


@dataclass
class _Context:
    """What holds at one point of the walk besides the names."""

    sure: bool = True
    caught: int = 0
    scope: Scope | None = None
    inside: str = ""
    holder: str = ""
    call: Place | None = None
    conditions: tuple[str, ...] = ()
    loop: _Loop | None = None


@dataclass
class Findings:
    """The result: what is missing, and in which cells each name is bound."""

    missing: list[Missing] = field(default_factory=list)
    bound: dict[str, list[int]] = field(default_factory=dict)
    unknown_from: int = 0
    """The cell from which on names may come that no text shows; 0 if there is none."""


class Walk(Visits, ast.NodeVisitor):
    """Reads one notebook. ``cell`` is called for each code cell in order, then ``finish``."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.state: State = {}
        self.found = Findings()
        self._at = _Context()
        self._cell = 0
        self._commands: dict[int, Sequence[Command]] = {}
        self._doubt = False
        self._functions: list[Function] = []
        self._active: list[Function] = []
        self._settled: set[int] = set()
        self._noting = True
        self._awaited: ast.AST | None = None
        self._known = KERNEL_NAMES | self.world.more
        self._future_annotations = _LAZY_ANNOTATIONS

    # -- cells ------------------------------------------------------------------------------------

    def cell(self, number: int, cell: Cell, *, may_fail: bool = False, may_skip: bool = False) -> None:
        """Read one cell. ``may_fail``: an error in it is expected. ``may_skip``: not every run executes it."""
        self._cell = number
        self._commands[number] = cell.commands
        self._at = _Context(caught=_QUIET if may_fail else 0, sure=not may_skip)
        before = self.state
        if may_skip:
            self.state = dict(before)
        if cell.automagic is not None and cell.automagic.name not in self.state:
            self._apply(effect_of(cell.automagic, self.world.script), cell.automagic)
        elif cell.tree is not None:
            self._body(cell, cell.tree)
        if may_skip:
            self.state = joined(before, self.state)

    def _body(self, cell: Cell, tree: ast.Module) -> None:
        timed = any(head.name == "timeit" for head in cell.heads)
        kept, self._noting = self.state, not timed
        if timed:  # its body is a function: what it binds stays there
            self.state = dict(kept)
        for head in cell.heads:
            self._apply(effect_of(head, self.world.script), head)
            if head.name in ("timeit", "memit") and head.kind == "cell":
                self._block(getattr(parsed(without_options(head.rest)), "body", ()))
        self._block(tree.body)
        if timed:
            self.state, self._noting = kept, True

    def broken_cell(self, number: int, names: Iterable[str]) -> None:
        """A cell that does not parse: it binds nothing, and what it was meant to bind is no news."""
        self._cell = number
        for name in names:
            self.state.setdefault(name, Binding(Status.DEFINED, number))
        self._doubt = True

    def finish(self) -> Findings:
        """Look into the functions that no call led to, with all names that the notebook ever binds."""
        ever = {name: Binding(Status.DEFINED, cells[0]) for name, cells in self.found.bound.items()}
        self.state = {**self.state, **ever}
        while left := [function for function in self._functions if not function.visited]:
            for function in left:
                self._at = _Context(sure=False)
                self._cell = function.cell
                self._enter(function, None, sure=False)
        return self.found

    # -- statements -------------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt]) -> bool:
        """Walk through statements. Returns whether no way leads past their end."""
        ended = False
        for node in body:
            if ended:
                self._at.sure = False
            ended = self._statement(node) or ended
        return ended

    def _statement(self, node: ast.stmt) -> bool:
        kind = type(node)
        if kind is ast.Expr or kind is ast.Assign:
            self.visit(node)
            return kind is ast.Expr and leaves(node)
        if kind is ast.If:
            return self._if(node)  # type: ignore[arg-type]
        if kind in (ast.Return, ast.Raise, ast.Continue, ast.Break):
            self.generic_visit(node)
            if kind is ast.Break and self._at.loop is not None:
                self._at.loop.broken.append(self.state)
            elif kind is ast.Continue and self._at.loop is not None:
                self._at.loop.continued.append(self.state)
            return True
        special = _COMPOUND.get(kind)
        if special is not None:
            return special(self, node)
        self.visit(node)
        return False

    def _if(self, node: ast.If) -> bool:
        self.visit(node.test)
        known = truth(node.test)
        if known is not None:
            return self._block(node.body if known else node.orelse)
        with_names, without = guarded_names(node.test)
        condition = ast.dump(node.test)
        start, sure = self.state, self._at.sure
        first, first_ended = self._branch(node.body, start, with_names, condition)
        second, second_ended = self._branch(node.orelse, start, without, negated(condition))
        self._at.sure = sure
        if first_ended or second_ended:
            self.state = second if first_ended else first
            # Behind a ``return`` or ``break`` it is not sure that one comes here; behind a ``raise`` a restart has failed.
            left = node.body if first_ended else node.orelse
            self._at.sure = sure and isinstance(left[-1], ast.Raise) and not self._at.caught
            return first_ended and second_ended
        self.state = joined(first, second, condition)
        return False

    def _branch(
        self, body: Sequence[ast.stmt], start: State, names: Iterable[str], condition: str
    ) -> tuple[State, bool]:
        self.state = dict(start)
        for name in names:
            self.state[name] = Binding(Status.DEFINED, self._cell)
        self._at.sure = False
        outer = self._at.conditions
        self._at.conditions = (*outer, condition)
        ended = self._block(body)
        self._at.conditions = outer
        return self.state, ended

    def _for(self, node: ast.For | ast.AsyncFor) -> bool:
        self.visit(node.iter)
        return self._loop(node, is_nonempty(node.iter, self._value_of), node.target)

    def _while(self, node: ast.While) -> bool:
        self.visit(node.test)
        known = truth(node.test)
        if known is False:
            return self._block(node.orelse)
        return self._loop(node, known is True, None, endless=known is True)

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, runs: bool, target: ast.expr | None, endless: bool = False
    ) -> bool:
        start, context, sure = self.state, self._at, self._at.sure
        self.state = dict(start)
        context.sure = sure and runs
        if target is not None:
            self.visit(target)
        loop = context.loop = _Loop(node.body, len(context.conditions), context.loop)
        ended = self._block(node.body)
        context.loop, context.sure = loop.outer, sure
        rounds = [*loop.continued] if ended and (loop.broken or loop.continued) else [self.state, *loop.continued]
        after = None if endless or not rounds else _all_joined(rounds if runs else [start, *rounds])
        if after is not None and node.orelse:
            self.state = dict(after)
            context.sure = sure and not loop.broken
            self._block(node.orelse)
            context.sure, after = sure, self.state
        ways = ([after] if after is not None else []) + loop.broken
        self.state = _all_joined(ways) if ways else self.state
        return not ways

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        caught = self._at.caught
        start = self.state
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.visit(item.optional_vars)
            caught = max(caught, _suppressed(item.context_expr))
        if caught == self._at.caught:
            return self._block(node.body)
        outer, self._at.caught = self._at.caught, caught
        self.state = dict(start)
        self._block(node.body)
        self._at.caught = outer
        self.state = joined(start, self.state)
        return False

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        if not node.handlers:
            ended = self._block([*node.body, *node.orelse])
            return self._block(node.finalbody) or ended
        start, context = self.state, self._at
        sure, caught = context.sure, context.caught
        context.caught = max(caught, *(may_catch(handler.type) for handler in node.handlers))
        self.state = dict(start)
        ended = self._block(node.body[:1])
        context.sure = False
        ended = self._block(node.body[1:]) or ended
        tried = self.state
        context.caught = caught
        # A failed ``try`` may have come any way through its body.
        failed = joined(start, tried)
        ended = self._block(node.orelse) or ended
        ends = [] if ended else [self.state]
        for handler in node.handlers:
            self.state = dict(failed)
            if not self._handler(handler):
                ends.append(self.state)
        self.state = ends[0] if ends else tried
        for other in ends[1:]:
            self.state = joined(self.state, other)
        context.sure = sure
        return self._block(node.finalbody) or not ends

    def _handler(self, handler: ast.ExceptHandler) -> bool:
        self._at.sure = False
        if handler.type is not None:
            self.visit(handler.type)
        if handler.name:
            self._bind(handler.name, note=False)
        ended = self._block(handler.body)
        if handler.name and self._own_scope(handler.name) is None:
            self.state.pop(handler.name, None)
        return ended

    def _match(self, node: ast.Match) -> bool:
        self.visit(node.subject)
        start, sure = self.state, self._at.sure
        ends: list[State] = []
        last = node.cases[-1]
        complete = (
            last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        )
        for case in node.cases:
            self.state = dict(start)
            self._at.sure = False
            self.visit(case.pattern)
            if case.guard is not None:
                self.visit(case.guard)
            if not self._block(case.body):
                ends.append(self.state)
        self._at.sure = sure
        if not complete:
            ends.append(start)
        self.state = ends[0] if ends else start
        for other in ends[1:]:
            self.state = joined(self.state, other)
        return not ends

    # -- definitions ------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators, defaults and annotations run now, the body when it is called."""
        with self._inside("decorator", node.name):
            for decorator in node.decorator_list:
                self.visit(decorator)
        self._defaults(node.args, node.name)
        self._annotations(node)
        own = all(map(_is_transparent, node.decorator_list))
        function = Function(node, self._cell, self._at.scope, own)
        self._functions.append(function)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Name) and isinstance(wrapper := self._value_of(decorator), Function):
                self._enter(wrapper, decorator, sure=self._at.sure)
            elif _name_of(decorator) in ("interact", "interact_manual"):
                self._enter(function, decorator, sure=False)
        self._bind(node.name, function)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast calls it by this name

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Its defaults run now."""
        self._defaults(node.args, "lambda")
        self._lambda(node)

    def _lambda(self, node: ast.Lambda) -> Function:
        known = next((function for function in reversed(self._functions[-8:]) if function.node is node), None)
        if known is None:
            known = Function(node, self._cell, self._at.scope)
            self._functions.append(known)
        return known

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The body runs at once, in a scope of its own."""
        with self._inside("decorator", node.name):
            for decorator in node.decorator_list:
                self.visit(decorator)
        with self._inside("class", node.name):
            for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
                self.visit(part)
        outer = self._at.scope
        inner = Scope("class", {"__module__", "__qualname__", *_type_parameters(node)}, outer)
        self._at.scope = inner
        with self._inside("class", node.name):
            self._block(node.body)
        self._at.scope = outer
        methods = {name: value for name, value in inner.values.items() if isinstance(value, Function)}
        plain = all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
        self._bind(node.name, Class(node.name, methods, plain and not node.keywords))

    def _defaults(self, arguments: ast.arguments, title: str) -> None:
        if not (arguments.defaults or arguments.kw_defaults):
            return
        with self._inside("default", title):
            for default in (*arguments.defaults, *arguments.kw_defaults):
                if default is not None:
                    self.visit(default)

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        every = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        given = [argument.annotation for argument in every if argument is not None]
        parameters = _type_parameters(node)
        outer = self._at.scope
        if parameters:
            self._at.scope = Scope("function", parameters, outer)
        for annotation in (*given, node.returns):
            self._annotation(annotation)
        self._at.scope = outer

    def _annotation(self, annotation: ast.expr | None) -> None:
        if annotation is None or self._future_annotations:
            return
        with self._inside("default", "annotation"):
            self.visit(annotation)

    @contextmanager
    def _inside(self, kind: str, title: str) -> Iterator[None]:
        context = self._at
        if context.inside:  # the outermost is what a reader sees fail
            yield
            return
        context.inside, context.holder = kind, title
        yield
        context.inside = context.holder = ""

    # -- calls ------------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> None:
        """The parts first, then what the call runs."""
        function = node.func
        if isinstance(function, ast.Name) and function.id == PLACEHOLDER:
            self._command(node)
            return
        awaited = self._awaited is node
        if self._special(node):
            return
        self.visit(function)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)
        self._run(node, awaited=awaited)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if type(argument) in (ast.Name, ast.Lambda, ast.Attribute):
                self._passed(argument)

    def visit_Await(self, node: ast.Await) -> None:
        """The call of an ``async def`` runs it only where it is awaited."""
        self._awaited = node.value
        self.visit(node.value)

    def _run(self, node: ast.Call, *, awaited: bool) -> None:
        value = self._value_of(node.func)
        if isinstance(value, Class):
            for name in ("__new__", "__init__", "__post_init__"):
                if (method := value.methods.get(name)) is not None:
                    self._enter(method, node, sure=self._at.sure and value.plain)
        elif isinstance(value, Function):
            runs = awaited or not isinstance(value.node, ast.AsyncFunctionDef)
            self._enter(value, node, sure=self._at.sure and runs and not value.lazy)

    def _passed(self, argument: ast.expr) -> None:
        """A function that is given to a call may be called by it."""
        if isinstance(argument, ast.Lambda):
            self._enter(self._lambda(argument), argument, sure=False)
        elif isinstance(value := self._value_of(argument), Function):
            self._enter(value, argument, sure=False)

    def _enter(self, function: Function, site: ast.expr | None, *, sure: bool) -> None:
        """Walk through the body of a function as a call does."""
        sure = sure and function.own
        first = not function.visited
        function.visited = True
        key = id(function.node) * 2 + sure
        if function in self._active or len(self._active) > _DEEPEST or (key in self._settled and not first):
            return
        outer, cell, found = self._at, self._cell, len(self.found.missing)
        call = outer.call or (self._place(site) if site is not None else None)
        kind = "lambda" if isinstance(function.node, ast.Lambda) else "function"
        self._at = _Context(
            sure, outer.caught, Scope("function", function.names, function.scope),
            outer.inside or kind, outer.holder or function.title, call, outer.conditions,
        )  # fmt: skip
        self._cell = function.cell
        start = self.state
        writes = function.writes
        if writes and not sure:
            self.state = dict(start)
        self._active.append(function)
        if isinstance(function.node, ast.Lambda):
            self.visit(function.node.body)
        else:
            self._block(function.node.body)
        self._active.pop()
        self._at, self._cell = outer, cell
        if writes and not sure:
            self.state = joined(start, self.state)
        if not writes and len(self.found.missing) == found:
            self._settled.add(key)

    def _special(self, node: ast.Call) -> bool:
        """Calls that bind names in a way of their own. Returns whether all is done for this call."""
        code = _constant_code(node)
        if code is not None:
            tree = parsed(code)
            if tree is not None:
                self._block(tree.body)
            return True
        for name in injected(node):
            self._bind(name)
        pushed = pushed_names(node)
        if pushed is not None:
            for name in pushed:
                self._bind_global(name, None)
            for keyword in node.keywords:
                self.visit(keyword.value)
            for argument in node.args:
                self.visit(argument)
            return True
        command = _magic_call(node)
        if command is not None:
            self._apply(effect_of(command, self.world.script), command)
            return True
        if changes_namespace(node, at_top=not self._active):
            self._forget()
        return False

    # -- commands ---------------------------------------------------------------------------------

    def _command(self, node: ast.Call) -> None:
        number = node.args[0]
        assert isinstance(number, ast.Constant)
        assert isinstance(number.value, int)
        command = self._commands[self._cell][number.value]
        self._apply(effect_of(command, self.world.script), command)

    def _apply(self, effect: Effect, command: Command) -> None:
        for module in effect.stars:
            self._star(module, 0)
        for code in effect.runs:
            tree = parsed(code)
            if tree is not None:
                kept = self.state
                self.state = dict(kept)
                before = self._at.sure
                self._at.sure = (
                    False  # its columns are not the cell's, and its options may keep it from running
                )
                self._block(tree.body)
                self._at.sure = before
                self.state = kept
        for name in effect.binds:
            self._bind_global(name, None)
        for name in effect.deletes:
            if name in self.state:
                self.state[name] = Binding(Status.DELETED, self._cell, None, self._cell)
        if effect.clears:
            self.state = {name: Binding(Status.DELETED, self._cell, None, self._cell) for name in self.state}
        if effect.unknown:
            self._forget()

    def _star(self, module: str, level: int) -> None:
        exports = self.world.exports(module, level)
        if exports is None:
            self._forget()
            return
        for name in exports.names:
            self._bind(name, note=False)
        if not exports.complete:
            self._forget()

    def _forget(self) -> None:
        """From here on any name may be bound: the text does not tell."""
        self.found.unknown_from = self.found.unknown_from or self._cell

    # -- names ------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        """A load is checked, a store binds, a ``del`` needs the name and unbinds it."""
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
            self._settled.clear()

    def _own_scope(self, name: str) -> Scope | None:
        """The scope inside the cell that has the name; None if it is one of the namespace."""
        scope, first = self._at.scope, True
        while scope is not None:
            if name in scope.names and (first or scope.kind != "class"):
                return scope
            first = first and scope.kind == "comprehension"
            scope = scope.parent
        return None

    def _load(self, name: str, node: ast.expr) -> None:
        binding = self.state.get(name)
        if binding is not None and binding.status is Status.DEFINED:
            return
        if name in self._known:
            return
        context = self._at
        if binding is not None and binding.status is Status.MAYBE and binding.condition:
            if binding.condition in context.conditions:
                return
        self._report(name, node, binding)
        if (binding is not None and binding.status is Status.MAYBE) or context.caught:
            self.state[name] = Binding(Status.DEFINED, binding.cell if binding else self._cell)

    def _report(self, name: str, node: ast.expr, binding: Binding | None) -> None:
        context = self._at
        if context.caught == _QUIET or name == "__class__":
            return
        loop = context.loop
        if loop is not None and len(context.conditions) > loop.depth and binding is None and loop.binds(name):
            return  # the round before has bound it, as the condition may well ask
        unknown = bool(self.found.unknown_from)
        maybe = binding is not None and binding.status is Status.MAYBE
        sure = context.sure and not maybe and not context.caught and not unknown and not self._doubt
        self.found.missing.append(
            Missing(
                name, self._place(node), sure and name not in _OTHER_KERNELS, binding.status if binding else None,
                binding.deleter if binding else 0, context.inside, context.holder, context.call, unknown,
            )
        )  # fmt: skip

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
            self._settled.clear()
        self.state[name] = Binding(Status.DEFINED, self._cell, value)
        if note and self._noting:
            cells = self.found.bound.setdefault(name, [])
            if not cells or cells[-1] != self._cell:
                cells.append(self._cell)

    def _value_of(self, node: ast.expr) -> Value | None:
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

    # -- other expressions and statements ----------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> None:
        """The value is worked out before it is bound; a function in it is kept with the name."""
        self.visit(node.value)
        value = None
        if type(node.value) is not ast.Constant or type(node.value.value) is int:
            value = self._value_of(node.value)
        for target in node.targets:
            if value is not None and isinstance(target, ast.Name):
                self._bind(target.id, value)
            else:
                self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The name is loaded before it is bound."""
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The annotation of a variable of the cell or of a class is worked out, that of a local one is not."""
        if node.value is not None:
            self.visit(node.value)
        scope = self._at.scope
        if scope is None or scope.kind == "class":
            self._annotation(node.annotation)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """``(name := value)``."""
        self.visit(node.value)
        self._bind(node.target.id, self._value_of(node.value))

    def visit_Import(self, node: ast.Import) -> None:
        """Binds the alias, or the first part of the module's name."""
        for alias in node.names:
            if alias.name in ("__main__", "ipynb"):
                self._forget()
            self._bind(alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Binds the names; a star binds what the module exports."""
        if node.module == "__future__" and any(alias.name == "annotations" for alias in node.names):
            self._future_annotations = True
        for alias in node.names:
            if alias.name == "*":
                self._star(node.module or "", node.level)
            else:
                self._bind(alias.asname or alias.name)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """``globals()["x"] = …`` binds a name."""
        key = _namespace_key(node)
        if key is not None and not isinstance(node.ctx, ast.Load):
            if isinstance(key, str):
                self._bind_global(key, None)
            else:
                self._forget()
            return
        if key is not None:
            self.visit(node.slice)
            return
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """``builtins.x = …`` makes a name that all cells see."""
        self.visit(node.value)
        if (
            isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("builtins", "__builtins__")
        ):
            self._bind_global(node.attr, None)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Only the first value is sure to be worked out."""
        self.visit(node.values[0])
        names, without = guarded_names(node.values[0])
        with self._unsure(names if isinstance(node.op, ast.And) else without):
            for value in node.values[1:]:
                self.visit(value)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """One of the two values is worked out."""
        self.visit(node.test)
        known = truth(node.test)
        if known is not None:
            self.visit(node.body if known else node.orelse)
            return
        names, without = guarded_names(node.test)
        with self._unsure(names):
            self.visit(node.body)
        with self._unsure(without):
            self.visit(node.orelse)

    def visit_Compare(self, node: ast.Compare) -> None:
        """A chain stops at the first comparison that fails."""
        self.visit(node.left)
        if guarded_names(node) != ((), ()):
            return
        self.visit(node.comparators[0])
        with self._unsure(()):
            for value in node.comparators[1:]:
                self.visit(value)

    def visit_Assert(self, node: ast.Assert) -> None:
        """The message is worked out only if the test fails."""
        self.visit(node.test)
        if node.msg is not None:
            with self._unsure(()):
                self.visit(node.msg)

    @contextmanager
    def _unsure(self, names: Iterable[str]) -> Iterator[None]:
        context, sure, kept = self._at, self._at.sure, None
        names = tuple(names)
        if names:
            kept = self.state
            self.state = {**kept, **{name: Binding(Status.DEFINED, self._cell) for name in names}}
        context.sure = False
        yield
        context.sure = sure
        if kept is not None:
            self.state = kept

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        """A scope of its own; the first iterable belongs to the scope around it."""
        self._comprehension(node, [node.elt])

    visit_SetComp = visit_ListComp  # noqa: N815 - ast calls it by this name
    visit_GeneratorExp = visit_ListComp  # noqa: N815 - as above

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """As above, with a key and a value."""
        self._comprehension(node, [node.key, node.value])

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, parts: list[ast.expr]
    ) -> None:
        context, sure, outer = self._at, self._at.sure, self._at.scope
        first = node.generators[0]
        self.visit(first.iter)
        runs = is_nonempty(first.iter, self._value_of) and not isinstance(node, ast.GeneratorExp)
        names = {
            part.id
            for generator in node.generators
            for part in every_node(generator.target)
            if isinstance(part, ast.Name)
        }
        context.scope = Scope("comprehension", names, outer)
        context.sure = sure and runs
        for place, generator in enumerate(node.generators):
            if place:
                self.visit(generator.iter)
                context.sure = False
            for test in generator.ifs:
                self.visit(test)
                context.sure = False
        for part in parts:
            self.visit(part)
        context.scope, context.sure = outer, sure

    def visit_Constant(self, node: ast.Constant) -> None:
        """Holds no name."""

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """A capture binds."""
        if node.pattern is not None:
            self.visit(node.pattern)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """As above."""
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """As above, for the rest of a mapping."""
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def visit_Global(self, node: ast.Global) -> None:
        """Scopes have been worked out before."""

    visit_Nonlocal = visit_Global  # noqa: N815 - ast calls it by this name


_COMPOUND: dict[type, Callable[[Walk, ast.AST], bool]] = {
    ast.For: Walk._for,  # type: ignore[dict-item]
    ast.AsyncFor: Walk._for,  # type: ignore[dict-item]
    ast.While: Walk._while,  # type: ignore[dict-item]
    ast.With: Walk._with,  # type: ignore[dict-item]
    ast.AsyncWith: Walk._with,  # type: ignore[dict-item]
    ast.Try: Walk._try,  # type: ignore[dict-item]
    ast.TryStar: Walk._try,  # type: ignore[dict-item]
    ast.Match: Walk._match,  # type: ignore[dict-item]
}


def _keep(scope: Scope, name: str, value: Value | None) -> None:
    if value is not None:
        scope.values[name] = value
    elif scope.values:
        scope.values.pop(name, None)


_TRANSPARENT = frozenset(
    "cache lru_cache staticmethod classmethod property wraps njit jit vectorize dataclass time_it memoize".split()
)


def _is_transparent(decorator: ast.expr) -> bool:
    """Whether a call of what it decorates runs the body."""
    return _name_of(decorator) in _TRANSPARENT


def _name_of(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _suppressed(context: ast.expr) -> int:
    """How far ``with suppress(…)`` or ``with raises(…)`` catches a NameError."""
    if isinstance(context, ast.Call) and _name_of(context) in ("suppress", "raises", "assertRaises"):
        return max((may_catch(argument) for argument in context.args), default=0)
    return 0


def _all_joined(states: Sequence[State]) -> State:
    found = states[0]
    for state in states[1:]:
        found = joined(found, state)
    return found


def _type_parameters(node: ast.AST) -> frozenset[str]:
    return frozenset(part.name for part in getattr(node, "type_params", ()))


def _constant_code(node: ast.Call) -> str | None:
    """The text that ``exec("…")`` runs in the namespace."""
    if (
        isinstance(node.func, ast.Name)
        and node.func.id == "exec"
        and len(node.args) == 1
        and not node.keywords
    ):
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
    return None


def _magic_call(node: ast.Call) -> Command | None:
    """``get_ipython().run_line_magic("matplotlib", "inline")`` as a command."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and _name_of(function.value) == "get_ipython"):
        return None
    words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    texts = [word for word in words if isinstance(word, str)]
    if not texts or len(texts) != len(node.args):
        return None
    match function.attr:
        case "run_line_magic":
            return Command("line", texts[0], texts[1] if len(texts) > 1 else "")
        case "magic":
            name, _, rest = texts[0].lstrip("%").partition(" ")
            return Command("line", name, rest)
        case "run_cell_magic" if len(texts) == 3:
            return Command("cell", *texts)
        case "system" | "getoutput":
            return Command("shell", "!", texts[0])
    return None


def _namespace_key(node: ast.Subscript) -> str | ast.expr | None:
    """The key in ``globals()[key]``: a text, or the expression; None for anything else."""
    call = node.value
    if not (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("globals", "locals", "vars")
    ):
        return None
    if call.args or call.keywords:
        return None
    key = node.slice
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else key

"""The walk through expressions, definitions and simple statements, in the order of their evaluation."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cellgraph.code.call_walk import CallWalk
from cellgraph.code.expression_names import callee_word, is_name
from cellgraph.code.fast_ast import bound_name, every_node
from cellgraph.code.known_calls import guarded_names, is_nonempty, truth
from cellgraph.code.name_states import Binding, Class, Function, Instance, Scope, Status

_NAMESPACES = frozenset({"user_ns", "user_global_ns", "f_globals", "f_locals", "__globals__"})
"""Attributes that hold the namespace of the notebook, perhaps to be changed."""
_TRANSPARENT = frozenset(
    "cache lru_cache staticmethod classmethod property wraps njit jit vectorize dataclass time_it"
    " memoize".split()
)


class ExpressionWalk(CallWalk, ast.NodeVisitor):
    """Adds definitions, expressions and simple statements to the walk."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Visit decorators, defaults and annotations now, and the body when it is called."""
        with self._inside("decorator", node.name):
            for decorator in node.decorator_list:
                self.visit(decorator)
        self._defaults(node.args, node.name)
        self._annotations(node)
        own = all(map(_is_transparent, node.decorator_list))
        parameters, scope = _type_parameters(node), self._at.scope
        around = Scope("parameters", parameters, scope) if parameters else scope
        function = Function(node, self._cell, around, own)
        self._functions.append(function)
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Name) and isinstance(wrapper := self._value_of(decorator), Function):
                self._enter(wrapper, decorator, sure=self._at.sure)
            elif callee_word(decorator) in ("interact", "interact_manual"):
                self._enter(function, decorator, sure=False)
        self._bind(node.name, function)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast calls it by this name

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit the defaults now, and the body when it is called."""
        self._defaults(node.args, "lambda")
        self._lambda(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit the body at once, in a scope of its own."""
        with self._inside("decorator", node.name):
            for decorator in node.decorator_list:
                self.visit(decorator)
        outer = self._at.scope
        parameters = _type_parameters(node)
        around = Scope("parameters", parameters, outer) if parameters else outer
        self._at.scope = around
        with self._inside("class", node.name):
            for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
                self.visit(part)
        inner = Scope("class", {"__module__", "__qualname__"}, around)
        self._at.scope = inner
        with self._inside("class", node.name):
            self.block(node.body)
        self._at.scope = outer
        methods = {name: value for name, value in inner.values.items() if isinstance(value, Function)}
        plain = all(is_name(base, "object") for base in node.bases)
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
            self._at.scope = Scope("parameters", parameters, outer)
        for annotation in (*given, node.returns):
            self._annotation(annotation)
        self._at.scope = outer

    def _annotation(self, annotation: ast.expr | None) -> None:
        if annotation is None or self._future_annotations:
            return
        with self._inside("default", "annotation"):
            self.visit(annotation)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Visit the value before the targets. A function in it is kept with the name."""
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
        """Load the name before it is bound."""
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Visit the annotation of a variable of the cell or of a class.

        That of a local one is not evaluated.
        """
        if node.value is not None:
            self.visit(node.value)
        scope = self._at.scope
        if scope is None or scope.kind == "class":
            self._annotation(node.annotation)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Bind the target of ``(name := value)``."""
        self.visit(node.value)
        self._bind(node.target.id, self._value_of(node.value))

    def visit_Import(self, node: ast.Import) -> None:
        """Bind the alias, or the first part of the module's name."""
        for alias in node.names:
            if alias.name in ("__main__", "ipynb"):
                self._forget()
            self._bind(bound_name(alias))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind the names. A star binds what the module exports."""
        if node.module == "__future__" and any(alias.name == "annotations" for alias in node.names):
            self._future_annotations = True
        for alias in node.names:
            if alias.name == "*":
                self._star(node.module or "", node.level)
            else:
                self._bind(alias.asname or alias.name)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Bind the name of ``globals()["x"] = …``."""
        if isinstance(node.slice, ast.Constant | ast.Name) and _is_main(node):
            self._forget()
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
        self._operated(node.value)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """An operator may run a method of an operand."""
        self.visit(node.left)
        self.visit(node.right)
        self._operated(node.left)
        self._operated(node.right)

    if sys.version_info >= (3, 12):

        def visit_TypeAlias(self, node: ast.TypeAlias) -> None:  # noqa: N802 - ast calls it by this name
            """Bind the name. What it stands for is worked out when somebody asks for it."""
            self._bind(node.name.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Bind the name of ``builtins.x = …``, which all cells see, and run the body of a property."""
        self.visit(node.value)
        if node.attr in _NAMESPACES:
            self._forget()
        if isinstance(node.ctx, ast.Load):
            held = self._value_of(node.value) if type(node.value) in (ast.Name, ast.Call) else None
            if isinstance(held, Instance):
                method = held.made_by.methods.get(node.attr)
                if method is not None and _is_property(method):
                    self._enter(method, node, sure=self._at.sure)
        elif (
            isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("builtins", "__builtins__")
        ):
            self._bind_global(node.attr, None)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Only the first operand is certain to be evaluated."""
        self.visit(node.values[0])
        names, without = guarded_names(node.values[0])
        with self._on_condition(names if isinstance(node.op, ast.And) else without):
            for value in node.values[1:]:
                self.visit(value)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Only one of the two values is evaluated."""
        self.visit(node.test)
        known = truth(node.test)
        if known is not None:
            self.visit(node.body if known else node.orelse)
            return
        names, without = guarded_names(node.test)
        with self._on_condition(names):
            self.visit(node.body)
        with self._on_condition(without):
            self.visit(node.orelse)

    def visit_Compare(self, node: ast.Compare) -> None:
        """A chain stops at the first comparison that fails."""
        self.visit(node.left)
        if guarded_names(node) != ((), ()):
            return
        self.visit(node.comparators[0])
        with self._on_condition(()):
            for value in node.comparators[1:]:
                self.visit(value)

    def visit_Assert(self, node: ast.Assert) -> None:
        """The message is evaluated only if the test fails."""
        self.visit(node.test)
        if node.msg is not None:
            with self._on_condition(()):
                self.visit(node.msg)

    @contextmanager
    def _on_condition(self, names: Iterable[str]) -> Iterator[None]:
        context, sure, kept = self._at, self._at.sure, None
        names = tuple(names)
        if names:
            kept = self.state
            self.state = {**kept, **{name: Binding(Status.DEFINED, self._cell) for name in names}}
        context.sure = False
        context.forks += 1
        yield
        context.forks -= 1
        context.sure = sure
        if kept is not None:
            self.state = kept

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        """Open a scope. The first iterable belongs to the scope around it."""
        self._comprehension(node, [node.elt])

    visit_SetComp = visit_ListComp  # noqa: N815 - ast calls it by this name
    visit_GeneratorExp = visit_ListComp  # noqa: N815 - as above

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """The same as ``visit_ListComp``, with a key and a value."""
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
        context.forks += not runs
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
        context.forks -= not runs

    def visit_Constant(self, node: ast.Constant) -> None:
        """Do nothing: a constant holds no name."""

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """Bind the name that a pattern captures."""
        if node.pattern is not None:
            self.visit(node.pattern)
        if node.name:
            self._bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """Bind the name of a starred pattern."""
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Bind the name for the rest of a mapping."""
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)

    def visit_Global(self, node: ast.Global) -> None:
        """Do nothing: scopes were worked out before."""

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        """Do nothing: scopes were worked out before."""


def _is_transparent(decorator: ast.expr) -> bool:
    """Whether calling what a decorator returns runs the decorated body."""
    return callee_word(decorator) in _TRANSPARENT


def _is_property(method: Function) -> bool:
    """Whether reading the attribute of an instance runs a method."""
    decorators = [] if isinstance(method.node, ast.Lambda) else method.node.decorator_list
    return any(callee_word(decorator) in ("property", "cached_property") for decorator in decorators)


def _is_main(node: ast.Subscript) -> bool:
    """Whether it is ``sys.modules["__main__"]``: what is set there is a name of the notebook."""
    key = node.slice
    named = key.value == "__main__" if isinstance(key, ast.Constant) else callee_word(key) == "__name__"
    return named and callee_word(node.value) == "modules"


def _type_parameters(node: ast.AST) -> frozenset[str]:
    return frozenset(part.name for part in getattr(node, "type_params", ()))


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

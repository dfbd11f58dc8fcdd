"""The names of one statement: what it loads, binds, deletes, may change, and leaves for later."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import field

from cellgraph.code import sql_statements
from cellgraph.code.bytecode import NAMESPACES
from cellgraph.code.expression_names import function_name, method_name, names_in, root_name
from cellgraph.code.fast_ast import Visits, bound_name, every_node
from cellgraph.code.part_paths import attribute_path, item_path
from cellgraph.code.source import parsed
from cellgraph.light_dataclass import dataclass

MUTATING_METHODS = frozenset(
    "add append appendleft clear discard extend extendleft fill insert itemset move_to_end partition pop"
    " popitem popleft put remove resize reverse rotate setdefault setflags shuffle sort update write"
    " difference_update intersection_update symmetric_difference_update"
    # estimators and boosters
    " boost fit fit_predict fit_resample fit_transform learn_one partial_fit quantize refit set_attr"
    " set_base_margin set_field set_group set_info set_init_score set_label set_param set_params set_weight"
    # torch, tensorflow and keras; the methods of a tensor that end in ``_`` go without saying
    " add_module apply_gradients assign_add assign_sub backward compile load_state_dict load_weights"
    " manual_seed register_buffer register_module register_parameter set_weights step"
    " train_on_batch zero_grad"
    # studies, vocabularies and pipelines of text
    " add_documents add_pipe add_special_tokens add_tokens build_vocab enqueue_trial optimize".split()
)
"""Methods that change their receiver in place, in the libraries that notebooks use. Only evidence:
it is consulted for values that are too large to be compared in full."""


@dataclass
class Names:
    """The names of a statement. ``local`` holds the names of the scopes inside the statement.

    ``evidence`` are those that the syntax says are changed, ``repeats`` those whose change leaves the same
    when it is made again.
    """

    loads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    closure_loads: set[str] = field(default_factory=set)
    closure_binds: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)
    repeats: set[str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)
    """Loads of names, each with the part that is taken (empty: the whole)."""
    local: frozenset[str] = frozenset()
    calls: bool = False


def part_of(node: ast.AST) -> tuple[str, str] | None:
    """``("df", '["a"].b')`` for ``df["a"].b``; None if a step is not a constant.

    ``vars(v)["a"]`` and ``v.__dict__["a"]`` are ``v.a``.
    """
    path = ""
    while True:
        match node:
            case ast.Subscript(
                value=ast.Attribute(value=inner, attr="__dict__")
                | ast.Call(func=ast.Name(id="vars"), args=[inner], keywords=[]),
                slice=ast.Constant(value=str(name)),
            ):
                path = attribute_path(name) + path
            case ast.Attribute(value=inner, attr=name):
                path = attribute_path(name) + path
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)) if type(key) in (str, int):
                path = item_path(key) + path
            case ast.Name(id=name):
                return name, path
            case _:
                return None
        node = inner


def names_of(parts: Iterable[ast.AST]) -> Names:
    """The names of several parts of a statement, together."""
    names = _Gatherer()
    for part in parts:
        names.visit(part)
    return names


class _Gatherer(Names, Visits, ast.NodeVisitor):
    """Collects the names of a statement."""

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.local:
            return
        if isinstance(node.ctx, ast.Load):
            self.loads.add(node.id)
            self.taken.add((node.id, ""))
        elif isinstance(node.ctx, ast.Store):
            self.binds.add(node.id)
        else:
            self.deletes.add(node.id)
            self.loads.add(node.id)
            self.taken.add((node.id, ""))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.generic_visit(node)
        root = root_name(node.target)
        if root is not None:
            self._change(root)
            self._load(root)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._store_into(node)
        self._take(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if (key := _namespace_key(node)) is not None:
            self.binds.add(key)
        self._store_into(node)
        self._take(node)

    def _take(self, node: ast.Attribute | ast.Subscript) -> None:
        part = part_of(node) if isinstance(node.ctx, ast.Load) else None
        if part is None:
            self.generic_visit(node)
        elif part[0] not in self.local:
            self.loads.add(part[0])
            self.taken.add(part)

    def visit_Call(self, node: ast.Call) -> None:
        self.calls = True
        self._call_evidence(node)
        self.generic_visit(node)
        if (body := _executed(node)) is not None:
            self._run_here(body)

    def _run_here(self, body: ast.Module) -> None:
        """Add what a text that is executed in the cell's own namespace does."""
        for statement in body.body:
            inner = type(self)(local=self.local)
            inner.visit(statement)
            self.loads |= inner.loads - self.binds
            self.taken |= {(name, "") for name in inner.loads - self.binds}
            self.binds |= inner.binds
            self.closure_loads |= inner.closure_loads
            self.changed |= inner.changed

    def visit_Await(self, node: ast.Await) -> None:
        self.calls = True
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        self.calls = True  # unpacking runs the iterator of whatever it unpacks
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Tuple | ast.List) for target in node.targets):
            self.calls = True
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        # A walrus inside a comprehension binds in the scope around it.
        inner, self.local = self.local, self.local - {node.target.id}
        self.visit(node.target)
        self.local = inner

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_Import(self, node: ast.Import) -> None:
        self.binds.update(bound_name(name) for name in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.binds.update(name.asname or name.name for name in node.names if name.name != "*")

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.generic_visit(node)
        if node.name:
            self.binds.add(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.binds.add(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self.binds.add(node.rest)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        # Only inside functions and classes: ``statements`` takes the handlers of a cell apart.
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        self._comprehension(node.generators, [node.elt])

    visit_SetComp = visit_ListComp  # noqa: N815 - ast calls it by this name
    visit_GeneratorExp = visit_ListComp  # noqa: N815 - as above

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node.generators, [node.key, node.value])

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._later([node.body], _arguments(node.args))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Decorators, defaults and annotations run now, the body later.
        for decorator in node.decorator_list:
            self.visit(decorator)
            self.calls = True
        self._defaults(node.args)
        outer, self.local = self.local, self.local | _parameters(node)
        self._annotations(node)
        self._later(node.body, _arguments(node.args))
        self.local = outer
        self._bind(node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        heads = (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords))
        outer, self.local = self.local, self.local | _parameters(node)
        for part in heads:
            self.visit(part)
        # The body runs at once, in a scope of its own: what it has bound is the class's.
        bound: frozenset[str] = frozenset()
        for statement in node.body:
            names = _Gatherer(local=self.local)
            names.visit(statement)
            self.loads |= names.loads - bound
            self.taken |= {(name, "") for name in names.loads - bound}
            self.closure_loads |= names.closure_loads
            self.closure_binds |= names.closure_binds
            self.changed |= names.changed - bound
            self.evidence |= names.evidence - bound
            self.repeats |= names.repeats - bound
            self.calls |= names.calls
            bound |= names.binds
        self.calls |= bool(heads)
        self.local = outer
        self._bind(node.name)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)

    def _annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        given = [argument.annotation for argument in _every_argument(node.args)]
        for annotation in (*given, node.returns):
            if annotation is not None:
                self.visit(annotation)

    def _later(self, body: Iterable[ast.AST], arguments: frozenset[str]) -> None:
        inner = _Gatherer()
        for part in body:
            inner.visit(part)
        shared = declared(body, ast.Global)
        own = (inner.binds | arguments) - shared
        self.closure_loads |= (inner.loads | inner.closure_loads) - own - self.local
        self.closure_binds |= (inner.binds | inner.deletes) & shared | inner.closure_binds

    def _comprehension(self, generators: list[ast.comprehension], parts: list[ast.expr]) -> None:
        self.calls = True
        self.visit(generators[0].iter)
        outer = self.local
        self.local = outer | {name for g in generators for name in names_in(g.target)}
        for index, generator in enumerate(generators):
            for node in ([generator.iter] if index else []) + generator.ifs:
                self.visit(node)
        for part in parts:
            self.visit(part)
        self.local = outer

    def _store_into(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            root = root_name(node)
            if root is not None:
                self._change(root)

    def _call_evidence(self, node: ast.Call) -> None:
        receiver = root_name(node.func) if isinstance(node.func, ast.Attribute) else None
        method = method_name(node)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        inplace = "inplace" in keywords and not _is_false(keywords["inplace"])
        sure = method in MUTATING_METHODS or _ends_like_in_place(method)
        if receiver is not None and (inplace or sure):
            self._change(receiver)
        named = [keywords["out"]] if "out" in keywords else []
        if method == "shuffle":
            named += node.args[:1]
        for part in named:
            root = root_name(part)
            if root is not None:
                self._change(root)
        self._database_evidence(node, receiver)

    def _database_evidence(self, node: ast.Call, receiver: str | None) -> None:
        given, given_effect = sql_statements.changed_argument(node)
        root = root_name(given) if given is not None else None
        for name, effect in ((receiver, sql_statements.effect(node)), (root, given_effect)):
            if name is not None and effect and name not in self.local:
                self.changed.add(name)
                (self.repeats if effect == "repeats" else self.evidence).add(name)

    def _change(self, name: str) -> None:
        if name not in self.local:
            self.changed.add(name)
            self.evidence.add(name)

    def _load(self, name: str) -> None:
        if name not in self.local:
            self.loads.add(name)
            self.taken.add((name, ""))

    def _bind(self, name: str) -> None:
        if name not in self.local:
            self.binds.add(name)


def _ends_like_in_place(method: str) -> bool:
    """Whether a method changes its object by torch's convention: ``add_`` for ``add``."""
    return method.endswith("_") and not method.startswith("_")


def _namespace_key(node: ast.Subscript) -> str | None:
    """The name that ``globals()["x"] = …`` binds."""
    call, key = node.value, node.slice
    if isinstance(node.ctx, ast.Load) or not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return None
    if not isinstance(key, ast.Constant) or call.func.id not in NAMESPACES or call.args:
        return None
    return key.value if isinstance(key.value, str) else None


def _parameters(node: ast.AST) -> set[str]:
    """The type parameters of a definition (``def f[T]``), which are local to it."""
    return {part.name for part in getattr(node, "type_params", ())}


def _arguments(arguments: ast.arguments) -> frozenset[str]:
    return frozenset(argument.arg for argument in _every_argument(arguments))


def _every_argument(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [part for part in (arguments.vararg, arguments.kwarg) if part is not None]


def declared(body: Iterable[ast.AST], kind: type[ast.Global | ast.Nonlocal]) -> frozenset[str]:
    """The names that ``global`` or ``nonlocal`` declare in a body, inner functions included."""
    nodes = (node for part in body for node in every_node(part))
    return frozenset(name for node in nodes if isinstance(node, kind) for name in node.names)


def _is_false(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _executed(node: ast.Call) -> ast.Module | None:
    """The text that ``exec("…")`` or ``eval("…")`` runs here; None if it runs elsewhere or is not known."""
    named = function_name(node) in ("exec", "eval")
    if not named or len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Constant):
        return None
    return parsed(node.args[0].value) if isinstance(node.args[0].value, str) else None

"""The operations in a text that may concern settings, in the order in which they happen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal

from cellgraph.code.expression_names import attribute_chain, function_name, last_word
from cellgraph.code.fast_ast import Visits, every_node
from cellgraph.code.source import Source
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

Kind = Literal["store", "call", "load", "import"]


class Event(NamedTuple):
    """One store, call, load or import.

    ``dotted`` are the words of ``plt.rcParams``. The first is ``f()`` if a call stands before the dot, and
    empty if something else does. ``keys`` are constants: the subscript of a store or load, the arguments of a
    call (None: no constant string), what an import takes from a module. ``named`` are the names of a call's
    keyword arguments. ``undone``: a ``with`` statement restores what it sets.
    """

    kind: Kind
    dotted: tuple[str, ...]
    keys: tuple[str | None, ...]
    named: tuple[str, ...]
    line: int
    undone: bool = False
    code: str = ""
    """The whole statement, where it does nothing else and may register something in a library."""
    kept: bool = False
    """Whether a call's result is bound to a name: ``old = np.seterr(all="raise")``."""
    bound: tuple[str, ...] = ()
    """The variables to which a call's result is bound."""
    tests: tuple[tuple[ast.expr, bool], ...] = ()
    """The conditions of the branches that it stands in, and what each has to be."""
    variables: tuple[str, ...] = ()
    """The variables in the places of ``keys``, empty for all else. There is none where no variable stands."""
    shown: tuple[ast.expr, ...] | None = None
    """What is turned into text by ``print`` and the like; None for other calls."""
    call: ast.Call | None = None
    """The call as it is spelt, with its arguments."""

    @property
    def signature(self) -> tuple[object, ...]:
        """Equal for two places that do the same."""
        return self[:4]


_UNDONE = frozenset(
    "rc_context errstate option_context printoptions localcontext config_context set_options catch_warnings "
    "no_grad enable_grad inference_mode set_grad_enabled autocast Config context device chdir xkcd "
    "axes_style "
    "plotting_context color_palette fork_rng dict patch enable_x64 default_dtype temp_seed environ".split()
)
"""Context managers that put back what they, or the code below them, set."""

FAILED = "<failed>"
"""The word of an event that no text has: the run failed, and its traceback is shown."""
CAUGHT = "<caught warning>"
"""The word of an ``except`` clause for a warning, which is raised only where a filter says so."""
_TO_TEXT = frozenset({("print",), ("str",), ("repr",)})


@lru_cache(maxsize=128)
def events_of(source: Source) -> tuple[Event, ...]:
    """The events of a cell's own statements. Those of its functions come when they are called."""
    return _events(source.tree.body) if source.tree is not None else ()


def events_of_body(body: Sequence[ast.stmt]) -> tuple[Event, ...]:
    """The events of a function's body."""
    return _events(body)


def _events(body: Sequence[ast.stmt]) -> tuple[Event, ...]:
    collector = _Collector()
    for node in body:
        collector.visit(node)
        collector.go_on_below(node)
    return tuple(collector.found)


def dotted(node: ast.AST) -> tuple[tuple[str, ...], ast.AST | None]:
    """The words of an expression like ``a.b.c``, and a stand-in for its start if that is no name."""
    start, words = attribute_chain(node)
    if isinstance(start, ast.Name):
        return (start.id, *words), None
    if isinstance(start, ast.Call):  # decimal.getcontext().prec
        return (f"{dotted(start.func)[0][-1]}()", *words), start
    return ("", *words), start


class _Collector(Visits, ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Event] = []
        self._undone = False
        self._whole: ast.AST | None = None
        """The statement or definition that does nothing but what comes next."""
        self._bound: ast.AST | None = None
        """The value of the assignment that is being read."""
        self._targets: Sequence[ast.expr] = ()
        self._tests: tuple[tuple[ast.expr, bool], ...] = ()

    def go_on_below(self, node: ast.stmt) -> None:
        """What follows runs only where this statement has not left the body: ``if not on: return``."""
        if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Return | ast.Raise):
            self._tests = (*self._tests, (node.test, False))

    def visit_Expr(self, node: ast.Expr) -> None:
        self._whole = node
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._bound, self._targets = node.value, node.targets
        self.visit(node.value)
        for target in node.targets:
            self._whole = node
            self._store(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        words, _ = dotted(node.target)
        if isinstance(node.op, ast.BitOr) and isinstance(node.value, ast.Dict) and words[-1] == "environ":
            self.visit(node.value)
            self._add("call", (*words, "update"), _constants([node.value]), (), node.lineno)
            return
        self._place("load", node.target)
        self.visit(node.value)
        self._store(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bound, self._targets = node.value, [node.target]
            self.visit(node.value)
            self._store(node.target)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._store(target)

    def visit_Call(self, node: ast.Call) -> None:
        whole, self._whole = self._whole, None
        words, inner = dotted(node.func)
        self._given(node, words)
        if inner is not None and _is_shell(inner):
            self._shell(words[-1], node)
            return
        if inner is not None:
            self.visit(inner)
        self._add("call", words, _constants(node.args), _named(node), node.lineno, _code(node, words, whole))
        self.found[-1] = self.found[-1]._replace(call=node)
        if any(isinstance(part, ast.Name) for part in node.args):
            self.found[-1] = self.found[-1]._replace(variables=_variables(node.args))
        if node is self._bound:
            bound = tuple(target.id for target in self._targets if isinstance(target, ast.Name))
            self.found[-1] = self.found[-1]._replace(kept=True, bound=bound)
        if words in _TO_TEXT:
            self.found[-1] = self.found[-1]._replace(shown=tuple(node.args))

    def _given(self, node: ast.Call, words: tuple[str, ...]) -> None:
        """The arguments of a call. An f-string that is printed as it is goes where ``print`` writes."""
        for part in node.args:
            self.visit(part)
            if words == ("print",) and isinstance(part, ast.JoinedStr):
                self.found[-1] = self.found[-1]._replace(dotted=words, named=_named(node))
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._place("load", node)

    def visit_Name(self, node: ast.Name) -> None:
        self._add("load", (node.id,), (), (), node.lineno)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._place("load", node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """``"A" in os.environ`` asks for one key."""
        key = _text(node.left)
        if key is not None and isinstance(node.ops[0], ast.In | ast.NotIn):
            words, inner = dotted(node.comparators[0])
            if inner is None:
                self._add("load", words, (key,), (), node.lineno)
                return
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.generic_visit(node)
        self._add("call", ("format",), (), (), node.lineno)
        self.found[-1] = self.found[-1]._replace(shown=(node,))

    def visit_With(self, node: ast.With) -> None:
        before = self._undone
        for item in node.items:
            self._undone = before or _puts_back(item.context_expr)
            self.visit(item.context_expr)
        for statement in node.body:
            self.visit(statement)
        self._undone = before

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        caught = map(last_word, every_node(node.type)) if node.type is not None else ()
        if any(word.endswith("Warning") for word in caught):
            self._add("load", (CAUGHT,), (), (), node.lineno)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        outer = self._tests
        for branch, is_met in ((node.body, True), (node.orelse, False)):
            self._tests = (*outer, (node.test, is_met))
            for statement in branch:
                self.visit(statement)
        self._tests = outer

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._decorated(node)
        for part in node.args.defaults:
            self.visit(part)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._decorated(node)
        for part in node.args.defaults:
            self.visit(part)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._decorated(node)
        for part in (*node.bases, *node.keywords, *node.body):
            self.visit(part)

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for part in node.decorator_list:
            self._whole = node
            if isinstance(part, ast.Attribute):  # used like a call
                words, _ = dotted(part)
                self._add("call", words, (), (), part.lineno, _code(ast.Call(part, [], []), words, node))
            else:
                self.visit(part)
        self._whole = None

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add("import", tuple(alias.name.split(".")), (), (), node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        taken = tuple(alias.name for alias in node.names)
        self._add("import", tuple((node.module or "").split(".")), taken, (), node.lineno)

    def _store(self, target: ast.AST) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._store(part)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            self._place("store", target)

    def _place(self, kind: Kind, node: ast.AST) -> None:
        whole, self._whole = self._whole, None
        keys: tuple[str | None, ...] = ()
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Subscript):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            keys = (key if isinstance(key, str) else None,)
            if not isinstance(node.slice, ast.Constant):
                self.visit(node.slice)
            node = node.value
        words, inner = dotted(node)
        if inner is not None:
            self.visit(inner)
        inside = len(words) > 1 if keys else len(words) > 2
        code = _code(node, words, whole) if kind == "store" and inside else ""
        self._add(kind, words, keys, (), line, code)

    def _shell(self, method: str, node: ast.Call) -> None:
        """A magic or a line for a shell: ``%cd x`` is a call of ``%cd`` with its words."""
        texts = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
        words = [text if isinstance(text, str) else None for text in texts]
        if method in ("run_line_magic", "run_cell_magic") and words and words[0]:
            given = tuple((words[1] or "").split()) if len(words) > 1 else ()
            self._add("call", (f"%{words[0]}",), given, (), node.lineno)
        else:
            self._add("call", (f"!{method}",), tuple(words), (), node.lineno)

    def _add(
        self,
        kind: Kind,
        words: tuple[str, ...],
        keys: tuple[str | None, ...],
        named: tuple[str, ...],
        line: int,
        code: str = "",
    ) -> None:
        event = Event(kind, words, keys, named, line, self._undone, code, tests=self._tests)
        self.found.append(event)


_REGISTERING = Pattern(
    r"(?:un)?register(?:_|$)|install(?:_|$)|configure|config$|set_|(?:en|dis)able(?:_|$)|patch(?:_|$)|use_"
    r"|add_?(?:constructor|representer|alias|level_?name|enabled_units|data_path|template|type|theme)"
    r"|(?:append|insert|extend|update|remove|clear|pop)$|set[A-Z]|add[A-Z]"
)
_IN_PARTS = frozenset("append insert extend update remove clear pop".split())
_OPTIONS = Pattern(r"config|options?$|settings?$", re.IGNORECASE)
"""What a library calls the object that holds its options: ``dask.config.set(…)``."""


def _code(node: ast.AST, words: tuple[str, ...], whole: ast.AST | None) -> str:
    """The text of a statement that may register something in a library; empty for any other.

    ``words`` are those of the callee, or of what is stored into.
    """
    if whole is None or not words[0]:
        return ""
    if isinstance(node, ast.Call):
        if words[-1].endswith(("_accessor", "_namespace")):
            return ""  # an attribute of a class, which is followed by itself
        in_part = words[-1] in _IN_PARTS and len(words) < 3
        is_option = words[-1] == "set" and len(words) > 1 and _OPTIONS.search(words[-2]) is not None
        if (_REGISTERING.match(words[-1]) is None and not is_option) or in_part:
            return ""
    return ast.unparse(whole)


def _is_shell(node: ast.AST | None) -> bool:
    return node is not None and function_name(node) == "get_ipython"


def _puts_back(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    words, _ = dotted(node.func)
    return words[-1] in _UNDONE or words[-2:] == ("config", "set")


def _constants(nodes: Iterable[ast.expr]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for node in nodes:
        if isinstance(node, ast.Dict):
            found += [_text(key) for key in node.keys if key is not None]
        else:
            found.append(_text(node))
    return tuple(found)


def _variables(nodes: Sequence[ast.expr]) -> tuple[str, ...]:
    """The variables in the places of ``_constants``; none where a place may stand for several."""
    if any(isinstance(node, ast.Dict | ast.Starred) for node in nodes):
        return ()
    return tuple(node.id if isinstance(node, ast.Name) else "" for node in nodes)


def _text(node: ast.AST) -> str | None:
    value: Any = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _named(node: ast.Call) -> tuple[str, ...]:
    return tuple(keyword.arg or "**" for keyword in node.keywords)

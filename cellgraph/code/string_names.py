"""Variables that a library looks up because their names stand in a string.

``df.query("a > @low")``, ``duckdb.sql("select * from sales")``, ``smf.ols("y ~ x * scale", df)``,
``globals()["x"]``: no instruction of the cell shows such a read. What is found here is a name, and the line
of the string. Whether there is such a variable is for the caller to look up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeGuard

from cellgraph.code.expression_names import last_word, method_name
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern

NAMESPACE_WORDS = frozenset({"globals", "locals", "vars", "dir", "user_ns", "__main__", "f_globals"})
"""Words that give a namespace as a mapping: code with one may look up any name that it spells."""
OWN_NAMES = frozenset({"locals", "vars"})
"""Those that give a function its own variables."""
_LISTINGS = frozenset({"globals", "locals", "vars", "dir"})

SPEAKS_OF_NAMES = re.compile(
    r"""@|~|import[\s\\]*\*|['"}]\s*(?:select|with|from|insert|create|describe|summarize|pivot)\b"""
    r"|[.\s]eval(?:uate)?\s*\(|dmatri|" + "|".join(sorted(NAMESPACE_WORDS)),
    re.IGNORECASE,
)
"""Text in which names may be read where no instruction shows it, or come with a star."""

_AT_NAME = Pattern(r"@([^\W\d]\w*)")
_SQL = Pattern(r"(?<!\s)\s*+(?:select|with|from|insert|create|describe|summarize|pivot)\b", re.IGNORECASE)
_SQL_TABLE = Pattern(r"\b(?:from|join|into|describe|summarize|pivot)\s+([^\W\d]\w*)", re.IGNORECASE)
_FORMULA = Pattern(r"(?:^\s*+|(?<=[\w)])[^\S\n]*+)~")
_FROM_MAIN = Pattern(r"\bfrom\s+__main__\s+import\s+([\w, ]+)")
"""A text that code runs elsewhere, with variables of the notebook: the setup of ``timeit``."""
_WORD = Pattern(r"[^\W\d]\w*")
_FIELD = Pattern(r"%\((\w+)\)|\{(\w+)|\$\{?(\w+)")
"""A name in a text that is filled in: ``%(name)s``, ``{name}``, ``$name``."""
_EVALUATING = frozenset({"eval", "evaluate", "dmatrix", "dmatrices", "model_matrix"})
"""Functions that evaluate an expression over columns and over the caller's variables."""
_MODELS = frozenset(
    "ols wls gls glm logit probit poisson mixedlm quantreg gee phreg negativebinomial rlm from_formula"
    " Formula ModelDesc model_matrix".split()
)
"""Functions that take a formula."""
TAKE_FORMULAS = _MODELS | _EVALUATING
"""Code that uses one of these names may give a formula to a model."""
LOOKUPS = frozenset({"query", "eval", "sql", "execute", "sqldf"})
"""Methods that look up the caller's variables by the names in a string."""
KEEPS_TO_ITSELF = frozenset({"Connection", "Cursor", "Engine", "Session"})
"""Types of databases whose SQL sees their own tables alone, and no variables of the notebook."""
_ASKING = frozenset({"execute", "executemany", "executescript", "exec_driver_sql"})
"""Methods of a connection to a database."""
_OPEN = Pattern(r"\b(?:from|join|into|describe|summarize|pivot)\s+$", re.IGNORECASE)
"""The end of a piece of SQL that another text goes on with."""


class NameInString(NamedTuple):
    """A name, and the line of the string in which it stands.

    ``deferred``: in a function, so that it is looked up when that is called. ``database`` is the variable of
    the database that is asked, where the call names one: some look at no variables. ``asked``: the text asks
    the namespace for just this name, so that it counts as well that there is none.
    """

    name: str
    line: int
    deferred: bool = False
    database: str = ""
    asked: bool = False


def looked_up(nodes: Sequence[ast.AST]) -> list[NameInString]:
    """The names that libraries and lookups in a namespace take, where there is such a variable."""
    inside = _inside_functions(nodes)
    given = [
        NameInString(name, line, id(call) in inside, _database(call))
        for call, text, line in _strings(nodes)
        for name in string_names([text])
    ]
    given += [NameInString(name, node.lineno, id(node) in inside) for name, node in _taken_from_main(nodes)]
    asked = frozenset(_asked(nodes)) - inside
    return [
        *given,
        *(
            NameInString(name, node.lineno, id(node) in inside, asked=id(node) in asked)
            for name, node in _keys(nodes)
        ),
    ]


def key_names(nodes: Sequence[ast.AST]) -> list[NameInString]:
    """The names that a lookup in ``globals()`` may take, if the code mentions it."""
    return [NameInString(name, node.lineno) for name, node in _keys(nodes)]


def in_formulas(nodes: Sequence[ast.AST]) -> list[NameInString]:
    """The names in formulas of models and in expressions: columns of a table, or variables."""
    inside = _inside_functions(nodes)
    found = [
        NameInString(name, line, id(call) in inside)
        for call, text, line in _strings(nodes)
        for name in formula_names(text)
    ]
    for node in nodes:
        if isinstance(node, ast.Call) and last_word(node.func) in _EVALUATING:
            texts = [text for part in node.args[:1] for text in _constant_text(part)]
            words = [name for text in texts for name in _WORD.findall(text)]
            found += [NameInString(name, node.lineno, id(node) in inside) for name in words]
    return found


def formula_names(text: str) -> list[str]:
    """The names in a formula, ``y ~ x * scale``; none in any other text."""
    return _WORD.findall(text) if _FORMULA.search(text.partition("\n")[0]) else []


def names_spelt(texts: Collection[str]) -> Iterator[str]:
    """The names that texts spell for a library, in one text or put together from several.

    ``f"select * from {table}"`` leaves the table to another text.
    """
    yield from string_names(texts)
    if any(_OPEN.search(text) for text in texts):
        yield from (text for text in texts if text.isidentifier())


def string_names(strings: Iterable[str]) -> Iterator[str]:
    """Names that a library may look up because of a string: ``@x`` of ``DataFrame.query``, SQL tables."""
    for text in strings:
        if "@" in text:
            yield from _AT_NAME.findall(text)
        if _SQL.match(text):
            yield from _SQL_TABLE.findall(text)
        if "__main__" in text:
            yield from (name for names in _FROM_MAIN.findall(text) for name in _WORD.findall(names))


def keys_in(text: str) -> Iterator[str]:
    """The names by which a string may look variables up in a namespace: as a key, or filled into a text."""
    if text.isidentifier():
        yield text
    else:
        yield from (name for names in _FIELD.findall(text) for name in names if name.isidentifier())


def _inside_functions(nodes: Iterable[ast.AST]) -> frozenset[int]:
    """The ids of the nodes that stand in the body of a function."""
    bodies = [
        part
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for part in (node.body if isinstance(node.body, list) else [node.body])
    ]
    return frozenset(id(inner) for part in bodies for inner in ast.walk(part))


def _database(call: ast.Call) -> str:
    """The variable whose method is called, or that is given: ``con`` of ``con.execute(…)``."""
    func, method = call.func, method_name(call)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and method in _ASKING:
        return func.value.id
    given = {word.arg: word.value for word in call.keywords}
    reads = method.startswith("read_sql") and len(call.args) > 1
    held = given.get("con") or (call.args[1] if reads else None)
    return held.id if isinstance(held, ast.Name) else ""


def _strings(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, str, int]]:
    for node in nodes:
        if isinstance(node, ast.Call):
            for part in (*node.args, *(keyword.value for keyword in node.keywords)):
                yield from ((node, text, part.lineno) for text in _constant_text(part))


def _constant_text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value for part in node.values if isinstance(part, ast.Constant))
        yield "".join(part for part in parts if isinstance(part, str))


def _keys(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.Constant]]:
    if not any(_word(node) in NAMESPACE_WORDS for node in nodes):
        return
    stored = {id(node.slice) for node in nodes if _is_store(node)}
    stored.update(id(key) for node in nodes for key in _pushed_keys(node))
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in stored:
            yield from ((name, node) for name in keys_in(node.value))


def _pushed_keys(node: ast.AST) -> Iterator[ast.Constant]:
    """The keys of the dict in ``globals().update({"x": 1})``: names that it binds, without a look at them."""
    if isinstance(node, ast.Call) and _is_push(node.func):
        dicts = (given for given in node.args if isinstance(given, ast.Dict))
        yield from (key for given in dicts for key in given.keys if isinstance(key, ast.Constant))


def _is_push(function: ast.expr) -> bool:
    """Whether a function binds the names that it is given: ``globals().update``, ``get_ipython().push``."""
    match function:
        case ast.Attribute(attr="update", value=space):
            return is_namespace(space)
        case ast.Attribute(attr="push", value=ast.Call(func=ast.Name(id="get_ipython"))):
            return True
    return False


def pushed_names(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements bind in any case by ``globals().update({"x": 1}, y=2)``."""
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_push(node.value.func):
            yield from (key.value for key in _pushed_keys(node.value) if isinstance(key.value, str))
            yield from (keyword.arg for keyword in node.value.keywords if keyword.arg)


def _taken_from_main(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.ImportFrom | ast.Attribute]]:
    """The variables that code takes as attributes of the notebook's module: ``from __main__ import x``."""
    named = _main_names(nodes)
    for node in nodes:
        match node:
            case ast.ImportFrom(module="__main__", level=0):
                yield from ((alias.name, node) for alias in node.names)
            case ast.Attribute(ctx=ast.Load()) if _is_main(node.value, named):
                yield node.attr, node


def _main_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The names that code gives to the notebook's module when it imports it."""
    imported = (alias for node in nodes if isinstance(node, ast.Import) for alias in node.names)
    return frozenset({"__main__"}.union(a.asname for a in imported if a.name == "__main__" and a.asname))


def _is_main(node: ast.expr, names: Collection[str]) -> bool:
    """Whether an expression gives the notebook's module: ``sys.modules["__main__"]``, one of ``names``."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Subscript(slice=ast.Constant(value="__main__")):
            return True
        case ast.Call(args=[ast.Constant(value="__main__"), *_]):
            return True
    return False


def _asked(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """The ids of the strings for which a namespace is asked: ``"x" in globals()``, ``globals().get("x")``."""
    for node in nodes:
        match node:
            case ast.Compare(
                left=ast.Constant() as key, ops=[ast.In() | ast.NotIn()], comparators=[space]
            ) if is_namespace(space):
                yield id(key)
            case ast.Call(
                func=ast.Attribute(attr="get" | "setdefault" | "pop", value=space),
                args=[ast.Constant() as key, *_],
            ) if is_namespace(space):
                yield id(key)
            case ast.Subscript(value=space, slice=ast.Constant() as key, ctx=ast.Load()) if is_namespace(
                space
            ):
                yield id(key)


def is_namespace(node: ast.expr) -> bool:
    """Whether an expression gives the variables by name, or their names: ``globals()``, ``dir()``."""
    match node:
        case ast.Call(func=ast.Attribute(attr="keys", value=inner)):
            return is_namespace(inner)
        case ast.Call(func=ast.Name(id=name), args=[]):
            return name in _LISTINGS
        case ast.Call(func=ast.Name(id="dir" | "vars"), args=[_]):
            return True
        case ast.Attribute(attr="user_ns"):
            return True
    return False


def _word(node: ast.AST) -> str:
    """A name, an attribute, or a string (``sys.modules["__main__"]``); empty for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return last_word(node)


def _is_store(node: ast.AST) -> TypeGuard[ast.Subscript]:
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)

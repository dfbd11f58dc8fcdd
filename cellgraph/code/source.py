"""A cell's text: its syntax tree, and names that it reads in ways that no instruction shows."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

from cellgraph.code.expression_names import function_name, names_in
from cellgraph.code.fast_ast import bound_name, operand_names, syntax_text
from cellgraph.code.string_names import (
    SPEAKS_OF_NAMES,
    NameInString,
    in_formulas,
    key_names,
    looked_up,
    pushed_names,
)
from cellgraph.light_dataclass import dataclass
from cellgraph.patterns import Pattern

if TYPE_CHECKING:
    from cellgraph.code.name_listings import Listing

_PARSE_LIMIT = 400_000
"""Characters. A longer cell is still run and observed, only its text is not analysed."""

PYTHON_LINE_MAGICS = frozenset("time timeit prun memit mprun lprun snakeviz scalene".split())
"""Line magics that run the rest of their line as Python."""
PYTHON_CELL_MAGICS = frozenset(
    "time timeit capture prun memit debug snakeviz heat mprun lprun pyinstrument notify python_time"
    " scalene wandb ipytest local trace".split()
)
"""Cell magics that run the cell as Python, in the namespace of the notebook."""
PYLAB_NAMES = ("np", "numpy", "pylab", "mlab", "plt", "pyplot", "matplotlib", "display", "figsize", "getfigs")
"""The names that ``%pylab`` binds beside those of its star import."""
_BRACES = Pattern(r"\{([^{}]+)\}")
_DOLLAR = Pattern(r"\$(\w+)")
_LISTS = Pattern(r"\b(?:dir|globals|locals|vars)\(\)|\buser_ns\b|%who")


@dataclass(frozen=True, eq=False)
class Source:
    """What a cell's text alone tells. ``tree`` is None if the text is not Python.

    ``parse`` gives the same object for the same text, as long as it is remembered: it is compared as such.

    Cell and line magics that run Python (``%%time``, ``%timeit``) are replaced by the code that they run, so
    that one analysis serves both.
    """

    text: str
    tree: ast.Module | None
    interpolated: frozenset[NameInString] = frozenset()
    """Names in ``{x}`` and ``$x`` of shell lines and magics, in ``@x`` and in SQL strings."""
    star_modules: tuple[str, ...] = ()
    scripts: tuple[str, ...] = field(default=())
    """Files that ``%run`` executes; the names that they bind land in the namespace."""
    pylab: str | None = None
    """What ``%pylab`` is given, which binds names of libraries; None where the text does not use it."""
    plain: bool = False
    """Whether the tree is the text's own, so that both agree on lines and columns."""
    formulas: frozenset[NameInString] = frozenset()
    """Names in the formulas of models (``"y ~ x * scale"``) and in expressions: columns, or variables."""
    key_strings: frozenset[str] = frozenset()
    """Names in strings that a lookup in ``globals()`` may take: any statement that calls may be behind it."""
    listings: tuple[Listing, ...] = ()
    """Where the text goes through the names of the notebook: ``for n in dir()``."""
    pushed: frozenset[str] = frozenset()
    """Names that it binds by ``globals().update({"x": 1})``, and spells nowhere else."""
    operands: frozenset[str] | None = None
    """The names that a text uses which only binds names: to constants, to other names and to what operators
    make of these. None for any other text. Where the operands are numbers and texts it runs no other code."""

    @cached_property
    def shape(self) -> str:
        """The text without comments and layout: equal for two texts that mean the same."""
        if self.tree is None:
            return self.text.strip()
        last = self.tree.body[-1] if self.tree.body else None
        silent = isinstance(last, ast.Expr) and self.text.rstrip().endswith(";")  # its result is not shown
        return syntax_text(self.tree) + ";" * silent


@lru_cache(maxsize=128)
def parse(text: str, transform: Callable[[str], str] | None = None) -> Source:
    """Analyse a cell's text; ``transform`` turns IPython's syntax into Python where it is needed."""
    if len(text) > _PARSE_LIMIT:
        return Source(text, None)
    # Plain Python is the common case, and IPython's transformer costs more than the parser.
    plain = parsed(text)
    tree = plain if plain is not None else _transformed(text, transform)
    if tree is None:
        return Source(text, None)
    speaks = SPEAKS_OF_NAMES.search(text)
    if plain is not None and not speaks and "get_ipython" not in text:
        return Source(text, plain, plain=True, operands=_operands(plain))
    magics = _Magics()
    if plain is None or "get_ipython" in text:
        tree = magics.visit(tree)
    own = plain is not None and tree is plain
    if own and not speaks:
        return Source(text, tree, plain=True, operands=_operands(tree))
    # Each of the questions below is one to all nodes, and most texts have nothing to ask about.
    nodes = list(ast.walk(tree)) if speaks else []
    interpolated = frozenset((*looked_up(nodes), *magics.names))
    stars, scripts = tuple(_star_modules(nodes)), tuple(magics.scripts)
    formulas, keys = frozenset(in_formulas(nodes)), frozenset(found.name for found in key_names(nodes))
    listings = _listings(tree) if _LISTS.search(text) else ()
    pushed = frozenset(pushed_names(tree.body)) - keys
    told = (formulas, keys, listings, pushed)
    return Source(text, tree, interpolated, stars, scripts, magics.pylab, own, *told)


def _listings(tree: ast.Module) -> tuple[Listing, ...]:
    from cellgraph.code.name_listings import name_listings  # few texts have one

    return tuple(name_listings(tree.body))


def _operands(tree: ast.Module) -> frozenset[str] | None:
    """See ``Source.operands``."""
    found: set[str] = set()
    for node in tree.body:
        if type(node) is not ast.Assign or [each for each in node.targets if type(each) is not ast.Name]:
            return None
        names = operand_names(node.value)
        if names is None:
            return None
        found |= names
    return frozenset(found) if tree.body else None


def same_code(one: str, other: str, transform: Callable[[str], str] | None = None) -> bool:
    """Whether two texts differ at most in comments and layout."""
    return one == other or parse(one, transform).shape == parse(other, transform).shape


def _transformed(text: str, transform: Callable[[str], str] | None) -> ast.Module | None:
    if transform is None:
        return None
    try:
        return parsed(transform(text))
    except Exception:  # noqa: BLE001 - a transformer is other people's code; no tree is an answer
        return None


def _star_modules(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*":
            yield node.module


class _Magics(ast.NodeTransformer):
    """Replaces IPython's call of a magic by the code that the magic runs."""

    def __init__(self) -> None:
        self.names: set[NameInString] = set()
        self.scripts: list[str] = []
        self.pylab: str | None = None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        body = self._python_of(node.value)
        if body is not None:
            return [self.visit(statement) for statement in body]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        shell = _shell_call(node)
        if shell is not None:
            self._interpolate(*shell, node.lineno)
        return self.generic_visit(node)

    def _python_of(self, node: ast.expr) -> list[ast.stmt] | None:
        shell = _shell_call(node) if isinstance(node, ast.Call) else None
        if shell is None:
            return None
        method, words = shell
        code = None
        if method == "run_line_magic" and words[0] in PYTHON_LINE_MAGICS:
            code = _without_options(words[1])
        elif method == "run_cell_magic" and words[0] in PYTHON_CELL_MAGICS:
            code = words[2]
        tree = parsed(code) if code is not None else None
        return tree.body if tree is not None else None

    def _interpolate(self, method: str, words: list[str], at: int) -> None:
        # What IPython expands: all of a shell line, and the first line of a magic.
        line = words[0] if method in ("system", "getoutput") else " ".join(words[1:2])
        named = {*_DOLLAR.findall(line), *(name for part in _BRACES.findall(line) for name in _loaded(part))}
        if method == "run_line_magic" and words[0] == "store":
            named |= set(_stored(line))
        self.names.update(NameInString(name, at) for name in named)
        if method == "run_line_magic" and words[0] == "run" and len(words) > 1:
            self.scripts.extend(word for word in words[1].split() if word.endswith((".py", ".ipy")))
        elif method == "run_line_magic" and words[0] == "pylab":
            self.pylab = line


def _stored(line: str) -> Iterator[str]:
    """The variables that ``%store`` keeps: ``%store x y``, ``%store x > out.txt``."""
    words = line.partition(">")[0].split()
    return filter(str.isidentifier, words if not any(word.startswith("-") for word in words) else ())


def _shell_call(node: ast.Call) -> tuple[str, list[str]] | None:
    """The method and the constant arguments of ``get_ipython().method('…')``, or None."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and function_name(function.value) == "get_ipython"):
        return None
    words = [part.value for part in node.args if isinstance(part, ast.Constant)]
    texts = [word for word in words if isinstance(word, str)]
    return (function.attr, texts) if texts and len(texts) == len(node.args) else None


def _without_options(line: str) -> str:
    words = line.split(" ")
    while words and (words[0].startswith("-") or not words[0]):
        words.pop(0)
    return " ".join(words)


def _loaded(expression: str) -> set[str]:
    tree = parsed(expression.split("!", maxsplit=1)[0].split(":", maxsplit=1)[0].strip())
    if tree is None:
        return set()
    return names_in(tree)


def script_binds(path: str) -> frozenset[str]:
    """The names that a script binds at its top level, empty where it cannot be read."""
    tree = script_tree(path)
    return frozenset(_bound_at_top(tree.body)) if tree is not None else frozenset()


def script_tree(path: str) -> ast.Module | None:
    """The syntax tree of a script, None where it cannot be read."""
    try:
        return parsed(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _bound_at_top(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (bound_name(name) for name in node.names)
        else:
            stores = (n for n in ast.walk(node) if isinstance(n, ast.Name))
            yield from (n.id for n in stores if isinstance(n.ctx, ast.Store))


_IGNORE_ALL = [("ignore", None, Warning, None, 0)]


class no_warnings:  # noqa: N801 - used like a function
    """Silence the warnings of Python's parser and compiler without touching the filters.

    ``warnings.catch_warnings`` counts as a change of the filters: every warning that is given once per
    location would then be given again. Nothing but the parser runs in here.
    """

    __slots__ = ("_filters",)

    def __enter__(self) -> None:
        self._filters = warnings.filters
        warnings.filters = _IGNORE_ALL

    def __exit__(self, *_: object) -> None:
        warnings.filters = self._filters


_IPYTHON = Pattern(r"^([^\S\n]*)[%!?](.*)$", re.MULTILINE)
"""A line of a magic or of the shell, at the start of a cell's line."""
_HELP = Pattern(r"^[^\S\n]*[\w.*]++\?{1,2}[^\S\n]*$", re.MULTILINE)
"""A line that asks for help: ``np.sum?``."""
_ASSIGNED = Pattern(r"^([^\S\n]*[^\W\d][\w., \t]*+=[^\S\n]*)([%!].*)$", re.MULTILINE)
"""A line that stores what a magic or the shell gives: ``files = !ls``."""
_FAILURES = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)
"""What Python's parser and compiler raise for a text or a tree that they cannot take."""


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a text; None if it is not plain Python."""
    try:
        with no_warnings():  # the user's compiler tells about the user's code, once
            return ast.parse(text)
    except _FAILURES:
        return None


_LONGEST_EXPRESSION = 500


def words_of_expression(text: str) -> list[str]:
    """The names in a short expression, ``low * 3``; none in any other text, and none in a single word."""
    text = text.strip()
    tree = parsed(text) if len(text) <= _LONGEST_EXPRESSION and not text.isidentifier() else None
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return []
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def compiled(tree: ast.Module) -> CodeType | None:
    """The code object of a cell's tree, which may ``await`` at its top level; None if it does not compile."""
    try:
        with no_warnings():  # as above
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code: CodeType = compile(tree, "<cell>", "exec", flags, dont_inherit=True)
            return code
    except _FAILURES:
        return None


@lru_cache(maxsize=128)
def body(source: str) -> tuple[ast.stmt, ...]:
    """The statements of a text; none if it is not plain Python."""
    tree = parsed(source)
    return tuple(tree.body) if tree is not None else ()


def body_apart_from_magics(source: str) -> tuple[ast.stmt, ...]:
    """The same with magics and shell lines left empty, so that all other lines keep their numbers.

    A magic that runs the rest of its line as Python stands for that.
    Where a line stores what one of them gives, a call stands for that. A text that is plain Python is taken
    as it is: a line of it may begin with ``%``.
    """
    return body(source) or body(_ASSIGNED.sub(_as_call, _HELP.sub("", _IPYTHON.sub(_as_python, source))))


def _as_python(line: re.Match[str]) -> str:
    """The code that a magic runs in place of its line: ``%time k = 5``. Empty for any other line."""
    magic, _, given = line[2].partition(" ")
    code = _without_options(given) if line[0].lstrip()[0] == "%" and magic in PYTHON_LINE_MAGICS else ""
    return line[1] + code if code and parsed(code) is not None else ""


def _as_call(line: re.Match[str]) -> str:
    return f"{line[1]}get_ipython().ev({line[2]!r})"


def first_line(source: str) -> str:
    """The line that shows a reader which cell this is, without the space around it.

    The first line that is neither empty nor a comment, else the first comment, else nothing. An import, and a
    magic such as ``%%time``, which runs what is below it, stand above many cells: they count only where
    nothing else stands there.
    """
    lines = [line for line in map(str.strip, source.splitlines()) if line]
    code = [line for line in lines if not line.startswith("#")]
    below = [line for line in code if not (line.startswith("%%") and _runs_what_is_below(line))]
    return next(_without_imports(below), next(iter(below or code or lines), ""))


def _without_imports(lines: Iterable[str]) -> Iterator[str]:
    """The lines without those of import statements, which may have names in brackets on further lines."""
    inside = False
    for line in lines:
        if inside:
            inside = ")" not in line
        elif ";" not in line and _IMPORT.match(line):
            inside = "(" in line and ")" not in line
        else:
            yield line


_IMPORT = Pattern(r"(?:import|from)[ \t]")


def _runs_what_is_below(magic: str) -> bool:
    return magic[2:].partition(" ")[0] in PYTHON_CELL_MAGICS


_ASKING = (
    "who who_ls whos psearch history hist lsmagic magic quickref pinfo pinfo2 pdoc pdef pfile psource page "
    "clear cls tb"
)
"""Magics that only show something, or clear the screen."""
_BARE = frozenset(_ASKING.split())
_OWN = re.compile(
    r"%(?:cellgraph\b|(?:un|re)?load_ext\s+cellgraph\b).*"
    rf"|%(?:{'|'.join(_ASKING.split())})(?:\s.*)?"
    r"|(?<![\w.])[\w.]++\?{1,2}|(?<!\?)\?{1,2}[\w.]*+"
)


def is_own(text: str, names: Collection[str] | None = None) -> bool:
    """Whether a cell only talks to cellgraph, or asks IPython for something. Such a cell is not recorded.

    ``names`` are the user's names, where a magic needs no ``%``: one that is a name of these is no magic.
    """
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("#")]
    if names is not None:
        said = [f"%{line}" if line in _BARE and line not in names else line for line in said]
    return bool(said) and all(map(_OWN.fullmatch, said))

"""A cell's text as digests of what it means: of the whole cell, and of the statements behind each name.

Equal digests stand for the same code. Comments, layout and the way in which a text is quoted do not count.
A digest is the same on every version of Python that can parse the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from xxhash import xxh3_64_hexdigest

from cellgraph.code.expression_names import function_name
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.ipython_syntax import PLACEHOLDER, Cell, IPythonCommand, read_cell
from cellgraph.code.source import is_own
from cellgraph.code.statements import block_of, every_step

_QUIET_CALLS = frozenset(
    "print display len repr str type id isinstance help sorted sum min max any all round abs format int"
    " float bool list tuple dict set range enumerate zip map filter".split()
)
"""Builtins that change nothing they are given."""
_QUIET_METHODS = frozenset(
    "head tail describe info sample plot hist boxplot scatter bar barh line show display mean median std"
    " var sum min max count size nunique unique value_counts isna isnull notna any all corr cov quantile"
    " groupby agg aggregate copy astype round abs to_numpy to_list tolist to_string to_markdown to_html"
    " query merge join reset_index set_index rename sort_values sort_index dropna fillna drop assign apply"
    " idxmax idxmin argmax argmin reshape transpose dot format keys values items split strip lower upper"
    " startswith endswith replace title imshow figure subplots savefig xlabel ylabel legend tight_layout"
    " grid axhline axvline predict predict_proba score".split()
)
"""Methods that leave what they belong to as it is, unless they are told ``inplace=True``."""
_LEFT_AS_THEY_ARE = frozenset(
    "numpy pandas matplotlib seaborn scipy sklearn torch random os sys warnings math json re time datetime"
    " pathlib collections itertools functools polars plotly altair bokeh statsmodels networkx".split()
)
"""Modules whose calls leave nothing behind in them but settings, which have names of their own."""


_WORLD = "<world>"
"""What a statement touches that may change something besides variables: it calls, or stores into a part."""


@dataclass(frozen=True)
class _Unit:
    """One statement at the top of a cell.

    ``touches`` are the names that it makes or may change, ``loads`` those that it needs.
    """

    text: str
    touches: frozenset[str]
    loads: frozenset[str]


class CodeDigests:
    """The digests of one cell's text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._slices: dict[str, str] = {}

    @cached_property
    def whole(self) -> str:
        """The digest of all that the cell does; empty for a cell that does nothing."""
        if self._cell.tree is None:
            return _hash(self._text.strip())
        parts = [*self._heads, *(unit.text for unit in self._units)]
        if self._cell.automagic is not None and not self._cell.tree.body:
            parts.append(_command(self._cell.automagic))
        return _hash("\n".join(parts) + ";" * self._is_silent) if parts else ""

    def of(self, name: str) -> str:
        """The digest of the statements that a name is made by.

        For a file or a setting it is that of all statements that act on something, and of what these need.
        For a variable that the text does not show (a magic made it) it is that of the whole cell.
        """
        if name not in self._slices:
            self._slices[name] = self._sliced(name)
        return self._slices[name]

    @property
    def bound(self) -> frozenset[str]:
        """The names that the cell's statements make or may change."""
        return frozenset().union(*(unit.touches for unit in self._units)) - {_WORLD}

    def _sliced(self, name: str) -> str:
        needed = {name}
        if not name.isidentifier():
            needed |= {_WORLD}
        if not any(needed & unit.touches for unit in self._units):
            return self.whole
        kept: set[int] = set()
        size = -1
        while size != (size := len(kept)):  # a function may need what is made below it
            for place in reversed(range(len(self._units))):
                if not self._units[place].touches.isdisjoint(needed):
                    needed |= self._units[place].loads
                    kept.add(place)
        return _hash("\n".join(self._units[place].text for place in sorted(kept)))

    @cached_property
    def _cell(self) -> Cell:
        return read_cell(self._text)

    @cached_property
    def _heads(self) -> list[str]:
        # A cell magic that runs Python has its code in the tree.
        return [_command(head, body=not self._units) for head in self._cell.heads]

    @cached_property
    def _units(self) -> list[_Unit]:
        tree = self._cell.tree
        if tree is None:
            return []
        imports, functions = _names_left_as_they_are(tree), _functions(tree)
        kept = (node for node in tree.body if not self._talks_to_us(node))
        return [_unit(node, self._cell.commands, imports | functions) for node in kept]

    def _talks_to_us(self, node: ast.stmt) -> bool:
        number = _placeholder(node.value) if isinstance(node, ast.Expr) else None
        if number is None or number >= len(self._cell.commands):
            return False
        command = self._cell.commands[number]
        return command.kind == "line" and is_own(f"%{command.name} {command.rest}".strip())

    @property
    def _is_silent(self) -> bool:
        """Whether a semicolon keeps the last result from being shown."""
        tree = self._cell.tree
        last = tree.body[-1] if tree is not None and tree.body else None
        if not isinstance(last, ast.Expr) or last.end_lineno is None:
            return False
        rest = self._cell.python.splitlines()[last.end_lineno - 1].encode()[last.end_col_offset or 0 :]
        return rest.decode(errors="replace").lstrip().startswith(";")


@lru_cache(maxsize=256)
def code_digests(text: str) -> CodeDigests:
    """The digests of a cell's text."""
    return CodeDigests(text)


def module_digest(text: str) -> str:
    """The digest of a module's code, without comments and layout; of text that is no Python, as it is."""
    try:
        return _hash(_syntax_text(ast.parse(text), ()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _hash(text)


def _hash(text: str) -> str:
    return xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))[:12]


def _command(command: IPythonCommand, *, body: bool = True) -> str:
    text = command.body.strip() if body else ""
    return f"{command.kind} {command.name}\n{command.rest}\n{text}"


def _unit(node: ast.stmt, commands: Sequence[IPythonCommand], unchanging: frozenset[str]) -> _Unit:
    steps = [*every_step(block_of([node]))]
    sure: set[str] = set()
    perhaps: set[str] = set()
    loads: set[str] = set()
    for step in steps:
        sure |= step.binds | step.deletes | step.evidence | step.closure_binds
        perhaps |= step.may_mutate
        loads |= step.loads | step.closure_loads | step.exit_names
    if not _is_quiet(node):
        sure |= perhaps - unchanging
    if _acts(node):
        sure.add(_WORLD)
    return _Unit(_syntax_text(node, commands), frozenset(sure), frozenset(loads))


def _is_quiet(node: ast.stmt) -> bool:
    """Whether all calls in a statement are known to leave their arguments as they are."""
    return all(_is_quiet_call(call) for call in ast.walk(node) if isinstance(call, ast.Call))


def _acts(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    acting = (ast.Call, ast.Delete, ast.AugAssign, ast.With)
    return any(
        isinstance(part, acting) or (isinstance(part, ast.Attribute | ast.Subscript) and _is_stored(part))
        for part in ast.walk(node)
    )


def _is_stored(part: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(part.ctx, ast.Store)


def _is_quiet_call(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _QUIET_CALLS
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _QUIET_METHODS:
        return False
    return not any(keyword.arg in ("inplace", "out", None) for keyword in call.keywords)


def _names_left_as_they_are(tree: ast.Module) -> frozenset[str]:
    """Names of modules that calls do not change, and of what is imported from these."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            unchanging = (alias for alias in node.names if alias.name.split(".")[0] in _LEFT_AS_THEY_ARE)
            found |= {bound_name(alias) for alias in unchanging}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _LEFT_AS_THEY_ARE:
            found |= {alias.asname or alias.name for alias in node.names}
    return frozenset(found)


def _functions(tree: ast.Module) -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def _placeholder(node: ast.expr) -> int | None:
    """The number of the command that an expression stands for; None for any other expression."""
    if isinstance(node, ast.Call) and function_name(node) == PLACEHOLDER:
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, int):
            return first.value
    return None


def _syntax_text(node: ast.AST, commands: Sequence[IPythonCommand]) -> str:
    """A text that is equal for two trees of the same code, whichever Python parsed them.

    ``ast.dump`` is another one from version to version: fields are added, and empty ones left out.
    """
    number = _placeholder(node) if isinstance(node, ast.Call) else None
    if number is not None and number < len(commands):
        return _command(commands[number])
    return f"{type(node).__name__}({','.join(_fields(node, commands))})"


def _fields(node: ast.AST, commands: Sequence[IPythonCommand]) -> Iterator[str]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(node, ast.Constant):
            if name == "value":
                yield hex(value) if type(value) is int else f"{type(value).__name__} {value!r}"
        elif name == "ctx" or not (value or isinstance(value, ast.AST)):
            continue
        elif isinstance(value, list):
            inner = (
                _syntax_text(part, commands) if isinstance(part, ast.AST) else repr(part) for part in value
            )
            yield f"{name}=[{','.join(inner)}]"
        elif isinstance(value, ast.AST):
            yield f"{name}={_syntax_text(value, commands)}"
        else:
            yield f"{name}={value!r}"

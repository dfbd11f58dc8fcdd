"""The statements that the targets need, sorted by what becomes of them in the module.

In come the statements of a slice. Imports go to the top of the module. Functions and classes go there too
if all that they read is there; a variable that a function reads becomes a parameter of it (``functions``).
A name that is bound once, to a constant, becomes a setting or a constant of the module. All others are the
statements of steps.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cellgraph.analyse.cell_units import Unit, imports_all
from cellgraph.analyse.slice_script import cut_import, imported_names, unit_text, used_names
from cellgraph.code.expression_names import is_name, names_in
from cellgraph.code.fast_ast import bound_name
from cellgraph.model import Run

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
KERNEL_IMPORTS = {
    "display": "from IPython.display import display",
    "get_ipython": "from IPython import get_ipython",
}
RESERVED = frozenset({"main", "run", "Results", "Settings", "read_settings", "settings", "argv"})
"""Names that the module has for itself."""
_FIXED = (int, float, str, bool, complex, bytes, type(None))


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement of a cell: its text, its names, and the comments above it."""

    cell: str
    number: int
    text: str
    unit: Unit

    @property
    def node(self) -> ast.stmt | None:
        """Its only statement; None if there are several on its line."""
        return self.unit.nodes[0] if len(self.unit.nodes) == 1 else None

    @property
    def loads(self) -> frozenset[str]:
        """All names that it reads, now or in the functions that it makes."""
        return self.unit.loads | self.unit.later


@dataclass(frozen=True)
class Program:
    """A slice, sorted. ``needs`` gives for each function of the module the variables that it reads.

    ``shared`` are constants that functions read: they stand in the module. ``constants`` are the others.
    """

    pieces: tuple[Piece, ...]
    imports: tuple[str, ...] = ()
    imported: frozenset[str] = frozenset()
    functions: Mapping[str, Piece] = field(default_factory=dict)
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    constants: Mapping[str, Piece] = field(default_factory=dict)
    shared: Mapping[str, Piece] = field(default_factory=dict)
    fixed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Functions that must stay among the statements, with the variables that they read or bind."""

    @property
    def top(self) -> frozenset[str]:
        """The names that the module has at its top."""
        return self.imported.union(self.functions, self.shared)

    @property
    def bound(self) -> frozenset[str]:
        """All names that the statements and the module bind."""
        return self.top.union(self.constants, *(p.unit.binds | p.unit.closure_binds for p in self.pieces))

    @property
    def names(self) -> frozenset[str]:
        """All names that occur."""
        found = frozenset(self.functions) | self.imported | frozenset(self.shared) | frozenset(self.constants)
        every = [*self.pieces, *self.functions.values()]
        inner = (name for piece in every for node in piece.unit.nodes for name in names_in(node))
        return found.union(inner, *(piece.loads | piece.unit.binds for piece in every))


def pieces_of(kept: Sequence[tuple[Run, tuple[Unit, ...]]], numbers: Mapping[str, int]) -> list[Piece]:
    """The statements of a slice in order."""
    return [
        Piece(run.cell, numbers[run.cell], "\n".join(unit_text(run, unit)), unit)
        for run, units in kept
        for unit in units
    ]


def sorted_program(
    pieces: Sequence[Piece], stars: Mapping[str, str], changed: frozenset[str], targets: frozenset[str]
) -> Program:
    """The program of some statements. ``changed`` are names whose values a run changed in place."""
    used = used_names(piece.unit for piece in pieces) | targets
    binders = Counter(name for piece in pieces for name in piece.unit.binds | piece.unit.closure_binds)
    changed = changed.union(*(piece.unit.evidence | _deleted(piece) for piece in pieces))
    imports, imported, rest = _imports(pieces, stars, used, binders)
    literal = {
        name: piece
        for piece in rest
        if (name := _constant(piece)) and binders[name] == 1 and name not in changed
    }
    literal = {name: piece for name, piece in literal.items() if name not in targets | RESERVED}
    functions, needs, fixed = _functions(rest, imported, literal, binders, changed)
    read = frozenset[str]().union(*(piece.loads for piece in functions.values()))
    shared = {name: piece for name, piece in literal.items() if name in read}
    constants = {n: p for n, p in literal.items() if n not in shared and _is_fixed(p)}
    gone = {id(piece) for piece in (*functions.values(), *shared.values(), *constants.values())}
    left = tuple(piece for piece in rest if id(piece) not in gone)
    return Program(left, tuple(imports), imported, functions, needs, constants, shared, fixed)


def _deleted(piece: Piece) -> frozenset[str]:
    return frozenset(
        part.id
        for node in piece.unit.nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del)
    )


def _imports(
    pieces: Sequence[Piece], stars: Mapping[str, str], used: frozenset[str], binders: Mapping[str, int]
) -> tuple[list[str], frozenset[str], list[Piece]]:
    """The imports that can stand at the top, the names that they bind, and the other statements."""
    found = [(piece, cut) for piece in pieces if (cut := _cut(piece, used)) is not None]
    given: dict[str, set[str]] = {}
    for _, cut in found:
        for alias in cut.names:
            given.setdefault(bound_name(alias), set()).add(_single(cut, alias))
    spelt = {name: f"from {module} import {name}" for name, module in stars.items() if name in used}
    for name, text in spelt.items():
        given.setdefault(name, set()).add(text)
    rest = [piece for piece in pieces if not isinstance(piece.node, ast.Import | ast.ImportFrom)]
    elsewhere = {name for piece in rest for name in piece.unit.binds | piece.unit.closure_binds}
    several = {name for name, texts in given.items() if len(texts) > 1 and not _dotted(texts)}
    unsure = elsewhere | several
    texts: dict[str, None] = {}
    for piece, cut in found:
        if any(name in unsure for name in imported_names(cut)):
            rest.append(piece)
        else:
            texts.update({_single(cut, alias): None for alias in cut.names})
    texts.update({text: None for name, text in spelt.items() if name not in unsure})
    rest.sort(key=lambda piece: _place(pieces, piece))
    imported = frozenset(name for name in given if name not in unsure)
    for name, text in KERNEL_IMPORTS.items():
        if name in used and name not in given and name not in binders:
            texts[text] = None
            imported |= {name}
    return list(texts), imported, rest


def _cut(piece: Piece, used: frozenset[str]) -> ast.Import | ast.ImportFrom | None:
    """An import of what is used; None for other statements, and for ``import *``: ``stars`` spell it out."""
    node = piece.node
    if not isinstance(node, ast.Import | ast.ImportFrom) or imports_all(node):
        return None
    return cut_import(node, used, _not_known)


def _not_known(module: str) -> frozenset[str] | None:
    return None


def _place(pieces: Sequence[Piece], wanted: Piece) -> int:
    return next(place for place, piece in enumerate(pieces) if piece is wanted)


def _single(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(node.module, [alias], node.level))


def _dotted(texts: Iterable[str]) -> bool:
    """Whether all are imports of modules below one package, which bind the same name to the same module."""
    return all(text.startswith("import ") and " as " not in text for text in texts)


def _constant(piece: Piece) -> str | None:
    """The name that a statement binds to a value that is spelled out; None for others."""
    match piece.node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name if is_literal(value) else None
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            return name if is_literal(value) else None
    return None


def is_literal(value: ast.expr) -> bool:
    """Whether a value is spelled out: numbers, texts, and containers of them."""
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return len(ast.unparse(value)) < 2000


def literal_of(piece: Piece) -> ast.expr:
    """The value that a constant is bound to."""
    node = piece.node
    assert isinstance(node, ast.Assign | ast.AnnAssign)
    assert node.value is not None
    return node.value


def _is_fixed(piece: Piece) -> bool:
    """Whether the value of a constant cannot be changed in place, and is short enough for an option."""
    value = ast.literal_eval(literal_of(piece))
    if isinstance(value, str) and len(value) > 200:
        return False
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(part, _FIXED) for part in value)
    return isinstance(value, _FIXED) and value is not None


def _functions(
    rest: Sequence[Piece],
    imported: frozenset[str],
    literal: Mapping[str, Piece],
    binders: Mapping[str, int],
    changed: frozenset[str],
) -> tuple[dict[str, Piece], dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """The functions and classes that can stand at the top, with the variables that each needs as parameters.

    The third result are those that cannot: they stay in a step, with the variables that their bodies touch.
    """
    bound = frozenset(name for piece in rest for name in piece.unit.binds | piece.unit.closure_binds)
    found = {
        piece.node.name: piece
        for piece in rest
        if isinstance(piece.node, Definition)
        and binders[piece.node.name] == 1
        and piece.node.name not in changed
        and not piece.unit.closure_binds
    }
    while True:
        needs = _needs(found, bound, imported, literal)
        wrong = {
            name
            for name, piece in found.items()
            if not _may_move(piece, found, needs, bound - frozenset(literal) - frozenset(found))
        }
        if not wrong:
            break
        found = {name: piece for name, piece in found.items() if name not in wrong}
    variables = bound - frozenset(found) - frozenset(literal)
    fixed = {
        name: (piece.unit.later & variables) | piece.unit.closure_binds
        for piece in rest
        for name in piece.unit.binds
        if piece.unit.later and piece.unit is not getattr(found.get(name), "unit", None)
    }
    return found, needs, fixed


def _needs(
    found: Mapping[str, Piece], bound: frozenset[str], imported: frozenset[str], literal: Mapping[str, Piece]
) -> dict[str, frozenset[str]]:
    """The variables that each function reads, itself or in functions that it calls."""
    variables = bound - frozenset(found) - imported - frozenset(literal)
    needs = {name: piece.unit.later & variables for name, piece in found.items()}
    grown = True
    while grown:
        grown = False
        for name, piece in found.items():
            new = needs[name].union(*(needs[other] for other in piece.loads if other in needs))
            grown |= new != needs[name]
            needs[name] = new
    return needs


def _may_move(
    piece: Piece, found: Mapping[str, Piece], needs: Mapping[str, frozenset[str]], variables: frozenset[str]
) -> bool:
    """Whether a definition may stand at the top: what it reads is there, or can be a parameter."""
    node = piece.node
    assert isinstance(node, Definition)
    if node.name in RESERVED or piece.unit.loads & variables or any(map(needs.get, piece.unit.loads)):
        return False
    given = needs[node.name]
    if not given:
        return True
    if isinstance(node, ast.ClassDef) or node.decorator_list or len(given) > 4:
        return False
    if any(isinstance(part, ast.Global | ast.Nonlocal) for part in ast.walk(node)):
        return False
    return not any(_hides(other.unit.nodes, node.name, given) for other in found.values())


def _hides(nodes: Iterable[ast.AST], function: str, variables: frozenset[str]) -> bool:
    """Whether a function is used where a variable that it needs is another one, of the scope around."""
    return any(_hides_in(node, function, variables, frozenset()) for node in nodes)


def _hides_in(node: ast.AST, function: str, variables: frozenset[str], local: frozenset[str]) -> bool:
    if is_name(node, function):
        return bool(variables & local)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        local |= _locals(node)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        local = local.union(*(names_in(each.target) for each in node.generators))
    return any(_hides_in(part, function, variables, local) for part in ast.iter_child_nodes(node))


def _locals(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    every = node.args
    names = [*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg]
    stored = (
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del)
    )
    return frozenset(name.arg for name in names if name is not None).union(stored)

"""A slice of a saved notebook, from its text alone: nothing runs.

The runs that a restart would make are worked out from the text: what each cell reads and makes, the types
that the text shows, files, random generators, the working folder and the module path. What is not known
counts as changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from cellgraph.analyse.cell_units import imports_all
from cellgraph.analyse.slice_script import Context
from cellgraph.analyse.slices import base_name, slice_script
from cellgraph.analyse.statement_slicer import drawn_names, known_names
from cellgraph.code.display_only import drawing_names, shows_only, touched_names
from cellgraph.code.expression_names import names_in
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body, parse
from cellgraph.code.statements import block_of, every_step
from cellgraph.model import Digest, RandomUse, Read, Run, Write
from cellgraph.names import Name
from cellgraph.notebooks.checks.document import CodeCell, Document, all_cells, joined
from cellgraph.notebooks.checks.modules import exports
from cellgraph.notebooks.checks.static_ledger import static_ledger
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.record.ledger import Ledger
from cellgraph.trace.files.path_literals import mentions

_CWD, _ENVIRON, _SYS_PATH, _DEFAULTS = map(Name.of_setting, ("cwd", "environ", "sys.path", "defaults"))
T = TypeVar("T", Read, Write)
_SEEDED = {
    "numpy": re.compile(r"(?:np|numpy)\.random\.(?:seed|set_state)\(|seed_everything|set_seed"),
    "random": re.compile(r"(?<![.\w])random\.(?:seed|setstate)\(|seed_everything|set_seed"),
    "torch": re.compile(r"manual_seed|seed_everything|set_seed"),
    "tensorflow": re.compile(r"tf\.random\.set_seed|set_random_seed"),
}
_DRAWN = {
    "numpy": re.compile(
        r"(?:np|numpy)\.random\.(?!seed|default_rng|RandomState|Generator)|\.sample\(|train_test_split|KFold|\.fit|\.rvs\("
        r"|shuffle|\brandn?\(|randint\(|cross_val|GridSearch|make_\w+\(|permutation\("
    ),
    "random": re.compile(
        r"(?<![.\w])random\.(?!seed|Random\b)\w+\(|\b(?:shuffle|choices?|sample|randint|uniform)\("
    ),
    "torch": re.compile(r"torch|\bnn\.|\.fit\(|loader|train|backward"),
    "tensorflow": re.compile(r"\btf\.|keras|\.fit\("),
}
_WORD = re.compile(r"[^\W\d]\w*+")
_LOWEST_HEADING = 6
_OPENS = re.compile(r"open\(|read|listdir|glob|Path\(|getcwd")
_SOMEWHERE = Name.of_file("?")
"""Stands for files whose paths are not spelled out, for what lists a folder or asks for a file's size."""
_WRITES_SOMEWHERE = re.compile(
    r"\.write_(?:text|bytes)\(|\.mkdir\(|makedirs\(|shutil\.|open\([^()\n]*+['\"][wax]b?['\"]|\.to_(?:csv|json|parquet)\("
    r"|os\.(?:remove|rename|unlink)|\.unlink\(|\.touch\(|\bsave(?:z|txt|fig)?\("
)
_LISTS = re.compile(r"listdir|glob|iterdir|os\.walk|scandir|getsize|\.stat\(|exists\(")
_NUMERIC = re.compile(r"\b(?:torch|nn|tf|jax|np|decimal|Decimal)\b")
_OWN_STATE = re.compile(r"random_state\s*+=\s*+(?!None)")
_TYPES: dict[str, str] = {
    "DataFrame": "DataFrame",
    "Series": "Series",
    "read_csv": "DataFrame",
    "read_excel": "DataFrame",
    "read_json": "DataFrame",
    "read_parquet": "DataFrame",
    "read_table": "DataFrame",
    "merge": "DataFrame",
    "concat": "DataFrame",
    "array": "ndarray",
    "zeros": "ndarray",
    "ones": "ndarray",
    "arange": "ndarray",
    "linspace": "ndarray",
    "len": "int",
    "int": "int",
    "float": "float",
    "str": "str",
    "list": "list",
    "dict": "dict",
    "set": "set",
    "tuple": "tuple",
    "sorted": "list",
    "range": "range",
    "RandomState": "RandomState",
    "default_rng": "Generator",
    "Random": "Random",
    "iter": "iterator",
    "map": "iterator",
    "filter": "iterator",
    "zip": "iterator",
    "enumerate": "iterator",
    "open": "file",
    "count": "iterator",
    "cycle": "iterator",
    "reader": "iterator",
}
"""What calls by these names give."""


def notebook_slice(document: Document, subject: str) -> str:
    """The script that makes a name, or the results of a cell given by its number or id.

    Raises CannotRunError where the notebook has no such name or cell.
    """
    ledger = Ledger(static_runs(document))
    cells, name = _subject(document, ledger, subject)
    what = f"{name}, as" if name is not None else f"Cell {subject}, as"
    context = Context(
        markdown_above(document),
        lambda module: exported(module, _folder(document)),
        f"{what} {document.path.rpartition('/')[2]} makes it.",
    )
    return slice_script(ledger, cells, name, context)


def exported(module: str, folder: str) -> frozenset[str] | None:
    """The names that ``from module import *`` binds; None if that is not known."""
    found = exports(module, 0, folder)
    return found.names if found is not None and found.complete else None


def markdown_above(document: Document) -> dict[str, str]:
    """For each code cell, by its name in the ledger, the Markdown between it and the code cell before."""
    found: dict[str, str] = {}
    raw = document.raw or {}
    cells = all_cells(raw)
    by_index = {cell.index: cell for cell in document.cells}
    above: list[str] = []
    for index, cell in enumerate(cells):
        if index in by_index:
            found[cell_id(by_index[index])] = "\n\n".join(above)
            above = []
        elif isinstance(cell, dict) and cell.get("cell_type") in ("markdown", "heading"):
            level = "#" * _level(cell) + " " if cell["cell_type"] == "heading" else ""
            above.append(level + joined(cell.get("source", "")).strip())
    return found


def _level(heading: Mapping[str, Any]) -> int:
    """The level of a heading of format 3; 1 for what is none."""
    level = heading.get("level")
    return level if isinstance(level, int) and 1 <= level <= _LOWEST_HEADING else 1


def cell_id(cell: CodeCell) -> str:
    """The name of a cell in a static ledger."""
    return cell.id or f"cell-{cell.number}"


def static_runs(document: Document) -> list[Run]:
    """The runs of a restart, as far as the text tells."""
    plain = replace(document, cells=[_plain(cell) for cell in document.cells])
    ledger, _ = static_ledger(plain)
    world = _World(_folder(document), [run.source for run in ledger.runs])
    return [world.completed(run) for run in ledger.runs]


def _plain(cell: CodeCell) -> CodeCell:
    return replace(cell, source=plain_python(cell.source).text or "")


def _folder(document: Document) -> str:
    return document.path.rpartition("/")[0] or "."


def _subject(document: Document, ledger: Ledger, subject: str) -> tuple[tuple[str, ...], str | None]:
    number = subject.strip("[]")
    for cell in document.cells:
        if number == str(cell.number) or (cell.id and subject == cell.id):
            if ledger.latest(cell_id(cell)) is None:
                raise CannotRunError(f"cell {subject} of {document.path} has no code")
            return (cell_id(cell),), None
    if ledger.writer(base_name(subject)) is not None:
        return (), subject
    if number.isdecimal():
        raise CannotRunError(f"{document.path} has no code cell {number}: it has {len(document.cells)}")
    raise CannotRunError(f"no cell of {document.path} makes a name {subject!r}")


def _looped(node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The loop variables in a statement, each with the names of what it goes through."""
    for part in ast.walk(node):
        if isinstance(part, ast.For | ast.AsyncFor):
            yield from ((name, names_in(part.iter)) for name in names_in(part.target))


class _World:
    """Goes through the runs in order and adds to each what its text says besides names."""

    def __init__(self, folder: str, texts: Sequence[str]) -> None:
        self._folder = folder
        self._held: dict[str, Digest] = {}
        self._types: dict[str, str] = {}
        self._drawing: dict[str, set[str]] = {library: set() for library in _DRAWN}
        self._mutators: set[str] = set()
        """Functions of the notebook that change what they are given."""
        self._classes: set[str] = set()
        nodes = [node for text in texts for node in body(text)]
        self._known = known_names(nodes, drawing_names(nodes) | drawn_names(nodes))
        self._words = frozenset(word for text in texts for word in _WORD.findall(text))

    def completed(self, run: Run) -> Run:
        """The run with types, files, generators and settings."""
        nodes = body(run.source)
        self._types.update(_types_of(nodes))
        touched = frozenset(name for node in nodes for name in self._touched(node))
        extra = [*self._stars(run, nodes), *self._file_writes(run), *_state_writes(run)]
        reads = [*self._hidden_reads(run, nodes), *self._star_reads(run)]
        own = [self._typed(replace(r, digest=self._held.get(r.name, r.digest))) for r in run.reads]
        known = {read.name for read in own}
        writes = [*(self._typed(write) for write in run.writes), *(self._write(run, name) for name in extra)]
        made = {write.name for write in writes}
        writes += [
            Write(r.name, "mutate", (), Digest(f"{run.number}:{r.name}"), (str(r.name),), r.digest)
            for r in own
            if r.name in touched - made
        ]
        completed = replace(
            run,
            reads=(*own, *(r for r in reads if r.name not in known)),
            writes=tuple(writes),
            random=tuple(self._random(run, nodes)),
        )
        for write in writes:
            if write.digest is not None:
                self._held[write.name] = write.digest
        return completed

    def _touched(self, node: ast.stmt) -> Iterator[str]:
        """The names of which the value may be another after a statement, though no syntax shows it."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._learn(node)
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and self._types.get(part.id) in _CONSUMED:
                yield part.id
            elif isinstance(part, ast.Call):
                yield from self._given_away(part)
        for part in ast.walk(node):
            if isinstance(part, ast.Expr) and not shows_only(part, self._known):
                names = touched_names(part, self._known)
                changed = names if names is not None else names_in(part.value)
                yield from changed.union(*(over for name, over in _looped(node) if name in changed))

    def _given_away(self, call: ast.Call) -> Iterator[str]:
        match call.func:
            case ast.Name(id=name) if name in self._mutators:
                yield from names_in(call)
            case ast.Attribute(value=ast.Name(id=name)) if self._types.get(name) in self._classes:
                yield name

    def _learn(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if isinstance(node, ast.ClassDef):
            self._classes.add(node.name)
            return
        given = {part.arg for part in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        steps = block_of(node.body)
        every = list(every_step(steps))
        changes = any(given & (step.evidence | step.deletes) for step in every)
        if changes or any(step.calls and step.loads & self._mutators for step in every):
            self._mutators.add(node.name)

    def _typed(self, one: T) -> T:
        kind = self._types.get(one.name, "")
        if one.digest is None or not kind:
            return one
        return replace(one, digest=replace(one.digest, type=kind))

    def _write(self, run: Run, name: str) -> Write:
        return Write(Name(name), "bind", (), Digest(f"{run.number}:{name}"), ())

    def _stars(self, run: Run, nodes: Iterable[ast.stmt]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and imports_all(node):
                found = exports(node.module or "", node.level, self._folder)
                yield from sorted((found.names if found is not None else frozenset()) & self._words)

    def _star_reads(self, run: Run) -> Iterator[Read]:
        """Reads of names that came with ``import *``."""
        words = set(_WORD.findall(run.source))
        for name in sorted(words & self._held.keys()):
            yield Read(Name(name), "", self._held[name])

    def _file_writes(self, run: Run) -> Iterator[str]:
        for mention in mentions(parse(run.source), {}):
            if mention.use == "write":
                yield Name.of_file(mention.path)
        if _WRITES_SOMEWHERE.search(run.source):
            yield _SOMEWHERE

    def _hidden_reads(self, run: Run, nodes: Iterable[ast.stmt]) -> Iterator[Read]:
        mentioned = mentions(parse(run.source), {})
        names: list[str] = [Name.of_file(mention.path) for mention in mentioned]
        if mentioned or _OPENS.search(run.source):
            names.append(_CWD)
        if _LISTS.search(run.source):
            names.append(_SOMEWHERE)
        if "environ" in run.source or "getenv" in run.source:
            names.append(_ENVIRON)
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
            names.append(_SYS_PATH)
        if _NUMERIC.search(run.source):
            names.append(_DEFAULTS)
        for name in names:
            if name in self._held:
                yield Read(Name(name), "", self._held[name])

    def _random(self, run: Run, nodes: Iterable[ast.stmt]) -> Iterator[RandomUse]:
        for library, pattern in _DRAWN.items():
            seeded = _SEEDED[library].search(run.source) is not None
            drew = any(map(partial(self._draws, library, pattern), nodes))
            if seeded or drew:
                yield RandomUse(
                    library, "seeded and drew" if seeded and drew else "seeded" if seeded else "drew"
                )

    def _draws(self, library: str, pattern: re.Pattern[str], node: ast.stmt) -> bool:
        text = ast.unparse(node)
        words = set(_WORD.findall(text))
        draws = pattern.search(text) is not None and not _OWN_STATE.search(text)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            if draws or words & self._drawing[library]:
                self._drawing[library].add(node.name)
            return False
        if isinstance(node, ast.Import | ast.ImportFrom):
            return False
        return draws or bool(words & self._drawing[library])


_CONSUMED = frozenset({"RandomState", "Generator", "Random", "iterator", "file"})
"""Types of values that are changed by whoever uses them."""
_STATE = (
    (_CWD, re.compile(r"os\.chdir\(")),
    (_ENVIRON, re.compile(r"os\.environ\[|putenv|os\.environ\.(?:update|setdefault)|load_dotenv")),
    (_SYS_PATH, re.compile(r"sys\.path|site\.addsitedir")),
    (
        _DEFAULTS,
        re.compile(
            r"set_default_|set_printoptions|np\.seterr|getcontext\(\)|set_floatx|enable_eager|config\.update"
        ),
    ),
)


def _state_writes(run: Run) -> Iterator[str]:
    yield from (name for name, pattern in _STATE if pattern.search(run.source))


def _types_of(nodes: Iterable[ast.stmt]) -> Mapping[str, str]:
    """The types of names that the text shows."""
    found: dict[str, str] = {}
    for node in nodes:
        match node:
            case ast.Import():
                found |= {bound_name(name): "module" for name in node.names}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = "function"
            case ast.ClassDef(name=name):
                found[name] = "type"
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = _type_of(value)
    return found


_SPELT: dict[type[ast.expr], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
    ast.GeneratorExp: "iterator",
}


def _type_of(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=held):
            return type(held).__name__
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return _TYPES.get(name, name if name[:1].isupper() else "")
    return _SPELT.get(type(value), "")

"""What a text that has not run would do: the text of a cell that was edited since it ran, or never ran.

Restart & Run All runs the texts on the screen. Recorded runs tell what such a text does only for statements
that it shares with a text that ran. The rest is derived from the text itself: which names it binds, changes
in place or deletes, and which it loads from outside.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from cellgraph.analyse.cell_units import QUIET_CALLS
from cellgraph.analyse.statement_slicer import sliced
from cellgraph.code.expression_names import function_name, names_in
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.known_calls import reached
from cellgraph.code.known_stores import spelt_members
from cellgraph.code.literal_edits import unpacked_apart
from cellgraph.code.source import PYTHON_CELL_MAGICS, body, body_apart_from_magics, parsed
from cellgraph.code.statement_names import names_of
from cellgraph.code.statements import Block, Statement, block_of, every_step
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Read, Run, Write, WriteKind
from cellgraph.patterns import Pattern

_GIVES_NAMES = Pattern(r"^[^\S\n]*+(?:from\b[^\n#;]*\bimport\s*+\*|%[^\n]*)", re.MULTILINE)
_CELL_MAGIC = Pattern(r"(?<!\s)\s*+%%(\w+)")
_WORD = Pattern(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class NameOutcome:
    """What a text does with one name in the end. ``sure``: on all paths through the text."""

    name: str
    kind: WriteKind
    sure: bool


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """What a text would do, as far as the text tells. ``loads`` are the names that it loads from outside."""

    names: tuple[NameOutcome, ...] = ()
    loads: frozenset[str] = frozenset()

    @property
    def written(self) -> frozenset[str]:
        """The names that it binds, changes or deletes."""
        return frozenset(outcome.name for outcome in self.names)


@lru_cache(maxsize=512)
def text_outcome(text: str) -> TextOutcome:
    """Analyse a text. A magic that runs no Python (``%%bash``) has an unknown outcome."""
    outcome = _outcome_of(_block(text))
    changed, bound = _changed_by_calls(text)
    more: dict[str, WriteKind] = {}
    for names, how in ((_names_of_handlers(text), "delete"), (changed, "mutate"), (bound, "bind")):
        more.update((name, how) for name in names)  # type: ignore[misc]
    unsure = (NameOutcome(name, how, sure=False) for name, how in more.items() if name not in outcome.written)
    return TextOutcome((*outcome.names, *unsure), outcome.loads)


def _names_of_handlers(text: str) -> Iterator[str]:
    """The names that the ``except … as e`` of a text deletes where they catch something."""
    for node in _body(text):
        if isinstance(node, ast.Try | ast.TryStar):
            yield from (handler.name for handler in node.handlers if handler.name is not None)


_FRAMES = frozenset("DataFrame Series Index ndarray RangeIndex MultiIndex DatetimeIndex".split())
_ADD = ".add("


def outcome_for(text: str, type_of: Callable[[str], str]) -> TextOutcome:
    """The same, given the types of what the names hold. ``add`` changes a set, and no table."""
    outcome = text_outcome(text)
    if _ADD not in text:
        return outcome
    changed = text_outcome(text.replace(_ADD, "._add(")).written
    kept = (one for one in outcome.names if one.name in changed or type_of(one.name) not in _FRAMES)
    return replace(outcome, names=tuple(kept))


def changes_in_place(text: str) -> bool:
    """Whether a text says that it changes a value in place, whatever the run of it did."""
    return any(outcome.kind == "mutate" for outcome in text_outcome(text).names)


def _changed_by_calls(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names from outside that functions of a text change in place, and bind, if the text calls these."""
    nodes, none = _body(text), frozenset[str]()
    defined = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    if not defined:
        return none, none
    called = {function_name(part) for node in nodes for part in ast.walk(node)}
    functions = [defined[name] for name in sorted(defined.keys() & called)]
    bound = none.union(*(names_of([function]).closure_binds for function in functions))
    return none.union(*map(_changed_inside, functions)), bound


def _changed_inside(function: ast.FunctionDef) -> frozenset[str]:
    steps = tuple(every_step(block_of(function.body)))
    own = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
    own |= {name for step in steps for name in step.binds}
    return frozenset(name for step in steps for name in step.evidence if name not in own)


def gives_names(text: str) -> bool:
    """Whether a text may bind names that it does not show: by a star import, or by a magic."""
    return bool(_giving(text))


def given_alike(one: str, other: str) -> bool:
    """Whether two texts have the same star imports and magics."""
    return _giving(one) == _giving(other)


@lru_cache(maxsize=256)
def _giving(text: str) -> tuple[str, ...]:
    return tuple(found[0].strip() for found in _GIVES_NAMES.finditer(text))


@lru_cache(maxsize=256)
def outcome_above(text: str, count: int) -> TextOutcome:
    """What the first statements of a text do, up to ``count`` of them: it fails at the next."""
    return _outcome_of(tuple(block_of(_body(text)[:count])))


@lru_cache(maxsize=512)
def is_told_by_text(text: str) -> bool:
    """Whether a text does only what its statements show: every call in it is of a known harmless kind."""
    nodes = _body(text)
    if not nodes or nodes != tuple(reached(body(text))):
        return not text.strip()  # magics and shell lines
    parts = [part for node in nodes for part in ast.walk(node)]
    calls = (part.func for part in parts if isinstance(part, ast.Call))
    stars = any(isinstance(part, ast.ImportFrom) and part.names[0].name == "*" for part in parts)
    return not stars and all(isinstance(call, ast.Name) and call.id in QUIET_CALLS for call in calls)


@lru_cache(maxsize=256)
def outcome_below(text: str, line: int) -> TextOutcome:
    """What the statements of a text do that end at ``line`` (counted from 1) or below it."""
    return _outcome_of(tuple(block_of([node for node in _body(text) if (node.end_lineno or 0) >= line])))


@lru_cache(maxsize=256)
def text_below(text: str, line: int) -> str:
    """The statements of a text that end at ``line`` (counted from 1) or below it."""
    first = next((node.lineno for node in _body(text) if (node.end_lineno or 0) >= line), None)
    return "\n".join(text.splitlines()[first - 1 :]) if first is not None else ""


@lru_cache(maxsize=256)
def done_with(text: str, line: int) -> frozenset[str]:
    """The names that the statements mention which end above ``line``, and none from there on."""
    above: set[str] = set()
    below: set[str] = set()
    for node in _body(text):
        (below if (node.end_lineno or 0) >= line else above).update(names_in(node))
    return frozenset(above - below)


def _body(text: str) -> tuple[ast.stmt, ...]:
    magic = _CELL_MAGIC.match(text)
    if magic is not None and magic[1] not in PYTHON_CELL_MAGICS:
        return ()
    nodes = reached(body_apart_from_magics(text))
    return tuple(part for node in nodes for part in spelt_out(node))


def spelt_out(node: ast.stmt) -> Iterable[ast.stmt]:
    """The statements that a call stands for: ``exec("k = 5")``, ``globals().update(k=5)``."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="exec"), args=[ast.Constant(value=str(text))])):
            tree = parsed(text)
            found: list[ast.stmt] = tree.body if tree is not None else [node]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="globals" | "locals")), attr="update"),
                args=[] | [ast.Dict()] as given,
                keywords=keywords,
            )
        ):
            members = [member for each in given for member in spelt_members(each) or ()]
            named = [(keyword.arg, keyword.value) for keyword in keywords if keyword.arg]
            named += [(path[2:-2], value) for path, value in members if path[2:-2].isidentifier()]
            found = [ast.Assign([ast.Name(name, ast.Store())], value) for name, value in named]
        case _:
            return (node,)
    return [_placed(part, node) for part in found]


def _placed(node: ast.stmt, at: ast.stmt) -> ast.stmt:
    """The statement with all of its parts at the lines of another one."""
    for part in ast.walk(node):
        ast.copy_location(part, at)
    return node


def _block(text: str) -> Block:
    return block_of(_body(text))


def _outcome_of(block: Block) -> TextOutcome:
    found: dict[str, NameOutcome] = {}
    loads: set[str] = set()
    bound: set[str] = set()
    for step in block:
        loads |= _loaded(step) - bound
        sure = step.kind == "simple"
        for name in _all(step, "evidence"):
            found.setdefault(name, NameOutcome(name, "mutate", sure))
        for name in _all(step, "binds"):
            known = found.get(name)
            found[name] = NameOutcome(
                name, "bind", sure or (known is not None and known.kind == "bind" and known.sure)
            )
        for name in _all(step, "deletes"):
            found[name] = NameOutcome(name, "delete", sure)
        if sure:
            bound |= step.binds
    return TextOutcome(tuple(found.values()), frozenset(loads))


def _loaded(step: Statement) -> frozenset[str]:
    return _all(step, "loads") | _all(step, "closure_loads")


def _all(step: Statement, field: str) -> frozenset[str]:
    return frozenset[str]().union(*(getattr(inner, field) for inner in every_step((step,))))


def reads_behind(run: Run, text: str, name: str) -> tuple[Read, ...] | None:
    """What the run read to make ``name``, if ``text`` makes it by the same statements; else None.

    The statements are those of the slice for the name. What functions read counts for every name, because the
    text does not show which statement called them.
    """
    source, text = unpacked_apart(run.source), unpacked_apart(text)
    if run.outcome != "ok" or _makers(source).get(name) != _makers(text).get(name):
        return None  # most are told apart by this, at a hundredth of the cost
    old = _slice(run, source, name)
    if not old or _shape(old) != _shape(_slice(run, text, name)):
        return None
    words, written = _words(old), _words(run.source)
    return tuple(read for read in run.reads if read.name in words or read.name not in written)


@lru_cache(maxsize=1024)
def _makers(text: str) -> Mapping[str, tuple[str, ...]]:
    """For each name the statements that bind it, or change it in place as far as their syntax tells."""
    found: dict[str, tuple[str, ...]] = {}
    for node in _body(text):
        shape = syntax_text(node)
        for step in block_of([node]):
            for name in _all(step, "binds") | _all(step, "evidence"):
                found[name] = (*found.get(name, ()), shape)
    return found


@lru_cache(maxsize=256)
def calls_what_it_defines(text: str, name: str) -> bool:
    """Whether a text calls a function or a class of this name that it defines itself."""
    return any(function_name(part) == name for node in _body(text) for part in ast.walk(node))


def makes_with(run: Run, name: str, word: str) -> bool:
    """Whether a statement that makes ``name`` contains this word, or loads from a statement that does."""
    return name.isidentifier() and word in _words(_slice(run, run.source, name))


def _slice(run: Run, text: str, name: str) -> str:
    """The statements of ``text`` that make ``name``, if the cell of ``run`` ran them."""
    present = run if text == run.source else replace(run, source=text, writes=_shown(run.writes, text))
    return sliced([present], [name]).get(run.cell, "")


def _shown(writes: Sequence[Write], text: str) -> tuple[Write, ...]:
    """The outcomes that the run's own text shows. What it no longer makes is not a hidden effect."""
    words = _words(text)
    return tuple(write for write in writes if write.name in words)


@lru_cache(maxsize=128)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


@lru_cache(maxsize=512)
def _shape(text: str) -> str:
    """The statements without comments and layout."""
    nodes = body_apart_from_magics(text)
    return "\n".join(map(syntax_text, nodes)) if nodes else text.strip()

"""What a text makes, known from runs that executed the same statement on the same values.

A cell that was split, merged or pasted has a text that never ran, but each of its statements did. The same
holds for the branch of a guard (``if "x" not in globals()``) that a restart takes and the latest run did not.
Nothing is executed here: a statement is known if it has the shape of one in a recorded run, and all that it
loads had the digest that it would have now.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from cellgraph.analyse.cell_units import QUIET_CALLS, unit_of
from cellgraph.analyse.common_prefix import PLAIN, SCALARS
from cellgraph.analyse.environment import EnvironmentEntry
from cellgraph.analyse.failing_text import looked_up
from cellgraph.analyse.library_changes import is_library
from cellgraph.analyse.predicted_outcome import spelt_out
from cellgraph.code.expression_names import names_in
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.known_calls import reached
from cellgraph.code.source import body
from cellgraph.code.statements import block_of, every_step
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest, Read, Run, Write
from cellgraph.names import Name
from cellgraph.record.ledger import same_value

_QUIET = QUIET_CALLS | set("int float bool list dict set tuple range enumerate zip frozenset".split())
_ACTING = (ast.Await, ast.Yield, ast.YieldFrom, ast.With, ast.AsyncWith, ast.AsyncFor)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPOUND = tuple(
    getattr(ast, kind) for kind in "If For AsyncFor While Try TryStar With AsyncWith Match".split()
)
_OWN_TYPES = SCALARS | set("list dict tuple set frozenset range function".split())
_LISTINGS = frozenset({"globals", "locals", "vars", "dir"})

Presence = Callable[[str], bool | None]
"""Tells whether a name is there; None if that is not known."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement at the top level of a text."""

    shape: str
    loads: frozenset[str]
    binds: frozenset[str]
    """Names that it binds on all paths."""
    touches: frozenset[str]
    """Names that it binds, deletes or changes in place as far as its syntax tells."""
    changes: frozenset[str]
    """Those of them that it changes in place."""
    needs: frozenset[str]
    """Names without which it fails."""
    iterates: frozenset[str]
    """Names that it loops over."""
    acts: bool
    """It calls something that is not known to change nothing."""
    imports: bool


def lines_of(nodes: Iterable[ast.stmt]) -> tuple[Line, ...]:
    """The statements of a text, each as a line."""
    return tuple(_line(part) for node in nodes for part in spelt_out(node))


@lru_cache(maxsize=256)
def lines_in(text: str) -> tuple[Line, ...]:
    """The statements of a text as it stands, as far as it gets; none if it is not plain Python."""
    return lines_of(reached(body(text)))


def _line(node: ast.stmt) -> Line:
    unit, steps = unit_of([node]), tuple(every_step(block_of([node])))
    deletes = frozenset[str]().union(*(step.deletes for step in steps))
    called = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    quiet = all(isinstance(function, ast.Name) and function.id in _QUIET for function in called)
    loops = [part.iter for part in ast.walk(node) if isinstance(part, ast.For | ast.comprehension)]
    defines = isinstance(node, _DEFINITIONS)
    return Line(
        shape=syntax_text(node),
        loads=unit.loads if defines else unit.loads | unit.later,
        binds=unit.sure if isinstance(node, _COMPOUND) else unit.binds,
        touches=unit.binds | unit.evidence | unit.closure_binds | deletes,
        changes=unit.evidence - unit.binds,
        needs=frozenset(part.id for part in looked_up(node) if isinstance(part.ctx, ast.Load)),
        iterates=frozenset(name for loop in loops for name in names_in(loop)),
        acts=not quiet or any(isinstance(part, _ACTING) for part in ast.walk(node)),
        imports=isinstance(node, ast.Import | ast.ImportFrom),
    )


# -- guards ----------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def has_guard(text: str) -> bool:
    """Whether a text asks at its top level whether a name is there."""
    return any(word in text for word in ("NameError", *_LISTINGS)) and any(map(_guarded, body(text)))


def _guarded(node: ast.stmt) -> str | None:
    """The name for which a guard asks whether it is there."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Constant(value=str(name)),
                ops=[ast.In() | ast.NotIn()],
                comparators=[ast.Call(func=ast.Name(id=listing), args=[], keywords=[])],
            )
        ) if listing in _LISTINGS:
            return name
        case ast.Try(
            body=[only],
            handlers=[ast.ExceptHandler(type=ast.Name(id="NameError"), name=None)],
            orelse=[],
            finalbody=[],
        ):
            names = {part.id for part in looked_up(only) if not hasattr(builtins, part.id)}
            return names.pop() if len(names) == 1 and not _line(only).acts else None
    return None


def guarded_names(text: str) -> frozenset[str]:
    """The names for which guards at the top level of a text ask."""
    return frozenset(name for node in body(text) if (name := _guarded(node)) is not None)


def taken(nodes: Iterable[ast.stmt], is_there: Presence) -> list[ast.stmt]:
    """The statements, with the branch in place of each guard for which it is known which one is taken.

    ``is_there`` tells of the names above them. What they bind themselves is there below that, what they
    delete may be.
    """
    found: list[ast.stmt] = []
    present: dict[str, bool | None] = {}

    def is_there_now(name: str) -> bool | None:
        return present[name] if name in present else is_there(name)

    for node in nodes:
        name = _guarded(node)
        there = is_there_now(name) if name is not None else None
        done = [node] if there is None else taken(_branch(node, there), is_there_now)
        for line in lines_of(done):
            present |= dict.fromkeys(line.touches - line.changes) | dict.fromkeys(line.binds, True)
        found.extend(done)
    return found


def _branch(node: ast.stmt, there: bool) -> Sequence[ast.stmt]:
    if isinstance(node, ast.Try):
        return node.body if there else node.handlers[0].body
    assert isinstance(node, ast.If)  # for the type checker
    assert isinstance(node.test, ast.Compare)
    return node.body if isinstance(node.test.ops[0], ast.In) == there else node.orelse


def lines_run(run: Run) -> tuple[Line, ...]:
    """The statements that a run executed, with the branches of guards that it took.

    The last one is that at which the run failed, if it did.
    """
    if run.outcome != "ok":
        return lines_of(node for node in reached(body(run.source)) if node.lineno <= run.stopped_at)
    if not has_guard(run.source):
        return lines_in(run.source)
    found = {read.name: read.digest is not None for read in run.reads}
    return lines_of(taken(body(run.source), lambda name: found.get(Name(name))))


# -- what statements make --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownStatements:
    """Finds what the statements of one text make, out of what a restart has when it comes to the text."""

    lines: tuple[Line, ...]
    there: Callable[[Name], EnvironmentEntry | None]
    repeats: Callable[[Read], bool]
    makers: Callable[[str], Iterable[Run]]
    """The recorded runs that made a name."""

    def made(self, name: str) -> tuple[Run, Write] | None:
        """The run and the write that tell what the text leaves in ``name``; None if that is not known."""
        at = self._last(name, len(self.lines))
        if at is None or self._may_fail(at):
            return None
        found = self._made_at(at, name)
        return found if found is not None and self._stays(found[1].digest, name, at + 1, None) else None

    def binds_for_sure(self, name: str) -> bool:
        """Whether the text binds a name, and no statement up to that finds a name missing."""
        at = self._last(name, len(self.lines))
        return at is not None and name in self.lines[at].binds and not self._may_fail(at)

    def _last(self, name: str, end: int) -> int | None:
        return next((at for at in range(end - 1, -1, -1) if name in self.lines[at].touches), None)

    def may_fail(self) -> bool:
        """Whether a statement of the text may find a name missing."""
        return bool(self.lines) and self._may_fail(len(self.lines) - 1)

    def _may_fail(self, at: int) -> bool:
        """Whether a statement up to this one may find a name missing."""
        bound: frozenset[str] = frozenset()
        for line in self.lines[: at + 1]:
            for name in line.needs - bound:
                there = self.there(Name(name))
                gone = there is None or there.digest is None or there.missing
                if gone and not hasattr(builtins, name):
                    return True
            bound |= line.binds
        return False

    def _stays(self, digest: Digest | None, name: str, start: int, end: int | None) -> bool:
        """Whether a value is left alone by the statements from ``start`` to ``end``."""
        return digest is not None and _left_alone(digest, name, self.lines[start:end], self._kind_of)

    def _kind_of(self, name: str) -> str:
        there = self.there(Name(name))
        if there is not None and there.digest is not None:
            return there.digest.type
        last = self._last(name, len(self.lines))
        made = self._made_at(last, name) if last is not None else None
        return made[1].digest.type if made is not None and made[1].digest is not None else ""

    def _value(self, name: str, end: int) -> Digest | None:
        """The value of a name before statement number ``end``."""
        at = self._last(name, end)
        if at is None:
            there = self.there(Name(name))
            sure = there is not None and not there.doubt and not there.missing
            digest = there.digest if there is not None and sure else None
            return digest if self._stays(digest, name, 0, end) else None
        made = self._made_at(at, name)
        digest = made[1].digest if made is not None else None
        return digest if self._stays(digest, name, at + 1, end) else None

    def _made_at(self, at: int, name: str) -> tuple[Run, Write] | None:
        """What statement number ``at`` makes of ``name``."""
        line = self.lines[at]
        if name not in line.binds and name not in line.changes:
            return None
        for run in self.makers(name):
            write = next((write for write in run.writes if write.name == name), None)
            if write is None or write.digest is None or not (run.outcome == "ok" or run.stopped_at):
                continue
            if any(read.cached for read in run.reads):
                continue  # what it took from a cache was made of other values
            if self._has_made(_Past(run, lines_run(run)), write, at):
                anew = write.kind == "mutate" and self._last(name, at) is not None
                return run, replace(write, kind="bind", paths=()) if anew else write
        return None

    def _has_made(self, past: _Past, write: Write, at: int) -> bool:
        """Whether a run made ``write`` by the statement number ``at`` of the text, of the same values."""
        line = self.lines[at]
        place = past.last(write.name)
        if place is None or past.lines[place].shape != line.shape or past.failed_at(place):
            return False
        if not past.stays(write, place + 1) or (line.imports and not is_library(write.digest)):
            return False
        alike = all(self._starts_alike(past, name, place, at) for name in line.changes)
        if not alike or (past.may_ask_settings(line) and not self._has_settings_of(past.run)):
            return False
        names = line.loads - line.changes
        if line.acts:
            if not past.shows_all_that_it_did():
                return False
            names |= (past.bound_above(place) | past.names_read()) - line.changes
            if not all(self.repeats(read) for read in past.run.reads if not read.name.isidentifier()):
                return False
        else:
            names |= past.loaded_by_functions(write) - line.touches
        return all(self._finds_the_same(past, name, place, at) for name in names)

    def _has_settings_of(self, run: Run) -> bool:
        """Whether a restart has the settings that a run read as the run found them."""
        read = [read for read in run.reads if read.name.setting]
        read += [read for read in run.untouched if self.there(read.name) is not None]
        return all(map(self.repeats, read))

    def _starts_alike(self, past: _Past, name: str, place: int, at: int) -> bool:
        """Whether a change in place starts from the value that it started from in the run."""
        now = self._value(name, at)
        write = next((write for write in past.run.writes if write.name == name), None)
        if now is None or write is None or write.before is None or past.last(name, place) is not None:
            return False
        return write.before.agrees(now)

    def _finds_the_same(self, past: _Past, name: str, place: int, at: int) -> bool:
        reads = past.found(name, place)
        if reads is None:
            return False
        if not reads:  # a builtin
            return self._last(name, at) is None and self.there(Name(name)) is None
        now = self._value(name, at)
        return now is not None and all(same_value(read, now) for read in reads)


@dataclass(frozen=True, slots=True)
class _Past:
    """A recorded run and its statements."""

    run: Run
    lines: tuple[Line, ...]

    def last(self, name: str, end: int | None = None) -> int | None:
        """The number of the last statement, before ``end``, that touches a name."""
        numbers = range(len(self.lines) if end is None else end)
        return next((at for at in reversed(numbers) if name in self.lines[at].touches), None)

    def failed_at(self, place: int) -> bool:
        """Whether the run did not get behind statement number ``place``."""
        return self.run.outcome != "ok" and place == len(self.lines) - 1

    def stays(self, write: Write, start: int) -> bool:
        """Whether what was written is left alone from statement ``start`` on."""
        assert write.digest is not None
        return _left_alone(write.digest, write.name, self.lines[start:], self._kind_of)

    def found(self, name: str, place: int) -> Sequence[Read] | None:
        """What the statement number ``place`` found in ``name``, as reads; none for a builtin."""
        above = self.last(name, place)
        if above is not None:
            write = next((write for write in self.run.writes if write.name == name), None)
            if write is None or write.digest is None or self.last(name) != above:
                return None
            return [Read(Name(name), "", write.digest)] if self.stays(write, above + 1) else None
        reads = [read for read in self.run.reads if read.name == name]
        if all(read.digest is None for read in reads):  # a builtin, if the run failed elsewhere
            return () if hasattr(builtins, name) else None
        kept = (
            read.digest is not None and _left_alone(read.digest, name, self.lines[:place], self._kind_of)
            for read in reads
        )
        return reads if all(kept) else None

    def may_ask_settings(self, line: Line) -> bool:
        """Whether what a statement makes may depend on settings: it loads more than Python's own values.

        So do ``rcParams["figure.dpi"]``, ``os.environ["A"]``, and the quotient of two decimals.
        """
        loaded = (read for read in self.run.reads if read.name in line.loads)
        return any(read.digest is not None and read.digest.type not in _OWN_TYPES for read in loaded)

    def shows_all_that_it_did(self) -> bool:
        """Whether the run drew nothing at random, and left settings and files alone."""
        outside = (write.name for write in self.run.writes if not write.name.isidentifier())
        files = any(read.name.is_file for read in self.run.reads)
        return not self.run.random and not files and all(name.is_result for name in outside)

    def bound_above(self, place: int) -> frozenset[str]:
        """The names that the statements above touch."""
        return frozenset[str]().union(*(line.touches for line in self.lines[:place]))

    def names_read(self) -> frozenset[str]:
        """The variables that the run read, without one for want of which it failed."""
        reads = (read for read in self.run.reads if read.digest is not None or self.run.outcome == "ok")
        return frozenset(str(read.name) for read in reads if read.name.isidentifier())

    def loaded_by_functions(self, write: Write) -> frozenset[str]:
        """The variables behind a write that the text does not name.

        The methods of an object read them, that an operator, an attribute or an item of it runs.
        """
        named = frozenset[str]().union(*(line.loads for line in self.lines))
        return self.names_read().intersection(write.sources or ()) - named

    def _kind_of(self, name: str) -> str:
        digests = [read.digest for read in self.run.reads if read.name == name and not read.path]
        digests += [write.digest for write in self.run.writes if write.name == name]
        return next((digest.type for digest in digests if digest is not None), "")


def _left_alone(digest: Digest, name: str, lines: Iterable[Line], kind_of: Callable[[str], str]) -> bool:
    """Whether statements leave a value as it is: they may change it through another name too."""
    if digest.type in SCALARS:
        return all(name not in line.touches for line in lines)
    for line in lines:
        if name in line.touches or line.acts or line.changes:
            return False
        if name in line.loads and digest.type not in PLAIN and digest.type not in ("function", "type"):
            return False
        if any(kind_of(looped) not in PLAIN for looped in line.iterates - {name} - _QUIET - line.touches):
            return False
    return True

"""A slice made of statements: of each cell only what the value needs.

Cells are gone through from the last to the first, their statements too; one is kept where it binds or may
change a name that is needed below, and then all that it loads is needed. Files, settings and random
generators that a cell changed may have been changed by any of its calls. Where the text does not show what
a cell did (``exec``, magics that bind names), the cell is kept whole. Texts are read as plain Python,
without IPython's syntax. What only shows something is left out, unless a picture is wanted.
"""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from cellgraph.analyse.cell_units import QUIET_CALLS, Unit, imports_all, units_of
from cellgraph.analyse.common_prefix import SCALARS
from cellgraph.code.display_only import (
    PICTURES,
    KnownNames,
    binds_only,
    drawing_names,
    pure_functions,
    pure_names,
    shows_only,
    touched_names,
)
from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Run
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.setting_records import GENERATORS

_UNCLEAR = frozenset({"exec", "eval", "globals", "locals", "vars", "get_ipython", "__import__"})
_WORD = Pattern(r"[^\W\d]\w*")
_TORCH = Pattern(r"\btorch\b")
_SAVES = Pattern(r"\.(?:savefig|write_image|write_html|to_html)\(|\bsavefig\(")
_BUILTINS = frozenset(dir(builtins))
_CLOSED = SCALARS | set("DataFrame Series Index RangeIndex DatetimeIndex ndarray list dict set tuple".split())
"""Types of which those methods are known that change a value in place."""
_VALUES = SCALARS | set(
    "range float64 int64 float32 int32 bool_ Timestamp module function type"
    " builtin_function_or_method".split()
)
"""Types whose values are not changed through another name."""


_Position = tuple[int, int]
"""A cell and a statement in it, by their numbers."""


@dataclass(frozen=True, slots=True)
class Reach:
    """For each name the names that functions in its value may load and bind when they are called."""

    loads: Mapping[str, frozenset[str]]
    binds: Mapping[str, frozenset[str]]
    binds_at: Mapping[str, Sequence[_Position]]
    """Where each name is bound for sure."""


def sliced(runs: Sequence[Run], wanted: Iterable[str], whole: Iterable[str] = ()) -> dict[str, str]:
    """The code of each cell that is needed to make the names ``wanted``, in the given order.

    ``runs`` are the latest runs of the cells, in notebook order. Those in ``whole`` are kept as they are. A
    cell of which nothing is needed is left out.
    """
    asked = set(whole)
    found = sliced_runs(runs, wanted, [run for run in runs if run.cell in asked])
    return {run.cell: text for run, text in found}


def sliced_runs(
    runs: Sequence[Run], wanted: Iterable[str], whole: Iterable[Run] = ()
) -> list[tuple[Run, str]]:
    """The same run by run: a cell may have several, each with the text that it had then."""
    asked = {run.number for run in whole}
    types = _types(runs)
    cells = [_Cell(run, run.number in asked, types) for run in runs]
    if any(read.name.refers_to_result for run in runs for read in run.reads):
        return [(cell.run, cell.run.source.rstrip()) for cell in cells]
    _Slicer(cells).settle(frozenset(wanted))
    return [(cell.run, cell.text()) for cell in cells if cell.kept]


def lean_slice(
    runs: Sequence[Run],
    wanted: Iterable[str],
    whole: Iterable[Run] = (),
    shown: frozenset[str] = frozenset(),
) -> list[tuple[Run, tuple[Unit, ...]]]:
    """The same for code that is to run by itself: the statements to keep, run by run, in plain Python.

    The runs that are returned have the plain text, to which the lines of the statements refer. ``shown`` are
    names whose values are changed by what shows them.
    """
    asked = {run.number for run in whole}
    types = _types(runs)
    plain = [replace(run, source=text) for run in runs if (text := plain_python(run.source).text) is not None]
    surroundings = replace(_surroundings(plain, wanted), shown=shown, seeded=_seeded(plain))
    cells = [_Cell(run, run.number in asked, types, surroundings) for run in plain]
    _Slicer(cells).settle(frozenset(wanted))
    return [(cell.run, cell.kept_units()) for cell in cells if cell.kept]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the statements of a lean slice are judged by."""

    known: KnownNames
    pictured: frozenset[str] = frozenset()
    """If a picture is wanted, the names of pictures and of what draws: each may change what is drawn."""
    shown: frozenset[str] = frozenset()
    """Names whose values are changed by what shows them."""
    seeded: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """For each run by its number the libraries that a cell had seeded by then."""


def _seeded(runs: Iterable[Run]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    seeded: frozenset[str] = frozenset()
    for run in runs:
        seeded = seeded.union(use.library for use in run.random if use.how != "drew")
        if _TORCH.search(run.source):  # it starts from the same seed in each process
            seeded |= {"torch"}
        found[run.number] = seeded
    return found


def _surroundings(runs: Sequence[Run], wanted: Iterable[str]) -> Surroundings:
    nodes = [node for run in runs for node in body(run.source)]
    drawing = drawing_names(nodes)
    every = _pictured(runs, nodes) | drawing
    if wants_picture(runs, wanted):
        return Surroundings(known_names(nodes, frozenset()), pictured=every)
    return Surroundings(known_names(nodes, every))


def _pictured(runs: Iterable[Run], nodes: Iterable[ast.stmt]) -> frozenset[str]:
    """The names of pictures, by their types and by the calls that make them."""
    held = [(read.name, read.digest) for run in runs for read in run.reads]
    held += [(write.name, write.digest) for run in runs for write in run.writes]
    pictures = (str(name) for name, digest in held if digest is not None and digest.type in PICTURES)
    return drawn_names(nodes).union(pictures)


def drawn_names(nodes: Iterable[ast.stmt]) -> frozenset[str]:
    """The names of figures and axes, by the calls that usually make them."""
    return frozenset(name for node in nodes for name in _drawn(node))


def wants_picture(runs: Sequence[Run], wanted: Iterable[str]) -> bool:
    """Whether some of the wanted names are pictures, or files with pictures: what draws must be kept."""
    nodes = [node for run in runs for node in body(run.source)]
    names = frozenset(wanted)
    every = _pictured(runs, nodes) | drawing_names(nodes)
    return bool(names & every) or any(_saves_picture(run, names) for run in runs)


def known_names(nodes: Sequence[ast.stmt], drawing: frozenset[str]) -> KnownNames:
    """What is known of the names of some code. ``drawing`` are names whose calls only draw."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    own = frozenset(part.name for node in nodes for part in ast.walk(node) if isinstance(part, defined))
    known = KnownNames(drawing, own, pure_names(nodes))
    pure = pure_functions(nodes, known)
    return replace(known, own=own - pure, pure=known.pure | pure)


def _saves_picture(run: Run, wanted: frozenset[str]) -> bool:
    """Whether a run writes a wanted file by a call that saves a picture."""
    return not wanted.isdisjoint(write.name for write in run.writes) and _SAVES.search(run.source) is not None


def _drawn(node: ast.stmt) -> Iterable[str]:
    match node:
        case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr=method))) if (
            method in _MAKES
        ):
            return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    return ()


_MAKES = frozenset("subplots add_subplot gca gcf figure axes".split())


def _types(runs: Iterable[Run]) -> dict[str, str]:
    """The type of each name's value, if it is the same throughout."""
    found: dict[str, set[str]] = {}
    for run in runs:
        reads = ((read.name, read.digest) for read in run.reads)
        for name, digest in (*reads, *((write.name, write.digest) for write in run.writes)):
            if digest is not None and digest.type:
                found.setdefault(name, set()).add(digest.type)
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def key_strings(run: Run) -> set[str]:
    """The words of a run's text that name a variable which ``exec`` may have read; for unobserved reads."""
    words = set(_WORD.findall(run.source)) if run.conservative else set()
    return words if not words.isdisjoint(("exec", "eval")) else set()


class _Cell:
    """A cell, its statements, and which of them are kept so far."""

    def __init__(
        self, run: Run, whole: bool, known: Mapping[str, str], lean: Surroundings | None = None
    ) -> None:
        self.run = run
        self._lean = lean
        self._known = known
        self.units = units_of(run.source) if lean is None else _starred(run)
        self._binders = Counter(name for unit in self.units for name in unit.binds)
        """How many statements bind each name."""
        self.types: dict[str, str] = {
            read.name: read.digest.type for read in run.reads if read.digest is not None
        }
        self.types |= {w.name: w.digest.type for w in run.writes if w.kind == "bind" and w.digest is not None}
        self.mutated = frozenset(write.name for write in run.writes if write.kind == "mutate")
        self.generators = frozenset(
            f"<{use.library}>"
            for use in run.random
            if lean is None or use.library in lean.seeded.get(run.number, frozenset())
        )
        """Random generators that moved, by names of their own. What nothing seeds is repeated by no slice."""
        unseeded = {use.library for use in run.random} - {name.strip("<>") for name in self.generators}
        self.unrepeated: frozenset[str] = frozenset(
            Name.of_setting(GENERATORS.get(library, library)) for library in unseeded
        )
        """What stands for the state of the other generators among the reads."""
        self.seeded = frozenset(f"<{use.library}>" for use in run.random if use.how == "seeded")
        """Those of which the state before did not matter."""
        self._hidden = self._hidden_names() if lean is not None else frozenset[str]()
        self._silent = frozenset(place for place in range(len(self.units)) if self._shows(place))
        self.whole = whole or self._is_unclear()
        self.asked = whole
        self.kept: set[int] = set()
        self.groups = self._groups()

    def text(self) -> str:
        """The lines of the statements that are kept, each with the comments right above it."""
        lines = self.run.source.splitlines()
        if self.whole or len(self.kept) == len(self.units):
            return self.run.source.rstrip()
        found: list[str] = []
        for place in sorted(self.kept):
            unit = self.units[place]
            floor = self.units[place - 1].end if place else 0
            start = unit.start
            while start > floor and lines[start - 1].startswith("#"):
                start -= 1
            found += lines[start : unit.end]
        return "\n".join(found)

    def kept_units(self) -> tuple[Unit, ...]:
        """The statements that are kept; all of them where the cell is."""
        if self.whole:
            return tuple(u for place, u in enumerate(self.units) if u.binds or place not in self._silent)
        return tuple(self.units[place] for place in sorted(self.kept) if place < len(self.units))

    def is_silent(self, place: int) -> bool:
        """Whether a statement may be left out whatever is needed: it only shows something."""
        return place in self._silent

    def unsilence(self, names: frozenset[str]) -> bool:
        """Let statements that show names count: showing them has changed them. False if there are none."""
        found = frozenset(place for place in self._silent if self.units[place].loads & names)
        self._silent -= found
        if found:
            self._hidden |= names
        return bool(found)

    def hide(self, names: frozenset[str]) -> bool:
        """Let each statement that calls count as one that may change some names. False if that is no news."""
        if self._lean is None or names <= self._hidden:
            return False
        self._hidden |= names
        return True

    def _hidden_names(self) -> frozenset[str]:
        """What the run changed besides variables: files, settings and generators."""
        writes = (write.name for write in self.run.writes)
        return self.generators.union(n for n in writes if not n.isidentifier() and not n.is_result)

    def _shows(self, place: int) -> bool:
        lean, nodes = self._lean, self.units[place].nodes
        if lean is None or self.units[place].loads & (lean.shown | lean.pictured):
            return False
        return all(shows_only(node, lean.known) or binds_only(node, lean.known) for node in nodes)

    def _is_unclear(self) -> bool:
        """Whether the run did something that its statements do not show."""
        shown = {name for unit in self.units for name in unit.binds | unit.closure_binds}
        loads = {name for unit in self.units for name in unit.loads | unit.later}
        writes = [write for write in self.run.writes if not write.name.is_result]
        unseen = {write.name for write in writes if write.kind == "bind"} - shown
        if self._lean is not None:
            unseen = {name for name in unseen if name.isidentifier()}
        hidden = any(not write.name.isidentifier() for write in writes)
        hidden |= bool(self.run.random)
        if self._lean is not None:
            hidden = False  # each statement that calls may be behind it
        return not self.units or bool(unseen) or hidden or not _UNCLEAR.isdisjoint(loads)

    def _groups(self) -> Mapping[str, frozenset[str]]:
        """For each name the names that may share its value inside this cell."""
        groups: dict[str, frozenset[str]] = dict.fromkeys(self.mutated, self.mutated)
        for unit in self.units:
            held = {name for name in unit.binds | unit.loads if self._may_share(name)}
            if unit.binds & held:
                joined = frozenset(held).union(*(groups.get(name, frozenset()) for name in held))
                groups |= dict.fromkeys(joined, joined)
        return groups

    def _may_share(self, name: str) -> bool:
        if self._binders[name] > 1:
            return True
        kind = self.types.get(name)
        return kind is not None and kind not in _VALUES

    def changed(self, unit: Unit, reach: Reach) -> frozenset[str]:
        """Names whose value may have changed after the statement."""
        acts = unit.acts and not (unit.asks and all(map(self._only_answers, unit.loads)))
        touched = {*unit.evidence, *(self._touched(unit) if acts else ())}
        bound = set(unit.binds)
        for name in unit.loads if unit.calls else ():
            touched |= reach.loads.get(name, frozenset())
            bound |= reach.binds.get(name, frozenset())
        touched = {name for name in touched if name in unit.evidence or self._changeable(name)}
        if self._lean is not None and unit.calls:
            touched |= unit.loads & self._lean.shown
        pictured = self._lean.pictured if self._lean is not None else frozenset[str]()
        if (unit.calls or unit.evidence) and unit.loads & pictured:
            touched |= pictured
        shared = (self.groups.get(name, frozenset()) for name in touched)
        hidden = self._hidden if unit.calls or unit.evidence or unit.imports else frozenset[str]()
        if self._lean is not None and self._is_known(unit):
            hidden &= self.generators  # it writes no file and sets no option
        return unit.evidence.union(bound, touched, hidden, *shared)

    def _is_known(self, unit: Unit) -> bool:
        """Whether a statement changes nothing but names and what its methods belong to."""
        assert self._lean is not None
        found = [touched_names(node, self._lean.known) for node in unit.nodes]
        return None not in found and unit.evidence <= frozenset[str]().union(*filter(None, found))

    def _touched(self, unit: Unit) -> frozenset[str]:
        """The names whose values the calls of a statement may change."""
        if self._lean is None:
            return unit.loads
        found = [touched_names(node, self._lean.known) for node in unit.nodes]
        if any(names is None for names in found):
            return unit.loads
        return frozenset[str]().union(*filter(None, found))

    def _only_answers(self, name: str) -> bool:
        """Whether the methods of a name's value that change it are known."""
        return name in QUIET_CALLS or self._known.get(name) in _CLOSED

    def _changeable(self, name: str) -> bool:
        if self._lean is not None and name in self._lean.known.drawing | self._lean.known.pure:
            return False
        kind = self.types.get(name, "")
        if kind == "function":  # one that a call has given may hold a count in its closure
            makers = (unit for unit in self.units if name in unit.binds)
            return any(unit.calls or any(map(_keeps_values, unit.nodes)) for unit in makers)
        if kind == "type" or (kind in _VALUES and kind != "module"):
            return False
        if not kind and name in _BUILTINS and name not in self._binders:
            return False
        return name in self._binders or name in self.mutated or kind in ("module", "")


def _keeps_values(node: ast.AST) -> bool:
    """Whether a statement defines a function with defaults that can be changed in place."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return any(isinstance(value, ast.List | ast.Dict | ast.Set | ast.Call) for value in defaults)


class _Slicer:
    def __init__(self, cells: Sequence[_Cell]) -> None:
        self._cells = cells
        self._reach = _reach(cells)
        self._always: set[str] = set()
        self._since: dict[str, _Position] = {}
        """Names that functions read which were bound there, and not above, when they were made."""
        self._places = {id(cell): number for number, cell in enumerate(cells)}

    def settle(self, wanted: frozenset[str]) -> None:
        """Walk the cells until nothing more is needed.

        Names that a function loads are needed wherever it is called.
        """
        size: tuple[object, ...] = ()
        while size != (size := self._size()):
            needed = set(wanted)
            for cell in reversed(self._cells):
                needed = self._cell(cell, needed)

    def _size(self) -> tuple[object, ...]:
        return (
            sum(len(cell.kept) for cell in self._cells),
            len(self._always),
            sum(map(sum, self._since.values())),
            len(self._since),
        )

    def _called(self, cell: _Cell, unit: Unit, place: int) -> None:
        """Note what the functions that a statement makes read: it is needed wherever they are called."""
        here = (self._places[id(cell)], place)
        for name in unit.later:
            since = here if name in unit.own_later else self._bound_before(name, here)
            if since is None:
                self._always.add(name)
            else:
                self._since[name] = min(since, self._since.get(name, since))

    def _bound_before(self, name: str, here: _Position) -> _Position | None:
        """Where a name was last bound for sure above a place: what it was before does not matter."""
        if name not in self._reach.binds_at:
            return None
        places = self._reach.binds_at[name]
        at = bisect_left(places, here)
        return places[at - 1] if at else None

    def _needed_at(self, cell: _Cell, place: int | None = None) -> set[str]:
        """Names that functions may read after a statement, or after any of a cell."""
        number = self._places[id(cell)]
        here = (number, len(cell.units) if place is None else place)
        return self._always.union(name for name, since in self._since.items() if since <= here)

    def _cell(self, cell: _Cell, needed: set[str]) -> set[str]:
        if cell.whole:
            return self._whole(cell, needed)
        before = set(needed)
        needed = self._statements(cell, needed)
        missed = self._missed(cell, needed)
        if missed and (cell.unsilence(missed) or cell.hide(missed)):
            return self._cell(cell, before)
        if missed:
            cell.whole = True
            return self._whole(cell, needed)
        return needed

    def _statements(self, cell: _Cell, needed: set[str]) -> set[str]:
        """Keep the statements that are needed. Returns what is needed above the cell."""
        for place in reversed(range(len(cell.units))):
            unit = cell.units[place]
            wanted = needed | self._needed_at(cell, place)
            if cell.is_silent(place) and unit.binds.isdisjoint(wanted):
                continue
            if place not in cell.kept and cell.changed(unit, self._reach).isdisjoint(wanted):
                continue
            cell.kept.add(place)
            self._called(cell, unit, place)
            needed -= unit.sure
            needed |= unit.loads
            if unit.calls:
                needed |= cell.generators
        if cell.kept:
            needed |= self._beside(cell)
        return needed - cell.seeded

    def _whole(self, cell: _Cell, needed: set[str]) -> set[str]:
        generators = cell.generators
        writes = {write.name for write in cell.run.writes} | generators
        if not cell.asked and not cell.kept and writes.isdisjoint(needed | self._needed_at(cell)):
            return needed
        cell.kept = set(range(max(len(cell.units), 1)))
        for place, unit in enumerate(cell.units):
            self._called(cell, unit, place)
        return needed | {read.name for read in cell.run.reads} | generators | key_strings(cell.run)

    def _beside(self, cell: _Cell) -> set[str]:
        """What the run read outside its own statements: in functions, from files and generators."""
        shown = {name for unit in cell.units for name in unit.loads}
        read: set[str] = {read.name for read in cell.run.reads}
        return read - shown - cell.unrepeated

    def _missed(self, cell: _Cell, needed: set[str]) -> frozenset[str]:
        """The needed names that the run changed, and none of its statements shows where."""
        shown = {name for place in cell.kept for name in cell.changed(cell.units[place], self._reach)}
        return (cell.mutated & (needed | self._needed_at(cell))) - shown


def _reach(cells: Sequence[_Cell]) -> Reach:
    units = [unit for cell in cells for unit in cell.units]
    places: dict[str, list[_Position]] = {}
    for number, cell in enumerate(cells):
        for place, unit in enumerate(cell.units) if cell.run.outcome == "ok" else ():
            for name in unit.sure:
                places.setdefault(name, []).append((number, place))
    return Reach(_carried(units, "later"), _carried(units, "closure_binds"), places)


def _carried(units: Sequence[Unit], field: str) -> dict[str, frozenset[str]]:
    """For each name, the names in a field of the functions that its value holds or that those call."""
    found: dict[str, frozenset[str]] = {}
    grown = True
    while grown:
        grown = False
        for unit in units:
            held = (found.get(name, frozenset()) for name in unit.loads | unit.later)
            new: frozenset[str] = getattr(unit, field).union(*held)
            for name in unit.binds | unit.evidence:
                if not new <= found.get(name, frozenset()):
                    found[name] = found.get(name, frozenset()) | new
                    grown = True
    return found


def _starred(run: Run) -> tuple[Unit, ...]:
    """The statements of a run. What it bound and no statement shows came with its ``import *``."""
    units = units_of(run.source, stars=True)
    shown = {name for unit in units for name in unit.binds | unit.closure_binds}
    unseen = frozenset(
        write.name for write in run.writes if write.kind == "bind" and write.name.isidentifier()
    )
    return tuple(
        replace(unit, binds=unit.binds | (unseen - shown)) if any(map(imports_all, unit.nodes)) else unit
        for unit in units
    )

"""Settings and random generators in the form that the recorder needs: what a run read and set."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cellgraph.code.expression_names import attribute_chain, last_word
from cellgraph.code.source import Source
from cellgraph.code.statements import Block, every_step
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Effect, RandomUse, Read, Write
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.trace.files.file_accesses import FileUses, Use
from cellgraph.trace.files.file_dataflow import sources, with_added, with_files
from cellgraph.trace.rng_state import RngMonitor, Snapshot, digests
from cellgraph.trace.settings.called_code import module_text
from cellgraph.trace.settings.tracker import (
    CONTAINERS,
    NO_CHANGES,
    Ended,
    SettingChanges,
    SettingsTracker,
    SettingUse,
    SettingWrite,
)
from cellgraph.trace.settings.values import DEFAULT, OWN, TYPE, part_of

if TYPE_CHECKING:
    from cellgraph.trace.rng_seeding import Seeding
    from cellgraph.trace.settings.branches import Loads

GENERATOR = "generator"
"""The type of the digests of random generators."""
UNSEEDED = Digest("unseeded", "opaque", type=GENERATOR)
"""A generator whose numbers differ with each restart."""
GENERATORS = {
    "random": "random",
    "numpy": "numpy.random",
    "torch": "torch.random",
    "sympy": "sympy.random",
    "numba": "numba.random",
    "polars": "polars.random",
    "dask": "dask.random",
}
"""The setting that each library's global generator is."""
_WORD = Pattern(r"\w+")
_DRAWING = Pattern(r"rand|shuffle$|choices?$|sample$|permutation$|permuted$|normal$|uniform$")
"""What functions that draw numbers are called, and the modules that they are in."""
_AT_DEFAULT = part_of("")
_LIBRARIES = {setting: library for library, setting in GENERATORS.items()}


DRAWN = ".draw"
"""The part of a generator's state that changes by drawing: it stays that of a seed."""


def _names_library(text: str, library: str) -> bool:
    called = {"numpy": "(?:numpy|np)", "polars": "(?:polars|pl)", "dask": "(?:dask|da)"}.get(library, library)
    return re.search(rf"\b{called}\b", text) is not None


def kept_apart(reads: tuple[Read, ...], settings: SettingsOfRun) -> tuple[tuple[Read, ...], tuple[Read, ...]]:
    """The reads of a run, apart from those of settings at their defaults, and these."""
    untouched = tuple(filter(_is_untouched, settings.reads))
    return tuple(read for read in reads if not _is_untouched(read)) if untouched else reads, untouched


def _is_untouched(read: Read) -> bool:
    """Whether it is of a setting at its default, or only of keys that the run had set itself."""
    if read.digest is None or read.digest.type != TYPE:
        return False
    parts = [value for _, value in read.digest.parts]
    return read.digest in (DEFAULT, _AT_DEFAULT) or (bool(parts) and all(value == OWN for value in parts))


def without_settings(
    reads: Mapping[str, frozenset[tuple[str, bool]]], namespace: Mapping[str, Any]
) -> Mapping[str, frozenset[tuple[str, bool]]]:
    """The accesses of a run to names. A store into ``plt.rcParams`` is none into the module ``plt``."""
    stored = [
        name
        for name, sites in reads.items()
        if type(namespace.get(name)) is ModuleType and any(_is_setting_store(*site) for site in sites)
    ]
    if not stored:
        return reads
    kept = {name: frozenset(site for site in reads[name] if not _is_setting_store(*site)) for name in stored}
    return {**reads, **{name: sites or frozenset({("", False)}) for name, sites in kept.items()}}


def _is_setting_store(path: str, store_only: bool) -> bool:
    return store_only and not CONTAINERS.isdisjoint(_WORD.findall(path))


class SettingsOfRun(NamedTuple):
    """What a run did with settings. ``block`` has them among what statements load and bind.

    ``unset`` are those that the text sets somewhere and generators that it uses, and this run did not.
    """

    block: Block
    deferred: frozenset[str] = frozenset()
    reads: tuple[Read, ...] = ()
    writes: tuple[Write, ...] = ()
    random: tuple[RandomUse, ...] = ()
    unset: tuple[Effect, ...] = ()


class Settings:
    """The settings and the random generators of one session."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._tracker = SettingsTracker()
        self._generators = RngMonitor()
        self._states: Snapshot | None = None
        self._seeded: dict[str, tuple[Write, ...]] = {}
        """The generators that modules of the user's have seeded when a cell loaded them."""

    def live(self, name: Name) -> Digest | None:
        """A setting, or the state of a generator, at the last look. None if it is not known."""
        library = _LIBRARIES.get(name.setting)
        if library is None:
            return self._tracker.digest(name.setting)
        states = digests(self._states) if self._states is not None else {}
        return _state(states[library]) if library in states else None

    def would_change(self, source: Source) -> tuple[Effect, ...]:
        """The settings that a text would set if it ran, and the generators that it would seed or use."""
        found = self._tracker.would_set(source, self._namespace)
        named = [library for library in GENERATORS if found.seeds and _names_library(source.text, library)]
        return _effects(found, named)

    def read_by(self, function: str, words: frozenset[str]) -> frozenset[Name]:
        """What a call of this name reads. ``words`` are those of its code: by them it may draw numbers."""
        drawn = GENERATORS.values() if any(map(_DRAWING.search, words)) else ()
        found = self._tracker.read_by(function, self._namespace)
        return frozenset(map(Name.of_setting, (*found, *drawn)))

    @property
    def is_hooked(self) -> bool:
        """Whether IPython calls functions of the user's for each cell."""
        return self._tracker.is_hooked

    def begin(self, source: Source) -> Snapshot:
        """A run is about to start. Returns the states of the generators."""
        self._tracker.begin(source.text, self._namespace)
        return self._generators.snapshot()

    def end(
        self,
        cell: str,
        source: Source,
        block: Block,
        before: Snapshot,
        ended: Ended,
        modules: Iterable[Name] = (),
    ) -> SettingsOfRun:
        """The run is over. ``before`` is what ``begin`` returned.

        ``modules`` are the files of the user's modules that the run used.
        """
        used = self._tracker.end(cell, source, self._namespace, ended)
        self._states = after = self._generators.snapshot()
        only_imports = used.only_imports and not used.seeds_by_import
        random = self._generators.uses(
            before, after, lambda: self._seeding(source, used, ended.loads), bool(used.seeds), only_imports
        )
        reads = [Read(Name.of_setting(read.name), read.path, read.digest) for read in used.reads]
        early = bool(random) and _draws_above(source.tree, used.seeds)
        drawn = [read for use in random for read in _drawn(use, early)]
        seeded = _drawn_after_seed(random, used.seeds)
        moved = self._with_seeds_kept(cell, used, [write for use in random for write in _moved(use)])
        unset = self._unset(source, used, random)
        if not (reads or used.writes or moved):
            return SettingsOfRun(block, unset=unset)
        names = frozenset((*(read.name for read in drawn), *seeded))
        lines = _drawing_lines(source, names, self._namespace) if names else {}
        flow = _Flow(block, used, moved, _Draws(names, seeded, lines))
        writes = [flow.with_sources(write) for write in (*map(_written, used.writes), *moved)]
        if used.is_by_other_files:
            writes = [*_from_modules(writes, used, frozenset(modules))]
        if random and _seeds_with_constants(source.tree, used.seeds, self._namespace):
            fresh = {Name.of_setting(GENERATORS[use.library]) for use in random if use.how == "seeded"}
            writes = [replace(write, sources=()) if write.name in fresh else write for write in writes]
        deferred = names.union(read.name for read in reads) - flow.placed
        return SettingsOfRun(flow.block, deferred, (*reads, *drawn), tuple(writes), random, unset)

    def _unset(self, source: Source, used: SettingUse, random: Iterable[RandomUse]) -> tuple[Effect, ...]:
        """What the text sets somewhere, and which generators it seeds or uses, without what the run did."""
        if used.left_out is NO_CHANGES:
            return ()
        seeded = {use.library for use in random if "seeded" in use.how}
        seeds = [library for library in GENERATORS if used.left_out.seeds and library not in seeded]
        named = [library for library in seeds if _names_library(source.text, library)] or seeds
        draws = used.left_out.draws.difference(use.library for use in random)
        return _effects(used.left_out._replace(draws=draws), named)

    def _with_seeds_kept(self, cell: str, used: SettingUse, moved: list[Write]) -> list[Write]:
        """What a run did to generators, with what modules have seeded that an earlier run of it has loaded.

        To import them again seeds nothing, and a restart does.
        """
        if not used.seeds_by_import:
            self._seeded.pop(cell, None)
            return moved
        if any(write.kind == "bind" for write in moved):
            self._seeded[cell] = tuple(write for write in moved if write.kind == "bind")
        known = {write.name for write in moved}
        return [*moved, *(write for write in self._seeded.get(cell, ()) if write.name not in known)]

    def _seeding(self, source: Source, used: SettingUse, loads: Loads | None) -> Seeding:
        from cellgraph.trace.rng_seeding import seeding  # most sessions move no generator

        modules = [module_text(name) for name in sorted(used.seeding_modules)]
        return seeding(source, self._namespace, loads, modules)


def _effects(changes: SettingChanges, seeded: Iterable[str]) -> tuple[Effect, ...]:
    """Changes of settings and of the generators of libraries, of which these are ``seeded``."""
    generators: list[Effect] = [(Name.of_setting(GENERATORS[library]), ()) for library in sorted(seeded)]
    generators += [
        (Name.of_setting(GENERATORS[library]), (DRAWN,))
        for library in sorted(changes.draws.difference(seeded))
    ]
    sets = ((Name.of_setting(name), tuple(sorted(paths))) for name, paths in changes.sets.items())
    return (*sets, *generators)


def _from_modules(writes: Iterable[Write], used: SettingUse, modules: frozenset[Name]) -> Iterator[Write]:
    """The writes; what code in modules of the user's sets comes from their files, too."""
    files = {Name.of_setting(write.name): _named(modules, write.modules) for write in used.writes}
    if used.seeds_by_import:
        files |= dict.fromkeys(map(Name.of_setting, GENERATORS.values()), modules)
    for write in writes:
        known, own = write.sources, files.get(write.name)
        yield replace(write, sources=tuple(sorted({*known, *own}))) if own and known is not None else write


def _named(modules: Iterable[Name], files: Collection[str]) -> frozenset[Name]:
    """Those of the ``modules`` that lie in one of these files, which are given by their absolute paths."""
    return frozenset(name for name in modules if any(f"/{file}".endswith(f"/{name.path}") for file in files))


def _written(write: SettingWrite) -> Write:
    return Write(Name.of_setting(write.name), "mutate", write.paths, write.after, None, write.before)


def _state(value: str) -> Digest:
    return Digest(value, type=GENERATOR)


def _seeds_with_constants(
    tree: ast.Module | None, seeds: frozenset[int], namespace: Mapping[str, Any]
) -> bool:
    """Whether each line that seeds gives a library a constant, at the top level of the cell.

    Whatever was drawn above it, the same is drawn below.
    """
    found = [node for node in tree.body if node.lineno in seeds] if tree is not None else []
    return len(found) == len(seeds) and all(_seeds_with_constant(node, namespace) for node in found)


def _seeds_with_constant(node: ast.stmt, namespace: Mapping[str, Any]) -> bool:
    match node:
        case ast.Expr(value=ast.Call(args=[ast.Constant()], keywords=[]) as call):
            name, words = _called(call)
            module = namespace.get(name)
            known = type(module) is ModuleType and module.__name__.partition(".")[0] in GENERATORS
            return known and words[-1:] in (("seed",), ("manual_seed",))
    return False


def _called(call: ast.Call) -> tuple[str, tuple[str, ...]]:
    """The name that a call starts with, and the attributes that follow: ``np.random.rand()``."""
    start, words = attribute_chain(call.func)
    return (start.id if isinstance(start, ast.Name) else ""), words


def _draws_above(tree: ast.Module | None, seeds: frozenset[int]) -> bool:
    """Whether a cell that seeds may have drawn numbers before, judged by the words of its text."""
    above = [node for node in tree.body if node.lineno < min(seeds)] if tree is not None and seeds else []
    own = _own_generators(above)
    above = [node for node in above if not all(_draws_alone(call, own) for call in _every_call(node))]
    words: set[str] = set()
    later: dict[str, set[str]] = {}
    for node in above:
        if isinstance(node, _DEFINING):  # its body runs when it is called
            later[node.name] = _words_of(node.body)
            words |= _words_of(node.decorator_list)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            words |= _words_of([node])
    while called := words & later.keys():
        words |= set().union(*map(later.pop, called))
    return any(map(_DRAWING.match, words))


_DEFINING = ast.FunctionDef | ast.AsyncFunctionDef


_OWN_GENERATOR = Pattern(r"\b(?:Random|RandomState|default_rng)\((?:\d|seed=\d)")


def _drawing_lines(
    source: Source, drawn: Collection[Name], namespace: Mapping[str, Any]
) -> Mapping[Name, tuple[int, ...]]:
    """The lines of the statements behind which draws may be, for each generator that was drawn from.

    Empty if nothing is to be told apart, as the cell drew from one of them and makes none of its own: then
    every statement that calls something may have drawn.
    """
    if source.tree is None or not source.plain:
        return {}
    if len(drawn) < 2 and _OWN_GENERATOR.search(source.text) is None:
        return {}
    if any(isinstance(node, _DEFINING | ast.ClassDef | ast.Lambda) for node in ast.walk(source.tree)):
        return {}
    statements = [node for node in ast.walk(source.tree) if isinstance(node, ast.stmt)]
    own, bound = _own_generators(source.tree.body), {part.id for part in _bound_in(source.tree.body)}
    modules = {
        name: value.__name__
        for name, value in namespace.items()
        if type(value) is ModuleType and name not in bound
    }
    calls = [
        (node.lineno, [call for call in _calls(node) if not _draws_alone(call, own)]) for node in statements
    ]
    return {
        name: tuple(
            line for line, found in calls if any(_may_draw(call, name.setting, modules) for call in found)
        )
        for name in drawn
    }


def _own_generators(body: Iterable[ast.stmt]) -> set[str]:
    """The names that statements bind to generators seeded with a constant, and to nothing else."""
    nodes = [part for node in body for part in ast.walk(node)]
    makers = [node.targets for node in nodes if isinstance(node, ast.Assign) and _is_maker(node.value)]
    places = {id(target) for targets in makers for target in targets}
    bound = _bound_in(body)
    return {part.id for part in bound if id(part) in places} - {
        part.id for part in bound if id(part) not in places
    }


def _bound_in(body: Iterable[ast.stmt]) -> list[ast.Name]:
    """Where statements bind names."""
    nodes = (part for node in body for part in ast.walk(node))
    return [part for part in nodes if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)]


def _every_call(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement, with those of the statements inside it."""
    return (part for part in ast.walk(node) if isinstance(part, ast.Call))


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement without those of the statements inside it."""
    inner = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))
    return (part for child in inner for part in ast.walk(child) if isinstance(part, ast.Call))


def _draws_alone(call: ast.Call, own: set[str]) -> bool:
    """Whether a call leaves the generators of the process alone: it asks one of these ``own`` ones."""
    match call.func:
        case ast.Name(id=name):
            return name in _QUIET or _is_maker(call)
        case ast.Attribute(value=ast.Name(id=name)):
            return name in own or _is_maker(call)
    return False


def _may_draw(call: ast.Call, generator: str, modules: Mapping[str, str]) -> bool:
    """Whether a call may draw from a generator: not if it is of the module of another one.

    ``modules`` are the names of modules by the variables that hold them.
    """
    name, words = _called(call)
    if name not in modules:
        return True
    module = ".".join((modules[name], *words[:-1]))
    return module == generator or module not in _LIBRARIES


def _is_maker(value: ast.expr) -> bool:
    """Whether an expression makes a generator that is seeded with a constant."""
    match value:
        case ast.Call(func=ast.Attribute(attr=made) | ast.Name(id=made), args=args, keywords=keywords):
            given = [*args, *(keyword.value for keyword in keywords)]
            return made in _MAKERS and bool(given) and all(isinstance(each, ast.Constant) for each in given)
    return False


_QUIET = frozenset("print len int float str round list sum min max sorted".split())
_MAKERS = frozenset({"Random", "RandomState", "default_rng"})


def _words_of(nodes: Iterable[ast.AST]) -> set[str]:
    """The names and attributes in a text."""
    return {last_word(part) for node in nodes for part in ast.walk(node)}


def _drawn(use: RandomUse, early: bool) -> Iterable[Read]:
    """The state that a draw started from.

    The library may just have been loaded, so its state may not be known.

    ``early``: a run that seeds has drawn before.
    """
    if use.how == "drew" or (early and use.how in ("seeded", "seeded and drew")):
        name = Name.of_setting(GENERATORS[use.library])
        yield Read(name, "", _state(use.before) if use.before else UNSEEDED)


def _drawn_after_seed(random: Iterable[RandomUse], seeds: Collection[int]) -> frozenset[Name]:
    """The generators from which a run may have drawn below a line that seeds them.

    After a second seed nothing tells whether there was a draw between the two.
    """
    return frozenset(
        Name.of_setting(GENERATORS[use.library])
        for use in random
        if use.how == "seeded and drew" or (use.how == "seeded" and len(seeds) > 1)
    )


def _moved(use: RandomUse) -> Iterable[Write]:
    name = Name.of_setting(GENERATORS[use.library])
    if use.how in ("seeded", "seeded and drew"):
        yield Write(name, "bind", (), _state(use.after))
    elif use.how == "reseeded" or not use.before:
        yield Write(name, "mutate", (), UNSEEDED)
    else:
        yield Write(name, "mutate", (), _state(use.after), None, _state(use.before))


class _Draws(NamedTuple):
    """The generators from which a run drew, and those of them that it had seeded before.

    ``lines`` are those of the statements behind which draws may be, where they can be told from others.
    """

    names: frozenset[Name]
    seeded: frozenset[Name]
    lines: Mapping[Name, tuple[int, ...]]


class _Flow:
    """Settings in the data flow inside a cell: the statements at their lines load and bind them."""

    def __init__(
        self,
        block: Block,
        used: SettingUse,
        moved: list[Write],
        draws: _Draws,
    ) -> None:
        loads = [
            Use(Name.of_setting(read.name), read.digest, at) for read in used.reads for at in read.lines if at
        ]
        loads += [Use(name, None, at) for name in draws.names for at in draws.lines.get(name, ())]
        binds = [
            Use(Name.of_setting(write.name), write.after, at)
            for write in used.writes
            if len(write.lines) == 1
            for at in write.lines
        ]
        line = next(iter(used.seeds)) if len(used.seeds) == 1 else 0
        binds += [Use(write.name, write.digest, line) for write in moved if line and write.kind == "bind"]
        binds += [
            Use(write.name, write.digest, at)
            for write in moved
            if write.kind == "mutate"
            for at in draws.lines.get(write.name, ())
        ]
        uses = FileUses(tuple(loads), tuple(binds))
        self.block = with_files(block, uses)
        self._sources = sources(self.block, uses, (), lambda _: True) if binds else {}
        added = {Name.of_setting(write.name): write.lines for write in used.writes}
        for name, lines in (added | dict.fromkeys(draws.seeded, used.seeds)).items():
            if not any(name in step.binds for step in every_step(self.block)):
                self.block = with_added(self.block, lines, name)  # which line sets what of it is not known
        self.placed = frozenset(use.name for use in loads)
        self._anew = frozenset(Name.of_setting(write.name) for write in used.writes if write.anew)

    def with_sources(self, write: Write) -> Write:
        """The write with the names that it was computed from, if they are known."""
        found = self._sources.get(write.name)
        if found is None:
            return write
        taken = tuple(sorted(found - self._anew if write.name in self._anew else found))
        return Write(write.name, write.kind, write.paths, write.digest, taken, write.before)

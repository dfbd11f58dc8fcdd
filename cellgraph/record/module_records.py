"""Globals of the user's own modules, as reads and writes of a run.

``helpers.RATE = 2``, ``set_rate(2)`` and a registry that a decorator fills stay until the module is loaded
again, whichever cells run. Each global has a name of its own, ``module:helpers.RATE``. It is absent while the
global has the value that the import gave it.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

from cellgraph.code.source import Source
from cellgraph.digest.code_origin import globals_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Write, covers
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.path_changes import changed_paths
from cellgraph.record.run_context import RunChanges, RunContext
from cellgraph.trace.module_globals import (
    Access,
    Global,
    accesses,
    accesses_in_text,
    belongs_to,
    imported_inside,
    names_of,
    reached,
)
from cellgraph.trace.tracing_backend import Sites

_FIRST = Pattern(r"\.\w+")


class _Known(NamedTuple):
    """A global as of the last look: the id of its value, its digest, and the digest after the import."""

    identity: int
    digest: Digest | None
    original: Digest | None

    @property
    def changed(self) -> Digest | None:
        """The digest; None while it is as it was imported."""
        return None if _agree(self.digest, self.original) else self.digest


class _Writer(NamedTuple):
    """A run that may change a global: its cell, its text, and whether it may read the global."""

    cell: str
    text: str
    is_read: bool


class _Change(NamedTuple):
    """The parts of a global that a run has changed in place, and those that others had changed before."""

    parts: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class _By:
    """Who has changed a global: each cell with the text that did so last, and the cell by each part."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.parts: dict[str, str] = {}

    def note(self, writer: _Writer, parts: Iterable[str]) -> None:
        """A run has changed these parts."""
        self.texts[writer.cell] = writer.text
        self.parts.update(dict.fromkeys(parts, writer.cell))

    def has_done(self, writer: _Writer) -> bool:
        """Whether a run of the same cell with the same text has changed it before."""
        return self.texts.get(writer.cell) == writer.text

    def parts_of(self, cell: str) -> tuple[str, ...]:
        """The parts that a cell has changed last."""
        return tuple(sorted(path for path, by in self.parts.items() if by == cell))


class ModuleRecords:
    """What cells have done to globals of modules, with the digests of the last look. It keeps no value."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[Global, _Known] = {}
        self._specs: dict[str, weakref.ref[object]] = {}
        self._by: dict[Global, _By] = {}

    def live(self, name: Name) -> Digest | None:
        """The value of a global that was changed; None if it is as it was imported."""
        found = (known for each, known in self._known.items() if _name(each) == name)
        return next((known.changed for known in found), None)

    def added(
        self,
        changes: RunChanges,
        cell: str,
        source: Source,
        context: RunContext,
        modules: Collection[str],
        store: DigestStore,
    ) -> RunChanges:
        """The run with what it read and changed of ``modules``. ``store`` is open."""
        sites = context.touched.reads
        found, again = self._found(source, context, modules, store)
        reads: list[Read] = []
        writes = list(again)
        by: dict[str, list[str]] = {}
        for each, variables in found.items():
            before = self._known.get(each, _NEW)
            now = self._look(each, before, store)
            if now is None:
                continue
            self._known[each] = now
            if variables and before.digest is not None:
                reads.append(Read(_name(each), "", before.changed))
                for variable in variables:
                    by.setdefault(variable, []).append(_name(each))
            writer = _Writer(cell, source.text, bool(variables))
            change = self._change(each, before, now, writer)
            if not variables:
                reads += self._stored_into(each, before, change, cell)
            writes += self._written(each, before, now, change, writer)
        if not reads and not writes:
            return changes
        changes = changes._replace(reads=tuple(self._narrowed(changes.reads, sites, modules)))
        known = tuple(_with_globals(write, by) for write in changes.writes) if by else changes.writes
        return changes._replace(reads=(*changes.reads, *reads), writes=(*known, *writes))

    def _found(
        self, source: Source, context: RunContext, modules: Collection[str], store: DigestStore
    ) -> tuple[dict[Global, frozenset[str]], list[Write]]:
        """The globals that a run may have accessed, and the variables by which it may have read each.

        Second item: globals that are as they were imported again, since the run has loaded their module.
        """
        sites, held = context.touched.reads, self._namespace
        own = self._bound_to(modules, context.bound)
        used = [
            *accesses(sites, held, modules),
            *accesses_in_text(source, own, held, modules),
            *imported_inside(sites, held, modules),
        ]
        again = self._take_stock(modules, map(held.get, {*sites, *context.bound}), used, store)
        ids = {id(held.get(name)) for name in (*sites, *own)}
        found = dict.fromkeys(self._met(ids), frozenset[str]())
        for each, variable, is_read in used:
            found[each] = found.get(each, frozenset()) | ({variable} if is_read else frozenset())
        return found, again

    def _met(self, ids: Collection[int]) -> Iterator[Global]:
        """The globals that hold one of these objects, and those that hold another than at the last look.

        Somebody has bound those anew in a way that shows nowhere: ``vars(own).update(RATE=3)``.
        """
        dicts = {module: names_of(module) for module in self._specs}
        for each, known in self._known.items():
            identity = id(dicts[each.module].get(each.name, _ABSENT))
            is_other = (identity if identity != _ABSENT_ID else 0) != known.identity
            if is_other or (known.identity in ids and known.digest):
                yield each

    def _change(self, each: Global, before: _Known, now: _Known, writer: _Writer) -> _Change:
        """The parts that a run has changed, or has set again to what it set when it ran before."""
        by, changed = self._by.get(each), _parts_changed(before, now)
        if not changed and by is not None and now.identity == before.identity and by.has_done(writer):
            changed = by.parts_of(writer.cell)
        return _Change(changed, _parts_left(before, changed))

    def _written(
        self, each: Global, before: _Known, now: _Known, change: _Change, writer: _Writer
    ) -> Iterator[Write]:
        """What a run has changed of a global, or has set again to what it set when it ran before."""
        by = self._by.get(each)
        if now.changed is None or before.changed is None or not _agree(now.changed, before.changed):
            is_written = now.changed is not before.changed
        else:
            is_written = not writer.is_read and by is not None and by.has_done(writer)
        if is_written:
            yield _write(each, now, before, change, writer.is_read)
            self._by.setdefault(each, _By()).note(writer, change.parts)

    def _stored_into(self, each: Global, before: _Known, change: _Change, cell: str) -> Iterator[Read]:
        """What a change in place of single parts finds: the parts that earlier runs of its cell have changed.

        What it stores into has to be there as well.
        """
        by = self._by.get(each)
        if not change.left or before.digest is None:
            return
        for path in change.left:
            part = before.digest.part(path)
            if part is not None and by is not None and by.parts.get(path) == cell:
                yield Read(_name(each), path, part)
        yield Read(_name(each), "", before.digest, store_only=True, places=change.parts)

    def _bound_to(self, modules: Collection[str], bound: Collection[str]) -> set[str]:
        """The names that a run has bound to these modules, or to functions and classes of theirs."""
        return {name for name in bound if any(belongs_to(self._namespace.get(name), modules))}

    def _narrowed(
        self, reads: Iterable[Read], sites: Mapping[str, Sites], modules: Collection[str]
    ) -> Iterator[Read]:
        """The reads, of a module that the run has changed only what it looked up there.

        What its functions changed is a read of its own.
        """
        for read in reads:
            value = self._namespace.get(read.name)
            places = sites.get(read.name, frozenset())
            is_module = type(value) is ModuleType and globals_of(value).get("__name__") in modules
            firsts = [_FIRST.match(path) for path, store_only in places if not store_only]
            if not is_module or read.path or read.digest is None or not firsts or None in firsts:
                yield read
                continue
            paths = sorted({first[0] for first in firsts if first is not None})
            parts = [replace(read, path=path, digest=read.digest.part(path), places=()) for path in paths]
            yield from (read,) if any(part.digest is None for part in parts) else parts

    def _take_stock(
        self,
        modules: Collection[str],
        values: Iterable[object],
        accessed: Iterable[Access],
        store: DigestStore,
    ) -> list[Write]:
        """Look at modules that are new here: those to which these values lead, and those ``accessed``.

        One that was loaded again has lost what cells changed. What the run that loads it also binds is not
        known as the import gave it.
        """
        gone: list[Write] = []
        new = [module for module in modules if self._is_new(module)]
        called = {each.module for each, _, _ in accessed}
        bound = {each for each, _, is_read in accessed if not is_read} if new else set()
        used = reached(values, modules) | called if new else called
        for module in new:
            if module not in used:
                continue
            self._specs[module] = weakref.ref(names_of(module)["__spec__"])
            for name in list(names_of(module)):
                each = Global(module, name)
                before = self._known.pop(each, _NEW)
                now = self._look(each, _NEW, store)
                if now is not None and each not in bound:
                    self._known[each] = now._replace(original=now.digest)
                if before.changed is not None:
                    gone.append(Write(_name(each), "delete"))
        return gone

    def _is_new(self, module: str) -> bool:
        """Whether a module has not been looked at since it was loaded."""
        spec, known = names_of(module).get("__spec__"), self._specs.get(module)
        return spec is not None and (known is None or known() is not spec)

    def _look(self, each: Global, before: _Known, store: DigestStore) -> _Known | None:
        """A global as it is now; None if it cannot be compared, or nobody would change it."""
        held = each.held()
        if not held:
            return before._replace(identity=0, digest=_DELETED) if before is not _NEW else None
        (value,) = held
        if each.name.startswith("__") or type(value) is ModuleType:
            return None
        if _is_code(value, each.module):
            return _Known(id(value), None, None)
        digest = store.look_at(value).digest
        return None if digest.quality == "opaque" else before._replace(identity=id(value), digest=digest)


_NEW = _Known(0, None, None)
_ABSENT = object()
_ABSENT_ID = id(_ABSENT)
_DELETED = Digest("deleted", type="deleted")
"""Stands for a global that a cell has deleted."""


def _is_code(value: object, module: str) -> bool:
    """Whether it is a function that the module itself defines."""
    return type(value) is FunctionType and value.__globals__ is names_of(module)


def _agree(one: Digest | None, other: Digest | None) -> bool:
    return one is not None and other is not None and one.agrees(other)


def _with_globals(write: Write, by: Mapping[str, Sequence[str]]) -> Write:
    """A write that also comes from the globals that its sources, variables that hold functions, read."""
    parts = tuple((path, _more(sources, by)) for path, sources in write.path_sources)
    sources = _more(write.sources, by) if write.sources is not None else None
    return replace(write, sources=sources, path_sources=parts)


def _more(sources: tuple[str, ...], by: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (*sources, *(each for name in sources for each in by.get(name, ())))


def _name(each: Global) -> Name:
    return Name.of_module_global(f"{each.module}.{each.name}")


def _write(each: Global, now: _Known, before: _Known, change: _Change, is_read: bool) -> Write:
    if now.changed is None:
        return Write(_name(each), "delete")
    if not is_read and change.left:
        return Write(_name(each), "mutate", change.parts, now.changed, before=before.changed)
    if is_read and before.digest is not None:  # else the run has loaded the module, and read it from nowhere
        return Write(_name(each), "mutate", (), now.changed, before=before.changed)
    imported = now.original if before.changed is None and change.parts else before.changed
    return Write(_name(each), "bind", (), now.changed, before=imported)


def _parts_changed(before: _Known, now: _Known) -> tuple[str, ...]:
    """The parts that differ, of an object that was changed in place; empty for any other."""
    if before.identity != now.identity or before.digest is None or now.digest is None:
        return ()
    return tuple(sorted(changed_paths(before.digest, now.digest)))


def _parts_left(before: _Known, changed: Collection[str]) -> tuple[str, ...]:
    """The parts that were not as the import made them, and that a change of others leaves so."""
    if not changed or before.original is None or before.digest is None:
        return ()
    differing = sorted(filter(None, changed_paths(before.original, before.digest)))
    return tuple(path for path in differing if not any(covers(whole, path) for whole in changed))

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

from cellgraph.digest.code_origin import globals_of
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Write
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.change_detection import RunChanges
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import RunContext
from cellgraph.trace.module_globals import Global, accessed, names_of, reached
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


class ModuleRecords:
    """What cells have done to globals of modules, with the digests of the last look. It keeps no value."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[Global, _Known] = {}
        self._specs: dict[str, weakref.ref[object]] = {}

    def live(self, name: Name) -> Digest | None:
        """The value of a global that was changed; None if it is as it was imported."""
        found = (known for each, known in self._known.items() if _name(each) == name)
        return next((known.changed for known in found), None)

    def added(
        self, changes: RunChanges, context: RunContext, modules: Collection[str], store: DigestStore
    ) -> RunChanges:
        """The run with what it read and changed of ``modules``. ``store`` is open."""
        sites = context.touched.reads
        found = accessed(sites, self._namespace, modules)
        values = map(self._namespace.get, {*sites, *context.bound})
        again = self._take_stock(modules, values, {each.module for each in found}, store)
        held = {id(self._namespace.get(name)) for name in sites}
        shared = (each for each, known in self._known.items() if known.identity in held and known.digest)
        found = dict.fromkeys(shared, frozenset[str]()) | found
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
            if now.changed is not before.changed and not _agree(now.changed, before.changed):
                writes.append(_write(each, now.changed, before.changed, bool(variables)))
        if not reads and not writes:
            return changes
        changes = changes._replace(reads=tuple(self._narrowed(changes.reads, sites, modules)))
        known = tuple(_with_globals(write, by) for write in changes.writes) if by else changes.writes
        return changes._replace(reads=(*changes.reads, *reads), writes=(*known, *writes))

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
        self, modules: Collection[str], values: Iterable[object], called: set[str], store: DigestStore
    ) -> list[Write]:
        """Look at modules that are new here: those to which these values lead, and those ``called``.

        One that was loaded again has lost what cells changed.
        """
        gone: list[Write] = []
        new = [module for module in modules if self._is_new(module)]
        used = reached(values, modules) | called if new else called
        for module in new:
            if module not in used:
                continue
            self._specs[module] = weakref.ref(names_of(module)["__spec__"])
            for name in list(names_of(module)):
                each = Global(module, name)
                before = self._known.pop(each, _NEW)
                now = self._look(each, _NEW, store)
                if now is not None:
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
            return before._replace(identity=0, digest=None) if before is not _NEW else None
        (value,) = held
        if each.name.startswith("__") or type(value) is ModuleType:
            return None
        if _is_code(value, each.module):
            return _Known(id(value), None, None)
        digest = store.look_at(value).digest
        return None if digest.quality == "opaque" else before._replace(identity=id(value), digest=digest)


_NEW = _Known(0, None, None)


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


def _write(each: Global, now: Digest | None, before: Digest | None, is_read: bool) -> Write:
    if now is None:
        return Write(_name(each), "delete")
    return Write(_name(each), "mutate" if is_read else "bind", (), now, before=before)

"""The user's own modules: which of a run's names come from a file that the user can edit."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import compress, islice
from operator import ne
from types import FunctionType, ModuleType
from typing import Any

from cellgraph.digest.code_origin import absolute
from cellgraph.model import Digest, Read
from cellgraph.names import Name
from cellgraph.trace.files.content import content
from cellgraph.trace.files.file_accesses import FileContents
from cellgraph.trace.files.paths import is_skipped

_MOST = 64
"""Files of modules that one run is said to use."""
KIND = "module"
"""The type that a module's file bears in a digest: what counts is what was imported, not what is there."""


class UserModules:
    """The loaded modules that come from the user's files, and each file's content when it was loaded.

    ``importlib.reload`` gives a module a new spec. ``%autoreload`` notes the time of the file, which
    ``reloaded`` returns. In both cases the file is read again.
    """

    def __init__(self, disk: FileContents, reloaded: Callable[[], Mapping[str, object]]) -> None:
        self._disk = disk
        self._reloaded = reloaded
        self._times: dict[str, object] = {}
        self.checked: dict[str, int] = {}
        """The ids of the modules that were loaded at the last look, by name."""
        self._libraries: set[str] = set()
        self.files: dict[str, str] = {}
        """The absolute paths of the user's modules, by name."""
        self._digests: dict[str, Digest] = {}
        self._specs: dict[str, weakref.ref[object]] = {}
        self._again: dict[str, None] = {}

    def loaded_again(self) -> list[tuple[str, Name, Digest]]:
        """The modules that were loaded again since this was asked: name, file, and what was in the file."""
        if not self._again:
            return []
        again, self._again = self._again, {}
        files = ((name, self._disk.follow(self.files[name])) for name in again if name in self.files)
        return [(name, file, self._digests[name]) for name, file in files if file is not None]

    @property
    def to_be_renewed(self) -> Collection[str]:
        """The modules that ``loaded_again`` will give."""
        return self._again.keys()

    def refresh(self) -> None:
        """Add modules that were imported or reloaded since the last time."""
        modules = sys.modules
        if len(modules) != len(self.checked):
            self._take_in(modules)
        self._refresh_files(self._reloaded() if self.files else {})

    def refresh_reloaded(self) -> None:
        """Add modules that ``%autoreload`` has loaded again, where it is active."""
        if self.files and (times := self._reloaded()):
            self._refresh_files(times)

    def _refresh_files(self, times: Mapping[str, object]) -> None:
        modules = sys.modules
        for name in list(self.files):
            module: object = modules.get(name)  # a program may put anything there
            if type(module) is ModuleType and self._is_reloaded(name, module, times.get(name)):
                self._load(name, module)

    def _take_in(self, modules: Mapping[str, object]) -> None:
        held = _latest(modules, self.checked)
        if held is not None:
            fresh = [*held]
        else:
            held = dict(modules)
            for name in self.checked.keys() - held.keys():
                del self.checked[name]
            known = map(self.checked.get, held)
            fresh = [*compress(held, map(ne, known, map(id, held.values())))]
        self.checked.update(zip(fresh, map(id, map(held.__getitem__, fresh)), strict=True))
        for name in [name for name in fresh if "." not in name]:
            self._add(name, held[name])
        libraries = self._libraries  # they bring thousands of modules
        for name in [name for name in fresh if "." in name and name.partition(".")[0] not in libraries]:
            self._add(name, held[name])

    def _is_reloaded(self, name: str, module: ModuleType, time: object) -> bool:
        known = self._times.get(name)
        self._times[name] = time
        return time != known or self._specs[name]() is not module.__dict__.get("__spec__")

    def reads(
        self, names: Iterable[str], namespace: Mapping[str, Any], imported: Iterable[str] = ()
    ) -> list[Read]:
        """The files behind what ``names`` hold, a module or what was made by one, and of modules by name."""
        if not self.files:
            return []
        used: dict[str, None] = {module: None for name in imported for module in self._reached(name)}
        for name in names:
            for module in self._reached(_module_of(namespace.get(name))):
                used[module] = None
        found = [(self._disk.follow(self.files[module]), self._digests[module]) for module in used]
        digests = {file: digest for file, digest in found if file is not None}
        return [Read(file, "", digest) for file, digest in list(digests.items())[:_MOST]]

    def digest(self, name: str) -> Digest | None:
        """What was in a module's file when it was imported, by the file's name."""
        found = (self._digests[module] for module, path in self.files.items() if self._is(name, path))
        return next(found, None)

    def _is(self, name: str, path: str) -> bool:
        return name.endswith(os.path.basename(path)) and self._disk.name(path) == name

    def _add(self, name: str, module: object) -> None:
        self._libraries.discard(name)
        if type(module) is not ModuleType or name == "__main__":
            return
        path = module.__dict__.get("__file__")
        if type(path) is not str or not path.endswith(".py") or not os.path.isabs(path):
            return
        if is_skipped(path, self._disk.base) or _is_ours(name):
            self._libraries.add(name)
        else:
            self._load(name, module)

    def _load(self, name: str, module: ModuleType) -> None:
        spec = module.__dict__.get("__spec__")
        found = content(absolute(module.__dict__["__file__"]))
        if found is not None and spec is not None:
            if name in self.files:
                self._again[name] = None
            self.files[name] = absolute(module.__dict__["__file__"])
            self._digests[name] = replace(found.digest, type=KIND)
            self._specs[name] = weakref.ref(spec)

    def _reached(self, start: str) -> Iterator[str]:
        """The modules that one leads to: itself, those of its package, those that these use."""
        waiting = [start] if start in self.files else []
        seen: set[str] = set()
        while waiting and len(seen) < _MOST:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            yield name
            waiting += [found for found in self._used_by(name) if found not in seen]

    def _used_by(self, name: str) -> Iterator[str]:
        root = name.partition(".")[0]
        if "." in name and root in self.files:
            yield root
        module = sys.modules.get(name)
        if type(module) is ModuleType:
            found = (_module_of(value) for value in list(module.__dict__.values()))
            yield from dict.fromkeys(other for other in found if other in self.files and other != name)


def _module_of(value: object) -> str:
    """The name of the module that a value is, or that made it. Only plain fields are read."""
    kind = type(value)
    if kind is ModuleType:
        name: object = value.__dict__.get("__name__")
    elif kind is FunctionType:
        name = value.__module__
    elif issubclass(kind, type):
        name = type.__getattribute__(value, "__dict__").get("__module__")
    else:
        name = type.__getattribute__(kind, "__dict__").get("__module__")
    return name if type(name) is str else ""


def _latest(modules: Mapping[str, object], known: Mapping[str, int]) -> dict[str, object] | None:
    """The modules that were added.

    None if some were removed meanwhile, so that the new ones are not known.
    """
    grown = len(modules) - len(known)
    if not known or grown <= 0:
        return None
    *added, before = islice(reversed(modules.items()), grown + 1)  # type: ignore[call-overload]
    found = dict(added)
    return found if before[0] in known and known.keys().isdisjoint(found) else None


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "cellgraph"

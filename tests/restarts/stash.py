"""Libraries that are imported once, and put away until a session imports them.

To import pandas and scikit-learn takes longer than all the rest of a session. A module is the same object
whenever its code ran. So the process from which sessions are forked runs that code once and takes the modules
out of ``sys.modules``. It undoes what else the imports did that a session could see: warning filters, entries
in ``os.environ`` and ``copyreg``, and submodules as attributes of their packages. In a session the first
import of a module gives it back, with the modules that its code imports and with what was undone. Until then
neither the session nor cellgraph finds it loaded.

What cannot be undone stays: classes that are registered as subclasses of abstract ones, and loggers. Whether
that matters is checked: one session in ten imports for itself. ``tests/test_restart_servers.py`` compares the
two ways.
"""

from __future__ import annotations

import builtins
import copyreg
import os
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from importlib import (
    _bootstrap,  # type: ignore[attr-defined]  # every import that has to load something calls it
    import_module,
)
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any
from zlib import crc32

OWN = ("code", "trace", "record", "digest", "analyse", "session", "magic", "render", "frontends")
"""The folders of cellgraph of which sessions load what they need."""
LIBRARIES = (
    "numpy",
    "pandas",
    "matplotlib.pyplot",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.compose",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
    "sklearn.tree",
    "networkx",
    "xarray",
)
"""What many sessions import. None of these asks which shell is there, none registers anything with another
library, as seaborn does, and none has started a thread that it needs after a fork, as polars has."""
STAYING = ("concurrent.futures.thread", "concurrent.futures.process")
"""Their package keeps what it has taken from them and asks no more. A kernel has loaded the first."""
TABLES: tuple[MutableMapping[Any, Any], ...] = (os.environ, copyreg.dispatch_table)
"""What a session could see in them of an import is taken out until then."""
DRAWING = "numpy.random.mtrand"
"""Its generator takes its first state from the system. Processes that are forked would share that state."""


class Imports:
    """Which modules the code of each module imports, loaded already or not, and what else that code did."""

    def __init__(self) -> None:
        self.modules_before = set(sys.modules)
        self.filters_before = list(warnings.filters)
        self.keys_before = [set(table) for table in TABLES]
        self.needs: dict[str, dict[str, None]] = {}
        self.filters: dict[int, tuple[str, Any]] = {}
        self.keys: list[dict[Any, str]] = [{} for _ in TABLES]
        self._running = [""]
        self._known = set(sys.modules)
        self._count = len(sys.modules)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record the imports while it lasts."""
        load, import_ = _bootstrap._find_and_load, builtins.__import__
        _bootstrap._find_and_load = self._recording_load(load)
        builtins.__import__ = self._recording_import(import_)
        try:
            yield
        finally:
            _bootstrap._find_and_load, builtins.__import__ = load, import_

    def _recording_load(self, load: Callable[..., Any]) -> Callable[..., Any]:
        def recording(name: str, import_: Callable[..., Any]) -> Any:
            self._settle()
            self._need(name)
            if name in sys.modules:
                return load(name, import_)
            self._running.append(name)
            self._known.add(name)
            try:
                return load(name, import_)
            finally:
                self._settle()
                self._running.pop()

        return recording

    def _recording_import(self, import_: Callable[..., Any]) -> Callable[..., Any]:
        """An import statement calls nothing else where the module is loaded."""

        def recording(
            name: str, variables: Any = None, local: Any = None, parts: Any = (), level: int = 0
        ) -> Any:
            found = import_(name, variables, local, parts, level)
            if level:
                name = _bootstrap._resolve_name(name, _bootstrap._calc___package__(variables), level)
            for needed in (name, *(f"{name}.{part}" for part in parts or ())):
                if needed in sys.modules:
                    self._need(needed)
            return found

        return recording

    def _need(self, name: str) -> None:
        self.needs.setdefault(self._running[-1], {}).setdefault(name)

    def _settle(self) -> None:
        """Put what is new since the last time down to the module whose code is running."""
        running = self._running[-1]
        if len(sys.modules) != self._count:
            self._count = len(sys.modules)
            for name in [name for name in sys.modules if name not in self._known]:
                self._need(name)  # some code enters modules itself
                self._known.add(name)
        for item in warnings.filters:
            self.filters.setdefault(id(item), (running, item))
        for table, before, keys in zip(TABLES, self.keys_before, self.keys, strict=True):
            for key in table:
                if key not in before:
                    keys.setdefault(key, running)


class Stash(MetaPathFinder):
    """Finds modules that were put away, and gives them back."""

    def __init__(self, imports: Imports) -> None:
        """Put away everything that was imported."""
        self._needs = imports.needs
        self._modules = {
            name: sys.modules.pop(name) for name in list(sys.modules) if name not in imports.modules_before
        }
        self._specs = {name: getattr(module, "__spec__", None) for name, module in self._modules.items()}
        self._put_away_attributes()
        self._put_away_filters(imports)
        self._entries = [
            (owner, table, key, table.pop(key))
            for table, keys in zip(TABLES, imports.keys, strict=True)
            for key, owner in keys.items()
            if key in table
        ]

    def _put_away_attributes(self) -> None:
        self._attributes: dict[str, Any] = {}
        for name, module in self._modules.items():
            package, _, attribute = name.rpartition(".")
            held = getattr(self._modules.get(package) or sys.modules.get(package), "__dict__", {})
            if held.get(attribute) is module:
                self._attributes[name] = held.pop(attribute)

    def _put_away_filters(self, imports: Imports) -> None:
        """Those that were added in front. None adds any at the end."""
        before = {id(item) for item in imports.filters_before}
        self._filters = [
            (imports.filters.get(id(item), ("", None))[0], item)
            for item in reversed(warnings.filters)
            if id(item) not in before
        ]
        _set_filters(imports.filters_before)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Only what is still put away: a module that is reloaded runs its code again."""
        return ModuleSpec(name, _GivenBack(self, name)) if name in self._modules else None

    def take(self, name: str) -> ModuleType:
        """The module that was put away under a name."""
        return self._modules[name]

    def give_back(self, name: str) -> None:
        """Have a module loaded, and all that its code imports, as after an import."""
        module = self._modules.pop(name, None)
        if module is None:
            return
        sys.modules[name] = module  # first, as modules import each other
        module.__spec__ = self._specs[name]
        package, _, attribute = name.rpartition(".")
        self.give_back(package)
        for needed in self._needs.get(name, ()):
            self.give_back(needed)
        sys.modules[name] = sys.modules.pop(name)  # in the order in which they were done, as imports do
        if name in self._attributes:
            setattr(sys.modules[package], attribute, self._attributes[name])
        self._redo(name)

    def _redo(self, name: str) -> None:
        added = [item for owner, item in self._filters if owner == name]
        if added:
            _set_filters([*reversed(added), *warnings.filters])
        for owner, table, key, value in self._entries:
            if owner == name:
                table.setdefault(key, value)


class _GivenBack(Loader):
    def __init__(self, stash: Stash, name: str) -> None:
        self._stash, self._name = stash, name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._stash.take(self._name)

    def exec_module(self, module: ModuleType) -> None:
        self._stash.give_back(self._name)


def _set_filters(filters: Iterable[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]  # it is a list
    warnings._filters_mutated()  # type: ignore[attr-defined]  # what adds a filter calls it


def put_libraries_away() -> None:
    """Import what many sessions import, and put it away with all that these modules import.

    So it is with the modules of cellgraph that sessions load by need.
    """
    for name in STAYING:
        import_module(name)
    imports = Imports()
    with imports.recorded():
        for name in _stock():
            import_module(name)
    drawing: Any = sys.modules.get(DRAWING)
    if drawing is not None:
        os.register_at_fork(after_in_child=drawing._rand.seed)
    sys.meta_path.insert(0, Stash(imports))


def _stock() -> Iterator[str]:
    for folder in OWN:
        package = import_module(f"cellgraph.{folder}")
        yield from (module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))
    yield from (name for name in LIBRARIES if find_spec(name.partition(".")[0]) is not None)


def imports_for_itself(name: str, one_in: int = 10) -> bool:
    """Whether a session is one of those that import libraries themselves. 0 stands for none."""
    return one_in > 0 and crc32(name.encode()) % one_in == 0

"""Which modules are the user's own: made in the notebook, or from a file outside installed packages."""

from __future__ import annotations

import os
import sys
import sysconfig
import types
import weakref
from functools import lru_cache
from pathlib import PurePath
from typing import Any

_STANDARD = str(PurePath(os.path.realpath(os.__file__)).parent) + os.sep
FOLDERS = frozenset(
    sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
"""Where this interpreter keeps its own modules and installed packages, as their files are named."""
_INSTALLED = ("site-packages", "dist-packages")
WITH_DATABASE = frozenset({"duckdb"})
"""Libraries whose functions work on a database of their module: ``duckdb.sql``. It cannot be looked at."""
_MODULE_DICT = type.__getattribute__(types.ModuleType, "__dict__")["__dict__"].__get__


def globals_of(module: types.ModuleType) -> dict[str, Any]:
    """The names of a module, past any ``__getattr__`` or ``__dict__`` of its own."""
    names: dict[str, Any] = _MODULE_DICT(module)
    return names


def is_users(names: dict[str, Any]) -> bool:
    """Whether the module with these globals is the user's own. ``__main__`` is."""
    name, file = dict.get(names, "__name__"), dict.get(names, "__file__")
    if name == "__main__":
        return True
    if type(name) is not str or name.partition(".")[0] == "cellgraph":
        return False
    if type(file) is str:
        return not is_installed(file)
    return dict.get(names, "__spec__") is None and name not in sys.modules


def is_users_module(name: str) -> bool:
    """Whether the imported module of this name is the user's own."""
    if name == "__main__":
        return True
    module = sys.modules.get(name)
    if type(module) is not types.ModuleType:
        return False
    known = _KNOWN.get(name)
    if known is None or known[0]() is not module:
        known = _KNOWN[name] = (weakref.ref(module), is_users(globals_of(module)))
    return known[1]


_KNOWN: dict[str, tuple[weakref.ref[types.ModuleType], bool]] = {}
"""By a module's name which module that was, and whether it is the user's."""


@lru_cache(maxsize=1024)
def is_installed(file: str) -> bool:
    """Whether a module's file belongs to the interpreter or to an installed package."""
    if file.startswith("<"):
        return True
    path = _real(absolute(file))
    return path.startswith(_STANDARD) or any(part in _INSTALLED for part in PurePath(path).parts)


def absolute(path: str) -> str:
    """As ``os.path.abspath``; a relative path stays as it is where the current folder has been removed."""
    try:
        return os.path.abspath(path)  # noqa: PTH100 - of hundreds of files, a tenth of the time
    except OSError:
        return path


@lru_cache(maxsize=1024)
def _real(path: str) -> str:
    """The result of ``os.path.realpath``, which would query each parent folder again for every file in it."""
    folder, name = os.path.split(path)
    if not name:
        return path
    real = os.path.join(_real(folder), name)  # noqa: PTH118 - as above
    return os.path.realpath(real) if os.path.islink(real) else real  # noqa: PTH114 - as above

"""Calls by which files are opened, moved and removed, and other programs started.

``sys.addaudithook`` would tell of all of them, but a hook can never be taken out again, and every
``id()`` of the process pays for it (measured: four times its cost, and ``copy.deepcopy`` more than
twice). So code that mentions such a function has its calls watched, and all other code none.
"""

from __future__ import annotations

import io
import os
import sys
import weakref
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, Literal

FileOperation = Literal["open", "move", "spawn"]

_OPEN = frozenset("open io_open bltn_open _builtin_open builtins_open FileIO open_code".split())
_SPAWN = frozenset("fork_exec _fork_exec forkpty posix_spawn system fork".split())
_MOVE = frozenset("remove unlink rename replace".split())
_OWN = _OPEN | _SPAWN | _MOVE | {"connect"}
_IGNORED = frozenset(
    # They open what is theirs: code, settings, logs, sockets, the terminal.
    "cellgraph importlib linecache tokenize inspect logging zipimport pkgutil site sysconfig warnings"
    " traceback tempfile ipykernel jupyter_client jupyter_core traitlets jedi parso zmq tornado debugpy"
    " pydevd _pydevd_bundle coverage _pytest pytest pluggy numba certifi ssl mimetypes locale gettext"
    " zoneinfo platform ctypes multiprocessing mlflow wandb tensorboard tensorboardX execnet".split()
)
_IPYTHON = ("IPython.core.magics", "IPython.utils.py3compat", "IPython.core.interactiveshell")
_IGNORED_MODULES = frozenset({"matplotlib.font_manager", "joblib.memory", "joblib.func_inspect"})


def deeds() -> dict[int, FileOperation]:
    """The functions to look for, by identity: builtins, which live as long as the interpreter."""
    found: dict[int, FileOperation] = {id(f): "open" for f in (io.open, io.open_code, io.FileIO, os.open)}
    found |= {id(f): "move" for f in (os.remove, os.unlink, os.rename, os.replace)}
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system"):
        if hasattr(os, name):
            found[id(getattr(os, name))] = "spawn"
    for module, name, deed in (("_posixsubprocess", "fork_exec", "spawn"), ("_sqlite3", "connect", "open")):
        function = getattr(sys.modules.get(module), name, None)
        if function is not None:
            found[id(function)] = deed  # type: ignore[assignment]
    return found


TELLING = _OPEN | _SPAWN | {"os", "sqlite3"}
"""Names without which library code is no opener, as most is: told without a call."""


def mentions(code: CodeType) -> bool:
    """Whether the user's own code names one of the functions."""
    return not _OWN.isdisjoint(code.co_names)


def is_opener(code: CodeType, globals_: Mapping[str, Any]) -> bool:
    """Whether a library's code names one, and opens files for the user and not for itself."""
    names = code.co_names
    if _OPEN.isdisjoint(names) and _SPAWN.isdisjoint(names) and not _moves(names):
        return False
    module = globals_.get("__name__")
    if type(module) is not str or module in _IGNORED_MODULES:
        return False
    root = module.partition(".")[0]
    return module.startswith(_IPYTHON) if root == "IPython" else root not in _IGNORED


def _moves(names: tuple[str, ...]) -> bool:
    # Texts and lists have methods of the same names.
    return ("os" in names and not _MOVE.isdisjoint(names)) or "sqlite3" in names


class Openers:
    """Library code whose calls are watched, held weakly.

    Code that has answered DISABLE does not tell again that it starts, not even to the next
    monitor: what has been found stays known for as long as the code lives.
    """

    def __init__(self) -> None:
        self._known: dict[int, weakref.ref[CodeType]] = {}

    def add(self, code: CodeType) -> None:
        """Remember a code object, by identity."""
        key = id(code)
        known = self._known
        known[key] = weakref.ref(code, lambda _: known.pop(key, None))

    def __iter__(self) -> Iterator[CodeType]:
        codes = (reference() for reference in list(self._known.values()))
        return (code for code in codes if code is not None)


OPENERS = Openers()

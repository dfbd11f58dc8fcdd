"""The state of a process and of a session as text: all that a cell could notice of what ran beside it."""

from __future__ import annotations

import asyncio
import contextvars
import faulthandler
import gc
import hashlib
import linecache
import locale
import os
import pickle
import random
import re
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cellgraph
from tests.restarts.process_state import process_state
from tests.restarts.shell import builtins_restored
from tests.restarts.values import frozen, plain

OWN = str(Path(cellgraph.__file__).parent)
OWN_TOOL = "cellgraph"
OWN_MODULES = frozenset({"cellgraph", "xxhash"})
REGISTRY: dict[Any, Any] = {}
"""Where a warning that nobody sees leaves the version of the warnings filters."""
SHARED = (
    *(int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented), range, tuple),
    *(types.ModuleType, types.BuiltinFunctionType, type(annotations)),
)
"""Types of what the interpreter or a library may hold as well."""
ADDRESS = re.compile(rb"0x[0-9a-f]+")
INODE = re.compile(r":\[\d+\]")
PICKLE = 4


def state_of(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The settings of the process, and what is registered in it."""
    with builtins_restored():
        found = _asked(process_state)
        settings = found if isinstance(found, dict) else {"settings": str(found)}
        return {**settings, **{name: plain(str(_asked(ask))) for name, ask in PROBES.items()}}


def values_of(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The user's variables: value, pickle and reference count of each."""
    with builtins_restored():
        found: dict[str, str] = {}
        gc.collect()
        # Counts first: what follows may keep something alive, as a property that caches does.
        for name in _names(namespace):
            found[f"references of {name}"] = str(_references(namespace, name))
        for name in _names(namespace):
            found[f"value of {name}"] = str(_asked(lambda name=name: frozen(namespace[name]).text))
            found[f"pickle of {name}"] = str(_asked(lambda name=name: _pickled(namespace[name])))
        return found


def _names(namespace: Mapping[str, Any]) -> list[str]:
    hidden = ("In", "Out", "get_ipython", "exit", "quit", "open")
    return [name for name in list(namespace) if type(name) is str and name[:1] != "_" and name not in hidden]


def _asked(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except BaseException as error:  # noqa: BLE001 - a value's own code may raise anything
        return type(error).__name__


def _references(namespace: Mapping[str, Any], name: str) -> int:
    """The reference count of what is the session's alone; 0 for what others may hold as well."""
    kind = type(namespace[name])
    if issubclass(kind, SHARED) or str(kind.__module__).startswith("IPython"):
        return 0
    if issubclass(kind, type | types.FunctionType) and namespace[name].__module__ != "__main__":
        return 0
    return sys.getrefcount(namespace[name])


def _pickled(value: object) -> str:
    return hashlib.sha1(ADDRESS.sub(b"0x", pickle.dumps(value, PICKLE))).hexdigest()


def _filters_version() -> object:
    """Which version of the warnings filters is in force: it grows whenever anybody touches them."""
    warnings.warn_explicit("asked by the soak", ImportWarning, "soak", 1, registry=REGISTRY)
    return REGISTRY.get("version")


def _handlers() -> Iterator[str]:
    for number in sorted(signal.valid_signals()):
        yield f"{number} {signal.getsignal(number)}"


def _descriptors() -> list[str]:
    found = []
    for one in list(Path("/proc/self/fd").iterdir()):
        try:
            found.append(str(one.readlink()))
        except OSError:
            continue  # that of the listing itself
    return sorted(INODE.sub("", one) for one in found if not one.startswith("/proc/"))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _tools() -> list[str]:
    if sys.version_info < (3, 12):
        return []
    names = ((tool, sys.monitoring.get_tool(tool)) for tool in range(6))
    return [
        f"{tool} {name} {sys.monitoring.get_events(tool)}"
        for tool, name in names
        if name is not None and not name.startswith(OWN_TOOL)
    ]


def _modules() -> list[str]:
    """The libraries that are loaded. A standard module that somebody loads changes nothing for a cell."""
    loaded = {str(name).partition(".")[0] for name in list(sys.modules)}
    return sorted(loaded - OWN_MODULES - sys.stdlib_module_names)


def _numpy_state() -> str:
    """How far numpy's generator is. What it starts with is another in each process."""
    numpy: Any = sys.modules.get("numpy")
    return str(numpy.random.get_state()[2]) if numpy is not None else ""


def _short(value: object) -> str:
    return hashlib.sha1(repr(value).encode()).hexdigest()


def _called(things: Any) -> list[str]:
    return [getattr(thing, "__qualname__", type(thing).__name__) for thing in things]


PROBES: Mapping[str, Callable[[], Any]] = {
    "version of the warnings filters": _filters_version,
    "warnings.showwarning": lambda: warnings.showwarning.__module__,
    "collector": lambda: (gc.isenabled(), gc.get_threshold(), gc.get_debug()),
    "callbacks of the collector": lambda: (len(gc.callbacks), len(gc.garbage)),
    "signal handlers": lambda: "\n".join(_handlers()),
    "signal mask": lambda: sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "timers": lambda: [signal.getitimer(one) for one in range(3)],
    "hooks of sys": lambda: _called(
        [sys.displayhook, sys.excepthook, sys.unraisablehook, sys.breakpointhook]
    ),
    "tracing": lambda: (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()),
    "monitoring tools": _tools,
    "asynchronous hooks": lambda: (sys.get_asyncgen_hooks(), sys.get_coroutine_origin_tracking_depth()),
    "limits": lambda: (sys.getswitchinterval(), sys.get_int_max_str_digits(), sys.getrecursionlimit()),
    "importers": lambda: (_called(sys.meta_path), _called(sys.path_hooks), sys.dont_write_bytecode),
    "libraries": _modules,
    "threads": lambda: sorted(thread.name for thread in threading.enumerate()),
    "excepthook of threads": lambda: threading.excepthook.__qualname__,
    "streams": lambda: [type(one).__name__ for one in (sys.stdin, sys.stdout, sys.stderr)],
    "context variables": lambda: sorted(var.name for var in contextvars.copy_context()),
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "random state": lambda: _short(random.getstate()),
    "random state of numpy": _numpy_state,
    "cached source lines": lambda: sorted(
        name for name in list(linecache.cache) if not str(name).startswith(OWN)
    ),
    "file descriptors": _descriptors,
    "umask": _umask,
    "fault handler": faulthandler.is_enabled,
    "event loop": lambda: (
        type(asyncio.get_event_loop_policy()).__name__ if sys.version_info < (3, 14) else ""
    ),
    "arguments": lambda: sys.argv,
    "main module": lambda: type(sys.modules.get("__main__")).__name__,
}

"""cellgraph: which notebook results no longer hold, why, and which cells to run again.

In a notebook: ``%load_ext cellgraph``. From Python: ``cellgraph.load()``.
"""

import builtins
import sys
from importlib.machinery import FileFinder, SourceFileLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any

_OWN_BUILTINS = dict(vars(builtins))


class _Loader(SourceFileLoader):
    """Loads cellgraph's modules with a copy of the builtins as they are now.

    After ``builtins.len = lambda v: 42`` in a cell every function of the process that says ``len`` gets that,
    unless its module has other builtins. A function takes them from its module when it is made, so the module
    must have them before its first line runs. Libraries that cellgraph calls see what the cell has put there.
    """

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with these builtins."""
        module.__dict__["__builtins__"] = _OWN_BUILTINS
        for folder in getattr(module, "__path__", ()):
            _load_from(folder)
        super().exec_module(module)


def _load_from(folder: str) -> None:
    """Load modules that lie in this folder so; it is cellgraph's own, and no other finder's."""
    sys.path_importer_cache[folder] = FileFinder(folder, (_Loader, [".py"]))


if isinstance(__spec__.loader, SourceFileLoader):  # in an archive modules stay as they are
    for _folder in __path__:
        _load_from(_folder)

from cellgraph._version import __version__  # noqa: E402 - from here on they are loaded so

if TYPE_CHECKING:
    from cellgraph.extension import (
        NotLoadedError,
        get_tracker,
        load,
        load_ipython_extension,
        register_digest,
        register_setting,
        unload,
        unload_ipython_extension,
    )

__all__ = [
    "NotLoadedError",
    "__version__",
    "get_tracker",
    "load",
    "load_ipython_extension",
    "register_digest",
    "register_setting",
    "unload",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> Any:
    """Load the tracker when it is first asked for: the command line does without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cellgraph.gc_pause import collector_paused

    with collector_paused():  # what is imported stays: there is no garbage in it to look for
        from cellgraph import extension
    for each in __all__:
        if each != "__version__":
            globals()[each] = getattr(extension, each)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

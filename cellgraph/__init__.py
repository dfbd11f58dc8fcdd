"""cellgraph: which notebook results no longer hold, why, and which cells to run again.

In a notebook: ``%load_ext cellgraph``. From Python: ``cellgraph.load()``.
"""

from typing import TYPE_CHECKING, Any

from cellgraph._version import __version__

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
    from cellgraph.digest.digester import collector_paused

    with collector_paused():  # what is imported stays: there is no garbage in it to look for
        from cellgraph import extension
    for each in __all__:
        if each != "__version__":
            globals()[each] = getattr(extension, each)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

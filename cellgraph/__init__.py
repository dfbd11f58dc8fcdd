"""cellgraph: which notebook results no longer hold, why, and which cells to run again.

In a notebook: ``%load_ext cellgraph``. From Python: ``cellgraph.load()``.
"""

from cellgraph._version import __version__
from cellgraph.digest.digester import collector_paused

with collector_paused():  # what is imported stays: there is no garbage in it to look for
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

del collector_paused

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

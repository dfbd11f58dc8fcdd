"""How values are compared: a value is looked at once and its digest is kept, never the value.

In comes any value of the user's, out comes a frozen ``Digest``. Nothing here runs the user's code, imports
a library, computes a lazy value, or fails.

The *engine* are the files of this folder. ``digester`` is the way in and chooses the handler of each
type, ``traversal`` visits a value's parts, ``registry`` knows the handlers. ``protocol`` is what engine
and adapters agree on. *Adapters* are the files of ``adapters``: one a library, mostly tables.
The engine imports no adapter. This file alone does, so that whoever has a ``Digester`` has them all. It
imports both with the first value that is no number and no text: ``scalars`` has the digests of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellgraph.digest.digester import Digester

__all__ = ["Digester"]


def __getattr__(name: str) -> Any:
    if name != "Digester":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cellgraph.digest.adapters import register_adapters
    from cellgraph.digest.digester import Digester

    register_adapters()
    globals()[name] = Digester
    return Digester

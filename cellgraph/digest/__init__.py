"""How values are compared: a value is looked at once and its digest is kept, never the value.

In comes any value of the user's, out comes a frozen ``Digest``. Nothing here runs the user's code, imports
a library, computes a lazy value, or fails.

The *engine* are the files of this folder. ``digester`` is the way in and chooses the handler of each
type, ``traversal`` visits a value's parts, ``registry`` knows the handlers. ``protocol`` is what engine
and adapters agree on. *Adapters* are the files of ``adapters``: one a library, mostly tables.
The engine imports no adapter. This file alone does, so that whoever has a ``Digester`` has them all.
"""

from __future__ import annotations

from cellgraph.digest.adapters import register_adapters
from cellgraph.digest.digester import Digester, DigestResult

__all__ = ["DigestResult", "Digester"]

register_adapters()

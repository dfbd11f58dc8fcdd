"""Importing this module loads what runs notebooks, without a grammar that nothing here asks for.

It is for the process of a command and for workers, which are forked from a server that has imported it.
"""

from __future__ import annotations

import sys
from importlib import import_module

_GRAMMAR = "rfc3987_syntax"
"""jsonschema loads it, where it is installed, to check addresses in other alphabets. That takes 1 to 4 s."""


def _load() -> None:
    hidden = _GRAMMAR not in sys.modules and "jsonschema" not in sys.modules
    if hidden:
        sys.modules[_GRAMMAR] = None  # type: ignore[assignment] # jsonschema does without what is not there
    try:
        import_module("cellgraph.notebooks.verification.run")
        import_module("nbformat.validator")
    finally:
        if hidden:
            del sys.modules[_GRAMMAR]


_load()

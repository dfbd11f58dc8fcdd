"""Loads the client of kernels without a grammar that nothing here asks for."""

from __future__ import annotations

import sys
from importlib import import_module

_GRAMMAR = "rfc3987_syntax"
"""jsonschema loads it where it is installed, to check addresses in other alphabets. To load it takes 1 to 4 s."""


def load_runner() -> None:
    """Import what runs notebooks. For the process of a command, or a worker's, not for one of a user's."""
    if _GRAMMAR in sys.modules or "jsonschema" in sys.modules:
        import_module("cellgraph.notebooks.verification.run")
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment] # jsonschema does without what it cannot import
    try:
        import_module("cellgraph.notebooks.verification.run")
        import_module("nbformat.validator")
    finally:
        del sys.modules[_GRAMMAR]

"""How the types of one library are digested: a module a library or a family of types.

In comes a value and the walk that visits it. Out come the bytes that identify it among values of its type.

An adapter registers handlers for types by their names, and imports no library to do so. A file that is
put into this folder is an adapter: it is listed nowhere else. A handler reads fields through
``class_reflection``, never through properties, and visits what the value holds with ``walk.visit``.

An adapter imports no other one, except those of its own family, which begin with the same word. Two
families are shared by all: ``numpy_arrays``, and the files that begin with ``arrow_``.

Open first: ``charts`` (short, by fields), ``numpy_arrays`` (by buffer), ``pandas_frames`` (with parts).
"""

from __future__ import annotations

import importlib
import pkgutil


def register_adapters() -> None:
    """Import every adapter of this folder, which registers its handlers. The order makes no difference."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")

"""Settings of the process as text: what a cell runs with besides its variables.

It asks only libraries that are loaded, and shares nothing with how cellgraph looks at settings, on purpose.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from tests.restarts.values import plain


def process_state() -> dict[str, str]:
    """The settings of each kind, by the name that findings give them (``setting:NAME``)."""
    found = {
        "os.environ": repr(sorted(os.environ.items())),
        "cwd": _folder(),
        "sys.path": repr(sys.path),
        "warnings.filters": plain(repr(warnings.filters)),
        "logging": plain(repr({name: _logger(name) for name in logging.root.manager.loggerDict})),
        "interpreter": repr(sys.getrecursionlimit()),
    }
    for name, (module, ask) in _OF_LIBRARIES.items():
        loaded: Any = sys.modules.get(module)
        found[name] = plain(repr(ask(loaded))) if loaded is not None else ""
    return found


def _folder() -> str:
    """Where it is, below the notebook's folder, which has another name in each process's server."""
    try:
        return os.getcwd().partition("/notebook")[2]  # noqa: PTH109 - a text is asked for
    except OSError:
        return "removed"


def _logger(name: str) -> str:
    logger = logging.getLogger(name)
    return f"{logger.level} {logger.handlers}"


_OF_LIBRARIES: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "decimal.context": ("decimal", lambda decimal: decimal.getcontext()),
    "pandas": ("pandas", lambda pandas: [pandas.get_option(name) for name in _pandas_options(pandas)]),
    "numpy.errstate": ("numpy", lambda numpy: numpy.geterr()),
    "numpy.printoptions": ("numpy", lambda numpy: numpy.get_printoptions()),
    "matplotlib.rcParams": ("matplotlib", lambda matplotlib: dict(matplotlib.rcParams)),
    "sklearn.config": ("sklearn", lambda sklearn: sklearn.get_config()),
}


def _pandas_options(pandas: Any) -> list[str]:
    """The options that sessions set: to ask for all of them warns of old ones."""
    return [f"display.{name}" for name in ("precision", "max_rows", "max_columns", "width")]

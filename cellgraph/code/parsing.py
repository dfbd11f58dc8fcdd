"""A recorded text as Python: its statements, with and without the lines that only IPython reads."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

_IPYTHON = re.compile(r"^[^\S\n]*[%!?].*$", re.MULTILINE)
"""A line of a magic or of the shell, at the start of a cell's line."""


@lru_cache(maxsize=512)
def body(source: str) -> tuple[ast.stmt, ...]:
    """The statements of a text; none where it is not plain Python."""
    try:
        return tuple(ast.parse(source).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def body_apart_from_magics(source: str) -> tuple[ast.stmt, ...]:
    """The same with magics and shell lines left empty, so that all else stays in its line."""
    return body(_IPYTHON.sub("", source))

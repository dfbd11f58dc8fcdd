"""A text as Python: its syntax tree, its statements, its code, and the line that tells it from others.

Every text that is parsed for analysis goes through ``parsed``. A text that is no Python has no tree,
and that is an answer: nothing here raises.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from types import CodeType

_IPYTHON = re.compile(r"^[^\S\n]*[%!?].*$", re.MULTILINE)
"""A line of a magic or of the shell, at the start of a cell's line."""
_FAILURES = (SyntaxError, ValueError, TypeError, RecursionError, MemoryError)
"""What Python's parser and compiler raise for a text or a tree that they cannot take."""


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a text; None where it is not plain Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the user's compiler tells about the user's code, once
            return ast.parse(text)
    except _FAILURES:
        return None


def compiled(tree: ast.Module) -> CodeType | None:
    """The code of a cell's tree, which may ``await`` at its top level; None where it does not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code: CodeType = compile(tree, "<cell>", "exec", flags, dont_inherit=True)
            return code
    except _FAILURES:
        return None


@lru_cache(maxsize=512)
def body(source: str) -> tuple[ast.stmt, ...]:
    """The statements of a text; none where it is not plain Python."""
    tree = parsed(source)
    return tuple(tree.body) if tree is not None else ()


def body_apart_from_magics(source: str) -> tuple[ast.stmt, ...]:
    """The same with magics and shell lines left empty, so that all else stays in its line.

    A text that is plain Python is taken as it is: in one, a line may well begin with ``%``.
    """
    return body(source) or body(_IPYTHON.sub("", source))


def first_line(source: str) -> str:
    """The line that tells a reader which cell this is, without the space around it.

    The first line that is neither empty nor a comment, else the first comment, else nothing.
    """
    lines = [line for line in map(str.strip, source.splitlines()) if line]
    code = (line for line in lines if not line.startswith("#"))
    return next(code, next(iter(lines), ""))

"""The options of a verification, and the parameters of a command line as Python text."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal

from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.verification.scratch import LARGEST
from cellgraph.notebooks.verification.text import Tolerance

Parameters = tuple[tuple[str, str], ...]
"""Names, each with its value as Python text."""


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to verify. Times are in seconds, sizes in bytes, None for no limit.

    ``twice``: when a second fresh run is made. ``in_place``: run in the notebook's own folder instead of a
    copy. ``ledger`` is a record of how the saved outputs were made, where it is not beside the notebook.
    ``update`` writes fresh outputs of cells that differ into the file: None for no cell, empty for all.
    """

    kernel: str | None = None
    timeout: int | None = None
    total: float | None = None
    memory: int | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    twice: Literal["auto", "always", "never"] = "auto"
    in_place: bool = False
    allow_errors: bool = False
    parameters: Parameters = ()
    ledger: str = ""
    largest: int = LARGEST
    update: tuple[int, ...] | None = None

    def fingerprint(self, data: bytes) -> str:
        """Identifies the bytes of a notebook and the options, to know a verdict again."""
        key = repr(replace(self, update=None))
        return hashlib.sha256(data + key.encode()).hexdigest()[:24]


_WORDS = {"true": "True", "false": "False", "null": "None", "none": "None"}


def literal(text: str) -> str:
    """The value of ``-p NAME VALUE`` as Python text: a number, a list and so on as it is, else a string."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return repr(text)
    return text


def parameters(pairs: list[list[str]]) -> Parameters:
    """The parameters of a command line. Raises CannotRunError for a name that Python could not bind."""
    for name, _ in pairs:
        if not name.isidentifier():
            raise CannotRunError(f"-p: {name!r} is no name of a variable")
    return tuple((name, literal(value)) for name, value in pairs)

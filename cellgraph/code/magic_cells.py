"""Cells that only talk to cellgraph."""

from __future__ import annotations

import re

_OWN = re.compile(r"\s*(?:%(?:cellgraph\b|(?:un|re)?load_ext\s+cellgraph\b).*|#.*)?\s*")


def is_own(text: str) -> bool:
    """Whether a cell does nothing but talk to cellgraph: such a cell is no part of the notebook."""
    return bool(text.strip()) and all(_OWN.fullmatch(line) for line in text.splitlines()) and "%" in text

"""What each code means, in the words of its tooltip."""

from __future__ import annotations

from cellgraph.analyse.findings import CODES as MEANINGS

__all__ = ["MEANINGS", "meaning"]


def meaning(code: str) -> str:
    """What ``code`` means, empty for a code that is not known here."""
    return MEANINGS.get(code, "")

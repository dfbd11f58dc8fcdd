"""What the tests of digests share: looks with time to spare, and values made as a cell makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cellgraph.digest import Digester
from cellgraph.digest.scalars import DigestResult
from cellgraph.model import Digest

AMPLE = 60.0
NONE = 0.0


def look(value: object, budget_s: float = AMPLE) -> DigestResult:
    """One look in a hook of its own."""
    return Digester(budget_s).look(value)


def digest(value: object, budget_s: float = AMPLE) -> Digest:
    """The digest that one look gives."""
    return look(value, budget_s).digest


def cell(source: str, **names: Any) -> dict[str, Any]:
    """The namespace after running ``source`` as a notebook does, in ``__main__``."""
    namespace: dict[str, Any] = {"__name__": "__main__", **names}
    exec(source, namespace)
    return namespace


@dataclass(frozen=True)
class Case:
    """A maker of a value, which must give equal values, and makers of values that differ from it."""

    name: str
    make: Callable[[], object]
    others: tuple[Callable[[], object], ...] = ()
    quality: str = "exact"

    def __str__(self) -> str:
        return self.name

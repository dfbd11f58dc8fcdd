"""A value in short, so that two processes can compare what they made: digest, type, numbers and texts.

No code of the user's runs: containers, arrays and attributes are read through exact types and instance
dictionaries.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cellgraph.digest import Digester

_MOST = 200_000
"""Numbers that a portrait holds at most."""
_DEEPEST = 12
_SECONDS = 20.0

How = Literal["digest", "tolerance", "metric", "differs", "chance"]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A value in short. ``complete``: ``numbers`` and ``texts`` are all there is to the value."""

    digest: str
    quality: str
    type: str
    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    complete: bool = True

    def as_json(self) -> list[Any]:
        """The fields as a list."""
        return [self.digest, self.quality, self.type, list(self.numbers), list(self.texts), self.complete]

    @classmethod
    def from_json(cls, held: Sequence[Any]) -> Portrait:
        """What ``as_json`` gave."""
        digest, quality, kind, numbers, texts, complete = held
        return cls(digest, quality, kind, tuple(map(float, numbers)), tuple(texts), complete)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How two values compare. ``how`` is the test that they pass: ``digest``, ``tolerance`` or ``metric``.

    ``differs`` is said if they pass none, ``chance`` if the notebook does not repeat the value itself.
    """

    name: str
    how: How
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the values count as equal."""
        return self.how != "differs"


def portrait(value: object) -> Portrait:
    """The portrait of a value."""
    digest = Digester(_SECONDS).look(value).digest
    leaves = _Leaves()
    leaves.visit(value, 0)
    return Portrait(
        digest.value,
        digest.quality,
        digest.type,
        tuple(leaves.numbers),
        tuple(leaves.texts),
        leaves.complete,
    )


def compared(name: str, one: Portrait, other: Portrait, rtol: float = 1e-6) -> Verdict:
    """How a value of the notebook (``one``) and of the module compare."""
    if one.digest == other.digest and one.quality == other.quality != "opaque":
        return Verdict(name, "digest")
    if one.type != other.type:
        return Verdict(name, "differs", f"{one.type} in the notebook, {other.type} in the module")
    if one.texts != other.texts or len(one.numbers) != len(other.numbers):
        return Verdict(name, "differs", f"another content of the same type ({one.type})")
    if not (one.numbers or one.texts):
        return Verdict(name, "differs", f"a {one.type} cannot be compared")
    worst = max(map(_distance, one.numbers, other.numbers), default=0.0)
    if worst <= rtol:
        return Verdict(
            name, "tolerance", f"relative difference {worst:.1g}" if worst else "equal part by part"
        )
    return Verdict(name, "differs", f"relative difference {worst:.2g}")


def alike(name: str, one: Portrait, other: Portrait, rtol: float = 0.1) -> Verdict:
    """The comparison of values that the notebook itself does not repeat: of one kind, and alike in size."""
    if one.type != other.type:
        return Verdict(name, "differs", f"{one.type} in the notebook, {other.type} in the module")
    if len(one.numbers) == len(other.numbers) and one.numbers:
        mean, mean_other = (math.fsum(p.numbers) / len(p.numbers) for p in (one, other))
        if _distance(mean, mean_other) <= rtol:
            return Verdict(name, "metric", "the notebook does not repeat it; its mean is alike")
    return Verdict(name, "chance", "the notebook does not repeat it from run to run")


def _distance(one: float, other: float) -> float:
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    if not (math.isfinite(one) and math.isfinite(other)):
        return math.inf
    return abs(one - other) / max(abs(one), abs(other), 1e-12)


class _Leaves:
    """Gathers the numbers and texts that a value consists of."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.texts: list[str] = []
        self.complete = True
        self._seen: dict[int, object] = {}

    def visit(self, value: object, depth: int) -> None:
        kind = type(value)
        if len(self.numbers) + len(self.texts) > _MOST or depth > _DEEPEST:
            self.complete = False
        elif kind in (int, float, bool):
            self._number(value)
        elif kind is str:
            self.texts.append(str(value))
        elif kind is complex:
            self.numbers += [value.real, value.imag]  # type: ignore[attr-defined]
        elif value is not None and id(value) not in self._seen:
            self._seen[id(value)] = value
            for part in self._parts(value):
                self.visit(part, depth + 1)

    def _number(self, value: Any) -> None:
        try:
            self.numbers.append(float(value))
        except OverflowError:
            self.texts.append(str(value))

    def _parts(self, value: Any) -> Iterator[object]:
        kind = type(value)
        if kind in (list, tuple):
            yield from value
        elif kind is dict:
            for key, held in value.items():
                yield key
                yield held
        elif kind in (set, frozenset):
            yield from sorted(value, key=repr) if all(type(v) in (int, float, str) for v in value) else ()
        else:
            yield from self._of_library(value, kind)

    def _of_library(self, value: Any, kind: type) -> Iterator[object]:  # noqa: C901, PLR0912 - one case a type
        numpy, pandas, torch, polars = (
            sys.modules.get(name) for name in ("numpy", "pandas", "torch", "polars")
        )
        if numpy is not None and isinstance(value, numpy.generic) and kind.__module__ == "numpy":
            yield value.item()
        elif numpy is not None and kind is numpy.ndarray:
            yield from value.ravel().tolist() if value.dtype.kind in "biufcOUS" else map(str, value.ravel())
        elif pandas is not None and kind is getattr(pandas, "DataFrame", None):
            yield [str(label) for label in value.columns]
            for place in range(value.shape[1]):
                yield list(value.iloc[:, place])
        elif pandas is not None and kind is getattr(pandas, "Series", None):
            yield list(value)
        elif polars is not None and kind is getattr(polars, "DataFrame", None):
            yield value.to_dict(as_series=False)
        elif torch is not None and kind is getattr(torch, "Tensor", None):
            yield value.detach().cpu().double().ravel().tolist()
        else:
            held = getattr(value, "__dict__", None)
            if type(held) is dict:
                yield from (held[key] for key in sorted(held, key=str))
            else:
                self.complete = False

"""Cells that Restart & Run All ends with an error, for certain: what they make before and what not."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from cellgraph.capture.names import is_result
from cellgraph.capture.steps import Block, Step, every_step, steps
from cellgraph.model import Run, Write


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a run would fail: at its read number ``place``, in the statement with this ``index``."""

    place: int
    block: Block
    index: int

    def reached(self, write: Write) -> bool | None:
        """Whether the run would still come to a write; None where that is not known."""
        if is_result(write.name.partition("[")[0]):
            return False  # shown at the very end
        if write.after is not None:
            return write.after <= self.place
        places = [place for place, step in enumerate(self.block) if _may_change(step, write.name)]
        if not places or min(places) <= self.index <= max(places):
            return None  # through an alias, or on both sides
        return max(places) < self.index


def failure(run: Run, place: int) -> Failure | None:
    """How a run ends for which there is nothing to read at its read number ``place``.

    None where the error may be caught, or the name may not be looked up in the cell's own text.
    """
    name = run.reads[place].name
    if hasattr(builtins, name) or run.conservative:
        return None
    block = _block(run.source)
    found = [index for index, step in enumerate(block) if name in _loads((step,))]
    if not found or any(name in _loads(step.branches[0]) for step in every_step(block) if step.kind == "try"):
        return None
    return Failure(place, block, found[0])


def _loads(block: Block) -> Collection[str]:
    return frozenset().union(*(step.loads for step in every_step(block)))


def _may_change(step: Step, name: str) -> bool:
    return any(
        name in one.touches | one.binds | one.deletes | one.evidence | one.shares
        for one in every_step((step,))
    )


@lru_cache(maxsize=64)
def _block(source: str) -> Block:
    """The steps of a cell; none where its text is not plain Python."""
    try:
        return steps(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return ()

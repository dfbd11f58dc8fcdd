"""Cells that Restart & Run All ends with an error, for certain: what they make before and what not."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cellgraph.analyse.alike import PLAIN
from cellgraph.capture.names import is_result
from cellgraph.capture.steps import Block, Step, every_step, steps
from cellgraph.model import Read, Run, Write


_SCALAR = frozenset("int float bool str bytes complex NoneType".split())


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a run would fail: at its read number ``place``, in the statement with this ``index``."""

    run: Run
    place: int
    block: Block
    index: int

    def reached(self, write: Write) -> bool | None:
        """Whether the run would still make all of a write (False: nothing of it); None: not known."""
        if is_result(write.name.partition("[")[0]):
            return False  # shown at the very end
        if write.after is not None and write.after > self.place:
            return False
        above = write.after is not None or self._may_be_in(self.block[: self.index], write.name)
        scalar = write.digest is not None and write.digest.type in _SCALAR
        below = self._may_be_in(self.block[self.index :], write.name)
        if above and not below and (scalar or self._plain(self.run.reads[self.place :])):
            return True
        if below and not above and self._plain(self.run.reads[: self.place]):
            return False
        return None

    def _may_be_in(self, block: Block, name: str) -> bool:
        return any(_may_change(step, name) for step in every_step(block))

    @staticmethod
    def _plain(reads: Sequence[Read]) -> bool:
        """Whether no function or object was used that may change things behind the cell's text."""
        return all(read.digest is None or read.digest.type in PLAIN for read in reads)


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
    return Failure(run, place, block, found[0])


def _loads(block: Block) -> Collection[str]:
    return frozenset().union(*(step.loads for step in every_step(block)))


def _may_change(step: Step, name: str) -> bool:
    changed = (step.touches, step.binds, step.deletes, step.evidence, step.shares, step.deferred)
    return any(name in names for names in changed)


@lru_cache(maxsize=64)
def _block(source: str) -> Block:
    """The steps of a cell; none where its text is not plain Python."""
    try:
        return steps(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return ()

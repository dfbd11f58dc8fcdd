"""Which reads flow into which writes, statement by statement.

In a cell that read a doubtful ``x``, ``y = x + 1`` is doubtful and ``k = 3`` is not. The analysis
errs on the side of too much: a branch counts as taken and not taken, a loop body runs twice, and
what a called function reads may reach everything that a calling statement makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cellgraph.capture.steps import Block, Step, every_step

RESULT = "<result>"
"""Stands for the value that the cell displays."""

Origins = frozenset[str]
_NONE: Origins = frozenset()


def flows(block: Block, deferred: Iterable[str], changeable: Callable[[str], bool]) -> Mapping[str, Origins]:
    """For each name that the cell binds or changes, the outside names that flow into it.

    ``deferred`` are the names that functions read while the cell ran; ``changeable`` tells of a
    name whether its value is one that can have been changed in place.
    """
    walker = _Walker(frozenset(deferred), changeable)
    after = walker.block(block, {}, _NONE)
    if block and block[-1].expression:
        after[RESULT] = walker.origins_of(block[-1], after)
    return after


class _Walker:
    def __init__(self, deferred: Origins, changeable: Callable[[str], bool]) -> None:
        self._deferred = deferred
        self._changeable = changeable

    def block(self, block: Block, known: Mapping[str, Origins], control: Origins) -> dict[str, Origins]:
        state = dict(known)
        for step in block:
            state = self._step(step, state, control)
        return state

    def origins_of(self, step: Step, state: Mapping[str, Origins]) -> Origins:
        names = step.loads | self._deferred if step.calls else step.loads
        return _NONE.union(*(state.get(name, frozenset({name})) for name in names))

    def _step(self, step: Step, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        origins = self.origins_of(step, state) | control
        for name in step.binds | step.deletes:
            state[name] = origins
        for name in step.touches | self._deferred if step.calls else step.touches:
            if name in step.evidence or self._changeable(name):
                state[name] = state.get(name, frozenset({name})) | origins
        if step.branches:
            return self._branches(step, state, origins)
        return state

    def _branches(self, step: Step, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        if step.kind == "try":
            # What the body loads decides whether a handler runs.
            loads = _NONE.union(*(inner.loads for inner in every_step(step.branches[0])))
            control = control.union(*(state.get(name, frozenset({name})) for name in loads))
            body = self.block(step.branches[0], state, _NONE)
            ends = [
                body,
                *(self.block(branch, _merge([state, body]), control) for branch in step.branches[1:]),
            ]
            return _merge(ends)
        ends = [self.block(branch, state, control) for branch in step.branches]
        if step.kind == "loop":
            again = _merge([state, *ends])
            ends += [state, self.block(step.branches[0], again, control | self.origins_of(step, again))]
        return _merge([state, *ends] if len(step.branches) == 1 else ends)


def _merge(states: list[dict[str, Origins]]) -> dict[str, Origins]:
    merged: dict[str, Origins] = {}
    for name in {name for state in states for name in state}:
        # A path that leaves the name alone leaves what it was before: itself, from outside.
        merged[name] = _NONE.union(*(state.get(name, frozenset({name})) for state in states))
    return merged

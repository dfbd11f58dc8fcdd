"""Which reads flow into which writes, statement by statement.

In a cell that read a doubtful ``x``, ``y = x + 1`` is doubtful and ``k = 3`` is not. The analysis
errs on the side of too much: a branch counts as taken and not taken, a loop body runs twice, and
what a called function reads may reach everything that the calling statement makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cellgraph.code.statements import Block, Statement, every_step
from cellgraph.names import PENDING_RESULT

Origins = frozenset[str]
Reaches = Callable[[str], tuple[Iterable[str], Iterable[str]]]
"""For a name the globals that calling its value may load, and those that it may bind."""
_NONE: Origins = frozenset()


def flows(
    block: Block,
    deferred: Iterable[str],
    changeable: Callable[[str], bool],
    reaches: Reaches | None = None,
) -> Mapping[str, Origins]:
    """For each name that the cell binds or changes, the outside names that flow into it.

    ``deferred`` are the names that functions read while the cell ran; ``changeable`` tells of a
    name whether its value is one that can have been changed in place.
    """
    walker = _FlowWalker(_Calls(block, frozenset(deferred), reaches or _nowhere), changeable)
    after = walker.block(block, {}, _NONE)
    if block and block[-1].expression:
        after[PENDING_RESULT] = walker.origins_of(block[-1], after)
    return after


def _nowhere(name: str) -> tuple[Iterable[str], Iterable[str]]:
    return (), ()


class _Calls:
    """Which of the names that functions loaded, or bound, a statement that calls may be behind."""

    def __init__(self, block: Block, deferred: Origins, reaches: Reaches) -> None:
        # Where no function has looked at anything there is nothing to tell apart: that is not cheap.
        self._reaches = reaches if deferred else _nowhere
        self._known: dict[str, tuple[Origins, Origins]] = {}
        self._made = _made_here(block)
        self._deferred = deferred
        called = [self._reached(step) for step in every_step(block) if step.calls]
        # What no call explains (a callback kept in a library, say) may be behind any of them.
        self._unexplained = deferred.difference(*(loads for loads, _ in called))

    def loads(self, step: Statement) -> Origins:
        """Names that functions load while the statement runs."""
        if not (step.calls and self._deferred):
            return _NONE
        return (self._reached(step)[0] & self._deferred) | self._unexplained

    def binds(self, step: Statement) -> Origins:
        """Names that functions may bind while the statement runs."""
        return self._reached(step)[1] if step.calls else _NONE

    def _reached(self, step: Statement) -> tuple[Origins, Origins]:
        found = [self._of(name) for name in step.loads]
        loads = step.closure_loads.union(*(loads for loads, _ in found))
        return loads.union(*(self._of(name)[0] for name in step.closure_loads)), step.closure_binds.union(
            *(binds for _, binds in found), *(self._of(name)[1] for name in step.closure_loads)
        )

    def _of(self, name: str) -> tuple[Origins, Origins]:
        """What calling the value of a name leads to: functions of this cell, and of others."""
        if name not in self._known:
            loads, binds = map(set, self._reaches(name))
            waiting, seen = [name], {name}
            while waiting:
                current = waiting.pop()
                for inner, shared, via in self._made.get(current, ()):
                    loads |= inner
                    binds |= shared
                    new = (inner | via) - seen
                    seen |= new
                    waiting += new
            self._known[name] = (frozenset(loads), frozenset(binds))
        return self._known[name]


def _made_here(block: Block) -> Mapping[str, list[tuple[Origins, Origins, Origins]]]:
    """For each name bound or changed here: what functions put in it load and bind, and by what names."""
    made: dict[str, list[tuple[Origins, Origins, Origins]]] = {}
    for step in every_step(block):
        for name in step.binds | step.evidence:
            made.setdefault(name, []).append((step.closure_loads, step.closure_binds, step.loads - {name}))
    return made


class _FlowWalker:
    def __init__(self, calls: _Calls, changeable: Callable[[str], bool]) -> None:
        self._calls = calls
        self._changeable = changeable

    def block(self, block: Block, known: Mapping[str, Origins], control: Origins) -> dict[str, Origins]:
        state = dict(known)
        for step in block:
            state = self._step(step, state, control)
        return state

    def origins_of(self, step: Statement, state: Mapping[str, Origins]) -> Origins:
        return _origins(step.loads | self._calls.loads(step), state)

    def _step(self, step: Statement, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        origins = self.origins_of(step, state) | control
        for name in self._calls.binds(step):
            state[name] = state.get(name, frozenset({name})) | origins
        for name in step.binds | step.deletes:
            state[name] = origins
        for name in step.may_mutate | self._calls.loads(step):
            if name in step.evidence or self._changeable(name):
                state[name] = state.get(name, frozenset({name})) | origins
        if step.kind == "try":
            return self._try(step, state, control)
        if step.kind == "loop":
            return self._loop(step, state, origins)
        if step.kind == "match":
            return self._match(step, state, origins)
        return self._branches(step, state, origins) if step.branches else state

    def _branches(self, step: Statement, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        return _merge([self.block(branch, state, control) for branch in step.branches])

    def _match(self, step: Statement, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        ends = []
        for branch in step.branches:
            if branch:  # whether it is this case or a later one is for its pattern and its guard to say
                control |= self.origins_of(branch[0], state)
            ends.append(self.block(branch, state, control))
        return _merge(ends)

    def _try(self, step: Statement, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        body = self.block(step.branches[0], state, control)
        if len(step.branches) == 1:
            return body
        # What the body loads decides how far it comes, and whether a handler runs.
        tried = tuple(every_step(step.branches[0]))
        heads = tuple(branch[0] for branch in step.branches[1:] if branch)
        control = control.union(*(self.origins_of(inner, state) for inner in (*tried, *heads)))
        for name in {name for inner in tried for name in inner.binds}:
            body[name] |= control
        start = _merge([state, body])
        return _merge([body, *(self.block(branch, start, control) for branch in step.branches[1:])])

    def _loop(self, step: Statement, state: dict[str, Origins], control: Origins) -> dict[str, Origins]:
        body, otherwise = step.branches
        once = _merge([state, self.block(body, state, control)])
        control |= self.origins_of(step, once) | _origins(step.exit_names, once)
        twice = _merge([once, self.block(body, once, control)])
        return _merge([twice, self.block(otherwise, twice, control)])


def _origins(names: Iterable[str], state: Mapping[str, Origins]) -> Origins:
    return _NONE.union(*(state.get(name, frozenset({name})) for name in names))


def _merge(states: list[dict[str, Origins]]) -> dict[str, Origins]:
    merged: dict[str, Origins] = {}
    for name in {name for state in states for name in state}:
        # A path that leaves the name alone leaves what it was before: itself, from outside.
        merged[name] = _NONE.union(*(state.get(name, frozenset({name})) for state in states))
    return merged

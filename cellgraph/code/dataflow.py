"""Which reads flow into which writes, statement by statement.

In a cell that read a stale ``x``, ``y = x + 1`` is stale and ``k = 3`` is not. The analysis
over-approximates: a branch counts as taken and as not taken, a loop body is walked twice, and whatever a
called function reads may reach everything that the calling statement makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from cellgraph.code.statements import Block, Statement, every_step
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import covers
from cellgraph.names import PENDING_RESULT

Origins = frozenset[str]
Reaches = Callable[[str], tuple[Iterable[str], Iterable[str]]]
"""For a name the globals that calling its value may load, and those that it may bind."""
_NONE: Origins = frozenset()


class Seen(NamedTuple):
    """At which positions of the cell's text functions loaded a name, as (line, column).

    ``remembers`` tells whether calling the name's value may return the result of an earlier call.
    """

    places: Mapping[str, Collection[tuple[int, int] | None]]
    remembers: Callable[[str], bool]

    def during(self, name: str, start: tuple[int, int], end: tuple[int, int]) -> bool:
        """Whether a function may have loaded the name during a part of the text."""
        places = self.places.get(name, (None,))
        return any(place is None or start <= place < end for place in places)


class Flow(NamedTuple):
    """What flows into a value: into single parts of it, by their paths, and into the rest."""

    rest: Origins
    parts: Mapping[str, Origins] = {}

    @property
    def whole(self) -> Origins:
        """Everything that flows into the value."""
        return self.rest.union(*self.parts.values())

    def at(self, path: str) -> Origins:
        """What flows into the part at ``path``."""
        if not self.parts or not path:
            return self.whole
        around = max((part for part in self.parts if covers(part, path)), key=len, default=None)
        inside = (origins for part, origins in self.parts.items() if covers(path, part))
        return (self.rest if around is None else self.parts[around]).union(*inside)

    def stored(self, path: str, origins: Origins) -> Flow:
        """The flow after another value was stored at ``path``."""
        kept = {part: known for part, known in self.parts.items() if not covers(path, part)}
        return Flow(self.rest, {**kept, path: origins})

    def joined(self, path: str, origins: Origins) -> Flow:
        """The flow after more has gone into the part at ``path``. Empty: the part is not known."""
        if not path:
            return Flow(self.rest | origins, {part: known | origins for part, known in self.parts.items()})
        if path not in self.parts:
            return Flow(self.rest, {**self.parts, path: self.at(path) | origins})
        return Flow(
            self.rest, {p: known | origins if covers(path, p) else known for p, known in self.parts.items()}
        )


State = dict[str, Flow]


def _whole(name: str, path: str) -> str:
    return ""


def _never(step: Statement, name: str) -> bool:
    return False


def _nowhere(name: str) -> tuple[Iterable[str], Iterable[str]]:
    return (), ()


class Values(NamedTuple):
    """What is known of the values that names hold after the cell.

    ``changeable`` tells of a name, and of a part of its value, whether the cell can have changed it in place.
    ``resolve`` translates an access path of the code into the path of a part of the value; an empty path
    stands for the whole value. ``aliases`` are, for each name, the other names that share an object with it,
    and whether they hold the very same one: a change through one of them reaches all. ``leaves`` tells
    whether a statement that calls something is known to leave a name's value as it is.
    """

    changeable: Callable[[str, str], bool]
    resolve: Callable[[str, str], str] = _whole
    aliases: Mapping[str, Mapping[str, bool]] = {}
    leaves: Callable[[Statement, str], bool] = _never


class Functions(NamedTuple):
    """What is known of the functions that the cell called.

    ``reaches`` gives what calling a name's value may load and bind. ``seen`` tells, where that is known,
    during which statement functions loaded which name. ``bound`` are names that the cell has bound, and no
    statement of its text.
    """

    reaches: Reaches = _nowhere
    seen: Seen | None = None
    bound: Origins = _NONE


def flows(
    block: Block,
    deferred: Iterable[str],
    changeable: Callable[[str], bool],
    reaches: Reaches = _nowhere,
) -> Mapping[str, Origins]:
    """For each name that the cell binds or changes, the outside names that flow into it.

    ``deferred`` are the names that functions read while the cell ran; ``changeable`` tells of a
    name whether its value is one that can have been changed in place.
    """
    values = Values(lambda name, _: changeable(name))
    found = part_flows(block, deferred, values, Functions(reaches))
    return {name: value.whole for name, value in found.items()}


def part_flows(
    block: Block, deferred: Iterable[str], values: Values, functions: Functions
) -> Mapping[str, Flow]:
    """The same as ``flows``, separately for the parts of a name's value that the cell sets."""
    if len(block) == 1 and not (deferred or functions.bound) and _only_binds(block[0]):
        return {name: Flow(block[0].loads) for name in block[0].binds}
    return _walked(block, deferred, values, functions)


def _walked(
    block: Block, deferred: Iterable[str], values: Values, functions: Functions
) -> Mapping[str, Flow]:
    calls = _Calls(block, frozenset(deferred), functions)
    walker = _FlowWalker(calls, values)
    after: State = {}
    for place, step in enumerate(block):
        calls.enter(step, block[place + 1] if place + 1 < len(block) else None)
        after = walker.block((step,), after, _NONE)
    for name in calls.unexplained_binds:
        after.pop(name, None)
    if block and block[-1].expression:
        after[PENDING_RESULT] = Flow(walker.origins_of(block[-1], after))
    return after


def _only_binds(step: Statement) -> bool:
    """Whether a statement does nothing but bind names to what it computes from others, without a call."""
    more = step.calls or step.branches or step.apart or step.may_mutate or step.evidence or step.deletes
    return step.kind == "simple" and not (more or step.expression)


class _Calls:
    """Attributes names used inside functions to the statement that calls them."""

    def __init__(self, block: Block, deferred: Origins, functions: Functions) -> None:
        # Where no function has loaded or bound anything there is nothing to tell apart: that is not cheap.
        self._reaches = functions.reaches if deferred or functions.bound else _nowhere
        self._known: dict[str, tuple[Origins, Origins]] = {}
        self._made = _made_here(block)
        self._deferred = deferred
        ran = every_step(block) if deferred or functions.bound else ()
        called = [self._reached(step) for step in ran if _may_run_functions(step)]
        # What no call explains (a callback kept in a library, say) may be behind any of them.
        self._unexplained = self._never_explained = deferred.difference(*(loads for loads, _ in called))
        self.unexplained_binds = functions.bound.difference(*(binds for _, binds in called))
        """Names that were bound by no function that is known: by ``exec``, or by a magic."""
        self._seen = functions.seen
        self._within = deferred

    def enter(self, step: Statement, following: Statement | None) -> None:
        """Start with another statement at the top level of the cell."""
        if self._seen is None or not self._deferred:
            return
        start, end = step.start, following.start if following is not None else (sys.maxsize, 0)
        named = frozenset[str]().union(*(one.loads | one.closure_loads for one in every_step((step,))))
        if start == end or any(map(self._seen.remembers, named)):
            self._within = self._deferred
        else:
            self._within = frozenset(name for name in self._deferred if self._seen.during(name, start, end))
        called = (self._reached(one)[0] for one in every_step((step,)) if _may_run_functions(one))
        self._unexplained = self._never_explained | self._within.difference(*called)

    def loads(self, step: Statement) -> Origins:
        """Names that functions load while the statement runs."""
        if not (self._deferred and _may_run_functions(step)):
            return _NONE
        return ((self._reached(step)[0] & self._deferred) | self._unexplained) & self._within

    def binds(self, step: Statement) -> Origins:
        """Names that functions may bind while the statement runs."""
        return self._reached(step)[1] | self.unexplained_binds if step.calls else _NONE

    def _reached(self, step: Statement) -> tuple[Origins, Origins]:
        stored_into = {step.target} if step.path else step.evidence
        # No operator calls a function that is made in the same statement.
        loads, binds = (step.closure_loads, step.closure_binds) if step.calls else (_NONE, _NONE)
        found = [self._of(name) for name in step.loads | stored_into | loads]
        return loads.union(*(inner for inner, _ in found)), binds.union(*(inner for _, inner in found))

    def _of(self, name: str) -> tuple[Origins, Origins]:
        """What calling the value of a name may load and bind, in functions of this cell and of others."""
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


def _may_run_functions(step: Statement) -> bool:
    """Whether functions may run in a statement: by a call, or an operator, attribute or item of an object."""
    return step.calls or bool(step.evidence or step.path) or any(map(str.isidentifier, step.loads))


def _made_here(block: Block) -> Mapping[str, list[tuple[Origins, Origins, Origins]]]:
    """For each name bound or changed in this cell: the names that functions stored in it load and bind."""
    made: dict[str, list[tuple[Origins, Origins, Origins]]] = {}
    for step in every_step(block):
        for name in step.binds | step.evidence:
            made.setdefault(name, []).append((step.closure_loads, step.closure_binds, step.loads - {name}))
    return made


def stores(block: Block) -> Iterator[tuple[str, str]]:
    """For each name the parts that assignments of the block store into."""
    for step in every_step(block):
        yield from ((part.target, part.path) for part in step.apart if part.path)


class _FlowWalker:
    def __init__(self, calls: _Calls, values: Values) -> None:
        self._calls = calls
        self._changeable = values.changeable
        self._resolve = values.resolve
        self._aliases = values.aliases
        self._leaves = values.leaves
        self._top = Statement(0)
        """The statement that is walked."""

    def block(self, block: Block, known: Mapping[str, Flow], control: Origins) -> State:
        state = dict(known)
        for step in block:
            state = self._step(step, state, control)
        return state

    def origins_of(self, step: Statement, state: Mapping[str, Flow]) -> Origins:
        """The outside names that flow into everything that a statement makes."""
        taken = step.taken if self._tells_apart(step, state) else ()
        parts = {name for name, _ in taken}
        found = [_flow(name, state).at(self._resolve(name, path) if path else "") for name, path in taken]
        names = (step.loads - parts) | self._calls.loads(step)
        return _NONE.union(*found, *(_flow(name, state).whole for name in names))

    def _tells_apart(self, step: Statement, state: Mapping[str, Flow]) -> bool:
        return any(name in state and state[name].parts for name in step.loads)

    def _step(self, step: Statement, state: State, control: Origins) -> State:
        origins = self.origins_of(step, state) | control
        for name in self._calls.binds(step):
            state[name] = _flow(name, state).joined("", origins)
        self._top = step
        if step.apart:
            self._assign(step, state, control)
        else:
            for name in step.binds | step.deletes:
                state[name] = Flow(origins)
            self._may_mutate(step, state, origins)
        if step.kind == "try":
            return self._try(step, state, control)
        if step.kind == "loop":
            return self._loop(step, state, origins)
        if step.kind == "match":
            return self._match(step, state, origins)
        return self._branches(step, state, origins) if step.branches else state

    def _may_mutate(self, step: Statement, state: State, origins: Origins) -> None:
        for name in step.evidence:
            self._change(name, "", origins, state)
        for name in (step.may_mutate | self._calls.loads(step)) - step.evidence:
            for path in self._reached_parts(step, name):
                if self._can_change(name, path):
                    self._change(name, path, origins, state)

    def _can_change(self, name: str, path: str) -> bool:
        """Whether the calls in the statement may have changed a part of a name's value in place."""
        return self._changeable(name, path) and not self._leaves(self._top, name)

    def _change(self, name: str, path: str, origins: Origins, state: State) -> None:
        """More goes into a part of a name's value, and into the values that share an object with it."""
        state[name] = _flow(name, state).joined(path, origins)
        for other, is_same in self._aliases.get(name, {}).items():
            state[other] = _flow(other, state).joined(path if is_same else "", origins)

    def _reached_parts(self, step: Statement, name: str) -> Iterable[str]:
        """The parts of a name's value that a calling statement may change. Empty: any part."""
        parts = {self._resolve(name, path) if path else "" for taken, path in step.taken if taken == name}
        if "" in parts or not parts or name in self._calls.loads(step):
            return ("",)
        return parts

    def _assign(self, step: Statement, state: State, control: Origins) -> None:
        own = frozenset[str]().union(*(part.loads for part in step.apart))
        targets = {part.target for part in step.apart}
        more = _NONE.union(*(_flow(name, state).whole for name in step.loads - own - targets)) | control
        made = [self.origins_of(part, state) | more for part in step.apart]
        for part, origins in zip(step.apart, made, strict=True):
            self._may_mutate(part, state, origins)
            self._notify(part, state)
        for name in step.binds - targets:
            state[name] = Flow(_NONE.union(*made))
        for name in step.may_mutate - own - targets:
            if self._can_change(name, ""):
                self._change(name, "", _NONE.union(*made), state)
        for part, origins in zip(step.apart, made, strict=True):
            if not part.path:
                state[part.target] = Flow(origins)
            else:
                self._store(part.target, self._resolve(part.target, part.path), origins, state)

    def _notify(self, part: Statement, state: State) -> None:
        """A store into an attribute may run functions of the object's: a setter, the observers of a trait."""
        if not part.path or part.path.endswith("]"):
            return
        for name in self._calls.loads(part):
            if self._can_change(name, ""):
                self._change(name, "", _flow(part.target, state).whole, state)

    def _store(self, name: str, path: str, origins: Origins, state: State) -> None:
        """Another value is stored into a part of a name's value. No path: it is not known into which."""
        if not path:
            self._change(name, "", origins, state)
            return
        self._change(name, path, origins, state)
        for one in (name, *(other for other, is_same in self._aliases.get(name, {}).items() if is_same)):
            state[one] = _flow(one, state).stored(path, origins)

    def _branches(self, step: Statement, state: State, control: Origins) -> State:
        return _merge([self.block(branch, state, control) for branch in step.branches])

    def _match(self, step: Statement, state: State, control: Origins) -> State:
        ends = []
        for branch in step.branches:
            if branch:  # whether it is this case or a later one is for its pattern and its guard to say
                control |= self.origins_of(branch[0], state)
            ends.append(self.block(branch, state, control))
        return _merge(ends)

    def _try(self, step: Statement, state: State, control: Origins) -> State:
        body = self.block(step.branches[0], state, control)
        if len(step.branches) == 1:
            return body
        # What the body loads decides how far it comes, and whether a handler runs.
        tried = tuple(every_step(step.branches[0]))
        heads = tuple(branch[0] for branch in step.branches[1:] if branch)
        control = control.union(*(self.origins_of(inner, state) for inner in (*tried, *heads)))
        for name in {name for inner in tried for name in inner.binds | _targets(inner)}:
            body[name] = _flow(name, body).joined("", control)
        start = _merge([state, body])
        return _merge([body, *(self.block(branch, start, control) for branch in step.branches[1:])])

    def _loop(self, step: Statement, state: State, control: Origins) -> State:
        body, otherwise = step.branches
        once = _merge([state, self.block(body, state, control)])
        control |= self.origins_of(step, once) | _origins(step.exit_names, once)
        twice = _merge([once, self.block(body, once, control)])
        return _merge([twice, self.block(otherwise, twice, control)])


def _targets(step: Statement) -> set[str]:
    return {part.target for part in step.apart}


def _flow(name: str, state: Mapping[str, Flow]) -> Flow:
    """What flows into a name. A name that the cell has not touched comes from itself."""
    found = state.get(name)
    return found if found is not None else Flow(frozenset({name}))


def _origins(names: Iterable[str], state: Mapping[str, Flow]) -> Origins:
    return _NONE.union(*(_flow(name, state).whole for name in names))


def _merge(states: list[State]) -> State:
    # A path that leaves a name alone leaves what it was before: itself, from outside.
    return {
        name: _merged([_flow(name, state) for state in states]) for name in {n for s in states for n in s}
    }


def _merged(flows: list[Flow]) -> Flow:
    rest = _NONE.union(*(flow.rest for flow in flows))
    paths = {path for flow in flows for path in flow.parts}
    return Flow(rest, {path: _NONE.union(*(flow.at(path) for flow in flows)) for path in paths})

"""Cells to steps: which cells go together, what a step takes, and what it gives.

A step is made of neighbouring cells, or of a part of a long one (``splitting``). Cells are joined where
the graph says that they belong together: a cell gives nothing but what the next one alone uses or
replaces, or a function that stays among the statements reads a variable that a cell below binds. A heading
between two cells keeps them apart where joining them is only a matter of taste.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cellgraph.code.statements import block_of, every_step
from cellgraph.notebooks.promotion.program import BUILTINS, Piece, Program
from cellgraph.notebooks.promotion.splitting import parts_of

LONGEST = 26
"""Lines of a step that is made by joining cells."""
_SHORT = 4
_MOST_OUTPUTS = 3
MOST_PARAMETERS = 7


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring cells, by number, with their statements, or a part of a cell."""

    cells: tuple[int, ...]
    pieces: tuple[Piece, ...]

    @property
    def lines(self) -> int:
        """How many lines its statements take."""
        return sum(piece.text.count("\n") + 1 for piece in self.pieces)

    def joined(self, other: Group) -> Group:
        """Both together."""
        cells = tuple(dict.fromkeys((*self.cells, *other.cells)))
        return Group(cells, (*self.pieces, *other.pieces))


@dataclass(frozen=True, slots=True)
class Flow:
    """What a group reads from outside, may bind, is sure to bind, and changes in place."""

    reads: frozenset[str]
    binds: frozenset[str]
    sure: frozenset[str]
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A group with its inputs and outputs, each in the order in which the code names them."""

    group: Group
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What grouping goes by. ``changed`` are the names that each cell changed in place, by its number.

    ``headed`` are the numbers of cells with a heading above.
    """

    program: Program
    changed: Mapping[int, frozenset[str]]
    headed: frozenset[int]
    targets: frozenset[str]

    def loads(self, piece: Piece) -> frozenset[str]:
        """The names that a statement reads, with those that it passes on to functions of the module."""
        needs = self.program.needs
        more = (needs[name] for name in piece.loads if name in needs)
        return piece.loads.union(*more) - self.program.top - (BUILTINS - self._variables)

    @property
    def _variables(self) -> frozenset[str]:
        return frozenset[str]().union(*(p.unit.binds | p.unit.closure_binds for p in self.program.pieces))

    def flow(self, group: Group, available: frozenset[str]) -> Flow:
        """What a group takes and gives, where some names are there before."""
        reads: set[str] = set()
        sure: set[str] = set()
        binds: set[str] = set()
        for piece in group.pieces:
            reads |= self.loads(piece) - sure
            bound = piece.unit.binds | piece.unit.closure_binds
            binds |= bound
            if _is_sure(piece):
                sure |= bound
        constants = frozenset(self.program.constants)
        changes = frozenset[str]().union(*(self.changed.get(cell, frozenset()) for cell in group.cells))
        mentioned = frozenset[str]().union(*(piece.loads for piece in group.pieces))
        maybe = (binds - sure) & available  # a branch that is not taken leaves what was there
        return Flow(
            frozenset(reads) & (available | constants) | maybe,
            frozenset(binds),
            frozenset(sure),
            changes & mentioned,
        )


def _is_sure(piece: Piece) -> bool:
    """Whether all that a statement binds is bound after it, whatever happens."""
    steps = block_of(piece.unit.nodes)
    return not any(step.branches for step in every_step(steps))


Manner = Literal["parts", "cells", "single"]
"""How far a program is divided: long cells are cut into parts; cells are whole; all is one step."""
MANNERS: tuple[Manner, ...] = ("parts", "cells", "single")


def plans_of(facts: Facts, manner: Manner = "parts") -> list[Plan]:
    """The steps of a program."""
    groups = _by_cell(facts, cut=manner == "parts")
    if manner == "single" and groups:
        whole = groups[0]
        for group in groups[1:]:
            whole = whole.joined(group)
        return _planned([whole], facts)
    groups = _forced(groups, facts.program)
    while (joined := _join_one(groups, facts)) is not None:
        groups = joined
    return _planned(groups, facts)


def _by_cell(facts: Facts, *, cut: bool) -> list[Group]:
    found: dict[int, list[Piece]] = {}
    for piece in facts.program.pieces:
        found.setdefault(piece.number, []).append(piece)
    groups: list[Group] = []
    needed = facts.targets
    for number, held in reversed(found.items()):
        parts = parts_of(held, facts.loads, needed) if cut else [tuple(held)]
        groups += [Group((number,), part) for part in reversed(parts)]
        needed = needed.union(*map(facts.loads, held))
    return groups[::-1]


def _forced(groups: list[Group], program: Program) -> list[Group]:
    """Join what a function that stays in a step binds together: it must see the variables of its own step."""
    for name, variables in program.fixed.items():
        first = next((n for n, g in enumerate(groups) if any(name in p.unit.binds for p in g.pieces)), None)
        if first is None:
            continue
        shared = frozenset[str]().union(
            *(p.unit.closure_binds for g in groups for p in g.pieces if name in p.unit.binds)
        )
        last = first
        for place in range(first + 1, len(groups)):
            pieces = groups[place].pieces
            binds = any(variables & (piece.unit.binds | piece.unit.closure_binds) for piece in pieces)
            uses = shared and any(piece.loads & (shared | {name}) for piece in pieces)
            if binds or uses:
                last = place
        start = first
        if shared:  # what it binds must be a variable of the same step
            start = min(
                (n for n, g in enumerate(groups) if any(shared & p.unit.binds for p in g.pieces)),
                default=first,
            )
        groups = _with_range(groups, min(start, first), last)
    return groups


def _with_range(groups: list[Group], first: int, last: int) -> list[Group]:
    if first == last:
        return groups
    whole = groups[first]
    for group in groups[first + 1 : last + 1]:
        whole = whole.joined(group)
    return [*groups[:first], whole, *groups[last + 1 :]]


def _join_one(groups: list[Group], facts: Facts) -> list[Group] | None:
    """The groups with one pair of neighbours joined; None if none should be."""
    plans = _planned(groups, facts)
    for rule in _RULES:
        for place in range(len(plans) - 1):
            if rule(plans[place], plans[place + 1], facts, _needed_after(plans, place + 1, facts)):
                return _with_range(groups, place, place + 1)
    if len(plans) > 1 and not plans[-1].outputs:
        return _with_range(groups, len(groups) - 2, len(groups) - 1)
    return None


def _needed_after(plans: Sequence[Plan], place: int, facts: Facts) -> frozenset[str]:
    """Names that are read after a group, or wanted in the end."""
    return facts.targets.union(*(plan.inputs for plan in plans[place + 1 :]))


def _gives_nothing(one: Plan, other: Plan, facts: Facts, after: frozenset[str]) -> bool:
    """A cell that only sets something up, such as a seed."""
    return not one.outputs


def _has_many_outputs(one: Plan, other: Plan, facts: Facts, after: frozenset[str]) -> bool:
    return len(one.outputs) > MOST_PARAMETERS and one.group.lines + other.group.lines <= LONGEST + _SHORT


def _belongs_to_next(one: Plan, other: Plan, facts: Facts, after: frozenset[str]) -> bool:
    """All that it gives is used or replaced by the next cell alone."""
    if not _may_join(one, other, facts):
        return False
    given = frozenset(one.outputs)
    renewed = given & frozenset(other.outputs) & frozenset(other.inputs)
    alone = given <= frozenset(other.inputs) and not given & (after - frozenset(other.outputs))
    short = min(one.group.lines, other.group.lines) <= _SHORT
    return alone and (bool(renewed) or short)


def _are_short(one: Plan, other: Plan, facts: Facts, after: frozenset[str]) -> bool:
    """Two cells of a few lines that together give little."""
    if not _may_join(one, other, facts) or max(one.group.lines, other.group.lines) > _SHORT:
        return False
    kept = frozenset(other.outputs) | (frozenset(one.outputs) & after)
    return len(kept) <= _MOST_OUTPUTS


def _may_join(one: Plan, other: Plan, facts: Facts) -> bool:
    if one.group.cells[-1] == other.group.cells[0]:  # parts of a cell
        return one.group.lines + other.group.lines <= LONGEST
    return other.group.cells[0] not in facts.headed and one.group.lines + other.group.lines <= LONGEST


_RULES: tuple[Callable[[Plan, Plan, Facts, frozenset[str]], bool], ...] = (
    _gives_nothing,
    _belongs_to_next,
    _are_short,
    _has_many_outputs,
)


def _planned(groups: Sequence[Group], facts: Facts) -> list[Plan]:
    """Inputs and outputs of groups, from what is needed after each."""
    available: frozenset[str] = frozenset()
    flows: list[Flow] = []
    for group in groups:
        flow = facts.flow(group, available)
        flows.append(flow)
        available |= flow.binds
    needed = facts.targets
    plans: list[Plan] = []
    for group, flow in zip(reversed(groups), reversed(flows), strict=True):
        outputs = (flow.binds | (flow.changes & flow.reads)) & needed
        idle = (flow.binds - flow.sure) - frozenset(outputs)  # a branch binds it, and nobody needs it
        inputs = flow.reads - (idle - _read(group, facts))
        needed = (needed - flow.sure) | inputs
        plans.append(Plan(group, _in_order(inputs, group), _in_order(outputs, group)))
    return plans[::-1]


def _read(group: Group, facts: Facts) -> frozenset[str]:
    return frozenset[str]().union(*(facts.loads(piece) for piece in group.pieces))


def _in_order(names: Iterable[str], group: Group) -> tuple[str, ...]:
    """Names in the order in which the code mentions them."""
    mentioned: dict[str, None] = {}
    for piece in group.pieces:
        for node in piece.unit.nodes:
            found = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            found.sort(key=lambda part: (part.lineno, part.col_offset))
            mentioned.update({part.id: None for part in found})
    places = {name: place for place, name in enumerate(mentioned)}
    return tuple(sorted(names, key=lambda name: (places.get(name, len(places)), name)))

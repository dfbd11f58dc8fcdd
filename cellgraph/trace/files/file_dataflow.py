"""Files in the data flow inside a cell: read and written by the statement at a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cellgraph.code.dataflow import flows
from cellgraph.code.statements import Block, Statement, every_step
from cellgraph.code.string_names import NameInString
from cellgraph.names import Name
from cellgraph.trace.files.file_accesses import FileUses, Use


def with_files(block: Block, uses: FileUses) -> Block:
    """The block with each file among what the statement at its line loads or binds."""
    for line, names in _by_line(uses.reads).items():
        block = _placed(block, line, names, "loads")
    for use in uses.writes:
        if use.line:
            block = _followed(_placed(block, use.line, {use.name}, "binds"), use.name)
    calls = {step.line for step in every_step(block) if step.calls} if uses.again else set[int]()
    for again in uses.again:
        if not again.written or not any(again.name in step.binds for step in every_step(block)):
            above = {line for line in calls if not again.read or line < min(again.read)}
            block = _followed(with_added(block, again.written or above, again.name), again.name)
        for line in sorted(again.read or calls):
            block = _placed(block, line, {again.name}, "loads")
    return block


def _by_line(reads: Iterable[Use]) -> dict[int, set[str]]:
    """The names that are read at each line, where that is known."""
    found: dict[int, set[str]] = {}
    for use in reads:
        if use.line:
            found.setdefault(use.line, set()).add(use.name)
    return found


def with_added(block: Block, lines: Iterable[int], name: str) -> Block:
    """The block in which the statements at these lines add to what has gone into a name.

    They load it and bind it. This is for what several statements may have done, each of them a part of it.
    """
    for line in sorted(lines):
        block = _placed(_placed(block, line, {name}, "loads"), line, {name}, "adds")
    return block


def with_loads(block: Block, names: Iterable[NameInString]) -> Block:
    """The block with each name that a string spells among what the statement of the string loads."""
    for each in names:
        block = _placed(block, each.line, {each.name}, "loads")
    return block


def sources(
    block: Block, uses: FileUses, deferred: Iterable[str], changeable: Callable[[str], bool]
) -> Mapping[str, frozenset[str]]:
    """For each file written at a known line, the outside names that flow into it."""
    if not uses.writes:
        return {}
    origins = flows(block, deferred, lambda name: Name(name).is_file or changeable(name))
    return {use.name: origins[use.name] for use in uses.writes if use.line and use.name in origins}


def _placed(block: Block, line: int, names: set[str], field: str) -> Block:
    """The block with these names in a field of the statement at a line."""
    nearest = max((step.line for step in block if step.line <= line), default=None)
    at = [place for place, step in enumerate(block) if step.line == nearest]
    if not at or (field == "binds" and len(at) > 1):
        return block  # one of the statements on the line has written it
    changed = [
        _changed(step, line, names, field) if place in at else step for place, step in enumerate(block)
    ]
    return tuple(changed)


def _followed(block: Block, name: str) -> Block:
    """The block in which a use of an open file's handle counts as a use of the file."""
    opened = [step for step in every_step(block) if name in step.binds]
    handles = frozenset().union(*(step.binds for step in opened)) - {name}
    return _touching(block, name, handles) if handles else block


def _touching(block: Block, name: str, handles: frozenset[str]) -> Block:
    return tuple(
        step._replace(
            may_mutate=step.may_mutate | ({name} if step.calls and step.loads & handles else set()),
            branches=tuple(_touching(branch, name, handles) for branch in step.branches),
        )
        for step in block
    )


def _changed(step: Statement, line: int, names: set[str], field: str) -> Statement:
    within = [place for place, branch in enumerate(step.branches) if branch and branch[0].line <= line]
    if within:
        place = within[-1]
        branches = (
            *step.branches[:place],
            _placed(step.branches[place], line, names, field),
            *step.branches[place + 1 :],
        )
        return step._replace(branches=branches)
    if field == "loads":
        return step._replace(loads=step.loads | names)
    return step._replace(binds=step.binds | names)

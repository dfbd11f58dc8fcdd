"""Names that a restart does not find, and text that does not parse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from cellgraph import rules
from cellgraph.code.ipython_syntax import bound_by_text, compile_error, looks_like_python_2
from cellgraph.code.missing_names import NotebookWalk
from cellgraph.code.name_states import Status
from cellgraph.code.name_walk import Findings, Missing, Place, World
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make, span_of
from cellgraph.notebooks.checks.modules import exports, script_names

PYTHON_2_NAMES = frozenset(
    "basestring cmp execfile file intern long raw_input reduce reload unichr unicode xrange apply"
    " buffer coerce".split()
)
_SQUARE = {
    "function": "function",
    "lambda": "the lambda",
    "class": "class",
    "default": "a default of",
    "decorator": "a decorator of",
}


def syntax_findings(document: Document) -> Iterator[CheckFinding]:
    """Cells that Python's parser or compiler refuses."""
    old = document.version.startswith("2")
    for cell in document.cells:
        error = compile_error(cell.read) if not cell.may_fail else None
        if error is None:
            continue
        python_2 = looks_like_python_2(cell.source)
        if old and python_2:
            continue  # it is what its kernel runs
        line = error.lineno or 1
        column = max(error.offset or 1, 1) + cell.read.shifts.get(line, 0)
        words = f"{error.msg} (line {line})" + ("; it is Python 2" if python_2 else "")
        span = Span(line, column, error.end_lineno or line, max(error.end_offset or 0, column + 1))
        yield make(
            rules.UNPARSABLE, document, cell, span, {"error": words}, certain=True, raised_in=cell.number
        )


@dataclass(frozen=True)
class NameFacts:
    """What the walk over a notebook found."""

    found: Findings
    broken: frozenset[int]


def walk(document: Document) -> NameFacts:
    """Read the cells of a notebook from top to bottom."""
    folder = str(PurePath(document.path).parent)
    old = document.version.startswith("2") or (
        not document.version
        and any(cell.read.tree is None and looks_like_python_2(cell.source) for cell in document.cells)
    )
    world = World(
        lambda module, level: exports(module, level, folder),
        lambda path: script_names(path, folder),
        PYTHON_2_NAMES if old else frozenset(),
    )
    walked = NotebookWalk(world)
    broken: set[int] = set()
    for cell in document.cells:
        if cell.read.tree is None:
            broken.add(cell.number)
            walked.broken_cell(cell.number, bound_by_text(cell.source))
        else:
            walked.cell(cell.number, cell.read, may_fail=cell.may_fail, may_skip=cell.may_skip)
    return NameFacts(walked.finish(), frozenset(broken))


def name_findings(document: Document, facts: NameFacts) -> Iterator[CheckFinding]:
    """A finding for each name and cell, the surest one."""
    cells = {cell.number: cell for cell in document.cells}
    for missing in _unique(facts.found.missing):
        found = _finding(document, cells, facts.found, missing)
        if found is not None:
            yield found


def _unique(found: Iterable[Missing]) -> Iterable[Missing]:
    best: dict[tuple[str, int, int], Missing] = {}
    for missing in found:
        key = (missing.name, missing.place.cell, missing.call.cell if missing.call else 0)
        known = best.get(key)
        if known is None or (missing.sure and not known.sure):
            best[key] = missing
    # A use that is sure to fail says all about the same use in other calls.
    sure = {(missing.name, missing.place) for missing in best.values() if missing.sure}
    kept = [missing for missing in best.values() if missing.sure or (missing.name, missing.place) not in sure]
    seen: set[tuple[str, Place]] = set()
    return [m for m in kept if (m.name, m.place) not in seen and not seen.add((m.name, m.place))]  # type: ignore[func-returns-value]


def _finding(
    document: Document, cells: dict[int, CodeCell], found: Findings, missing: Missing
) -> CheckFinding | None:
    at = missing.call.cell if missing.call is not None else missing.place.cell
    bound = found.bound.get(missing.name, [])
    later = [number for number in bound if number >= at]
    if missing.unknown and not later:
        return None
    place = missing.place
    cell = cells[place.cell]
    span = span_of(cell, place.line, place.column, place.end_line, place.end_column)
    raised = at if missing.sure else 0

    def made(rule: rules.Rule, cause: int = 0, **words: str) -> CheckFinding:
        every = {"name": missing.name, "cause": cause, "how": "", **words}
        return make(
            rule, document, cell, span, every, certain=missing.sure, name=missing.name, raised_in=raised
        )

    called = _called(missing, place.cell)
    if missing.status is not None:
        return _partly(made, missing, called)
    if not bound:
        return made(rules.DEFINED_NOWHERE, how=called)
    if missing.inside and later:
        return _at_call(
            document, cells, missing, made(rules.NEEDED_BY_CALL, later[0], holder=_holder(missing))
        )
    if later and later[0] > at:
        return made(rules.DEFINED_BELOW, later[0], how=called)
    how = (
        f" in cell {later[0]}"
        if later
        else f" (only code that has not run by then binds it, in cell {bound[0]})"
    )
    return made(rules.USED_BEFORE, how=how + called)


def _partly(made: object, missing: Missing, called: str) -> CheckFinding:
    """The name is deleted, or bound on some ways only."""
    assert callable(made)
    if missing.status is Status.DELETED or missing.deleter:
        found = made(rules.DELETED_ABOVE, missing.deleter, how=called)
    else:
        found = made(rules.USED_BEFORE, how=" on some of the ways that lead here" + called)
    assert isinstance(found, CheckFinding)
    return found


def _called(missing: Missing, cell: int) -> str:
    call = missing.call
    return f" (called in cell {call.cell})" if call is not None and call.cell != cell else ""


def _holder(missing: Missing) -> str:
    word = _SQUARE.get(missing.inside, missing.inside)
    return word if missing.inside == "lambda" else f"{word} {missing.holder}"


def _at_call(
    document: Document, cells: dict[int, CodeCell], missing: Missing, found: CheckFinding
) -> CheckFinding:
    """The same finding at the call, where a restart fails."""
    call = missing.call
    if call is None:
        return found
    cell = cells[call.cell]
    span = span_of(cell, call.line, call.column, call.end_line, call.end_column)
    lines = cell.source.splitlines()
    return replace(
        found,
        cell=cell.number,
        index=cell.index,
        id=cell.id,
        span=span,
        file_line=document.file_line(cell, span.line),
        text=lines[span.line - 1] if span.line <= len(lines) else "",
        message=f"{found.message}; it uses it in line {missing.place.line} of cell {missing.place.cell}",
    )

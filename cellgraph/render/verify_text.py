"""Verdicts on saved notebooks for people: a terminal, and Markdown for a pull request or a job's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from cellgraph.notebooks.verification.verdicts import (
    MEANINGS,
    RANK,
    REPRODUCED,
    CellVerdict,
    Change,
    NotebookVerdict,
    Verdict,
)
from cellgraph.render.text import counted, cut, shown

COLOURS: Mapping[Verdict, str] = MappingProxyType(
    {
        "same": "#009e73",
        "volatile only": "#56b4a0",
        "version drift": "#e6ab02",
        "non-deterministic": "#0072b2",
        "different": "#d55e00",
        "missing file": "#b8478f",
        "missing module": "#8a5a9e",
        "error": "#a6261d",
        "timed out": "#7a4b2a",
        "not run": "#808080",
    }
)
"""A colour for each class, ``#rrggbb``. The word stands beside it everywhere."""

_ANSI: Mapping[Verdict, str] = MappingProxyType(
    {"same": "32", "volatile only": "32", "version drift": "33", "non-deterministic": "34", "not run": "2"}
)
_WIDTH = 60
_MOST_CHANGES = 3
_MOST_CELLS = 6


def summary(verdicts: Sequence[NotebookVerdict]) -> str:
    """``7 notebooks: 5 same, 1 volatile only, 1 different``."""
    numbers = by_class(verdicts)
    told = ", ".join(f"{number} {name}" for name, number in numbers.items())
    return f"{counted(len(verdicts), 'notebook')}: {told or 'none'}"


def by_class(verdicts: Sequence[NotebookVerdict]) -> dict[Verdict, int]:
    """How many notebooks have each verdict, the best class first. Classes without any are left out."""
    numbers = Counter(one.verdict for one in verdicts)
    return {name: numbers[name] for name in RANK if numbers[name]}


def text(verdicts: Sequence[NotebookVerdict], *, colour: bool = False) -> str:
    """All verdicts with what differs, and a summary."""
    lines = [line for one in verdicts for line in notebook_lines(one, colour=colour)]
    return "\n".join([*lines, summary(verdicts)])


def notebook_lines(one: NotebookVerdict, *, colour: bool = False) -> Iterator[str]:
    """The verdict on a notebook, the cells that differ, and why."""
    word = f"\x1b[{_ANSI.get(one.verdict, '31')}m{one.verdict}\x1b[0m" if colour else one.verdict
    named = f" ({', '.join(volatile_names(one))})" if volatile_names(one) else ""
    yield f"{shown(one.path)}: {word}{named if one.verdict == 'volatile only' else ''}{_reason(one)}"
    told = [cell for cell in one.cells if cell.verdict not in REPRODUCED and cell.changes]
    for cell in told[:_MOST_CELLS]:
        yield from _cell_lines(cell)
    if len(told) > _MOST_CELLS:
        yield f"  and {counted(len(told) - _MOST_CELLS, 'cell')} more"
    if one.why is not None:
        yield f"  why: {'' if one.why.sure else 'perhaps: '}{shown(one.why.message)}"
    for name in dict.fromkeys(name for cell in one.cells for name in cell.skipped):
        yield f"  not compared: {shown(name)}"
    for note in one.notes:
        yield f"  note: {shown(note)}"
    if one.updated:
        yield f"  updated: the outputs of {_cells(one.updated)}"


def _reason(one: NotebookVerdict) -> str:
    return f": {shown(cut(one.reason, 200))}" if one.reason else ""


def _cells(numbers: Sequence[int]) -> str:
    return f"{'cell' if len(numbers) == 1 else 'cells'} {', '.join(map(str, numbers))}"


def _cell_lines(cell: CellVerdict) -> Iterator[str]:
    changes = true_changes(cell)
    for change in changes[:_MOST_CHANGES]:
        yield f"  cell {cell.number}, {place(change)} ({cell.verdict}): {sides(change)}"
    if len(changes) > _MOST_CHANGES:
        yield f"  cell {cell.number}, and {len(changes) - _MOST_CHANGES} more"


def true_changes(cell: CellVerdict) -> list[Change]:
    """The changes that are no volatile part; all of them if there are no others."""
    return [change for change in cell.changes if not change.volatile] or list(cell.changes)


def place(change: Change) -> str:
    """Where a change is: ``output 2, row 3, price``."""
    return ", ".join(filter(None, (f"output {change.output}", change.where)))


def sides(change: Change, width: int = _WIDTH) -> str:
    """Both sides of a change: ``'3.2' → '3.4'``."""
    if change.kind == "image":
        return shown(change.fresh if not change.saved else f"{change.saved} → {change.fresh}")
    if change.kind == "missing":
        return f"saved, and not made now: {_quoted(change.saved, width)}"
    if change.kind == "extra":
        return f"made now, and not saved: {_quoted(change.fresh, width)}"
    order = "in another order: " if change.kind == "order" else ""
    return f"{order}{_quoted(change.saved, width)} → {_quoted(change.fresh, width)}"


def _quoted(value: str, width: int) -> str:
    return f"“{cut(shown(value.strip()), width)}”" if value.strip() else "nothing"


def volatile_names(one: NotebookVerdict) -> tuple[str, ...]:
    """The names of the volatile parts that differ somewhere in a notebook."""
    return tuple(dict.fromkeys(name for cell in one.cells for name in cell.volatile))


def markdown(verdicts: Sequence[NotebookVerdict]) -> str:
    """A table of the classes, and one of the notebooks that are not as saved."""
    numbers = by_class(verdicts)
    lines = ["# Verified notebooks", "", "| class | notebooks | |", "|---|--:|---|"]
    lines += [f"| {name} | {number} | {MEANINGS[name]} |" for name, number in numbers.items()]
    bad = [one for one in verdicts if one.verdict not in REPRODUCED]
    if bad:
        lines += ["", "| notebook | verdict | cell | what | why |", "|---|---|--:|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, _columns(one)))} |" for one in bad)])


def _columns(one: NotebookVerdict) -> tuple[str, ...]:
    first = one.first
    what = one.reason
    if first is not None and first.changes and not what:
        change = true_changes(first)[0]
        what = f"{place(change)}: {sides(change, 40)}"
    why = one.why.message if one.why is not None else ""
    return one.path, one.verdict, str(first.number) if first is not None else "", what, why


def _cell(value: str) -> str:
    value = shown(value)
    for mark in "\\`*_[]<>|":
        value = value.replace(mark, f"\\{mark}" if mark != "<" else "&lt;")
    return value

"""Edges gathered for drawing: one label for all readers of the same names from the same cell.

A picture with a label on each edge says ``np, pd`` fifty times. Here the names are said once, and
lines lead from them to every reader. Where even these lines would hide everything else (imports,
a frame that each cell reads), the line is left out and the reader's card says where the names
came from.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cellgraph.code.source import body_apart_from_magics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cellgraph.model import CellState, Edge, Report

_IMPORT_READERS = 4
"""Readers of a cell's imports from which on no lines are drawn to them."""

_READERS = 12
"""Readers of the same names from which on no lines are drawn, in a notebook of ``_MANY`` cells."""

_FAR = 60
"""Cells between writer and reader from which on no line is drawn: no eye would follow it so far."""

_MANY = 30
_LINES = 700
"""Lines that a picture can hold: beyond it neither the layout (2 s) nor a reader keeps up."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The same names on their way from one cell to its readers; cells by their place in the report.

    ``upward`` is data that flows against the notebook's order. ``tagged`` bundles have no lines:
    each reader's card carries a tag instead.
    """

    source: int
    targets: tuple[int, ...]
    names: tuple[str, ...]
    stale: frozenset[str] = frozenset()
    upward: bool = False
    tagged: bool = False


def bundles(report: Report) -> tuple[Bundle, ...]:
    """All edges between cells of the report, in the order of their sources."""
    gathered = _gathered(report)
    imports = {index: imported(report.cells[index]) for index in {bundle.source for bundle in gathered}}
    tagged = _with_imports_tagged(gathered, imports)
    crowded = len(report.cells) >= _MANY
    tagged = [replace(one, tagged=True) if crowded and _is_hub(one) else one for one in tagged]
    return tuple(_thinned([part for one in tagged for part in _by_reach(one)]))


def imported(state: CellState) -> frozenset[str]:
    """The names that a cell's top level imports; empty where its source does not parse."""
    body = body_apart_from_magics(state.source)
    found = (alias for node in body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names)
    return frozenset((alias.asname or alias.name).partition(".")[0] for alias in found)


def _gathered(report: Report) -> list[Bundle]:
    place = {state.cell: index for index, state in enumerate(report.cells)}
    readers: dict[tuple[int, tuple[str, ...], frozenset[str], bool], list[int]] = {}
    for edge in report.edges:
        if edge.source in place and edge.target in place:
            key = (place[edge.source], _ordered(edge), edge.stale, _is_upward(report, place, edge))
            readers.setdefault(key, []).append(place[edge.target])
    found = (
        Bundle(source, tuple(sorted(set(targets))), names, stale, upward)
        for (source, names, stale, upward), targets in readers.items()
    )
    return sorted(found, key=lambda bundle: (bundle.source, bundle.targets, bundle.names))


def _ordered(edge: Edge) -> tuple[str, ...]:
    """Names in doubt first: a label that is cut short must still show them."""
    return tuple(sorted(edge.names, key=lambda name: name not in edge.stale))


def _is_upward(report: Report, place: dict[str, int], edge: Edge) -> bool:
    """A deleted cell has no place in the notebook, so nothing flows up from it."""
    source = place[edge.source]
    return source >= place[edge.target] and report.cells[source].state != "deleted"


def _with_imports_tagged(gathered: Sequence[Bundle], imports: dict[int, frozenset[str]]) -> list[Bundle]:
    plain = [bundle for bundle in gathered if _is_import(bundle, imports)]
    readers = {index: _readers(bundle for bundle in plain if bundle.source == index) for index in imports}
    return [
        replace(bundle, tagged=_is_import(bundle, imports) and readers[bundle.source] >= _IMPORT_READERS)
        for bundle in gathered
    ]


def _is_import(bundle: Bundle, imports: dict[int, frozenset[str]]) -> bool:
    return not bundle.stale and not bundle.upward and set(bundle.names) <= imports[bundle.source]


def _readers(found: Iterable[Bundle]) -> int:
    return sum(len(bundle.targets) for bundle in found)


def _is_hub(bundle: Bundle) -> bool:
    return not bundle.stale and len(bundle.targets) > _READERS


def _by_reach(bundle: Bundle) -> Iterator[Bundle]:
    """The bundle's near readers, and its far ones as tags."""
    far = tuple(target for target in bundle.targets if abs(target - bundle.source) > _FAR)
    near = tuple(target for target in bundle.targets if target not in far)
    if near:
        yield replace(bundle, targets=near)
    if far:
        yield replace(bundle, targets=far, tagged=True)


def _thinned(found: Sequence[Bundle]) -> list[Bundle]:
    """Tags instead of the longest lines, those in doubt last, until the picture can hold the rest."""
    excess = _readers(bundle for bundle in found if not bundle.tagged) - _LINES
    kept = list(found)
    for index in sorted(
        range(len(found)), key=lambda index: (bool(found[index].stale), -_span(found[index]))
    ):
        if excess <= 0:
            break
        if not found[index].tagged:
            kept[index] = replace(found[index], tagged=True)
            excess -= len(found[index].targets)
    return kept


def _span(bundle: Bundle) -> int:
    return sum(abs(target - bundle.source) for target in bundle.targets)

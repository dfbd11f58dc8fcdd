"""Groups edges for drawing: one label for all readers of the same names from the same cell.

A label on each edge would repeat ``np, pd`` fifty times. A group has one label, and a line from it to
each reader. Where the lines would still cover the picture (imports, a frame that each cell reads), a
tag on the reader's card takes the place of the line.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from cellgraph.code.fast_ast import bound_name
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cellgraph.model import CellState, Edge, Report

_IMPORT_READERS = 4
"""From this number of readers on, imports of a cell are shown as tags."""

_READERS = 12
"""With more readers a group is shown as tags, in a notebook of ``_MANY`` cells or more."""

_FAR = 60
"""Longest line, in cells between writer and reader. A longer one could not be followed by eye."""

_MANY = 30
_LINES = 700
"""Largest number of lines in a picture. With more the layout would take over 2 s, and show nothing."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Edges of the same names from one cell to all their readers. Cells are indices into the report.

    ``stale`` are the names in doubt. ``upward``: the readers stand above the writer. ``tagged``: there are
    no lines, and each reader's card has a tag instead.
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
    return frozenset(bound_name(alias) for alias in found)


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
    """The names of an edge, those in doubt first, so that a label that is cut still shows them."""
    return tuple(sorted(edge.names, key=lambda name: name not in edge.stale))


def _is_upward(report: Report, place: dict[str, int], edge: Edge) -> bool:
    """Whether the reader stands above the writer. A deleted cell has no place, so its edges never do."""
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
    """The bundle split into its near readers, with lines, and its far ones, with tags."""
    far = tuple(target for target in bundle.targets if abs(target - bundle.source) > _FAR)
    near = tuple(target for target in bundle.targets if target not in far)
    if near:
        yield replace(bundle, targets=near)
    if far:
        yield replace(bundle, targets=far, tagged=True)


def _thinned(found: Sequence[Bundle]) -> list[Bundle]:
    """Replace lines by tags, the longest first and those in doubt last, down to ``_LINES`` lines."""
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

"""The picture in layers, or the part of it that is worth a look, or why there is none.

Above ``MOST_WHOLE`` cells a layered graph is a tangle. Then only what lies around the cells in doubt is
drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellgraph.analyse.subgraph import focused
from cellgraph.render.alt_text import heading
from cellgraph.render.layout import LayoutError
from cellgraph.render.svg import graph_svg
from cellgraph.render.text import counted
from cellgraph.render.variable_nodes import by_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cellgraph.model import Report

MOST_WHOLE = 80
"""Largest number of cells that are drawn as a whole."""


def part_to_draw(report: Report, around: str | None = None) -> tuple[Report, str]:
    """The part of a report that the picture shows, and what it is in words (empty: all of it).

    ``around`` is a cell that somebody has picked. In a large notebook what lies around it is shown, without
    one what lies around the cells in doubt, and without those what lies around the last cell.
    """
    if len(report.cells) <= MOST_WHOLE:
        return report, ""
    total = counted(len(report.cells), "cell")
    if around is not None and any(state.cell == around for state in report.cells):
        part = _near(report, [around])
        return part, f"around {report.label(around)}: {len(part.cells)} of {total}"
    doubted = [state.cell for state in report.cells if state.state in ("stale", "failed")]
    part = _near(report, doubted or [report.cells[-1].cell])
    what = "what is in doubt" if doubted else f"{report.cells[-1].label}"
    return (
        part,
        f"around {what}: {len(part.cells)} of {total}",
    )


def _near(report: Report, cells: Iterable[str]) -> Report:
    """As many steps around the cells as fit into the picture."""
    wanted = list(cells)[:MOST_WHOLE]
    near = focused(report, wanted, 0)
    for depth in (1, 2, 3):
        wider = focused(report, wanted, depth)
        if len(wider.cells) > MOST_WHOLE:
            break
        near = wider
    return near


def layers_answer(report: Report, *, names: bool = False, around: str | None = None) -> dict[str, Any]:
    """The picture as ``svg``, and in ``words`` what it shows or why it cannot be drawn."""
    part, words = part_to_draw(report, around)
    try:
        svg = graph_svg(by_name(part) if names else part, words=heading(report))
    except LayoutError as error:
        return {"svg": "", "words": str(error)}
    hint = f"{words}. Pick a cell in the lifelines for its surroundings." if words else ""
    return {"svg": svg, "words": hint}

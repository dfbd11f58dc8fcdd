"""The style of each state, for all renderers: a word, a colour, a mark and an outline.

The colours are those of Okabe and Ito, which are distinct for people with any colour vision. No state is
shown by its colour alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cellgraph.model import Report, State


@dataclass(frozen=True, slots=True)
class StateStyle:
    """The style of one state.

    ``hue`` is ``#rrggbb``; ``glyph`` and ``ascii`` are single characters for text; ``mark`` is an
    SVG path within a square of 12 by 12 px and ``dash`` the pattern of the card's outline.
    """

    word: str
    hue: str
    glyph: str
    ascii: str
    ansi: str
    mark: str
    dash: str = ""


_DISC = "M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z"
_RING = f"{_DISC}M6 3.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5z"
_TRIANGLE = "M6 .5L12 11.5H0zM5.2 4.4L5.5 8h1L6.8 4.4zM6 8.6a.8.8 0 1 0 .01 0z"
_DIAMOND = "M6 .5L11.5 6L6 11.5L.5 6z"
_LOZENGE = "M6 .5L11.5 6L6 11.5L.5 6zM6 3L3 6L6 9L9 6z"
_CROSS = "M2.5 .8L6 4.3L9.5 .8L11.2 2.5L7.7 6L11.2 9.5L9.5 11.2L6 7.7L2.5 11.2L.8 9.5L4.3 6L.8 2.5z"
_BAR = "M1 4.8H11V7.2H1z"

STATE_STYLES: Mapping[State, StateStyle] = MappingProxyType(
    {
        "good": StateStyle("holds", "#009e73", "●", "o", "green", _DISC),
        "stale": StateStyle("in doubt", "#d55e00", "▲", "!", "bold red", _TRIANGLE),
        "noted": StateStyle("inputs changed since", "#0072b2", "◆", "~", "blue", _DIAMOND, "1 3"),
        "foreign": StateStyle("inputs not seen", "#0072b2", "◇", "?", "blue", _LOZENGE, "1 3"),
        "failed": StateStyle("failed", "#b8478f", "✗", "x", "bold magenta", _CROSS),
        "deleted": StateStyle("deleted", "#808080", "−", "-", "dim", _BAR, "6 4"),
        "unrun": StateStyle("not run", "#808080", "○", ".", "dim", _RING, "2 2"),
    }
)
"""By state, in the order in which a legend lists them."""

WARN = STATE_STYLES["stale"].hue
"""The colour of names and edges in doubt, ``#rrggbb``."""


def present_states(report: Report) -> tuple[State, ...]:
    """The states that occur, in the legend's order."""
    found = {state.state for state in report.cells}
    return tuple(state for state in STATE_STYLES if state in found)

"""The cell graph in the Mermaid language, which JupyterLab, GitHub and many editors draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.text import cut, first_line, isolated, merged, shown
from cellgraph.render.theme import STATE_STYLES, present_states

if TYPE_CHECKING:
    from cellgraph.model import CellState, Edge, Report, State

_CODE = 40


def graph_mermaid(report: Report) -> str:
    """A flowchart of the cells; edges in doubt are thick, states have their colours and marks."""
    places = {state.cell: number for number, state in enumerate(report.cells)}
    known = [edge for edge in report.edges if edge.source in places and edge.target in places]
    lines = [
        "flowchart TD",
        *(f'    c{number}["{_card(state)}"]:::{state.state}' for number, state in enumerate(report.cells)),
        *(f"    c{places[edge.source]} {_arrow(edge)} c{places[edge.target]}" for edge in known),
        *(f"    classDef {state} {_class(state)}" for state in present_states(report)),
    ]
    return "\n".join(lines)


def _card(state: CellState) -> str:
    style, code = STATE_STYLES[state.state], cut(first_line(state.source), _CODE)
    return (
        f"{style.glyph} {_quoted(state.label)}<br>{_quoted(code)}"
        if code
        else f"{style.glyph} {_quoted(state.label)}"
    )


def _arrow(edge: Edge) -> str:
    arrow = "==>" if edge.stale else "-->"
    return f'{arrow}|"{_quoted(merged(edge.names))}"|' if edge.names else arrow


def _class(state: State) -> str:
    style = STATE_STYLES[state]
    dash = f",stroke-dasharray:{style.dash}" if style.dash else ""
    return f"stroke:{style.hue},stroke-width:{1 if state == 'good' else 2}px{dash}"


def _quoted(text: str) -> str:
    """User text for Mermaid. All but letters, digits and spaces is written as code points.

    So quotes, Markdown and HTML in it have no effect.
    """
    return "".join(
        character if character.isalnum() or character == " " else f"#{ord(character)};"
        for character in isolated(shown(text))
    )

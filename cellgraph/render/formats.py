"""Every form that the graph can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from cellgraph.render.dot import graph_dot
from cellgraph.render.graphml import graph_graphml, graph_node_link
from cellgraph.render.interactive import interactive_page
from cellgraph.render.json_ import report_json
from cellgraph.render.mermaid import graph_mermaid
from cellgraph.render.png import graph_png
from cellgraph.render.svg import graph_svg
from cellgraph.render.text import did_you_mean
from cellgraph.render.text_graph import graph_text
from cellgraph.render.variable_nodes import by_name

if TYPE_CHECKING:
    from cellgraph.model import Report
    from cellgraph.record.ledger import Ledger


@dataclass(frozen=True, slots=True)
class RenderInput:
    """What a picture is made from. ``past`` are the reports after each run, for what shows them.

    ``names``: names are nodes of their own.
    """

    report: Report
    ledger: Ledger
    past: tuple[Report, ...] = ()
    names: bool = False

    @property
    def drawn(self) -> Report:
        """The report with the nodes that are wanted."""
        return by_name(self.report) if self.names else self.report


@dataclass(frozen=True, slots=True)
class Format:
    """One form: what it is for, and how to make it. ``mime`` is what a notebook's output calls it."""

    words: str
    make: Callable[[RenderInput], str | bytes]
    mime: str = ""


FORMATS: Mapping[str, Format] = {
    "svg": Format("a picture", lambda m: graph_svg(m.drawn), "image/svg+xml"),
    "png": Format("a picture, as pixels", lambda m: graph_png(m.drawn), "image/png"),
    "html": Format(
        "a page to move about in", lambda m: interactive_page(m.report, m.ledger, m.past, names=m.names)
    ),
    "text": Format("plain text", lambda m: graph_text(m.drawn)),
    "mermaid": Format("Mermaid", lambda m: graph_mermaid(m.drawn), "text/vnd.mermaid"),
    "dot": Format("Graphviz", lambda m: graph_dot(m.drawn)),
    "graphml": Format("GraphML", lambda m: graph_graphml(m.drawn)),
    "json": Format("node-link JSON", lambda m: graph_node_link(m.drawn)),
    "report": Format("everything as JSON", lambda m: report_json(m.report)),
}
"""By the name that ``--format`` takes."""

_SUFFIXES = {"mmd": "mermaid", "gv": "dot", "htm": "html", "txt": "text"}


class UnknownFormatError(ValueError):
    """There is no such form; the message says which there are."""


def format_of(name: str | None, path: str | None) -> Format:
    """The form with this name or, without a name, the one that the file's suffix asks for.

    Raises:
        UnknownFormatError: there is none.
    """
    wanted = name or PurePath(path or ".svg").suffix.lstrip(".").lower()
    wanted = _SUFFIXES.get(wanted, wanted)
    if wanted not in FORMATS:
        raise UnknownFormatError(f"there is no format {wanted!r}: {did_you_mean(wanted, FORMATS)}")
    return FORMATS[wanted]

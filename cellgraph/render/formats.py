"""The table of formats that the graph can be written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from cellgraph.light_dataclass import dataclass
from cellgraph.render.dot import graph_dot
from cellgraph.render.graphml import graph_graphml, graph_node_link
from cellgraph.render.interactive import interactive_page
from cellgraph.render.json_ import report_json
from cellgraph.render.lifelines.svg import lifelines_svg
from cellgraph.render.mermaid import graph_mermaid
from cellgraph.render.png import svg_png
from cellgraph.render.svg import graph_svg
from cellgraph.render.terminal import picture_text
from cellgraph.render.text import did_you_mean
from cellgraph.render.variable_nodes import by_name

if TYPE_CHECKING:
    from cellgraph.model import Report
    from cellgraph.record.ledger import Ledger


@dataclass(frozen=True, slots=True)
class RenderInput:
    """The input of a format. ``past`` holds the reports after each run; only some formats show them.

    ``layers``: draw cells as boxes in layers instead of as lifelines, in the forms that are pictures.
    ``names``: draw layers with names as nodes of their own.
    """

    report: Report
    ledger: Ledger
    past: tuple[Report, ...] = ()
    names: bool = False
    layers: bool = False

    @property
    def drawn(self) -> Report:
        """The report, with nodes for names if they are wanted."""
        return by_name(self.report) if self.names else self.report

    @property
    def picture(self) -> str:
        """The picture that is asked for, as SVG."""
        return graph_svg(self.drawn) if self.layers or self.names else lifelines_svg(self.report)


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is for, and the function that makes it. ``mime`` is its MIME type as an output."""

    words: str
    make: Callable[[RenderInput], str | bytes]
    mime: str = ""


FORMATS: Mapping[str, Format] = {
    "svg": Format("a picture", lambda m: m.picture, "image/svg+xml"),
    "png": Format("a picture, as pixels", lambda m: svg_png(m.picture), "image/png"),
    "html": Format(
        "a page to move about in",
        lambda m: interactive_page(m.report, m.ledger, m.past, layers=m.layers or m.names),
    ),
    "text": Format("plain text", lambda m: picture_text(m.drawn, layers=m.layers or m.names)),
    "mermaid": Format("Mermaid", lambda m: graph_mermaid(m.drawn), "text/vnd.mermaid"),
    "dot": Format("Graphviz", lambda m: graph_dot(m.drawn)),
    "graphml": Format("GraphML", lambda m: graph_graphml(m.drawn)),
    "json": Format("node-link JSON", lambda m: graph_node_link(m.drawn)),
    "report": Format("everything as JSON", lambda m: report_json(m.report)),
}
"""By the name that ``--format`` takes."""

_SUFFIXES = {"mmd": "mermaid", "gv": "dot", "htm": "html", "txt": "text"}


class UnknownFormatError(ValueError):
    """There is no such format. The message lists those that there are."""


def format_of(name: str | None, path: str | None) -> Format:
    """The format with this name or, without a name, that of the file's suffix.

    Raises:
        UnknownFormatError: there is none.
    """
    wanted = name or PurePath(path or ".svg").suffix.lstrip(".").lower()
    wanted = _SUFFIXES.get(wanted, wanted)
    if wanted not in FORMATS:
        raise UnknownFormatError(f"there is no format {wanted!r}: {did_you_mean(wanted, FORMATS)}")
    return FORMATS[wanted]

"""The picture as PNG: the same SVG, drawn by resvg (``pip install 'cellgraph[png]'``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellgraph.render.layout import LayoutError
from cellgraph.render.svg import graph_svg

if TYPE_CHECKING:
    from cellgraph.model import Report

SCALE = 2
"""Pixels for each CSS pixel, so that the picture is sharp on high-resolution screens."""


def graph_png(report: Report) -> bytes:
    """The picture in the light theme.

    Raises:
        LayoutError: resvg or pygraphviz is not installed here.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise LayoutError("a PNG needs resvg: pip install 'cellgraph[png]' (an SVG needs nothing)") from error
    return bytes(resvg_py.svg_to_bytes(svg_string=graph_svg(report), zoom=SCALE))

"""The picture as PNG: the same SVG, drawn by resvg (``pip install 'cellgraph[png]'``)."""

from __future__ import annotations

from cellgraph.render.layout import LayoutError

SCALE = 2
"""Pixels for each CSS pixel, so that the picture is sharp on high-resolution screens."""


def svg_png(svg: str) -> bytes:
    """A picture that is given as SVG, in the light theme.

    Raises:
        LayoutError: resvg is not installed here.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise LayoutError("a PNG needs resvg: pip install 'cellgraph[png]' (an SVG needs nothing)") from error
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=SCALE))

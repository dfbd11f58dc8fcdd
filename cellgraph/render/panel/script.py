"""The panel's JavaScript and CSS as text. One script serves the live panel and every page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_PARTS = ("dagre.min", "dom", "arrange", "scene", "camera", "details", "controls", "panel")
"""In this order they make one scope: what a part uses stands above it."""


@cache
def module() -> str:
    """An ES module whose default export is an anywidget."""
    return f"{_joined()}\nexport default {{ render: cellgraphWidget }};\n"


@cache
def page_script() -> str:
    """The same for a page: it draws what the page's data holds, and cannot end its own element."""
    return f"{_joined()}\ncellgraphPages();\n".replace("</", "<\\/")


@cache
def css() -> str:
    """The style sheet; every selector is scoped to the panel."""
    return _text("panel.css")


def _joined() -> str:
    return "\n".join(_text(f"{part}.js") for part in _PARTS)


def _text(name: str) -> str:
    return files("cellgraph.render.panel").joinpath("static", name).read_text(encoding="utf-8")

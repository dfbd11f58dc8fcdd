"""The panel's JavaScript and CSS as text. One script serves the live panel and every page."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_PARTS = ("dagre.min", "dom", "arrange", "scene", "camera", "details", "controls", "panel")
"""Files of the script, in an order in which each uses only those before it. They form one scope."""


@cache
def module() -> str:
    """An ES module whose default export is an anywidget."""
    return f"{_joined()}\nexport default {{ render: cellgraphWidget }};\n"


@cache
def page_script() -> str:
    """The script for a page: it draws the data that the page holds. It contains no ``</script>``."""
    return f"{_joined()}\ncellgraphPages();\n".replace("</", "<\\/")


@cache
def css() -> str:
    """The style sheet; every selector is scoped to the panel."""
    return _text("panel.css")


def _joined() -> str:
    return "\n".join(_text(f"{part}.js") for part in _PARTS)


def _text(name: str) -> str:
    return files("cellgraph.render.panel").joinpath("static", name).read_text(encoding="utf-8")

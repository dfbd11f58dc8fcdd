"""The panel's JavaScript and CSS as text. One script serves the live panel and every page.

The sources are ES modules. A widget and a page each take one text that imports nothing, so they are joined
here, in an order in which each uses only those before it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_PARTS = ("dom", "cones", "words", "camera", "lifelines", "layers", "details", "controls", "panel", "hosts")
_IMPORT = re.compile(r"^import [^;]+;\n", flags=re.MULTILINE)
_EXPORT = re.compile(r"^export (?=class|const|function|async)", flags=re.MULTILINE)


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
    return f"{_text('panel.css')}{_text('lifelines.css')}{_text('hues.css')}"


def _joined() -> str:
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(f"{part}.js"))) for part in _PARTS)


def _text(name: str) -> str:
    return files("cellgraph.render.panel").joinpath("static", name).read_text(encoding="utf-8")

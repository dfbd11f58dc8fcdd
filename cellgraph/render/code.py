"""Syntax highlighting of a cell's text as HTML, by Pygments."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from cellgraph.render.markup import escape

_LONGEST = 50_000
"""Longest text that is highlighted, in characters. A longer one would take longer than the whole page."""


def highlighted(source: str) -> str:
    """``source`` as the content of a ``<pre>`` element, escaped and with the same lines."""
    if len(source) > _LONGEST:
        return "\n".join(map(escape, source.splitlines()))
    spans = _tokens(source)
    return "".join(f'<span class="{kind}">{text}</span>' if kind else text for kind, text in spans)


_COLOURS = (
    ("kc", "atom", "#0550ae"),
    ("k", "keyword", "#008000"),
    ("ow", "keyword", "#008000"),
    ("s", "string", "#ba2121"),
    ("c", "comment", "#5f7f7f"),
    ("m", "number", "#006f5f"),
    ("nb", "builtin", "#008000"),
    ("nf", "def", "#0000c0"),
    ("nc", "def", "#0000c0"),
)
"""Beginning of a token's class → JupyterLab's word for its colour, and the colour where there is none."""


def highlighted_inline(source: str) -> str:
    """``source`` as HTML for a notebook's output, where there is no style sheet.

    The colours are those of the front end's editor where it names them, in light and dark themes alike.
    """
    if len(source) > _LONGEST:
        return "\n".join(map(escape, source.splitlines()))
    pieces = groupby(((_colour(kind), text) for kind, text in _tokens(source)), itemgetter(0))
    return "".join(_painted(colour, "".join(text for _, text in group)) for colour, group in pieces)


def _colour(kind: str) -> str:
    found = (f"var(--jp-mirror-editor-{word}-color, {colour})" for start, word, colour in _COLOURS
             if kind.startswith(start))  # fmt: skip
    return next(found, "")


def _painted(colour: str, text: str) -> str:
    return f'<span style="color: {colour}">{text}</span>' if colour else text


def code_css(scope: str) -> str:
    """The style sheet of the highlighting below the selector ``scope``, for light and dark pages."""
    from pygments.formatters.html import HtmlFormatter

    light, dark = (_rules(HtmlFormatter(style=name), scope) for name in ("xcode", "github-dark"))
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _rules(formatter: Any, scope: str) -> str:
    """The rules for tokens only, without those for background and line numbers."""
    rules = formatter.get_token_style_defs([scope])
    return "\n".join(rule for rule in rules if "{" in rule and not rule.startswith(f"{scope} {{"))


def _tokens(source: str) -> list[tuple[str, str]]:
    from pygments.token import STANDARD_TYPES

    found: list[tuple[str, str]] = []
    for kind, text in _lexer().get_tokens(source):
        lines = text.split("\n")
        safe = "\n".join(escape(line) for line in lines)
        found.append((STANDARD_TYPES.get(kind, ""), safe))
    while found and found[-1][1] in ("\n", ""):
        found.pop()
    return found


@cache
def _lexer() -> Any:
    from IPython.lib.lexers import IPython3Lexer  # type: ignore[import-untyped, unused-ignore]

    return IPython3Lexer(stripnl=False)

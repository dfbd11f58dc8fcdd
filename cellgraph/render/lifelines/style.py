"""The colours of lifelines in light and dark. ``svg`` and the interactive panel both use them.

Six hues tell lines apart that lie side by side. None of them is near the orange of doubt, for people with any
colour vision, and lines in doubt are heavier as well. Two hues that some people cannot tell apart follow each
other in the list: ``model`` gives no such pair to neighbours. No line is told by its colour alone. It has its
lane, and its name stands beside each cell that it touches.
"""

from __future__ import annotations

HUES = ("#2f7fd6", "#8b5bd6", "#0f9a94", "#6b7c93", "#2f8a66", "#b25cab")
"""The hues of lines, before the ink is mixed in. ``render/panel/static/hues.css`` has the same."""

_INK_SHARE = 0.22
"""How much of the ink's colour is mixed into a hue: it gets darker on a light page, lighter on a dark one."""

_LIGHT_INK = "#1f2328"


def _mixed(hue: str, ink: str, share: float) -> str:
    parts = zip(_channels(hue), _channels(ink), strict=True)
    return "#" + "".join(f"{round(one * (1 - share) + two * share):02x}" for one, two in parts)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


HUE_COLOURS = tuple(_mixed(hue, _LIGHT_INK, _INK_SHARE) for hue in HUES)
"""The colours in the light theme as ``#rrggbb``, for programs that ignore CSS."""


def hue_class(hue: int) -> str:
    """The CSS class of a line's colour."""
    return f"cg-h{hue}"


def css(scope: str) -> str:
    """The rules for lifelines below the selector ``scope``, beside those of ``svg_style``."""
    share = f"{100 - round(100 * _INK_SHARE)}%"
    hues = [
        f"{scope} .cg-h{at}{{--cg-h:color-mix(in srgb,{hue} {share},var(--cg-ink))}}"
        for at, hue in enumerate(HUES)
    ]
    hot = f"{scope} .cg-hot{{--cg-h:color-mix(in srgb,#d55e00 92%,var(--cg-ink))}}"
    rules = [f"{scope} {rule}" for rule in _RULES]
    return f"@supports (color:color-mix(in srgb,red,blue)){{{''.join([*hues, hot, *rules])}}}"


_RULES = (
    ":is(.cg-life,.cg-cross){stroke:var(--cg-h);fill:none}",
    ".cg-doubt{stroke:#d55e00;fill:none}",
    ".cg-full{fill:var(--cg-h);stroke:var(--cg-paper);stroke-width:1}",
    ".cg-open{fill:var(--cg-paper);stroke:var(--cg-h)}",
    ".cg-full.cg-hot{stroke:#d55e00;stroke-width:2}",
    ".cg-key{--cg-h:var(--cg-dim)}",
    ".cg-tick{stroke:var(--cg-line)}",
    ".cg-up{stroke-dasharray:5 3}",
    ".cg-made rect{fill:var(--cg-h);stroke:var(--cg-h)}",
    ".cg-made text{fill:var(--cg-paper)}",
    ".cg-taken rect{stroke:var(--cg-h);fill:none}",
    ".cg-taken text{fill:var(--cg-h)}",
    ".cg-row:hover .cg-back{fill:color-mix(in srgb,var(--cg-line) 22%,transparent);fill-opacity:1}",
    ".cg-row:hover .cg-tick{stroke-opacity:1}",
    ".cg-lives:hover .cg-line-of:not(:hover){opacity:.22}",
    ".cg-line-of:hover .cg-life{stroke-width:3.4}",
)

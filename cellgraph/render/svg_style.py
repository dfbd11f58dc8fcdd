"""The graph's colours in light and dark, wherever the picture is shown.

Inside a notebook the front end's theme decides (its CSS variables); in a file or an ``<img>`` the
reader's system does (``prefers-color-scheme``). Programs that know less CSS draw the presentation
attributes, which are those of the light theme. Every selector is scoped, for a
``<style>`` in an output applies to the whole page.
"""

from __future__ import annotations

from cellgraph.render.theme import STATE_STYLES

SCOPE = "cellgraph-svg"

MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"

INK, DIM, LINE, CARD, PAPER = "#1f2328", "#656d76", "#8c959f", "#ffffff", "#f8f9fb"
"""The light theme."""

_DARK = {"ink": "#e6edf3", "dim": "#9198a1", "line": "#768390", "card": "#1c2128", "paper": "#0f1318"}
_LIGHT = {"ink": INK, "dim": DIM, "line": LINE, "card": CARD, "paper": PAPER}

_THEMES = {
    "ink": ("--jp-ui-font-color0", "--vscode-editor-foreground", "--colab-primary-text-color"),
    "dim": ("--jp-ui-font-color2", "--vscode-descriptionForeground", "--colab-secondary-text-color"),
    "line": ("--jp-ui-font-color3", "--vscode-descriptionForeground", "--colab-secondary-text-color"),
    "card": ("--jp-layout-color1", "--vscode-editor-background", "--colab-primary-surface-color"),
    "paper": ("--jp-layout-color0", "--vscode-editor-background", "--colab-primary-surface-color"),
}
"""Variables of JupyterLab and Notebook, VS Code and Colab, by what they stand for."""


def style() -> str:
    """The content of the picture's ``<style>`` element.

    All rules are inside ``@supports``. A program that supports variables or ``color-mix`` only in part
    would draw in black otherwise.
    """
    # A page may show the picture smaller. A file has no parent and keeps its size.
    fit = f"*>.{SCOPE}{{max-width:100%;height:auto}}"
    dark = f"@media (prefers-color-scheme:dark){{{_root(_DARK)}}}"
    rules = "".join([fit, _root(_LIGHT), dark, _RULES, *_hues()])
    return f"@supports (color:color-mix(in srgb,red,blue)){{{rules}}}"


def tint(hue: str, share: float) -> str:
    """``hue`` mixed into white, as ``#rrggbb``: what the light theme shows without CSS."""
    parts = (int(hue[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in parts)


def _root(colours: dict[str, str]) -> str:
    values = ";".join(f"--cg-{name}:{_themed(name, colour)}" for name, colour in colours.items())
    return f".{SCOPE}{{{values}}}"


def _themed(name: str, fallback: str) -> str:
    nested = fallback
    for variable in reversed(_THEMES[name]):
        nested = f"var({variable},{nested})"
    return nested


def _hues() -> list[str]:
    """Each hue moves a little towards the ink: darker on light, lighter on dark."""
    mixed = {state: f"color-mix(in srgb,{one.hue} 86%,var(--cg-ink))" for state, one in STATE_STYLES.items()}
    return [f".{SCOPE} .cg-{state}{{--cg-hue:{hue}}}" for state, hue in mixed.items()]


_RULES = "".join(
    f".{SCOPE} {rule}"
    for rule in (
        ".cg-paper{fill:var(--cg-paper)}",
        ".cg-ink{fill:var(--cg-ink)}",
        ".cg-dim{fill:var(--cg-dim)}",
        ".cg-box{fill:var(--cg-card);stroke:var(--cg-line)}",
        ".cg-tinted{fill:color-mix(in srgb,var(--cg-hue) 13%,var(--cg-card));stroke:var(--cg-hue)}",
        ".cg-outlined{stroke:var(--cg-hue)}",
        ".cg-mark{fill:var(--cg-hue)}",
        ".cg-hue{fill:color-mix(in srgb,var(--cg-hue) 85%,var(--cg-ink))}",
        ".cg-line{stroke:var(--cg-line)}",
        ".cg-tip{fill:var(--cg-line)}",
        ".cg-pill{fill:var(--cg-paper);stroke:var(--cg-line)}",
        ".cg-stale :is(.cg-line,.cg-pill){stroke:var(--cg-hue)}",
        ".cg-stale .cg-tip{fill:var(--cg-hue)}",
        ".cg-wire:hover .cg-line{stroke-width:3.4}",
        ".cg-wire:hover .cg-pill{stroke-width:2.4}",
        "a:hover .cg-card{stroke-width:3}",
    )
)

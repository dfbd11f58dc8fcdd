"""matplotlib: whatever a setter changes, in pixels or in answers, changes the digest. No drawing does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.digests import digest

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colors, dates, patches, patheffects, ticker, transforms
from matplotlib.figure import Figure

pytestmark = [
    pytest.mark.slow,  # figures are drawn
    pytest.mark.filterwarnings("ignore"),  # what drawing warns of is not judged here
]

ARTISTS = {
    "line": "v, = ax.plot([1, 2, 4], [3, 1, 2], 'o-', label='q')",
    "text": "v = ax.text(0.2, 0.3, 'hi')",
    "title": "ax.set_title('t'); v = ax.title",
    "label": "ax.set_xlabel('t'); v = ax.xaxis.label",
    "annotation": "v = ax.annotate('x', (0.2, 0.2), (0.6, 0.6), arrowprops={'arrowstyle': '->'})",
    "rectangle": "v = ax.add_patch(plt.Rectangle((0.1, 0.1), 0.4, 0.4))",
    "circle": "v = ax.add_patch(plt.Circle((0.5, 0.5), 0.2))",
    "wedge": "v = ax.add_patch(patches.Wedge((0.5, 0.5), 0.2, 10, 80))",
    "arrow": "v = ax.add_patch(patches.FancyArrowPatch((0.2, 0.2), (0.6, 0.4)))",
    "one of many bars": "ax.bar(range(6), range(1, 7)); v = ax.patches[3]",
    "vlines": "v = ax.vlines([1, 2], 0, [1, 2])",
    "fill_between": "v = ax.fill_between([1, 2, 3], [1, 2, 1])",
    "eventplot": "v = ax.eventplot([1, 2, 4])[0]",
    "scatter": "v = ax.scatter([1, 2], [3, 4], s=[9, 30])",
    "scatter of data": "v = ax.scatter([1, 2, 3], [3, 4, 2], c=[1, 5, 3])",
    "pcolormesh": "v = ax.pcolormesh(np.arange(9.0).reshape(3, 3))",
    "tripcolor": "v = ax.tripcolor([0, 1, 0, 1], [0, 0, 1, 1], [1.0, 2, 3, 5], shading='gouraud')",
    "image": "v = ax.imshow(np.arange(9.0).reshape(3, 3))",
    "contour": "v = ax.contour(np.outer(range(4), range(4)))",
    "quiver": "v = ax.quiver([1, 2], [3, 4], [1, 1], [2, 2])",
    "legend": "ax.plot([1, 2], label='a'); v = ax.legend(title='t')",
    "spine": "v = ax.spines['left']",
    "x axis": "ax.plot([1, 2]); v = ax.xaxis",
    "y axis": "ax.plot([1, 2]); v = ax.yaxis",
    "axes": "ax.plot([1, 2], label='a'); v = ax",
    "inset": "v = ax.inset_axes([0.5, 0.5, 0.3, 0.3]); v.plot([1, 2])",
    "second axis": "ax.plot([1, 2]); v = ax.secondary_xaxis('top')",
    "polar axes": "fig.clear(); v = fig.add_subplot(projection='polar'); v.plot([1, 2])",
    "axes in space": "fig.clear(); v = fig.add_subplot(projection='3d'); v.plot([1, 2], [1, 2], [1, 2])",
    "figure": "ax.plot([1, 2]); v = fig",
    "part of a figure": "fig.clear(); v = fig.subfigures(1, 2)[0]; v.subplots().plot([1])",
    "axes of a colour bar": "v = fig.colorbar(ax.imshow(np.eye(3))).ax",
}
VALUES = {
    "marker": "'x'", "linestyle": "'--'", "color": "'r'", "drawstyle": "'steps'", "fillstyle": "'left'",
    "hatch": "'/'", "capstyle": "'round'", "joinstyle": "'bevel'", "dash_capstyle": "'round'",
    "solid_capstyle": "'round'", "dash_joinstyle": "'miter'", "solid_joinstyle": "'miter'",
    "path_effects": "[patheffects.withStroke(linewidth=3)]", "sketch_params": "3", "clip_path": "None",
    "clip_box": "transforms.Bbox([[0, 0], [30, 30]])", "facecolor": "'r'", "edgecolor": "'r'",
    "gapcolor": "'r'", "linewidth": "7", "alpha": "0.3", "zorder": "77", "pickradius": "33", "picker": "True",
    "visible": "False", "in_layout": "False", "snap": "True", "rasterized": "True", "antialiased": "False",
    "agg_filter": "lambda a, d: (a * 0.5, 0, 0)", "urls": "['u']", "url": "'u'", "gid": "'g'", "label": "'l'",
    "text": "'tt'", "rotation": "30", "fontsize": "4", "fontweight": "'bold'", "fontfamily": "'serif'",
    "ha": "'right'", "va": "'bottom'", "bbox": "{'fc': 'r'}", "x": "0.4", "y": "0.6", "position": None,
    "norm": "'log'", "clim": "(-4, 30)", "interpolation": "'bilinear'", "offset_transform": "ax.transAxes",
    "sizes": "[3, 99]", "offsets": "[[2, 2], [1, 1]]", "data": None, "arrowstyle": "'fancy'",
    "connectionstyle": "'arc3,rad=.5'", "title": "'tt'", "loc": "'lower left'", "ncols": "2", "aspect": "3",
    "anchor": "'SW'", "axisbelow": "True", "box_aspect": None, "xscale": "'log'", "xlim": "(0, 3)",
    "xticks": "[1, 1.5]", "xmargin": "0.3", "layout_engine": "'constrained'", "dpi": "90",
    "size_inches": "(4, 4)", "label_coords": "-.1, .3", "major_formatter": "'{x}q'", "inverted": "True",
    "minor_locator": "ticker.MultipleLocator(0.03)", "label_position": "'top'", "radius": "0.4",
    "theta1": "20", "width": "0.3", "height": "0.3", "bounds": None, "theta_offset": "1",
    "theta_zero_location": "'S'", "rlabel_position": "80",
    "proj_type": "'ortho'", "navigate": "False", "forward_navigation_events": "False", "patchA": None,
    "functions": "(np.sqrt, np.square)", "location": "'bottom'", "alignment": "'left'", "facecolors": "'r'",
}  # fmt: skip
"""What setters are given, by their names. None: what suits differs too much between artists."""
MORE = {
    "axes": (
        "update_datalim([[9, 9]])", "use_sticky_edges = False", "margins(0.3)", "set_title('a', y=0.5)",
        "title.set_x(0.1)", "yaxis.label.set_y(0.1)", "set_title('a', pad=30)",
        "sharex(fig.add_axes([0, 0, 0.1, 0.1]))", "patch.set_x(0.2)", "set_axes_locator(lambda a, r: None)",
        "xaxis.get_ticklabels()[1].set_visible(False)", "xaxis.get_major_ticks()[1].set_pad(20)",
        "xaxis.get_major_ticks()[1].gridline.set_visible(True)", "xaxis.get_ticklabels()[1].set_ha('right')",
        "lines[0].set_clip_path(plt.Circle((1, 1), 1))", "fill([1, 2], [1, 2])", "note = 'own'",
    ),
    "axes in space": (
        "xaxis.pane.set_color('r')", "xaxis.line.set_color('r')", "set_axis_off()", "grid(False)",
        "zaxis._axinfo['grid']['color'] = 'r'", "view_init(10, 20)", "xaxis.set_pane_color((1, 0, 0, 1))",
    ),
    "figure": (
        "add_subplot(224); fig.add_subplot(222); fig.align_labels()", "subplots_adjust(left=0.4)",
        "suptitle('s', x=0.1)", "text(0.1, 0.1, 'q').set_transform(ax.transAxes)", "note = 1",
    ),
    "annotation": ("arrow_patch.set_arrowstyle('fancy')", "arrow_patch.set_color('r')", "xy = (0.5, 0.5)"),
}  # fmt: skip
UNTOLD = {
    ("axes", "clip_box"), ("inset", "clip_box"), ("second axis", "clip_box"), ("polar axes", "clip_box"),
    ("axes in space", "clip_box"), ("axes of a colour bar", "clip_box"),  # nothing is cut off at it
    ("x axis", "clip_box"), ("y axis", "clip_box"),
    ("part of a figure", "dpi"),  # that of the figure
    ("polar axes", "xlim"),  # drawing turns it into a wedge, which it still tells as a change
}  # fmt: skip
NAMES = {
    "np": np, "plt": plt, "colors": colors, "dates": dates, "patches": patches, "patheffects": patheffects,
    "ticker": ticker, "transforms": transforms,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def made(kind: str, change: str = "") -> tuple[Figure, Any]:
    """A small figure with an artist of a kind, which ``change`` has changed."""
    plt.close("all")
    fig, ax = plt.subplots(figsize=(2, 1.6), dpi=50)
    names: dict[str, Any] = {**NAMES, "fig": fig, "ax": ax}
    exec(f"{ARTISTS[kind]}\n{change}", names)
    return fig, names["v"]


def pixels(fig: Figure) -> bytes:
    """What the figure looks like."""
    fig.canvas.draw()
    return bytes(fig.canvas.buffer_rgba())  # type: ignore[attr-defined]


def answers(artist: Any) -> dict[str, str]:
    """What an artist says of itself, without the addresses of objects."""
    found = {}
    for name in dir(type(artist)):
        if name.startswith("get_") and name not in _NO_ANSWERS:
            try:
                found[name] = re.sub(r"0x[0-9a-f]+", "", repr(getattr(artist, name)()))
            except Exception:  # noqa: BLE001 - it wants arguments, or has nothing to say yet
                continue
    return found


_NO_ANSWERS = {
    "get_tightbbox",
    "get_window_extent",
    "get_default_handler_map",
    "get_transformed_clip_path_and_affine",
}


def changes_of(kind: str) -> list[tuple[str, str]]:
    """The changes to try on artists of a kind, each with its name."""
    artist = made(kind)[1]
    given = [(name, value) for name, value in VALUES.items() if value and hasattr(artist, f"set_{name}")]
    calls = [(name, f"v.set_{name}({value})") for name, value in given]
    return calls + [(code, f"v.{code}") for code in MORE.get(kind, ())]


@pytest.mark.parametrize("kind", ARTISTS)
def test_what_is_seen_or_said_otherwise_has_another_digest(kind: str) -> None:
    """A setter that changes pixels or answers changes artist and figure; a drawing changes neither."""
    fig, artist = made(kind)
    before = digest(artist), digest(fig)
    assert before[0].quality == before[1].quality == "exact"
    seen, said = pixels(fig), answers(artist)
    lost, drawn, tried = [], [], 0
    for name, change in changes_of(kind):
        try:
            fig, artist = made(kind, change)
        except (TypeError, ValueError, AttributeError, RuntimeError):  # not for artists of this kind
            continue
        after = digest(artist), digest(fig)
        try:
            differs = pixels(fig) != seen or answers(artist) != said
        except ValueError:  # what was set cannot be drawn
            continue
        if differs and (kind, name) not in UNTOLD:
            tried += 1
            if after[0].agrees(before[0]) or after[1].agrees(before[1]):
                lost.append(change)
        pixels(fig)
        same = digest(artist).agrees(after[0]) and digest(fig).agrees(after[1])
        if not same and (kind, name) not in UNTOLD:
            drawn.append(change)
    assert (lost, drawn) == ([], [])
    assert tried > FEWEST


FEWEST = 10

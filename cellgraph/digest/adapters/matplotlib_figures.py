"""matplotlib: figures, axes and the axis of each direction.

Axes are compared with the figure that they are on, but without what its other axes show: ``ax`` is
what ``ax.figure.savefig()`` would show of it. A limit counts where it was set, as the others follow
from the data when the figure is drawn; so does a place, unless a layout engine finds it.
"""

from __future__ import annotations

import marshal
from itertools import chain
from typing import Any, NamedTuple

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_artists import (
    Fields,
    add_frame,
    add_plain,
    own_class,
    placeless,
)
from cellgraph.digest.adapters.matplotlib_batches import batch_digest
from cellgraph.digest.adapters.matplotlib_fields import chosen
from cellgraph.digest.adapters.matplotlib_primitives import add_scale, add_ticker, corners
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.protocol import SCALAR_IDS, Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import picks

GLANCED = 500
"""Artists whose class a sample of a figure tells, of each list of them."""

_OF_ANY = tuple(
    "_agg_filter _alpha _animated _clipon _gid _in_layout _label _mouseover _path_effects _picker"
    " _rasterized _sketch _snap _url _visible zorder".split()
)
"""What can be set on whatever is drawn. Most other fields of figures and axes are what drawing works out."""
_ON_FIGURE = ("artists", "lines", "patches", "texts", "images", "legends", "subfigs", *_OF_ANY)
_TITLES = ("title", "_left_title", "_right_title")
_ON_AXES = (
    *("child_axes", "legend_", "axison", "_facecolor", "_axisbelow", "_aspect", "_adjustable", "_box_aspect"),
    *("_anchor", "_xmargin", "_ymargin", "_zmargin", "_rasterization_zorder", "_navigate"),
    *("elev", "azim", "roll", "_vertical_axis", "_focal_length", *_OF_ANY),
)
_ON_AXIS = (
    *(
        "labelpad",
        "label_position",
        "offset_text_position",
        "_major_tick_kw",
        "_minor_tick_kw",
        "_pickradius",
    ),
    *("_remove_overlapping_locs", *_OF_ANY),
)
_TICK_FONT = ("_color", "_fontproperties", "_rotation", "_alpha")
_TURNED = ("_transform", "_rotation", "_rotation_mode", "_verticalalignment", "_horizontalalignment")
_ANGLES = ("_theta_offset", "_direction")
_LIMITS = {"x": (("_viewLim", 0), ("xy_viewLim", 0)), "y": (("_viewLim", 1), ("xy_viewLim", 1))}
_LIMITS["z"] = (("zz_viewLim", 0), ("zz_viewLim", 0))


class _Sheet(NamedTuple):
    """A figure without what its axes show."""

    figure: Any


class _Drawn(NamedTuple):
    """What axes show, without the figure around them."""

    axes: Any


@digests("matplotlib.FigureBase", mutable=True, whole=True)
def _figure(value: Any, walk: Walk) -> bytes:
    """What is on the figure, and all its axes."""
    shown = [walk.visit_side(_Drawn, axes) for axes in state_of(value).get("_localaxes") or ()]
    return b"".join([own_class(value, walk), walk.visit_side(_Sheet, value), *shown])


@digests(_Sheet)
def _sheet(side: _Sheet, walk: Walk) -> bytes:
    figure = side.figure
    state = state_of(figure)
    if walk.sampling:
        return _glance([state.get("_suptitle")], [state.get(name) for name in _ON_FIGURE], walk)
    fields = Fields(walk)
    for name in ("_suptitle", "_supxlabel", "_supylabel"):
        _add_heading(state.get(name), fields, walk)
    layout = state.get("_layout_engine")
    fixed = layout is None or not _places(layout)
    for axes in state.get("_localaxes") or ():
        _add_place(axes, fixed, fields)
    fields.add_all((*corners(state.get("bbox_inches")), _dots(state)))
    fields.add_all((layout, state.get("subplotpars") if fixed else None))
    fields.some_of(figure, _ON_FIGURE)
    add_plain(state.get("patch"), fields, walk)
    return fields.digest()


def _glance(texts: list[Any], lists: list[Any], walk: Walk) -> bytes:
    """What there is of each class, and the words: a sample of a figure, which ``ax.plot()`` changes."""
    held = [tuple(part) if type(part) is list else () for part in lists]
    for part in held:
        walk.note_elements(part)
    counts = [len(part) for part in held]
    chosen_ones = [part[at] for part in held for at in picks(len(part), min(len(part), GLANCED))]
    classes = [class_reflection.short_name(type(artist)) for artist in chosen_ones]
    words = [state_of(text).get("_text") for text in texts]
    return marshal.dumps([counts, classes, [word if type(word) is str else None for word in words]], 2)


def _dots(state: dict[str, Any]) -> float | None:
    """Dots an inch, as the user gave them: a screen of high density has more."""
    dots: Any = state.get("_dpi")
    ratio = state_of(state.get("canvas")).get("_device_pixel_ratio", 1) or 1
    return dots / ratio if type(dots) in (int, float) else None


def _add_heading(value: Any, fields: Fields, walk: Walk) -> None:
    if value is not None and not state_of(value).get("_autopos", True):
        fields.add(value)
    else:
        placeless(value, fields, walk)


def _places(layout: Any) -> bool:
    """Whether the engine puts the axes in their places at each drawing."""
    return class_reflection.short_name(type(layout)) in ("TightLayoutEngine", "ConstrainedLayoutEngine")


def _add_place(axes: Any, fixed: bool, fields: Fields) -> None:
    """Add what kind of axes it is and where. ``fixed``: no drawing moves it."""
    state = state_of(axes)
    own = fixed and state.get("_axes_locator") is None
    fields.add(f"{class_reflection.module_name(type(axes))}.{class_reflection.qualified_name(type(axes))}")
    fields.add(state.get("_subplotspec"))
    fields.add_all(corners(state.get("_originalPosition")) if own else ())


@digests("matplotlib._AxesBase", whole=True)
def _axes(value: Any, walk: Walk) -> bytes:
    """What is drawn on it, and the figure around it."""
    state = state_of(value)
    around = b""
    if (figure := state.get("_parent_figure", state.get("figure"))) is not None:
        walk.note(figure)
        around = walk.visit_side(_Sheet, figure)
    return around + walk.visit_side(_Drawn, value)


@digests(_Drawn)
def _drawn(side: _Drawn, walk: Walk) -> bytes:
    """What is drawn, and how the directions are set up."""
    value = side.axes
    walk.note(value)
    state = state_of(value)
    children = state.get("_children") or ()
    if walk.sampling:
        labels = [state_of(state.get(name)).get("label") for name in ("xaxis", "yaxis")]
        return _glance([*map(state.get, _TITLES), *labels], [children], walk)
    fields = Fields(walk)
    for name in _TITLES:
        placeless(state.get(name), fields, walk)
    for name, spine in sorted(_spines(state).items()):
        fields.add(name)
        _add_spine(spine, fields, walk)
    ticks = [
        _add_direction(name, axis, state, fields, walk) for name, axis in sorted(_axes_of(state).items())
    ]
    _add_own(value, state, fields, walk)
    return b"".join([own_class(value, walk), fields.digest(), *ticks, batch_digest(children, walk)])


def _add_own(axes: Any, state: dict[str, Any], fields: Fields, walk: Walk) -> None:
    """What lies behind the drawing, how it is set up, which colours come next, where a circle begins."""
    add_frame(state.get("patch"), fields, walk)
    fields.some_of(axes, _ON_AXES)
    fields.add(
        state.get("_frameon") if "elev" not in state else None
    )  # in three dimensions drawing puts it off
    fields.some_of(state.get("_get_lines"), ("_idx", "_cycler_items"))
    for name in _ANGLES:
        fields.some_of(state.get(name), ("_mtx",))


def _spines(state: dict[str, Any]) -> dict[str, Any]:
    held = state_of(state.get("spines")).get("_dict")
    return held if type(held) is dict else {}


_BESIDE_AXES = (("outward", 0.0), ("outward", 0))


def _add_spine(spine: Any, fields: Fields, walk: Walk) -> None:
    """A line at the border. Its place is filled in when it is asked for."""
    place = state_of(spine).get("_position")
    fields.add(None if type(place) is tuple and place in _BESIDE_AXES else place)
    add_plain(spine, fields, walk)


def _axes_of(state: dict[str, Any]) -> dict[str, Any]:
    known = state.get("_axis_map")
    return known if type(known) is dict else {"x": state.get("xaxis"), "y": state.get("yaxis")}


def _add_direction(name: str, axis: Any, state: dict[str, Any], fields: Fields, walk: Walk) -> bytes:
    """Add limits and axis of one direction; give what ticks were set one by one."""
    limits = _limits(name, state) if "_functions" not in state else None  # a second scale follows the first
    if limits is not None and (_scaled(axis) or _stretched(state)):
        limits = limits[0] > limits[1]
    fields.add(name)
    fields.add(limits)
    if walk.hook.kinds(type(axis)).content is not _axis:
        fields.add(axis)
        return b""
    return _add_axis(axis, fields, walk)


def _limits(name: str, state: dict[str, Any]) -> Any:
    for box, row in _LIMITS.get(name, ()):
        if found := corners(state.get(box)):
            return found[row], found[row + 2]
    return None


def _scaled(axis: Any) -> bool:
    """Whether its limits follow from the data."""
    return bool(state_of(axis).get("_autoscale_on", True))


def _stretched(state: dict[str, Any]) -> bool:
    """Whether its limits follow from the shape of the figure."""
    return state.get("_aspect") != "auto" and state.get("_adjustable") == "datalim"


@digests("matplotlib.Axis", whole=True)
def _axis(value: Any, walk: Walk) -> bytes:
    """Scale, label and how its ticks are found; the ticks themselves are made for a drawing."""
    fields = Fields(walk)
    ticks = _add_axis(value, fields, walk)
    return fields.digest() + ticks


def _add_axis(axis: Any, fields: Fields, walk: Walk) -> bytes:
    walk.note(axis)
    state = state_of(axis)
    if state.get("_autolabelpos", True):
        placeless(state.get("label"), fields, walk, *(_TURNED if "_axinfo" in state else ()))
    else:
        fields.add(state.get("label"))
    for tickers in map(state_of, (state.get("major"), state.get("minor"))):
        add_ticker(tickers.get("_locator"), fields, walk)
        add_ticker(tickers.get("_formatter"), fields, walk)
    add_scale(state.get("_scale"), fields, walk)
    fields.some_of(axis, _ON_AXIS)
    return own_class(axis, walk) + _odd_ticks(state, walk)


def _odd_ticks(state: dict[str, Any], walk: Walk) -> bytes:
    """How labels of ticks look that were set one by one, as in a loop over ``get_xticklabels()``.

    Both labels of a tick are made alike, and such a loop sets the one that is seen.
    """
    ticks = [*map(state_of, state.get("majorTicks") or ())]
    if state.get("_axinfo") is not None or not ticks or _seem_even(ticks):
        return b""
    labels = [(_look(tick.get("label1"), walk), _look(tick.get("label2"), walk)) for tick in ticks]
    return b"".join(sorted({one for one, other in labels if one != other}))


def _seem_even(ticks: list[dict[str, Any]]) -> bool:
    """Whether the labels look alike, where that is told by texts and numbers.

    Of those on the side that is not seen one will do: there are many, and nobody sets them.
    """
    sides = [side for side in ("label1", "label2") if state_of(ticks[0].get(side)).get("_visible")]
    if len(sides) == 1:
        unseen = ticks[0].get("label2" if sides == ["label1"] else "label1")
        fonts = [*(_font(tick.get(sides[0])) for tick in ticks), _font(unseen)]
    else:
        fonts = [_font(tick.get(side)) for tick in ticks for side in ("label1", "label2")]
    held = [*chain.from_iterable(fonts)]
    several = [part for part in held if type(part) is tuple or type(part) is list]
    kinds = set(map(id, map(type, chain(held, *several))))
    return kinds <= _WORDS and fonts.count(fonts[0]) == len(fonts)


def _font(label: Any) -> tuple[Any, ...]:
    """How a label looks."""
    state = state_of(label)
    font = state_of(state.get("_fontproperties")).values()
    return state.get("_color"), state.get("_rotation"), state.get("_alpha"), *font


_WORDS = SCALAR_IDS | {id(tuple), id(list)}


def _look(label: Any, walk: Walk) -> bytes:
    return chosen(label, _TICK_FONT, walk) if label is not None else b""

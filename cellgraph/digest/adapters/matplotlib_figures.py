"""matplotlib figures, axes, and the axis of each direction.

Axes are compared with the figure they are on, but without the contents of the figure's other axes: ``ax``
stands for what ``ax.figure.savefig()`` would show of it. A limit counts if it was set. Other limits follow
from the data when the figure is drawn. A position counts unless a layout engine computes it.
"""

from __future__ import annotations

import marshal
from itertools import chain
from types import FunctionType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_artists import (
    LINKS,
    TITLES,
    Fields,
    add_frame,
    add_plain,
    both,
    clip_digest,
    cut_off_at,
    label_moves,
    names_of,
    offset_moves,
    own_class,
    placeless,
    skipped,
    title_moves,
    unset_places,
)
from cellgraph.digest.adapters.matplotlib_batches import batch_digest
from cellgraph.digest.adapters.matplotlib_primitives import add_scale, add_ticker, corners, odd_ticks
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import picks
from cellgraph.light_namedtuple import NamedTuple

GLANCED = 500
"""Artists whose class a sample of a figure tells, of each list of them."""

_LISTENERS = "_canvas_callbacks _button_pick_id _scroll_pick_id _mouse_key_ids _axobservers callbacks"
_NOT_OF_FIGURE = names_of(
    LINKS,
    _LISTENERS,
    "_parent canvas _axstack _number _original_dpi",  # the window around it, and which axes are current
    "bbox figbbox bbox_relative dpi_scale_trans transFigure transSubfigure",  # computed
    "_suptitle _supxlabel _supylabel _localaxes _subplotspec _align_label_groups",  # told apart
    "bbox_inches _dpi _layout_engine subplotpars patch",
)
_ON_FIGURE = ("artists", "lines", "patches", "texts", "images", "legends", "subfigs")
_NOT_OF_AXES = names_of(
    LINKS,
    _LISTENERS,
    "_colorbars _colorbar _colorbar_info _mouseover_set _parent _projection_init",  # other links
    "cla drag_pan _get_view _set_view _set_view_from_bbox _vertical_axis_cids",  # methods of a colour bar
    "bbox _position axesLim transAxes transLimits transScale transData transShift transWedge",  # follow …
    "transProjection transProjectionAffine transAffine titleOffsetTrans _xaxis_transform _yaxis_transform",
    "_xaxis_text_transform _yaxis_text_transform _xaxis_text1_transform _xaxis_text2_transform",
    "_yaxis_text1_transform _yaxis_text2_transform _xaxis_pretransform _realViewLim _originViewLim",
    "_stale_viewlims _in_autoscale _gridOn _autotitlepos",  # computed by drawing
    "_view_u _view_v _view_w M invM _pseudo_w _pseudo_h _sx _sy button_pressed _pan_start",
    "_parentscale _ticks_set",
    "title _left_title _right_title spines _axis_map xaxis yaxis zaxis _axis patch",  # told apart
    "_children containers _current_image _get_lines _get_patches_for_fill _frameon _subplotspec",
    "_originalPosition _axes_locator _sharex _sharey _sharez _shareview _theta_offset _direction",
    "_r_label_position _viewLim xy_viewLim zz_viewLim dataLim xy_dataLim zz_dataLim _pos",
)
_NOT_OF_AXIS = names_of(
    LINKS,
    _LISTENERS,
    "majorTicks minorTicks _tick_position",  # made or computed by drawing
    "label offsetText major minor _scale _converter",  # told apart
    "pane line gridlines",
)
_NOT_OF_SECOND_AXIS = _NOT_OF_AXIS | {"_autoscale_on"}
_ANGLES = ("_theta_offset", "_direction", "_r_label_position")
_SHARED = ("_sharex", "_sharey", "_sharez", "_shareview")
_LIMITS = {"x": (("_viewLim", 0), ("xy_viewLim", 0)), "y": (("_viewLim", 1), ("xy_viewLim", 1))}
_LIMITS["z"] = (("zz_viewLim", 0), ("zz_viewLim", 0))


class _Sheet(NamedTuple):
    """A figure without the contents of its axes."""

    figure: Any


class _Drawn(NamedTuple):
    """The contents of axes without the figure around them."""

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
    layout = _layout_of(state)
    fixed = layout is None or not _places(layout)
    for name in ("_suptitle", "_supxlabel", "_supylabel"):
        _add_heading(state.get(name), fixed, fields, walk)
    for axes in state.get("_localaxes") or ():
        _add_place(axes, fixed=fixed, fields=fields)
    fields.add_all((*corners(state.get("bbox_inches")), _dots(state)))
    fields.add_all((layout, state.get("subplotpars") if fixed else None, state.get("_subplotspec")))
    fields.add_all(corners(state.get("bbox_relative")) if fixed else ())
    fields.add(_alignment(state))
    fields.all_of(figure, both(_NOT_OF_FIGURE, unset_places(state)))
    add_plain(state.get("patch"), fields, walk)
    return fields.digest() + clip_digest(state, walk)


def _alignment(state: dict[str, Any]) -> tuple[Any, ...]:
    """Which axes have their labels or titles aligned, as ``fig.align_labels()`` records it."""
    groups = state.get("_align_label_groups")
    if type(groups) is not dict:
        return ()
    places = {id(axes): at for at, axes in enumerate(state.get("_localaxes") or ())}
    return tuple(_joined(groups[name], places) for name in ("x", "y", "title") if name in groups)


def _joined(grouper: Any, places: dict[int, int]) -> tuple[tuple[int, ...], ...]:
    """The groups of more than one member, read from weak references: nothing of the user's is hashed."""
    groups = state_of(state_of(grouper).get("_mapping")).get("data") or {}
    found = set()
    for members in {id(held): held for held in groups.values()}.values():
        alive = [ref() for ref in state_of(members).get("data") or ()]
        at = tuple(sorted(places[id(axes)] for axes in alive if id(axes) in places))
        if len(at) > 1:
            found.add(at)
    return tuple(sorted(found))


def _glance(texts: list[Any], lists: list[Any], walk: Walk) -> bytes:
    """A sample of a figure: how many objects of each class there are, and the texts.

    ``ax.plot()`` changes it.
    """
    held = [tuple(part) if type(part) is list else () for part in lists]
    for part in held:
        walk.note_elements(part)
    counts = [len(part) for part in held]
    chosen_ones = [part[at] for part in held for at in picks(len(part), min(len(part), GLANCED))]
    classes = [class_reflection.short_name(type(artist)) for artist in chosen_ones]
    words = [state_of(text).get("_text") for text in texts]
    return marshal.dumps([counts, classes, [word if type(word) is str else None for word in words]], 2)


def _dots(state: dict[str, Any]) -> float | None:
    """Dots an inch, as the user set them. A screen of high density multiplies the figure's own value."""
    dots: Any = state.get("_dpi")
    ratio = state_of(state.get("canvas")).get("_device_pixel_ratio", 1) or 1
    return dots / ratio if type(dots) in (int, float) else None


def _add_heading(value: Any, fixed: bool, fields: Fields, walk: Walk) -> None:
    """Add a title of the figure. A layout engine may move it."""
    if value is None:
        fields.add(None)
    else:
        moves = not fixed and state_of(value).get("_autopos", True)
        placeless(value, fields, walk, _PLACE if moves else frozenset())


_PLACE = frozenset({"_x", "_y"})


def _layout_of(state: dict[str, Any]) -> Any:
    """The layout engine of a figure. A subfigure has the engine of the whole figure."""
    while "_layout_engine" not in state and state.get("_parent") is not None:
        state = state_of(state["_parent"])
    return state.get("_layout_engine")


def _places(layout: Any) -> bool:
    """Whether the engine positions the axes at each drawing."""
    return class_reflection.short_name(type(layout)) in ("TightLayoutEngine", "ConstrainedLayoutEngine")


def _add_place(axes: Any, *, fixed: bool, fields: Fields) -> None:
    """Add the kind of axes and their position. ``fixed`` says that no drawing moves them."""
    state = state_of(axes)
    own = fixed and state.get("_axes_locator") is None
    fields.add(f"{class_reflection.module_name(type(axes))}.{class_reflection.qualified_name(type(axes))}")
    fields.add(state.get("_subplotspec"))
    fields.add_all(corners(state.get("_originalPosition")) if own else ())
    fields.add(_locator(state.get("_axes_locator")))


_LOCATORS = frozenset({"_TransformedBoundsLocator", "_ColorbarAxesLocator"})


def _locator(value: Any) -> Any:
    """What positions the axes: a function of the user's, a known class, or the name of its class."""
    if value is None or type(value) is FunctionType:
        return value
    name = class_reflection.qualified_name(type(value))
    return value if name in _LOCATORS else name


@digests("matplotlib._AxesBase", whole=True)
def _axes(value: Any, walk: Walk) -> bytes:
    """The contents of the axes, and the figure around them."""
    state = state_of(value)
    around = b""
    if (figure := state.get("_parent_figure", state.get("figure"))) is not None:
        walk.note(figure)
        around = walk.visit_side(_Sheet, figure)
        if not any(axes is value for axes in state_of(figure).get("_localaxes") or ()):
            fields = Fields(walk)
            _add_place(value, fixed=True, fields=fields)
            around += fields.digest()
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
        return _glance([*map(state.get, TITLES), *labels], [children], walk)
    fields = Fields(walk)
    moved = title_moves(state)
    for name in TITLES:
        placeless(state.get(name), fields, walk, moved)
    for name, spine in sorted(_spines(state).items()):
        fields.add(name)
        _add_spine(spine, fields, walk)
    ticks = [
        _add_direction(name, axis, state, fields, walk) for name, axis in sorted(_axes_of(state).items())
    ]
    _add_own(value, state, fields, walk)
    return b"".join([own_class(value, walk), fields.digest(), *ticks, batch_digest(children, walk)])


def _add_own(axes: Any, state: dict[str, Any], fields: Fields, walk: Walk) -> None:
    """Add background, set-up, the next colours of the cycle, and where a circle begins."""
    patch = state.get("patch")
    is_box = class_reflection.short_name(type(patch)) == "Rectangle"  # otherwise drawing computes it
    (add_plain if is_box else add_frame)(patch, fields, walk)
    fields.all_of(axes, both(_NOT_OF_AXES, unset_places(state)))
    fields.add_all(tuple(_shared_place(state, name) for name in _SHARED))
    fields.add_all(tuple(chain.from_iterable(corners(state.get(name)) for name in _DATA)))
    fields.add_all([_container_fields(held) for held in state.get("containers") or ()])
    fields.add(state_of(state.get("_originViewLim")).get("_locked_points"))
    fields.add(
        state.get("_frameon") if "elev" not in state else None
    )  # in three dimensions drawing postpones it
    lines = state_of(state.get("_get_lines"))
    fields.add_all(
        (lines.get("_idx"), _cycle(lines), state_of(state.get("_get_patches_for_fill")).get("_idx"))
    )
    for name in _ANGLES:
        fields.some_of(state.get(name), ("_mtx",))


_DATA = ("dataLim", "xy_dataLim", "zz_dataLim")


def _shared_place(state: dict[str, Any], name: str) -> int | None:
    """The index, on the figure, of the axes that share their limits or view. -1 for axes elsewhere."""
    if (other := state.get(name)) is None:
        return None
    figure = state_of(state.get("_parent_figure", state.get("figure")))
    return next((at for at, axes in enumerate(figure.get("_localaxes") or ()) if axes is other), -1)


def _cycle(process: dict[str, Any]) -> Any:
    """The colours and styles of the property cycle: mostly a few words, as one tuple."""
    items = process.get("_cycler_items") or ()
    if all(type(item) is dict for item in items):
        return (len(items), *chain.from_iterable(chain.from_iterable(map(dict.items, items))))
    return items


def _container_fields(container: Any) -> tuple[Any, ...]:
    """The type and label of a container of artists. The artists are among those on the axes."""
    state = state_of(container)
    return (class_reflection.short_name(type(container)), len(container), state.get("_label"))


def _spines(state: dict[str, Any]) -> dict[str, Any]:
    held = state_of(state.get("spines")).get("_dict")
    return held if type(held) is dict else {}


_BESIDE_AXES = (("outward", 0.0), ("outward", 0))


def _add_spine(spine: Any, fields: Fields, walk: Walk) -> None:
    """Add a line at the border. Its position is computed at the first read."""
    place = state_of(spine).get("_position")
    fields.add(None if type(place) is tuple and place in _BESIDE_AXES else place)
    add_plain(spine, fields, walk)


def _axes_of(state: dict[str, Any]) -> dict[str, Any]:
    known = state.get("_axis_map")
    return known if type(known) is dict else {"x": state.get("xaxis"), "y": state.get("yaxis")}


def _add_direction(name: str, axis: Any, state: dict[str, Any], fields: Fields, walk: Walk) -> bytes:
    """Add limits and axis of one direction. Returns the ticks that were set one by one."""
    fields.add(name)
    fields.add(_set_limits(name, axis, state))
    if walk.hook.kinds(type(axis)).content is not _axis:
        fields.add(axis)
        return b""
    return _add_axis(axis, fields, walk)


def _set_limits(name: str, axis: Any, state: dict[str, Any]) -> Any:
    """Limits that were set. Of other limits only the direction counts: which end comes first."""
    limits = _limits(name, state) if "_functions" not in state else None  # a second scale follows the first
    if limits is not None and (_scaled(axis) or _scaled_elsewhere(name, state) or _stretched(state)):
        return limits[0] > limits[1]
    return limits


def _limits(name: str, state: dict[str, Any]) -> Any:
    for box, row in _LIMITS.get(name, ()):
        if found := corners(state.get(box)):
            return found[row], found[row + 2]
    return None


def _scaled(axis: Any) -> bool:
    """Whether the limits follow from the data."""
    return bool(state_of(axis).get("_autoscale_on", True))


def _scaled_elsewhere(name: str, state: dict[str, Any]) -> bool:
    """Whether axes that share the direction compute the limits."""
    other = state_of(state.get(f"_share{name}"))
    return bool(other) and _scaled(_axes_of(other).get(name))


def _stretched(state: dict[str, Any]) -> bool:
    """Whether the limits follow from the shape of the figure."""
    return state.get("_aspect") != "auto" and state.get("_adjustable") == "datalim"


@digests("matplotlib.Axis", whole=True)
def _axis(value: Any, walk: Walk) -> bytes:
    """Scale, label, and how ticks are found. The ticks themselves are made by drawing."""
    fields = Fields(walk)
    axes = state_of(state_of(value).get("_axes", state_of(value).get("axes")))
    for name, axis in _axes_of(axes).items():
        if axis is value:
            fields.add(_set_limits(name, axis, axes))
    ticks = _add_axis(value, fields, walk)
    return fields.digest() + ticks


def _add_axis(axis: Any, fields: Fields, walk: Walk) -> bytes:
    walk.note(axis)
    state = state_of(axis)
    placeless(state.get("label"), fields, walk, label_moves(axis, walk))
    offset = state.get("offsetText")
    fields.all_of(offset, both(skipped(offset, walk), offset_moves(axis)))
    for tickers in map(state_of, (state.get("major"), state.get("minor"))):
        add_ticker(tickers.get("_locator"), fields, walk)
        add_ticker(tickers.get("_formatter"), fields, walk)
    add_scale(state.get("_scale"), fields, walk)
    second = "_functions" in state_of(state.get("_axes", state.get("axes")))  # its limits follow the first
    left_out = _NOT_OF_SECOND_AXIS if second else _NOT_OF_AXIS
    fields.all_of(axis, both(left_out, unset_places(state)))
    if (path := state.get("_clippath")) is not None:
        fields.add(cut_off_at(path, state, walk))
    fields.add(class_reflection.qualified_name(type(state.get("_converter"))))
    for name in _DEEP:
        if (part := state.get(name)) is not None:
            fields.all_of(part, both(skipped(part, walk), _PROJECTED))
    if "_axinfo" in state:
        fields.add(state.get("_tick_position"))
    return own_class(axis, walk) + odd_ticks(state, walk)


_DEEP = ("pane", "line", "gridlines")
_PROJECTED = names_of(
    "_path _paths _xorig _yorig _offset_transform _segments3d _verts3d",
    "_original_edgecolor _linewidths _us_lw _us_linestyles",  # refilled from the axis's own table
)

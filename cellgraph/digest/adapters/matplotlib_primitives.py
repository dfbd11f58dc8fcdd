"""The small objects that matplotlib artists are drawn with: colours, norms, paths, scales, transforms."""

from __future__ import annotations

import marshal
import operator
from collections.abc import Callable
from itertools import chain
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_artists import Fields, drawn_by_all_but, is_one_of, own_class
from cellgraph.digest.adapters.matplotlib_fields import chosen, drawn_by, told_in_words, without
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.forms import by_all_fields, by_part
from cellgraph.digest.protocol import SCALAR_IDS, Walk
from cellgraph.digest.registry import digests
from cellgraph.light_namedtuple import NamedTuple

_COLOURS = ("colors", "_segmentdata")
_LUT = frozenset({"_lut", "_isinit", *_COLOURS})
_LISTENERS = frozenset({"callbacks", "_id_norm", "_id_colorizer", "colorbar", "_scale", "_trf"})
_BELOW = ("_a", "_b", "_x", "_y", "_base_transform")
_TICKER_CACHES = frozenset(
    "axis _axis axes _axes axisinfo plot_obj"  # what it belongs to
    " locs _locs offset orderOfMagnitude _orderOfMagnitude format _format _sublabels _labelled"
    " _extended_steps _freq _formatter formatdict".split()
)
"""Fields of a locator or formatter that a drawing fills in; the rest says how ticks are placed and worded."""
_FIXED = _TICKER_CACHES - {"locs"}  # which the user gives, like the positions themselves
_CONCISE = _TICKER_CACHES | {"offset_string", "_offset_string"}  # which the user gives to others
_AUTOMATIC = _TICKER_CACHES | {"ndivs"}


@digests(
    "matplotlib.Colormap", "matplotlib.MultivarColormap", "matplotlib.BivarColormap", mutable=True, whole=True
)
def _colormap(value: Any, walk: Walk) -> bytes:
    """Its colours. The lookup table is made at first use.

    All figures share the lists of matplotlib's own colour maps. Sharing them makes no aliases.
    """
    state = state_of(value)
    colours = tuple(state.get(name) for name in _COLOURS)
    return own_class(value, walk) + without(value, _LUT, walk) + walk.visit_untracked(colours)


digests("matplotlib.Normalize", "matplotlib.Norm", "matplotlib.Colorizer", mutable=True, whole=True)(
    drawn_by_all_but(_LISTENERS)
)


@digests("matplotlib.Path", whole=True)
def _path(value: Any, walk: Walk) -> bytes:
    state = state_of(value)
    if state.get("_readonly") is True:  # a path of matplotlib's own that all circles share
        return walk.visit_untracked((state.get("_vertices"), state.get("_codes")))
    walk.note(value)
    return chosen(value, ("_vertices", "_codes", "_interpolation_steps"), walk)


# The other fields are computed from these when a style is set.
_MARKER = ("_marker", "_fillstyle", "_user_transform", "_user_capstyle", "_user_joinstyle")


@digests("matplotlib.MarkerStyle", whole=True)
def _marker(value: Any, walk: Walk) -> bytes:
    return chosen(value, _MARKER, walk)


def are_markers(cls: type, walk: Walk) -> bool:
    """Whether instances are digested by their ``marker_fields``."""
    return walk.hook.kinds(cls).content is _marker


def marker_fields(value: Any) -> tuple[Any, ...]:
    """Everything that a marker is drawn by."""
    return tuple(map(state_of(value).get, _MARKER))


digests("matplotlib.SubplotParams", "matplotlib._XYPair", mutable=True, whole=True)(
    drawn_by_all_but(frozenset())
)


# A shape of boxes and arrows, or an effect on lines: its settings.
digests("matplotlib.AbstractPathEffect", "matplotlib._Style", mutable=True, whole=True)(
    drawn_by_all_but(frozenset({"patch"}))
)


digests(
    "matplotlib.BoxStyle.Square",
    "matplotlib.BoxStyle.Circle",
    "matplotlib.BoxStyle.Ellipse",
    "matplotlib.BoxStyle.LArrow",
    "matplotlib.BoxStyle.RArrow",
    "matplotlib.BoxStyle.DArrow",
    "matplotlib.BoxStyle.Round",
    "matplotlib.BoxStyle.Round4",
    "matplotlib.BoxStyle.Sawtooth",
    "matplotlib.BoxStyle.Roundtooth",
    "matplotlib.ConnectionStyle._Base",
    "matplotlib.ArrowStyle._Base",
    mutable=True,
    whole=True,
)(drawn_by_all_but(frozenset({"patch"})))


# A grid of places for axes, not the figure it is for.
digests("matplotlib.GridSpecBase", mutable=True, whole=True)(
    drawn_by_all_but(frozenset({"figure", "_toplevel_figure"}))
)


digests("matplotlib.SubplotSpec", mutable=True, whole=True)(drawn_by_all_but(frozenset()))


digests("matplotlib.LayoutEngine", mutable=True, whole=True)(drawn_by_all_but(frozenset()))


@digests("matplotlib.Locator", "matplotlib.Formatter", "matplotlib.TickHelper", mutable=True, whole=True)
def _ticker(value: Any, walk: Walk) -> bytes:
    fields = Fields(walk)
    fields.set_of(value, _ticker_caches(value, walk))
    return own_class(value, walk) + fields.digest()


def add_ticker(value: Any, fields: Fields, walk: Walk) -> None:
    """Add how ticks are placed or labelled.

    An object of another class than matplotlib's own is added as a part.
    """
    if walk.hook.kinds(type(value)).content is not _ticker or own_class(value, walk):
        fields.add(value)
        return
    walk.note(value)
    fields.add(class_reflection.qualified_name(type(value)))
    fields.set_of(value, _ticker_caches(value, walk))


def _ticker_caches(value: Any, walk: Walk) -> frozenset[str]:
    if is_one_of(value, frozenset({"FixedLocator"}), walk):
        return _FIXED
    if is_one_of(value, frozenset({"ConciseDateFormatter"}), walk):
        return _CONCISE
    divisions = state_of(value).get("ndivs")
    return _AUTOMATIC if type(divisions) is str else _TICKER_CACHES  # drawing turns None into "auto"


digests("matplotlib._Edge_integer", mutable=True, whole=True)(by_all_fields())  # the base of multiples


@digests("matplotlib.rrulewrapper", mutable=True, whole=True)
def _rule(value: Any, walk: Walk) -> bytes:
    """Which dates have ticks. Drawing sets the range of dates."""
    given = state_of(value).get("_construct") or {}
    return walk.visit_temporary({name: held for name, held in given.items() if name not in _DRAWN_DATES})


_DRAWN_DATES = frozenset({"dtstart", "until"})


@digests("matplotlib.ScaleBase", whole=True)
def _scale(value: Any, walk: Walk) -> bytes:
    """The class (linear, logarithmic, …), its base and its functions."""
    fields = Fields(walk)
    _add_settings(value, fields)
    return own_class(value, walk) + fields.digest()


def add_scale(value: Any, fields: Fields, walk: Walk) -> None:
    """Add a scale, as ``_scale`` digests it.

    One of another class than matplotlib's own is added as a part.
    """
    if walk.hook.kinds(type(value)).content is not _scale or own_class(value, walk):
        fields.add(value)
        return
    fields.add(class_reflection.qualified_name(type(value)))
    _add_settings(value, fields)


def _add_settings(scale: Any, fields: Fields) -> None:
    fields.set_of(scale, _SCALE_LINKS)
    fields.all_of(state_of(scale).get("_transform"), _SCALE_LINKS)


_SCALE_LINKS = frozenset({"_parents", "_invalid", "_inverted", "_transform", "axis"})


def corners(value: Any) -> tuple[float, ...]:
    """The corners of a box as four numbers: x and y of one, then of the other.

    Empty if the object is not a Bbox.
    """
    points = state_of(value).get("_points")
    return tuple(points.ravel().tolist()) if points is not None else ()


digests("matplotlib.Bbox", mutable=True, whole=True)(by_part(corners))


digests("matplotlib.TransformedBbox", "matplotlib.LockableBbox", whole=True)(drawn_by("_bbox", "_transform"))


class _Leaves(NamedTuple):
    """The leaves of a tree of transforms: names, whether one of them has a position, and the matrices."""

    names: str
    placed: bool
    matrices: tuple[Any, ...]


@digests("matplotlib.TransformNode", whole=True)
def _transform(value: Any, walk: Walk) -> bytes:
    """The leaves of the tree. Limits and sizes belong to the axes and the figure, and are compared there.

    A matrix counts if data or axes come after it. A matrix that stands alone positions a part of a legend,
    and is computed anew by each drawing.
    """
    names, placed, matrices = _leaves(value, walk)
    return names.encode() + marshal.dumps(matrices if placed else None, 2)


def _words_of_transform(value: Any, walk: Walk) -> tuple[Any, ...]:
    names, placed, matrices = _leaves(value, walk)
    return ("transform", names, marshal.dumps(matrices, 2) if placed and matrices else placed)


told_in_words(_transform, _words_of_transform)


def _leaves(value: Any, walk: Walk) -> _Leaves:
    """The leaves of a tree of transforms.

    The result is cached: the transforms of a figure share most of theirs.
    """
    known = walk.hook.told.get(id(value))
    if known is not None:
        return known[1]  # type: ignore[no-any-return]
    state = state_of(value)
    below = [_leaves(state[name], walk) for name in _BELOW if name in state]
    if len(below) == 2:
        (names, placed, matrices), other = below
        found = _Leaves(f"{names} {other.names}", placed or other.placed, matrices + other.matrices)
    elif below:
        found = below[0]
    else:
        found = _leaf(value, state, walk)
    walk.hook.told[id(value)] = (value, found)
    return found


def _leaf(value: Any, state: dict[str, Any], walk: Walk) -> _Leaves:
    name = class_reflection.short_name(type(value))
    if name == "Affine2D":
        return _Leaves(name, placed=False, matrices=(tuple(map(tuple, state["_mtx"].tolist())),))
    if name == "ScaledTranslation":
        return _Leaves(name, placed=True, matrices=(tuple(map(float, state["_t"])),))
    if (box := state.get("_boxout", state.get("_boxin"))) is not None:
        inner = state_of(box).get("_transform")
        if inner is not None:  # the box of a figure, or of axes on it
            name = f"{name}({_leaves(inner, walk).names})"
    return _Leaves(name, placed=name != "IdentityTransform", matrices=())


# A colour bar: its axes, the artist it explains, and its options. The rest is computed from these.
digests("matplotlib.Colorbar", mutable=True, whole=True)(
    drawn_by_all_but(
        frozenset(
            "stale vmin vmax norm cmap _y _values _boundaries _inside _filled _ax_remove _interactive_funcs"
            " _extend_cid1 _extend_cid2 mappable_id _locator _formatter _minorlocator _minorformatter"
            " solids solids_patches lines _extend_patches dividers outline".split()
        )
    )
)


# The points of each triangle. The rest is computed from these.
digests("matplotlib.Triangulation", mutable=True, whole=True)(
    drawn_by_all_but(frozenset({"_cpp_triangulation", "_trifinder", "_edges", "_neighbors"}))
)


# The path at which an artist is clipped.
digests("matplotlib.TransformedPatchPath", whole=True)(drawn_by("_patch"))
digests("matplotlib.TransformedPath", whole=True)(drawn_by("_path", "_transform"))


# The position of axes within others.
digests("matplotlib._TransformedBoundsLocator", mutable=True, whole=True)(drawn_by("_bounds", "_transform"))
digests("matplotlib._ColorbarAxesLocator", whole=True)(drawn_by("_orig_locator"))


# The numbers that the words on an axis stand for.
digests("matplotlib.UnitData", mutable=True, whole=True)(drawn_by("_mapping"))


_TICK_FONT = ("_color", "_fontproperties", "_rotation", "_alpha")


def odd_ticks(state: dict[str, Any], walk: Walk) -> bytes:
    """The look of tick labels that were set one by one, as in a loop over ``get_xticklabels()``.

    Both labels of a tick are made alike, and such a loop sets the visible one.
    """
    ticks = [*map(state_of, state.get("majorTicks") or ())]
    if state.get("_axinfo") is not None or not ticks:
        return b""
    labels = b"" if _seem_even(ticks) else _odd_labels(ticks, walk)
    if len(ticks) == 1:
        return labels
    shown = [_shown(tick) for tick in ticks]
    odd = [(at, *one) for at, one in enumerate(shown) if one != shown[0]]
    return labels + marshal.dumps(odd, 2) if odd else labels


def _odd_labels(ticks: list[dict[str, Any]], walk: Walk) -> bytes:
    labels = [(_look(tick.get("label1"), walk), _look(tick.get("label2"), walk)) for tick in ticks]
    odd = [(at, one) for at, (one, other) in enumerate(labels) if one != other]
    first = [one for at, one in odd if at == 0]  # ticks that drawing adds look like the first
    return b"".join(first + [b"%d:%b" % told for told in odd if [told[1]] != first])


def _shown(tick: dict[str, Any]) -> tuple[Any, ...]:
    """The visible parts of a tick and the distance of its label, if words and numbers can express them."""
    parts = [state_of(tick.get(name)) for name in _OF_TICK]
    lines = [_taken(part, _LINE, _OF_LINE) for part in parts[:3]]
    texts = [_taken(part, _LABEL, _OF_LABEL) for part in parts[3:]]
    boxes = [part.get("_bbox_patch") is not None for part in parts[3:]]
    own = (tick.get("_pad"), tick.get("_base_pad"), tick.get("_visible"))
    shown = (*own, *chain.from_iterable(lines), *chain.from_iterable(texts), *boxes)
    if SCALAR_IDS.issuperset(map(id, map(type, shown))):  # as nearly always
        return shown
    return tuple(held if id(type(held)) in SCALAR_IDS else None for held in shown)


def _taken(
    state: dict[str, Any], take: Callable[[dict[str, Any]], tuple[Any, ...]], names: tuple[str, ...]
) -> tuple[Any, ...]:
    """The values of these names, which ``take`` takes at once if all are there. None for a missing one."""
    try:
        return take(state)
    except KeyError:
        return tuple(map(state.get, names))


_OF_TICK = ("tick1line", "tick2line", "gridline", "label1", "label2")
_OF_LINE = ("_visible", "_color", "_linewidth", "_linestyle", "_markersize", "_alpha")
_OF_LABEL = ("_visible", "_horizontalalignment", "_verticalalignment")
_LINE, _LABEL = operator.itemgetter(*_OF_LINE), operator.itemgetter(*_OF_LABEL)


def _seem_even(ticks: list[dict[str, Any]]) -> bool:
    """Whether the labels look alike, judged by their texts and numbers.

    On the side that is not visible one label is enough: there are many, and nobody sets them.
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

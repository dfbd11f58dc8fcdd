"""matplotlib artists, by the fields that define how they are drawn.

An artist's ``__dict__`` contains the user's choices and caches side by side. Drawing fills in positions,
limits, mapped colours and projections. Those fields are named here and left out, so that showing a figure is
no change. Properties are never read, because some of them autoscale or draw.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Collection
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_fields import attributes_digest, without
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.protocol import Content, Walk
from cellgraph.digest.registry import digests


def names_of(*texts: str) -> frozenset[str]:
    """The set of the words in some texts."""
    return frozenset(" ".join(texts).split())


LINKS = (
    "_stale stale stale_callback _axes axes _parent_figure figure _root_figure _callbacks callbacks"
    " _remove_method _sticky_edges _transformSet clipbox _clippath _in_autoscale"
)
"""What is no part of how an artist looks: who owns it and who listens. ``clip_digest`` tells its border."""
_EVERY = LINKS + " _id_colorizer _id_norm colorbar"

_LEFT_OUT: dict[str, str] = {
    "Line2D": "_x _y _xy _path _invalidx _invalidy _subslice _transformed_path _x_filled _dash_pattern",
    "Patch": "_edgecolor _facecolor _hatch_color _dash_pattern _aspect_ratio_correction",
    "FancyArrowPatch": "_dpi_cor",
    "Ellipse": "_patch_transform",
    "Arc": "_stretched_width _stretched_height _path",
    "RegularPolygon": "_patch_transform",
    "Wedge": "_path",
    "Annulus": "_path",
    "Spine": "axis _path _patch_transform _position _center _width _height _theta1 _theta2",
    "Collection": "_facecolors _edgecolors _hatchcolors _face_is_mapped _edge_is_mapped _mapped_colors"
    " _linewidths _linestyles _transforms",
    "QuadMesh": "_paths",
    "TriMesh": "_paths",
    "Quiver": "_transform transform scale width span _trans_scale _dpi_at_last_init _paths _init",
    "Barbs": "_transform transform _paths _offsets",
    "QuiverKey": "vector verts _dpi_at_last_init kw _transform",
    "ContourSet": "_contour_generator labelMappable _old_style_split_collections",
    "_ImageBase": "_imcache",
    "BboxImage": "_transform",
    "Text": "_renderer",
    "Annotation": "_transform _arrow_relpos",
    "OffsetBox": "_offset offset_transform dpi_transform _dpi_transform _baseline_transform",
    "Table": "_cachedRenderer _cells_auto_sized",
    "Cell": "_x0 _y0 _width _height",
    # The last result of projecting three dimensions.
    "Line3D": "_xorig _yorig zorder",
    "Text3D": "_rotation zorder",
    "Path3DCollection": "_offsets _sizes _z_markers_idx _vzs _offset_zordered _data_scale zorder",
    "Patch3DCollection": "_offsets _z_markers_idx _vzs _offset_zordered _data_scale zorder",
    "Collection3D": "_paths zorder",
    "Line3DCollection": "_paths zorder",
    "Poly3DCollection": "_paths _facecolors2d _edgecolors2d _sort_zpos zorder",
    "Patch3D": "_path2d zorder",
}
"""By class and what derives from it: caches, and what a drawing works out anew."""

_MAP = frozenset({"_colorizer", "norm", "cmap"})
_MAPPED = _MAP | {"_facecolor3d", "_edgecolor3d"}
"""What a collection has for colours that are made of its data, and what has these colours."""


def own_class(value: Any, walk: Walk) -> bytes:
    """The class of a value if it was made in the notebook, because its code draws too; else None."""
    cls = type(value)
    return walk.visit(cls) if _traits(cls, walk)[2] else b""


def drawn_by_all_but(left_out: frozenset[str]) -> Content:
    """A handler for what is drawn by all its attributes, except some that are known to be caches."""

    def content(value: Any, walk: Walk) -> bytes:
        return own_class(value, walk) + without(value, left_out, walk)

    return content


@digests(
    "matplotlib.Artist", "matplotlib._ScalarMappable", "matplotlib.ScalarMappable", mutable=True, whole=True
)
def _artist(value: Any, walk: Walk) -> bytes:
    """Everything that it is drawn by."""
    state = state_of(value)
    left_out = both(skipped(value, walk), unset_places(state))
    colours = b""
    if state.get("_colorizer", state.get("cmap")) is not None:
        if state.get("_A") is None:
            colours, left_out = _unused_colours(state, walk), both(left_out, _MAP)
        else:
            colours, left_out = _mapped_colours(state, walk), both(left_out, _MAPPED)
    return b"".join(
        [own_class(value, walk), colours, clip_digest(state, walk), without(value, left_out, walk)]
    )


def unset_places(state: dict[str, Any]) -> frozenset[str]:
    """The identity transforms. A transform that is not set becomes one when it is first read."""
    unset = frozenset(name for name in _PLACES if name in state and _is_identity(state[name]))
    if "_contour_generator" in state or "_contour_set" in state or "zmax" in state:
        axes = state_of(state.get("_axes", state.get("axes")))
        if state.get("_transform") is axes.get("transData"):
            return unset | {"_transform"}
    return unset


_PLACES = ("_transform", "_offset_transform")


def _is_identity(transform: Any) -> bool:
    return transform is None or class_reflection.short_name(type(transform)) == "IdentityTransform"


def is_plain_artist(cls: type, walk: Walk) -> bool:
    """Whether artists of this class are digested by their fields alone."""
    return walk.hook.kinds(cls).content is _artist


_WHOLE = b"whole"
_AT_AXES = b"axes"


def clip_digest(state: dict[str, Any], walk: Walk) -> bytes:
    """Where an artist is clipped.

    Most are clipped at the border of their axes, whose position is left out.
    """
    box, path = state.get("clipbox"), state.get("_clippath")
    if box is None and path is None:
        return _WHOLE
    told = [cut_off_at(path, state, walk)]
    axes = state_of(state.get("_axes", state.get("axes")))
    told.append(_AT_AXES if box is not None and box is axes.get("bbox") else walk.visit(box))
    return b"".join(told)


def cut_off_at(path: Any, state: dict[str, Any], walk: Walk) -> bytes:
    """The clip path of an artist: that of its axes, or any other."""
    axes = state_of(state.get("_axes", state.get("axes")))
    at_border = path is not None and state_of(path).get("_patch") is axes.get("patch")
    return _AT_AXES if at_border else walk.visit(path)


class Fields:
    """The contents of several small objects of one drawing, digested together.

    An empty pair of axes has dozens of titles, borders and scales. Most of their contents are words and
    numbers, which are written at once. Each object is noted, but none is a part by itself.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._heads: list[bytes] = []
        self._values: list[Any] = []

    def add(self, value: Any) -> None:
        """Add any value."""
        self._values.append(value)

    def add_all(self, values: Collection[Any]) -> None:
        """Add any number of values."""
        self._values += (len(values), *values)

    def all_of(self, value: Any, left_out: frozenset[str]) -> None:
        """Add all attributes of an artist by name, except some."""
        if value is None:
            self._heads.append(b"none")
            return
        self._walk.note(value)
        state = state_of(value)
        shape = shape_of((*state,), left_out)
        found = _traits(type(value), self._walk)
        self._heads += (self._walk.visit(found[0]), shape.head) if found[2] else (shape.head,)
        self._values += shape.take(state)

    def add_border(self, state: dict[str, Any]) -> None:
        """Add where an artist is clipped, if it is."""
        if state.get("clipbox") is not None or state.get("_clippath") is not None:
            self._heads.append(clip_digest(state, self._walk))
        else:
            self._heads.append(_WHOLE)

    def some_of(self, value: Any, names: tuple[str, ...]) -> None:
        """Add some attributes, None for a missing one."""
        self._values += map(state_of(value).get, names)

    def set_of(self, value: Any, left_out: frozenset[str]) -> None:
        """Add all attributes that have a value, by name, except some. The object is not noted."""
        state = state_of(value)
        there = [name for name in shape_of((*state,), left_out).names if state[name] is not None]
        self._values += (len(there), *there, *map(state.__getitem__, there))

    def digest(self) -> bytes:
        """The digest of everything that was added, in that order."""
        return b"".join(self._heads) + attributes_digest(tuple(self._values), self._walk)


def add_plain(value: Any, fields: Fields, walk: Walk) -> None:
    """Add an artist. One of a class with a handler of its own is added as a part."""
    if is_plain_artist(type(value), walk):
        fields.all_of(value, skipped(value, walk))
        fields.add_border(state_of(value))
    else:
        fields.add(value)


@functools.lru_cache(maxsize=512)
def both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """The union of both sets. The result is cached, because few pairs are asked for."""
    return one | other


TITLES = ("title", "_left_title", "_right_title")
_BOUNDS = frozenset(
    "_x0 _y0 _x _y _width _height _transform _posA_posB _mutation_scale patchA patchB shrinkA shrinkB"
    " _arrow_transmuter _connector _path center r theta1 theta2 width".split()
)
"""Where a frame around a text, or the arrow from it, was last put."""
_STYLE = frozenset({"_arrow_transmuter", "_connector"})
"""The style of an arrow. Where none was given each drawing sets one."""
_NOWHERE: frozenset[str] = frozenset()
_ACROSS, _UP = frozenset({"_x"}), frozenset({"_y"})
_IN_SPACE = names_of("_x _y _transform _rotation _rotation_mode _verticalalignment _horizontalalignment")
_OFFSET = frozenset({"_text", "_y", "_horizontalalignment", "_verticalalignment", "_transform"})
"""What a drawing sets in the text beside an axis that says by how much its numbers are off."""
_WRAPPED = frozenset({"_rotation_mode"})
_LEGEND = frozenset(
    {"parent", "_legend_box", "_legend_handle_box", "_custom_handler_map", "isaxes", "_draggable"}
)


@digests("matplotlib.Text", mutable=True, whole=True)
def _text(value: Any, walk: Walk) -> bytes:
    """A text, as any artist. The frame around it and its arrow are left out where drawing positions them."""
    return _artist_with(value, walk, ("_bbox_patch", "arrow_patch"), _moved(value, walk))


@digests(
    "matplotlib.AnchoredOffsetbox",
    "matplotlib.AnnotationBbox",
    "matplotlib.Legend",
    "matplotlib.QuiverKey",
    "matplotlib.Cell",
    mutable=True,
    whole=True,
)
def _boxed(value: Any, walk: Walk) -> bytes:
    return _artist_with(value, walk, ("patch", "legendPatch", "arrow_patch", "text", "_text"), _NOWHERE)


def _artist_with(value: Any, walk: Walk, framed: tuple[str, ...], moved: frozenset[str]) -> bytes:
    state = state_of(value)
    fields = Fields(walk)
    for name in framed:
        if (part := state.get(name)) is not None:
            fields.add(name)
            add_frame(part, fields, walk, styled=_has_style(state))
    left_out = both(both(skipped(value, walk), unset_places(state)), both(moved, _LEGEND.union(framed)))
    rest = without(value, left_out, walk)
    return b"".join([own_class(value, walk), clip_digest(state, walk), fields.digest(), rest])


def _has_style(state: dict[str, Any]) -> bool:
    given = state.get("arrowprops")
    return type(given) is dict and "arrowstyle" in given


def add_frame(value: Any, fields: Fields, walk: Walk, *, styled: bool = False) -> None:
    """Add the frame behind an artist, without the position that drawing computes for it."""
    bounds = _BOUNDS - _STYLE if styled else _BOUNDS
    fields.all_of(value, both(skipped(value, walk), bounds))


def placeless(value: Any, fields: Fields, walk: Walk, moved: frozenset[str]) -> None:
    """Add a title or a label without ``moved``, the fields that drawing computes for it."""
    state = state_of(value)
    if state.get("_wrap"):
        moved = both(moved, _WRAPPED)
    if (around := state.get("_bbox_patch")) is not None:
        moved = both(moved, frozenset({"_bbox_patch"}))
        add_frame(around, fields, walk)
    fields.all_of(value, both(skipped(value, walk), moved))
    fields.add_border(state)


def _moved(text: Any, walk: Walk) -> frozenset[str]:
    """The fields that drawing computes for a text: none for most, but some are titles or belong to an axis.

    The label of an axis refers to its figure only.
    """
    state = state_of(text)
    wrapped = _WRAPPED if state.get("_wrap") else _NOWHERE
    owner = state.get("_axes", state.get("axes"))
    figure = state_of(state.get("_parent_figure", state.get("figure")))
    for axes in map(state_of, [owner] if owner is not None else figure.get("_localaxes") or ()):
        if any(axes.get(name) is text for name in TITLES):
            return both(wrapped, title_moves(axes))
        for axis in (axes.get("xaxis"), axes.get("yaxis"), axes.get("zaxis")):
            if state_of(axis).get("label") is text:
                return both(wrapped, label_moves(axis, walk))
            if state_of(axis).get("offsetText") is text:
                return both(wrapped, offset_moves(axis))
    return wrapped


def title_moves(axes: dict[str, Any]) -> frozenset[str]:
    """The fields that drawing sets in the titles of axes: the height, unless the user has set one of them."""
    placed = axes.get("_autotitlepos")
    if placed is None:
        heights: list[Any] = [state_of(axes.get(name)).get("_y") for name in TITLES]
        placed = all(type(height) in (int, float) and abs(height - 1) <= _CLOSE for height in heights)
    return _UP if placed else _NOWHERE


_CLOSE = 1.001e-5


def label_moves(axis: Any, walk: Walk) -> frozenset[str]:
    """The field that drawing sets in the label of an axis: its distance."""
    state = state_of(axis)
    if "_axinfo" in state:
        return _IN_SPACE
    if not state.get("_autolabelpos", True):
        return _NOWHERE
    return _UP if is_one_of(axis, frozenset({"XAxis"}), walk) else _ACROSS


def offset_moves(axis: Any) -> frozenset[str]:
    """The fields that drawing sets in the offset text beside an axis."""
    return both(_OFFSET, _IN_SPACE) if "_axinfo" in state_of(axis) else _OFFSET


def skipped(value: Any, walk: Walk) -> frozenset[str]:
    """The attributes that have no part in how an artist is drawn."""
    return _traits(type(value), walk)[1]


def is_one_of(value: Any, names: frozenset[str], walk: Walk) -> bool:
    """Whether the value's class, or a base of it, has one of these names."""
    return not names.isdisjoint(_traits(type(value), walk)[3])


_Traits = tuple[type, frozenset[str], bool, tuple[str, ...]]


def _traits(cls: type, walk: Walk) -> _Traits:
    """A class, the instance attributes that are left out, whether it is the user's, and all its names."""
    found: _Traits | None = walk.hook.families.get(id(cls))
    if found is None:
        names = tuple(map(class_reflection.short_name, class_reflection.mro(cls)))
        found = walk.hook.families[id(cls)] = (
            cls,
            _skipped(names),
            class_reflection.made_by_user(cls),
            names,
        )
    return found


@functools.lru_cache(maxsize=512)
def _skipped(classes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_EVERY.split()).union(*(_LEFT_OUT.get(name, "").split() for name in classes))


def _unused_colours(state: dict[str, Any], walk: Walk) -> bytes:
    """The name of the colour map of an artist without data. The map's table has hundreds of colours."""
    if (shared := state.get("_colorizer")) is not None:
        walk.note(shared)
    cmap, norm = _map_of(state)
    return walk.sequence([state_of(cmap).get("name"), norm])


def _map_of(state: dict[str, Any]) -> tuple[Any, Any]:
    """A collection's colour map and norm. From matplotlib 3.10 on several collections may share one."""
    colorizer = state_of(state.get("_colorizer")) or state
    return colorizer.get("_cmap", colorizer.get("cmap")), colorizer.get("_norm", colorizer.get("norm"))


def _mapped_colours(state: dict[str, Any], walk: Walk) -> bytes:
    """The colour map, norm and data.

    A colour limit that equals the data's own is left out: drawing computes it.
    """
    cmap, norm = _map_of(state)
    own = state_of(norm)
    if not own:
        return walk.sequence([cmap, norm])
    walk.note(norm)
    extent = _extent(state["_A"], walk)
    limits = [None if (held := _number(own.get(name))) in extent else held for name in ("_vmin", "_vmax")]
    rest = without(norm, _NORM_CACHES | {"_vmin", "_vmax"}, walk)
    return class_reflection.short_name(type(norm)).encode() + rest + walk.visit((*limits,)) + walk.visit(cmap)


_NORM_CACHES = frozenset({"callbacks", "_scale", "_trf", "_id", "_changed"})


def _number(value: Any) -> Any:
    numpy = sys.modules["numpy"]
    return value.item() if isinstance(value, numpy.generic) else value


def _extent(data: Any, walk: Walk) -> tuple[Any, ...]:
    """The smallest and largest element, and the smallest above zero, where a logarithmic scale begins."""
    numpy = sys.modules["numpy"]
    if not isinstance(data, numpy.ndarray) or data.dtype.kind not in "biuf" or not data.size:
        return ()
    walk.elements_ahead(data.size)
    plain = numpy.ndarray.view(data, numpy.ndarray)
    mask = state_of(data).get("_mask")
    if isinstance(mask, numpy.ndarray) and mask.shape == plain.shape:
        plain = plain[~numpy.ndarray.view(mask, numpy.ndarray)]
    if plain.dtype.kind == "f":
        plain = plain[numpy.isfinite(plain)]
    if not plain.size:
        return ()
    above = plain[plain > 0]
    found = [plain.min(), plain.max(), *([above.min()] if above.size else [])]
    return tuple(held.item() for held in found if math.isfinite(held))

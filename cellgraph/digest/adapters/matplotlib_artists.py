"""matplotlib: what is drawn, by the fields that say how, not by what the last drawing left in them.

An artist's ``__dict__`` holds the user's choices and caches side by side. Drawing fills in positions,
limits, mapped colours and projections: those fields are named here and left out, so that to show a
figure is no change. Properties are never asked: some of them autoscale or draw.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Collection
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.adapters.matplotlib_fields import attributes_digest, chosen, without
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.instance_layout import shape_of
from cellgraph.digest.protocol import Content, Walk
from cellgraph.digest.registry import digests

_EVERY = (
    "_stale stale_callback _axes axes _parent_figure figure _root_figure _callbacks callbacks _remove_method"
    " _sticky_edges _transformSet clipbox _clippath _id_colorizer _id_norm colorbar"
)
"""What is no part of how an artist looks: who owns it, who listens to it, where it is cut off."""

_LEFT_OUT: dict[str, str] = {
    "Line2D": "_x _y _xy _path _invalidx _invalidy _subslice _transformed_path _x_filled _dash_pattern",
    "Patch": "_edgecolor _facecolor _hatch_color _dash_pattern _aspect_ratio_correction",
    "FancyArrowPatch": "_dpi_cor",
    "Spine": "axis _path _patch_transform _position _center _width _height _theta1 _theta2",
    "Collection": "_facecolors _edgecolors _hatchcolors _face_is_mapped _edge_is_mapped _mapped_colors"
    " _linewidths _linestyles _transforms _offset_transform",
    "Quiver": "_transform transform scale width span _trans_scale _dpi_at_last_init _paths _init",
    "Barbs": "_transform transform _paths _offsets",
    "QuiverKey": "vector verts _dpi_at_last_init kw _transform",
    "ContourSet": "_transform _contour_generator labelMappable _old_style_split_collections",
    "_ImageBase": "_imcache",
    "BboxImage": "_transform",
    "Text": "_renderer",
    "Annotation": "_transform _arrow_relpos",
    "OffsetBox": "_offset offset_transform dpi_transform width height _dpi_transform _baseline_transform",
    "Table": "_cachedRenderer _cells_auto_sized",
    "Cell": "_x0 _y0 _width _height",
    # What a projection last made of three dimensions.
    "Line3D": "_xorig _yorig zorder",
    "Text3D": "_rotation zorder",
    "Path3DCollection": "_offsets _sizes _us_linestyles _z_markers_idx _vzs _offset_zordered _data_scale"
    " zorder",
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
_BOUNDS = frozenset(
    "_x0 _y0 _x _y _width _height _transform _posA_posB _mutation_scale patchA patchB shrinkA shrinkB"
    " _arrow_transmuter _connector _path center r theta1 theta2 width".split()
)
"""Where a frame around a text, or the arrow from it, was last put."""


def own_class(value: Any, walk: Walk) -> bytes:
    """The class of a value where it was made in the notebook: its code draws too."""
    cls = type(value)
    return walk.visit(cls) if _traits(cls, walk)[2] else b""


def drawn_by_all_but(left_out: frozenset[str]) -> Content:
    """The form of what is drawn by all its attributes, except some that are known to be caches."""

    def content(value: Any, walk: Walk) -> bytes:
        return own_class(value, walk) + without(value, left_out, walk)

    return content


@digests(
    "matplotlib.Artist", "matplotlib._ScalarMappable", "matplotlib.ScalarMappable", mutable=True, whole=True
)
def _artist(value: Any, walk: Walk) -> bytes:
    """All that it is drawn by."""
    state = state_of(value)
    if state.get("_colorizer", state.get("cmap")) is None:
        return own_class(value, walk) + without(value, skipped(value, walk), walk)
    if state.get("_A") is None:
        colours, left_out = _unused_colours(state, walk), _MAP
    else:
        colours, left_out = _mapped_colours(state, walk), _MAPPED
    return own_class(value, walk) + colours + without(value, _both(skipped(value, walk), left_out), walk)


def is_plain_artist(cls: type, walk: Walk) -> bool:
    """Whether artists of this class are looked at by their fields alone."""
    return walk.hook.kinds(cls).content is _artist


@digests("matplotlib.Text", mutable=True, whole=True)
def _text(value: Any, walk: Walk) -> bytes:
    """As any artist; the frame around it and the arrow from it are put in place when it is drawn."""
    return _artist_with(value, walk, framed=("_bbox_patch", "arrow_patch"))


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
    return _artist_with(value, walk, framed=("patch", "legendPatch", "arrow_patch", "text", "_text"))


class Fields:
    """What several small objects of one drawing hold, digested together.

    There are dozens of titles, borders and scales around an empty pair of axes, and most of what they
    hold are words and numbers, which are told at once. Each is noted, but no part by itself.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._heads: list[bytes] = []
        self._values: list[Any] = []

    def add(self, value: Any) -> None:
        """Any value as it is."""
        self._values.append(value)

    def add_all(self, values: Collection[Any]) -> None:
        """Any number of values as they are."""
        self._values += (len(values), *values)

    def all_of(self, value: Any, left_out: frozenset[str]) -> None:
        """All attributes of an artist by name but for some."""
        if value is None:
            self._heads.append(b"none")
            return
        self._walk.note(value)
        state = state_of(value)
        shape = shape_of((*state,), left_out)
        self._heads += (own_class(value, self._walk), shape.head)
        self._values += shape.take(state)

    def some_of(self, value: Any, names: tuple[str, ...]) -> None:
        """Some attributes, None where one is not there."""
        self._values += map(state_of(value).get, names)

    def set_of(self, value: Any, left_out: frozenset[str]) -> None:
        """All attributes that are set to something, by name, but for some. The object is not noted."""
        state = state_of(value)
        there = [name for name in shape_of((*state,), left_out).names if state[name] is not None]
        self._values += (len(there), *there, *map(state.__getitem__, there))

    def digest(self) -> bytes:
        """The digest of all that was added, in that order."""
        return b"".join(self._heads) + attributes_digest(tuple(self._values), self._walk)


def add_plain(value: Any, fields: Fields, walk: Walk) -> None:
    """Add an artist; one of a class with a handler of its own as a part of its own."""
    if is_plain_artist(type(value), walk):
        fields.all_of(value, skipped(value, walk))
    else:
        fields.add(value)


def placeless(value: Any, fields: Fields, walk: Walk, *more: str) -> None:
    """Add a title or a label, whose place a drawing works out, but for ``more`` of it."""
    text = state_of(value).get("_text")
    place = _NOWHERE if type(text) is str and not text else _SOMEWHERE
    fields.all_of(value, _both(skipped(value, walk), place.union(more) if more else place))


_SOMEWHERE = frozenset({"_x", "_y"})
_NOWHERE = _SOMEWHERE | {"_transform"}


@functools.lru_cache(maxsize=512)
def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Both together. The same few are asked for again and again."""
    return one | other


def _artist_with(value: Any, walk: Walk, framed: tuple[str, ...]) -> bytes:
    state = state_of(value)
    frames = [frame(state.get(name), walk) for name in framed]
    rest = without(value, skipped(value, walk) | _LEGEND | set(framed), walk)
    return b"".join([own_class(value, walk), *frames, rest])


_LEGEND = frozenset(
    {"parent", "_legend_box", "_legend_handle_box", "_custom_handler_map", "isaxes", "_draggable"}
)


def frame(value: Any, walk: Walk) -> bytes:
    """What lies behind something, in the place that a drawing finds for it."""
    fields = Fields(walk)
    add_frame(value, fields, walk)
    return fields.digest()


def add_frame(value: Any, fields: Fields, walk: Walk) -> None:
    """As ``frame``, among other things."""
    fields.all_of(value, _both(skipped(value, walk), _BOUNDS))


def skipped(value: Any, walk: Walk) -> frozenset[str]:
    """The attributes that are no part of how an artist is drawn."""
    return _traits(type(value), walk)[1]


def is_one_of(value: Any, names: frozenset[str], walk: Walk) -> bool:
    """Whether the value's class or a base of it has one of these names."""
    return not names.isdisjoint(_traits(type(value), walk)[3])


_Traits = tuple[type, frozenset[str], bool, tuple[str, ...]]


def _traits(cls: type, walk: Walk) -> _Traits:
    """A class, the attributes of its instances that are left out, whether it is the user's, all its names."""
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
    """Which colours data would have, where there are none: a colour map has hundreds."""
    if (shared := state.get("_colorizer")) is not None:
        walk.note(shared)
    cmap, norm = _map_of(state)
    return walk.sequence([state_of(cmap).get("name"), norm])


def _map_of(state: dict[str, Any]) -> tuple[Any, Any]:
    """A collection's colour map and norm, which from matplotlib 3.10 on several may share."""
    colorizer = state_of(state.get("_colorizer")) or state
    return colorizer.get("_cmap", colorizer.get("cmap")), colorizer.get("_norm", colorizer.get("norm"))


def _mapped_colours(state: dict[str, Any], walk: Walk) -> bytes:
    """The colours of data: a limit that is that of the data itself was or will be found by drawing."""
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
    """The least and the greatest of the data, and the least above zero, where a logarithm begins."""
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


@digests("matplotlib.Container", mutable=True, whole=True)
def _container(value: Any, walk: Walk) -> bytes:
    """The bars, or the stems, that one call drew."""
    held = walk.sequence(tuple.__getitem__(value, slice(None)))
    return held + chosen(value, ("_label", "orientation", "datavalues", "has_xerr", "has_yerr"), walk)


@digests(
    "matplotlib.ArtistList",
    "matplotlib._axes._base._AxesBase.ArtistList",
    "matplotlib._AxesBase.ArtistList",
    whole=True,
)
def _artist_list(value: Any, walk: Walk) -> bytes:
    """What ``ax.lines`` gives: a choice among what is on the axes now."""
    state = state_of(value)
    walk.note(state.get("_axes"))
    return walk.visit(state.get("_prop_name")) + walk.sequence(
        state_of(state.get("_axes")).get("_children", ())
    )

"""Values of scientific libraries: graphs, geometries, expressions, search trees.

Their caches are left out.
"""

from __future__ import annotations

import sys
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests, ignore_cache_fields
from cellgraph.digest.sampling import picks

SAMPLED_GEOMETRIES = 500
GEOMETRY_WEIGHT, GEOMETRY_SECONDS = 100, 1.5e-6

ignore_cache_fields("networkx", "__networkx_cache__ nodes edges adj degree succ pred in_edges out_edges")
ignore_cache_fields("sympy", "_mhash _assumptions")  # caches that comparisons and queries fill
ignore_cache_fields("skimage", "_cache")
# A second copy of a model's numbers, in memory that is filled on request, and cached answers.
ignore_cache_fields("astropy", "_parameters _constraints_cache")


@digests("scipy.cKDTree", mutable=True, whole=True)
def _tree(value: Any, walk: Walk) -> bytes:
    """The points and the parameters of the split. The tree follows from them."""
    tree = sys.modules["scipy.spatial"].cKDTree
    return walk.sequence([tree.__dict__[name].__get__(value) for name in ("data", "leafsize", "boxsize")])


@digests("shapely.Geometry", whole=True)
def _geometry(value: Any, walk: Walk) -> bytes:
    """The coordinates. A geometry never changes; a prepared form is no part of its value."""
    written: bytes = sys.modules["shapely"].to_wkb(value, include_srid=True)
    return written


@digests("geopandas.GeometryArray", mutable=True)
def _geometries(value: Any, walk: Walk) -> bytes:
    """All geometries and their coordinate system. The spatial index is computed from them."""
    state = class_reflection.instance_dict_getter(type(value))(value)  # type: ignore[misc]
    held = state["_data"]
    walk.note(held)
    if walk.sampling:
        held = held[picks(len(held), min(len(held), SAMPLED_GEOMETRIES))]
    walk.weigh(len(held) * GEOMETRY_WEIGHT, len(held) * GEOMETRY_SECONDS)
    written = sys.modules["shapely"].to_wkb(held, include_srid=True).tolist()
    return b"%d|" % len(state["_data"]) + walk.visit_temporary(written) + walk.visit(state.get("_crs"))


@digests("pyproj.CRS", whole=True)
def _coordinate_system(value: Any, walk: Walk) -> bytes:
    """The text that defines it, which never changes."""
    getter = class_reflection.instance_dict_getter(type(value))
    words = getter(value).get("srs") if getter is not None else None
    return walk.visit(words) if type(words) is str else walk.mark_opaque(value)

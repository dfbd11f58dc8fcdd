"""Graphs, geometries, expressions, trees: values of scientific libraries, and what they merely remember."""

from __future__ import annotations

import sys
from typing import Any

from cellgraph.capture.digest.kinds import handles_named, remembers
from cellgraph.capture.digest.walk import Walk

remembers("networkx", "__networkx_cache__ nodes edges adj degree succ pred in_edges out_edges")
remembers("sympy", "_mhash _assumptions")  # filled in by a comparison, by a question
remembers("skimage", "_cache")


@handles_named("scipy", "cKDTree", whole=True)
def _tree(value: Any, walk: Walk) -> bytes:
    """The points and how they were split; the tree follows from them."""
    tree = sys.modules["scipy.spatial"].cKDTree
    walk.note(value)
    return walk.sequence([tree.__dict__[name].__get__(value) for name in ("data", "leafsize", "boxsize")])


@handles_named("shapely", "Geometry", whole=True)
def _geometry(value: Any, walk: Walk) -> bytes:
    """A geometry never changes: what preparing it adds is no part of its value."""
    written: bytes = sys.modules["shapely"].to_wkb(value, include_srid=True)
    return written

"""The ``%cellgraph`` magic: a thin face over the tracker and the renderers."""

from cellgraph.magic.registration import register, unregister

__all__ = ["register", "unregister"]

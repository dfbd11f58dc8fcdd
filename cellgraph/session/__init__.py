"""One shell under tracking: the only mutable part of cellgraph, wiring the layers together."""

from cellgraph.session.config import CellGraph
from cellgraph.session.tracker import Tracker

__all__ = ["CellGraph", "Tracker"]

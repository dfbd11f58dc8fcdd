"""One shell under tracking: the only mutable part of cellgraph. It wires the layers together.

In come IPython's events (a cell is about to run, a cell has run) and what the front end tells. Out go
messages below the cells, and what the public ``Tracker`` answers: runs, findings, graphs, explanations.

Open first:
    ``tracker``: the events, and the public interface.
    ``config``: the options.
    ``pre_run_checks``: what is said before a cell runs.

Whatever fails in here is caught at the two event handlers: a user's cell never fails because of cellgraph.
"""

from cellgraph.session.config import CellGraph
from cellgraph.session.tracker import Tracker

__all__ = ["CellGraph", "Tracker"]

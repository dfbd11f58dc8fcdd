"""One shell under tracking: the layer that changes while a notebook is used, and that wires the others.

In come IPython's events around each cell, and how the notebook stands, from the front end or its file.
Out go what ``Tracker`` gives (runs, findings, report, graphs), and what is said around a cell.

Open first:
    ``tracker``: the facade. It passes a run from one of these objects to the next.
    ``cell_lifecycle``: which cells are open, and which event ends each.
    ``analysis_state``: order, replay, and the one analysis that all read; what makes it outdated.
    ``announcer``: what is said before and after a cell, and when.
    ``front_end_link``: who is told of news, and the marks below cells.
    ``config``: the options.
"""

from cellgraph.session.config import CellGraph
from cellgraph.session.tracker import Tracker

__all__ = ["CellGraph", "Tracker"]

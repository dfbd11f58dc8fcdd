"""One shell under tracking: the layer that changes while a notebook is used, and that wires the others.

In: IPython's events before and after each cell; how the notebook stands, from the front end or its file.
Out: what ``Tracker`` gives (runs, findings, report, graphs), and what is said around a cell.

Start with ``tracker``: it passes a run from one object to the next, and each has a file of its own:

- ``cell_lifecycle``: which cell is open, and which event ends it;
- ``analysis_state``: order, replay, and the one analysis that all read; what makes it outdated;
- ``announcer``: what is said, and when;
- ``front_end_link``: who is told of news, and the marks below cells;
- ``pre_run_checks``: what is said before a cell runs; ``config``: the options.
"""

from cellgraph.session.config import CellGraph
from cellgraph.session.tracker import Tracker

__all__ = ["CellGraph", "Tracker"]

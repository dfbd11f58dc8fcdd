"""What can be set, as traitlets: in a notebook, or in ``ipython_config.py`` (``c.CellGraph.…``)."""

from __future__ import annotations

from traitlets import Bool, Float, List, Unicode
from traitlets.config import Configurable


class CellGraph(Configurable):
    """Options of cellgraph. Each can be set by ``%cellgraph config NAME VALUE``."""

    budget_ms = Float(
        50.0, min=0.0, help="Milliseconds that cellgraph may spend after a cell on looking at values."
    ).tag(config=True)
    budget_share = Float(
        0.05, min=0.0, max=1.0, help="The same as a share of the cell's own time; the larger of both holds."
    ).tag(config=True)
    warn = Bool(True, help="Print findings after each cell. They are recorded either way.").tag(config=True)
    notes = Bool(True, help="Print a dim line when a name that a cell used was deleted or redefined.").tag(
        config=True
    )
    resolved = Bool(True, help="Print a line when a cell in doubt holds again.").tag(config=True)
    ahead = Bool(
        True, help="Say before a cell runs that it is about to read a name that is gone or has changed."
    ).tag(config=True)
    files = Bool(True, help="Follow the files that cells read and write, as names of their own.").tag(
        config=True
    )
    marks = Bool(
        False, help="Mark cells in doubt by their outputs, where the front end has no extension for it."
    ).tag(config=True)
    ignore = List(Unicode(), help="Codes that are not reported, e.g. CG201.").tag(config=True)

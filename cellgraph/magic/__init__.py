"""The ``%cellgraph`` magic: a thin face over the tracker and the renderers."""

from cellgraph.magic.line import complete, register, run_line, unregister
from cellgraph.magic.table import COMMANDS

__all__ = ["COMMANDS", "complete", "register", "run_line", "unregister"]

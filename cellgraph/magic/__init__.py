"""The ``%cellgraph`` magic: a thin face over the tracker and the renderers.

In comes a line that a user typed. Out goes an answer by ``Tracker.display``, or an error message of one line.

Open first:
    ``subcommands``: the table: what each subcommand does, its arguments and its function.
    ``queries``, ``commands`` and ``graph``: the functions that ask, that change something, and that draw.
    ``dispatch``: how a line is parsed, completed and carried out.

Loading the extension imports ``registration`` and ``subcommands``; the first line imports the rest.
"""

from cellgraph.magic.registration import register, unregister

__all__ = ["register", "unregister"]

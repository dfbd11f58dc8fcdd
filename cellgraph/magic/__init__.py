"""The ``%cellgraph`` magic: a thin face over the tracker and the renderers.

In comes a line that a user typed. Out goes an answer by ``Tracker.display``, or one line on what is wrong.

Open first:
    ``subcommands``: the table of them: what each does and takes, and the function that carries it out.
    ``queries``, ``commands`` and ``graph``: these functions, for what asks, what changes and what draws.
    ``dispatch``: how a line is read, completed and carried out.

``registration`` is all that is imported when the extension is loaded; the rest waits for the first line.
"""

from cellgraph.magic.registration import register, unregister

__all__ = ["register", "unregister"]

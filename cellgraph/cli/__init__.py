"""The ``cellgraph`` command: a thin face over ``notebooks`` and ``render``.

In come the arguments of a command line. Out go files, a summary and an exit code: 0 is clean, 1 means
findings, 2 that it could not run.

Open first:
    ``command_line``: the entry point, which finds the subcommand.
    ``command``: the type of a subcommand, the exit codes, and error messages.
    ``run``: ``cellgraph run``. ``report`` writes what it found.
    ``check``, ``graph`` and ``help``: saved notebooks by their text, and what codes mean.
    ``slice`` and ``promote``: the code that makes a value, as a script or as a package.
    ``pytest_plugin``: an item for each code cell of a notebook.
"""

from cellgraph.cli.command_line import main

__all__ = ["main"]

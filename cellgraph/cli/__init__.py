"""The ``cellgraph`` command: ``command_line`` finds the subcommand, and each subcommand has its own file."""

from cellgraph.cli.command_line import main

__all__ = ["main"]

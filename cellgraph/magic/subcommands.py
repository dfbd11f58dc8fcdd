"""The table of subcommands: what each is called, takes and does.

This is on the path of ``%load_ext cellgraph``, so it imports nothing heavy: what carries a subcommand
out is named here, and imported by ``dispatch`` when the subcommand is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand of ``%cellgraph``."""

    name: str
    text: str
    """What it does, in one line."""
    handler: str
    """The module of this package and the function in it that carry it out: ``queries.status``."""
    arguments: tuple[str, ...] = ()
    """The arguments that it takes, by the names that ``arguments.parser_of`` knows them by."""

    @property
    def takes_names(self) -> bool:
        """Whether its first word stands for a variable or a cell, which the Tab key completes."""
        return self.arguments[:1] in {("name",), ("subject",)}


_TABLE = (
    Subcommand(
        "graph", "Draw the graph of cells (what %cellgraph does by itself).", "graph.graph", ("picture",)
    ),
    Subcommand("status", "List the cells: state, reads, writes, and what to run.", "queries.status"),
    Subcommand("why", "Say why a name or a cell is in the state it is in.", "queries.why", ("subject",)),
    Subcommand("deps", "List the cells that a name is made from.", "queries.deps", ("name",)),
    Subcommand(
        "uses", "List the cells that use a name, directly or through others.", "queries.uses", ("name",)
    ),
    Subcommand("check", "List everything that does not hold, with the notes.", "queries.check"),
    Subcommand(
        "slice",
        "Print the code that makes a name or a cell, and no more.",
        "queries.slice_of",
        ("subject", "--cells"),
    ),
    Subcommand(
        "rerun",
        "Run the cells in doubt again, in order; stop at an error.",
        "commands.rerun",
        ("--dry-run",),
    ),
    Subcommand("watch", "Show the graph as a live panel that follows every run.", "graph.watch"),
    Subcommand("config", "Show or set options.", "commands.config", ("option",)),
    Subcommand("on", "Record again after `off`.", "commands.on"),
    Subcommand("off", "Stop recording.", "commands.off"),
    Subcommand("save", "Write the ledger to a file.", "commands.save", ("file",)),
    Subcommand("load", "Take over a saved ledger.", "commands.load", ("file",)),
    Subcommand("reset", "Forget all runs.", "commands.reset"),
    Subcommand("help", "List the subcommands, or say what a code means.", "queries.help_on", ("code",)),
)
COMMANDS: Mapping[str, Subcommand] = MappingProxyType({command.name: command for command in _TABLE})
"""Every subcommand by its name, in the order in which they are listed."""


def overview() -> str:
    """All subcommands, a line each."""
    rows = "\n".join(f"  {command.name:<7} {command.text}" for command in _TABLE)
    return f"%cellgraph [SUBCOMMAND] [--help]\n\n{rows}"

"""The table of subcommands: what each is called, takes and does.

``%load_ext cellgraph`` imports this module, so it imports nothing heavy itself. A subcommand names its
function as text, and ``dispatch`` imports that when the subcommand is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cellgraph.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand of ``%cellgraph``."""

    name: str
    text: str
    """What it does, in one line."""
    handler: str
    """Module of this package and function in it, with a dot between: ``queries.status``."""
    arguments: tuple[str, ...] = ()
    """Its arguments, as keys of the table of arguments in ``arguments``."""

    @property
    def takes_names(self) -> bool:
        """Whether its first argument is a variable or a cell, which the Tab key completes."""
        return self.arguments[:1] in {("name",), ("subject",), ("any subject",), ("contract",)}

    @property
    def takes_cells(self) -> bool:
        """Whether its first argument may be a cell."""
        return self.arguments[:1] in {("subject",), ("any subject",)}


_TABLE = (
    Subcommand(
        "graph", "Draw the graph of cells (what %cellgraph does by itself).", "graph.graph", ("picture",)
    ),
    Subcommand("status", "List the cells: state, reads, writes, and what to run.", "queries.status"),
    Subcommand(
        "why",
        "Explain a name or a cell: the chain of runs behind it.",
        "queries.why",
        ("any subject", "--all"),
    ),
    Subcommand("deps", "List the cells that a name is made from.", "queries.deps", ("name",)),
    Subcommand(
        "uses", "List the cells that use a name, directly or through others.", "queries.uses", ("name",)
    ),
    Subcommand("check", "List all warnings and notes.", "queries.check"),
    Subcommand(
        "slice",
        "Print the code that makes a name or a cell, and no more.",
        "queries.slice_of",
        ("subject", "--cells"),
    ),
    Subcommand(
        "contract",
        "Put a name under contract: say when a later run makes it otherwise. Without a name, list them.",
        "contracts.contract",
        ("contract",),
    ),
    Subcommand(
        "promote",
        "Turn what makes some names into a package of steps, and prove it equal.",
        "commands.promote",
        ("--target", "-o", "--yes", "--no-tests", "--force", "--no-check", "--rewrite-notebook"),
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
    Subcommand(
        "stamp",
        "Write beside the notebook what each output was made from, for `cellgraph check`.",
        "commands.stamp",
        ("notebook",),
    ),
    Subcommand("load", "Replace the recorded runs by those of a saved ledger.", "commands.load", ("file",)),
    Subcommand("reset", "Forget all runs.", "commands.reset"),
    Subcommand("help", "List the subcommands, or say what a code means.", "queries.help_on", ("code",)),
)
COMMANDS: Mapping[str, Subcommand] = MappingProxyType({command.name: command for command in _TABLE})
"""Every subcommand by its name, in the order in which they are listed."""


def overview() -> str:
    """All subcommands, a line each."""
    rows = "\n".join(f"  {command.name:<8} {command.text}" for command in _TABLE)
    return f"%cellgraph [SUBCOMMAND] [--help]\n\n{rows}"

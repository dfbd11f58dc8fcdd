"""What ``%cellgraph`` can be asked, in words."""

from __future__ import annotations

from collections.abc import Mapping

SUBCOMMANDS: Mapping[str, str] = {
    "graph": "Draw the graph of cells (what %cellgraph does by itself).",
    "status": "List the cells: state, reads, writes, and what to run.",
    "why": "Say why a name or a cell is in the state it is in.",
    "deps": "List the cells that a name is made from.",
    "uses": "List the cells that use a name, directly or through others.",
    "check": "List everything that does not hold, with the notes.",
    "slice": "Print the code that makes a name or a cell, and no more.",
    "rerun": "Run the cells in doubt again, in order; stop at an error.",
    "watch": "Show the graph as a live panel that follows every run.",
    "config": "Show or set options.",
    "on": "Record again after `off`.",
    "off": "Stop recording.",
    "save": "Write the ledger to a file.",
    "load": "Take over a saved ledger.",
    "reset": "Forget all runs.",
    "help": "List the subcommands.",
}
"""What each subcommand does."""


def overview() -> str:
    """All subcommands, a line each."""
    rows = "\n".join(f"  {name:<7} {text}" for name, text in SUBCOMMANDS.items())
    return f"%cellgraph [SUBCOMMAND] [--help]\n\n{rows}"

"""Registers the magic and its completion with a shell. The code behind it is imported on first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cellgraph.magic.subcommands import overview
from cellgraph.session import Tracker

MAGIC = "cellgraph"


def register(shell: Any, tracker: Tracker) -> None:
    """Add the magic and its tab completion to a shell. Does nothing if they are there."""
    if MAGIC in shell.magics_manager.magics["line"]:
        return

    def cellgraph(line: str) -> None:
        from cellgraph.magic.dispatch import run_line

        run_line(tracker, line)

    def complete(_: Any, event: Any) -> Sequence[str]:
        from cellgraph.magic.dispatch import complete as completed

        return completed(tracker, event.line)

    cellgraph.__doc__ = overview()
    shell.register_magic_function(cellgraph, "line", MAGIC)
    for key in (f"%{MAGIC}", MAGIC):
        shell.set_hook("complete_command", complete, str_key=key)


def unregister(shell: Any) -> None:
    """Remove the magic and its tab completion from a shell."""
    shell.magics_manager.magics["line"].pop(MAGIC, None)
    vars(shell.magics_manager.user_magics).pop(MAGIC, None)
    hooks = shell.strdispatchers.get("complete_command")
    for key in (f"%{MAGIC}", MAGIC):
        if hooks is not None:
            hooks.strs.pop(key, None)

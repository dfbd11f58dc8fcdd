"""The type of a subcommand, the exit codes, and error messages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2
"""The exit codes."""


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. ``run`` returns the exit code. It raises CannotRunError, with a message for the user."""

    name: str
    help: str
    """One line, for the list of commands."""
    description: str
    """The text at the top of the subcommand's ``--help``."""
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def tell(message: str) -> None:
    """Print one line on standard error."""
    with suppress(OSError):  # a terminal that was closed takes nothing any more
        print(f"cellgraph: {message}", file=sys.stderr, flush=True)


def fail(message: str) -> int:
    """Print an error message and return the exit code for "could not run"."""
    tell(message)
    return COULD_NOT_RUN

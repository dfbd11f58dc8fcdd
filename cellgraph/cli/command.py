"""What a subcommand is, and how it says that it could not do its work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2
"""The exit codes."""


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. ``run`` returns the exit code; it raises CannotRunError where it cannot do its work."""

    name: str
    help: str
    """One line, for the list of commands."""
    description: str
    """What ``--help`` of the command itself says first."""
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def tell(message: str) -> None:
    """Say something in one line on standard error."""
    print(f"cellgraph: {message}", file=sys.stderr, flush=True)


def fail(message: str) -> int:
    """Say what could not be done; returns the exit code for that."""
    tell(message)
    return COULD_NOT_RUN

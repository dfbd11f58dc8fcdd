"""What all subcommands share: words that stand for names and cells, and how wide the terminal is."""

from __future__ import annotations

import difflib
import os
import shutil
import sys

from cellgraph.analyse.slices import base_name
from cellgraph.session import Tracker

NO_CELL = "no cell has been recorded yet: run some, and ask again"


class UsageError(Exception):
    """The user's words are off; the message says what is right."""


def known_names(tracker: Tracker) -> set[str]:
    """What a word can stand for: names, and numbers of cells."""
    report = tracker.report()
    names = {name for cell in report.cells for name in cell.writes}
    return names | {cell.label.strip("[]") for cell in report.cells}


def check_known(tracker: Tracker, subject: str) -> None:
    """Refuse a name or a cell that nothing is known of. Raises UsageError."""
    base = base_name(subject)
    known = tracker.find_cell(subject) is not None or base in tracker.shell.user_ns
    if not known and base not in known_names(tracker):
        nothing_known(tracker, subject)


def nothing_known(tracker: Tracker, subject: str) -> tuple[str, ...]:
    """Say that there is nothing of this name. Raises UsageError."""
    near = difflib.get_close_matches(subject, known_names(tracker), n=1)
    hint = f": did you mean {near[0]}?" if near else ""
    number = subject.strip("[]")
    what = f"no cell has the number {number}" if number.isdecimal() else _unknown(tracker, subject)
    raise UsageError(f"{what}{hint}")


def _unknown(tracker: Tracker, name: str) -> str:
    there = " (the variable is there: made before cellgraph was loaded, or by no cell)"
    return f"no recorded cell makes a name {name!r}{there if name in tracker.shell.user_ns else ''}"


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((100, 40)).columns


def color() -> bool:
    """Whether the terminal takes colours."""
    return bool(getattr(sys.stdout, "isatty", lambda: False)()) and "NO_COLOR" not in os.environ

"""The words behind a subcommand: how they are read, the names and cells they stand for, what is wrong."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import HelpFormatter
from functools import cache
from typing import Any

from IPython.core.magic_arguments import MagicArgumentParser

from cellgraph.analyse.slices import base_name
from cellgraph.magic.subcommands import Subcommand
from cellgraph.render.text import nearest
from cellgraph.session import Tracker

NO_CELL = "no cell has been recorded yet: run some, and ask again"


class UsageError(Exception):
    """The user's words are off; the message says what is right."""


@cache
def parser_of(command: Subcommand) -> MagicArgumentParser:
    """The parser of the words that follow a subcommand."""
    parser = MagicArgumentParser(  # type: ignore[no-untyped-call]
        prog=f"%cellgraph {command.name}",
        description=command.text,
        add_help=False,
        formatter_class=HelpFormatter,
    )
    for argument in command.arguments:
        for flags, options in _ARGUMENTS[argument]:
            parser.add_argument(*flags, **options)
    parser.add_argument("-h", "--help", action="store_true", help="show this and do nothing")
    return parser


_ARGUMENTS: dict[str, tuple[tuple[tuple[str, ...], dict[str, Any]], ...]] = {
    "name": ((("name",), {"metavar": "NAME", "help": "a variable"}),),
    "subject": ((("subject",), {"metavar": "NAME|CELL", "help": "a variable, or a cell by its number"}),),
    "file": ((("file",), {"metavar": "FILE", "help": "path of a JSON Lines file"}),),
    "code": ((("code",), {"metavar": "CODE", "nargs": "?", "help": "the code of a finding"}),),
    "option": (
        (("key",), {"nargs": "?", "help": "an option; all of them are listed without one"}),
        (("value",), {"nargs": "*", "help": "its new value"}),
    ),
    "--cells": ((("--cells",), {"action": "store_true", "help": "whole cells, not only statements"}),),
    "--dry-run": ((("--dry-run",), {"action": "store_true", "help": "only say what would run"}),),
    "picture": (
        (("--format",), {"help": "svg, png, html, text, mermaid, dot, graphml, json or report"}),
        (
            ("-o", "--output"),
            {"metavar": "FILE", "help": "write it to a file, in the form that its suffix names"},
        ),
        (("--focus",), {"metavar": "NAME|CELL", "help": "only what is around this name or cell"}),
        (
            ("--depth",),
            {"type": int, "metavar": "N", "help": "with --focus: at most this many steps away"},
        ),
        (("--vars",), {"action": "store_true", "help": "names as nodes of their own"}),
    ),
}
"""What the table of subcommands calls an argument → flags and options of ``add_argument``, for each."""


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
    near = nearest(subject, known_names(tracker), cutoff=0.6)  # names are short: half is no likeness
    hint = f": did you mean {near}?" if near else ""
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

"""Arguments of subcommands: parsing, and checks that the names and cells given are known."""

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
    """A line that cannot be carried out. The message says what is wrong and, if possible, what is right."""


@cache
def parser_of(command: Subcommand) -> MagicArgumentParser:
    """The parser of the arguments of a subcommand."""
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
    "--target": (
        (
            ("-t", "--target"),
            {"action": "append", "default": [], "metavar": "NAME", "help": "a name to make"},
        ),
    ),
    "-o": ((("-o", "--output"), {"metavar": "FOLDER", "required": True, "help": "the package to write"}),),
    "--force": ((("--force",), {"action": "store_true", "help": "replace files that are there"}),),
    "--no-check": ((("--no-check",), {"action": "store_true", "help": "do not prove it"}),),
    "--rewrite-notebook": (
        (("--rewrite-notebook",), {"metavar": "FILE", "help": "write a copy of the notebook that calls it"}),
    ),
    "--dry-run": ((("--dry-run",), {"action": "store_true", "help": "only say what would run"}),),
    "contract": (
        (("names",), {"metavar": "NAME", "nargs": "*", "help": "variables; all under contract without one"}),
        (
            ("--accept",),
            {"action": "store_true", "help": "take the present value as one that meets the contract"},
        ),
        (("--drop",), {"action": "store_true", "help": "put the names under no contract any more"}),
        (("--code",), {"action": "store_true", "help": "print Python code that checks the same"}),
        (("--save",), {"metavar": "FILE", "help": "write the contracts to a JSON file"}),
        (("--load",), {"metavar": "FILE", "help": "take over the contracts of such a file"}),
    ),
    "picture": (
        (("--format",), {"help": "svg, png, html, text, mermaid, dot, graphml, json or report"}),
        (
            ("-o", "--output"),
            {"metavar": "FILE", "help": "write it to a file, in the format of its suffix"},
        ),
        (
            ("--focus",),
            {
                "metavar": "NAME|CELL",
                "help": "only the cells that this name or cell depends on, and those that depend on it",
            },
        ),
        (
            ("--depth",),
            {"type": int, "metavar": "N", "help": "with --focus: at most this many steps away"},
        ),
        (
            ("--view",),
            {
                "choices": ("lifelines", "layers"),
                "default": "lifelines",
                "help": "lifelines: the notebook from top to bottom, a line for each variable; "
                "layers: a box for each cell, arrows between them",
            },
        ),
        (("--vars",), {"action": "store_true", "help": "layers with names as nodes of their own"}),
    ),
}
"""Name of an argument in the table of subcommands → the calls of ``add_argument`` that define it.

A call is given as its flags and its keyword arguments.
"""


def known_names(tracker: Tracker) -> set[str]:
    """The names that recorded cells write, and the numbers of cells: what an argument can mean."""
    report = tracker.report()
    names = {name for cell in report.cells for name in cell.writes}
    return names | {cell.label.strip("[]") for cell in report.cells}


def check_known(tracker: Tracker, subject: str) -> None:
    """Raise UsageError if ``subject`` is no recorded cell, no recorded name and no variable of the user."""
    base = base_name(subject)
    known = tracker.find_cell(subject) is not None or base in tracker.shell.user_ns
    if not known and base not in known_names(tracker):
        nothing_known(tracker, subject)


def nothing_known(tracker: Tracker, subject: str) -> tuple[str, ...]:
    """Raise UsageError: ``subject`` is not known. Suggest the most similar name that is.

    It never returns. The declared type lets a caller write ``found or nothing_known(…)``.
    """
    near = nearest(
        subject, known_names(tracker), cutoff=0.6
    )  # names are short, so half of the letters in common means nothing
    hint = f": did you mean {near}?" if near else ""
    number = subject.strip("[]")
    what = f"no cell has the number {number}" if number.isdecimal() else _unknown(tracker, subject)
    raise UsageError(f"{what}{hint}")


def _unknown(tracker: Tracker, name: str) -> str:
    there = " (the variable is there: made before cellgraph was loaded, or by no cell)"
    return f"no recorded cell makes a name {name!r}{there if name in tracker.shell.user_ns else ''}"


def width() -> int:
    """Width of the terminal in columns; 100 if it is unknown."""
    return shutil.get_terminal_size((100, 40)).columns


def color() -> bool:
    """Whether to print ANSI colours: standard output is a terminal, and ``NO_COLOR`` is not set."""
    return bool(getattr(sys.stdout, "isatty", lambda: False)()) and "NO_COLOR" not in os.environ

"""Parses a ``%cellgraph`` line, completes it, and calls the function of its subcommand."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from cellgraph import rules
from cellgraph.magic.arguments import UsageError, known_names, parser_of
from cellgraph.magic.subcommands import COMMANDS, Subcommand
from cellgraph.names import Name
from cellgraph.render.text import did_you_mean
from cellgraph.session import Tracker

_KEY = re.compile(r"""\[("[^"']*"|'[^"']*')\]""")
"""A key in a path such as ``df["a"]``. Its quotes belong to the path and are not shell quoting."""
_HELP = {"-h": "help", "--help": "help"}


def run_line(tracker: Tracker, line: str) -> None:
    """Carry out one ``%cellgraph`` line. An error of the user is printed in one line, without a traceback."""
    try:
        words = _split(line)
        if not words or (words[0].startswith("-") and words[0] not in _HELP):
            words = ["graph", *words]  # %cellgraph without a subcommand draws the graph
        command = _command(_HELP.get(words[0], words[0]))
        if not _HELP.keys().isdisjoint(words[1:]):
            print(parser_of(command).format_help().rstrip())
            return
        _carry_out(command, tracker, _parse(command, words[1:]))
    except OSError as error:
        print(f"cellgraph: {error.filename}: {error.strerror}" if error.filename else f"cellgraph: {error}")
    except (UsageError, ValueError, RuntimeError) as error:
        print(f"cellgraph: {error}")


def complete(tracker: Tracker, line: str) -> Sequence[str]:
    """Completions for the word at the end of ``line``."""
    words = line.split()[1:]
    if len(words) == 0 or (len(words) == 1 and not line.endswith(" ")):
        return sorted(COMMANDS)
    command = COMMANDS.get(words[0])
    if command is None:
        return []
    if words[0] == "config":
        return sorted(tracker.config.trait_names(config=True))
    if words[0] == "help":
        return list(rules.SESSION_RULES)
    if not command.takes_names:
        return []
    return sorted(map(Name, known_names(tracker)), key=lambda name: name.sort_key)


def _split(line: str) -> list[str]:
    try:
        return shlex.split(_KEY.sub(lambda found: f"'[\"{found[1][1:-1]}\"]'", line))
    except ValueError as error:
        raise UsageError(f"cannot read this line: {error}") from error


def _command(word: str) -> Subcommand:
    found = COMMANDS.get(word)
    if found is not None:
        return found
    hint = did_you_mean(word, sorted(COMMANDS), "`%cellgraph {}`")
    raise UsageError(f"there is no subcommand {word!r}: {hint}")


def _carry_out(command: Subcommand, tracker: Tracker, options: Namespace) -> None:
    module, _, function = command.handler.partition(".")
    getattr(import_module(f"cellgraph.magic.{module}"), function)(tracker, options)


def _parse(command: Subcommand, words: list[str]) -> Namespace:
    try:
        return parser_of(command).parse_args(words)
    except Exception as error:
        usage = parser_of(command).format_usage().replace("usage: ", "", 1).replace("[-h] ", "", 1).strip()
        said = str(error).replace("the following arguments are required: ", "missing: ")
        raise UsageError(f"{said} (usage: {usage})") from error

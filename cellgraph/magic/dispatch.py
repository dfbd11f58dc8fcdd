"""Parses a ``%cellgraph`` line, completes it, and calls the function of its subcommand."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from traitlets import Bool

from cellgraph import rules
from cellgraph.magic.arguments import UsageError, known_names, options_of, parser_of
from cellgraph.magic.subcommands import COMMANDS, Subcommand
from cellgraph.names import Name
from cellgraph.render.text import did_you_mean, with_nearest
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
    """Completions for the word at the end of ``line``: what may stand there, and begins with it."""
    word = "" if line[-1:].isspace() else line.rsplit(maxsplit=1)[-1]
    words = line.split()[1:]
    offered = _offered(tracker, words[:-1] if word else words, word) if words or not word else COMMANDS
    return [one for one in offered if one.startswith(word) or not words]


def _offered(tracker: Tracker, before: list[str], word: str) -> Sequence[str]:
    """What may stand in the place of ``word``, behind the words before it."""
    if not before and not word.startswith("-"):
        return list(COMMANDS)
    named = bool(before) and not before[0].startswith("-")
    command = COMMANDS.get(before[0]) if named else COMMANDS["graph"]
    if command is None:
        return []
    if word.startswith("-"):
        return [option for option in options_of(command) if option not in before]
    if before[-1] in ("--focus", "--format", "--view"):
        return _values(tracker, before[-1])
    return _positional(tracker, command, [one for one in before[named:] if not one.startswith("-")])


def _positional(tracker: Tracker, command: Subcommand, given: list[str]) -> Sequence[str]:
    """What may stand where no option does, behind the words that were given to the subcommand."""
    if command.name == "config":
        return _config_words(tracker, given)
    if given and command.name != "contract":
        return []
    return list(rules.SESSION_RULES) if command.name == "help" else _subjects(tracker, command)


def _values(tracker: Tracker, option: str) -> Sequence[str]:
    """What may follow an option of ``graph``."""
    if option == "--focus":
        return _subjects(tracker, COMMANDS["slice"])
    from cellgraph.render.formats import FORMATS

    return list(FORMATS) if option == "--format" else ["lifelines", "layers"]


def _config_words(tracker: Tracker, given: list[str]) -> Sequence[str]:
    """The keys of ``config``, or the values that the key in ``given`` may have, where they can be listed."""
    traits = tracker.config.traits(config=True)
    if not given:
        return sorted(traits)
    if given[0] == "ignore":
        return [code for code in (*rules.SESSION_RULES, "none") if code not in given]
    is_switch = len(given) == 1 and isinstance(traits.get(given[0]), Bool)
    return ["true", "false"] if is_switch else []


def _subjects(tracker: Tracker, command: Subcommand) -> Sequence[str]:
    """The names that a subcommand takes, and the numbers of cells where it takes these too."""
    if not command.takes_names:
        return []
    found = sorted(map(Name, known_names(tracker)), key=lambda name: name.sort_key)
    return [name for name in found if command.takes_cells or not name.isdecimal()]


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
        usage = " ".join(parser_of(command).format_usage().replace("usage: ", "", 1).split())
        usage = usage.removesuffix(" [-h]").replace("[-h] ", "", 1)
        said = str(error).replace("the following arguments are required: ", "missing: ")
        if (hinted := with_nearest(said, options_of(command))) != said:
            raise UsageError(hinted) from error
        raise UsageError(f"{said} (usage: {usage})") from error

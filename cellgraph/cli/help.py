"""``cellgraph help``: the commands, or what the code of a finding means."""

from __future__ import annotations

import argparse

from cellgraph import rules
from cellgraph.cli.command import CLEAN, Command
from cellgraph.notebooks.errors import CannotRunError

DESCRIPTION = "Say what the code of a finding means, or list all codes."


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="as a finding shows it")


def _run(options: argparse.Namespace) -> int:
    """Print one rule, or all of them."""
    if options.code is None:
        print("\n".join(f"{rule.code}  {rule.meaning}" for rule in rules.EVERY_RULE.values()))
        return CLEAN
    rule = rules.EVERY_RULE.get(options.code.upper())
    if rule is None:
        from cellgraph.render.text import did_you_mean

        raise CannotRunError(
            f"there is no code {options.code!r}: {did_you_mean(options.code, rules.EVERY_RULE)}"
        )
    print(rule.help)
    return CLEAN


HELP = Command("help", "say what the code of a finding means", DESCRIPTION, _add_arguments, _run)

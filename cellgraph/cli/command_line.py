"""The ``cellgraph`` command.

Exit codes of every subcommand: 0 clean, 1 findings, 2 could not run. An error is one line on standard
error; ``--debug`` adds the traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn, TextIO

from cellgraph._version import __version__
from cellgraph.cli.autoload import AUTOLOAD
from cellgraph.cli.check import CHECK
from cellgraph.cli.command import COULD_NOT_RUN, Command, fail
from cellgraph.cli.graph import GRAPH
from cellgraph.cli.help import HELP
from cellgraph.cli.promote import PROMOTE
from cellgraph.cli.run import RUN
from cellgraph.cli.slice import SLICE
from cellgraph.notebooks.errors import CannotRunError, described
from cellgraph.render.text import did_you_mean

EXIT_CODES = "Exit codes: 0 clean, 1 findings, 2 could not run."
DEBUG_HELP = "show the traceback of an internal error"
COMMANDS: tuple[Command, ...] = (RUN, CHECK, GRAPH, SLICE, PROMOTE, *AUTOLOAD, HELP)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_print(stream)
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        return _run(arguments)
    except CannotRunError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return fail("interrupted")
    except BrokenPipeError:  # the reader of the output has ended, as `head` does
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - Python flushes standard output when it ends, which would fail
        return COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 - a traceback tells a user nothing, and exit code 1 means findings
        return _fault(error, debug="--debug" in arguments)


def _run(arguments: Sequence[str]) -> int:
    _check_command(arguments)
    options = _parser().parse_args(arguments)
    command: Command = options.command
    with warnings.catch_warnings():
        # Parsing a user's cell or laying out a graph may warn, and a user can do nothing about it here.
        warnings.simplefilter("default" if options.debug else "ignore")
        code = command.run(options)
    sys.stdout.flush()
    return code


def _fault(error: Exception, *, debug: bool) -> int:
    """Report an internal error and ask the user to report it. Returns the exit code."""
    if debug:
        traceback.print_exception(error)
    what = "please report it with the traceback above"
    if not debug:
        what = "run it with --debug for the traceback, and please report it"
    return fail(f"this is a fault of cellgraph's own ({described(error)}); {what}")


def _never_fail_to_print(stream: TextIO) -> None:
    """Let ``stream`` replace characters that its encoding lacks."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


class _Parser(argparse.ArgumentParser):
    """A parser whose error message is one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise CannotRunError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cellgraph",
        description="See which notebook results no longer hold, why, and which cells to run again.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"cellgraph {__version__}")
    parser.add_argument("--debug", action="store_true", help=DEBUG_HELP)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        # SUPPRESS: a default here would undo a --debug that stands before the subcommand.
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=DEBUG_HELP)
        sub.set_defaults(command=command)
    return parser


def _check_command(arguments: Sequence[str]) -> None:
    """Raise CannotRunError if the first word is no subcommand. The message suggests a similar one."""
    word = arguments[0] if arguments else ""
    names = [command.name for command in COMMANDS]
    if not word or word.startswith("-") or word in names:
        return
    if word.endswith(".ipynb"):
        raise CannotRunError(f"{word!r} is no command; to run the notebook: cellgraph run {word}")
    raise CannotRunError(f"{word!r} is no command; {did_you_mean(word, names, '{!r}')}")

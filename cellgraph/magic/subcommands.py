"""The table of subcommands: what each is called, takes and does."""

from __future__ import annotations

from argparse import HelpFormatter, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.core.magic_arguments import MagicArgumentParser

from cellgraph.magic.commands import config, load, off, on, rerun, reset, save
from cellgraph.magic.graph import graph, watch
from cellgraph.magic.overview import SUBCOMMANDS, overview
from cellgraph.magic.queries import check, deps, slice_of, status, uses, why
from cellgraph.session import Tracker


@dataclass(frozen=True)
class Command:
    """One subcommand: its parser, and what it does. ``names`` says what its word is, to complete it."""

    parser: MagicArgumentParser
    act: Callable[[Tracker, Namespace], None]
    names: bool = False


def _help(tracker: Tracker, options: Namespace) -> None:
    print(overview())


def _made(name: str, text: str, act: Callable[[Tracker, Namespace], None], *words: str) -> Command:
    parser = MagicArgumentParser(  # type: ignore[no-untyped-call]
        prog=f"%cellgraph {name}", description=text, add_help=False, formatter_class=HelpFormatter
    )
    for word in words:
        _add_word(parser, word)
    parser.add_argument("-h", "--help", action="store_true", help="show this and do nothing")
    return Command(parser, act, names=bool(words) and words[0] in ("name", "subject"))


def _add_word(parser: MagicArgumentParser, word: str) -> None:
    match word:
        case "name":
            parser.add_argument("name", metavar="NAME", help="a variable")
        case "subject":
            parser.add_argument("subject", metavar="NAME|CELL", help="a variable, or a cell by its number")
        case "file":
            parser.add_argument("file", metavar="FILE", help="path of a JSON Lines file")
        case "picture":
            _add_picture_options(parser)
        case "--cells":
            parser.add_argument("--cells", action="store_true", help="whole cells, not only statements")
        case "--dry-run":
            parser.add_argument("--dry-run", action="store_true", help="only say what would run")
        case "option":
            parser.add_argument("key", nargs="?", help="an option; all of them are listed without one")
            parser.add_argument("value", nargs="*", help="its new value")


def _add_picture_options(parser: MagicArgumentParser) -> None:
    add = parser.add_argument
    add("--format", help="svg, png, html, text, mermaid, dot, graphml, json or report")
    add("-o", "--output", metavar="FILE", help="write it to a file, in the form that its suffix names")
    add("--focus", metavar="NAME|CELL", help="only what is around this name or cell")
    add("--depth", type=int, metavar="N", help="with --focus: at most this many steps away")
    add("--vars", action="store_true", help="names as nodes of their own")


_ACTS: dict[str, tuple[Any, ...]] = {
    "graph": (graph, "picture"),
    "status": (status,),
    "why": (why, "subject"),
    "deps": (deps, "name"),
    "uses": (uses, "name"),
    "check": (check,),
    "slice": (slice_of, "subject", "--cells"),
    "rerun": (rerun, "--dry-run"),
    "watch": (watch,),
    "config": (config, "option"),
    "on": (on,),
    "off": (off,),
    "save": (save, "file"),
    "load": (load, "file"),
    "reset": (reset,),
    "help": (_help,),
}
COMMANDS: dict[str, Command] = {name: _made(name, text, *_ACTS[name]) for name, text in SUBCOMMANDS.items()}

"""The ``%cellgraph`` magic: a thin face over the tracker and the renderers."""

from __future__ import annotations

import difflib
import re
import shlex
from argparse import HelpFormatter, Namespace
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic_arguments import MagicArgumentParser
from traitlets import TraitError

from cellgraph.analyse.findings import CODES
from cellgraph.analyse.slices import base_name, downstream, makers, readers, slice_code, upstream
from cellgraph.model import CellState, Finding, Report
from cellgraph.present.text import chance_line, counted, first_line, listed
from cellgraph.session import Tracker

if TYPE_CHECKING:
    from cellgraph.present.formats import Material

MAGIC = "cellgraph"
_NO_CELL = "no cell has been recorded yet: run some, and ask again"
_KEY = re.compile(r"""\[("[^"']*"|'[^"']*')\]""")
"""A key in the path of a part, ``df["a"]``: its quotes are not the shell's."""
_HELP = {"-h": "help", "--help": "help"}
_MOST_MOMENTS = 200
"""Runs up to which a page holds the graph after each of them."""


@dataclass(frozen=True)
class Command:
    """One subcommand: its parser, and what it does. ``names`` says what its word is, to complete it."""

    parser: MagicArgumentParser
    act: Callable[[Tracker, Namespace], None]
    names: bool = False


class UsageError(Exception):
    """The user's words are off; the message says what is right."""


def register(shell: Any, tracker: Tracker) -> None:
    """Add the magic and its tab completion to a shell."""

    def cellgraph(line: str) -> None:
        run_line(tracker, line)

    cellgraph.__doc__ = _overview()
    shell.register_magic_function(cellgraph, "line", MAGIC)
    for key in (f"%{MAGIC}", MAGIC):
        shell.set_hook("complete_command", lambda _, event: complete(tracker, event.line), str_key=key)


def unregister(shell: Any) -> None:
    """Take both out again."""
    shell.magics_manager.magics["line"].pop(MAGIC, None)
    vars(shell.magics_manager.user_magics).pop(MAGIC, None)
    hooks = shell.strdispatchers.get("complete_command")
    for key in (f"%{MAGIC}", MAGIC):
        if hooks is not None:
            hooks.strs.pop(key, None)


def run_line(tracker: Tracker, line: str) -> None:
    """Carry out one ``%cellgraph`` line; what is wrong with it is said in one line."""
    try:
        words = _split(line)
        if not words or (words[0].startswith("-") and words[0] not in _HELP):
            words = ["graph", *words]  # the graph is what %cellgraph draws by itself
        command = _command(_HELP.get(words[0], words[0]))
        if not _HELP.keys().isdisjoint(words[1:]):
            print(command.parser.format_help().rstrip())
            return
        command.act(tracker, _parse(command, words[1:]))
    except OSError as error:
        print(f"cellgraph: {error.filename}: {error.strerror}" if error.filename else f"cellgraph: {error}")
    except (UsageError, ValueError, RuntimeError) as error:
        print(f"cellgraph: {error}")


def complete(tracker: Tracker, line: str) -> list[str]:
    """Words that can stand where the cursor is."""
    words = line.split()[1:]
    if len(words) == 0 or (len(words) == 1 and not line.endswith(" ")):
        return sorted(COMMANDS)
    command = COMMANDS.get(words[0])
    if command is None:
        return []
    if words[0] == "config":
        return sorted(tracker.config.trait_names(config=True))
    return sorted(_known_names(tracker)) if command.names else []


def _split(line: str) -> list[str]:
    try:
        return shlex.split(_KEY.sub(lambda found: f"'[\"{found[1][1:-1]}\"]'", line))
    except ValueError as error:
        raise UsageError(f"cannot read this line: {error}") from error


def _command(word: str) -> Command:
    found = COMMANDS.get(word)
    if found is not None:
        return found
    near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.5)
    hint = f"did you mean `%cellgraph {near[0]}`?" if near else f"there are {', '.join(sorted(COMMANDS))}"
    raise UsageError(f"there is no subcommand {word!r}: {hint}")


def _parse(command: Command, words: list[str]) -> Namespace:
    try:
        return command.parser.parse_args(words)
    except Exception as error:
        usage = command.parser.format_usage().replace("usage: ", "", 1).replace("[-h] ", "", 1).strip()
        said = str(error).replace("the following arguments are required: ", "missing: ")
        raise UsageError(f"{said} (usage: {usage})") from error


def _known_names(tracker: Tracker) -> set[str]:
    report = tracker.report()
    names = {name for cell in report.cells for name in cell.writes}
    return names | {cell.label.strip("[]") for cell in report.cells}


# -- what the subcommands do ------------------------------------------------------------------------


def _graph(tracker: Tracker, options: Namespace) -> None:
    material = _material(tracker, options)
    if not material.report.cells:
        tracker.say(_NO_CELL)
    elif options.output is not None:
        _write_graph(tracker, material, options)
    elif options.format is not None:
        _show_graph(tracker, material, options)
    else:
        _draw_graph(tracker, material)


def _material(tracker: Tracker, options: Namespace) -> Material:
    from cellgraph.analyse.focus import focused
    from cellgraph.present.formats import Material

    report = tracker.report()
    if options.focus is not None:
        _check_known(tracker, options.focus)
        cell = tracker.find_cell(options.focus)
        cells = (cell,) if cell else makers(report, options.focus) + readers(report, options.focus)
        report = focused(report, cells, options.depth)
    return Material(report, tracker.ledger, names=options.vars)


def _draw_graph(tracker: Tracker, material: Material) -> None:
    from cellgraph.present.svg import graph_html
    from cellgraph.present.terminal import graph_text

    if tracker.rich:
        tracker.say(graph_text(material.drawn), graph_html(material.drawn))
    else:
        tracker.say(graph_text(material.drawn, _width(), color=_color()))


def _show_graph(tracker: Tracker, material: Material, options: Namespace) -> None:
    from cellgraph.present.formats import format_of
    from cellgraph.present.terminal import graph_text

    chosen = format_of(options.format, None)
    made = chosen.make(material)
    if isinstance(made, bytes) and not tracker.rich:
        raise UsageError("pixels cannot be shown here: write them to a file with -o FILE")
    if chosen.mime and tracker.rich:
        tracker.show_data({chosen.mime: made, "text/plain": graph_text(material.drawn)})
    else:
        tracker.say(str(made))


def _write_graph(tracker: Tracker, material: Material, options: Namespace) -> None:
    from dataclasses import replace

    from cellgraph.present.formats import FORMATS, format_of

    chosen = format_of(options.format, options.output)
    if chosen is FORMATS["html"] and len(tracker.runs) <= _MOST_MOMENTS:
        past = tuple(tracker.after_run(run.number) for run in tracker.runs)
        material = replace(material, past=past)
    made = chosen.make(material)
    path = Path(options.output).expanduser()
    path.write_bytes(made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass"))
    tracker.say(f"{path}: {chosen.words}, {len(material.report.cells)} cells")


def _status(tracker: Tracker, options: Namespace) -> None:
    from cellgraph.present.terminal import status_html, status_text

    report = tracker.report()
    if not report.cells and not report.unrun:
        tracker.say(_NO_CELL)
        return
    tracker.say(status_text(report, _width(), color=_color() and not tracker.rich), status_html(report))


def _why(tracker: Tracker, options: Namespace) -> None:
    _check_known(tracker, options.subject)
    tracker.say(str(tracker.explain(options.subject)))


def _deps(tracker: Tracker, options: Namespace) -> None:
    report = tracker.report()
    cells = makers(report, options.name) or _none(tracker, options.name)
    found = upstream(report, cells)
    tracker.say(_listed(f"{options.name} is made by", found, set(cells), "from"))


def _uses(tracker: Tracker, options: Namespace) -> None:
    report = tracker.report()
    cells = readers(report, options.name)
    if not cells:
        _check_known(tracker, options.name)
        tracker.say(f"no cell reads {options.name}")
        return
    found = downstream(report, cells)
    tracker.say(_listed(f"{options.name} is read by", found, set(cells), "and through them by"))


def _check(tracker: Tracker, options: Namespace) -> None:
    findings = tracker.findings()
    warnings = [finding for finding in findings if finding.severity == "warning"]
    notes = [finding for finding in findings if finding.severity == "note"]
    report = tracker.report()
    lines = [_verdict(report, len(warnings)), *_shown(warnings)]
    if notes:
        lines += ["notes: what running one cell now would see otherwise", *_shown(notes)]
    lines += map(chance_line, report.chances)
    tracker.say("\n".join(lines))


def _slice(tracker: Tracker, options: Namespace) -> None:
    report = tracker.report()
    cell = tracker.find_cell(options.subject)
    cells = (cell,) if cell is not None else makers(report, options.subject)[-1:]
    if not cells:
        _none(tracker, options.subject)
    if options.cells:
        code = {state.cell: state.source.rstrip() for state in upstream(report, cells)}
    else:
        code = slice_code(tracker.ledger, report, cells, options.subject if cell is None else None)
    tracker.say("\n\n".join(f"# {report.label(of)}\n{text}" for of, text in code.items()))


def _rerun(tracker: Tracker, options: Namespace) -> None:
    report = tracker.report()
    if not report.plan:
        tracker.say("nothing to run again: no cell is in doubt that running could put right")
    elif options.dry_run:
        tracker.say("would run " + ", ".join(report.label(cell) for cell in report.plan))
    else:
        _run_again(tracker, report)


def _run_again(tracker: Tracker, report: Report) -> None:
    done = tracker.rerun(report.plan)
    names = [report.label(cell) for cell in done]
    if len(done) < len(report.plan):
        tracker.say(
            f"stopped: {report.label(report.plan[len(done)])} raised (done: {', '.join(names) or 'none'})"
        )
    else:
        tracker.say(f"ran {', '.join(names)} again")


def _config(tracker: Tracker, options: Namespace) -> None:
    config = tracker.config
    keys = sorted(config.trait_names(config=True))
    if options.key is None:
        rows = (f"{key} = {getattr(config, key)!r}  # {config.traits()[key].help}" for key in keys)
        tracker.say("\n".join(rows))
        return
    if options.key not in keys:
        near = difflib.get_close_matches(options.key, keys, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}"
        raise UsageError(f"there is no option {options.key!r}: {hint}")
    if options.value:
        _set_option(tracker, options.key, options.value)
    tracker.say(f"{options.key} = {getattr(config, options.key)!r}")


def _set_option(tracker: Tracker, key: str, words: list[str]) -> None:
    trait = tracker.config.traits()[key]
    try:
        if key == "ignore":
            codes = [code for word in words for code in word.replace(",", " ").split()]
            value: object = _known_codes([code.upper() for code in codes if code.lower() != "none"])
        else:
            value = trait.from_string(words[0])
        setattr(tracker.config, key, value)
    except (TraitError, ValueError) as error:
        raise UsageError(f"{' '.join(words)!r} is no value for {key}: {trait.help}") from error


def _known_codes(codes: list[str]) -> list[str]:
    unknown = [code for code in codes if code not in CODES]
    if unknown:
        raise UsageError(f"there is no code {unknown[0]!r}: there are {', '.join(CODES)}, and none")
    return codes


def _on(tracker: Tracker, options: Namespace) -> None:
    tracker.resume()
    tracker.say("recording")


def _off(tracker: Tracker, options: Namespace) -> None:
    tracker.pause()
    tracker.say("not recording; `%cellgraph on` starts again")


def _save(tracker: Tracker, options: Namespace) -> None:
    tracker.save(options.file)
    tracker.say(f"{counted(len(tracker.runs), 'run')} written to {options.file}")


def _load(tracker: Tracker, options: Namespace) -> None:
    try:
        tracker.load(options.file)
    except ValueError as error:  # no ledger, or not even text
        raise UsageError(f"{options.file} could not be read: {error}") from error
    tracker.say(f"{counted(len(tracker.runs), 'run')} read from {options.file}")


def _reset(tracker: Tracker, options: Namespace) -> None:
    tracker.reset()
    tracker.say("the ledger is empty; your variables are as they were")


def _watch(tracker: Tracker, options: Namespace) -> None:
    if not tracker.rich:
        raise UsageError("the live panel needs a notebook; here `%cellgraph` draws the graph as text")
    from IPython.display import display

    from cellgraph.present.svg import graph_html
    from cellgraph.present.terminal import graph_text
    from cellgraph.watch import STILL, panel

    report = tracker.report()
    display(panel(tracker))  # type: ignore[no-untyped-call]
    tracker.say(graph_text(report), graph_html(report, STILL))


def _help(tracker: Tracker, options: Namespace) -> None:
    print(_overview())


# -- words ------------------------------------------------------------------------------------------


def _verdict(report: Report, warnings: int) -> str:
    if not report.cells:
        return _NO_CELL
    if not warnings:
        but = ", but for what is left to chance" if report.chances else ""
        return f"clean: Restart & Run All would give what is on the screen{but}"
    plan = f" · run {listed(map(report.label, report.plan))}" if report.plan else ""
    return f"{counted(warnings, 'finding')}{plan}"


def _shown(findings: Iterable[Finding]) -> list[str]:
    return [f"  {finding.code} {finding.message}" for finding in findings]


def _listed(head: str, cells: Iterable[CellState], first: set[str], then: str) -> str:
    lines = [head]
    lines += [f"  {_one_line(cell)}" for cell in cells if cell.cell in first]
    others = [cell for cell in cells if cell.cell not in first]
    lines += [then, *(f"  {_one_line(cell)}" for cell in others)] if others else []
    return "\n".join(lines)


def _one_line(cell: CellState) -> str:
    return f"{cell.label} {first_line(cell.source)}"


def _check_known(tracker: Tracker, subject: str) -> None:
    base = base_name(subject)
    known = tracker.find_cell(subject) is not None or base in tracker.shell.user_ns
    if not known and base not in _known_names(tracker):
        _none(tracker, subject)


def _none(tracker: Tracker, subject: str) -> tuple[str, ...]:
    near = difflib.get_close_matches(subject, _known_names(tracker), n=1)
    hint = f": did you mean {near[0]}?" if near else ""
    number = subject.strip("[]")
    what = f"no cell has the number {number}" if number.isdecimal() else _unknown(tracker, subject)
    raise UsageError(f"{what}{hint}")


def _unknown(tracker: Tracker, name: str) -> str:
    there = " (the variable is there: made before cellgraph was loaded, or by no cell)"
    return f"no recorded cell makes a name {name!r}{there if name in tracker.shell.user_ns else ''}"


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 40)).columns


def _color() -> bool:
    import os
    import sys

    return bool(getattr(sys.stdout, "isatty", lambda: False)()) and "NO_COLOR" not in os.environ


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


_TABLE: tuple[tuple[Any, ...], ...] = (
    ("graph", "Draw the graph of cells (what %cellgraph does by itself).", _graph, "picture"),
    ("status", "List the cells: state, reads, writes, and what to run.", _status),
    ("why", "Say why a name or a cell is in the state it is in.", _why, "subject"),
    ("deps", "List the cells that a name is made from.", _deps, "name"),
    ("uses", "List the cells that use a name, directly or through others.", _uses, "name"),
    ("check", "List everything that does not hold, with the notes.", _check),
    ("slice", "Print the code that makes a name or a cell, and no more.", _slice, "subject", "--cells"),
    ("rerun", "Run the cells in doubt again, in order; stop at an error.", _rerun, "--dry-run"),
    ("watch", "Show the graph as a live panel that follows every run.", _watch),
    ("config", "Show or set options.", _config, "option"),
    ("on", "Record again after `off`.", _on),
    ("off", "Stop recording.", _off),
    ("save", "Write the ledger to a file.", _save, "file"),
    ("load", "Take over a saved ledger.", _load, "file"),
    ("reset", "Forget all runs.", _reset),
    ("help", "List the subcommands.", _help),
)
COMMANDS: dict[str, Command] = {name: _made(name, text, act, *words) for name, text, act, *words in _TABLE}


def _overview() -> str:
    rows = "\n".join(f"  {name:<7} {text}" for name, text, *_ in _TABLE)
    return f"%cellgraph [SUBCOMMAND] [--help]\n\n{rows}"

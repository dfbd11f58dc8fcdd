"""The ``cellgraph`` command.

Exit codes, for every subcommand: 0 clean, 1 findings, 2 could not run. What could not be done is
said in one line on standard error.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from cellgraph._version import __version__
from cellgraph.notebook.errors import CannotRunError
from cellgraph.notebook.outputs import Outputs, choose_outputs, write_text

if TYPE_CHECKING:
    from cellgraph.model import Finding
    from cellgraph.notebook.execution import Execution, Results
    from cellgraph.notebook.source import Source
    from cellgraph.notebook.steps import Step
    from cellgraph.present.page import Story

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2
_MOST_MOMENTS = 200
"""Runs up to which a report holds the graph after each of them."""

EXIT_CODES = "Exit codes: 0 clean, 1 findings, 2 could not run."


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_print(stream)
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        _check_command(arguments)
        options = _parser().parse_args(arguments)
        command: Command = options.command
        return command.run(options)
    except CannotRunError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted")


def _never_fail_to_print(stream: TextIO) -> None:
    """Let a terminal that cannot show a character show something else."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


def _fail(message: str) -> int:
    print(f"cellgraph: {message}", file=sys.stderr)
    return COULD_NOT_RUN


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage that ``--help`` shows."""

    def error(self, message: str) -> NoReturn:
        raise CannotRunError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cellgraph",
        description="See which notebook results no longer hold, why, and which cells to run again.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"cellgraph {__version__}")
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
        sub.set_defaults(command=command)
    return parser


def _check_command(arguments: Sequence[str]) -> None:
    """Raise CannotRunError, naming what was probably meant, where the first word is no subcommand."""
    word = arguments[0] if arguments else ""
    names = [command.name for command in COMMANDS]
    if not word or word.startswith("-") or word in names:
        return
    if word.endswith(".ipynb"):
        raise CannotRunError(f"{word!r} is no command; to run the notebook: cellgraph run {word}")
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(names)}"
    raise CannotRunError(f"{word!r} is no command; {hint}")


RUN_DESCRIPTION = """\
Run a notebook in its kernel with cellgraph loaded. Writes the executed notebook, an HTML report
and the ledger of all reads and writes (JSON Lines).

  cellgraph run analysis.ipynb                   from top to bottom
  cellgraph run analysis.ipynb --order 1-5,2     then the second code cell once more"""


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK", help="the .ipynb file to run; it is not changed")
    add("--order", metavar="CELLS", help="code cells to run, counted from the top: 1-4,2,5 (default: all)")
    add("-o", "--output", type=Path, metavar="OUT.ipynb", help="where to write the executed notebook")
    add("--report", type=Path, metavar="OUT.html", help="where to write the report")
    add("--ledger", type=Path, metavar="OUT.jsonl", help="where to write the ledger")
    add("--output-dir", type=Path, metavar="DIR", default=Path(), help="where to write what is not named")
    add("--timeout", type=_seconds, metavar="SECONDS", help="longest time for a cell (default: no limit)")
    add("--kernel", metavar="NAME", help="kernel to run in (default: the notebook's)")
    add("--allow-errors", action="store_true", help="go on when a cell raises")
    add("-q", "--quiet", action="store_true", help="no progress, and no summary")


def _seconds(text: str) -> int:
    seconds = int(text) if text.isdecimal() else 0
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds above 0")
    return seconds


def _run(options: argparse.Namespace) -> int:
    """Run a notebook, and write it, the report and the ledger."""
    from cellgraph.notebook.execute import execute
    from cellgraph.notebook.execution import Options
    from cellgraph.notebook.progress import show_progress
    from cellgraph.notebook.source import read_source

    source = read_source(options.notebook)
    steps = _steps(source, options.order)
    outputs = choose_outputs(
        source.path, options.output_dir, Outputs(options.output, options.report, options.ledger)
    )
    how = Options(options.kernel, options.timeout, options.allow_errors)
    with show_progress(len(steps), quiet=options.quiet) as progress:
        execution = execute(source, steps, how, progress)
    written = _write(source, execution, outputs)
    if not options.quiet:
        print(_summary(execution, written))
    if execution.stopped:
        return _fail(_stopped(execution))
    return _exit_code(execution)


def _steps(source: Source, order: str | None) -> tuple[Step, ...]:
    from cellgraph.notebook.steps import parse_order

    if order is None:
        return source.cells
    return tuple(source.cells[number - 1] for number in parse_order(order, len(source.cells)))


def _write(source: Source, execution: Execution, outputs: Outputs) -> Outputs:
    """Write what there is. Returns the paths written; the others are None."""
    from cellgraph.notebook.source import notebook_text

    assert outputs.notebook is not None
    assert outputs.report is not None
    assert outputs.ledger is not None
    write_text(outputs.notebook, notebook_text(execution.notebook))
    if execution.results is None:
        return replace(outputs, report=None, ledger=None)
    write_text(outputs.report, _page(source, execution, execution.results))
    write_text(outputs.ledger, execution.results.ledger)
    return outputs


def _page(source: Source, execution: Execution, results: Results) -> str:
    from cellgraph.notebook.facts import facts
    from cellgraph.present.page import report_page

    generated = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z} by cellgraph {__version__}"
    given = facts(source, execution)
    return report_page(results.report, source.path.name, given, generated, _story(execution, results))


def _story(execution: Execution, results: Results) -> Story:
    """What happened run by run, for a graph that can go back in time."""
    from cellgraph.analyse.history import report_after
    from cellgraph.model import Order
    from cellgraph.notebook.pictures import pictures
    from cellgraph.present.page import Story
    from cellgraph.record.jsonl import loads

    ledger = loads(results.ledger)
    order = Order(tuple(state.cell for state in results.report.cells if state.state != "deleted"))
    runs = ledger.runs if len(ledger.runs) <= _MOST_MOMENTS else ()
    past = tuple(report_after(ledger, order, run.number) for run in runs)
    return Story(ledger, past, pictures(execution.notebook))


def _warnings(execution: Execution) -> list[Finding]:
    found = execution.results.report.findings if execution.results else ()
    return [finding for finding in found if finding.severity == "warning"]


def _exit_code(execution: Execution) -> int:
    return FINDINGS if _warnings(execution) else CLEAN


def _summary(execution: Execution, written: Outputs) -> str:
    lines = [_headline(execution), *_doubts(_warnings(execution)), *_left_to_chance(execution)]
    lines += [f"{what:<17}  {path}" for what, path in written.named() if path is not None]
    return "\n".join(lines)


def _doubts(warnings: list[Finding]) -> Iterator[str]:
    """A line for each cell in doubt: its first reason, and how many more there are."""
    from cellgraph.present.text import shown

    by_cell: dict[str, list[Finding]] = {}
    for finding in warnings:
        by_cell.setdefault(finding.cell, []).append(finding)
    for first, *rest in by_cell.values():
        more = f", and {len(rest)} more" if rest else ""
        yield f"  {shown(first.message)}  ({first.code}{more})"


def _left_to_chance(execution: Execution) -> Iterator[str]:
    from cellgraph.present.text import chance_line

    for chance in execution.results.report.chances if execution.results else ():
        yield f"  {chance_line(chance)}"


def _headline(execution: Execution) -> str:
    from cellgraph.present.text import counted

    ran = f"{counted(len(execution.ran), 'cell')} run in {execution.seconds:.1f} s"
    doubted = {finding.cell for finding in _warnings(execution)}
    return f"{ran}, {len(doubted) or 'none'} in doubt"


def _stopped(execution: Execution) -> str:
    if execution.results is None:
        return f"{execution.stopped}; there is no report and no ledger"
    return f"{execution.stopped}; what was written covers the run up to there"


COMMANDS: tuple[Command, ...] = (
    Command(
        name="run",
        help="run a notebook and report the cells in doubt",
        description=RUN_DESCRIPTION,
        add_arguments=_add_run_arguments,
        run=_run,
    ),
)

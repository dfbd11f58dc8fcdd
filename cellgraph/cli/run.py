"""``cellgraph run``: runs a notebook under cellgraph; writes notebook, ledger and report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.cli.command import CLEAN, FINDINGS, Command, fail, tell
from cellgraph.notebooks.errors import CannotRunError, described
from cellgraph.notebooks.outputs import Outputs, choose_outputs, write_text

if TYPE_CHECKING:
    from cellgraph.model import Finding
    from cellgraph.notebooks.cell_order import CodeCell
    from cellgraph.notebooks.run_types import Execution
    from cellgraph.notebooks.source import NotebookFile

DESCRIPTION = """\
Run a notebook in its kernel with cellgraph loaded. Writes the executed notebook, an HTML report
and the ledger of all reads and writes (JSON Lines).

  cellgraph run analysis.ipynb                   from top to bottom
  cellgraph run analysis.ipynb --order 1-5,2     then the second code cell once more"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK", help="the .ipynb file to run; it is not changed")
    add("--order", metavar="CELLS", help="code cells to run, counted from the top: 1-4,2,5 (default: all)")
    add("-o", "--output", type=Path, metavar="OUT.ipynb", help="where to write the executed notebook")
    add("--report", type=Path, metavar="OUT.html", help="where to write the report")
    add("--ledger", type=Path, metavar="OUT.jsonl", help="where to write the ledger")
    add(
        "--output-dir",
        type=Path,
        metavar="DIR",
        default=Path(),
        help="folder for the files that are not named (default: here)",
    )
    add("--timeout", type=_seconds, metavar="SECONDS", help="longest time for a cell (default: no limit)")
    add(
        "--kernel",
        metavar="NAME",
        help="kernel to run in (default: the notebook's, or this environment's where that cannot do it)",
    )
    add("--allow-errors", action="store_true", help="go on when a cell raises")
    help_stamp = "write into the executed notebook what each output was made from, for `cellgraph check`"
    add("--stamp", action="store_true", help=help_stamp)
    add("--stamp-file", action="store_true", help="the same beside it, in OUT.ipynb.stamp.json")
    add("-q", "--quiet", action="store_true", help="no progress, and no summary")


def _seconds(text: str) -> int:
    seconds = int(text) if text.isdecimal() else 0
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds above 0")
    return seconds


def _run(options: argparse.Namespace) -> int:
    """Run a notebook, and write it, the ledger and the report."""
    from cellgraph.notebooks.execute import execute
    from cellgraph.notebooks.progress import show_progress
    from cellgraph.notebooks.run_types import Options
    from cellgraph.notebooks.source import read_source

    source = read_source(options.notebook)
    code_cells = _code_cells_of(source, options.order)
    outputs = choose_outputs(
        source.path, options.output_dir, Outputs(options.output, options.report, options.ledger)
    )
    stamped = options.stamp or options.stamp_file
    how = Options(options.kernel, options.timeout, options.allow_errors, stamped)
    with show_progress(len(code_cells), quiet=options.quiet) as progress:
        execution = execute(source, code_cells, how, progress)
    stamp = _stamp(source, execution, outputs, options)
    written, unwritten = _write(source, execution, outputs, debug=options.debug)
    if stamp is not None:
        write_text(*stamp)
    for line in execution.notes:
        tell(line)
    if not options.quiet:
        print(_summary(source, execution, written))
    if unwritten:
        return fail("; ".join(unwritten))
    if execution.stopped:
        return fail(_stopped(execution))
    return FINDINGS if _warnings(execution) else CLEAN


def _code_cells_of(source: NotebookFile, order: str | None) -> tuple[CodeCell, ...]:
    from cellgraph.notebooks.cell_order import parse_order

    if order is None:
        return source.cells
    return tuple(source.cells[number - 1] for number in parse_order(order, len(source.cells)))


def _write(
    source: NotebookFile, execution: Execution, outputs: Outputs, *, debug: bool
) -> tuple[Outputs, tuple[str, ...]]:
    """Write the notebook and the ledger, then the report, which can be made again from them.

    Returns the paths of what was written (None for the rest), and why the notebook or the ledger was not.
    """
    from cellgraph.cli.report import write_report
    from cellgraph.notebooks.source import executed_text

    assert outputs.notebook is not None
    assert outputs.ledger is not None
    unwritten: list[str] = []

    def write(path: Path, text: Callable[[], str]) -> Path | None:
        """Write one file. Returns ``path``, or None if that failed; the other files are still written."""
        try:
            write_text(path, text())
        except CannotRunError as error:
            unwritten.append(str(error))
        except Exception as error:  # noqa: BLE001 - the ledger is written even if the notebook cannot be
            unwritten.append(f"cannot write {path}: {described(error)}")
        else:
            return path
        return None

    written = Outputs(notebook=write(outputs.notebook, lambda: executed_text(source, execution.notebook)))
    results = execution.results
    if results is not None:
        ledger = write(outputs.ledger, lambda: results.ledger)
        report = write_report(source, execution, results, outputs, debug=debug)
        written = replace(written, ledger=ledger, report=report)
    return written, tuple(unwritten)


def _stamp(
    source: NotebookFile, execution: Execution, outputs: Outputs, options: argparse.Namespace
) -> tuple[Path, str] | None:
    """Put the stamp of the run into the notebook, if that is wanted.

    Returns the path and the text of a file beside the notebook, if one is wanted.
    """
    if not (options.stamp or options.stamp_file):
        return None
    from cellgraph.notebooks.stamps.executed import put_stamp, stamp_of_run
    from cellgraph.notebooks.stamps.storage import stamp_file, to_text

    assert outputs.notebook is not None
    stamp = stamp_of_run(source, execution, outputs.notebook)
    if stamp is None:
        tell("there is no stamp: the run has no results that are complete")
        return None
    if options.stamp:
        put_stamp(source, execution, stamp)
    return (stamp_file(outputs.notebook), to_text(stamp)) if options.stamp_file else None


def _warnings(execution: Execution) -> list[Finding]:
    found = execution.results.report.findings if execution.results else ()
    return [finding for finding in found if finding.severity == "warning"]


def _summary(source: NotebookFile, execution: Execution, written: Outputs) -> str:
    from cellgraph.notebooks.run_summary import mended

    lines = [
        _headline(execution),
        *_failures(execution),
        *_doubts(_warnings(execution)),
        *_left_to_chance(execution),
    ]
    if source.flaws:
        lines.append(f"  {mended(source)}")
    lines += [f"{what:<17}  {path}" for what, path in written.named() if path is not None]
    return "\n".join(lines)


def _headline(execution: Execution) -> str:
    from cellgraph.render.text import counted

    ran = f"{counted(len(execution.ran), 'cell')} run in {execution.seconds:.1f} s"
    doubted = {finding.cell for finding in _warnings(execution)}
    failed = f"{counted(len(execution.failed), 'cell')} failed, " if execution.failed else ""
    return f"{ran}, {failed}{len(doubted) or 'none'} in doubt"


def _failures(execution: Execution) -> Iterator[str]:
    """A line for each cell that ended with an error."""
    from cellgraph.notebooks.run_summary import failure
    from cellgraph.render.text import shown

    for ran in execution.failed:
        yield f"  {shown(failure(ran))}"


def _doubts(warnings: list[Finding]) -> Iterator[str]:
    """A line for each cell in doubt: its first reason, and how many more there are."""
    from cellgraph.render.text import shown

    by_cell: dict[str, list[Finding]] = {}
    for finding in warnings:
        by_cell.setdefault(finding.cell, []).append(finding)
    for first, *rest in by_cell.values():
        more = f", and {len(rest)} more" if rest else ""
        yield f"  {shown(first.message)}  ({first.code}{more})"


def _left_to_chance(execution: Execution) -> Iterator[str]:
    from cellgraph.render.text import chance_line

    for chance in execution.results.report.chances if execution.results else ():
        yield f"  {chance_line(chance)}"


def _stopped(execution: Execution) -> str:
    if execution.results is None:
        return f"{execution.stopped}; there is no report and no ledger"
    return f"{execution.stopped}; what was written covers the run up to there"


RUN = Command(
    name="run",
    help="run a notebook and report the cells in doubt",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

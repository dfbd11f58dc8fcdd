"""``cellgraph run``: runs a notebook under cellgraph; writes notebook, ledger and report."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.cli.command import CLEAN, COULD_NOT_RUN, FINDINGS, Command, tell
from cellgraph.notebooks.errors import CannotRunError, described
from cellgraph.notebooks.outputs import Outputs, choose_outputs, write_text
from cellgraph.notebooks.stopping import Stop

if TYPE_CHECKING:
    from cellgraph.notebooks.cell_order import CodeCell
    from cellgraph.notebooks.run_types import Execution
    from cellgraph.notebooks.source import NotebookFile

DESCRIPTION = """\
Run a notebook in its kernel with cellgraph loaded. Writes the executed notebook, an HTML report
and the ledger of all reads and writes (JSON Lines), beside the notebook. Cells are called by their places
among the code cells, from 1. Ctrl-C ends the run, and what has run is written.

  cellgraph run analysis.ipynb                   from top to bottom
  cellgraph run analysis.ipynb --order 1-5,2     then the second code cell once more
  cellgraph run analysis.ipynb --json            what was found, for a program"""


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
        help="folder for the files that are not named (default: that of the notebook)",
    )
    add("--timeout", type=_seconds, metavar="SECONDS", help="longest time for a cell (default: no limit)")
    add(
        "--kernel",
        metavar="NAME",
        help="kernel to run in (default: the notebook's, or this environment's where that cannot do it)",
    )
    add("--allow-errors", action="store_true", help="go on when a cell raises; that counts as a finding")
    help_stamp = "write into the executed notebook what each output was made from, for `cellgraph check`"
    add("--stamp", action="store_true", help=help_stamp)
    add("--stamp-file", action="store_true", help="the same beside it, in OUT.ipynb.stamp.json")
    add("-q", "--quiet", action="store_true", help="no progress, and no summary")
    add(
        "--json",
        action="store_true",
        help="print what was found and written as JSON, in place of the summary",
    )


def _seconds(text: str) -> int:
    seconds = int(text) if text.isdecimal() else 0
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds above 0")
    return seconds


def _run(options: argparse.Namespace) -> int:
    """Run a notebook, and write what it gives. With ``--json`` an error is told as JSON too."""
    stop = Stop()
    try:
        with stop.caught():
            return _run_and_write(options, stop)
    except (CannotRunError, KeyboardInterrupt) as error:
        why = str(error) or stop.how or "interrupted"
        if options.json:
            from cellgraph.cli.run_summary import not_run_json

            print(not_run_json(options.notebook, why))
        raise CannotRunError(why) from None


def _run_and_write(options: argparse.Namespace, stop: Stop) -> int:
    from cellgraph.cli.run_summary import summary, summary_json
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
    how = Options(options.kernel, options.timeout, options.allow_errors)
    with show_progress(len(code_cells), quiet=options.quiet) as progress:
        execution = execute(source, code_cells, how, progress, stop)
    stamp = _stamp(source, execution, outputs, options) if stamped else None
    written, unwritten = _write(source, execution, outputs, stop, debug=options.debug)
    if stamp is not None:
        write_text(*stamp, source.path)
    for line in execution.notes:
        tell(line)
    problem = "; ".join(unwritten) or _stopped(execution)
    code = COULD_NOT_RUN if problem else FINDINGS if execution.has_findings else CLEAN
    if options.json:
        print(summary_json(source, execution, written, code, problem))
    elif not options.quiet:
        print(summary(source, execution, written))
    if problem:
        tell(problem)
    return code


def _code_cells_of(source: NotebookFile, order: str | None) -> tuple[CodeCell, ...]:
    from cellgraph.notebooks.cell_order import parse_order

    if order is None:
        return source.cells
    return tuple(source.cells[number - 1] for number in parse_order(order, len(source.cells)))


def _write(
    source: NotebookFile, execution: Execution, outputs: Outputs, stop: Stop, *, debug: bool
) -> tuple[Outputs, tuple[str, ...]]:
    """Write the notebook and the ledger, then the report, which can be made again from them.

    Returns the paths of what was written (None for the rest), and why the notebook or the ledger was not.
    A signal waits for the notebook and the ledger, and the report is left out then.
    """
    from cellgraph.cli.report import write_report
    from cellgraph.notebooks.source import executed_text

    assert outputs.notebook is not None
    assert outputs.ledger is not None
    results = execution.results
    unwritten: list[str] = []
    notebook = _written(
        outputs.notebook, lambda: executed_text(source, execution.notebook), source, unwritten
    )
    written = Outputs(notebook=notebook)
    if results is not None:
        written = replace(written, ledger=_written(outputs.ledger, lambda: results.ledger, source, unwritten))
    try:
        stop.release()
        if results is not None:
            report = write_report(source, execution, results, outputs, debug=debug)
            written = replace(written, report=report)
    except KeyboardInterrupt:
        unwritten.append(f"{stop.how or 'interrupted'}; there is no report")
    return written, tuple(unwritten)


def _stamp(
    source: NotebookFile, execution: Execution, outputs: Outputs, options: argparse.Namespace
) -> tuple[Path, str] | None:
    """Put the stamp of the run into the notebook, if that is wanted.

    Returns the path and the text of a file beside the notebook, if one is wanted.
    """
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


def _written(path: Path, text: Callable[[], str], source: NotebookFile, unwritten: list[str]) -> Path | None:
    """Write one file. Returns ``path``, or None if that failed: why is added to ``unwritten``."""
    try:
        write_text(path, text(), source.path)
    except CannotRunError as error:
        unwritten.append(str(error))
    except Exception as error:  # noqa: BLE001 - the ledger is written even if the notebook cannot be
        unwritten.append(f"cannot write {path}: {described(error)}")
    else:
        return path
    return None


def _stopped(execution: Execution) -> str:
    """Why the run ended early, and what there is nevertheless; empty if it did not."""
    if not execution.stopped:
        return ""
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

"""``cellgraph graph``: the graph of a saved notebook, from its text alone, or from the ledger of a run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.cli.command import CLEAN, Command, tell
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.from_files import write_answer

if TYPE_CHECKING:
    from cellgraph.model import Order
    from cellgraph.record.ledger import Ledger

DESCRIPTION = """\
Draw the graph of a saved notebook. Nothing is executed: what each cell reads and makes is worked out from
its text. The ledger of a run (.jsonl, written by cellgraph run or %cellgraph save) shows what was observed.

  cellgraph graph analysis.ipynb                   lifelines, in the terminal
  cellgraph graph analysis.ipynb -o graph.svg      the same as a picture
  cellgraph graph analysis.ipynb --layers -o graph.html
  cellgraph graph ledger.jsonl -o graph.html"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK", help="a notebook, or the ledger of a run")
    add("--format", metavar="FORMAT", help="svg, png, html, text, mermaid, dot, graphml, json or report")
    add("-o", "--output", type=Path, metavar="FILE", help="write it to a file; its suffix tells the format")
    add("--layers", action="store_true", help="cells as boxes in layers, instead of lifelines")
    add("--vars", action="store_true", help="layers with names as nodes of their own")


def _run(options: argparse.Namespace) -> int:
    """Draw the graph."""
    from cellgraph.analyse.time_travel import report_after
    from cellgraph.render.formats import RenderInput, UnknownFormatError, format_of

    wanted = options.format or (None if options.output else "text")
    try:
        form = format_of(wanted, str(options.output) if options.output else None)
    except UnknownFormatError as error:
        raise CannotRunError(str(error)) from None
    ledger, order = _ledger(options.notebook)
    if not ledger.runs:
        raise CannotRunError(f"{options.notebook} has no code cell to draw")
    report = report_after(ledger, order, ledger.runs[-1].number)
    made = form.make(RenderInput(report, ledger, names=options.vars, layers=options.layers))
    _write(made, options.output, options.notebook)
    return CLEAN


def _ledger(path: Path) -> tuple[Ledger, Order]:
    from cellgraph.notebooks.from_files import read_bytes, read_python_notebook, saved_ledger

    data = read_bytes(path)
    if path.suffix == ".jsonl":
        return saved_ledger(path, data)
    from cellgraph.notebooks.checks.static_ledger import static_ledger

    return static_ledger(read_python_notebook(path, data))


def _write(made: str | bytes, output: Path | None, notebook: Path) -> None:
    data = made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace")
    if output is None:
        if isinstance(made, bytes):
            sys.stdout.buffer.write(made)
        else:
            print(made)
        return
    write_answer(output, data, notebook)
    tell(f"wrote {output}")


GRAPH = Command(
    name="graph",
    help="draw the graph of a saved notebook from its text; runs nothing",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

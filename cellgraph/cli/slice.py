"""``cellgraph slice``: the code that makes a name or a cell of a saved notebook, as a script."""

from __future__ import annotations

import argparse
from pathlib import Path

from cellgraph.cli.command import CLEAN, Command, tell
from cellgraph.notebooks.errors import CannotRunError

DESCRIPTION = """\
Print the code that makes a variable, or what a cell gives, as a Python script that runs by itself. Nothing
is executed. From a notebook it is worked out from the text; from the ledger of a run (.jsonl, written by
cellgraph run or %cellgraph save) it is the text that ran, in the order in which it ran.

  cellgraph slice analysis.ipynb model           the statements that make model
  cellgraph slice analysis.ipynb 7 -o cell7.py   cell 7 and what it needs
  cellgraph slice ledger.jsonl model"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK", help="a notebook, or the ledger of a run")
    add("subject", metavar="NAME|CELL", help="a variable, or a code cell by its number from the top")
    add("-o", "--output", type=Path, metavar="FILE", help="write the script to a file")
    add("--force", action="store_true", help="replace the file if there is one")


def _run(options: argparse.Namespace) -> int:
    """Print or write the script."""
    if options.output is not None and options.output.exists() and not options.force:
        raise CannotRunError(f"{options.output} is there already; --force replaces it")
    made = _slice(options.notebook, options.subject)
    if options.output is None:
        print(made, end="")
        return CLEAN
    from cellgraph.notebooks.from_files import write_answer

    write_answer(options.output, made.encode("utf-8", "backslashreplace"), options.notebook)
    tell(f"wrote {options.output}")
    return CLEAN


def _slice(path: Path, subject: str) -> str:
    from cellgraph.notebooks.from_files import read_bytes, read_python_notebook, saved_ledger
    from cellgraph.notebooks.static_slice import notebook_slice

    data = read_bytes(path)
    if path.suffix != ".jsonl":
        return notebook_slice(read_python_notebook(path, data), subject)
    from cellgraph.analyse.slice_script import Context
    from cellgraph.analyse.slices import base_name, slice_script

    ledger, _ = saved_ledger(path, data)
    number = subject.strip("[]")
    cells = [run.cell for run in ledger.runs if str(run.count) == number or run.cell == subject]
    if cells:
        return slice_script(ledger, cells[-1:], None, Context(subject=f"Cell {subject} of {path.name}."))
    if ledger.writer(base_name(subject)) is None:
        raise CannotRunError(f"no run of {path} makes a name {subject!r}")
    return slice_script(ledger, (), subject, Context(subject=f"{subject}, as {path.name} has it."))


SLICE = Command(
    name="slice",
    help="print the code that makes a name or a cell of a saved notebook; runs nothing",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

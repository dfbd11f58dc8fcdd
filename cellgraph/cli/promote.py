"""``cellgraph promote``: the stable part of a notebook as a package of steps, proven equal to it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cellgraph.cli.command import CLEAN, Command

DESCRIPTION = """\
Turn what makes some values of a notebook into a package: one function a step, a typed Settings, a main()
that wires the steps, and dag.json. The notebook is run from top to bottom, then the module in a fresh
process, and each target is compared. What only explores is left out and listed. Nothing is written unless
the values are equal.

  cellgraph promote analysis.ipynb --target model --target metrics -o pipeline/
  cellgraph promote analysis.ipynb -o pipeline/ --rewrite-notebook analysis.promoted.ipynb"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("notebook", type=Path, metavar="NOTEBOOK", help="the notebook; it is run, and not changed")
    add(
        "--target",
        "-t",
        action="append",
        default=[],
        metavar="NAME",
        help="a variable that the package is to make (default: what is bound and not used further)",
    )
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="the package to write")
    add(
        "--rewrite-notebook",
        type=Path,
        metavar="FILE",
        help="write a copy of the notebook that calls the package",
    )
    add("--check", action=argparse.BooleanOptionalAction, default=True, help="prove it (the default), or not")
    add("--force", action="store_true", help="replace files that are there")
    add(
        "--allow-secrets",
        action="store_true",
        help="promote even if the text seems to hold a password or key",
    )
    add("--timeout", type=int, metavar="SECONDS", help="longest time for a cell, and for the module")


def _run(options: argparse.Namespace) -> int:
    """Promote, and say what was written, how it was proven and what was left out."""
    from cellgraph.notebooks.promotion.promote import Request, promote
    from cellgraph.render.promotion import promotion_text

    made = promote(
        Request(
            options.notebook,
            options.output,
            tuple(dict.fromkeys(options.target)),
            options.check,
            options.force,
            options.allow_secrets,
            options.rewrite_notebook,
            options.timeout,
        )
    )
    print(promotion_text(made.pipeline, made.verdicts, made.files, made.notes))
    return CLEAN


PROMOTE = Command(
    name="promote",
    help="turn the stable part of a notebook into a package of steps, and prove it equal",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

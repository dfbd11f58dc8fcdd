"""``cellgraph promote``: the stable part of a notebook as a package of steps, proven equal to it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cellgraph.cli.command import CLEAN, Command

DESCRIPTION = """\
Turn what makes some values of a notebook into a package: one function a step, a typed Settings, a main()
that wires the steps, and dag.json. The notebook is run from top to bottom, then the module in a fresh
process, and each target is compared. What only explores is left out and listed. Nothing is written unless
the values are equal. The package has tests: each step on small recorded inputs, and the whole. You are
told which of your data they hold, and asked; a no, or nobody to ask, makes the inputs up.

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
    add("--tests", action=argparse.BooleanOptionalAction, default=True, help="write tests, or none")
    add(
        "--data",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="its tests start from recorded inputs (the default), or from made-up ones",
    )
    add("--yes", "-y", action="store_true", help="the tests may hold small parts of the data: do not ask")
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
    if options.tests:
        print(f"\n{_tested(options)}")
    return CLEAN


def _tested(options: argparse.Namespace) -> str:
    """Write the tests. Says what they hold, or why there are none: the package is there all the same."""
    from cellgraph.notebooks.characterisation.write import CannotRecordError, write_tests

    confirm = (lambda _: True) if options.yes else _confirmed
    folder = options.notebook.absolute().parent
    try:
        written = write_tests(
            options.output, folder, data=options.data, confirm=confirm, timeout=options.timeout
        )
    except CannotRecordError as error:
        return f"there are no tests: {error}"
    return f"{written.told}\nrun them: pytest {options.output}"


def _confirmed(told: str) -> bool:
    """Whether the person says that the tests may hold this. Without a terminal nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    print(told)
    answer = input("write this beside the tests? A no makes values up instead. [y/N] ")
    return answer.strip().lower() in ("y", "yes")


PROMOTE = Command(
    name="promote",
    help="turn the stable part of a notebook into a package of steps, and prove it equal",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

"""``python -m tests.slice_length [--notebooks N] [--seed S]``: are slices right, and are they short?

Random notebooks are run from top to bottom. For each name that one leaves, its slice is run by itself, and
has to make the same value. Then statements are taken out of the slice one after the other, as long as what is
left still makes the value: that is the shortest slice that deletion finds.
"""

from __future__ import annotations

import argparse
import ast
import os
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cellgraph
from cellgraph.model import Digest
from tests.oracle.generate import generate_notebook
from tests.oracle.session import final
from tests.shells import fresh_shell
from tests.test_slices import digest, executed, run_all, runs_of, script_of


@dataclass(frozen=True)
class Measured:
    """One slice: whether it makes the value, its statements, and those of the shortest that does."""

    notebook: int
    name: str
    right: bool
    statements: int = 0
    least: int = 0


def main() -> int:
    """Measure and print; 1 where a target was missed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.slice_length", description=__doc__)
    parser.add_argument("--notebooks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found = [each for number in range(options.notebooks) for each in measured(options.seed, number)]
    right = [each for each in found if each.right]
    ratios = [each.statements / each.least for each in right if each.least]
    share, typical = len(right) / len(found), median(ratios)
    print(f"{len(found)} slices from {options.notebooks} notebooks")
    print(f"the same value: {share:.1%} (target: 98 %)")
    print(
        f"statements, of the shortest that deletion finds: median {typical:.2f}, "
        f"all together {sum(e.statements for e in right) / sum(e.least for e in right):.2f} (target: 1.2)"
    )
    for each in found:
        if not each.right:
            print(f"  another value: {each.name} of notebook {each.notebook}")
    return int(share < 0.98 or typical > 1.2)


def measured(seed: int, number: int) -> Iterator[Measured]:
    """The slices of one notebook."""
    here = Path.cwd()
    with TemporaryDirectory() as folder, fresh_shell() as shell:
        os.chdir(folder)  # some write files
        try:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                tracker = cellgraph.load(shell)
                run_all(shell, [text for _, text in final(generate_notebook(seed, number))])
            failed = {run.cell for run in tracker.runs if run.outcome != "ok"}
            names = {write.name for run in tracker.runs for write in run.writes}
            for name in sorted(names):
                if (
                    name.isidentifier()
                    and name in shell.user_ns
                    and failed.isdisjoint(runs_of(tracker, name))
                ):
                    wanted = digest(shell.user_ns[name])
                    if wanted.quality == "exact":
                        yield _measured(number, name, script_of(tracker, name), wanted)
        finally:
            cellgraph.unload(shell)
            os.chdir(here)


def _measured(number: int, name: str, script: str, wanted: Digest) -> Measured:
    if not _makes(script, name, wanted):
        return Measured(number, name, right=False)
    kept = ast.parse(script).body
    statements = len(kept)
    for node in reversed(ast.parse(script).body):
        fewer = [each for each in kept if each.lineno != node.lineno]
        if len(fewer) < len(kept) and _makes(ast.unparse(ast.Module(fewer, [])), name, wanted):
            kept = fewer
    return Measured(number, name, right=True, statements=statements, least=len(kept))


def _makes(script: str, name: str, wanted: Digest) -> bool:
    try:
        with redirect_stderr(StringIO()):
            made = executed(script)
    except Exception:  # noqa: BLE001 - whatever a part of a slice raises
        return False
    return name in made and digest(made[name]).agrees(wanted)


if __name__ == "__main__":
    raise SystemExit(main())

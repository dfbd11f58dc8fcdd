"""``python -m tests.promoted [PACKAGE…]``: the share of mutants that the tests of packages notice.

Without an argument the packages are those here. A promoted package is judged in the folder around it, in a
process of its own; with many mutants every n-th is taken.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cellgraph.notebooks.characterisation.write import write_tests
from tests.promoted.judge import Verdict, judged
from tests.promoted.packages import PACKAGES


def main() -> None:
    """Print a row for each package, and the mutants that no test notices."""
    parser = argparse.ArgumentParser(prog="python -m tests.promoted", description=__doc__)
    parser.add_argument("packages", type=Path, nargs="*", help="folders with steps.py and tests/")
    parser.add_argument("--every", type=int, default=1, help="take every n-th mutant")
    options = parser.parse_args()
    for made in options.packages:
        _print(str(made), judged(made.resolve(), made.resolve().parent, options.every))
    for package in () if options.packages else PACKAGES:
        with TemporaryDirectory() as place:
            folder = Path(place)
            made = package.write(folder)
            write_tests(made, folder)
            _print(package.name, judged(made, folder))


def _print(name: str, verdict: Verdict) -> None:
    changed = len(verdict.killed) + len(verdict.survived)
    print(f"{name}: {len(verdict.killed)} of {changed} noticed, {verdict.rate:.0%} ", end="")
    print(f"({verdict.by_steps} by the test of a step alone); ", end="")
    print(f"{len(verdict.unchanged)} change no target")
    for one in verdict.survived:
        print(f"  {one}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""``python -m tests.promoted``: the share of mutants that the tests of the packages here notice."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from cellgraph.notebooks.characterisation.write import write_tests
from tests.promoted.judge import judged
from tests.promoted.packages import PACKAGES


def main() -> None:
    """Print a row for each package, and the mutants that no test notices."""
    for package in PACKAGES:
        with TemporaryDirectory() as place:
            folder = Path(place)
            made = package.write(folder)
            write_tests(made, folder)
            verdict = judged(made, folder)
        changed = len(verdict.killed) + len(verdict.survived)
        print(f"{package.name}: {len(verdict.killed)} of {changed} noticed, {verdict.rate:.0%} ", end="")
        print(f"({verdict.by_steps} by the test of a step alone); ", end="")
        print(f"{len(verdict.unchanged)} change no target")
        for one in verdict.survived:
            print(f"  {one}")


if __name__ == "__main__":
    main()

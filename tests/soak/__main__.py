"""Try to harm cells and to lose runs: ``python -m tests.soak --seed 1 --length full``."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

from tests.soak.outcome import FULL, SHORT, Length, Part, Row, Task

PARTS = (
    *("snippets", "generated", "interrupts", "threads", "growth", "values"),
    *("notebooks", "ledgers", "comm", "text"),
)
"""The modules of this folder that have a ``run``, in the order in which they are told of."""
LENGTHS: Mapping[str, Length] = {"short": SHORT, "full": FULL}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts, print the table and the faults; 1 where there are any."""
    options = _parser().parse_args(arguments)
    length = LENGTHS[options.length]
    if options.no_figures:
        length = replace(length, figures=False)
    rows: list[Row] = []
    for name in options.part or PARTS:
        started = time.perf_counter()
        task = Task(options.seed, length, options.only, random.Random(f"{name} {options.seed}"))
        part: Part = import_module(f"tests.soak.{name}").run
        new = part(task)
        rows += new
        _tell(name, new, time.perf_counter() - started, options)
    print("\n" + table(rows))
    return int(any(row.faults for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the seed that all cases come from")
    parser.add_argument(
        "--length", choices=LENGTHS, default="short", help="how much is done (default: short)"
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be given again")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--no-figures", action="store_true", help="judge neither times nor memory")
    return parser


def _tell(name: str, rows: Sequence[Row], seconds: float, options: argparse.Namespace) -> None:
    faults = [(row, fault) for row in rows for fault in row.faults]
    print(f"{name}: {len(faults) or 'no'} faults in {seconds:.0f} s", flush=True)
    for row, fault in faults:
        again = f"python -m tests.soak --part {name} --seed {options.seed} --length {options.length}"
        print(f"\n--- {row.part}: {row.what} (again: {again})\n{fault}", flush=True)


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [("part", "what", "tried", "figure", "faults"), ("---",) * 5]
    lines += [(row.part, row.what, f"{row.tried:,}", row.figure, str(len(row.faults))) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    raise SystemExit(main())

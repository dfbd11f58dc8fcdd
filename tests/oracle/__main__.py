"""Judge any number of sessions: ``python -m tests.oracle --sessions 2000 --seed 1 --shrink --jobs 2``."""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.oracle.generate import generate
from tests.oracle.judge import CellVerdict, Score, Verdict, VerdictKind, judge
from tests.oracle.report import describe, summary
from tests.oracle.shrink import shrink

WRONG: tuple[VerdictKind, ...] = ("missed", "false alarm")


def main() -> int:
    """Judge the sessions, print the score and the wrong verdicts; 1 where there are any."""
    options = _parser().parse_args()
    indexes = range(options.first, options.first + options.sessions)
    with ProcessPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(partial(_judge_one, options.seed), indexes, chunksize=16))
    score = Score.of(verdicts)
    _print_wrong(dict(zip(indexes, verdicts, strict=True)), options)
    print(summary(score))
    return int(bool(score.missed or score.false_alarms or score.perturbed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--sessions", type=int, default=300, help="how many sessions")
    parser.add_argument("--seed", type=int, default=1, help="the seed they come from")
    parser.add_argument("--first", type=int, default=0, help="index of the first session")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--show", type=int, default=5, help="how many wrong verdicts of a kind to print")
    parser.add_argument("--shrink", action="store_true", help="make them small first")
    return parser


def _judge_one(seed: int, index: int) -> Verdict:
    return judge(generate(seed, index))


def _print_wrong(verdicts: dict[int, Verdict], options: argparse.Namespace) -> None:
    for kind in WRONG:
        wrong = [(index, v, cell) for index, v in verdicts.items() for cell in v.cells if cell.kind == kind]
        for index, verdict, cell in wrong[: options.show]:
            print(f"--- seed {options.seed} session {index}")
            print(describe(*(_smallest(verdict, cell) if options.shrink else (verdict, cell))), flush=True)


def _smallest(verdict: Verdict, cell: CellVerdict) -> tuple[Verdict, CellVerdict]:
    """The verdict on the smallest session that shows the same fault in the same cell."""
    smallest = judge(shrink(verdict.session, lambda session: bool(_like(cell, judge(session)))))
    return smallest, _like(cell, smallest)[0]


def _like(cell: CellVerdict, verdict: Verdict) -> list[CellVerdict]:
    return [other for other in verdict.cells if other.symptom == cell.symptom]


if __name__ == "__main__":
    raise SystemExit(main())

"""Judge any number of sessions: ``python -m tests.oracle --sessions 200 --kind seeds --jobs 2 --shrink``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from queue import SimpleQueue

from tests.oracle import figures
from tests.oracle.generate import generate
from tests.oracle.in_processes import Fault, ProcessVerdict, judge_in_processes
from tests.oracle.judge import CellVerdict, Score, Verdict, VerdictKind, judge
from tests.oracle.kinds import NAMES, generate_of
from tests.oracle.report import describe, summary
from tests.oracle.session import Session
from tests.oracle.shrink import shrink
from tests.restarts.client import Client, SessionFailed

NAMESPACE = "namespace"
"""The kind of session that stays inside the namespace. Such sessions run in this process, which is faster."""
WRONG: tuple[VerdictKind, ...] = ("missed", "false alarm")


def main() -> int:
    """Judge the sessions, print the figures by kind and the wrong verdicts; 1 where there are any."""
    options = _parser().parse_args()
    kinds = [kind for kind in (NAMESPACE, *NAMES) if options.kind in kind]
    wrong = False
    if NAMESPACE in kinds:
        wrong = _in_this_process(options)
    others = [kind for kind in kinds if kind != NAMESPACE]
    if others:
        wrong |= _in_processes(others, options)
    return int(wrong)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--sessions", type=int, default=300, help="how many sessions of each kind")
    parser.add_argument("--seed", type=int, default=1, help="the seed they come from")
    parser.add_argument("--first", type=int, default=0, help="index of the first session")
    parser.add_argument(
        "--kind", default="", help=f"only kinds that contain this: {NAMESPACE}, {', '.join(NAMES)}"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--show", type=int, default=5, help="how many wrong verdicts of a sort to print")
    parser.add_argument("--shrink", action="store_true", help="make them small first")
    return parser


# -- sessions inside the namespace --------------------------------------------------------------


def _in_this_process(options: argparse.Namespace) -> bool:
    indexes = range(options.first, options.first + options.sessions)
    with ProcessPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(partial(_judge_one, options.seed), indexes, chunksize=16))
    score = Score.of(verdicts)
    _print_wrong(dict(zip(indexes, verdicts, strict=True)), options)
    print(NAMESPACE, summary(score), sep="\n")
    return bool(score.missed or score.false_alarms or score.perturbed)


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


# -- sessions in processes of their own ---------------------------------------------------------


def _in_processes(kinds: Iterable[str], options: argparse.Namespace) -> bool:
    indexes = range(options.first, options.first + options.sessions)
    shown: dict[tuple[str, Fault], int] = {}
    with ExitStack() as opened, ThreadPoolExecutor(options.jobs) as pool:
        clients: SimpleQueue[Client] = SimpleQueue()
        for _ in range(options.jobs):
            clients.put(opened.enter_context(Client()))

        def one(task: tuple[str, int]) -> ProcessVerdict | str:
            client = clients.get()
            try:
                return _judged(task, shown, options, client)
            except SessionFailed as error:
                return f"--- {task[0]} seed {options.seed} session {task[1]}: {error}"
            finally:
                clients.put(client)

        results = list(pool.map(one, [(kind, index) for kind in kinds for index in indexes]))
    broken = [result for result in results if isinstance(result, str)]
    verdicts = [result for result in results if not isinstance(result, str)]
    print(*broken, figures.table(verdicts), sep="\n")
    return bool(broken) or any(verdict.faults for verdict in verdicts)


def _judged(
    task: tuple[str, int], shown: dict[tuple[str, Fault], int], options: argparse.Namespace, client: Client
) -> ProcessVerdict:
    """The verdict on a session. Its faults are printed at once, up to so many of a sort."""
    kind, index = task
    verdict = judge_in_processes(kind, generate_of(kind, options.seed, index), client)
    for sort, cell in dict(verdict.faults).items():
        shown[kind, sort] = shown.get((kind, sort), 0) + 1
        if shown[kind, sort] > options.show:
            continue
        small = _small(verdict, sort, cell, client) if options.shrink else verdict
        text = figures.describe(small, sort, cell)
        print(f"--- {kind} seed {options.seed} session {index}\n{text}", flush=True)
    return verdict


def _small(verdict: ProcessVerdict, sort: Fault, cell: str, client: Client) -> ProcessVerdict:
    """The verdict on the smallest session that shows the same fault in the same cell."""

    def fails(session: Session) -> bool:
        try:
            return (sort, cell) in judge_in_processes(verdict.kind, session, client).faults
        except SessionFailed:
            return False

    return judge_in_processes(verdict.kind, shrink(verdict.session, fails), client)


if __name__ == "__main__":
    raise SystemExit(main())

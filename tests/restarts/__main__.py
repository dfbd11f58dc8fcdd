"""Judge the written sessions: ``python -m tests.restarts --kind settings --jobs 2 -v``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.restarts.client import Client, SessionFailed
from tests.restarts.judge import Verdict, judge
from tests.restarts.notation import parse
from tests.restarts.random_work import random_sessions
from tests.restarts.report import as_data, by_kind, describe, table
from tests.restarts.session import Session
from tests.restarts.sessions import SESSIONS, missing

FEW = 25
"""So many sessions are judged sooner than libraries are imported beforehand for them."""


def main() -> int:
    """Judge, print the figures by kind and each wrong session; 1 where there are any."""
    options = _parser().parse_args()
    every = _sessions(options)
    chosen = [session for session in every if _wanted(session, options) and not missing(session)]
    verdicts, broken = _judged(chosen, options.jobs)
    for verdict in verdicts:
        if verdict.wrong or (verdict.mistaken and not options.random) or options.verbose:
            print(describe(verdict), flush=True)
    print(*broken, sep="\n")
    print(table(verdicts))
    mistaken = [verdict.session.name for verdict in verdicts if verdict.mistaken and not options.random]
    print(f"{len(mistaken)} rows are wrong about the restart", *mistaken, sep="\n  ")
    if options.json:
        data = {"kinds": by_kind(verdicts), "sessions": [as_data(verdict) for verdict in verdicts]}
        Path(options.json).write_text(json.dumps(data, indent=1), encoding="utf-8")
    return int(bool(broken or mistaken or any(verdict.wrong for verdict in verdicts)))


def _sessions(options: argparse.Namespace) -> Iterable[Session]:
    if options.random:
        return random_sessions(options.seed, options.random)
    return parse(Path(options.file).read_text(encoding="utf-8")) if options.file else SESSIONS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.restarts", description=__doc__)
    parser.add_argument("--kind", default="", help="only kinds that contain this")
    parser.add_argument("--only", default="", help="only sessions whose names contain this")
    parser.add_argument("--file", default="", help="the sessions of this file instead")
    parser.add_argument("--random", type=int, default=0, help="so many sessions of work at random instead")
    parser.add_argument("--seed", default="1", help="what that work depends on")
    parser.add_argument("--jobs", type=int, default=1, help="sessions at a time")
    parser.add_argument("--json", default="", help="write the verdicts to this file")
    parser.add_argument("-v", "--verbose", action="store_true", help="describe every session")
    return parser


def _wanted(session: Session, options: argparse.Namespace) -> bool:
    return options.kind in session.kind and options.only in session.name


def _judged(sessions: list[Session], jobs: int) -> tuple[list[Verdict], list[str]]:
    clients: SimpleQueue[Client] = SimpleQueue()
    opened = [Client(itself=10 if len(sessions) > FEW else 1) for _ in range(jobs)]
    for client in opened:
        clients.put(client.__enter__())

    def one(session: Session) -> Verdict | str:
        client = clients.get()
        try:
            return judge(session, client)
        except SessionFailed as error:
            return f"=== {error}"
        finally:
            clients.put(client)

    try:
        with ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(one, sessions))
    finally:
        for client in opened:
            client.__exit__(None, None, None)
    return [r for r in results if isinstance(r, Verdict)], [r for r in results if isinstance(r, str)]


if __name__ == "__main__":
    raise SystemExit(main())

"""Written sessions, each judged by a real Restart & Run All in a new process.

Every fifth session is judged, which takes a minute. ``CELLGRAPH_ALL_SESSIONS=1`` judges all, as ``.ci/run``
does on one Python. Python 3.11 takes reads from the text, and what it cannot tell apart has its own tests:
of these sessions it judges every third of those with torch, which ``.ci/run`` installs there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.restarts.client import Client
from tests.restarts.judge import judge
from tests.restarts.random_work import random_sessions
from tests.restarts.report import describe
from tests.restarts.session import Session
from tests.restarts.sessions import SESSIONS, missing

pytestmark = pytest.mark.slow
OBSERVED = sys.version_info >= (3, 12)


def _chosen() -> Sequence[Session]:
    of_all = SESSIONS if OBSERVED else [session for session in SESSIONS if "torch" in session.needs]
    if os.environ.get("CELLGRAPH_ALL_SESSIONS"):
        return of_all
    return of_all[:: 5 if OBSERVED else 3]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Processes that fork for each session. On 3.11 there are too few to import anything beforehand."""
    with Client(itself=10 if OBSERVED else 1) as started:
        yield started


def _parameter(session: Session) -> object:
    marks = [pytest.mark.xfail(reason=session.fails, strict=True)] if session.fails else []
    if missing(session):
        marks = [pytest.mark.skip(reason=f"not installed: {missing(session)}")]
    return pytest.param(session, id=f"{session.kind}: {session.name}", marks=marks)


@pytest.mark.parametrize("session", [_parameter(session) for session in _chosen()])
def test_what_is_said_is_what_a_restart_shows(session: Session, client: Client) -> None:
    """Cells that a restart changes are told, no other ones are, and the remedy leads to the restart."""
    verdict = judge(session, client)
    if verdict.wrong or verdict.mistaken:
        pytest.fail(describe(verdict), pytrace=False)


@pytest.mark.skipif(not OBSERVED, reason="the sessions are written for observed reads")
@pytest.mark.parametrize("session", [pytest.param(one, id=one.name) for one in random_sessions("ci", 12)])
def test_work_at_random_is_told_as_a_restart_shows_it(session: Session, client: Client) -> None:
    """Every cell that a restart changes is told, "clean" is true, and what is advised is not in vain.

    What a restart would happen to give again may be told: that is counted by the command, not here.
    """
    if missing(session):
        pytest.skip(f"not installed: {missing(session)}")
    verdict = judge(session, client)
    left = verdict.played.remedied is not None and verdict.played.remedied.stale
    if verdict.missed or verdict.false_clean or verdict.left_over or verdict.remedy_clean or left:
        pytest.fail(describe(verdict), pytrace=False)

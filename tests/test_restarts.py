"""Written sessions, each judged by a real Restart & Run All in a new process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.restarts.client import Client
from tests.restarts.judge import judge
from tests.restarts.report import describe
from tests.restarts.session import Session
from tests.restarts.sessions import SESSIONS, missing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A process that forks for each session."""
    with Client() as started:
        yield started


def _parameter(session: Session) -> object:
    marks = [pytest.mark.xfail(reason=session.fails, strict=True)] if session.fails else []
    if missing(session):
        marks = [pytest.mark.skip(reason=f"not installed: {missing(session)}")]
    return pytest.param(session, id=f"{session.kind}: {session.name}", marks=marks)


@pytest.mark.parametrize("session", [_parameter(session) for session in SESSIONS])
def test_what_is_said_is_what_a_restart_shows(session: Session, client: Client) -> None:
    """Cells that a restart changes are told, no other ones are, and the remedy leads to the restart."""
    verdict = judge(session, client)
    if verdict.wrong or verdict.mistaken:
        pytest.fail(describe(verdict), pytrace=False)

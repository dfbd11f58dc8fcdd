"""The written sessions, by kind: the text files beside this one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tests.restarts.notation import parse
from tests.restarts.session import Session

SESSIONS: tuple[Session, ...] = tuple(
    session
    for path in sorted(Path(__file__).parent.glob("*.txt"))
    for session in parse(path.read_text(encoding="utf-8"))
)

assert len({session.name for session in SESSIONS}) == len(SESSIONS), "two sessions have one name"


def missing(session: Session) -> str:
    """The libraries of a session that are not installed."""
    return " ".join(name for name in session.needs.split() if find_spec(name) is None)

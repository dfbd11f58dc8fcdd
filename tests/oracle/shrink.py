"""A failing session made small: fewer actions, then fewer lines, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.oracle.session import Session

Fails = Callable[[Session], bool]


def shrink(session: Session, fails: Fails) -> Session:
    """The smallest session that greedy removal finds and that still ``fails``."""
    while True:
        smaller = next((candidate for candidate in _smaller(session) if fails(candidate)), None)
        if smaller is None:
            return session
        session = smaller


def _smaller(session: Session) -> Iterator[Session]:
    """Sessions with less in them, the boldest cuts first."""
    size = len(session) // 2
    while size:
        for start in range(0, len(session), size):
            yield session[:start] + session[start + size :]
        size //= 2
    for index, action in enumerate(session):
        for source in _shorter(action.source):
            yield (*session[:index], replace(action, source=source), *session[index + 1 :])


def _shorter(source: str) -> Iterator[str]:
    lines = source.split("\n")
    for index in range(len(lines)):
        shorter = "\n".join(lines[:index] + lines[index + 1 :])
        if shorter and _compiles(shorter):
            yield shorter


def _compiles(source: str) -> bool:
    try:
        compile(source, "cell", "exec")
    except SyntaxError:
        return False
    return True

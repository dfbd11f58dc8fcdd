"""The one way in which a command says that it cannot do what it was asked to."""

from __future__ import annotations

_MOST = 200
"""Characters of another program's error that a line shows."""


class CannotRunError(Exception):
    """The message is one line for a person: what is wrong and, where there is a way out, what to do."""


def error_line(error: BaseException) -> str:
    """What an exception says, in one line; the name of its class where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:_MOST] if lines else type(error).__name__


def described(error: BaseException) -> str:
    """An exception in one line, its class first: ``ValueError: no such cell``."""
    text = error_line(error)
    name = type(error).__name__
    return name if text == name else f"{name}: {text}"

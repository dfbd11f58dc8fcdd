"""The exception for anything that keeps a command from running, and errors in one line."""

from __future__ import annotations

_MOST = 200
"""Longest text of an error, in characters; the rest is cut."""


class CannotRunError(Exception):
    """A command cannot run. The message is one line: what is wrong and, if possible, what to do."""


def error_line(error: BaseException) -> str:
    """The first line of an exception's message; the name of its class if it has none."""
    lines = str(error).strip().splitlines()
    return lines[0][:_MOST] if lines else type(error).__name__


def described(error: BaseException) -> str:
    """An exception in one line, its class first: ``ValueError: no such cell``."""
    text = error_line(error)
    name = type(error).__name__
    return name if text == name else f"{name}: {text}"


class RefusedError(CannotRunError):
    """A notebook that cannot be promoted as it is. The message says why and what to change."""

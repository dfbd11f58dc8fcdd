"""The one way in which a command says that it cannot do what it was asked to."""

from __future__ import annotations


class CannotRunError(Exception):
    """The message is one line for a person: what is wrong and, where there is a way out, what to do."""

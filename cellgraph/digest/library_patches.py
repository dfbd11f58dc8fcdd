"""Attributes of libraries that cells have changed, by the full name of their module or class.

Each such attribute is recorded under a name of its own, and a library's module counts as unchanged by it. The
part of the program that follows an attribute registers it here, and removes it when it stops.
"""

from __future__ import annotations

from collections import Counter


class FollowedAttributes:
    """The followed attributes. ``version`` grows with each addition and removal."""

    def __init__(self) -> None:
        self._count: dict[str, Counter[str]] = {}
        self.version = 0

    def follow(self, owner: str, attribute: str) -> None:
        """Follow an attribute of a module or class."""
        self._count.setdefault(owner, Counter())[attribute] += 1
        self.version += 1

    def drop(self, owner: str, attribute: str) -> None:
        """Undo one ``follow``."""
        self._count[owner][attribute] -= 1
        self.version += 1

    def of(self, owner: str) -> frozenset[str]:
        """The followed attributes of a module or class."""
        return frozenset(name for name, count in self._count.get(owner, {}).items() if count > 0)


FOLLOWED = FollowedAttributes()
"""Those of all sessions of the process."""

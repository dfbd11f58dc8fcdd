"""Attributes of libraries that cells have changed, by the full name of the module or class that has them.

A module of a library counts as unchanged by these: each is followed under a name of its own. Who follows an
attribute says so here, and takes it back when it stops.
"""

from __future__ import annotations

from collections import Counter


class FollowedAttributes:
    """Which attributes are followed. ``version`` grows with each that comes or goes."""

    def __init__(self) -> None:
        self._count: dict[str, Counter[str]] = {}
        self.version = 0

    def follow(self, owner: str, attribute: str) -> None:
        """Follow an attribute of a module or class."""
        self._count.setdefault(owner, Counter())[attribute] += 1
        self.version += 1

    def drop(self, owner: str, attribute: str) -> None:
        """Take one ``follow`` back."""
        self._count[owner][attribute] -= 1
        self.version += 1

    def of(self, owner: str) -> frozenset[str]:
        """The attributes of a module or class that are followed."""
        return frozenset(name for name, count in self._count.get(owner, {}).items() if count > 0)


FOLLOWED = FollowedAttributes()
"""Those of all sessions of the process."""

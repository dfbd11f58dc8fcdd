"""Folders, and patterns, whose files a cell has listed: which names are there that no cell has made.

What appears or goes while a cell runs is a matter of that cell: it is followed by itself, as a file. What
appears or goes between two cells is nobody's, and changes what the listing gives.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from glob import has_magic
from time import time_ns

from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest
from cellgraph.trace.files.content import is_folder

_stat, _listdir = os.stat, os.listdir
"""As they are now: a cell can replace those of the module."""
_MOST, _MOST_NAMES = 16, 2000
"""Listings that are followed, and names in one of them: a folder with more is not followed."""
_TICK_NS = 50_000_000
"""Nanoseconds. What was changed a moment ago may be changed again and bear the same time."""
_AS_A_WHOLE = Digest("folder", type="folder", size="folder")


def folder_digest(path: str) -> Digest | None:
    """A folder is equal to any other: what is in it is followed by itself. None where there is none."""
    return _AS_A_WHOLE if is_folder(path) else None


@dataclass(slots=True)
class _Listing:
    """``given`` are the names that no cell has made, ``seen`` those that were there at the last look."""

    folder: str
    pattern: str
    given: frozenset[str]
    seen: frozenset[str]
    time: int = 0


class FolderListings:
    """Follows listings by the place that was listed: the absolute path of a folder, or a pattern in one."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}

    def follow(self, place: str, made: Collection[str]) -> bool:
        """Follow a place from now on; False where it cannot be. ``made`` are the paths that cells made."""
        if place in self._listings:
            return True
        folder, pattern = os.path.split(place) if has_magic(place) else (place, "*")
        if has_magic(folder) or "**" in pattern or len(self._listings) >= _MOST:
            return False
        now = _names(folder, pattern)
        if now is None:
            return False
        own = {os.path.basename(path) for path in made if os.path.dirname(path) == folder}
        self._listings[place] = _Listing(folder, pattern, now - own, now, _time(folder))
        return True

    def look(self, in_run: bool) -> list[str]:
        """Look again. Gives the paths that have appeared while a cell ran."""
        appeared: list[str] = []
        for listing in self._listings.values():
            time = _time(listing.folder)
            if time == listing.time and time_ns() - time > _TICK_NS:
                continue
            now = _names(listing.folder, listing.pattern) or frozenset()
            new = now - listing.seen
            if in_run:
                appeared += [os.path.join(listing.folder, name) for name in sorted(new)]
            else:
                listing.given = (listing.given | new) - (listing.seen - now)
            listing.seen, listing.time = now, time
        return appeared

    def digests(self) -> Iterator[tuple[str, Digest]]:
        """What each place gives, apart from what cells have made."""
        for place, listing in self._listings.items():
            yield place, _digest(listing.given)


def _digest(names: frozenset[str]) -> Digest:
    count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
    return Digest("\n".join(sorted(names)), type="listing", size=count)


def _time(folder: str) -> int:
    try:
        return _stat(folder).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _names(folder: str, pattern: str) -> frozenset[str] | None:
    """The names in a folder, without hidden ones; None for too many."""
    try:
        found = _listdir(folder)
    except (OSError, ValueError):
        return frozenset()
    if len(found) > _MOST_NAMES:
        return None
    return frozenset(
        name for name in found if name[:1] != "." and name != "__pycache__" and fnmatch(name, pattern)
    )

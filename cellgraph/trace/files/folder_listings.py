"""Places whose files a cell has listed: which names are there that no cell has made.

What appears or goes while a cell runs is a matter of that cell: it is followed by itself, as a file. What
appears or goes between two cells is nobody's, and changes what the listing gives.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from time import time_ns

from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest
from cellgraph.names import lists
from cellgraph.trace.files.content import is_folder
from cellgraph.trace.files.listing_places import folder_of

_stat, _scandir = os.stat, os.scandir
"""As they are now: a cell can replace those of the module."""
_MOST, _MOST_NAMES, _MOST_FOLDERS = 32, 2000, 100
"""Places that are followed, and the names and folders that are looked at in one of them."""
_TICK_NS = 50_000_000
"""Nanoseconds. What was changed a moment ago may be changed again and bear the same time."""
_AS_A_WHOLE = Digest("folder", type="folder", size="folder")
_TOO_MANY = Digest("", type="listing", size="many entries")
"""What a place gives that is too large to look at: only the files that cells make there are told."""


def folder_digest(path: str) -> Digest | None:
    """A folder is equal to any other: what is in it is followed by itself. None where there is none."""
    return _AS_A_WHOLE if is_folder(path) else None


class _Found(NamedTuple):
    """The names in a place, relative to its folder, and when each folder that was looked at last changed."""

    names: frozenset[str]
    times: dict[str, int]


@dataclass(slots=True)
class _Listing:
    """``given`` are the names that no cell has made, ``seen`` those at the last look; None: too many."""

    given: frozenset[str] | None
    seen: _Found


class FolderListings:
    """Follows places by their text, as in ``listing_places``."""

    def __init__(self) -> None:
        self._listings: dict[str, _Listing] = {}

    def follow(self, place: str, made: Collection[str]) -> bool:
        """Follow a place from now on; False where it cannot be. ``made`` are the paths that cells made."""
        if place in self._listings:
            return True
        if len(self._listings) >= _MOST:
            return False
        now, folder = _look(place), folder_of(place)
        own = {_relative(path, folder) for path in made if lists(place, path)}
        given = now.names - own if now is not None else None
        self._listings[place] = _Listing(given, now or _Found(frozenset(), {}))
        return True

    def look(self, in_run: bool) -> list[str]:
        """Look again. Gives the paths that have appeared while a cell ran."""
        appeared: list[str] = []
        for place, listing in self._listings.items():
            if listing.given is None or not _may_differ(listing.seen.times):
                continue
            now = _look(place)
            if now is None:
                listing.given = None
                continue
            new = now.names - listing.seen.names
            if in_run:
                appeared += [f"{folder_of(place)}/{name}".replace("/", os.sep) for name in sorted(new)]
            else:
                listing.given = (listing.given | new) - (listing.seen.names - now.names)
            listing.seen = now
        return appeared

    def digests(self) -> Iterator[tuple[str, Digest]]:
        """What each place gives, apart from what cells have made."""
        for place, listing in self._listings.items():
            yield place, _TOO_MANY if listing.given is None else _digest(listing.given)


def _digest(names: frozenset[str]) -> Digest:
    count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
    return Digest("\n".join(sorted(names)), type="listing", size=count)


def _relative(path: str, folder: str) -> str:
    return path.replace(os.sep, "/").removeprefix(folder).removeprefix("/")


def _may_differ(times: dict[str, int]) -> bool:
    now = time_ns()
    return any(_time(folder) != time or now - time <= _TICK_NS for folder, time in times.items())


def _time(folder: str) -> int:
    try:
        return _stat(folder).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _look(place: str) -> _Found | None:
    """What a place gives, without hidden names; None for too many."""
    folder = folder_of(place)
    pattern = place.removeprefix(folder).removeprefix("/") or "*"
    depth = None if "**" in pattern else pattern.count("/")
    names: set[str] = set()
    times: dict[str, int] = {}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        whole = f"{folder}/{inside}"
        times[whole] = _time(whole)
        below, folders = _entries(whole)
        found = (inside + name for name in below)
        names.update(name for name in found if pattern in ("*", "**") or lists(pattern, name))
        if depth is None or inside.count("/") < depth:
            waiting += [f"{inside}{name}/" for name in folders]
        if len(below) > _MOST_NAMES or len(names) > _MOST_NAMES or len(times) > _MOST_FOLDERS:
            return None
    return _Found(frozenset(names), times)


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The names in a folder, and those of them that are folders, without links to any."""
    try:
        with _scandir(folder) as found:
            entries = [each for each in found if each.name[:1] != "." and each.name != "__pycache__"]
            return [each.name for each in entries], [
                each.name for each in entries if each.is_dir(follow_symlinks=False)
            ]
    except (OSError, ValueError):
        return [], []

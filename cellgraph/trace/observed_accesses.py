"""What a run touched, in one form for both ways of seeing it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cellgraph.code.static_access_paths import Places
from cellgraph.trace.access_recorder import Accesses
from cellgraph.trace.static_backend import StaticAccesses

Sites = frozenset[tuple[str, bool]]
"""The places at which a name was loaded: (path, whether only to store something there)."""
_WHOLE: Sites = frozenset({("", False)})


@dataclass(frozen=True, slots=True)
class Touched:
    """Names that a run read from outside, bound and deleted.

    ``stored`` gives for each name how many of ``reads`` came before it was bound. ``maybe_stored``
    may or may not have been bound: the values have to tell.
    """

    reads: dict[str, Sites] = field(default_factory=dict)
    deferred: frozenset[str] = frozenset()
    results: frozenset[tuple[str, str]] = frozenset()
    stored: dict[str, int] = field(default_factory=dict)
    maybe_stored: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    conservative: bool = False


def observed(accesses: Accesses) -> Touched:
    """From what the monitor saw, and from strings that make a library look a name up."""
    for name in sorted(accesses.spelt):
        accesses.read(name)
    return Touched(
        reads={name: frozenset(sites) for name, sites in accesses.reads.items()},
        deferred=frozenset(accesses.deferred),
        results=frozenset(accesses.results),
        stored=dict(accesses.stored),
        deleted=frozenset(accesses.deleted),
    )


def surmised(found: StaticAccesses, places: Places) -> Touched:
    """From the text alone. What a function may read of a name is taken to be the whole value."""
    own = {name: frozenset(sites) for name, sites in places.items() if name not in found.deferred}
    return Touched(
        reads={name: own.get(name, _WHOLE) for name in found.reads},
        deferred=frozenset(found.deferred),
        results=frozenset(found.results),
        stored={name: found.stores[name] for name in found.bound},
        maybe_stored=frozenset(found.stores) - found.bound,
        deleted=frozenset(found.deletes),
        conservative=True,
    )

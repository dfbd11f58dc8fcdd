"""Variables that hold a result of another cell which a run read: ``df`` for ``_`` and ``Out[3]``.

A cell in between may have changed the object through the variable, and the result is what it was changed to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from cellgraph.record.digest_store import DigestStore
from cellgraph.trace.tracing_backend import Touched


def with_holders(
    touched: Touched,
    shown: object,
    counts: Collection[int | None],
    before: Mapping[str, int],
    store: DigestStore,
) -> Touched:
    """What a run accessed, with the variables that held the results by these numbers when it started.

    ``shown`` are the results by number, which the user may have replaced by anything. ``before`` are the ids
    of the values by name.
    """
    held = {id(shown[count]) for count in counts if count in shown} if type(shown) is dict else set()
    holders = [name for name, value in before.items() if value in held and name not in touched.reads]
    known = ((name, store.get(name)) for name in holders)
    # A number that is made anew may lie where the result lay: the same address tells nothing of it.
    found = frozenset(name for name, entry in known if entry is not None and entry.look.mutable)
    if not found:
        return touched
    whole = frozenset({("", False)})
    return replace(
        touched,
        reads={**touched.reads, **dict.fromkeys(found, whole)},
        deferred=touched.deferred | found,
    )

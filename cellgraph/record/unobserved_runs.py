"""Runs that were not observed: what they wrote, by what differs from before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellgraph.code.statements import Block, bound_names, mentioned_names
from cellgraph.model import Write
from cellgraph.names import Name
from cellgraph.record.digest_store import DigestStore
from cellgraph.trace.namespace import bound_since, gone_since


def unobserved_writes(
    block: Block, before: Mapping[str, int], now: Mapping[str, int], store: DigestStore, beside: bool
) -> Iterator[Write]:
    """The names that a run with these statements may have bound, changed and deleted. ``store`` is open.

    ``before`` and ``now`` are the ids of all values. ``beside``: another run is under way, so that only what
    the text mentions counts as this one's doing.
    """
    binds = bound_names(block)
    own = binds | mentioned_names(block)
    found = {name for name in bound_since(before, now) if not beside or name in own}
    bound = found | (binds & now.keys())  # what its text binds may have been there when another run began
    for name in sorted(bound):
        yield Write(Name(name), "bind", digest=store.look(name, bound=True).digest)
    for name in sorted(name for name in own - bound if name in now):
        known = store.digest(name)
        if known is not None and not (look := store.look(name, bound=False).digest).agrees(known):
            yield Write(Name(name), "mutate", digest=look, before=known)
    if not beside:
        yield from (Write(Name(name), "delete") for name in sorted(gone_since(before, now)))

"""Reads whose difference does not count: the run sets all that is different anew before it looks at it.

A cell with ``df.index.name = "k"`` finds the name that its own earlier run had set, and a restart finds none.
It leaves the same. A cursor that other cells have used meanwhile is started afresh by ``execute``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellgraph.analyse.environment import LOOK_BACK
from cellgraph.code.overwrites import altered, renewed
from cellgraph.model import Digest, Read, Run, Write
from cellgraph.record.ledger import Ledger


def differs_in_what_is_renewed(ledger: Ledger, run: Run, read: Read, there: Digest | None) -> bool:
    """Whether what a run read and what a restart has there differ only in what the run sets anew.

    Both are followed back through the changes that touched nothing else, until they meet.
    """
    if there is None or read.digest is None or read.path or not read.name.isidentifier():
        return False
    if _is_of_users_class(ledger, read.digest) or there.users_class:
        return False  # a property, a descriptor or a method of the user's may do anything when it sets
    keys = renewed(run.source, read.name, read.digest.type, run.failed_at)
    if not keys:
        return False
    before = list(_apart_from(ledger, read, there, keys))
    return any(one.agrees(other) for one in _apart_from(ledger, read, read.digest, keys) for other in before)


def _is_of_users_class(ledger: Ledger, digest: Digest) -> bool:
    """Whether a value's class is of the user's making: its parts tell, or the cell that makes it."""
    makers = ledger.recent_writers(digest.type, most=LOOK_BACK)
    return bool(digest.users_class) or any(f"class {digest.type}" in run.source for run in makers)


def _apart_from(ledger: Ledger, read: Read, digest: Digest, keys: frozenset[str]) -> Iterator[Digest]:
    """A state of the value, and the earlier ones that differ from it in nothing but ``keys``."""
    yield digest
    for run in ledger.recent_writers(read.name, most=LOOK_BACK):
        write = next((one for one in run.writes if one.name == read.name and one.kind == "mutate"), None)
        if write is None or not _leaves(write, digest) or write.before is None:
            continue
        touched = altered(run.source, read.name, digest.type)
        if touched is None or not touched <= keys:
            return
        digest = write.before
        yield digest


def _leaves(write: Write, digest: Digest) -> bool:
    return write.digest is not None and write.digest.agrees(digest)

"""Reads whose difference does not count: the run sets all that is different anew before it looks at it.

A cell with ``df.index.name = "k"`` finds the name that its own earlier run had set, and a restart finds none.
It leaves the same. A cursor that other cells have used meanwhile is started afresh by ``execute``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cellgraph.analyse.environment import LOOK_BACK
from cellgraph.code.overwrites import altered, renewed, stores_plainly
from cellgraph.model import Digest, Read, Run
from cellgraph.record.ledger import Ledger


def differs_in_what_is_renewed(ledger: Ledger, run: Run, read: Read, there: Digest | None) -> bool:
    """Whether what a run read and what a restart has there differ only in what the run sets anew.

    Both are followed back through the changes that touched nothing else, until they meet.
    """
    if there is None or read.digest is None or not read.name.isidentifier():
        return False
    if read.path:
        return _part_differs_so(ledger, run, read, there)
    keys = renewed(run.source, read.name, read.digest.type, run.failed_at)
    if not keys:
        return False
    classes = [made.source for made in ledger.recent_writers(read.digest.type, most=LOOK_BACK)]
    classes = [text for text in classes if f"class {read.digest.type}" in text]
    if classes or read.digest.users_class or there.users_class:
        keys = _set_without_code(keys, classes, read.digest.type)
        if not keys:
            return False
    return _meet(ledger, read, (read.digest, there), keys)


def _part_differs_so(ledger: Ledger, run: Run, read: Read, there: Digest) -> bool:
    """The same of a part of which an attribute is set, as ``df.columns`` by ``df.columns.name = "k"``."""
    found = renewed(run.source, read.name, there.type, run.failed_at)
    keys = frozenset(key for key in found if key.startswith(f"{read.path}."))
    part = there.part(read.path)
    if not keys or there.users_class or read.digest is None or part is None:
        return False
    return _meet(ledger, read, (read.digest, part), keys)


def _set_without_code(keys: frozenset[str], classes: Sequence[str], name: str) -> frozenset[str]:
    """The keys that are set in an instance of a class of the user's by no code of that class.

    A property, a descriptor or a method may look at anything when it sets. ``classes`` are the texts of the
    cells that have made the class.
    """
    plain = bool(classes) and all(stores_plainly(text, name) for text in classes)
    return frozenset(key for key in keys if "(" not in key) if plain else frozenset()


def _meet(ledger: Ledger, read: Read, states: tuple[Digest, Digest], keys: frozenset[str]) -> bool:
    """Whether two states of what was read go back to one, through changes of nothing but ``keys``."""
    one, other = (list(_apart_from(ledger, read, state, keys)) for state in states)
    return any(first.agrees(second) for first in one for second in other)


def _apart_from(ledger: Ledger, read: Read, digest: Digest, keys: frozenset[str]) -> Iterator[Digest]:
    """A state of what was read, and the earlier ones that differ from it in nothing but ``keys``."""
    yield digest
    for run in ledger.recent_writers(read.name, most=LOOK_BACK):
        write = next((one for one in run.writes if one.name == read.name and one.kind == "mutate"), None)
        if write is None or write.digest is None or write.before is None:
            continue
        after, before = _seen(read, write.digest), _seen(read, write.before)
        if after is None or before is None or not after.agrees(digest):
            continue
        touched = altered(run.source, read.name, write.digest.type)
        if touched is None or not touched <= keys:
            return
        digest = before
        yield digest


def _seen(read: Read, whole: Digest) -> Digest | None:
    """What the read looks at of a value; None where that is not known."""
    return whole.part(read.path) if read.path else whole

"""Reads of other cells' results: ``_``, ``__``, ``_3`` and ``Out[3]``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cellgraph.model import Read
from cellgraph.names import Name
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.record.run_context import Pending, changeable
from cellgraph.trace.tracing_backend import Touched


def result_reads(found: Iterable[tuple[str, str]], displayed: tuple[int, ...], ledger: Ledger) -> list[Read]:
    """The reads of results, each once. ``found`` are names with the paths that were read of them.

    ``displayed`` are the numbers of the last three results before the run, oldest first.
    """
    reads = (_read(name, _result_count(name, path, displayed), ledger) for name, path in sorted(found))
    return list(dict.fromkeys(read for read in reads if read is not None))


def _read(name: str, count: int | None, ledger: Ledger) -> Read | None:
    numbered = ledger.writer(Name.of_result(count))
    if numbered is None:
        return None
    # ``_`` stays what it is, the last result before: Restart & Run All may give another cell's.
    relative = ledger.writer(name) if not name.strip("_") else None
    same = relative is not None and relative[0] is numbered[0]
    return Read(Name(name) if same else Name.of_result(count), "", numbered[1].digest)


def _result_count(name: str, path: str, displayed: tuple[int, ...]) -> int | None:
    """The number n of ``Out[n]`` for a name: ``_`` the last, ``__`` the one before, ``_3`` the third."""
    if name in ("Out", "_oh"):
        return int(path[1:-1]) if path[1:-1].isdigit() else None
    if name.strip("_"):
        return int(name[1:])
    return displayed[-len(name)] if len(displayed) >= len(name) else None


def with_holders(pending: Pending, touched: Touched, shown: object, store: DigestStore) -> Touched:
    """What a run accessed, with the variables that held a result of another cell which it read.

    A cell in between may have changed the object through the variable: ``df`` for ``_`` and ``Out[3]``.
    ``shown`` is IPython's dict of all results by their numbers. The user may have replaced it by anything.
    """
    counts = {_result_count(name, path, pending.displayed) for name, path in touched.results}
    held = {id(shown[count]) for count in counts if count in shown} if type(shown) is dict else set()
    holders = frozenset(name for name, value in pending.before.items() if value in held)
    found = changeable(holders - touched.reads.keys(), store)
    if not found:
        return touched
    for name in found:
        touched.reads[name] = frozenset({("", False)})
    return replace(touched, deferred=touched.deferred | found)

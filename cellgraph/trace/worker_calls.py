"""Functions that are passed to workers: processes and schedulers that run them out of sight.

The reads of such a function are taken from its code instead. It counts as called if the cell deals with
workers: its text names one of the libraries' calls, or it uses a pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.patterns import Pattern
from cellgraph.trace.call_graph import reached
from cellgraph.trace.tracing_backend import Touched

_WORDS = Pattern(
    r"\b(Pool|ProcessPoolExecutor|Process|Parallel|delayed|dask|map_partitions|map_blocks|apply_async|map_async|imap|imap_unordered"
    r"|starmap|submit|num_workers|DataLoader|parallel_apply|process_map|n_jobs|swifter|pandarallel|ray)\b"
)
_POOLS = frozenset(
    {("multiprocessing", "Pool"), ("concurrent", "ProcessPoolExecutor"), ("joblib", "Parallel")}
)
_FORKS = frozenset({"fork", "forkpty"})
_PLAIN = frozenset({"module", "builtin_function_or_method"})


def is_pool(value: object) -> bool:
    """Whether it is a pool of worker processes."""
    cls = type(value)
    return (class_reflection.module_root(cls), class_reflection.short_name(cls)) in _POOLS


def started(value: Any) -> bool:
    """Whether the workers of a pool are running. From then on they have the globals of that moment."""
    held = class_reflection.state_of(value)
    return bool(held.get("_processes") or held.get("_pool"))


def pools(touched: Touched, namespace: Mapping[str, Any]) -> list[str]:
    """The pools of workers that a run used or made."""
    names = (*touched.reads, *touched.stored)
    return [name for name in dict.fromkeys(names) if name in namespace and is_pool(namespace.get(name))]


def unseen_reads(text: str, touched: Touched, namespace: dict[str, Any]) -> frozenset[str]:
    """The globals read by functions that a run may have passed to workers, if that was not seen."""
    handed = _WORDS.search(text) is not None or bool(pools(touched, namespace))
    if not handed and not any(map(_forks, map(namespace.get, touched.reads))):
        return frozenset()
    return handed_over(touched, namespace) - touched.stored.keys() - touched.reads.keys()


def _forks(value: object) -> bool:
    """Whether a function makes another process of this one, and runs on in both."""
    return type(value) is FunctionType and not _FORKS.isdisjoint(value.__code__.co_names)


def handed_over(touched: Touched, namespace: dict[str, Any]) -> frozenset[str]:
    """The functions that a run used, and the globals that they read."""
    found: set[str] = set()
    for name in (*touched.reads, *touched.stored):
        value = namespace.get(name)
        if class_reflection.short_name(type(value)) in _PLAIN or is_pool(value):
            continue
        loads = reached(value, namespace)[0]
        found |= loads
        if type(value) is FunctionType:
            found.add(name)
    return frozenset(found)

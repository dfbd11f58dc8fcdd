"""Functions that are passed to workers: processes and schedulers that run them out of sight.

The reads of such a function are taken from its code instead. It counts as called if the cell deals with
workers: its text names one of the libraries' calls, or it uses a pool.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from cellgraph.code.instructions import nested
from cellgraph.code.source import body_apart_from_magics
from cellgraph.digest import class_reflection
from cellgraph.patterns import Pattern
from cellgraph.trace.call_graph import reached
from cellgraph.trace.tracing_backend import Touched

_CALLS = frozenset(
    "Pool ProcessPoolExecutor Process Parallel delayed dask map_partitions map_blocks apply_async map_async"
    " imap imap_unordered starmap submit num_workers DataLoader parallel_apply process_map n_jobs swifter"
    " pandarallel ray".split()
)
_WORDS = Pattern(rf"\b({'|'.join(sorted(_CALLS))})\b")
_POOLS = frozenset(
    {("multiprocessing", "Pool"), ("concurrent", "ProcessPoolExecutor"), ("joblib", "Parallel")}
)
_IN_FUNCTIONS = _CALLS | {"fork", "forkpty"}
"""What a function or method uses that runs code in another process."""
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
    named = _WORDS.search(text) is not None and not _only_defines(text)
    handed = named or bool(pools(touched, namespace))
    if not handed and not any(_starts_workers(namespace.get(name), namespace) for name in touched.reads):
        return frozenset()
    return handed_over(touched, namespace) - touched.stored.keys() - touched.reads.keys()


def _only_defines(text: str) -> bool:
    """Whether a text does nothing but import and define functions: what stands in these is not run yet."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list)
        for node in body_apart_from_magics(text)
    )


def _starts_workers(value: object, namespace: Mapping[str, Any]) -> bool:
    """Whether a function, class or object of the notebook's hands code to other processes.

    Its own code tells: that of the functions that it calls is asked for by itself, as the run has read them.
    """
    kind = type(value)
    if kind is FunctionType:
        return _uses_workers(value)
    cls: Any = value if issubclass(kind, type) else kind
    if not class_reflection.made_by_user(cls):
        return False
    return any(map(_uses_workers, list(class_reflection.namespace(cls).values())))


def _uses_workers(held: Any) -> bool:
    """Whether the code of a function, or of the one in a method, names a call that starts workers."""
    function = held.__func__ if type(held) in (staticmethod, classmethod) else held
    if type(function) is not FunctionType:
        return False
    return any(not _IN_FUNCTIONS.isdisjoint(code.co_names) for code in nested(function.__code__))


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

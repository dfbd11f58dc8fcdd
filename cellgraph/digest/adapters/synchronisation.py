"""Locks, events and queues of the standard library: whether a lock is taken, what a queue holds.

Who waits for them is a matter of time and no state. What a queue written in C holds cannot be seen.
"""

from __future__ import annotations

import threading
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_fields
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

_LOCK: type = type(threading.Lock())
_REENTRANT: type = type(threading.RLock())


@digests(_LOCK, mutable=True)
def _lock(value: Any, walk: Walk) -> bytes:
    return b"taken" if class_reflection.namespace(_LOCK)["locked"](value) else b"free"


@digests(_REENTRANT, mutable=True)
def _reentrant(value: Any, walk: Walk) -> bytes:
    """Whether this thread holds the lock, and how many times. Another thread's counts as free."""
    own = class_reflection.namespace(_REENTRANT)
    if not own["_is_owned"](value):
        return b"free"
    times = own["_recursion_count"](value) if "_recursion_count" in own else 1  # Python 3.11 does not tell
    return b"taken %d" % times


_FIELDS = {
    "queue.Queue queue.LifoQueue queue.PriorityQueue": "queue maxsize unfinished_tasks",
    "asyncio.Queue asyncio.LifoQueue asyncio.PriorityQueue": "_queue _maxsize _unfinished_tasks",
    "threading.Semaphore asyncio.Semaphore asyncio.Event": "_value",
    "threading.BoundedSemaphore asyncio.BoundedSemaphore": "_value _initial_value _bound_value",
    "threading.Event": "_flag",
    "asyncio.Lock": "_locked",
}
for _names, _fields in _FIELDS.items():
    digests(*_names.split(), mutable=True)(by_fields(*_fields.split()))


@digests("_queue.SimpleQueue", mutable=True)
def _simple_queue(value: Any, walk: Walk) -> bytes:
    """Opaque; its length is evidence."""
    return walk.mark_opaque(value) + b"%d" % class_reflection.namespace(type(value))["qsize"](value)

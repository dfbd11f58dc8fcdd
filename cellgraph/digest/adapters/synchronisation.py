"""Queues, semaphores and futures of the standard library: what a queue holds, how often one may be taken.

Locks and events stay opaque. They are for threads, which change them all the time.
"""

from __future__ import annotations

from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.forms import by_fields
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests

digests("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", mutable=True)(
    by_fields("queue", "maxsize", "unfinished_tasks")
)
digests("asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue", mutable=True)(
    by_fields("_queue", "_maxsize", "_unfinished_tasks")
)
digests("threading.Semaphore", "asyncio.Semaphore", mutable=True)(by_fields("_value"))
digests("threading.BoundedSemaphore", "asyncio.BoundedSemaphore", mutable=True)(
    by_fields("_value", "_initial_value", "_bound_value")
)


@digests("_queue.SimpleQueue", mutable=True)
def _simple_queue(value: Any, walk: Walk) -> bytes:
    """Opaque; its length is evidence."""
    return walk.mark_opaque(value) + b"%d" % class_reflection.namespace(type(value))["qsize"](value)


@digests("concurrent.Future", mutable=True)
def _future(value: Any, walk: Walk) -> bytes:
    """Opaque, as it changes while others work; how many functions wait for it is evidence."""
    waiting = class_reflection.state_of(value).get("_done_callbacks")
    return walk.mark_opaque(value) + b"%d" % (list.__len__(waiting) if type(waiting) is list else 0)

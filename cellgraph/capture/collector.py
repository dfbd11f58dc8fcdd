"""The garbage collector, kept from running while cellgraph works."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Start no collection in here.

    A look at values makes many small objects, and each few hundred of them would start one. They are
    all gone when the look is over; but a collection would count them among the old, and so bring
    nearer the next full one, which takes a tenth of a second where large libraries are loaded.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

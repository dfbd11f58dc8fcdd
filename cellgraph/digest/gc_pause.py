"""The garbage collector, kept from running while cellgraph works."""

from __future__ import annotations

import gc


class collector_paused:  # noqa: N801 - used like a function; one of contextlib takes longer than a small look
    """Start no collection in here.

    A look at values makes many small objects, and each few hundred of them would start one. They are
    all gone when the look is over; but a collection would count them among the old, and so bring
    nearer the next full one, which takes a tenth of a second where large libraries are loaded.
    """

    __slots__ = ("_was_enabled",)

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_enabled:
            gc.enable()

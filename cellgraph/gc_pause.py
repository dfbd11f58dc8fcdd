"""Keeps the garbage collector from running while cellgraph works, and no longer.

It imports nothing of cellgraph, so that loading the rest can stand inside a pause.
"""

from __future__ import annotations

import gc
from typing import ClassVar

_is_enabled, _enable, _disable = gc.isenabled, gc.enable, gc.disable
"""As they are now: a cell can replace those of the module."""


class collector_paused:  # noqa: N801 - used like a function; one of contextlib takes longer than a small look
    """Start no collection in here.

    A look at values makes many small objects, and each few hundred of them would start one. They are
    all gone when the look is over; but a collection would count them among the old, and so bring
    nearer the next full one, which takes a tenth of a second where large libraries are loaded.
    """

    __slots__ = ("_was_enabled",)

    paused: ClassVar[bool] = False
    """Whether the collector is disabled by one of these, and not by the user."""

    def __enter__(self) -> None:
        self._was_enabled = _is_enabled()
        if self._was_enabled:
            try:
                _disable()
                collector_paused.paused = True
            except BaseException:  # an interrupt: what was not entered is not left
                self.__exit__()
                raise

    def __exit__(self, *_: object) -> None:
        if self._was_enabled:
            collector_paused.paused = False
            _enable()


def collector_is_enabled() -> bool:
    """Whether the collector is enabled, but for a pause that cellgraph itself makes."""
    return _is_enabled() or collector_paused.paused

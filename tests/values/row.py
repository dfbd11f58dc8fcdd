"""One type of value that people keep in notebooks, and how to see that cellgraph follows it."""

from __future__ import annotations

from dataclasses import dataclass

from cellgraph.model import Quality


@dataclass(frozen=True, slots=True)
class Row:
    """A type and the cells that put it to the test. Every cell speaks of the value as ``v``.

    ``make`` builds it, and building it twice gives equal values. ``change`` changes it in place, and
    is empty where nothing can. ``alias`` makes ``w`` share it. ``looks`` only looks at it, as much as
    the type offers: no write. ``large`` makes one of ``extent`` ("100 MB", "10^6 elements"), to be
    timed. ``needs`` are modules without which the row is skipped. ``quality`` is what its digest
    is expected to be: an opaque value is new at each bind. ``thread_bound``: the library lets only the
    thread that made it ask it for anything, so that it is opaque elsewhere.
    """

    library: str
    type: str
    make: str
    change: str = ""
    alias: str = "w = [v]"
    looks: str = "id(v)"
    large: str = ""
    extent: str = ""
    setup: str = ""
    needs: tuple[str, ...] = ()
    quality: Quality = "exact"
    thread_bound: bool = False

    @property
    def name(self) -> str:
        """What a test is called by: ``polars DataFrame``."""
        return f"{self.library} {self.type}"

"""cellgraph starts no garbage collection, and leaves the collector as the user has set it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.gc_pause import collector_paused
from cellgraph.session import Tracker


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    """On or off, after a failure too."""
    (gc.enable if enabled else gc.disable)()
    with suppress(ZeroDivisionError), collector_paused():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled() is enabled


class Watched:
    """A value whose digester finds out whether a collection could start."""


def test_no_collection_starts_while_values_are_looked_at(shell: InteractiveShell, tracker: Tracker) -> None:
    """What a look makes is gone when it is over: a collection would only count it among the old."""
    seen: list[bool] = []
    undo = cellgraph.register_digest(Watched, lambda _: seen.append(gc.isenabled()) or 1)
    try:
        shell.user_ns["Watched"] = Watched
        shell.run_cell("x = Watched()", store_history=True)
    finally:
        undo()
    assert seen
    assert not any(seen)
    assert gc.isenabled()

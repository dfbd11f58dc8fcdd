"""Loading and unloading: ``%load_ext cellgraph``, and the same from Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cellgraph.session import Tracker

_EVENTS = ("pre_run_cell", "post_run_cell")
_trackers: dict[int, Tracker] = {}
_hang_up: dict[int, Callable[[], None]] = {}


class NotLoadedError(RuntimeError):
    """There is no tracker; the message says how to get one."""


def load(shell: Any = None) -> Tracker:
    """Start tracking ``shell`` (the running one by default) and give its tracker.

    Loading twice gives the tracker that is there. Raises NotLoadedError outside IPython.
    """
    shell = shell if shell is not None else _running_shell()
    found = _trackers.get(id(shell))
    if found is not None:
        return found
    tracker = Tracker(shell)
    _trackers[id(shell)] = tracker
    for event in _EVENTS:
        shell.events.register(event, getattr(tracker, event))
    _register_magic(shell, tracker)
    _connect(shell, tracker)
    tracker.begin_midcell()
    return tracker


def unload(shell: Any = None) -> None:
    """Stop tracking and leave nothing behind: no hook, no magic, no monitoring tool, no reference."""
    shell = shell if shell is not None else _running_shell()
    tracker = _trackers.pop(id(shell), None)
    if tracker is None:
        return
    if (hang_up := _hang_up.pop(id(shell), None)) is not None:
        hang_up()
    for event in _EVENTS:
        shell.events.unregister(event, getattr(tracker, event))
    tracker.close()
    _unregister_magic(shell)


def get_tracker() -> Tracker:
    """The tracker of the running shell, or of the only tracked one. Raises NotLoadedError."""
    from IPython import get_ipython

    shell = get_ipython()
    found = _trackers.get(id(shell)) if shell is not None else None
    if found is None and _trackers:
        found = list(_trackers.values())[-1]
    if found is None:
        raise NotLoadedError(
            "cellgraph is not loaded: run `%load_ext cellgraph` in a cell, or call cellgraph.load()"
        )
    return found


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext cellgraph`` calls."""
    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What ``%unload_ext cellgraph`` calls."""
    unload(shell)


def _running_shell() -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise NotLoadedError("no IPython shell is running: pass one to cellgraph.load(shell)")
    return shell


def _connect(shell: Any, tracker: Tracker) -> None:
    """Let the front end's extension know, where there is one."""
    if not tracker.rich:
        return
    from cellgraph.frontends.comm import connect

    try:
        _hang_up[id(shell)] = connect(tracker).close
    except Exception:  # noqa: BLE001 - a kernel of another make may have no comms: nothing else needs them
        return


def _register_magic(shell: Any, tracker: Tracker) -> None:
    from cellgraph.magic import register

    register(shell, tracker)


def _unregister_magic(shell: Any) -> None:
    from cellgraph.magic import unregister

    unregister(shell)

"""A real IPython shell inside the test's own process, and what cellgraph may leave in it: nothing."""

from __future__ import annotations

import atexit
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

MONITORING_TOOLS = range(6)


@dataclass(frozen=True)
class Hooks:
    """Every place of a shell and of the interpreter where an extension can hook itself in."""

    events: tuple[tuple[str, tuple[int, ...]], ...]
    ast_transformers: tuple[int, ...]
    input_transformers: tuple[int, ...]
    magics: frozenset[str]
    completers: int
    monitoring: tuple[str | None, ...]
    tracing: tuple[int, ...]
    threads: frozenset[str]
    displayed_by: tuple[int, ...]


def hooks(shell: InteractiveShell) -> Hooks:
    """What is hooked in now; equal before loading and after unloading."""
    manager = shell.input_transformer_manager
    return Hooks(
        events=tuple((event, _ids(callbacks)) for event, callbacks in shell.events.callbacks.items()),
        ast_transformers=_ids(shell.ast_transformers),
        input_transformers=_ids([*manager.cleanup_transforms, *shell.input_transformers_post]),
        magics=frozenset(name for table in shell.magics_manager.magics.values() for name in table),
        completers=len(shell.Completer.custom_matchers),
        monitoring=_monitoring_tools(),
        tracing=_ids([sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()]),
        threads=frozenset(t.name for t in threading.enumerate()),
        displayed_by=_ids([sys.displayhook, shell.displayhook, shell.display_pub]),
    )


def left_behind(before: Hooks, after: Hooks) -> list[str]:
    """Names of the places that differ."""
    return [f.name for f in fields(Hooks) if getattr(before, f.name) != getattr(after, f.name)]


@contextmanager
def fresh_shell(**settings: Any) -> Iterator[InteractiveShell]:
    """A new shell that is also ``get_ipython()``; it keeps no history and leaves no trace.

    A cell that fails shows its error in one line: to lay out a traceback takes longer than most tests.
    ``settings`` are traits of ``InteractiveShell``.
    """
    main, hook = sys.modules["__main__"], sys.excepthook
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=_config(settings))
    try:
        yield shell
    finally:
        _close(shell)
        sys.modules["__main__"], sys.excepthook = main, hook


def _config(settings: dict[str, Any]) -> Config:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.update({"colors": "nocolor", "autocall": 0, "xmode": "Minimal", **settings})
    return config


def _close(shell: InteractiveShell) -> None:
    """What IPython does at exit, now: the shell would live until then and the next one with it."""
    atexit.unregister(shell.atexit_operations)
    shell.atexit_operations()
    shell.restore_sys_module_state()
    shell.user_ns.clear()
    InteractiveShell.clear_instance()
    # IPython has just collected all garbage. What is left are libraries: the next shell's collections
    # need not walk through them again, which takes longer than most tests.
    gc.freeze()


def _monitoring_tools() -> tuple[str | None, ...]:
    if sys.version_info < (3, 12):
        return ()
    return tuple(sys.monitoring.get_tool(tool) for tool in MONITORING_TOOLS)


def _ids(things: Any) -> tuple[int, ...]:
    return tuple(id(getattr(thing, "__func__", thing)) for thing in things)

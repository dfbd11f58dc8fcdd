"""No state of the process is changed by a hook, and no thread keeps one from its record."""

from __future__ import annotations

import asyncio
import decimal
import gc
import linecache
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.session import Tracker
from tests.twins import plain, tracked


def state() -> dict[str, object]:
    """All that a hook might change, in the order in which it is easiest to forget."""
    return {
        "filters": (id(warnings.filters), tuple(warnings.filters), warnings.showwarning),
        "once": tuple(getattr(warnings, "onceregistry", ())),
        "collector": (gc.isenabled(), gc.get_threshold(), gc.get_debug(), tuple(gc.callbacks)),
        "signals": tuple(signal.getsignal(number) for number in signal.valid_signals()),
        "hooks": tuple(
            getattr(sys, name) for name in ("excepthook", "displayhook", "unraisablehook", "breakpointhook")
        ),
        "threads": (threading.excepthook, threading.active_count()),
        "tracing": (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile()),
        "locale": locale.setlocale(locale.LC_ALL),
        "decimal": repr(decimal.getcontext()),
        "random": random.getstate(),
        "lines": {key for key in linecache.cache if "cellgraph" not in key},
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval()),
        "loop": id(asyncio.events._event_loop_policy),  # type: ignore[attr-defined]
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - compared as it is
        "path": list(sys.path),
        "builtins": dict(vars(__import__("builtins"))).keys() - {"_"},
    }


SESSION = (
    "x = [1, 2]",
    r"y = '\d' is x",
    "x.append(3)",
    "import json\nz = json.dumps(x)",
    "1 / 0",
    "del y",
    "x",
)


@pytest.mark.parametrize("fails", [None, RuntimeError, KeyboardInterrupt])
def test_a_hook_leaves_the_process_as_it_was(
    fails: type[BaseException] | None,
    shell: InteractiveShell,
    tracker: Tracker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before and after each hook all is the same, also where the hook fails or is interrupted."""
    found: list[str] = []

    def compared(hook: Callable[[Any], None]) -> Callable[[Any], None]:
        def called(argument: Any) -> None:
            before = state()
            hook(argument)
            after = state()
            found.extend(key for key in before if before[key] != after[key])

        return called

    def broken(*_: object, **__: object) -> None:
        raise fails  # type: ignore[misc]

    for event in ("pre_run_cell", "post_run_cell"):
        callbacks = shell.events.callbacks[event]
        callbacks[:] = [compared(hook) if "cellgraph" in hook.__module__ else hook for hook in callbacks]
    if fails is not None:
        monkeypatch.setattr(tracker._recorder, "end", broken)
    with capture_output(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in SESSION:
            shell.run_cell(text, store_history=True)
    for event in ("pre_run_cell", "post_run_cell"):
        callbacks = shell.events.callbacks[event]
        callbacks[:] = [getattr(hook, "__wrapped__", hook) for hook in callbacks if hook.__name__ != "called"]
        shell.events.register(event, getattr(tracker, event))
    assert found == []


def test_a_warning_that_is_given_once_stays_so() -> None:
    """A function that warns from one line warns in the first cell alone, as without cellgraph."""
    cells = [
        "import types\nm = types.ModuleType('warner')",
        "exec('import warnings\\ndef f(): warnings.warn(\"once a place\", stacklevel=1)', m.__dict__)",
        *["m.f()"] * 3,
        "'\\d' == m",
        *["m.f()"] * 2,
    ]
    alone, session = plain(cells), tracked(cells)
    assert [seen.stderr for seen in session.seen] == [seen.stderr for seen in alone]
    assert sum("once a place" in seen.stderr for seen in alone) <= 1


@pytest.mark.parametrize(
    "error", [SystemExit, GeneratorExit, KeyboardInterrupt, asyncio.CancelledError, MemoryError]
)
def test_a_digester_that_raises_what_ends_programs(
    error: type[BaseException], shell: InteractiveShell, tracker: Tracker, capfd: pytest.CaptureFixture[str]
) -> None:
    """The value is opaque, that is told once, and cells run on."""

    def raising(_: object) -> object:
        raise error

    # A name of its own: that a digester fails is told once for each class.
    shell.user_ns["Raising"] = type(f"Raising{error.__name__}", (), {"__cellgraph_digest__": raising})
    for text in ("v = Raising()", "w = v", "v.x = 1", "u = w"):
        assert shell.run_cell(text, store_history=True).success
    assert [run.outcome for run in tracker.runs] == ["ok"] * 4
    digest = next(write.digest for write in tracker.runs[0].writes if write.name == "v")
    assert digest is not None
    assert digest.quality == "opaque"
    assert capfd.readouterr().err.count("such a value is not compared") == 1


@pytest.mark.slow
def test_threads_that_bind_and_delete_names_keep_no_run_from_its_record(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """Each run is in the ledger, observed, while four threads churn the namespace."""
    names, stop = shell.user_ns, threading.Event()

    def churn(number: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            names[f"churned{number}_{turn % 50}"] = [turn]
            names.pop(f"churned{number}_{(turn + 25) % 50}", None)

    interval = sys.getswitchinterval()
    threads = [threading.Thread(target=churn, args=(number,)) for number in range(4)]
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for number in range(30):
            shell.run_cell(f"own{number} = {number}", store_history=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert len(tracker.runs) == 30
    assert [run.outcome for run in tracker.runs] == ["ok"] * 30
    for number, run in enumerate(tracker.runs):
        assert f"own{number}" in [write.name for write in run.writes]

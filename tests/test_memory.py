"""cellgraph holds no value of the user's: what plain IPython frees is freed at the same moment."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.cases.memory import MEMORY, SETUP
from tests.cases.safety import Case
from tests.kernels import Kernel
from tests.twins import plain, tracked


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("case", MEMORY, ids=lambda case: case.name)
def test_what_the_user_lets_go_of_is_freed_at_once(case: Case) -> None:
    """A value is gone after the very cell after which plain IPython has freed it, with no collection."""
    cells = [SETUP, *_asked_after_each(case.cells)]
    alone = plain(cells)
    gc.enable()
    session = tracked(cells)
    assert alone[-1].stdout == "True\n"
    assert session.seen == alone
    assert not [text for text in session.said if "internal error" in text]


@pytest.mark.parametrize("how", ["an error", "an error in a function"])
def test_a_failed_cell_keeps_no_more_than_ipython_does(how: str) -> None:
    """The traceback of the last error is IPython's to keep; once that is let go, nothing else holds it."""
    failing = {
        "an error": "a = big()\n1 / 0",
        "an error in a function": "def f():\n    a = big()\n    1 / 0\nf()",
    }[how]
    forget = (
        "import sys\nsys.last_traceback = sys.last_value = sys.last_type = sys.last_exc = None\n"
        "get_ipython()._last_traceback = None; globals().pop('a', None)"
    )
    cells = [SETUP, failing, forget, "gc.collect(); print(watched() is None)"]
    assert tracked(cells).seen == plain(cells)


def test_results_are_ipythons_alone_to_keep() -> None:
    """A displayed value lives in ``Out`` and ``_``, and dies with them."""
    cells = [SETUP, "watch(np.zeros(3))", "%reset -f out", "print(watched() is None)"]
    assert tracked(cells).seen == plain(cells)


@pytest.mark.parametrize("load", ["pass", "%load_ext cellgraph"])
def test_ten_runs_of_a_large_cell_grow_the_process_by_nothing(kernel: Kernel, load: str) -> None:
    """Ten runs of a cell that makes 50 MB leave the process no larger than one does, to a tenth of that."""
    kernel.run(load, "load")
    kernel.run("import numpy as np, pandas as pd, psutil, gc\nprocess = psutil.Process()", "imports")
    cell = "a = np.random.default_rng(0).random(6_250_000); f = pd.DataFrame({'x': a[:100_000]}); b = a.sum()"

    def megabytes() -> float:
        kernel.run("gc.collect();", "collect")
        return int(kernel.value("process.memory_info().rss")) / 1e6

    for _ in range(2):
        kernel.run(cell, "large")
    before = megabytes()
    for _ in range(10):
        kernel.run(cell, "large")
        kernel.run("c = a.mean() + f.x.mean()", "uses")
    assert megabytes() - before < 5
    kernel.run("del a, f", "delete")
    assert before - megabytes() > 40


def _asked_after_each(cells: list[str]) -> list[str]:
    return [both for cell in cells for both in (cell, "print(watched is not None and watched() is None)")]

"""Fixtures that every test may ask for, and an environment in which nobody's own settings count."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

# Before anything imports IPython, Jupyter or matplotlib: they read these when they are imported.
_HOME = mkdtemp(prefix="cellgraph-tests-")
os.environ.update(
    IPYTHONDIR=f"{_HOME}/ipython",
    JUPYTER_CONFIG_DIR=f"{_HOME}/jupyter/config",
    JUPYTER_DATA_DIR=f"{_HOME}/jupyter/data",
    JUPYTER_RUNTIME_DIR=f"{_HOME}/jupyter/runtime",
    JUPYTER_PLATFORM_DIRS="1",
    MPLBACKEND="Agg",
    MPLCONFIGDIR=f"{_HOME}/matplotlib",
    # Threads that wait for each other by spinning take minutes where several suites share the cores.
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    PYDEVD_DISABLE_FILE_VALIDATION="1",
)

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from IPython.core.interactiveshell import InteractiveShell

from tests.kernels import Kernel, running_kernel
from tests.shells import fresh_shell, hooks, left_behind

if TYPE_CHECKING:
    from cellgraph.session import Tracker

settings.register_profile(
    "cellgraph",
    deadline=None,  # machines differ, and a deadline is a timing assertion
    derandomize=bool(os.environ.get("CI")),  # a red CI is red for a change, not for a draw
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("cellgraph")


PLAYED_ONCE = ("test_layers.py", "test_notebooks.py", "test_oracle.py", "test_settings.py")
"""Files of tests that share what a fixture takes long to make."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process runs all tests of such a file; of the others each runs wherever there is time.

    The mark ``xdist_group`` is not heeded: pytest 9.2 does not show the names that pytest-xdist 3.8 gives.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if file.endswith(PLAYED_ONCE) else nodeid

    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a real kernel is slow: to start one takes a second."""
    for item in items:
        if "kernel" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _home() -> Iterator[None]:
    yield
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _source_tree() -> Iterator[None]:
    """No test leaves a file beside the sources."""
    root = Path(__file__).parents[1]
    before = {path.name for path in root.iterdir()}
    yield
    assert sorted(p.name for p in root.iterdir() if p.name not in before and p.name[:1] != ".") == []


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A new IPython shell in this process, which ``get_ipython()`` returns too."""
    with fresh_shell() as new:
        yield new


@pytest.fixture
def tracker(shell: InteractiveShell) -> Iterator[Tracker]:
    """cellgraph loaded in ``shell``; afterwards unloaded, with nothing left behind."""
    import cellgraph  # here, so that the tests of one layer need no other

    before = hooks(shell)
    yield cellgraph.load(shell)
    cellgraph.unload(shell)
    assert left_behind(before, hooks(shell)) == []


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """A stock kernel in a process of its own; ``run(code, cell_id)`` speaks as JupyterLab does."""
    with running_kernel() as new:
        yield new

"""What really happens when a notebook runs from top to bottom.

Each one in a fresh IPython shell, in one process for all.

``python -m tests.checks.truth`` reads a list of notebooks (lists of cells) as JSON and writes for each the
first cell that fails and
the kind of its error, or 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def truths(notebooks: Sequence[Sequence[str]], python: str = sys.executable) -> list[tuple[int, str]]:
    """For each notebook the number of the cell that fails first (0: none), and the error as ``NameError.

    X``.
    """
    done = subprocess.run(
        [python, "-m", "tests.checks.truth"],
        input=json.dumps([list(cells) for cells in notebooks]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(number, error) for number, error in json.loads(done.stdout.splitlines()[-1])]


def _run(cells: Sequence[str]) -> tuple[int, str]:
    from IPython.utils.capture import capture_output

    shell = _shell()
    shell.reset(new_session=True)
    for name in ("__file__", "__annotations__"):
        shell.user_ns.pop(name, None)
    with capture_output():
        for number, text in enumerate(cells, 1):
            result = shell.run_cell(text, store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                return number, f"{type(error).__name__}: {getattr(error, 'name', None) or ''}"
    return 0, ""


@cache
def _shell() -> InteractiveShell:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # a database for each notebook takes most of the time
    return InteractiveShell.instance(config=config)


if __name__ == "__main__":
    found = [_run(cells) for cells in json.loads(sys.stdin.read())]
    sys.stdout.write("\n" + json.dumps(found) + "\n")

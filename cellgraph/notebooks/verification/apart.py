"""``python -m cellgraph.notebooks.verification.apart``: one notebook in a process of its own, for a cluster.

A job comes in on standard input and the verdict goes out on standard output, both pickled. A worker of a
cluster may be a daemon, which may not fork; and what kills this process leaves the worker alone.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from cellgraph.notebooks.verification.options import VerifyOptions
from cellgraph.notebooks.verification.verdicts import NotebookVerdict


def verify_in_process(path: str, options: VerifyOptions, cwd: str | None = None) -> NotebookVerdict:
    """The verdict on a notebook. If the process that runs it dies, the verdict says so."""
    begun = time.monotonic()
    with TemporaryDirectory(prefix="cellgraph-", ignore_cleanup_errors=True) as folder:
        job = pickle.dumps((path, options, folder))
        command = [sys.executable, "-P", "-m", "cellgraph.notebooks.verification.apart"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(  # noqa: S603 - the command is this module
            command, input=job, capture_output=True, cwd=cwd, env=environment, check=False
        )
    try:
        return cast("NotebookVerdict", pickle.loads(done.stdout))  # noqa: S301 - written by this module
    except Exception:  # noqa: BLE001 - what a process that dies has written may be anything
        seconds = time.monotonic() - begun
        return NotebookVerdict(path, "error", reason=_died(done.returncode), seconds=seconds)


def _died(code: int) -> str:
    try:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        how = f"signal {-code}"
    return f"it killed the process that ran it ({how})"


def main() -> int:
    """Verify the notebook of the job on standard input."""
    import cellgraph.notebooks.verification.loading  # noqa: F401 - see there
    from cellgraph.notebooks.verification.run import verify

    path, options, folder = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by ``verify_in_process``
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)  # nothing else may be printed among the answer
        pickle.dump(verify(Path(path), options, Path(folder)), answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())

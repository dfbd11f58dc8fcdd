"""Damaged notebooks given to ``cellgraph run``: it runs them, or says in one line why not. No traceback.

No kernel is started: what is judged is the way from the file to the kernel, and from there to the files.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from cellgraph.cli import main
from cellgraph.model import Report
from cellgraph.notebooks import execute
from cellgraph.notebooks.run_types import Execution, Results
from cellgraph.record.jsonl import dumps
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.junk import texts
from tests.soak.outcome import FaultError, Row, Task, drawn
from tests.soak.twins import prepare

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
OUTPUTS: list[Any] = [
    {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
    {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "1"}, "metadata": {}},
    {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
    {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {"isolated": True}},
]
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python", "version": "3"}, "widgets": {}},
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {"tags": ["t"]}, "source": ["# title"]},
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "execution_count": 1,
            "source": "x = 1",
            "outputs": OUTPUTS,
        },
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {"tags": ["raises-exception"]},
            "execution_count": None,
            "source": ["y = x\n", "y"],
            "outputs": [],
        },
        {"cell_type": "raw", "id": "r", "metadata": {}, "source": "raw", "attachments": {}},
    ],
}
OLDER = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []},
                {"cell_type": "heading", "level": 1, "source": "t"},
            ],
        }
    ],
}


async def _no_kernel(session: Any, _cells: Any, kernel: Any) -> Execution:
    """What a run gives in which no cell showed anything."""
    execute._name_kernel(session.source.notebook, kernel)
    return Execution(session.client.nb, kernel.name, (), 0.0, "", Results(Report(()), dumps(())))


def _run(text: str) -> tuple[int, str]:
    """The exit code and standard error of ``cellgraph run``, in this process, which is one of its own."""
    Path("n.ipynb").write_bytes(text.encode("utf-8", "surrogatepass"))
    execute._Session.run = _no_kernel  # type: ignore[method-assign]
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = main(["run", "n.ipynb"])
    return code, errors.getvalue()


def _check(place: Place, text: str) -> None:
    try:
        code, errors = in_fork(place, _run, text)
    except LostError as lost:
        raise FaultError(f"  {lost}\n  in {text!r}") from None
    lines = errors.splitlines()
    wrong = []
    if code not in (0, 2):
        wrong.append(f"exit code {code}")
    if code == 2 and len(lines) != 1:
        wrong.append(f"{len(lines)} lines of error")
    if "Traceback" in errors or "fault of cellgraph's own" in errors:
        wrong.append("an internal error")
    if wrong:
        raise FaultError(f"  {', '.join(wrong)}: {errors}\n  in {text!r}")


def run(task: Task) -> list[Row]:
    """So many damaged notebooks of two formats; the first fault of each, made small."""
    prepare()
    tried = task.length.notebooks // 2
    with new_place() as place:
        return [
            Row(
                "notebooks",
                what,
                tried,
                faults=drawn(texts(document), lambda text: _check(place, text), task, tried),
            )
            for what, document in (("damaged notebooks of format 4", NOTEBOOK), ("of format 3", OLDER))
        ]

"""Plays sessions of ``tests/cases/settings.py``, each in its own process, and prints what was said."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

from tests.cases.settings import QUIET, TELLING, Case
from tests.restarts.stash import imports_for_itself, put_libraries_away
from tests.test_findings import Notebook, new_notebook


def warnings_of(notebook: Notebook) -> list[str]:
    """The warnings now, as ``cell:code``."""
    found = notebook.tracker.findings()
    return sorted({f"{f.cell}:{f.code}" for f in found if f.severity == "warning"})


def play(case: Case) -> dict[str, object]:
    """Do what the case says, and then what it is advised to do."""
    said = io.StringIO()
    with new_notebook() as notebook, redirect_stdout(said), redirect_stderr(said):
        early: list[str] = []
        for action in case.actions:
            notebook.do(action)
            early += warnings_of(notebook)
        findings, stale, messages = warnings_of(notebook), notebook.tracker.stale(), notebook.warnings
        if stale:
            notebook.rerun(stale)
        chances = [f"{chance.cell}:{chance.kind}" for chance in notebook.tracker.report().chances]
        return {
            "findings": findings,
            "stale": stale,
            "left": warnings_of(notebook) if stale else [],
            "early": early,
            "messages": messages,
            "chances": chances,
            "trouble": [
                line for line in said.getvalue().splitlines() if "cellgraph could" in line or "Error" in line
            ],
        }


def in_own_process(case: Case) -> dict[str, object]:
    """The same in a fork, in which no library of the user's is found loaded."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(tempfile.mkdtemp())
        try:
            outcome = play(case)
        except Exception as error:  # noqa: BLE001 - told by the test
            outcome = {"trouble": [repr(error)]}
        os.write(writer, json.dumps(outcome).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)  # type: ignore[no-any-return]


def main(names: Sequence[str]) -> None:
    """Play the cases of these names, or all: some that import libraries themselves, then the others."""
    cases = [case for case in (*TELLING, *QUIET) if not names or case.name in names]
    for case in [case for case in cases if imports_for_itself(case.name)]:
        print(json.dumps({"name": case.name, **in_own_process(case)}), flush=True)
    put_libraries_away()
    for case in [case for case in cases if not imports_for_itself(case.name)]:
        print(json.dumps({"name": case.name, **in_own_process(case)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

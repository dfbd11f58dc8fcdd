"""Which findings a session leads to, and whether running what they advise puts it right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.session import Tracker
from tests.cases.findings import FINDINGS, QUIET, Action, Case
from tests.cases.unrun import UNRUN
from tests.shells import fresh_shell

pytestmark = pytest.mark.filterwarnings("ignore")  # what users' code warns about is not judged here


EVERY = (*FINDINGS, *UNRUN)


class Notebook:
    """A notebook under cellgraph: cells in order, their texts, and a shell that runs them."""

    def __init__(self, shell: InteractiveShell, tracker: Tracker) -> None:
        self.shell: Any = shell
        self.tracker = tracker
        self.texts: dict[str, str] = {}
        self.order: list[str] = []

    def do(self, *actions: Action) -> None:
        """Do what a user did, and tell the tracker how the notebook stands, as a front end does."""
        for action in actions:
            if action.kind == "outside":
                exec(action.source or "", self.shell.user_ns)
            elif action.kind == "order":
                self.order = list(action.cells)
            else:
                self._type(action)
            self.tracker.set_cell_order(self.order, {cell: self.texts[cell] for cell in self.order})
            if action.kind == "run":
                self.shell.run_cell(self.texts[action.cell], store_history=True, cell_id=action.cell)

    def _type(self, action: Action) -> None:
        if action.cell not in self.texts:
            self.order.append(action.cell)
        if action.source is not None:
            self.texts[action.cell] = action.source

    def rerun(self, cells: list[str]) -> None:
        """Run cells as they stand now."""
        self.do(*(Action("run", cell) for cell in cells))

    @property
    def findings(self) -> set[str]:
        """Everything that is said now, as ``cell:code``."""
        return {f"{finding.cell}:{finding.code}" for finding in self.tracker.findings()}

    @property
    def warnings(self) -> list[str]:
        """The sentences of the warnings."""
        return [finding.message for finding in self.tracker.findings() if finding.severity == "warning"]


@contextmanager
def new_notebook() -> Iterator[Notebook]:
    """A notebook for tests that need several."""
    with fresh_shell(xmode="Minimal") as shell:  # where cells fail, tracebacks take longer than all else
        try:
            yield Notebook(shell, cellgraph.load(shell))
        finally:
            cellgraph.unload(shell)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """An empty notebook in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    with new_notebook() as new:
        yield new


def row(case: Case) -> Any:
    """The case as a parameter; one that cannot be met yet has to fail, or its reason goes."""
    marks: list[Any] = [pytest.mark.xfail(reason=case.fails, strict=True)] if case.fails else []
    if case.observed and sys.version_info < (3, 12):
        marks = [pytest.mark.skip(reason="reads are not observed on Python 3.11")]
    if case.name == "generator used up by a cell below" and sys.version_info >= (3, 15):
        marks = [pytest.mark.skip(reason="how far a generator has come in a list is hidden there")]
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [row(case) for case in EVERY])
def test_a_session_leads_to_these_findings_and_this_remedy(case: Case, notebook: Notebook) -> None:
    """Findings, the plan, and what is left after carrying the plan out, are those of the table."""
    notebook.do(*case.actions)
    assert notebook.findings == set(case.findings.split()), notebook.tracker.findings()
    assert notebook.tracker.stale() == case.stale.split()
    if case.stale:
        notebook.rerun(notebook.tracker.stale())
        assert notebook.findings == set(case.left.split()), notebook.tracker.findings()


@pytest.mark.slow
@pytest.mark.parametrize("case", [row(case) for case in EVERY if " " in case.stale and not case.generous])
def test_no_cell_of_a_remedy_can_be_left_out(case: Case) -> None:
    """Whichever cell of the plan is skipped, some warning stays."""
    for skipped in case.stale.split():
        with new_notebook() as notebook:
            notebook.do(*case.actions)
            notebook.rerun([cell for cell in case.stale.split() if cell != skipped])
            assert notebook.warnings, f"{skipped} need not have been run"


@pytest.mark.parametrize("cells", QUIET, ids=lambda cells: cells[0].splitlines()[0][:40])
def test_running_a_notebook_from_top_to_bottom_gives_no_warning(
    cells: tuple[str, ...], notebook: Notebook
) -> None:
    """No run of a first pass leads to a warning, and after a second pass there is none either."""
    for number, text in enumerate(cells):
        notebook.do(Action("run", f"cell-{number}", text))
        assert notebook.warnings == []
    notebook.rerun(list(notebook.order))
    assert notebook.warnings == []

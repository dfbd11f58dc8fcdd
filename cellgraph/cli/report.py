"""Writes the HTML report of a run, after the notebook and the ledger.

A part of the report that cannot be made is left out. The rest is written.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cellgraph._version import __version__
from cellgraph.analyse.time_travel import report_after
from cellgraph.cli.command import tell
from cellgraph.model import Order, Report
from cellgraph.notebooks.errors import CannotRunError, described
from cellgraph.notebooks.output_images import pictures
from cellgraph.notebooks.outputs import Outputs, write_text
from cellgraph.notebooks.run_summary import facts, verdicts
from cellgraph.notebooks.run_types import Execution, Results
from cellgraph.notebooks.source import NotebookFile
from cellgraph.record.jsonl import loads
from cellgraph.record.ledger import Ledger
from cellgraph.render.page import PageHead, PageHistory, report_page

T = TypeVar("T")

_MOST_MOMENTS = 200
"""Largest number of runs for which a report includes the graph after each run."""


def write_report(
    source: NotebookFile, execution: Execution, results: Results, outputs: Outputs, *, debug: bool
) -> Path | None:
    """Write the report. Print a line for each part that it lacks, with the reason.

    Returns its path, or None if it could not be written. Raises nothing.
    """
    assert outputs.report is not None
    try:
        write_text(outputs.report, _Maker(debug).page(source, execution, results), source.path)
    except CannotRunError as error:
        tell(str(error))
    except Exception as error:  # noqa: BLE001 - the notebook and the ledger are written: that is what counts
        _tell_lack("there is no report", error, debug=debug)
    else:
        return outputs.report
    return None


class _Maker:
    """Makes the page of a report part by part, and prints a line for each part that fails."""

    def __init__(self, debug: bool) -> None:
        self._debug = debug

    def page(self, source: NotebookFile, execution: Execution, results: Results) -> str:
        """The whole page."""
        generated = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z} by cellgraph {__version__}"
        nothing: dict[str, str] = {}
        rows = self._part("list of facts", lambda: facts(source, execution), nothing)
        history = self._history(source, execution, results)
        none: tuple[str, ...] = ()
        head = self._part("list of failures", lambda: verdicts(execution), none)
        page = PageHead(source.path.name, rows, generated, head)
        return report_page(results.report, page, history, self._lacks)

    def _history(self, source: NotebookFile, execution: Execution, results: Results) -> PageHistory | None:
        """The runs and the report after each, for a graph that can go back in time."""
        ledger = self._part("history of the run", lambda: loads(results.ledger), None)
        if ledger is None:
            return None
        return PageHistory(
            ledger,
            self._part("way back in time", lambda: _past(ledger, results.report, source.places), ()),
            self._part("small pictures", lambda: pictures(execution.notebook, source.cells), {}),
        )

    def _part(self, name: str, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - a part that fails for whatever reason costs no other part
            self._lacks(name, error)
            return otherwise

    def _lacks(self, part: str, error: Exception) -> None:
        _tell_lack(f"the report lacks its {part}", error, debug=self._debug)


def _past(ledger: Ledger, report: Report, places: Mapping[str, str]) -> tuple[Report, ...]:
    """The report after each run. Empty if there were more than ``_MOST_MOMENTS`` runs."""
    if len(ledger.runs) > _MOST_MOMENTS:
        return ()
    order = Order(tuple(state.cell for state in report.cells if state.state != "deleted"))
    return tuple(report_after(ledger, order, run.number, places=places) for run in ledger.runs)


def _tell_lack(what: str, error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    tell(f"{what} ({described(error)}){'' if debug else '; --debug shows the traceback'}")

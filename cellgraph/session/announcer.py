"""What is said around a cell, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cellgraph.analyse.announcements import Key, new_notes, resolved_findings
from cellgraph.analyse.findings import Analysis
from cellgraph.analyse.replay import Replay, StaleRead
from cellgraph.frontends.display import Screen
from cellgraph.model import Finding, Report, Run
from cellgraph.record.recorder import Recorder
from cellgraph.session.config import CellGraph
from cellgraph.session.pre_run_checks import pre_run_messages


class Announcer:
    """Says each finding once, when it appears, and says when it no longer holds.

    It remembers the stale reads as of the last run. What came into doubt since then by a deletion or a
    save is said after the next run.
    """

    def __init__(self, screen: Screen, config: CellGraph) -> None:
        self._screen = screen
        self._config = config
        self._told: Mapping[Key, StaleRead] = {}
        self._told_failure = False

    def start_over(self, told: Mapping[Key, StaleRead]) -> None:
        """Another ledger is followed from now on. ``told``: what is not to be said of it."""
        self._told = told

    def before_run(self, cell: str | None, text: str, recorder: Recorder, replayed: Replay) -> None:
        """A cell is about to run: say what it is about to read that is gone or has changed."""
        if not (self._config.warn and self._config.pre_run_warnings):
            return
        messages = pre_run_messages(cell, text, recorder, replayed)
        if messages:
            from cellgraph.render.warnings import before_html, before_text

            self._screen.show(before_text(messages), before_html(messages))

    def after_run(self, run: Run, analysis: Analysis, report: Callable[[Analysis], Report]) -> None:
        """A cell has run: say what is in doubt since, what holds again, and notes."""
        before = self.after_unannounced_run(analysis)
        if not self._config.warn:
            return
        now = analysis.stale_reads
        new = analysis.warnings([read for key, read in now.items() if key not in before]) if now else []
        notes = new_notes(analysis, run) if self._config.notes else []
        resolved = self._resolved(before, analysis) if before else []
        if not (new or notes or resolved):
            return
        from cellgraph.render.warnings import warnings_html, warnings_text

        made = report(analysis)
        self._screen.show(
            warnings_text(made, new, resolved, notes), warnings_html(made, new, resolved, notes)
        )

    def after_unannounced_run(self, analysis: Analysis) -> Mapping[Key, StaleRead]:
        """A cell has run that nothing is said of. Gives what was in doubt as of the run before."""
        before, self._told = self._told, analysis.stale_reads
        return before

    def _resolved(self, before: Mapping[Key, StaleRead], analysis: Analysis) -> list[Finding]:
        if not self._config.resolved:
            return []
        return resolved_findings(before, analysis.stale_reads, analysis.replayed.order.cells)

    def failure(self, error: Exception) -> None:
        """Say that cellgraph itself failed: the first time only, in one line."""
        if not self._told_failure:
            self._told_failure = True
            kind = type(error).__name__
            self._screen.show(
                f"cellgraph: an internal error kept this cell from being recorded ({kind}: {error}). "
                "Your cell is not affected; this is said once.",
                "",
            )

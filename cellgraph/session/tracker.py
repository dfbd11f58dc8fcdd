"""The tracker of one shell: what ``%load_ext cellgraph`` makes and ``get_tracker()`` gives."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from cellgraph.analyse.announcements import Key, new_notes, resolved_findings
from cellgraph.analyse.explain import Explanation, explain_cell, explain_name
from cellgraph.analyse.findings import Analysis, sorted_findings
from cellgraph.analyse.graph import run_graph
from cellgraph.analyse.incremental_replay import renew
from cellgraph.analyse.replay import Replay, StaleRead
from cellgraph.analyse.report import chances, make_report
from cellgraph.analyse.time_travel import report_after
from cellgraph.code.magic_cells import is_own
from cellgraph.digest.gc_pause import collector_paused
from cellgraph.frontends.display import Screen
from cellgraph.frontends.notebook_order import NotebookOrder, NotebookSnapshot, read_request
from cellgraph.frontends.order_from_file import SavedFile
from cellgraph.frontends.output_marks import Marks
from cellgraph.model import Finding, Order, Report, Run
from cellgraph.record.jsonl import dumps, loads
from cellgraph.record.ledger import Ledger
from cellgraph.record.recorder import Pending, Recorder, block_of
from cellgraph.session.config import CellGraph
from cellgraph.session.pre_run_checks import ahead

if TYPE_CHECKING:
    import networkx as nx


class Tracker:
    """Records every run of one shell and says which results no longer hold.

    Made by ``cellgraph.load``; the shell's events drive it. All methods may be called from a cell.
    """

    def __init__(self, shell: Any, config: CellGraph | None = None) -> None:
        self.shell = shell
        self.config = config if config is not None else CellGraph(parent=shell)
        self._screen = Screen(shell)
        self._marks = Marks(shell)
        self._owner = os.getpid()
        self._stack: list[object] = []
        self._pending: Pending | None = None
        self._paused = False
        self._rerunning = False
        self._told_failure = False
        self._watchers: list[Callable[[], None]] = []
        self._begin_ledger(Ledger())

    def _begin_ledger(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._recorder = Recorder(self.shell, self.config, ledger)
        self._arrangement = NotebookOrder()
        self._file = SavedFile(self.shell.user_ns)
        self._replay = Replay(Order())
        self._known: dict[Key, StaleRead] = {}
        self._told: dict[
            Key, StaleRead
        ] = {}  # as of the last run: a deletion or a save may have added to it since

    # -- the public interface -------------------------------------------------------------------

    @property
    def runs(self) -> Sequence[Run]:
        """All runs so far, oldest first."""
        return tuple(self._ledger.runs)

    def findings(self) -> list[Finding]:
        """Everything that does not hold, warnings first, then in notebook order."""
        analysis = self._analysis()
        position = {cell: place for place, cell in enumerate(analysis.replayed.order.cells)}
        found = [*analysis.warnings(), *analysis.notes()]
        return sorted_findings(found, lambda cell: position.get(cell, len(position)))

    def stale(self) -> list[str]:
        """Cells to run again, in the order to run them, so that every result holds."""
        return list(self._analysis().stale())

    def graph(self) -> nx.MultiDiGraph[int]:
        """The graph of runs: an edge from the run that wrote a name to each that read it."""
        return run_graph(self._ledger)

    def cell_graph(self) -> nx.DiGraph[str]:
        """The same projected to cells.

        Node attributes: ``label``, ``state``, ``source``; edge attributes: ``names``, ``stale``.
        """
        import networkx as nx

        report = self.report()
        graph: nx.DiGraph[str] = nx.DiGraph()
        for cell in report.cells:
            graph.add_node(cell.cell, label=cell.label, state=cell.state, source=cell.source)
        for edge in report.edges:
            graph.add_edge(edge.source, edge.target, names=edge.names, stale=edge.stale)
        return graph

    def report(self) -> Report:
        """Cells, edges, findings and plan of this moment, for any renderer."""
        return make_report(self._analysis(), self.findings(), self._unrun())

    def set_cell_order(self, ids: Sequence[str], sources: Mapping[str, str] | None = None) -> None:
        """Tell how the notebook stands: its cells from top to bottom.

        A cell that ran and is not among them counts as deleted. ``sources`` gives the present
        texts, where known: a cell whose text is not what ran counts as edited.
        """
        self._arrangement.set_order(NotebookSnapshot(tuple(ids), dict(sources or {}), time()))
        self._refresh()
        self._tell_watchers()

    def after_run(self, number: int) -> Report:
        """The report as it was when run ``number`` had ended (1 is the first run)."""
        return report_after(self._ledger, self._replay.order, number, frozenset(self.config.ignore))

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called whenever what a report says may be new. Gives what ends that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    @property
    def ledger(self) -> Ledger:
        """All that was recorded, for renderers. Not to be appended to."""
        return self._ledger

    def explain(self, name_or_cell: str) -> Explanation:
        """Why a name or a cell is in the state it is in: the chain of runs behind it.

        Takes a name, a cell's id, or its number (``"4"`` or ``"[4]"``).
        """
        cell = self.find_cell(name_or_cell)
        if cell is not None:
            return explain_cell(self._ledger, cell, self.findings(), tuple(chances(self._analysis())))
        present = name_or_cell in self.shell.user_ns
        return explain_name(self._ledger, name_or_cell, present, self.findings())

    def find_cell(self, text: str) -> str | None:
        """The cell with this id or number; None where there is none."""
        if self._ledger.latest(text) is not None:
            return text
        number = text.strip("[]")
        run = self._ledger.with_count(int(number)) if number.isdecimal() else None
        return run.cell if run is not None else None

    def pause(self) -> None:
        """Stop recording until ``resume``. What runs meanwhile counts as no cell's doing."""
        self._paused = True

    def resume(self) -> None:
        """Record again."""
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether recording is switched off."""
        return self._paused

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ledger as JSON Lines. Raises OSError."""
        Path(path).write_text(dumps(self._ledger.runs), encoding="utf-8")

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over a saved ledger in place of the present one. Raises OSError, LedgerFormatError."""
        ledger = loads(Path(path).read_text(encoding="utf-8"))
        self._restart(ledger)
        for run in ledger.runs:
            self._arrangement.ran(run.cell)
        self._refresh()
        self._told = self._known

    def reset(self) -> None:
        """Forget every run. Variables that are there count as made by no cell."""
        self._restart(Ledger())

    def rerun(self, cells: Sequence[str]) -> list[str]:
        """Run cells again with the text they last ran with; give those that ran without an error.

        Stops at the first that raises. The cell that calls this is not recorded itself.
        """
        done: list[str] = []
        outer, self._stack = self._stack, []
        if self._pending is not None:
            self._recorder.abandon()
            self._pending = None
        self._rerunning = True
        try:
            for cell in cells:
                run = self._ledger.latest(cell)
                if run is None or not self._run_again(run):
                    break
                done.append(cell)
        finally:
            self._stack = outer
            self._rerunning = False
        return done

    def _run_again(self, run: Run) -> bool:
        result = self.shell.run_cell(run.source, store_history=False, cell_id=run.cell)
        return bool(result.success)

    @property
    def rich(self) -> bool:
        """Whether the front end shows HTML."""
        return self._screen.rich

    def display(self, text: str, html: str = "") -> None:
        """Show something that was asked for."""
        self._screen.show(text, html)

    def show_data(self, data: Mapping[str, object]) -> None:
        """Show something by its MIME types, where the front end is one that draws."""
        self._screen.show_data(data)

    def close(self) -> None:
        """Stop recording for good, and let go of the shell's values and of the monitoring tool."""
        self._stack.clear()
        self._watchers.clear()
        self._pending = None
        self._recorder.close()

    # -- the shell's events ---------------------------------------------------------------------

    def begin_midcell(self) -> None:
        """Start in the middle of a cell: the one that loads the extension often imports as well."""
        source = self._recorder.source("")
        cell = read_request(None, self._parent).cell
        self._pending = self._recorder.begin(None, cell, source, ())

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run."""
        self._guarded(self._before, info)

    def post_run_cell(self, result: Any) -> None:
        """A cell has run."""
        self._guarded(self._after, result)

    def _guarded(self, step: Callable[[Any], None], argument: Any) -> None:
        if os.getpid() != self._owner:
            return  # a forked child: its namespace is a copy that nobody asks about
        try:
            with collector_paused():
                step(argument)
        except Exception as error:  # noqa: BLE001 - a user's cell never fails because of cellgraph
            self._pending = None
            self._tell_failure(error)

    def _before(self, info: Any) -> None:
        self._stack.append(info)
        if len(self._stack) > 1 or self._paused:
            return  # a cell run inside a cell is part of the outer one
        if self._pending is not None:
            self._recorder.abandon()
        self._pending = None
        told = read_request(info, self._parent)
        self._arrangement.report_deleted(told.deleted)
        if is_own(info.raw_cell or ""):
            return
        source = self._recorder.source(info.raw_cell or "")
        block = block_of(source)
        if told.deleted:
            self._refresh()
        if self.config.warn and self.config.pre_run_warnings and not self._rerunning:
            self._say_ahead(told.cell, source.text)
        self._pending = self._recorder.begin(info, told.cell, source, block)

    def _after(self, result: Any) -> None:
        pending = self._closing(result)
        if pending is None:
            return
        self._pending = None
        run = self._recorder.end(pending, result, None if self._rerunning else result.execution_count)
        self._arrangement.ran(run.cell)
        self._refresh(run)
        before, self._told = self._told, self._known
        if self.config.warn and not self._rerunning:
            self._say(run, before)
        self._mark(run)
        self._tell_watchers()

    def _mark(self, run: Run) -> None:
        if self.rich and self.config.marks:
            if not self._rerunning:
                self._marks.place(run.cell)
            self._marks.update(self.report())
        elif self.rich:
            self._marks.clear()

    def _tell_watchers(self) -> None:
        for watcher in tuple(self._watchers):
            try:
                watcher()
            except Exception as error:  # noqa: BLE001 - a panel that cannot be drawn fails no cell
                self._watchers.remove(watcher)
                self._tell_failure(error)

    def _closing(self, result: Any) -> Pending | None:
        """The pending run that this result ends; None for a run inside another, or none of ours."""
        info = getattr(result, "info", None)
        pending = self._pending
        if pending is not None and pending.info is None and not self._stack:
            return self._joined(pending, info)
        if not any(known is info for known in self._stack):
            return None
        while self._stack and self._stack.pop() is not info:
            pass  # a run whose end was never announced
        return pending if not self._stack else None

    def _joined(self, pending: Pending, info: Any) -> Pending | None:
        """The run of the cell that loaded cellgraph; None where it does nothing else."""
        text = getattr(info, "raw_cell", "") or ""
        if is_own(text):
            self._pending = None
            self._recorder.abandon()
            return None
        return self._recorder.joined(pending, info, read_request(info, self._parent).cell, text)

    def _parent(self) -> Any:
        return self.shell.get_parent()

    # -- findings -------------------------------------------------------------------------------

    def _analysis(self) -> Analysis:
        self._refresh()
        return self._snapshot()

    def _snapshot(self) -> Analysis:
        """The analysis as of the last refresh."""
        recorder = self._recorder
        ignore = frozenset(self.config.ignore)
        return Analysis(self._ledger, self._replay, recorder.live, ignore, recorder.files.imported)

    def _refresh(self, run: Run | None = None) -> None:
        """Bring the replay up to date; cheap where ``run`` is the first of a cell at the bottom."""
        self._read_file()
        if run is None:
            self._recorder.files.look()
        order = self._arrangement.order(self._edited)
        self._replay = renew(self._replay, self._ledger, order, self._recorder.files.snapshot, run)
        self._known = {d.key: d for doubts in self._replay.doubts.values() for d in doubts}

    def _unrun(self) -> Iterator[str]:
        """Texts of the notebook's cells that no run was recorded of; talking to cellgraph is none."""
        texts = self._arrangement.texts
        for cell in self._replay.order.cells:
            text = texts.get(cell, "")
            if text.strip() and self._ledger.latest(cell) is None and not is_own(text):
                yield text

    def _read_file(self) -> None:
        shown = self._file.shown(self._ledger)
        if shown is not None:
            self._arrangement.set_saved_order(shown)

    def _edited(self, cell: str, text: str, since: float) -> bool:
        run = self._ledger.latest(cell)
        return run is not None and run.started < since and not self._recorder.same_code(text, run.source)

    def _restart(self, ledger: Ledger) -> None:
        self._recorder.close()
        self._begin_ledger(ledger)
        self._tell_watchers()

    # -- what is said ---------------------------------------------------------------------------

    def _say_ahead(self, cell: str | None, text: str) -> None:
        messages = ahead(cell, text, self._recorder, self._replay)
        if messages:
            from cellgraph.render.warnings import before_html, before_text

            self._screen.show(before_text(messages), before_html(messages))

    def _say(self, run: Run, before: Mapping[Key, StaleRead]) -> None:
        analysis = self._snapshot()
        new = analysis.warnings([doubt for key, doubt in self._known.items() if key not in before])
        notes = new_notes(analysis, run) if self.config.notes else []
        cells = self._replay.order.cells
        resolved = resolved_findings(before, self._known, cells) if self.config.resolved else []
        if not (new or notes or resolved):
            return
        from cellgraph.render.warnings import warnings_html, warnings_text

        report = make_report(analysis, analysis.warnings())
        self._screen.show(
            warnings_text(report, new, resolved, notes), warnings_html(report, new, resolved, notes)
        )

    def _tell_failure(self, error: Exception) -> None:
        if not self._told_failure:
            self._told_failure = True
            kind = type(error).__name__
            self._screen.show(
                f"cellgraph: an internal error kept this cell from being recorded ({kind}: {error}). "
                "Your cell is not affected; this is said once.",
                "",
            )

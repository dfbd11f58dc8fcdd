"""What is known of the notebook at this moment: its order, its replay, and the one analysis that all read.

What works it out is imported with the first run: a notebook that has just loaded cellgraph waits for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import time
from typing import TYPE_CHECKING

from cellgraph.analyse.environment import Replay
from cellgraph.code.source import is_own
from cellgraph.frontends.notebook_order import NotebookOrder, NotebookSnapshot, SavedFile
from cellgraph.model import Effect, Order, Report, Run
from cellgraph.record.recorder import Recorder
from cellgraph.record.setting_records import DRAWN
from cellgraph.session.config import CellGraph
from cellgraph.trace.files.file_accesses import Snapshot

if TYPE_CHECKING:
    from cellgraph.analyse.findings import Analysis

_NO_ORDERS = Order(), frozenset[str](), frozenset[str](), Order()


class AnalysisState:
    """Works out one analysis a change, and gives it to everybody who asks until the next change.

    What an analysis depends on, and how a change of it is noticed:

    - the runs: by their number, since the ledger is append-only, and by how often a thread of a run that had
      ended has added to it;
    - the order, the edits and the deletions: ``NotebookOrder`` gives the same object until they change;
    - the files on disk: ``Files`` gives the same snapshot until one of them changes;
    - what the names hold: ``DigestStore.version`` counts the looks that it took in. Values are looked at
      before and after a run only, so nothing else has to be compared when somebody asks;
    - contracts that somebody makes or drops: ``ContractRecords.version`` counts that;
    - the codes that are ignored: by comparing them;
    - what modules were when they were imported: that changes in a run only.

    A new analysis takes the replay of the one before where runs, order and files are the same. Asking
    costs one ``stat`` for the notebook's file and one for each file that is followed, for these change
    without a run. Right after a run not even that: the run itself has looked.
    """

    def __init__(self, recorder: Recorder, config: CellGraph) -> None:
        self._recorder = recorder
        self._ledger = recorder.ledger
        self._config = config
        self._notebook = NotebookOrder()
        self._file = SavedFile(recorder.namespace)
        self._replay = Replay(Order())
        self._replayed: tuple[int, Order | None, Snapshot | None] = (0, None, None)
        """The number of runs, the order and the files that the replay is of."""
        self._amended = 0
        """How often runs that had ended were added to by then."""
        self._effects: dict[str, tuple[Effect, ...]] = {}
        self._modules = 0
        self._orders: tuple[Order, frozenset[str], frozenset[str], Order] = _NO_ORDERS
        """The latest order without effects, the cells interrupted and recalled, and that order with them."""
        self._interrupted: frozenset[str] = frozenset()
        self._recalled: frozenset[str] = frozenset()
        """Cells that have not run since a function was made anew that they used."""
        self._analysis: Analysis | None = None
        self._versions = (-1, -1)
        """Of the digest store and of the contracts, at the latest analysis."""
        self._report: tuple[Analysis, Report] | None = None
        self._ran = 0
        """The number of runs that the order of the notebook knows of."""
        self._note_runs()

    @property
    def replayed(self) -> Replay:
        """The latest replay. Nothing is worked out for it."""
        return self._replay

    @property
    def latest(self) -> Analysis:
        """The analysis of the latest change that anybody noticed. It looks at no file."""
        return self._brought_up_to_date()

    def look(self) -> Analysis:
        """The analysis of this moment, after a look whether files have changed."""
        self._read_notebook_file()
        self._recorder.files.look()
        return self._brought_up_to_date()

    def report(self) -> Report:
        """The report of this moment, after a look whether files have changed."""
        return self.report_on(self.look())

    def report_by_place(self, places: Mapping[str, str]) -> Report:
        """The report of this moment, in which cells are called by their places."""
        from cellgraph.analyse.report import make_report

        analysis = replace(self.look(), places=places)
        return make_report(analysis, analysis.findings, tuple(self._unrun()))

    def report_on(self, analysis: Analysis) -> Report:
        """The report on the latest analysis: the same object until something in it changes."""
        unrun = tuple(self._unrun())
        if self._report is None or self._report[0] is not analysis or self._report[1].unrun != unrun:
            from cellgraph.analyse.report import make_report

            self._report = (analysis, make_report(analysis, analysis.findings, unrun))
        return self._report[1]

    def after_run(self, run: Run) -> Analysis:
        """Take in a run that has just been recorded."""
        self._note_runs()
        self._read_notebook_file()
        return self._brought_up_to_date()

    def _note_runs(self) -> None:
        for run in self._ledger.history.after(self._ran):
            self._notebook.ran(run.cell)
            if run.outcome == "interrupted":
                self._interrupted |= {run.cell}
            elif self._interrupted:
                self._interrupted -= {run.cell}
            if (used := self._made_anew(run)) or run.cell in self._recalled:
                self._recalled = (self._recalled | used) - {run.cell}
        self._ran = len(self._ledger)

    def _made_anew(self, run: Run) -> frozenset[str]:
        """The cells that have used a function before this run made another of it."""
        found: set[str] = set()
        for write in run.writes:
            if write.kind == "bind" and write.digest is not None and write.digest.type == "function":
                first = self._ledger.first_write(write.name)
                if first is not None and first is not write:
                    found.update(self._ledger.readers(write.name))
        return frozenset(found)

    def text(self, cell: str) -> str | None:
        """The present text of a cell where it is known, else what it last ran with; None for no cell."""
        run = self._ledger.latest(cell)
        return self._replay.order.texts.get(cell, run.source if run is not None else None)

    def set_order(self, cells: Sequence[str], sources: Mapping[str, str], prose: Sequence[str] = ()) -> None:
        """Take in how the notebook stands now: its cells, and their texts where known."""
        shown = NotebookSnapshot(tuple(cells), dict(sources), time(), prose=frozenset(prose))
        self._notebook.set_order(shown)
        self.look()

    def report_deleted(self, cells: Iterable[str]) -> None:
        """Take in that the front end says these cells were deleted."""
        self._notebook.report_deleted(cells)

    def _read_notebook_file(self) -> None:
        shown = self._file.shown(self._ledger)
        if shown is not None:
            self._notebook.set_saved_order(shown)

    def _brought_up_to_date(self) -> Analysis:
        if self._ran < len(self._ledger):
            self._note_runs()
        self._renew_replay()
        versions = self._recorder.store.version, self._recorder.contracts.version
        ignore = frozenset(self._config.ignore)
        known = self._analysis
        if known is None or versions != self._versions or ignore != known.ignore:
            from cellgraph.analyse.findings import Analysis

            files = self._recorder.files
            known = Analysis(self._ledger, self._replay, self._recorder.live, ignore, files.imported)
            self._analysis, self._versions = known, versions
        return known

    def _renew_replay(self) -> None:
        order, disk = self._order(), self._recorder.files.contents.snapshot
        runs, order_then, disk_then = self._replayed
        amended, self._amended = self._amended, self._ledger.amended
        if amended != self._amended:
            from cellgraph.analyse.replay import replay

            self._replay, self._analysis = replay(self._ledger, order, disk), None
            self._replayed = (len(self._ledger), order, disk)
            return
        if runs == len(self._ledger) and order is order_then and disk is disk_then:
            return
        from cellgraph.analyse.incremental_replay import renewed

        before, new = self._replay, self._ledger.history.after(runs)
        self._analysis = None
        try:
            self._replay = renewed(before, self._ledger, order, disk, new)
            self._replayed = (len(self._ledger), order, disk)
        except BaseException:  # the former replay is used up; what single cells did is still known
            self._replay, self._replayed = Replay(Order(), steps=before.steps), (0, None, None)
            raise

    def _order(self) -> Order:
        """The order, with what the texts that have not run would change beside the namespace."""
        plain = self._notebook.order(self._is_edited)
        if not (plain.texts or self._interrupted or self._recalled):
            return plain
        known, interrupted, recalled, full = self._orders
        if plain is not known or (interrupted, recalled) != (self._interrupted, self._recalled):
            effects = {cell: self._effects_in(cell, text) for cell, text in plain.texts.items()}
            effects |= {cell: self._effects_to_come(cell) for cell in self._interrupted - effects.keys()}
            effects |= {cell: self._effects_again(cell) for cell in self._recalled - effects.keys()}
            from cellgraph.analyse.failing_text import names_needed

            needed = frozenset[str]().union(*map(names_needed, plain.texts.values()))
            absent = self._recorder.absent(needed)
            found = {cell: effect for cell, effect in effects.items() if effect}
            full = replace(plain, effects=found, absent=absent)
            self._orders = (plain, self._interrupted, self._recalled, full)
        return full

    def _effects_in(self, cell: str, text: str) -> tuple[Effect, ...]:
        """The same of a cell's text. Settings whose keys are not named count where its run did not set them.

        What the run set is known, and an edit of another line leaves that alone.
        """
        effects = self._effects_of(text)
        run = self._ledger.latest(cell)
        if run is None or all(paths or not name.is_setting for name, paths in effects):
            return effects
        from cellgraph.analyse.setting_replay import is_generator

        former = {
            name for name, paths in self._effects_of(run.source) if not paths and not is_generator(name)
        }
        return tuple(effect for effect in effects if effect[0] not in former or effect[1])

    def _effects_again(self, cell: str) -> tuple[Effect, ...]:
        """The keys of settings that a cell would set with the functions as they are by now."""
        run = self._ledger.latest(cell)
        effects = self._recorder.would_change(run.source) if run is not None else ()
        return tuple(effect for effect in effects if effect[0].is_setting and effect[1] not in ((), (DRAWN,)))

    def _effects_to_come(self, cell: str) -> tuple[Effect, ...]:
        """What an interrupted run had not come to."""
        from cellgraph.analyse.predicted_outcome import text_below

        run = self._ledger.latest(cell)
        return self._effects_of(text_below(run.source, run.stopped_at)) if run is not None else ()

    def _effects_of(self, text: str) -> tuple[Effect, ...]:
        """What a text would change. It is worked out again once other libraries are loaded."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._effects.clear()
        if text not in self._effects:
            self._effects[text] = self._recorder.would_change(text)
        return self._effects[text]

    def _is_edited(self, cell: str, text: str, since: float) -> bool:
        run = self._ledger.latest(cell)
        return run is not None and run.started < since and not self._recorder.same_code(text, run.source)

    def _unrun(self) -> Iterator[str]:
        """Texts of the notebook's cells that no run was recorded of; talking to cellgraph is none."""
        texts = self._notebook.texts
        for cell in self._replay.order.cells if texts else ():
            text = texts.get(cell, "")
            if text.strip() and self._ledger.latest(cell) is None and not is_own(text):
                yield text

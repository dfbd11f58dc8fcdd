"""The tracker of one shell: what ``%load_ext cellgraph`` makes and ``get_tracker()`` gives."""

from __future__ import annotations

import _thread
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from cellgraph.code.source import is_own
from cellgraph.frontends.display import Message, MessageBoard, Screen
from cellgraph.frontends.kernel_queue import KernelQueue
from cellgraph.frontends.notebook_order import RequestInfo
from cellgraph.frontends.output_marks import Marks
from cellgraph.gc_pause import collector_paused
from cellgraph.model import Finding, Report, Run
from cellgraph.notebooks.saved import notebook_path
from cellgraph.record.ledger import Ledger
from cellgraph.record.recorder import Recorder
from cellgraph.session.analysis_state import AnalysisState
from cellgraph.session.announcer import Announcer
from cellgraph.session.cell_lifecycle import CellLifecycle
from cellgraph.session.config import CellGraph
from cellgraph.session.front_end_link import FrontEndLink
from cellgraph.trace.interrupts import HeldBack, not_interrupted_at_once

if TYPE_CHECKING:
    import networkx as nx

    from cellgraph.analyse.explain import Explanation
    from cellgraph.frontends.tracked import FrontEndActions
    from cellgraph.session.contracts import Contracts
    from cellgraph.session.live_stamp import LiveStamp
    from cellgraph.session.pre_run_checks import PreRunWarning

_process = os.getpid
"""As it is now: a cell can replace that of the module."""
_PATIENCE_S = 10.0
"""So long one thread waits for another. Not for ever: what is shown meanwhile could wait for a cell."""
P = ParamSpec("P")
Result = TypeVar("Result")


def _one_at_a_time(
    method: Callable[Concatenate[Tracker, P], Result],
) -> Callable[Concatenate[Tracker, P], Result]:
    """Let no two threads be at work in one tracker: the cells of a subshell start and end in its thread."""

    @wraps(method)
    def in_turn(self: Tracker, /, *args: P.args, **keywords: P.kwargs) -> Result:
        has_turn = self._at_work.acquire(timeout=_PATIENCE_S)
        try:
            return method(self, *args, **keywords)
        finally:
            if has_turn:
                self._at_work.release()

    return in_turn


class Tracker:
    """Records every run of one shell and says which results no longer hold.

    Made by ``cellgraph.load``; the shell's events drive it. All methods may be called from a cell.
    Cells are named by the ids of the front end; in a terminal by ``In[n]``.

    The work is done by small objects, one task each: ``CellLifecycle`` turns IPython's events into runs,
    ``Recorder`` records them in the ledger, ``AnalysisState`` works out what holds, ``Announcer`` says
    what is new, ``FrontEndLink`` tells panels and marks. The tracker passes each run from one to the next.
    """

    def __init__(self, shell: Any, config: CellGraph | None = None) -> None:
        self.shell = shell
        self.config = config if config is not None else CellGraph(parent=shell)
        self._owner = _process()
        self._at_work = threading.RLock()
        self._screen = Screen(shell)
        self._cells = CellLifecycle(shell)
        self._board = MessageBoard(self._screen)
        self._queue = KernelQueue(shell)
        self._announcer = Announcer(self._screen, self.config, self._board)
        self._link = FrontEndLink(Marks(shell), self.config, self._announcer.failure)
        self._board.drawn_by(lambda: self._link.extension is not None and not self.saves_messages)
        self._request = RequestInfo()
        self._follow(Ledger())

    def _follow(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._recorder = Recorder(self.shell, self.config, ledger)
        self._state = AnalysisState(self._recorder, self.config)

    @cached_property
    def _stamp(self) -> LiveStamp:
        from cellgraph.session.live_stamp import LiveStamp  # few notebooks have one

        return LiveStamp(self.shell.user_ns)

    def __repr__(self) -> str:
        # As of the last change that was noticed: to show it looks at no file.
        doubted = len(self._state.latest.cells_in_doubt())
        counts = f"{_counted(len(list(self._ledger.cells)), 'cell')}, {_counted(len(self._ledger), 'run')}"
        return f"<Tracker: {counts}, {doubted or 'none'} in doubt{', paused' if self.paused else ''}>"

    # -- the public interface -------------------------------------------------------------------

    @property
    def runs(self) -> Sequence[Run]:
        """All runs so far, oldest first."""
        return self._ledger.runs_now

    @_one_at_a_time
    def findings(self) -> list[Finding]:
        """Everything that does not hold: warnings first, then in notebook order."""
        self._settle()
        return list(self._state.look().findings)

    @_one_at_a_time
    def stale(self) -> list[str]:
        """Cells to run again, in the order to run them, so that every result holds."""
        self._settle()
        return list(self._state.look().stale())

    def graph(self) -> nx.MultiDiGraph[int]:
        """The graph of runs: an edge from the run that wrote a name to each that read it."""
        from cellgraph.analyse.report import run_graph

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

    @_one_at_a_time
    def report(self, places: Mapping[str, str] | None = None) -> Report:
        """Cells, edges, findings and plan of this moment, for any renderer.

        The same object as before where nothing has changed. ``places`` are what to call cells by, instead of
        by the numbers of their runs.
        """
        self._settle()
        return self._state.report_by_place(places) if places else self._state.report()

    @_one_at_a_time
    def set_cell_order(
        self, ids: Sequence[str], sources: Mapping[str, str] | None = None, prose: Sequence[str] = ()
    ) -> None:
        """Tell how the notebook stands: its code cells from top to bottom.

        A cell that ran and is not among them counts as deleted. ``sources`` gives the present
        texts, where known: a cell whose text is not what ran counts as edited. ``prose`` are the cells of
        Markdown and raw text: of one that ran as code it is said that it is no code any more.
        """
        self._state.set_order(ids, sources or {}, prose)
        self._announcer.refresh(self._state.latest)
        self._link.tell()

    def after_run(self, number: int) -> Report:
        """The report as it was when run ``number`` had ended (1 is the first run)."""
        from cellgraph.analyse.time_travel import report_after

        order = self._state.replayed.order
        return report_after(self._ledger, order, number, frozenset(self.config.ignore))

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` whenever the report may have changed.

        Returns:
            A function that ends this.
        """
        return self._link.subscribe(callback)

    @property
    def ledger(self) -> Ledger:
        """All that was recorded, for renderers. Not to be appended to."""
        return self._ledger

    @_one_at_a_time
    def explain(self, name_or_cell: str, *, whole: bool = False) -> Explanation:
        """Why a name or a cell is in the state it is in: the chain of runs behind it.

        Takes a name, a cell's id, or its number (``"4"`` or ``"[4]"``). ``whole``: all of the chain.
        """
        from cellgraph.analyse.explain import explain_cell, explain_name

        cell, report = self.find_cell(name_or_cell), self.report()
        label = self._state.latest.label
        if cell is not None:
            return explain_cell(self._ledger, label, cell, report.findings, report.chances, whole=whole)
        present = name_or_cell in self.shell.user_ns
        return explain_name(self._ledger, label, name_or_cell, present, report.findings, whole=whole)

    def find_cell(self, text: str) -> str | None:
        """The cell with this id or number; None where there is none."""
        if self._ledger.latest(text) is not None:
            return text
        number = text.strip("[]")
        run = self._ledger.with_count(int(number)) if number.isdecimal() else None
        return run.cell if run is not None else None

    def pause(self) -> None:
        """Stop recording until ``resume``. What runs meanwhile counts as no cell's doing."""
        self._cells.paused = True

    def resume(self) -> None:
        """Record again."""
        self._cells.paused = False

    @property
    def paused(self) -> bool:
        """Whether recording is switched off."""
        return self._cells.paused

    @_one_at_a_time
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the ledger as JSON Lines. Others may read the file only if they may read the notebook.

        Raises:
            OSError: The file cannot be written.
        """
        from cellgraph.record.jsonl import dumps

        text = dumps(self._ledger.runs, self._ledger.contracts.values())
        self.write_file(Path(path), text.encode("utf-8"))

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a file that holds sources: no more open to others than the notebook, as far as that is known.

        Raises:
            OSError: The file cannot be written, or is a symbolic link.
        """
        from cellgraph.notebooks.outputs import write_file

        notebook = notebook_path(self.shell.user_ns, os.environ)
        write_file(path, data, Path(notebook) if notebook is not None else None)

    def write_stamp(self, notebook: str = "") -> tuple[Path, int]:
        """Write beside the notebook what each output was made from; return the path, and of how many cells.

        Without ``notebook`` it is the notebook of this kernel, where the front end tells which that is.

        Raises:
            NoNotebookError: There is no such file.
            OSError: The file cannot be written.
        """
        return self._stamp.write(self._ledger, self.report(), notebook)

    @_one_at_a_time
    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over a saved ledger in place of the present one. What is in doubt there is not said again.

        Raises:
            OSError: The file cannot be read.
            LedgerFormatError: It is no ledger.
        """
        from cellgraph.record.jsonl import LedgerFormatError, loads

        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise LedgerFormatError("line 1: this is no text, so no cellgraph ledger") from error
        with collector_paused():  # a hundred thousand objects come at once, and none of them goes
            self._start_over(loads(text))

    @_one_at_a_time
    def reset(self) -> None:
        """Forget every run. Variables that are there count as made by no cell; contracts stay."""
        kept = (replace(contract, since=0) for contract in self._ledger.contracts.values())
        self._start_over(Ledger(contracts=kept))

    def _start_over(self, ledger: Ledger) -> None:
        self._recorder.close()
        self._follow(ledger)
        self._announcer.start_over(self._state.look().stale_reads)
        self._link.tell()

    @property
    def contracts(self) -> Contracts:
        """The contracts of names: made, listed, saved and dropped here."""
        from cellgraph.session.contracts import Contracts

        return Contracts(self.shell.user_ns, self._recorder, self._state, lambda: self._cells.is_recording)

    def acted_by(self, extension: FrontEndActions | None) -> None:
        """Take in the front end's extension, which runs cells where they stand; None if it has gone.

        It also draws the messages from then on, unless they are to be saved.
        """
        if extension is not None and self._link.extension is None and not self.saves_messages:
            self._board.hand_over()
        self._link.extension = extension
        self._queue.expect(more=False)

    def expect_more(self, more: bool) -> None:
        """Take in whether the front end runs further cells after the next one: nothing is said until then."""
        self._queue.expect(more)

    @property
    def in_queue(self) -> bool:
        """Whether further cells wait to be run, as in Run All."""
        return self._announcer.in_queue

    @property
    def messages(self) -> Mapping[str, Message]:
        """The messages that the front end's extension is to draw, by the cell below which they belong."""
        return self._board.messages if not self.saves_messages else {}

    @property
    def saves_messages(self) -> bool:
        """Whether messages are outputs of their cells, which are saved with the notebook."""
        return bool(self.config.save_messages)

    def rerun_in_place(self, cells: Sequence[str]) -> bool:
        """Have the front end run cells where they stand, once this cell has ended. False where it cannot."""
        if self._link.extension is None:
            return False
        self._link.extension.run_cells(cells)
        return True

    def open_panel(self) -> bool:
        """Have the front end show the panel at the side of the notebook. False where it cannot."""
        if self._link.extension is None:
            return False
        self._link.extension.open_panel()
        return True

    def rerun(self, cells: Sequence[str]) -> list[str]:
        """Run cells with their present texts where known, else as they last ran.

        Gives those that ran without an error.

        Stops at the first that raises. The cell that calls this is not recorded itself.
        """
        done: list[str] = []
        with self._cells.set_aside(self._recorder):
            for cell in cells:
                text = self._state.text(cell)
                if text is None or not self._run_text(cell, text):
                    break
                done.append(cell)
        return done

    def texts_not_run(self, cells: Sequence[str]) -> frozenset[str]:
        """Those of the cells whose present text is not what they last ran with."""
        return frozenset(cell for cell in cells if cell in self._state.replayed.order.texts)

    def _run_text(self, cell: str, text: str) -> bool:
        result = self.shell.run_cell(text, store_history=False, cell_id=cell)
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
        self._cells.close()
        self._queue.cancel()
        self._link.close()
        self._recorder.close()

    # -- the shell's events ---------------------------------------------------------------------

    def begin_midcell(self) -> None:
        """Start in the middle of a cell: the one that loads the extension often imports as well."""
        self._cells.begin_midcell(self._recorder)

    def say_what_is_unknown(self) -> None:
        """Say in one line what is not known, where cells have run before cellgraph was loaded."""
        inputs = self.shell.user_ns.get("In")
        if type(inputs) is list and len(inputs) > 2:  # an empty one at the start, and the running cell
            self._announcer.loaded_late(len(inputs) - 2, self._recorder.names_before(inputs[-1]))

    @not_interrupted_at_once
    def pre_run_cell(self, info: Any) -> object:
        """A cell is about to run. An interrupt that comes now is one of this cell."""
        return self._guarded(self._before, info, starts=True)

    @not_interrupted_at_once
    def post_run_cell(self, result: Any) -> object:
        """A cell has run. An interrupt that comes now has a cell to reach where this one is part of it."""
        return self._guarded(self._after, result)

    @not_interrupted_at_once
    def _guarded(self, step: Callable[[Any], None], argument: Any, *, starts: bool = False) -> object:
        """Do what is to be done around a cell. ``starts``: one is about to run, whom an interrupt may reach.

        Interrupts are held back until what this gives is dropped: by then no frame of cellgraph's is left.
        """
        # In a list and not by name: a debugger may keep this frame, and what it has by name, alive.
        try:
            held = [HeldBack()]
        except KeyboardInterrupt:  # just before
            held = [HeldBack()]
            held[0].noted.count = 1
        try:
            if _process() == self._owner:  # in a forked child the namespace is a copy that nobody asks about
                self._cells.arrived.add(_thread.get_ident())
                self._tried(step, argument)
            return held.pop().ending(self._recorder.interrupt if starts or self._cells.is_inside else None)
        except KeyboardInterrupt:  # somebody has insisted
            held.clear()
            if starts or self._cells.is_inside:
                self._recorder.interrupt()
        return None

    @_one_at_a_time
    def _tried(self, step: Callable[[Any], None], argument: Any) -> None:
        known = len(self._ledger)
        try:
            with collector_paused():
                step(argument)
        except BaseException as error:  # a user's cell never fails because of cellgraph
            self._recover(error, known)
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self._cells.arrived.discard(_thread.get_ident())

    def _recover(self, error: BaseException, known: int) -> None:
        """A hook has failed or was interrupted, having found ``known`` runs."""
        with suppress(BaseException):
            self._cells.failed(self._recorder, known)
        with suppress(BaseException):
            if not isinstance(error, KeyboardInterrupt):
                self._announcer.failure(error)

    def _before(self, info: Any) -> None:
        cell = self._cells.enter(self._recorder, info)
        self._settle()
        if cell is None:
            return
        if self._queue.timer is not None:
            self._queue.cancel()
        self._request = request = cell.request
        text = cell.text
        self._state.report_deleted(request.deleted)
        if is_own(text, self.shell.user_ns if self.shell.automagic else None):
            self._cells.skip(cell)
            return
        if not self._cells.is_alone(cell):
            return
        source = self._recorder.source(text)
        if request.deleted:
            self._state.look()
        if not self._cells.rerunning:
            self._look_ahead(request, source.text)
        self._cells.begin(self._recorder, cell, source)

    def _begin_last(self) -> None:
        """Be told of the next cell after all others: what ``%autoreload`` does by then is no cell's doing."""
        callbacks = self.shell.events.callbacks["pre_run_cell"]
        for at, each in enumerate(callbacks[:-1]):
            if type(each) is MethodType and each.__self__ is self:
                callbacks.append(callbacks.pop(at))

    def _ended(self, result: Any) -> Run | None:
        run = self._cells.end(self._recorder, result)
        if not self._cells.is_inside:
            self._recorder.drop_interrupt()
        self._begin_last()
        late = self._settle()
        return late[-1] if run is None and late else run

    def _after(self, result: Any) -> None:
        run = self._ended(result)
        if run is None:
            return
        aloud = not self._cells.rerunning
        if run.conservative and not self._recorder.conservative:
            self._announcer.unknown_code()
        if not aloud:
            self._announcer.after_unannounced_run(self._state.after_run(run))
        elif run.outcome == "ok" and self._request.cell is not None and self._queue.has_more():
            self._announcer.hold(lambda: self._state.after_run(run))
            self._queue.when_over(lambda: self._guarded(self._say, run))
        else:
            analysis = self._state.after_run(run)
            self._announcer.after_run(run, analysis, self._request)
        self._tell_front_end(run, place=aloud)
        if self.config.stamp and not self._queue.has_more():
            self._stamp.after_run(self._ledger, self.report)
        if aloud and run.outcome != "ok":
            self._queue.failed()

    def _tell_front_end(self, run: Run, *, place: bool) -> None:
        if self.rich:
            self._link.mark(run, self._state.report, place=place)
        if self._link.subscribers:
            self._link.tell()

    def _look_ahead(self, request: RequestInfo, text: str) -> None:
        """Say what the cell is about to read that is gone or has changed."""
        # While a queue runs, no replay is made after each run: it is made here where there may be a warning.
        deleted, replay = self._state.replayed.order.deleted, lambda: self._state.latest.replayed
        runs_again = request.cell is not None and self._ledger.latest(request.cell) is not None
        found: Sequence[PreRunWarning] = ()
        if runs_again or deleted or self._ledger.has_deletions:
            from cellgraph.session.pre_run_checks import pre_run_warnings

            found = pre_run_warnings(request.cell, text, self._recorder, deleted, replay)
        self._announcer.before_run(request, found, lambda: self._state.latest.label, self._queue.has_more)

    def _settle(self) -> list[Run]:
        """Record the runs that could not be observed."""
        return self._cells.settle(self._recorder)

    def _say(self, run: Run) -> None:
        """Say what was held back: what waited in the kernel behind this run was no cell."""
        self._announcer.after_run(run, self._state.after_run(run), self._request)
        self._link.tell()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

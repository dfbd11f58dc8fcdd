"""What is said around a cell, and when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.frontends.display import Message, MessageBoard, Screen
from cellgraph.frontends.notebook_order import RequestInfo
from cellgraph.frontends.pictures import SHARE_IN_QUEUE
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Finding, Run
from cellgraph.session.config import CellGraph

if TYPE_CHECKING:
    from cellgraph.analyse.environment import StaleRead
    from cellgraph.analyse.findings import Analysis
    from cellgraph.analyse.messages.common import Label
    from cellgraph.analyse.report import Standing
    from cellgraph.session.pre_run_checks import PreRunWarning

Key = tuple[str, str, str, str | None]
StaleReads = Mapping[Key, "StaleRead"]


def new_notes(analysis: Analysis, run: Run) -> list[Finding]:
    """The notes that are said after a cell.

    There are two kinds: a name that was deleted, and one that was redefined independently of its
    old value.
    """
    read = {read.name for read in run.reads}
    independent = [w.name for w in run.writes if w.kind == "bind" and w.name not in read]
    deleted = [w.name for w in run.writes if w.kind == "delete"]
    written = frozenset((*independent, *deleted))
    if not [name for name in written if [*analysis.ledger.readers(name)]]:
        return []
    told = [
        d for d in analysis.live_differences(written) if d.run is run and d.cell != run.cell and not d.kept
    ]
    said = (rules.REDEFINED.code, rules.DELETED.code)
    return [analysis.note(changed) for changed in told if changed.code in said]


def resolved_findings(before: StaleReads, now: StaleReads, cells: Iterable[str]) -> list[Finding]:
    """The former warnings of each of ``cells`` that is valid again."""
    doubtful = {stale.cell for stale in now.values()}
    gone = {stale.cell: stale for key, stale in before.items() if key not in now}
    known = set(cells)
    found = [stale for cell, stale in gone.items() if cell in known and cell not in doubtful]
    return [Finding(d.code, rules.RULES[d.code].severity, d.cell, d.read.label, d.cause, "") for d in found]


def _new(before: StaleReads, analysis: Analysis) -> Iterator[StaleRead]:
    for key, stale in analysis.stale_reads.items():
        if key not in before:
            yield stale


def _is_known(stale: StaleRead, run: Run) -> bool:
    """Whether it tells no more than what the user has just done: interrupt this very cell."""
    return run.outcome == "interrupted" and stale.code == rules.NOT_RUN.code and stale.cell == run.cell


@dataclass(frozen=True, slots=True)
class _Said:
    """What the live message of a cell is about: cells with what they read, notes, broken contracts.

    Cells that are run again one by one give what is left in doubt another cause. That is no news.
    """

    stale: frozenset[tuple[str, str]]
    notes: tuple[Finding, ...]
    broken: tuple[Finding, ...] = ()
    before: tuple[PreRunWarning, ...] = ()
    """What was said before the cell ran."""

    @property
    def is_anything(self) -> bool:
        """Whether there is something to say."""
        return bool(self.stale or self.notes or self.broken or self.before)

    def still(self, cell: str, analysis: Analysis, subjects: Collection[tuple[str, str]]) -> _Said:
        """What of it still holds. ``cell``: below which it stands. ``subjects``: those of all stale reads."""
        found = analysis.findings if self.notes else ()
        notes = {(note.code, note.cell, note.name) for note in found if note.severity == "note"}
        kept = tuple(note for note in self.notes if (note.code, note.cell, note.name) in notes)
        broken = tuple(finding for finding in self.broken if finding in analysis.breaches)
        before = tuple(warning for warning in self.before if warning.holds(cell, analysis))
        return _Said(self.stale.intersection(subjects), kept, broken, before)


def _subject(stale: StaleRead) -> tuple[str, str]:
    """The cell, and what it read."""
    return stale.cell, stale.read.label


class Announcer:
    """Says each finding once, when it appears, and takes it back when it no longer holds.

    It remembers the stale reads as of the last run. What came into doubt since then by a deletion or a
    save is said after the next run. A terminal and a notebook that nobody watches (nbclient) get lines of
    text, with a line when a cell holds again. In a notebook a person sees one message below the cell that
    caused it, which changes as things change and vanishes with what it says. While further cells wait in
    the kernel nothing is said; after the last one, what is new since the first.
    """

    def __init__(self, screen: Screen, config: CellGraph, board: MessageBoard) -> None:
        self._screen = screen
        self._config = config
        self._board = board
        self._announced: Mapping[Key, StaleRead] = {}
        self._said: dict[str, _Said] = {}
        self._noted: set[str] = set()
        self._broken: tuple[Finding, ...] = ()
        """The broken contracts as of the last run."""
        self._held = False
        self._free = 0.0
        self._said_failure = False
        self._said_unknown = False

    def start_over(self, announced: Mapping[Key, StaleRead]) -> None:
        """Another ledger is followed from now on. ``announced``: what is not to be said of it."""
        self._announced, self._held, self._broken = announced, False, ()
        self._noted.clear()
        self._said.clear()
        self._board.clear()

    def before_run(
        self,
        request: RequestInfo,
        warnings: Sequence[PreRunWarning],
        label: Callable[[], Label],
        waits: Callable[[], bool],
    ) -> None:
        """A cell is about to run: say what it is about to read that is gone or has changed.

        ``waits`` tells whether more cells wait behind it. A person is told nothing while a queue runs.
        """
        cell = request.cell
        if cell is not None:
            self._take_off(cell)
        if not warnings or not (self._config.warn and self._config.pre_run_warnings):
            return
        if cell is None or not self._is_live(request):
            message = _message(None, said=_lines(warnings, label()))
            self._screen.show(message.text, message.html)
        elif not self._held and not waits():
            self._said[cell] = _Said(frozenset(), (), before=tuple(warnings))
            self._board.put(cell, _message(None, said=_lines(warnings, label())))

    def _is_live(self, request: RequestInfo) -> bool:
        return self._screen.rich and request.cell is not None and request.by_hand

    @property
    def in_queue(self) -> bool:
        """Whether the cell that ran last was followed by others, and is not spoken of yet."""
        return self._held

    def hold(self, look: Callable[[], Analysis]) -> None:
        """A cell has run, and more are waiting: say nothing yet, and take back what no longer holds.

        Looking at what holds takes a small share of the time at most. After the last cell all is taken back.
        """
        self._held = True
        began = monotonic()
        if self._said and began >= self._free:
            self.refresh(look())
            self._free = began + (monotonic() - began) / SHARE_IN_QUEUE

    def after_run(self, run: Run, analysis: Analysis, request: RequestInfo) -> None:
        """A cell has run: say what is in doubt since, what holds again, and notes."""
        live = self._is_live(request)
        if live:
            self.refresh(analysis)
        known = self._broken
        before, several = self.after_unannounced_run(analysis), self._held
        self._held = False
        if not self._config.warn:
            return
        shown = {subject for said in self._said.values() for subject in said.stale}
        new = [
            stale
            for stale in _new(before, analysis)
            if not _is_known(stale, run) and _subject(stale) not in shown
        ]
        notes = [] if several else self._new_notes(analysis, run, alone=not request.by_hand)
        resolved = self._resolved(before, analysis) if before and not live else []
        broken = tuple(finding for finding in analysis.breaches if finding not in known)
        if not (new or notes or resolved or broken):
            return
        warned = [*analysis.warnings(new), *broken]
        own = self._said[run.cell].before if live and run.cell in self._said else ()
        said = _lines(own, analysis.label)
        message = _message(_standing(analysis), warned, notes, resolved, said=said)
        if live:
            self._said[run.cell] = _Said(frozenset(map(_subject, new)), tuple(notes), broken, own)
            self._board.put(run.cell, message)
        else:
            self._screen.show(message.text, message.html)

    def after_unannounced_run(self, analysis: Analysis) -> Mapping[Key, StaleRead]:
        """A cell has run that nothing is said of. Gives what was in doubt as of the run before."""
        before, self._announced = self._announced, analysis.stale_reads
        self._broken = analysis.breaches
        return before

    def refresh(self, analysis: Analysis) -> None:
        """Bring the live messages up to date. What no longer holds is withdrawn where it was said."""
        if not self._said:
            return
        standing, reads = _standing(analysis), analysis.stale_reads.values()
        subjects = {_subject(stale) for stale in reads}
        for cell, said in list(self._said.items()):
            still = said.still(cell, analysis, subjects)
            if still.is_anything:
                self._said[cell] = still
                stale = [read for read in reads if still.stale and _subject(read) in still.stale]
                warned = [*analysis.warnings(stale), *still.broken]
                said_before = _lines(still.before, analysis.label)
                message = _message(standing, warned, still.notes, said=said_before, fresh=False)
                self._board.change(cell, message)
            else:
                del self._said[cell]
                self._board.change(cell, Message("", ""))

    def _take_off(self, cell: str) -> None:
        """A cell's outputs were cleared: what its message said is new again, if it still holds."""
        self._board.drop(cell)
        said = self._said.pop(cell, None)
        if said is not None:
            self._announced = {
                key: stale for key, stale in self._announced.items() if _subject(stale) not in said.stale
            }

    def _new_notes(self, analysis: Analysis, run: Run, *, alone: bool) -> list[Finding]:
        """The notes to be said: once for each name, and where nobody watches only those on deleted names."""
        if not self._config.notes:
            return []
        notes = [note for note in new_notes(analysis, run) if note.name not in self._noted]
        if alone:
            notes = [note for note in notes if note.code == rules.DELETED.code]
        self._noted.update(note.name for note in notes)
        return notes

    def _resolved(self, before: Mapping[Key, StaleRead], analysis: Analysis) -> list[Finding]:
        if not self._config.resolved:
            return []
        if before.keys() <= analysis.stale_reads.keys():
            return []
        latest = ((cell, analysis.ledger.latest(cell)) for cell in analysis.replayed.order.cells)
        sound = [cell for cell, run in latest if run is not None and run.outcome == "ok"]
        return resolved_findings(before, analysis.stale_reads, sound)

    def loaded_late(self, ran: int, names: Sequence[str]) -> None:
        """Say in one line that ``ran`` cells ran unseen, and which names are there since."""
        if not names or not self._config.warn:
            return
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        line = (
            f"cellgraph: loaded after {ran} {'cell' if ran == 1 else 'cells'}. "
            "What runs from now on is followed; "
            f"which cell made {listed} is not known before it runs again ({rules.FOREIGN.code})"
        )
        from cellgraph.render.markup import quiet_html

        self._screen.show(line, quiet_html(line))

    def unknown_code(self) -> None:
        """Say that a run's code was not understood: the first time only, in one line."""
        if not self._said_unknown:
            self._said_unknown = True
            self._screen.show(
                "cellgraph: this cell ran code with instructions that cellgraph does not know. "
                "It counts as reading every name in it; this is said once.",
                "",
            )

    def failure(self, error: BaseException) -> None:
        """Say that cellgraph itself failed: the first time only, in one line."""
        if not self._said_failure:
            self._said_failure = True
            kind = type(error).__name__
            self._screen.show(
                f"cellgraph: an internal error kept this cell from being recorded ({kind}: {error}). "
                "Your cell is not affected; this is said once. `%cellgraph check` names each such cell.",
                "",
            )


def _lines(warnings: Sequence[PreRunWarning], label: Label) -> Sequence[str]:
    if not warnings:
        return ()
    from cellgraph.session.pre_run_checks import warning_lines

    return warning_lines(warnings, label)


def _standing(analysis: Analysis) -> Standing:
    from cellgraph.analyse.report import Standing

    return Standing(analysis)


def _message(
    standing: Standing | None,
    warnings: Sequence[Finding] = (),
    notes: Sequence[Finding] = (),
    resolved: Sequence[Finding] = (),
    *,
    said: Sequence[str] = (),
    fresh: bool = True,
) -> Message:
    """The message of these. ``said``: lines said before the run; alone if there is no ``standing``."""
    from cellgraph.render.markup import addresses
    from cellgraph.render.warnings import before_html, before_text, warnings_html, warnings_text

    if standing is None:
        return Message(before_text(said), before_html(said))
    text = warnings_text(standing, warnings, resolved, notes, fresh=fresh)
    html = warnings_html(standing, warnings, resolved, notes, fresh=fresh)
    return Message(
        "\n".join(filter(None, (before_text(said), text))), before_html(said, addresses(standing)) + html
    )

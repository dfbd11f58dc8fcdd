"""Stale reads and live differences become findings: code, message, and the cells to run.

Most cells lead to none. So the sentences, the plan and the contracts are imported with the first finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.analyse import library_changes
from cellgraph.analyse.environment import Replay, StaleRead
from cellgraph.analyse.live_comparison import Live, LiveDifference, live_differences
from cellgraph.analyse.setting_replay import adds_only, is_at_start
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Digest, Finding, Read
from cellgraph.patterns import Pattern
from cellgraph.record.ledger import Ledger

if TYPE_CHECKING:
    from cellgraph.analyse.messages.common import Label
    from cellgraph.analyse.plan import Planner

StaleReadKey = tuple[str, str, str, str | None]
"""Code, cell, what was read, cause: equal for two stale reads that are the same news."""

OF_THE_CELL = frozenset({rules.NOT_RUN.code, rules.OUTDATED.code})
"""Findings about a cell itself, whatever it read."""

_WORD = Pattern(r"[^\W\d]\w*")
_IGNORE_COMMENT = Pattern(r"#\s*cellgraph:\s*ignore(?:\[([A-Z0-9,\s]*)\])?")


def _nothing(_: str) -> Digest | None:
    return None


@dataclass(frozen=True)
class Analysis:
    """Everything that findings are computed from, and the findings: of one moment.

    ``ledger``, ``replayed`` and ``live`` go on to change with the session. So an analysis is to be asked
    until the next change only; ``AnalysisState`` makes a new one then. What was worked out is kept.
    """

    ledger: Ledger
    replayed: Replay
    live: Live
    ignore: frozenset[str] = frozenset()
    imported: Live = _nothing
    """What was in the file of a module when it was imported."""

    places: Mapping[str, str] = field(default_factory=dict)
    """What to call cells in sentences, instead of by the number of their run."""

    _made: dict[int, tuple[StaleRead, Finding]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """The findings made so far, by the identity of their stale read, which is kept alive by standing here."""

    @property
    def label(self) -> Label:
        """What the cells are called at this moment."""
        from cellgraph.analyse.messages import labels

        return labels(self.ledger, self.replayed.order, self.places)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that does not hold: warnings first, then in notebook order."""
        position = {cell: place for place, cell in enumerate(self.replayed.order.cells)}
        found = [*self.warnings(), *self.breaches, *self.notes()]
        return tuple(sorted_findings(found, lambda cell: position.get(cell, len(position))))

    @cached_property
    def stale_reads(self) -> Mapping[StaleReadKey, StaleRead]:
        """Every read that Restart & Run All would not repeat, by what makes it news."""
        return {read.key: read for reads in self.replayed.stale_reads.values() for read in reads}

    def cells_in_doubt(self) -> frozenset[str]:
        """Cells that have a warning. The warnings are not worked out for it."""
        every = self.replayed.all_stale_reads()
        stale = (stale.cell for stale in every if not self._ignored(self._code(stale), stale.cell))
        return frozenset((*stale, *(finding.cell for finding in self.breaches)))

    def warnings(self, stale_reads: Iterable[StaleRead] | None = None) -> list[Finding]:
        """Findings of Restart & Run All, for all stale reads or for those given.

        Two reads of a cell may come to the same: of a setting by its key, and of the whole group.
        """
        chosen = self.replayed.all_stale_reads() if stale_reads is None else stale_reads
        told = (stale for stale in chosen if not self._ignored(self._code(stale), stale.cell))
        return list(dict.fromkeys(map(self._warning, told)))

    def _warning(self, stale: StaleRead) -> Finding:
        if id(stale) not in self._made:
            self._made[id(stale)] = stale, self._made_of(stale)
        return self._made[id(stale)][1]

    @cached_property
    def breaches(self) -> tuple[Finding, ...]:
        """What the cells' latest runs made otherwise than a contract says."""
        if not self.ledger.contracts:
            return ()
        from cellgraph.analyse.contracts import broken_contracts

        found = broken_contracts(self.ledger, self.replayed.order)
        return tuple(finding for finding in found if not self._ignored(finding.code, finding.cell))

    def notes(self, names: frozenset[str] | None = None) -> list[Finding]:
        """Findings of the live namespace that no warning reports already."""
        return [self.note(changed) for changed in self.live_differences(names)]

    def live_differences(self, names: frozenset[str] | None = None) -> list[LiveDifference]:
        """What cells would see otherwise if they ran now, for ``names`` or for all."""
        cells: Iterable[str] = self.replayed.order.cells
        if names is not None:
            among = {cell for name in names for cell in self.ledger.readers(name)}
            cells = [cell for cell in among if cell not in self.replayed.order.deleted]
        found = live_differences(self.ledger, cells, self.live, names)
        return [
            changed
            for changed in found
            if not self._is_stale_read(changed) and not self._ignored(changed.code, changed.cell)
        ]

    def plan(self, cells: Iterable[str]) -> tuple[str, ...]:
        """Cells to run, in order, so that ``cells`` hold again."""
        return self._planner.run(cells)

    @cached_property
    def _planner(self) -> Planner:
        from cellgraph.analyse.plan import Planner

        return Planner(self.replayed, self.ledger, self.live)

    def stale(self) -> tuple[str, ...]:
        """Cells to run again, in the order to run them, so that every result holds."""
        doubtful = {d.cell for d in self.replayed.all_stale_reads() if self._is_mended_by_running(d)}
        edited = {d.cause for d in self.replayed.all_stale_reads() if d.code == rules.EDITED.code and d.cause}
        return self.plan(doubtful | edited)

    def note(self, changed: LiveDifference) -> Finding:
        """A live difference as a finding."""
        from cellgraph.analyse.messages import note_message

        message = note_message(changed, self.label)
        known = changed.run is not None and changed.code != rules.FOREIGN.code
        cause = changed.run.cell if known and changed.run is not None else None
        severity = rules.RULES[changed.code].severity
        return Finding(changed.code, severity, changed.cell, changed.read.label, cause, message)

    def _made_of(self, stale: StaleRead) -> Finding:
        from cellgraph.analyse.messages import manual_fix_of, warning_message, with_remedy

        remedy = self.plan([stale.cell]) if self._is_mended_by_running(stale) else ()
        label = self.label
        first = "restart, or reload it and " if self._is_outdated(stale) else ""
        message = with_remedy(warning_message(stale, label), remedy, label, first)
        if not remedy and (how := manual_fix_of(stale, label)):
            message = f"{message} · {how}"
        code = self._code(stale)
        severity = rules.RULES[code].severity
        return Finding(code, severity, stale.cell, stale.read.label, stale.cause, message, remedy)

    def _code(self, stale: StaleRead) -> str:
        return rules.RESTART_ONLY.code if self._is_outdated(stale) else stale.code

    def _is_outdated(self, stale: StaleRead) -> bool:
        """Whether it is a module whose file is another than what was imported of it."""
        if not stale.read.is_module or stale.slot is None or stale.slot.digest is None:
            return False
        imported = self.imported(stale.read.name)
        return imported is not None and not imported.agrees(stale.slot.digest)

    def _is_mended_by_running(self, stale: StaleRead) -> bool:
        if not self._can_be_run_away(stale):
            return False
        if self._takes_from(stale, self._hopeless):
            return False
        return self._failing.isdisjoint(self.plan([stale.cell])) if self._failing else True

    def _can_be_run_away(self, stale: StaleRead) -> bool:
        if stale.read.name.is_setting and stale.slot is not None and not stale.slot.cell:
            return is_at_start(stale.read, self.live(stale.read.name))
        if self._only_grows(stale):
            return False
        return _can_be_run_away(stale)

    def _only_grows(self, stale: StaleRead) -> bool:
        """Whether it is what running cells again adds to, and never takes anything from.

        That is an entry of a list, a logger, whose handlers stay, what was imported and has been changed in
        place, and a module with a database of its own.
        """
        slot, read = stale.slot, stale.read
        if slot is None or slot.digest is None or read.digest is None:
            return False
        now = self.live(read.name)
        if read.name.is_setting:
            return adds_only(read, slot.digest, now)
        if slot.digest.type == "module" and slot.digest.quality == "opaque":
            return now is None or not now.agrees(slot.digest)
        maker = self.ledger.latest(slot.cell)
        if maker is None or read.name not in library_changes.imported(maker.source):
            return False
        if self._sets_again(slot.cell, read.path):
            return False
        last = self.ledger.writer(read.name)
        same = last is not None and (
            last[1].kind == "mutate" or read.name in library_changes.imported(last[0].source)
        )
        return same and (now is None or not _holds(read, slot.digest, now))

    def _sets_again(self, cell: str, path: str) -> bool:
        """Whether the text of a cell has the name of an attribute, and so may store it anew."""
        name = path.rpartition(".")[2]
        return name in _WORD.findall(self._source(cell))

    @cached_property
    def _hopeless(self) -> frozenset[str]:
        """Cells that stay in doubt whatever is run, and those that take from them what is in doubt."""
        found: set[str] = set()
        for stale in self.replayed.all_stale_reads():
            lost = not self._can_be_run_away(stale) or self._is_outdated(stale)
            if lost or self._takes_from(stale, found):
                found.add(stale.cell)
        return frozenset(found)

    @cached_property
    def _failing(self) -> frozenset[str]:
        """Cells that a restart has no input for. To run one would only use what the session has left over."""
        return frozenset(
            stale.cell
            for stale in self.replayed.all_stale_reads()
            if _is_gone(stale) and not stale.read.name.is_setting
        )

    def _takes_from(self, stale: StaleRead, hopeless: Collection[str]) -> bool:
        """Whether its input would have to be made by one of these cells, which running does not put right."""
        slot = stale.slot
        if slot is None or slot.cell not in hopeless:
            return False
        return slot.doubt or slot.cell in self.plan([stale.cell])

    def _is_stale_read(self, changed: LiveDifference) -> bool:
        stale_reads = self.replayed.stale_reads.get(changed.cell, ())
        return any(stale.read.name == changed.read.name for stale in stale_reads)

    def _ignored(self, code: str, cell: str) -> bool:
        return code in self.ignore or code in ignored_in(self._source(cell))

    def _source(self, cell: str) -> str:
        run = self.ledger.latest(cell)
        return run.source if run is not None else ""


def _is_gone(stale: StaleRead) -> bool:
    """Whether the cell read a variable that a restart certainly has not."""
    gone = stale.slot is None or (stale.slot.digest is None and not stale.slot.doubt)
    return gone and stale.read.digest is not None and stale.read.name.isidentifier()


def _holds(read: Read, wanted: Digest, now: Digest) -> bool:
    """Whether a name that holds ``now`` has at the place of a read what it has in ``wanted``."""
    if not read.path:
        return now.agrees(wanted)
    return dict(now.parts).get(read.path) == dict(wanted.parts).get(read.path)


def ignored_in(source: str) -> frozenset[str]:
    """Codes that a cell silences by a comment, ``# cellgraph: ignore[CODE, …]``. Without codes, all."""
    if "cellgraph:" not in source:
        return frozenset()
    found: set[str] = set()
    for listed in _IGNORE_COMMENT.findall(source):
        found.update(re.findall(r"CG\d+", listed) or rules.SESSION_RULES)
    return frozenset(found)


def _can_be_run_away(stale: StaleRead) -> bool:
    """Whether running cells helps: something above makes the name in Restart & Run All."""
    if stale.code == rules.RESTART_ONLY.code:
        return False
    if stale.code in OF_THE_CELL or stale.read.name.is_patch:
        return True
    if stale.slot is not None and stale.slot.doubt and stale.slot.cell != stale.cell:
        return True  # what is there is known once its maker has run
    if stale.slot is None or stale.slot.digest is None:
        return False
    # A file that no cell makes is as it is. Reading it again helps only where it has changed.
    return bool(stale.slot.cell) or stale.code == rules.STALE.code


def sorted_findings(findings: Iterable[Finding], position: Callable[[str], int]) -> list[Finding]:
    """Most severe first, then in notebook order."""
    rank = {"warning": 0, "note": 1}
    return sorted(findings, key=lambda f: (rank[f.severity], position(f.cell), f.code, f.name))

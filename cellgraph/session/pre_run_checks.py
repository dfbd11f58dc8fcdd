"""What is said of a cell that is about to run, and for how long that holds."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.light_dataclass import dataclass
from cellgraph.model import Read, Run
from cellgraph.names import Name
from cellgraph.record.recorder import Recorder
from cellgraph.record.run_context import block_of

if TYPE_CHECKING:
    from cellgraph.analyse.environment import EnvironmentEntry, Replay
    from cellgraph.analyse.findings import Analysis
    from cellgraph.analyse.live_comparison import LiveDifference
    from cellgraph.analyse.messages.common import Label


@dataclass(frozen=True, slots=True)
class Missing:
    """The cell reads a name that another cell has deleted."""

    name: Name
    cause: str

    def text(self, label: Label) -> str:
        """The line, in which cells are called by what stands beside them now."""
        return f"this cell reads {self.name}, which was deleted by {label.named(self.cause)}"

    def holds(self, cell: str, analysis: Analysis) -> bool:
        """Whether the name is still gone."""
        return analysis.live(self.name) is None


@dataclass(frozen=True, slots=True)
class Orphaned:
    """The cell reads a name that is there thanks to a cell that was deleted."""

    name: Name
    cause: str

    def text(self, label: Label) -> str:
        """The line, in which cells are called by what stands beside them now."""
        maker = label.named(self.cause)
        return f"this cell reads {self.name}, which comes from {maker}, {label.gone(self.cause)}"

    def holds(self, cell: str, analysis: Analysis) -> bool:
        """Whether that cell is still deleted, and no finding says the same of the run."""
        return self.cause in analysis.replayed.order.deleted and not _is_told(cell, self.name, analysis)


@dataclass(frozen=True, slots=True)
class Changed:
    """The cell runs again with the same text, and an input is not what it read before."""

    change: LiveDifference
    number: int
    """The number of the run that wrote the input last; 0 for none."""

    @property
    def name(self) -> str:
        """The input, or the part of it, that was read."""
        return self.change.read.words

    @property
    def cause(self) -> str:
        """The cell that made the difference; empty for none."""
        return self.change.run.cell if self.change.run is not None else ""

    def text(self, label: Label) -> str:
        """The line, in which cells are called by what stands beside them now."""
        from cellgraph.analyse.messages import note_message

        own = label.named(self.change.cell)
        return note_message(self.change, label).replace(f"what {own} saw", "what this cell saw before")

    def holds(self, cell: str, analysis: Analysis) -> bool:
        """Whether the input was not written since, and no finding says that it is in doubt."""
        name = self.change.read.name
        same = _last_writer(analysis.ledger.writer(name)) in (self.number, _latest(analysis, cell))
        return same and not _is_told(cell, name, analysis)


PreRunWarning = Missing | Orphaned | Changed


def warning_lines(warnings: Iterable[PreRunWarning], label: Label) -> list[str]:
    """A line for each cause. What the same cell has done to several names is said of the first one."""
    from cellgraph.render.warnings import also

    by_cause: dict[tuple[type, str, str], dict[str, PreRunWarning]] = {}
    for warning in warnings:
        code = warning.change.code if isinstance(warning, Changed) else ""
        by_cause.setdefault((type(warning), code, warning.cause), {}).setdefault(warning.name, warning)
    return [
        next(iter(same.values())).text(label) + (f" ({also([*same][1:])})" if len(same) > 1 else "")
        for same in by_cause.values()
    ]


def _latest(analysis: Analysis, cell: str) -> int:
    run = analysis.ledger.latest(cell)
    return run.number if run is not None else -1


def _last_writer(last: tuple[object, object] | None) -> int:
    return getattr(last[0], "number", 0) if last is not None else 0


def _is_told(cell: str, name: str, analysis: Analysis) -> bool:
    return any(stale.read.name == name for stale in analysis.replayed.stale_reads.get(cell, ()))


def pre_run_warnings(
    cell: str | None, text: str, recorder: Recorder, deleted: Collection[str], replay: Callable[[], Replay]
) -> list[PreRunWarning]:
    """What there is to say of a cell that is about to run; mostly nothing.

    ``cell`` is None where the front end gives no id. ``replay`` gives the replay of this moment, which is
    worked out only where there may be something to say.
    """
    found: list[PreRunWarning] = list(_missing_or_orphaned(text, recorder, deleted))
    if cell is not None:
        found += _changed(cell, text, recorder, replay)
    return found


def _missing_or_orphaned(
    text: str, recorder: Recorder, deleted: Collection[str]
) -> Iterator[Missing | Orphaned]:
    ledger = recorder.ledger
    if not ledger.has_deletions and not deleted:
        return
    for name in _reads(text, recorder):
        last = ledger.writer(name)
        if last is None:
            continue
        run, write = last
        if write.kind == "delete" and name not in recorder.namespace and not hasattr(builtins, name):
            yield Missing(Name(name), run.cell)
        elif run.cell in deleted and name in recorder.namespace:
            yield Orphaned(Name(name), run.cell)


def _reads(text: str, recorder: Recorder) -> list[str]:
    from cellgraph.trace.static_backend import inferred  # only for a notebook in which something was deleted

    # The text's own names, without what functions reach: enough for a line ahead of time.
    return list(inferred(block_of(recorder.source(text)), {}).reads)


def _changed(cell: str, text: str, recorder: Recorder, replay: Callable[[], Replay]) -> Iterator[Changed]:
    """For a cell that runs again with the same text: inputs that are not what it read before.

    Nothing is said of a value that is what Restart & Run All would give: then to run the cell again is
    the remedy.
    """
    ledger = recorder.ledger
    run = ledger.latest(cell)
    if run is None or _finds_the_same(run, recorder) or not recorder.same_code(run.source, text):
        return
    from cellgraph.analyse.live_comparison import live_differences

    for change in live_differences(ledger, [cell], recorder.live):
        told = change.code == rules.MUTATED.code or (change.code == rules.REDEFINED.code and change.kept)
        if told and not _as_it_should_be(change.read, recorder, replay().inputs.get(cell, {})):
            yield Changed(change, _last_writer(ledger.writer(change.read.name)))


def _finds_the_same(run: Run, recorder: Recorder) -> bool:
    """Whether each name holds what a run read of it. False also where more would have to be compared."""
    return all(read.digest is None or recorder.live(read.name) is read.digest for read in run.reads)


def _as_it_should_be(read: Read, recorder: Recorder, inputs: Mapping[str, EnvironmentEntry | None]) -> bool:
    slot, now = inputs.get(read.name), recorder.live(read.name)
    if slot is None or slot.digest is None or now is None:
        return False
    return slot.digest.agrees(now)

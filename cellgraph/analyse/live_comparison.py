"""The second question: what would re-running a cell now see?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cellgraph import rules
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Read, Run, Write
from cellgraph.record.ledger import Ledger, same_value

Live = Callable[[str], Digest | None]
"""The digest of what a name holds now; None where the name is gone."""


class LiveDifference(NamedTuple):
    """A read that the cell would not repeat if it ran now. ``run`` made the difference."""

    code: str
    cell: str
    read: Read
    run: Run | None
    kept: bool = False
    """The value was made from the old one (``df = df.dropna()``): ordinary forward work."""

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """Two differences with the same key are the same news."""
        return (self.code, self.cell, self.read.label, self.run.cell if self.run else None)


def live_differences(
    ledger: Ledger, cells: Iterable[str], live: Live, names: frozenset[str] | None = None
) -> list[LiveDifference]:
    """Compare the latest run of each cell with the live namespace, for ``names`` or for all."""
    found: list[LiveDifference] = []
    for cell in cells:
        run = ledger.latest(cell)
        for read in run.reads if run is not None else ():
            if read.cached and read.path:
                continue  # an attribute of the object that holds the cache: the run has read that as a whole
            if (names is None or read.name in names) and not read.name.is_setting:
                compare = _file_difference if read.name.is_file else _difference
                changed = compare(ledger, run, read, live)  # type: ignore[arg-type]
                found += [changed] if changed is not None else []
    return found


def _difference(  # noqa: PLR0911 - one case a kind
    ledger: Ledger, run: Run, read: Read, live: Live
) -> LiveDifference | None:
    if read.digest is None or read.name.refers_to_result:
        return _appeared(ledger, run, read, live)
    if ledger.origin(run, read) is None:
        # Where it was read by an earlier run, whose result this one took out of a cache, nothing is amiss.
        former = next(ledger.writers(read.name, run.number), None)
        return LiveDifference(rules.FOREIGN.code, run.cell, read, former) if not read.cached else None
    now = live(read.name)
    if same_value(read, now):
        return None
    last = ledger.writer(read.name, read.path)
    if last is None or last[0].cell == run.cell:
        return None  # the cell's own doing: consuming its output is a question of replay
    writer, write = last
    if now is None and write.kind != "delete":
        return LiveDifference(rules.DELETED.code, run.cell, read, None)  # gone, and no cell did it
    if _is_loaded_again(writer, run):
        return None
    return LiveDifference(_code(write, now), run.cell, read, writer, _made_from_old(writer, write))


def _is_loaded_again(writer: Run, run: Run) -> bool:
    """Whether what the writer imported before the run was loaded again after it."""
    return writer.number < run.number and any(read.is_module for read in run.reads)


def _appeared(ledger: Ledger, run: Run, read: Read, live: Live) -> LiveDifference | None:
    """A name that was not there when the cell ran, and that another cell has made since."""
    made = ledger.writer(read.name) if read.digest is None else None
    if made is None or made[0].cell == run.cell or made[0].number < run.number or live(read.name) is None:
        return None
    return LiveDifference(rules.REDEFINED.code, run.cell, read, made[0])


def _file_difference(ledger: Ledger, run: Run, read: Read, live: Live) -> LiveDifference | None:
    """A file that no cell writes is a matter of replay: Restart & Run All reads what is there now."""
    last, now = ledger.writer(read.name), live(read.name)
    if last is None or read.digest is None or same_value(read, now):
        return None
    writer, write = last
    if not same_value(Read(read.name, "", now), write.digest):
        code = rules.DELETED.code if now is None else rules.MUTATED.code  # and no cell did it
        return LiveDifference(code, run.cell, read, None)
    if writer.cell == run.cell:
        return None
    return LiveDifference(_code(write, now), run.cell, read, writer, _made_from_old(writer, write))


def _code(write: Write, now: Digest | None) -> str:
    if now is None:
        return rules.DELETED.code
    return rules.MUTATED.code if write.kind == "mutate" else rules.REDEFINED.code


def _made_from_old(run: Run, write: Write) -> bool:
    if write.kind == "mutate":
        return True
    return write.kind == "bind" and any(read.name == write.name for read in run.reads)

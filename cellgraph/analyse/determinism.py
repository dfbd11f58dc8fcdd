"""Cells whose results are left to chance: what Restart & Run All draws, and what runs have shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from weakref import WeakKeyDictionary

from cellgraph.analyse.environment import LOOK_BACK
from cellgraph.analyse.file_replay import FOLDER
from cellgraph.analyse.library_changes import imported
from cellgraph.analyse.outside_world import CLOCK, SYSTEM, asked
from cellgraph.code.set_order import goes_by_hash
from cellgraph.code.source import same_code
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import FROM_SYSTEM, ChanceKind, Digest, Order, RandomUse, Run
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.ledger import Ledger
from cellgraph.trace.settings.diagnostics import BEHIND
from cellgraph.trace.settings.values import DEFAULT, with_keys


class NondeterminismCause(NamedTuple):
    """Why a cell's result is left to chance. See ``model.Nondeterminism`` for the kinds.

    ``subject`` is the library whose generator is drawn from, the name that had two values, or whom it asks.
    ``seeder`` is the latest run that seeded the library in some other place than above the cell, the run
    whose thread changes the name, or the run that hid warnings. ``others`` are more such cells.
    """

    kind: ChanceKind
    cell: str
    subject: str
    seeder: Run | None = None
    others: tuple[str, ...] = ()


def draws(ledger: Ledger, order: Order) -> tuple[NondeterminismCause, ...]:
    """Every such cell with its reasons, in notebook order."""
    stream = _Stream(ledger)
    kept = _KNOWN.setdefault(ledger, {})
    found: list[NondeterminismCause] = []
    beside: dict[str, Run] = {}
    for cell in order.cells:
        run = ledger.latest(cell)
        if run is None:
            continue
        known = kept.get(cell)
        if known is None or known.run is not run:
            known = kept[cell] = _looked_at(ledger, run)
        if beside or not known.is_quiet:
            found += _changed_beside(run, beside)
        if not known.is_quiet:
            found += _left_on_disk(ledger, run)
            if any(read.digest is not None and read.digest.type in _DISK_CACHES for read in run.reads):
                found.append(NondeterminismCause("outside", cell, "a cache on disk"))
            found += stream.through(run)
            found += known.observed or [NondeterminismCause("outside", cell, what) for what in _asked(run)]
    return (*found, *_with_warnings_hidden(ledger, order))


def _looked_at(ledger: Ledger, run: Run) -> _Known:
    told = any(
        read.name.is_file or (read.digest is not None and read.digest.type in _DISK_CACHES)
        for read in run.reads
    )
    observed = _compared(ledger, run)
    moves = run.random or any(write.beside for write in run.writes)
    return _Known(run, observed, not (told or moves or observed or _asked(run)))


def _asked(run: Run) -> Iterable[str]:
    """Whom the run asked outside of the process and its files."""
    seeds = any(use.how == "reseeded" for use in run.random)  # that is told by itself
    seen = (SYSTEM,) if FROM_SYSTEM in run.random and not seeds else ()
    sets = {str(read.name) for read in run.reads if read.digest is not None and read.digest.type in _SETS}
    hashed = (HASH_SEED,) if goes_by_hash(run.source, sets) else ()
    dated = (CLOCK,) if _prints_the_time(run) else ()
    return dict.fromkeys((*asked(run.source), *dated, *seen, *hashed))


def _prints_the_time(run: Run) -> bool:
    """Whether it shows the summary of a model of statsmodels, which says when it was made."""
    if _SUMMARY not in run.source:
        return False
    results = any(read.digest is not None and read.digest.type.endswith(_RESULTS) for read in run.reads)
    return results or _FITTED_SUMMARY.search(run.source) is not None


def _left_on_disk(ledger: Ledger, run: Run) -> Iterator[NondeterminismCause]:
    """The files that the run read, and that an earlier run of the cell made from other inputs."""
    for read in run.reads:
        if not read.name.is_file or read.is_module or read.digest is None:
            continue
        made = ledger.origin(run, read)
        if made is None or made.cell != run.cell or _same_start(made, run):
            continue
        if read.digest.type == FOLDER and made.output == run.output:
            continue
        if not any(write.name == read.name for write in run.writes):
            yield NondeterminismCause("left", run.cell, read.name)


HASH_SEED = "the hash seed"
_SUMMARY, _RESULTS = ".summary(", "ResultsWrapper"
_FITTED_SUMMARY = Pattern(r"\.fit\([^\n()]*\)\.summary\(")
_SETS = frozenset({"set", "frozenset"})
_FILTERS, _HIDING = Name.of_setting("warnings.filters"), "ignore "
_PLAIN = frozenset("int float complex bool str bytes NoneType list tuple dict".split())
"""Types of values that warn of nothing."""
_DISK_CACHES = frozenset({"MemorizedFunc", "AsyncMemorizedFunc"})
"""Types of functions whose results outlive the kernel: those of joblib."""


def _changed_beside(run: Run, beside: dict[str, Run]) -> Iterator[NondeterminismCause]:
    """What the run read that a thread of a cell above changes. ``beside`` is brought up to date."""
    if beside:
        names = dict.fromkeys(read.name for read in run.reads if read.name in beside)
        yield from (NondeterminismCause("beside", run.cell, name, beside[name]) for name in names)
    for write in run.writes:
        if write.beside:
            beside[write.name] = run
        elif write.kind == "bind":
            beside.pop(write.name, None)


_UNSEEDED = "unseeded"
_UNKNOWN = ""


class _Stream:
    """The generators' states as Restart & Run All passes them from cell to cell.

    For each library the digest of its state, ``_UNSEEDED`` or, where it cannot be told, ``_UNKNOWN``.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._state: dict[str, str] = {}

    def through(self, run: Run) -> Iterator[NondeterminismCause]:
        """Pass one cell."""
        for use in run.random:
            if use == FROM_SYSTEM:
                continue  # no seed changes that: it is told as something from outside
            there = self._state.get(use.library, _UNSEEDED)
            if use.how in ("seeded", "seeded and drew"):
                self._state[use.library] = use.after
            elif use.how == "reseeded":
                self._state[use.library] = _UNSEEDED
                yield NondeterminismCause("reseeded", run.cell, use.library)
            elif there == _UNSEEDED:
                yield NondeterminismCause("unseeded", run.cell, use.library, self._seeder(use.library))
            else:
                yield from self._drawn(run, use, there)

    def _drawn(self, run: Run, use: RandomUse, there: str) -> Iterator[NondeterminismCause]:
        if use.before == there or _UNKNOWN in (there, use.before):
            self._state[use.library] = use.after if use.before == there else _UNKNOWN
            return
        yield NondeterminismCause("elsewhere", run.cell, use.library)
        self._state[use.library] = self._known_after(run, use.library, there)

    def _known_after(self, latest: Run, library: str, there: str) -> str:
        """Where an earlier run of the same code left the stream that it found just there."""
        for run in self._ledger.runs_of(latest.cell)[-LOOK_BACK:]:
            for use in run.random if same_code(run.source, latest.source) else ():
                if use.library == library and use.before == there:
                    return use.after
        return _UNKNOWN

    def _seeder(self, library: str) -> Run | None:
        return self._ledger.seeder(library)


def _with_warnings_hidden(ledger: Ledger, order: Order) -> Iterator[NondeterminismCause]:
    """The cells that ran while a filter hid warnings, where a restart has no such filter, as one cause.

    A hidden warning leaves no trace, so nothing tells whether there was one.
    """
    setters = list(ledger.writers(_FILTERS, len(ledger) + 1))[::-1]
    if not any(_hiding(_filters_after(setter)) for setter in setters):
        return
    numbers = [setter.number for setter in setters]
    then = [_hiding(filters) for filters in accumulate(setters, _with_filters, initial=DEFAULT)]
    there, found = DEFAULT, dict[str, Run]()
    for run in filter(None, map(ledger.latest, order.cells)):
        earlier = bisect_left(numbers, run.number)
        if numbers[earlier : earlier + 1] == [run.number]:
            there = _with_filters(there, run)  # a cell that sets a filter does so first
        hidden = then[earlier] - _hiding(there)
        if hidden and _may_warn(run):
            above = reversed(setters[:earlier])
            found[run.cell] = next(one for one in above if _hiding(_filters_after(one)) & hidden)
    if found:
        first, *others = found
        yield NondeterminismCause("hidden", first, "warnings", found[first], tuple(others))


def _filters_after(run: Run) -> Digest:
    """The filters of warnings that a run leaves where none was set before."""
    return _with_filters(DEFAULT, run)


def _with_filters(filters: Digest, run: Run) -> Digest:
    """The filters of warnings after a run that found these."""
    for write in run.writes:
        if write.name == _FILTERS:
            filters = with_keys(filters, write.digest or DEFAULT, write.paths)
    return filters


def _hiding(filters: Digest) -> frozenset[str]:
    """Those of the filters that hide warnings."""
    return frozenset(text.partition(BEHIND)[0] for _, text in filters.parts if text.startswith(_HIDING))


def _may_warn(run: Run) -> bool:
    """Whether the run used code of a library, which may warn of anything."""
    types = {read.digest.type for read in run.reads if read.digest is not None and not read.name.is_setting}
    return not types <= _PLAIN or bool(imported(run.source))


class _Known(NamedTuple):
    """What was found for a run.

    ``observed`` is the name that got another value from the same code and the same inputs, if there is one.
    ``is_quiet``: the run leaves nothing to chance, as far as it shows by itself. Most are such.
    """

    run: Run
    observed: list[NondeterminismCause]
    is_quiet: bool


_KNOWN: WeakKeyDictionary[Ledger, dict[str, _Known]] = WeakKeyDictionary()
"""What was found for the latest run of each cell. It holds until the cell runs again."""


def _compared(ledger: Ledger, latest: Run) -> list[NondeterminismCause]:
    """The name that got another value from the same code and the same inputs, if there is one."""
    for run in reversed(ledger.runs_of(latest.cell)[-LOOK_BACK:]):
        if run is not latest and _same_start(run, latest) and not ledger.used_older(latest):
            name = _made_otherwise(run, latest)
            if name is not None:
                return [NondeterminismCause("observed", latest.cell, name)]
    return []


def _same_start(one: Run, other: Run) -> bool:
    """Whether all that both runs are known to have started from was equal, value by value."""
    if not same_code(one.source, other.source) or not one.outcome == other.outcome == "ok":
        return False
    if (
        _hidden(one)
        or _hidden(other)
        or len(one.reads) != len(other.reads)
        or one.untouched != other.untouched
    ):
        return False
    given = {(read.name, read.path, read.store_only): read.digest for read in other.reads}
    keys = [(read.name, read.path, read.store_only) for read in one.reads]
    return all(
        key in given and _surely_equal(read.digest, given[key])
        for key, read in zip(keys, one.reads, strict=True)
    )


def _hidden(run: Run) -> bool:
    """Whether it drew from a stream: that is told by the stream."""
    return any(use.how != "seeded" and use != FROM_SYSTEM for use in run.random)


def _surely_equal(one: Digest | None, other: Digest | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.quality == other.quality == "exact" and one.layout == other.layout and one.value == other.value


def _made_otherwise(one: Run, other: Run) -> str | None:
    made: Mapping[str, Digest | None] = {
        write.name.across_runs(one.cell): write.digest for write in one.writes
    }
    for write in other.writes:
        if write.name.is_setting or write.name in imported(other.source):
            continue  # it is compared by itself; what is imported again is the same object
        if write.name.is_file:
            continue  # it may be appended to: what was there before is an input that no read shows
        before = made.get(write.name.across_runs(one.cell))
        if before is not None and write.digest is not None and _surely_differ(before, write.digest):
            return write.name
    return None


def _surely_differ(one: Digest, other: Digest) -> bool:
    return one.quality == other.quality == "exact" and one.layout == other.layout and one.value != other.value

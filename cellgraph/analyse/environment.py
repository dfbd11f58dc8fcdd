"""What Restart & Run All has made so far, what a replay gives, and how a write changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from cellgraph.analyse.digest_patch import patched
from cellgraph.code.form_keeping import keeps_form
from cellgraph.code.known_stores import columns_stored, stored_paths
from cellgraph.code.part_paths import PARAMETERS
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Order, Read, Run, Write, covers, related
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.record.run_history import KEPT
from cellgraph.structure import COLUMNS, STORES, STRUCTURE, is_key, is_structure, keys_told

LOOK_BACK = KEPT
"""Earlier runs of a cell that are consulted for what it makes of other inputs."""
CACHE = Name("cache:")
"""Starts the keys of the environment for what caches were filled with; itself there if there are any."""


class EnvironmentEntry(NamedTuple):
    """What the environment holds of a name: who wrote it, and its digest (None: deleted).

    ``doubt``: it is not sure. ``missing``: it may not be there at all, because its cell may raise
    before. ``parts`` are the paths that are in doubt where it is not the whole value. ``makers`` are
    the cells that made single parts since ``base`` made the whole, the latest last. ``changed_as`` is
    another name of the same object, under which the cell changes it in a restart. ``earlier`` is what it
    holds until a thread of the cell changes it: nothing tells when that is. ``unsure``: of a file, nothing
    tells whether it is made at all. ``sure_parts`` are the paths that have been set for certain since the
    whole value came into doubt.
    """

    cell: str
    digest: Digest | None
    doubt: bool = False
    missing: bool = False
    parts: frozenset[str] = frozenset()
    base: str = ""
    makers: tuple[tuple[str, str], ...] = ()
    changed_as: str = ""
    earlier: tuple[Digest | None, ...] = ()
    unsure: bool = False
    sure_parts: frozenset[str] = frozenset()

    def doubtful(self, read: Read) -> bool:
        """Whether what this read takes is in doubt."""
        if read.store_only or read.path == STORES:
            return self.missing or (self.unsure and read.name.is_file)
        if read.path and is_structure(read.path):
            # What changes values may make them fewer, unless that is known.
            return self.doubt and self.sure_parts.isdisjoint((STRUCTURE, read.path))
        if read.path == ".dtype" and STRUCTURE in self.sure_parts and self._is_array:
            return False  # a store converts what it stores
        if self.sure_parts and any(covers(path, read.path) for path in self.sure_parts):
            return False
        if not (self.doubt and self.parts and read.path):
            return self.doubt
        return any(related(part, read.path) for part in self.parts)

    @property
    def _is_array(self) -> bool:
        return self.digest is not None and self.digest.type == "ndarray"

    def seen_by(self, read: Read) -> EnvironmentEntry:
        """The slot with the cell that made what this read takes: of a whole value what is in doubt of it."""
        paths = (read.path,) if read.path else self.parts if self.doubt else ()
        if not (paths and self.makers):
            return self
        parts = {STRUCTURE if is_structure(path) else path for path in paths}
        made = [cell for path, cell in self.makers if any(related(path, one) for one in parts)]
        return self._replace(cell=made[-1] if made else self.base)


class StaleRead(NamedTuple):
    """A read that Restart & Run All would not repeat.

    ``origin`` is the run that made the value that was read, ``slot`` what would be there instead
    (None: nothing).
    """

    code: str
    cell: str
    read: Read
    cause: str | None
    origin: Run | None
    slot: EnvironmentEntry | None

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """Two stale reads with the same key are the same news."""
        return (self.code, self.cell, self.read.label, self.cause)


class ReplayStep(NamedTuple):
    """One cell of a replay: its run, the entries of ``keys`` that it found, and those that it left.

    It made what its latest run had made, or an earlier one that had found what is there now: of these values
    that run had ``changed`` some in place.
    ``inputs`` is what each of its reads found, by name. ``stale`` are its stale reads. Why they are stale
    depends on the ``order`` and on the ``latest`` runs of other cells as well (None: of no doubt).
    What it makes of a stale input may depend on all that the ledger said of the ``names``, after run
    ``number`` and with this ``extent`` (empty: of no doubt about what it makes).
    """

    run: Run
    changed: frozenset[str]
    keys: tuple[str, ...]
    found: tuple[EnvironmentEntry | None, ...]
    left: Mapping[str, EnvironmentEntry]
    inputs: Mapping[str, EnvironmentEntry | None]
    stale: tuple[StaleRead, ...] = ()
    order: Order | None = None
    latest: Mapping[str, Run | None] = MappingProxyType({})
    names: frozenset[str] = frozenset()
    number: int = 0
    extent: tuple[int, ...] = ()


class Steps(dict[str, ReplayStep]):
    """What the cells of a replay did, by cell, as far as it may be taken over.

    It was a replay of ``order`` after run ``number``, with this ``extent`` of the ledger. ``others`` are the
    entries that other cells left of all that they touched. Without an ``order`` that is not known of all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: Order | None = None
        self.number = 0
        self.extent: tuple[int, ...] = ()
        self.others: dict[str, Mapping[str, EnvironmentEntry | None]] = {}


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome: stale reads a cell, and for each cell what its reads would find.

    ``disk`` is what is in the files that cells have to do with (None: there is no such file).
    """

    order: Order
    stale_reads: dict[str, tuple[StaleRead, ...]] = field(default_factory=dict)
    inputs: dict[str, Mapping[str, EnvironmentEntry | None]] = field(default_factory=dict)
    environment: dict[str, EnvironmentEntry] = field(default_factory=dict)
    disk: Mapping[str, Digest | None] = field(default_factory=dict)
    steps: Steps = field(default_factory=Steps, compare=False, repr=False)
    """What its plain cells did, for the next replay."""

    def all_stale_reads(self) -> Iterable[StaleRead]:
        """Every doubt, in notebook order."""
        for cell in self.order.cells:
            yield from self.stale_reads.get(cell, ())


UNKNOWN = Digest("", "opaque")
"""Stands for a value that a text would make if it ran. It agrees with nothing."""


def stale_read(
    run: Run, read: Read, origin: Run | None, slot: EnvironmentEntry, reason: tuple[str, str | None] | None
) -> StaleRead | None:
    """The stale read for a reason (code and cause); None without one."""
    return StaleRead(reason[0], run.cell, read, reason[1], origin, slot) if reason is not None else None


def environment_key(ledger: Ledger, name: Name) -> Name:
    """Results are known by the cell that displayed them: their numbers change with each run."""
    count = name.execution_count
    cell = ledger.cell_with_count(count) if count is not None else None
    return name.across_runs(cell) if cell is not None else name


def uses_variables(run: Run) -> bool:
    """Whether what the run makes depends on the variables that it reads and on nothing else."""
    if run.outcome != "ok" or not run.in_place:
        return False
    if [read for read in run.reads if read.cached or not read.name.isidentifier()]:
        return False
    return not [
        write
        for write in run.writes
        if write.beside or not (write.name.isidentifier() or write.name.is_result)
    ]


def taken_in_part(run: Run) -> dict[str, bool]:
    """For each name that the run read, whether only of parts: what else it holds may be another's."""
    found: dict[str, bool] = {}
    for read in run.reads:
        if read.name.is_setting:
            continue  # they are merged by keys
        found[read.name] = found.get(read.name, True) and bool(read.store_only or read.path)
    return found


def made_anew(run: Run, name: str) -> bool:
    """Whether the run fitted an estimator: nothing of it is left but its parameters."""
    reads = [read for read in run.reads if read.name == name]
    return bool(reads) and all(read.path == PARAMETERS for read in reads)


def as_imported(ledger: Ledger, write: Write) -> EnvironmentEntry | None:
    """What a change of parts of a module's global starts from where no cell above has changed any.

    None for all other writes, and where the value that the import gave is not known.
    """
    if not write.paths or not write.name.is_module_global:
        return None
    first = ledger.first_write(write.name)
    return EnvironmentEntry("", first.before) if first is not None and first.before is not None else None


def changed(slot: EnvironmentEntry, write: Write, there: EnvironmentEntry, partly: bool) -> EnvironmentEntry:
    """The slot after a change in place: what was there, with some of its parts replaced.

    A run that read the whole value is held to change the same parts of another one: what they become is in
    doubt, and the rest stays as it is there.
    """
    digest = slot.digest
    if (partly or write.paths) and digest is not None and not applies(write, there):
        digest = patched(there.digest, write)
        if digest is None:
            sure_parts = _sure_parts(slot, write, there) if write.paths else frozenset[str]()
            return slot._replace(doubt=True, sure_parts=sure_parts)
    if not write.paths:
        return slot._replace(digest=digest, doubt=slot.doubt or there.doubt)
    slot = slot._replace(base=there.base or there.cell, makers=makers_of(slot.cell, write, there))
    parts = (slot.parts or frozenset(write.paths)) if slot.doubt else frozenset()
    if there.doubt and not there.parts:
        sure_parts = _sure_parts(slot, write, there)
        return slot._replace(digest=digest, doubt=True, parts=frozenset(), sure_parts=sure_parts)
    replaced = [path for path in write.paths if path not in parts]
    parts |= {part for part in there.parts if not any(covers(path, part) for path in replaced)}
    return slot._replace(digest=digest, doubt=bool(parts), parts=parts)


def with_form(slot: EnvironmentEntry, run: Run, write: Write, there: EnvironmentEntry) -> EnvironmentEntry:
    """The slot after a change in place, in which the structure is certain where only values are in doubt.

    So it is if the run stores into single elements, keys or columns, and found a value of the same form as
    there is, or stores under keys that its text spells.
    """
    if not slot.doubt or _runs_code(run):
        return slot
    before = write.before.form if write.before is not None else None
    alike = before is not None and there.digest is not None and before == there.digest.form
    if write.keeps_form and alike and _has_sure_form(there) and _stores_alone(run, write):
        return slot._replace(sure_parts=slot.sure_parts | {STRUCTURE})
    by_keys = stored_paths(run.source, write.name) or columns_stored(run.source, write.name)
    return with_keys(slot, write, there) if by_keys else slot


def with_keys(slot: EnvironmentEntry, write: Write, there: EnvironmentEntry) -> EnvironmentEntry:
    """The slot after stores under known keys alone: these are certain, also where the values are not."""
    digest = slot.digest
    if not (slot.doubt and _has_sure_form(there) and digest is not None and write.kind == "mutate"):
        return slot
    if there.digest is None or there.digest.type != digest.type:
        return slot  # a list has no such keys: the store fails
    told = keys_told(digest.type, digest.size, dict(digest.parts)) is not None and digest.size
    if digest.size.startswith("shape (0,"):
        return slot  # a frame without rows takes those of its first column
    keyed = all(is_key(path) or path == COLUMNS for path in write.paths)
    return slot._replace(sure_parts=slot.sure_parts | {STRUCTURE}) if told and keyed else slot


def _has_sure_form(there: EnvironmentEntry) -> bool:
    """Whether the structure of what is there is certain."""
    return (
        there.digest is not None and not there.missing and (not there.doubt or STRUCTURE in there.sure_parts)
    )


def _stores_alone(run: Run, write: Write) -> bool:
    """Whether the run changes a value by stores alone that leave its form whatever they store."""
    return keeps_form(run.source, write.name, write.digest.type if write.digest is not None else "")


def _runs_code(run: Run) -> bool:
    """Whether a run used functions, or objects of the user's own. These may know the value, and do more."""
    others = (read.digest for read in run.reads if read.digest is not None)
    return any(digest.type in RUNS_CODE or digest.users_class for digest in others)


RUNS_CODE = frozenset({"function", "method", "partial", "type"})
"""Types of values that run code when they are used."""


def _sure_parts(slot: EnvironmentEntry, write: Write, there: EnvironmentEntry) -> frozenset[str]:
    """The paths that are certain in a value that is in doubt, after a write made ``slot`` of what is there.

    What a store under a key or a name leaves there does not depend on the rest, but in tables and arrays.
    """
    kept = frozenset(path for path in there.sure_parts if not any(related(path, one) for one in write.paths))
    kept -= {STRUCTURE}  # ``with_form`` tells
    if slot.doubt or there.missing or there.digest is None or there.digest.type in _TABLES:
        return kept
    return kept.union(path for path in write.paths if path.startswith(".") or path.endswith('"]'))


_TABLES = frozenset({"DataFrame", "Series", "ndarray"})


def changed_unknown(run: Run, write: Write, there: EnvironmentEntry) -> EnvironmentEntry:
    """The slot after a change through an alias that started from another state than is there."""
    digest = patched(there.digest, write) if write.paths and not there.doubt else None
    if digest is None:
        return EnvironmentEntry(run.cell, write.digest, doubt=True)
    slot = EnvironmentEntry(run.cell, digest, doubt=True, parts=frozenset(write.paths))
    return slot._replace(base=there.base or there.cell, makers=makers_of(run.cell, write, there))


def makers_of(cell: str, write: Write, there: EnvironmentEntry) -> tuple[tuple[str, str], ...]:
    """Who made which part, after a write of ``cell``."""
    kept = [(path, maker) for path, maker in there.makers if not any(covers(p, path) for p in write.paths)]
    paths = write.paths if write.keeps_form else (*write.paths, STRUCTURE)
    return (*kept, *((path, cell) for path in paths))


def applies(write: Write, there: EnvironmentEntry | None) -> bool:
    """Whether a change in place starts from what it started from when it was recorded."""
    if there is None or there.digest is None or write.before is None:
        return False
    return write.before.agrees(there.digest)

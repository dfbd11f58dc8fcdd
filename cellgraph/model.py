"""The frozen values that every layer of cellgraph speaks in.

Nothing here looks at a user's object, prints, or keeps state. ``trace`` and ``digest`` make these
values, ``record`` keeps them, ``analyse`` computes new ones from them and ``render`` turns them into text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, fields, is_dataclass
from functools import cache, lru_cache
from math import prod
from typing import Any, Literal

from cellgraph.light_dataclass import dataclass
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.structure import Form, form_of, in_code, is_structure, structure_value

Quality = Literal["exact", "sampled", "opaque"]
WriteKind = Literal["bind", "mutate", "delete"]
Outcome = Literal["ok", "error", "interrupted", "unobserved"]
Severity = Literal["warning", "note"]
RandomKind = Literal["seeded", "drew", "seeded and drew", "reseeded"]
ObjectKind = Literal["class", "instance", "function", "data"]
ChanceKind = Literal["unseeded", "reseeded", "observed", "elsewhere", "outside", "beside", "left", "hidden"]
State = Literal["good", "stale", "noted", "foreign", "failed", "deleted", "unrun"]


_FIXED = frozenset({"list", "bytearray", "ndarray", "array", "Tensor"})
"""Types of which an element can be replaced, and none put beyond the end."""
_ALWAYS_THERE, _WITH_ATTRS = ".attrs", frozenset({"DataFrame", "Series"})
"""A dict that is no part of the digest as long as it is empty, and can be stored into all the same."""
_WHOLE_AXES = {".shape": 0, ".index": 0, ".columns": -1}
"""Attributes to which a store has to give as many labels, or elements, as there are along an axis."""
_NUMBER = Pattern(r"\d+")
_FIRST_INDEX = Pattern(r"\[(-?\d+)\]")
_PLAIN = (str, Name, int, float, bool)
"""What JSON holds as it is."""
_SAMPLE = "~"
"""Stands for a sample of the whole among what a part lies in."""
_STEP = Pattern(r"""\.[^.\[]+|\[(?:"(?:[^"\\]|\\.)*"|[^\[\]"]*)\]""")


def may_be_untold(part: str, kind: str) -> bool:
    """Whether a value of a type may have a part that its digest does not tell, as it is empty."""
    return part == _ALWAYS_THERE and kind in _WITH_ATTRS


@lru_cache(maxsize=4096)
def containing(path: str) -> tuple[str, ...]:
    """The paths of the parts that hold a part, the nearest first: ``["a"].b`` for ``["a"].b[0]``."""
    ends = [step.end() for step in _STEP.finditer(path)]
    return tuple(path[:end] for end in reversed(ends[:-1]))


def first_step(path: str) -> str:
    """The first step of a path: ``.groupby`` of ``.groupby.agg``; empty for that of the whole."""
    return (path, *containing(path))[-1]


def covers(path: str, other: str) -> bool:
    """Whether ``other`` is the part at ``path`` or lies inside it. The path of the whole covers all."""
    if not other.startswith(path):
        return False
    return not path or len(other) == len(path) or other[len(path)] in ".["


def related(path: str, other: str) -> bool:
    """Whether a change at one of two paths can be seen at the other."""
    return covers(path, other) or covers(other, path)


@dataclass(frozen=True, slots=True)
class Digest:
    """A value's identity: two values that are equal have digests that agree.

    ``value`` is a hexadecimal hash or, for an opaque value, a token. ``sample`` is the hash of a
    deterministic sample and is there for every large value, so that an exact digest can still be
    compared with one that had to be sampled. ``layout`` names how the bytes lay in memory where
    the exact hash depends on it (a frame whose blocks pandas has merged holds the same values).
    The remaining fields are for people and for paths, and take no part in equality.
    """

    value: str
    quality: Quality = "exact"
    sample: str = ""
    layout: str = ""
    type: str = field(default="", compare=False)
    """Name of the value's type, e.g. ``DataFrame``."""
    size: str = field(default="", compare=False)
    """Its extent in words, e.g. ``shape (1000, 12)`` or ``length 5``; empty where it has none."""
    preview: str = field(default="", compare=False)
    """The value itself, for numbers, booleans and None only: a report must leak no secret."""
    parts: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """Hashes of parts that are tracked by themselves: ``('["price"]', hash)`` for each of them.

    The digest of a part lists the parts that it lies in, to compare where it is not told apart.
    """

    def agrees(self, other: Digest) -> bool:
        """Whether both stand for the same value, as far as either of them can tell."""
        if self is other:
            return True
        if self.quality == other.quality and self.layout == other.layout:
            return self.value == other.value
        if self.quality == "opaque" or other.quality == "opaque":
            return False
        return bool(self.sample) and self.sample == other.sample

    def part(self, path: str) -> Digest | None:
        """The digest of one part by its path (``'["price"]'``), or None where it is not known."""
        known = dict(self.parts)
        if path not in known:
            found = structure_value(path, self.type, self.size, known)
            if found is None:
                return None
            known[path] = found
        around = [(outer, known[outer]) for outer in containing(path) if outer in known]
        if self.quality == "exact" and not self.layout:
            around.append(("", self.value))
        if self.sample:
            around.append((_SAMPLE, self.sample))
        return Digest(known[path], parts=tuple(around))

    @property
    def extent(self) -> int | None:
        """How many elements it has, along the first axis; None where it has no size."""
        found = _NUMBER.search(self.size)
        return int(found[0]) if found is not None else None

    @property
    def form(self) -> Form | None:
        """How it is built: as large, with the same keys or labels, as another one of that form; or None."""
        return form_of(self.type, self.size, dict(self.parts))

    @property
    def users_class(self) -> str:
        """The hash of its class where that is of the user's making and told apart. Empty for a class."""
        return _class_in(dict(self.parts), "", self.value)

    def has_place(self, path: str, seen: Digest) -> bool:
        """Whether there is an element to be replaced at ``path``, as there was in ``seen``.

        A mapping and what has attributes take anything new. Only sequences have no place beyond their end.
        """
        inner = containing(path)
        if inner and seen.parts and self.parts:
            return self._has_inner_place(path, inner[0], seen)
        now, before = self.extent, seen.extent
        if now is None or before is None:
            return True
        if path in _WHOLE_AXES:
            return self._has_axis(path, seen)
        if self.type not in _FIXED:
            return True
        first = _FIRST_INDEX.match(path)
        if first is None:
            return now >= before
        at = int(first[1])
        return -now <= at < now

    def _has_axis(self, path: str, seen: Digest) -> bool:
        """Whether the labels, or the shape, stored into ``seen`` can be stored here: they are as many."""
        ours, theirs = (tuple(map(int, _NUMBER.findall(each.size))) for each in (self, seen))
        if path == ".shape":
            return prod(ours) == prod(theirs)
        return ours[_WHOLE_AXES[path]] == theirs[_WHOLE_AXES[path]]

    def _has_inner_place(self, path: str, holder: str, seen: Digest) -> bool:
        """The same for an element of a part. Of parts the hashes are known, and what parts they have."""
        now, before = dict(self.parts), dict(seen.parts)
        if may_be_untold(holder, self.type):
            return True
        if holder not in before:
            return True  # it was not told apart then
        if holder not in now or now[holder] == before[holder]:
            return holder in now
        if _class_in(now, holder, now[holder]) != _class_in(before, holder, before[holder]):
            return False
        if path.endswith("]") and not path.endswith('"]'):
            return path in now or not any(covers(path, part) for part in before)
        keyed = (holder + '["', holder + ".")
        return any(part.startswith(keyed) for part in now)

    def still_has(self, path: str, seen: Digest) -> bool:
        """Whether the part at ``path`` is the one that ``seen`` is the digest of, as far as can be told.

        Where the part is not known here, it is the same if what it lay in is.
        """
        known = dict(self.parts)
        if path in known:
            return known[path] == seen.value
        if is_structure(path) and (value := structure_value(path, self.type, self.size, known)) is not None:
            return value == seen.value
        if self.quality == "exact" and not self.layout:
            known[""] = self.value
        if self.sample and not self.parts:  # sampled: it tells no part
            known[_SAMPLE] = self.sample
        return any(known.get(outer) == value for outer, value in seen.parts)


_CLASS = ".__class__"
"""The part of a value that is its class, told apart where the class is of the user's making."""
_FORM = (".index", ".dtype")
"""Parts that decide what a store puts there: a frame's index lays a column out, a dtype converts a number."""


def _class_in(parts: Mapping[str, str], path: str, value: str) -> str:
    """The hash of the class of the part at ``path``, of which ``value`` is the hash. Empty for a class."""
    found = parts.get(path + _CLASS, "")
    return found if found != value else ""


def agree(one: Digest | None, other: Digest | None) -> bool:
    """``Digest.agrees`` of what may not be there (None): absent is equal to absent alone."""
    return one is other if one is None or other is None else one.agrees(other)


TYPE_ALONE = ("type()",)
"""The ``places`` of a read that asks whether a value is there, and of which type it is."""


@dataclass(frozen=True, slots=True)
class Read:
    """One name that a run took from outside. ``path`` is ``""`` for the whole value.

    ``digest`` is None where the name was absent: a builtin, or a NameError. ``store_only`` marks a read
    that only stored something into the value: that it was there counts, not what it held. ``places`` are
    the paths of these stores (empty: at a key that the code works out); a deletion has none, and with
    ``TYPE_ALONE`` the type counts and nothing else. ``cached`` is a name whose value remembers results that
    depend on this read. It may have been read by an earlier run, whose result this one took: then ``digest``
    is the value at that time.
    """

    name: Name
    path: str = ""
    digest: Digest | None = None
    store_only: bool = False
    places: tuple[str, ...] = ()
    cached: str = ""

    def fits(self, digest: Digest) -> bool:
        """Whether a read that only stores can store into this value too, and with the same outcome."""
        seen = self.digest
        if not self.places or seen is None:
            return True
        if self.places == TYPE_ALONE:
            return seen.type == digest.type
        if seen.type != digest.type or any(seen.part(path) != digest.part(path) for path in _FORM):
            return False
        if seen.users_class != digest.users_class:
            return False  # it may forbid the attribute, or do something else with it
        return seen.agrees(digest) or all(digest.has_place(path, seen) for path in self.places)

    @property
    def is_module(self) -> bool:
        """Whether it is of a module's file: what counts is what was imported of it."""
        return self.digest is not None and self.digest.type == "module" and self.name.is_file

    @property
    def label(self) -> str:
        """By the name and the path: ``df`` or ``df["price"]``."""
        return self.name + self.path

    @property
    def words(self) -> str:
        """As the user would write it: ``df["price"]``, ``len(xs)``, ``helpers.RATE``."""
        return in_code(f"{self.name.label}{self.path}" if self.name.is_patch else self.label)


@dataclass(frozen=True, slots=True)
class Share:
    """An object that a written value holds, and that another name held already: who made it.

    ``run`` bound the object to ``name``; ``path`` is the part of that value in which it lay, and ``number``
    counts such objects through the session. ``kind`` is
    ``instance`` for one of a class of the user's, and ``data`` for any other that is no class and no
    function. ``inside`` is the part of the written value that holds it, empty for the value itself, and for a
    class in parts that are not known. An object in several parts is told once for each.
    """

    number: int
    run: int
    name: Name
    path: str = ""
    kind: ObjectKind = "data"
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One name that a run bound, changed in place or deleted.

    ``paths`` are the parts that changed, empty for the whole value. ``digest`` is the value after
    the run, None once deleted. ``sources`` are the names whose reads flow into the value: empty
    for a constant, None where that is not known and every read of the run may matter. ``before`` is
    the value that a change in place started from: through an alias the run may not have read it.
    ``reads_before`` is the number of the run's reads that came before the name was bound (None: perhaps
    all of them): a later read that fails takes nothing away from it. ``path_sources`` are the sources of
    single parts, where they are fewer; the part ``""`` stands for the rest of a value that was bound.
    ``shares`` are the objects in it that another name holds or held as well. ``beside``: a thread, a task
    or a callback of the run did it while other cells ran, or between them.
    """

    name: Name
    kind: WriteKind = "bind"
    paths: tuple[str, ...] = ()
    digest: Digest | None = None
    sources: tuple[str, ...] | None = None
    before: Digest | None = None
    reads_before: int | None = None
    path_sources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    shares: tuple[Share, ...] = field(default=(), compare=False)
    beside: bool = False

    @property
    def keeps_form(self) -> bool:
        """Whether a change in place certainly left the length, the shape and the keys as they were."""
        if self.kind != "mutate" or self.before is None or self.digest is None:
            return False
        form = self.before.form
        return form is not None and form == self.digest.form

    def tainted(self, names: Collection[str]) -> tuple[str, ...] | None:
        """The parts that doubt about ``names`` reaches; None where it may be the whole value."""
        if not self.path_sources:
            return None
        found = tuple(path for path, sources in self.path_sources if not set(names).isdisjoint(sources))
        return None if "" in found else found


@dataclass(frozen=True, slots=True)
class RandomUse:
    """What a run did with the global generator of ``library`` (``random``, ``numpy``, ``torch``).

    ``reseeded`` is a seed from the clock or the system, which gives other numbers each time.
    ``before`` and ``after`` are digests of the generator's state, empty where it was not known.
    """

    library: str
    how: RandomKind
    before: str = ""
    after: str = ""


FROM_SYSTEM = RandomUse("system", "drew")
"""The run took random numbers from the operating system, as a generator without a seed does."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A clause of a contract that what a run wrote did not meet. ``code`` is that of its finding."""

    name: Name
    code: str
    difference: str
    """In words: ``price: 3 % null, was 0 in 14 runs``."""


NOTHING = "nothing"
"""The ``output`` of a run that displayed nothing."""


Effect = tuple[Name, tuple[str, ...]]
"""A setting or a file that a text may change, and the parts where it is only these."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a cell.

    ``number`` counts runs from 1; ``count`` is the execution count that the front end shows (None
    where it shows none). ``started`` is a POSIX timestamp and ``duration`` is in seconds.
    ``unbound`` are names that the text binds somewhere and files that it writes, and this run did not:
    behind an error, or in a branch not taken. ``random`` tells which global random generators moved.
    ``conservative`` marks reads that were worked out from the source instead of observed. ``stopped_at``
    is the line of the text at which an error or an interrupt ended the run (0: it ran to its end, or the
    line is not known). ``output`` is a hash of what the run displayed, empty where that is not known.
    ``in_place`` is False where it displayed that elsewhere than below its cell (``%cellgraph rerun``).
    ``untouched`` are reads of settings that were at their defaults: nearly every run has some, so they
    stand apart. ``breaches`` tell how names under contract were not what they had been. ``unset`` are the
    settings and the attributes of libraries that the text sets somewhere, and the random generators that it
    uses, where this run did not.
    """

    number: int
    cell: str
    count: int | None
    source: str
    outcome: Outcome = "ok"
    error: str = ""
    started: float = 0.0
    duration: float = 0.0
    reads: tuple[Read, ...] = ()
    writes: tuple[Write, ...] = ()
    unbound: tuple[str, ...] = ()
    conservative: bool = False
    random: tuple[RandomUse, ...] = ()
    stopped_at: int = 0
    output: str = ""
    in_place: bool = True
    untouched: tuple[Read, ...] = ()
    breaches: tuple[Breach, ...] = ()
    unset: tuple[Effect, ...] = ()

    @property
    def failed_at(self) -> int | None:
        """The line at which an error ended the run; None if none did. Where the line is not known: 0."""
        return self.stopped_at if self.outcome == "error" else None

    @property
    def is_unfinished(self) -> bool:
        """Whether it is not known what the run makes: it was interrupted, or could not be observed."""
        return self.outcome in ("interrupted", "unobserved")

    @property
    def label(self) -> str:
        """What the front end shows beside the cell: ``[4]``."""
        return f"[{self.count}]" if self.count is not None else f"[run {self.number}]"


@dataclass(frozen=True, slots=True)
class Order:
    """The notebook as it is shown: the cells from top to bottom, and what became of the others.

    ``edited`` are cells whose present text is not the text that ran. ``texts`` holds the present texts of
    these and of the cells that have never run, as far as they are known. ``effects`` are the settings and
    files that such a text, or what an interrupted run of a cell had not come to, would change, each with the
    parts where it is only these. ``absent`` are names that
    these texts look up and that are not there. ``prose`` are those of ``deleted`` that still stand in the
    notebook and hold no code any more: Markdown, raw text, or nothing. To Restart & Run All that is the same.
    """

    cells: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, tuple[Effect, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()

    def with_cell(self, cell: str) -> Order:
        """The order with one more cell below all others."""
        cells = (*self.cells, cell)
        return Order(cells, self.deleted, self.edited, self.texts, self.effects, self.absent, self.prose)


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a result no longer follows from the notebook.

    ``cell`` is the cell in doubt, ``name`` the input that is to blame, ``cause`` the cell that made
    the difference (None where it is no cell's doing). ``remedy`` lists the cells to run, in order.
    """

    code: str
    severity: Severity
    cell: str
    name: str
    cause: str | None
    message: str
    remedy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nondeterminism:
    """A cell whose results are left to chance, or to the outside, and why. Not a finding: it may be meant so.

    ``elsewhere`` is no lack of a seed: the numbers that were drawn are not those that Restart & Run
    All draws. ``outside`` asks the network, a database, the clock or a person: what Restart & Run All would
    be answered is not known. ``beside`` reads what a thread, a task or a callback changes while other cells
    run: when that happens is a matter of time. ``left`` reads a file that an earlier run of the cell has
    left: where it is not there, a restart gives something else. ``hidden`` ran while warnings were hidden
    that a restart may show. Of the other kinds each gives other results with every run of the notebook.
    """

    kind: ChanceKind
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class CellState:
    """A cell as a report shows it. ``duration`` is of its latest run, in seconds.

    ``writes`` are all names that it writes. Of these it changes ``changed`` in place and deletes ``removed``.
    """

    cell: str
    label: str
    state: State
    source: str
    runs: int = 0
    duration: float = 0.0
    outcome: Outcome = "ok"
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Data that went from one cell to another. ``stale`` names are in doubt where they arrive."""

    source: str
    target: str
    names: tuple[str, ...]
    stale: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """All that a renderer needs, in notebook order. ``plan`` lists the cells to run, in order.

    ``unrun`` holds the texts of cells that the notebook has and of which no run was recorded. ``unsure`` are
    those of them that stand above a cell that ran, and of which the text does not tell all that they change.
    """

    cells: tuple[CellState, ...]
    edges: tuple[Edge, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan: tuple[str, ...] = ()
    conservative: bool = False
    chances: tuple[Nondeterminism, ...] = ()
    unrun: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()

    @property
    def undetermined(self) -> frozenset[str]:
        """The cells that give other results with every run of the notebook."""
        known = ("elsewhere", "outside", "beside", "left", "hidden")
        return frozenset(chance.cell for chance in self.chances if chance.kind not in known)

    def findings_by_cell(self) -> dict[str, list[Finding]]:
        """The findings of each cell that has any, in their order."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.cell, []).append(finding)
        return found

    def label(self, cell: str) -> str:
        """The short label of a cell, or its id where the report does not hold it."""
        for state in self.cells:
            if state.cell == cell:
                return state.label
        return cell


@cache
def _defaults(kind: type) -> Sequence[tuple[str, object]] | None:
    """The fields of a kind of record with their defaults; None for any other type."""
    return tuple((f.name, f.default) for f in fields(kind)) if is_dataclass(kind) else None


def as_json(value: Any, *, sparse: bool = False) -> Any:
    """A value of this module as what ``json.dumps`` takes: the only encoding there is.

    Records become objects with the names of their fields, tuples become arrays, and sets become sorted
    arrays. ``sparse`` leaves out the fields that have their default.
    """
    if isinstance(value, tuple):
        return [as_json(part, sparse=sparse) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    kind: Any = type(value)
    defaults = _defaults(kind)
    if defaults is None:
        return value
    made = {}
    for name, default in defaults:
        part = getattr(value, name)
        if not sparse or (part is not default and part != default):
            made[name] = part if type(part) in _PLAIN else as_json(part, sparse=sparse)
    return made

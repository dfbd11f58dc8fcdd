"""All runs in the order in which they happened: the latest as they are, older ones packed.

A long session has tens of thousands of runs, and hardly any of them is looked at again. Those that something
may ask for at any time stay as they are: the latest runs of each cell, and whoever wrote what a name holds.
The others are packed, a few of one cell together, and unpacked when they are asked for. Nothing is lost.
What the graph of runs needs is kept in columns beside them, so that drawing it unpacks nothing.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import is_
from pickle import dumps, loads
from typing import Any, TypeVar, get_args, overload

from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Outcome, Read, Run, Write

T = TypeVar("T")
KEPT = 12
"""Latest runs of a cell that are never packed, so that an analysis can look at them at any time."""
PACKED = 12
"""Runs that are packed together."""
_SAMPLES, _SAMPLE_BYTES = 12, 16_000
"""The first packs show what all of them have in common, which later ones leave out: half of their size."""
_WINDOW_BITS, _MEMORY_LEVEL = 14, 6
"""How far zlib looks back, which is as far as the sample reaches, and how much it notes of that. More makes
packs smaller by a twentieth, and takes three times the memory, all of which is written to for each pack.
"""
_OPENED = 32
"""Packs that are kept open, to be asked again."""
_NO_COUNT, _COUNTABLE = -1, 1 << 62
_OUTCOMES: tuple[str, ...] = get_args(Outcome)


class GraphNode(NamedTuple):
    """What the graph tells of a run. ``inputs``: the label of what it read, the path, and who made that."""

    number: int
    cell: str
    execution_count: int | None
    outcome: str
    source: str
    inputs: Sequence[tuple[str, str, int]]


class _Table:
    """Texts by the number that stands for them, each kept once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text. A ``Name`` counts as its text."""
        found = self.numbers.get(text)
        if found is None:
            text = str(text)
            found = self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return found


class RunHistory(Sequence[Run]):
    """The runs of a session, oldest first. It only grows; run number ``n`` is element ``n - 1``."""

    def __init__(self) -> None:
        self.size = 0
        """How many runs there are."""
        self._live: dict[int, Run] = {}
        self._packs: list[bytes] = []
        self._sample = b""
        self._pack_of = array("I")
        self._opened: dict[int, dict[int, Run]] = {}
        self._cells, self._texts, self._labels = _Table(), _Table(), _Table()
        self._cell, self._text, self._outcome = array("I"), array("I"), bytearray()
        self._counts = array("q")
        """Execution counts; ``_NO_COUNT`` where there is none, and where one is too large for a column."""
        self._odd_counts: dict[int, int] = {}
        self._label, self._path_at, self._origin = array("I"), array("I"), array("I")
        self._end = array("I")
        self._further: dict[int, list[int]] = {}
        """Who made what runs have read after their end: their threads did."""

    def append(self, run: Run, origins: Sequence[int]) -> None:
        """Add a run. ``origins``: for each of its reads the number of the run that made it, 0 for none."""
        number = self.size + 1
        self._live[run.number if run.number == number else number] = run  # one number, kept once
        self._pack_of.append(0)
        self._cell.append(self._cells.number(run.cell))
        self._text.append(self._texts.number(run.source))
        self._outcome.append(_OUTCOMES.index(run.outcome))
        count = run.count
        if count is not None and not 0 <= count < _COUNTABLE:
            self._odd_counts[len(self._counts)], count = count, None
        self._counts.append(_NO_COUNT if count is None else count)
        for read, origin in zip(run.reads, origins, strict=True):
            self._label.append(self._labels.number(read.name))
            self._path_at.append(self._labels.number(read.path))
            self._origin.append(origin)
        self._end.append(len(self._origin))
        self.size = number

    def amend(self, run: Run, origins: Sequence[int]) -> None:
        """Put a run in the place of the one with its number. Its further reads have ``origins``."""
        number = run.number
        if number in self._live:
            self._live[number] = run
        else:
            self._live[number] = run
            self._pack_of[number - 1] = 0
        if origins:
            self._further.setdefault(number, []).extend(origins)

    def pack(self, packs: Sequence[Sequence[int]]) -> None:
        """Pack runs, some together: nothing else holds them. To ask for them takes a moment from now on."""
        primed: Any = None  # knows what the samples have in common, which it takes a while to learn
        for numbers in packs:
            data = dumps({number: self._live[number] for number in numbers}, 5)
            if len(self._packs) < _SAMPLES:
                self._packs.append(zlib.compress(data, 1))
                self._sample = (self._sample + data)[-_SAMPLE_BYTES:]
            else:
                primed = primed if primed is not None else _packer(self._sample)
                packer = primed.copy() if len(packs) > 1 else primed
                self._packs.append(packer.compress(data) + packer.flush())
            for number in numbers:
                self._pack_of[number - 1] = len(self._packs)
                del self._live[number]
        if primed is not None:
            self._live = self._live.copy()  # a dict keeps the room of what was taken out

    def is_packed(self, number: int) -> bool:
        """Whether a run was packed."""
        return number not in self._live

    def run(self, number: int) -> Run:
        """A run by its number."""
        found = self._live.get(number)
        return found if found is not None else self._open(self._pack_of[number - 1], self._opened)[number]

    def cell(self, number: int) -> str:
        """The cell of a run."""
        return self._cells.texts[self._cell[number - 1]]

    def same_text(self, text: str) -> str:
        """The text itself, or an equal one that is kept already."""
        known = self._texts.numbers.get(text)
        return text if known is None else self._texts.texts[known]

    def origins(self, number: int) -> Sequence[int]:
        """For each read of a run the number of the run that made it, 0 for none."""
        return [*self._origin[self._start(number) : self._end[number - 1]], *self._further.get(number, ())]

    def nodes(self) -> Iterator[GraphNode]:
        """What the graph needs, run by run."""
        cells, texts, labels = self._cells.texts, self._texts.texts, self._labels.texts
        start = 0
        for at, end in enumerate(self._end):
            inputs = [
                (labels[self._label[place]], labels[self._path_at[place]], self._origin[place])
                for place in range(start, end)
                if self._origin[place]
            ]
            outcome = _OUTCOMES[self._outcome[at]]
            cell, text = cells[self._cell[at]], texts[self._text[at]]
            count = self._counts[at] if self._counts[at] >= 0 else self._odd_counts.get(at)
            yield GraphNode(at + 1, cell, count, outcome, text, inputs)
            start = end

    def __len__(self) -> int:
        return self.size

    def after(self, number: int) -> list[Run]:
        """The runs after the first ``number`` ones. Mostly it is one."""
        return [self.run(number + 1)] if number + 1 == self.size else self[number:]

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> list[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | list[Run]:
        if isinstance(place, slice):
            return list(self.runs(at + 1 for at in range(*place.indices(len(self)))))
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError("there is no such run")
        return self.run(at + 1)

    def __iter__(self) -> Iterator[Run]:
        return self.runs(range(1, len(self) + 1))

    def __reversed__(self) -> Iterator[Run]:
        return self.runs(range(len(self), 0, -1))

    def runs(self, numbers: Iterable[int]) -> Iterator[Run]:
        """Many runs. What is unpacked for it is let go of as soon as its runs have been given."""
        opened: dict[int, dict[int, Run]] = {}
        for number in numbers:
            found = self._live.get(number)
            if found is not None:
                yield found
                continue
            pack = self._pack_of[number - 1]
            if pack not in opened:
                opened[pack] = self._unpacked(pack)
            yield opened[pack].pop(number)
            if not opened[pack]:
                del opened[pack]

    def _start(self, number: int) -> int:
        return self._end[number - 2] if number > 1 else 0

    def _open(self, pack: int, opened: dict[int, dict[int, Run]]) -> dict[int, Run]:
        if pack not in opened:
            while len(opened) >= _OPENED:
                del opened[next(iter(opened))]
            opened[pack] = self._unpacked(pack)
        return opened[pack]

    def _unpacked(self, pack: int) -> dict[int, Run]:
        packer = zlib.decompressobj(zdict=self._sample) if pack > _SAMPLES else zlib.decompressobj()
        found: dict[int, Run] = loads(packer.decompress(self._packs[pack - 1]))  # noqa: S301 - packed above
        return found


def _packer(sample: bytes) -> Any:
    """What compresses data that has much in common with a sample."""
    return zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zdict=sample)


class RunsUpTo(Sequence[Run]):
    """Some runs of a history, as a sequence that does not grow. ``numbers`` are those of the runs."""

    def __init__(self, history: RunHistory, numbers: Sequence[int]) -> None:
        self._history = history
        self._numbers = numbers

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> list[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | list[Run]:
        if isinstance(place, slice):
            return list(self._history.runs(self._numbers[place]))
        return self._history.run(self._numbers[place])

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Run]:
        return self._history.runs(self._numbers)

    def __reversed__(self) -> Iterator[Run]:
        return self._history.runs(reversed(self._numbers))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def share(told: dict[str, Any], previous: Run | None) -> None:
    """Put what is the same in a cell's previous run in the place of what a new one is to be made of.

    ``told`` holds fields of the new run.
    """
    if previous is None:
        return
    told["cell"] = previous.cell
    if told["unbound"] == previous.unbound:
        told["unbound"] = previous.unbound
    if told["unset"] == previous.unset:
        told["unset"] = previous.unset
    told["reads"] = _shared(told["reads"], previous.reads, _same_read)
    told["writes"] = _shared(told["writes"], previous.writes, _same_write)
    told["untouched"] = _shared(told["untouched"], previous.untouched, _same_read)


def _shared(now: tuple[T, ...], before: tuple[T, ...], same: Callable[[T, T], bool]) -> tuple[T, ...]:
    if not now or len(now) != len(before):
        return now
    pairs = zip(now, before, strict=True)
    joined = (*[old if new is old or same(new, old) else new for new, old in pairs],)
    return before if all(map(is_, joined, before)) else joined


def _same_read(one: Read, other: Read) -> bool:
    return one == other and same_digest(one.digest, other.digest)


def _same_write(one: Write, other: Write) -> bool:
    same = one == other and one.shares == other.shares
    return same and same_digest(one.digest, other.digest) and same_digest(one.before, other.before)


def same_digest(one: Digest | None, other: Digest | None) -> bool:
    """Whether two digests that are equal say the same to people as well."""
    if one is other or one is None or other is None:
        return one is other
    return (one.parts, one.size, one.type, one.preview) == (
        other.parts,
        other.size,
        other.type,
        other.preview,
    )

"""The frozen types of contracts. They are plain data: numbers, texts and tuples of these."""

from __future__ import annotations

from cellgraph.light_dataclass import dataclass

Scalar = bool | int | float | str

FEW = 20
"""Distinct values up to which a column counts as one of categories."""
SETTLED = 3
"""Different samples after which a bound that has not moved counts as one that holds."""
RANGED = 5
"""The same for the range of numbers, which the next sample exceeds more easily."""
KEPT_DIGESTS = 64
"""Digests by which a contract tells whether a sample is a different one."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one column of a frame, one entry of a dict, or the elements of an array or list were.

    ``count`` elements were looked at: all of them if ``exact``, else a sample. ``kinds`` are the types of
    elements that are Python objects. ``values`` are the distinct elements where they are few. ``repeated``
    counts the elements that occur again. What is not known is None.
    """

    label: Scalar
    """The column's name or the dict's key; ``""`` for the elements of an array, a series or a list."""
    dtype: str
    kinds: tuple[str, ...] = ()
    count: int = 0
    exact: bool = True
    nulls: int | None = None
    values: tuple[Scalar, ...] | None = None
    repeated: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a value was at one moment. ``shape`` is empty for a value that is no collection."""

    type: str
    """The full name of its class: ``pandas.DataFrame``."""
    shape: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def labelled(self) -> dict[Scalar, Part]:
        """The parts by their labels."""
        return {part.label: part for part in self.parts}


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit, and the number of different samples that it has held for since it last moved."""

    at: float
    samples: int = 1


@dataclass(frozen=True, slots=True)
class Clause:
    """What is expected of one part.

    ``nulls`` is the largest share of missing elements so far (None: not known). ``values`` are all elements
    so far where they are few, and have been the same for ``values_for`` different samples. ``unique_for`` is
    the number of different samples without a repeated element, 0 once there was one.
    """

    label: Scalar
    dtype: str
    kinds: tuple[str, ...] = ()
    nulls: float | None = None
    values: tuple[Scalar, ...] | None = None
    values_for: int = 0
    unique_for: int = 0
    most: int = 0
    """The largest number of elements that were looked at in one sample."""
    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What is expected of a name's value when one cell has made it.

    ``cell`` is the cell that made the value when it was put under contract, empty where no cell is known:
    then every run that writes the name is checked. ``code`` is a hash of that cell's code: in a terminal the
    same code is another cell each time. ``runs`` and ``samples`` count the runs that the contract
    rests on, and how many of these had different values. ``since`` is the number of the run up to which the
    name's history is settled: what an earlier run broke is accepted.
    """

    name: str
    type: str
    cell: str = ""
    code: str = ""
    lengths: tuple[int, int] | None = None
    """The shortest and the longest first dimension; None for a value that is no collection."""
    shape: tuple[int, ...] = ()
    """The dimensions behind the first."""
    clauses: tuple[Clause, ...] = ()
    runs: int = 1
    samples: int = 1
    since: int = 0
    seen: tuple[str, ...] = ()
    """Digests of the latest different samples."""

    @property
    def labelled(self) -> dict[Scalar, Clause]:
        """The clauses by the labels of their parts."""
        return {clause.label: clause for clause in self.clauses}


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that a value does not meet: the code of its finding, and the difference in words."""

    code: str
    words: str

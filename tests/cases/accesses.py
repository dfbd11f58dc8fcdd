"""One row of the table of reads and writes."""

from __future__ import annotations

import builtins
import sys
from dataclasses import dataclass
from textwrap import dedent

from cellgraph.model import Read, Run, Write

CONSERVATIVE = sys.version_info < (3, 12)
"""Whether reads are worked out from the text here."""

_MARKS = {"bind": "", "mutate": "~", "delete": "-"}


@dataclass(frozen=True)
class Differs:
    """What Python 3.11 records instead, and why. None: the same as elsewhere."""

    why: str
    reads: str | None = None
    writes: str | None = None


@dataclass(frozen=True)
class Case:
    """Cells that run in turn, and what the last of them reads and writes.

    ``reads`` are labels between spaces; ``?x`` is a name that was looked for and was not there, and
    ``>x`` one that the run only stored something into.
    ``writes`` are names between spaces: ``x`` is bound, ``~x`` changed in place, ``-x`` deleted. Where
    one of them names a part (``~x["k"]``), all parts that were changed are named.
    A cell's own result is left out, and so are builtins. ``error`` names the exception that the last
    cell raises, ``fails`` says why the case cannot be met yet. Without ``on_311`` Python 3.11 records
    the same.
    """

    name: str
    cells: tuple[str, ...]
    reads: str = ""
    writes: str = ""
    error: str = ""
    fails: str = ""
    on_311: Differs | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def texts(self) -> tuple[str, ...]:
        """The cells, with the table's own indentation taken off."""
        return tuple(dedent(cell).strip("\n") for cell in self.cells)

    @property
    def tells_parts(self) -> bool:
        """Whether the writes are told part by part."""
        return any(mark in word for word in self.writes.split() if word[0] == "~" for mark in ".[")

    @property
    def expected(self) -> tuple[set[str], set[str]]:
        """Reads and writes for the Python that runs this."""
        reads, writes = self.reads, self.writes
        if CONSERVATIVE and self.on_311 is not None:
            reads = reads if self.on_311.reads is None else self.on_311.reads
            writes = writes if self.on_311.writes is None else self.on_311.writes
        return set(reads.split()), set(writes.split())


def recorded(run: Run, parts: bool = False) -> tuple[set[str], set[str]]:
    """A run's reads and writes in the words of the table, ``parts``: each part that was changed."""
    reads = {_taken(read) for read in run.reads}
    builtin = {f"?{name}" for name in dir(builtins)}
    wrote = {
        word
        for write in run.writes
        if not write.name.startswith("Out[")
        for word in (_parts_written(write) if parts else [_MARKS[write.kind] + write.name])
    }
    return reads - builtin, wrote


def _taken(read: Read) -> str:
    if read.digest is None:
        return f"?{read.name}"
    return f">{read.name}" if read.store_only else read.label


def _parts_written(write: Write) -> list[str]:
    return [_MARKS[write.kind] + write.name + path for path in write.paths or ("",)]

"""What comes of a verification: changes of outputs, the verdict on a cell, the verdict on a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Verdict = Literal[
    "same",
    "volatile only",
    "version drift",
    "non-deterministic",
    "different",
    "missing file",
    "missing module",
    "error",
    "timed out",
    "not run",
]

MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        "same": "every output is what is saved",
        "volatile only": "only parts differ that no two runs share: addresses, times, temporary paths",
        "version drift": "it differs because Python or a package is another version",
        "non-deterministic": "two fresh runs differ from each other where the saved outputs differ",
        "different": "a fresh run gives something else than what is saved",
        "missing file": "a file that the notebook reads is not there",
        "missing module": "a module that the notebook imports is not installed",
        "error": "a cell raises, or the kernel dies",
        "timed out": "a cell, or the whole, took longer than is allowed",
        "not run": "it could not be run, or has no outputs to compare with",
    }
)
"""The classes, each worse than the one above it, and what they mean."""

RANK: Mapping[Verdict, int] = MappingProxyType({name: rank for rank, name in enumerate(MEANINGS)})

REPRODUCED: frozenset[Verdict] = frozenset({"same", "volatile only"})

ChangeKind = Literal[
    "text", "number", "lines", "cell", "rows", "image", "plot", "message", "traceback", "missing", "extra",
    "other form", "order",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One place in the outputs of a cell where the saved and the fresh one are not the same.

    ``output`` counts the typed outputs of the cell from 1. ``where`` is the place in it: ``line 3``,
    ``row 2, price``. ``volatile`` names the part if it is one that no two runs share, and is empty for a
    true difference. ``weak``: by its form alone the part may as well be a result; it counts as volatile
    only if two fresh runs differ there. ``stderr``: it stands in the error stream. ``warning``: it is the
    text of a Python warning.
    """

    output: int
    where: str
    kind: ChangeKind
    saved: str = ""
    fresh: str = ""
    volatile: str = ""
    weak: bool = False
    stderr: bool = False
    warning: bool = False

    @property
    def place(self) -> tuple[int, str]:
        """Where it is, to look it up among the changes of another comparison."""
        return self.output, self.where


@dataclass(frozen=True, slots=True)
class Shown:
    """One output as a report shows it. ``text`` is base64 for images."""

    kind: Literal["text", "image/png", "image/jpeg", "image/gif", "image/svg+xml", "table", "error", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """What a difference comes from.

    ``cell`` is the code cell that has the input, ``kind`` what the input is, ``name`` how it is called.
    ``sure``: it was compared with a record of how the saved outputs were made.
    """

    message: str
    kind: Literal["source", "file", "name", "seed", "package", "setting", "chance", "order", "unknown"] = (
        "unknown"
    )
    name: str = ""
    cell: int = 0
    sure: bool = False


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """The verdict on one code cell.

    ``number`` counts code cells from 1. ``volatile`` names the parts that were allowed to differ and do.
    ``skipped`` says what was not compared. ``saved`` and ``fresh`` hold the outputs for a report, where
    they differ.
    """

    number: int
    verdict: Verdict
    id: str = ""
    source: str = ""
    changes: tuple[Change, ...] = ()
    volatile: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    error: str = ""
    seconds: float = 0.0
    saved: tuple[Shown, ...] = ()
    fresh: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class NotebookVerdict:
    """The verdict on one file.

    ``reason`` is a sentence for verdicts that are no matter of outputs. ``set_aside``: it is no notebook for
    this tool (another language, no outputs to compare with), which is no failure. ``runs`` is the number of
    fresh runs, ``attempts`` how often it was begun: more than 1 where a worker was lost. ``fingerprint``
    identifies the file's bytes and the options, to resume. ``running`` is the time of the runs alone, in
    seconds, and ``seconds`` the whole.
    """

    path: str
    verdict: Verdict
    cells: tuple[CellVerdict, ...] = ()
    reason: str = ""
    why: Why | None = None
    set_aside: bool = False
    runs: int = 0
    attempts: int = 1
    kernel: str = ""
    seconds: float = 0.0
    running: float = 0.0
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    updated: tuple[int, ...] = ()

    @property
    def first(self) -> CellVerdict | None:
        """The first cell that is not as saved, or None."""
        return next((cell for cell in self.cells if cell.verdict not in REPRODUCED), None)


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The worst of some verdicts; ``same`` if there are none."""
    return max(verdicts, key=RANK.__getitem__, default="same")

"""From what changed in one or several fresh runs to the verdict on a cell: chance, drift, or difference."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from cellgraph.notebooks.verification.compare import Comparison, compare
from cellgraph.notebooks.verification.outputs import shown
from cellgraph.notebooks.verification.text import Tolerance
from cellgraph.notebooks.verification.verdicts import REPRODUCED, CellVerdict, Change, Verdict

_MANY = 4
_STRUCTURAL = frozenset({"lines", "rows", "missing", "extra", "order", "other form"})
"""Kinds of changes that move what stands behind them."""

_DRIFT = (
    re.compile(r"^ImportError: cannot import name '[^']*' from '(?P<module>[\w.]+)"),
    re.compile(r"^AttributeError: (?:partially initialized )?module '(?P<module>[\w.]+)'.* has no attribute"),
    re.compile(r"^AttributeError: '(?P<class>\w+)' object has no attribute"),
    re.compile(r"^AttributeError: type object '(?P<class>\w+)' has no attribute"),
    re.compile(r"^TypeError: (?P<function>[\w.]+)\(\) got an unexpected keyword argument"),
    re.compile(
        r"^(?:SyntaxError|TabError): (?:Missing parentheses in call to 'print'|inconsistent use of tabs)"
    ),
    re.compile(r"^(?:FutureWarning|DeprecationWarning|UserWarning): "),
)
"""Errors that code which once ran meets when Python or a library is newer."""
_NO_MODULE = re.compile(r"^(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)")
_NO_FILE = re.compile(
    r"^(?:FileNotFoundError|NotADirectoryError)\b|No such file or directory"
    r"|^OSError: .*(?:not found|does not exist)"
    r"|^NoSuchFile|^IOError: "
)


@dataclass(frozen=True, slots=True)
class SavedCell:
    """A code cell as the file holds it."""

    number: int
    source: str
    outputs: Sequence[Any]
    count: int | None = None
    id: str = ""

    @property
    def was_run(self) -> bool:
        """Whether the file says that it was run."""
        return self.count is not None or bool(self.outputs)

    @property
    def error(self) -> str:
        """The error among its outputs, in a line; empty if there is none."""
        return next((error_of(output) for output in self.outputs if error_of(output)), "")


@dataclass(frozen=True, slots=True)
class FreshCell:
    """A code cell after a fresh run. ``ended`` is what ended the run in this cell, and its verdict."""

    outputs: Sequence[Any] = ()
    ran: bool = False
    ended: str = ""
    verdict: Verdict = "same"
    seconds: float = 0.0
    by_chance: bool = False
    """Whether its results depend on numbers that were drawn without a seed."""
    draws: bool = False
    """Whether its own code drew such numbers."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a cell with the changes that count, to ask whether a further run is needed."""

    verdict: CellVerdict
    needs_another: bool = False


def error_of(output: Any) -> str:
    """The error that an output holds: ``ValueError: no such column``; empty if it is none."""
    if not isinstance(output, dict) or output.get("output_type") not in ("error", "pyerr"):
        return ""
    return f"{output.get('ename', '')}: {output.get('evalue', '')}"


def judge_cell(saved: SavedCell, runs: Sequence[FreshCell], tolerance: Tolerance) -> Judged:
    """The verdict on a cell after one fresh run, or several of the same notebook."""
    first = runs[0]
    made = CellVerdict(saved.number, "same", saved.id, saved.source, seconds=first.seconds)
    if first.ended:
        return Judged(_with_outputs(replace(made, verdict=first.verdict, error=first.ended), saved, first))
    if not first.ran or not saved.was_run:
        idle = not saved.source.strip() or (not first.ran and not saved.was_run)
        if idle or (not saved.was_run and not first.outputs):
            return Judged(made)
        why = "it was not reached" if saved.was_run else "it has no saved output to compare with"
        return Judged(replace(made, verdict="not run", error=why))
    against = compare(saved.outputs, first.outputs, tolerance)
    if not against.changes:
        return Judged(replace(made, skipped=against.skipped))
    return _judge_changes(made, against, saved, runs, tolerance)


def _judge_changes(
    made: CellVerdict, against: Comparison, saved: SavedCell, runs: Sequence[FreshCell], tolerance: Tolerance
) -> Judged:
    first = runs[0]
    chance = [
        change for other in runs[1:] for change in compare(other.outputs, first.outputs, tolerance).changes
    ]
    several = len(runs) > 1
    counted = against.changes
    if several:
        counted = tuple(_firm(change, chance) for change in counted)
    sure, left = _split(counted, chance)
    volatile = tuple(dict.fromkeys(change.volatile for change in counted if change.volatile))
    made = replace(
        made,
        changes=tuple(sure + left) or counted,
        volatile=volatile,
        skipped=against.skipped,
        verdict=_verdict(sure, left),
    )
    doubtful = bool(sure or left) or any(change.weak for change in counted)
    moving = {change.output for change in chance if not change.volatile}
    unsettled = any(run.by_chance for run in runs) or any(change.output in moving for change in sure)
    needs = doubtful and (not several or (bool(sure) and unsettled))
    return Judged(made if made.verdict in REPRODUCED else _with_outputs(made, saved, first), needs)


def _firm(change: Change, chance: Iterable[Change]) -> Change:
    """A change that was taken for volatile by its form, as a true one where the fresh runs agree there."""
    if not change.weak or not change.volatile or any(_same_place(change, other) for other in chance):
        return change
    return replace(change, volatile="", weak=False)


def _split(counted: Sequence[Change], chance: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    """The true differences, and those where the fresh runs differ from each other."""
    sure: list[Change] = []
    left: list[Change] = []
    moving = _moving(chance)
    for change in counted:
        if not change.volatile:
            here = (change.output, change.stderr)
            by_chance = here in moving or any(_same_place(change, other) for other in chance)
            (left if by_chance else sure).append(change)
    return sure, left


def _moving(chance: Sequence[Change]) -> set[tuple[int, bool]]:
    """The outputs in which fresh runs differ at so many places that none of them is settled."""
    places: dict[tuple[int, bool], set[str]] = {}
    for change in chance:
        if not change.volatile:
            places.setdefault((change.output, change.stderr), set()).add(change.where)
    return {output for output, found in places.items() if len(found) >= _MANY}


def _same_place(change: Change, other: Change) -> bool:
    if other.output != change.output or other.stderr != change.stderr:
        return False
    if not other.volatile and (other.kind in _STRUCTURAL or change.kind in _STRUCTURAL):
        return True
    return other.where == change.where


def _verdict(sure: Sequence[Change], left: Sequence[Change]) -> Verdict:
    if sure:
        return "version drift" if all(_is_drift(change) for change in sure) else "different"
    return "non-deterministic" if left else "volatile only"


def _is_drift(change: Change) -> bool:
    return change.stderr and change.warning


def _with_outputs(made: CellVerdict, saved: SavedCell, fresh: FreshCell) -> CellVerdict:
    return replace(made, saved=shown(saved.outputs), fresh=shown(fresh.outputs))


# -- how a run ended -------------------------------------------------------------------------------


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class ErrorJudge:
    """Which class an error is. ``defined`` are the names that the notebook's own code defines.

    ``installed`` tells whether a top-level module is there.
    """

    defined: frozenset[str] = frozenset()
    installed: Callable[[str], bool] = _is_installed

    def verdict(self, error: str, *, ran_before: bool) -> Verdict:
        """The class of ``ValueError: no such column``. ``ran_before``: the saved cell shows no error."""
        missing = _NO_MODULE.search(error)
        if missing is not None:
            return self._missing(missing["module"], ran_before=ran_before)
        if _NO_FILE.search(error):
            return "missing file"
        return "version drift" if ran_before and self._is_drift(error) else "error"

    def _missing(self, module: str, *, ran_before: bool) -> Verdict:
        """A module that a package once had and no longer has is a matter of versions."""
        inner = "." in module and self.installed(module.partition(".")[0])
        return "version drift" if inner and ran_before else "missing module"

    def _is_drift(self, error: str) -> bool:
        found = next(filter(None, (pattern.search(error) for pattern in _DRIFT)), None)
        if found is None:
            return False
        named = found.groupdict()
        own = named.get("class") or (named.get("function") or "").rpartition(".")[2]
        if named.get("class") and hasattr(builtins, named["class"]) and not _old_method(error):
            return False
        return not own or own not in self.defined


_OLD_METHODS = re.compile(r"attribute '(?:has_key|iteritems|itervalues|iterkeys|decode|next)'")


def _old_method(error: str) -> bool:
    """Whether it asks for a method that Python 2 had."""
    return _OLD_METHODS.search(error) is not None


_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


def defined_names(sources: Iterable[str]) -> frozenset[str]:
    """The functions and classes that some cells define."""
    return frozenset(name for source in sources for name in _DEFINED.findall(source))

"""Checking files: one in, its findings out. Nothing that is in a file makes it raise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path

from cellgraph import rules
from cellgraph.notebooks.checks.counts import count_findings, counts_tell
from cellgraph.notebooks.checks.document import Document, UnreadableError, file_bytes, read_document
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.notebooks.checks.flow import flow_of
from cellgraph.notebooks.checks.names import name_findings, syntax_findings, walk
from cellgraph.notebooks.checks.outputs import error_findings, random_findings
from cellgraph.notebooks.checks.settings import Settings, ignored_by_comment
from cellgraph.notebooks.checks.stamped import StampVerdict, stamp_findings
from cellgraph.notebooks.checks.surroundings import file_findings, module_findings, path_findings

_CHUNK = 16
"""Files that a worker takes at a time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file.

    ``skipped`` is why it was not looked into, ``error`` a fault of the checker's own. ``stamp`` tells which
    outputs are still what the text gives; it is None if the notebook has no stamp.
    """

    path: str
    findings: tuple[CheckFinding, ...] = ()
    cells: int = 0
    skipped: str = ""
    error: str = ""
    seconds: float = 0.0
    stamp: StampVerdict | None = None


_BY_COUNTS = frozenset({rules.WRONG_ORDER.code, rules.HIDDEN_RUNS.code, rules.RAN_TWICE.code})
"""What is concluded from the execution counts of a saved notebook."""


def check_paths(paths: Sequence[str], settings: Settings, jobs: int = 1) -> Iterator[Checked]:
    """Check files in their order, in several processes if ``jobs`` is more than 1."""
    if jobs <= 1 or len(paths) <= _CHUNK or "-" in paths:
        yield from (check_path(path, settings) for path in paths)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(partial(check_path, settings=settings), paths, chunksize=_CHUNK)


def check_path(path: str, settings: Settings) -> Checked:
    """Check one file; ``-`` is standard input."""
    start = time.perf_counter()
    try:
        data = sys.stdin.buffer.read() if path == "-" else file_bytes(Path(path))
    except OSError as error:
        return Checked(path, (unreadable(path, error.strerror or type(error).__name__),))
    return check_data("<stdin>" if path == "-" else path, data, settings, start)


def check_data(path: str, data: bytes, settings: Settings = Settings(), start: float = 0.0) -> Checked:  # noqa: B008 - frozen
    """Check the bytes of one file."""
    start = start or time.perf_counter()
    try:
        document = read_document(path, data)
        if not document.is_python:
            return Checked(path, cells=len(document.cells), skipped=f"its language is {document.language}")
        stamp, told = stamp_findings(document)
        found = _without_told_by_stamp(_kept(document, settings, told), stamp)
    except UnreadableError as error:
        kept = [one for one in (unreadable(path, str(error)),) if settings.keeps(one)]
        return Checked(path, tuple(kept), seconds=time.perf_counter() - start)
    except Exception as error:  # noqa: BLE001 - one file that is too much for the checker costs no other one
        return Checked(path, error=f"{type(error).__name__}: {error}", seconds=time.perf_counter() - start)
    return Checked(path, found, len(document.cells), seconds=time.perf_counter() - start, stamp=stamp)


def _kept(document: Document, settings: Settings, more: Iterable[CheckFinding]) -> tuple[CheckFinding, ...]:
    silenced = {cell.number: ignored_by_comment(cell.source) for cell in document.cells}
    found = [
        one
        for one in chain(findings_of(document, settings), more)
        if settings.keeps(one) and one.code not in silenced.get(one.cell, ())
    ]
    return tuple(sorted(found, key=lambda one: (one.cell, one.span.line, one.span.column, one.code)))


def _without_told_by_stamp(
    found: tuple[CheckFinding, ...], stamp: StampVerdict | None
) -> tuple[CheckFinding, ...]:
    """Without what the counts only suggest where a stamp knows that the output is what the text gives."""
    if stamp is None:
        return found
    whole = bool(stamp.fresh) and not (stamp.stale or stamp.unknown)
    return tuple(
        one
        for one in found
        if one.code not in _BY_COUNTS or one.certainty == "certain" or not (whole or one.cell in stamp.fresh)
    )


def findings_of(document: Document, settings: Settings = Settings()) -> Iterator[CheckFinding]:  # noqa: B008, C901 - frozen; a family each
    """All findings of a notebook whose codes are wanted, in no order."""

    def wanted(*some: rules.Rule) -> bool:
        return any(settings.wants(rule.code) for rule in some)

    if wanted(rules.UNPARSABLE):
        yield from syntax_findings(document)
    if wanted(
        rules.USED_BEFORE,
        rules.DEFINED_BELOW,
        rules.DEFINED_NOWHERE,
        rules.DELETED_ABOVE,
        rules.NEEDED_BY_CALL,
    ):
        yield from name_findings(document, walk(document))
    flow = cache(lambda: flow_of(document))  # many notebooks are in order and draw nothing
    if wanted(rules.WRONG_ORDER, rules.HIDDEN_RUNS, rules.RAN_TWICE) and counts_tell(document):
        yield from count_findings(document, flow())
    if wanted(rules.UNSEEDED):
        yield from random_findings(document, flow)
    simple: tuple[tuple[rules.Rule, Callable[[Document], Iterator[CheckFinding]]], ...] = (
        (rules.STORED_ERROR, error_findings),
        (rules.MACHINE_PATH, path_findings),
        (rules.NO_MODULE, module_findings),
        (rules.NO_FILE, file_findings),
    )
    for rule, look in simple:
        if wanted(rule):
            yield from look(document)
    if wanted(rules.SECRET):
        from cellgraph.notebooks.checks.secrets import is_available, secret_findings

        if is_available():
            yield from secret_findings(document)


def unreadable(path: str, reason: str) -> CheckFinding:
    """The finding for a file that is no notebook."""
    rule = rules.UNREADABLE
    return CheckFinding(
        rule.code, "warning", "certain", rule.sentence.format(reason=reason), path, rule.remedy
    )

"""Cells that were split, and cells that were merged or pasted: their texts have run, in other cells.

The texts of a split cell together are what one cell ran before. Where the lower half has run: what it left
alone when it ran by itself, from what that run had left, is the upper half's doing. Where it has not run: the
halves make what that run made, if they find what it found.

Front ends merge cells into one of them and delete the others. A cell that is cut and pasted gets a new id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile

from cellgraph.analyse.environment import LOOK_BACK
from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Order, Read, Run, Write, agree
from cellgraph.record.ledger import Ledger, same_value


class Split(NamedTuple):
    """The run of a cell before it was split, and the cells of its lower parts, none of which has run.

    ``more``: what the last of them has below all that this run executed.
    """

    run: Run
    lower: tuple[str, ...]
    more: str


def splits(ledger: Ledger, order: Order) -> dict[str, Split]:
    """The cells whose former text stands in them and in cells below that never ran."""
    unrun = {cell for cell in order.texts if ledger.latest(cell) is None}
    cells = order.cells
    found = {}
    for at, cell in enumerate(cells[:-1]):
        if cell not in unrun and cells[at + 1] in unrun:
            below = takewhile(unrun.__contains__, cells[at + 1 :])
            if (split := _split(ledger, order, cell, below)) is not None:
                found[cell] = split
    return found


def _split(ledger: Ledger, order: Order, cell: str, below: Iterable[str]) -> Split | None:
    latest = ledger.latest(cell)
    upper = order.texts.get(cell) or (latest.source if latest is not None else "")
    together, parts = statements_of(upper), list[str]()
    runs = [run for run in ledger.runs_of(cell)[-LOOK_BACK:] if is_whole(ledger, run)]
    for part in below if together else ():
        if order.texts[part].strip() and not statements_of(order.texts[part]):
            return None  # it has magics, or only comments
        together, parts = (*together, *statements_of(order.texts[part])), [*parts, part]
        for run in reversed(runs):
            rest = len(together) - len(statements_of(run.source))
            if 0 <= rest < len(statements_of(order.texts[part])) and starts_with(together, run):
                more = _last_statements(order.texts[part], rest)
                return Split(run, tuple(parts), more) if more is not None else None
    return None


def _last_statements(text: str, count: int) -> str | None:
    """The text of the last statements; None where they share a line with the one above."""
    if not count:
        return ""
    *_, above, first = body(text)[: len(body(text)) - count + 1]
    start = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))])
    shares = above.end_lineno is not None and above.end_lineno >= start
    return None if shares else "\n".join(text.splitlines()[start - 1 :])


def done_by_lower(split: Split, upper: Run) -> Run:
    """What the lower parts do, as a run of the last of them. ``upper`` is the run of the upper part alone."""
    done = {write.name: write.digest for write in upper.writes}
    others = (write for write in split.run.writes if not write.name.refers_to_result)
    writes = (write for write in others if not agree(write.digest, done.get(write.name)))
    return replace(split.run, cell=split.lower[-1], writes=tuple(writes))


def made_by_upper_half(ledger: Ledger, order: Order, run: Run, text: str) -> tuple[Write, ...]:
    """What a run wrote with a text of which ``text`` is the upper half; nothing where that is not known."""
    if run.outcome != "ok" or ledger.used_older(run):
        return ()
    lower = _lower_half(ledger, order, run, text)
    if lower is None or not all(_is_left(read, run) for read in lower.reads):
        return ()
    own = {write.name for write in lower.writes}
    return tuple(write for write in run.writes if write.name not in own and not write.name.refers_to_result)


def _lower_half(ledger: Ledger, order: Order, run: Run, text: str) -> Run | None:
    """The run of the cell below, where that has the rest of what ``run`` executed."""
    cells = order.cells
    at = cells.index(run.cell) + 1
    below = ledger.latest(cells[at]) if at < len(cells) and cells[at] not in order.texts else None
    if below is None or below.outcome != "ok" or below.number < run.number:
        return None
    return below if [*_lines(text), *_lines(below.source)] == [*_lines(run.source)] else None


def _lines(text: str) -> Iterator[str]:
    return (line.rstrip() for line in text.splitlines() if line.strip())


def _is_left(read: Read, run: Run) -> bool:
    """Whether a read of the lower half found what the whole run had read there, or left there."""
    written = [write for write in run.writes if write.name == read.name]
    if written:
        return same_value(read, written[-1].digest)
    reads = (other for other in run.reads if other.name == read.name and other.path in ("", read.path))
    return any(same_value(read, other.digest) for other in reads)


MOST_DELETED = 50
"""If more cells are deleted, those that ran last are looked at."""


def merged_runs(ledger: Ledger, order: Order, text: str, own: Run | None) -> tuple[Run, ...]:
    """The runs of deleted cells, and of the cell itself, whose texts make up a text. Empty if none do."""
    rest = statements_of(text) if order.deleted else ()
    if not rest:
        return ()
    parts: list[Run] = []
    left = [run for run in (own, *_deleted_runs(ledger, order)) if run is not None and is_whole(ledger, run)]
    while rest:
        at = len(parts)
        starting = [run for run in left if starts_with(rest, run)]
        parts += sorted(starting, key=lambda run: len(statements_of(run.source)))[-1:]
        if len(parts) == at:
            return ()
        left.remove(parts[-1])
        rest = rest[len(statements_of(parts[-1].source)) :]
    return tuple(parts) if parts != [own] else ()


def _deleted_runs(ledger: Ledger, order: Order) -> list[Run]:
    runs = [run for cell in order.deleted if (run := ledger.latest(cell)) is not None]
    return sorted(runs, key=lambda run: run.number)[-MOST_DELETED:]


def starts_with(statements: tuple[str, ...], run: Run) -> bool:
    """Whether these statements begin with all that a run executed."""
    own = statements_of(run.source)
    return statements[: len(own)] == own


def is_whole(ledger: Ledger, run: Run) -> bool:
    """Whether a run did all that its text says, with objects that a restart has as well."""
    return run.outcome == "ok" and bool(statements_of(run.source)) and not ledger.used_older(run)


@lru_cache(maxsize=256)
def statements_of(text: str) -> tuple[str, ...]:
    """The statements of a text without comments and layout; none where it is not plain Python."""
    return tuple(map(syntax_text, body(text)))

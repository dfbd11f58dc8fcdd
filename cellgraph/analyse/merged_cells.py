"""Cells that were merged or pasted: a text that has not run, made of texts that have, one below the other.

Front ends merge cells into one of them and delete the others. A cell that is cut and pasted gets a new id.
"""

from __future__ import annotations

from functools import lru_cache

from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import body
from cellgraph.model import Order, Run
from cellgraph.record.ledger import Ledger

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

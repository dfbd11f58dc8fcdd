"""Variables that a cell's text names in strings: in queries, formulas and commands of the shell."""

from __future__ import annotations

from dataclasses import replace

from cellgraph.code.statements import Block, every_step
from cellgraph.code.string_names import KEEPS_TO_ITSELF, NameInString
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import Pending
from cellgraph.trace.files.file_dataflow import with_loads
from cellgraph.trace.tracing_backend import Touched

_NOWHERE = 0
"""The line of a name that no statement of the cell spells."""


def with_names_in_strings(pending: Pending, touched: Touched, store: DigestStore) -> tuple[Block, Touched]:
    """The statements of a run and what it accessed, with what strings name among its reads.

    A name in a formula that is a column of what the run read stands for that column, and is left out.
    """
    source = pending.source
    certain = [each for each in source.interpolated if each.name not in pending.rebound]
    digests = [digest for name in touched.reads if (digest := store.digest(name)) is not None]
    columns = {path for digest in digests for path, _ in digest.parts}
    later = {NameInString(name, _NOWHERE) for name in touched.formulas}
    perhaps = [each for each in source.formulas | later if f'["{each.name}"]' not in columns]
    found = sorted(each for each in {*certain, *perhaps} if _is_looked_up(each, touched, pending, store))
    for each in found:
        touched.reads.setdefault(each.name, frozenset({("", False)}))
    unplaced = frozenset(each.name for each in found if each.line == _NOWHERE)
    block = with_loads(pending.block, [each for each in found if each.line != _NOWHERE])
    return block, replace(touched, deferred=touched.deferred | unplaced)


def _is_looked_up(found: NameInString, touched: Touched, pending: Pending, store: DigestStore) -> bool:
    """Whether a run looks up the name that a string spells: there is such a variable to be asked for.

    Where the text asks the namespace for just that name, it counts as well that there is none.
    """
    if found.name not in pending.before:
        return found.asked and _is_first(found, pending.block)
    if found.deferred and not touched.conservative:
        return False  # its function tells when it runs
    asked = store.digest(found.database) if found.database else None
    return asked is None or asked.type not in KEEPS_TO_ITSELF


def _is_first(found: NameInString, block: Block) -> bool:
    """Whether a text asks for a name above all statements that bind it, or in the first of them."""
    return not any(found.name in step.binds and step.line < found.line for step in every_step(block))

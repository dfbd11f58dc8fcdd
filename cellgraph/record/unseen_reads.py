"""Reads that no instruction shows: results of other cells, names in strings, and listings of all names.

``_3`` and ``Out[3]`` are results of other cells. Queries, formulas and commands of the shell name variables
in strings. A run that goes through the names of the notebook reads each name that it may have found there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cellgraph.code.name_listings import Listing, by_function
from cellgraph.code.source import Source
from cellgraph.code.statements import Block, bound_names, every_step
from cellgraph.code.string_names import KEEPS_TO_ITSELF, NameInString
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import TYPE_ALONE, Digest, Read
from cellgraph.names import LISTED_NAMES, Name, variable
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.record.run_context import Pending, RunContext, changeable
from cellgraph.trace.files.file_dataflow import with_loads
from cellgraph.trace.tracing_backend import Touched


def result_reads(found: Iterable[tuple[str, str]], displayed: tuple[int, ...], ledger: Ledger) -> list[Read]:
    """The reads of results, each once. ``found`` are names with the paths that were read of them.

    ``displayed`` are the numbers of the last three results before the run, oldest first.
    """
    reads = (_read(name, _result_count(name, path, displayed), ledger) for name, path in sorted(found))
    return list(dict.fromkeys(read for read in reads if read is not None))


def _read(name: str, count: int | None, ledger: Ledger) -> Read | None:
    numbered = ledger.writer(Name.of_result(count))
    if numbered is None:
        return None
    # ``_`` stays what it is, the last result before: Restart & Run All may give another cell's.
    relative = ledger.writer(name) if not name.strip("_") else None
    same = relative is not None and relative[0] is numbered[0]
    return Read(Name(name) if same else Name.of_result(count), "", numbered[1].digest)


def _result_count(name: str, path: str, displayed: tuple[int, ...]) -> int | None:
    """The number n of ``Out[n]`` for a name: ``_`` the last, ``__`` the one before, ``_3`` the third."""
    if name in ("Out", "_oh"):
        return int(path[1:-1]) if path[1:-1].isdigit() else None
    if name.strip("_"):
        return int(name[1:])
    return displayed[-len(name)] if len(displayed) >= len(name) else None


def with_holders(pending: Pending, touched: Touched, shown: object, store: DigestStore) -> Touched:
    """What a run accessed, with the variables that held a result of another cell which it read.

    A cell in between may have changed the object through the variable: ``df`` for ``_`` and ``Out[3]``.
    ``shown`` is IPython's dict of all results by their numbers. The user may have replaced it by anything.
    """
    counts = {_result_count(name, path, pending.displayed) for name, path in touched.results}
    held = {id(shown[count]) for count in counts if count in shown} if type(shown) is dict else set()
    holders = frozenset(name for name, value in pending.before.items() if value in held)
    found = changeable(holders - touched.reads.keys(), store)
    if not found:
        return touched
    for name in found:
        touched.reads[name] = frozenset({("", False)})
    return replace(touched, deferred=touched.deferred | found)


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


class Listed(NamedTuple):
    """What a run listed: its context and its statements with these names, and the reads of them."""

    context: RunContext
    block: Block
    reads: tuple[Read, ...] = ()


class ListingRecords:
    """The functions of the notebook that go through its names, and what runs find in that way."""

    def __init__(self, store: DigestStore) -> None:
        self._store = store
        self._functions: dict[str, tuple[Listing, ...]] = {}

    def found(self, source: Source, context: RunContext, block: Block) -> Listed:
        """What a run of this text has listed. The digest store is open, and holds what was there before."""
        self._functions.update(by_function(source.listings))
        listings = [each for each in source.listings if not each.function]
        listings += self._called(context, block)
        found = [(each, list(self._names(each, context, block))) for each in listings]
        placed = [NameInString(n, each.line) for each, names in found for n in names if not each.function]
        inside = frozenset(name for each, names in found if each.function for name in names)
        if inside:
            touched = context.touched
            context = replace(context, touched=replace(touched, deferred=touched.deferred | inside))
        reads = {read.name: read for each, names in found for read in self._reads(each, names)}
        whole = {name for name, sites in context.touched.reads.items() if ("", False) in sites}
        conditions = (Read(LISTED_NAMES, each.text) for each in listings)
        kept = (read for name, read in reads.items() if name not in whole)
        return Listed(context, with_loads(block, placed), (*dict.fromkeys(conditions), *kept))

    def _called(self, context: RunContext, block: Block) -> Iterator[Listing]:
        """The listings in functions that the run used."""
        for name in self._functions.keys() & {*context.touched.reads, *context.touched.stored}:
            own = any(step.calls and name in step.loads for step in every_step(block))
            if name in context.touched.reads or own:
                yield from self._functions[name]

    def _names(self, listing: Listing, context: RunContext, block: Block) -> Iterator[str]:
        """The names that were there, and may be among those listed."""
        bound = {name for step in every_step(block) if step.line < listing.line for name in step.binds}
        own = bound if listing.sure and not listing.function else bound_names(block)
        for name in context.before:
            if name not in own and listing.may_list(name, self._digest(name).type):
                yield name

    def _reads(self, listing: Listing, names: Iterable[str]) -> Iterator[Read]:
        places = TYPE_ALONE if any(test.kind == "type" for test in listing.tests) else ()
        for name in names:
            digest = self._digest(name)
            if listing.values:
                yield Read(variable(name), "", digest)
            else:
                yield Read(variable(name), "", digest, store_only=True, places=places)

    def _digest(self, name: str) -> Digest:
        return self._store.digest(name) or self._store.look(name, bound=False).digest

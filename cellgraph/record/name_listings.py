"""What a run reads where it goes through the names of the notebook: each name that it may have found there.

Of a name that only has to be there it is read that it is. What the listing would take besides is read as
absent, under one name for all, ``LISTED_NAMES``: the path spells the conditions that the text puts on a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cellgraph.code.name_listings import Listing, by_function
from cellgraph.code.source import Source
from cellgraph.code.statements import Block, bound_names, every_step
from cellgraph.code.string_names import NameInString
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import TYPE_ALONE, Digest, Read
from cellgraph.names import LISTED_NAMES, variable
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import RunContext
from cellgraph.trace.files.file_dataflow import with_loads


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

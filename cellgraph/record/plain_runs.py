"""What a run read and wrote that did nothing but bind names to numbers and texts: most cells are such.

``change_detection`` would find the same. But it asks what cannot be here: which objects names share, which
parts of a value were used, what was changed in place, which functions ran. Where one of these could be, or
anything is not as the text says, ``plain_changes`` gives None, and ``change_detection`` looks at the run.
"""

from __future__ import annotations

from collections.abc import Mapping

from cellgraph.code.dataflow import Functions, Values, part_flows
from cellgraph.code.statements import Block
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.model import Read, Write
from cellgraph.names import variable
from cellgraph.record.digest_store import DigestEntry, DigestStore
from cellgraph.record.run_context import RunChanges
from cellgraph.trace.namespace import may_differ
from cellgraph.trace.tracing_backend import Sites, Touched

_WHOLE: Sites = frozenset({("", False)})
_NOTHING: frozenset[str] = frozenset()
_UNCHANGEABLE = Values(lambda _name, _path: False)


def plain_changes(
    block: Block,
    touched: Touched,
    before: Mapping[str, int],
    after: Mapping[str, int],
    number: int,
    store: DigestStore,
) -> RunChanges | None:
    """The reads and writes of run ``number``; None if it did more than to bind names to numbers and texts.

    Its text says that it did no more, and it has ended well. ``before`` and ``after`` are the ids of the
    values by name. ``store`` is open.
    """
    stored, outside = touched.stored.keys(), touched.reads.keys()
    bound = {name for step in block for name in step.binds}
    if _is_more(touched) or stored != bound or not may_differ(before, after) <= stored:
        return None
    flows = part_flows(block, _NOTHING, _UNCHANGEABLE, Functions())
    origins = {name: flow.whole for name, flow in flows.items()}
    for name in outside:
        if not _is_plain(store.get(name)):
            return None
    for name in stored:
        known = store.get(name)
        is_let_go = known is not None and not _is_plain(known)  # an object, to which others may lead
        if is_let_go or name not in after or id(type(store.value(name))) not in SCALAR_IDS:
            return None
        if not origins[name] <= outside:
            return None
    reads = tuple([Read(variable(name), "", store.digest(name)) for name in outside])
    digests = {name: store.look(name, bound=True).digest for name in sorted(stored)}
    shares = store.shares(number, stored, ())
    writes = [
        Write(
            variable(name),
            "bind",
            digest=digest,
            sources=tuple(sorted(origins[name])),
            reads_before=touched.stored[name],
            shares=shares.get(name, ()),
        )
        for name, digest in digests.items()
    ]
    return RunChanges(reads, tuple(writes), _NOTHING)


def _is_more(touched: Touched) -> bool:
    """Whether a run accessed anything but variables as they are, by its own statements."""
    more = touched.deferred or touched.results or touched.maybe_stored or touched.deleted
    if more or touched.conservative or touched.formulas or touched.spelled:
        return True
    return [*touched.reads.values()] != [_WHOLE] * len(touched.reads)


def _is_plain(known: DigestEntry | None) -> bool:
    """Whether the last look at a name found a value that cannot change and is known exactly."""
    return known is not None and not known.look.mutable and known.look.digest.quality == "exact"

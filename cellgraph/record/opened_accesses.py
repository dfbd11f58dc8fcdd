"""Accesses behind methods: what a call reads and stores of a value, where the method or the text tells.

``m.score()`` reads what the code of ``score`` reads of ``m``, ``cfg.update(lr=1)`` stores under one key, and
``df.groupby("k").price.mean()`` looks at two columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellgraph.model import Digest
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import RunContext
from cellgraph.trace.tracing_backend import Sites

_UPDATED = (".update", False)


def opened(
    reads: Mapping[str, Sites],
    old: Mapping[str, Digest | None],
    written: set[str],
    changed: Mapping[str, Digest],
    context: RunContext,
    store: DigestStore,
) -> dict[str, Sites]:
    """The accesses to names that are known better than by the instructions, by name.

    ``old`` are the digests before the run, ``written`` the names that it bound or deleted. ``changed`` are
    the digests from before of names whose value it changed in place.
    """
    known = {name: before for name in reads if name not in written and (before := old[name]) is not None}
    found = dict(_behind_methods(reads, known, written, store))
    if not context.source.plain:
        return found  # a magic may use a name in ways that the text does not show
    seen = known.keys() - context.touched.deferred - context.touched.maybe_stored
    found |= _behind_updates(reads, {name: known[name] for name in seen}, context.code)
    frames = {name: known[name] for name in seen if known[name].type == "DataFrame"}
    if frames:
        from cellgraph.record.frame_parts import opened_frame  # many notebooks have no frame

        others = {*written, *changed}
        found |= {n: opened_frame(n, reads[n], frames[n], context.code, store, others) for n in frames}
    return found


def _behind_methods(
    reads: Mapping[str, Sites], known: Mapping[str, Digest], written: set[str], store: DigestStore
) -> Iterator[tuple[str, Sites]]:
    """The accesses to objects of the user's classes, with those in the methods in place of the calls.

    Not where the run keeps such a method, to be called at another time.
    """
    objects = {name: before for name, before in known.items() if before.users_class}
    if not objects or any((now := store.digest(n)) is not None and now.type == "method" for n in written):
        return
    from cellgraph.record.method_parts import opened as opened_object  # many notebooks have no class

    for name, before in objects.items():
        yield name, opened_object(reads[name], store.value(name), before)


def _behind_updates(
    reads: Mapping[str, Sites], known: Mapping[str, Digest], text: str
) -> Iterator[tuple[str, Sites]]:
    """The accesses to dicts, with stores in place of calls of ``update`` that spell the keys."""
    updated = [name for name, before in known.items() if before.type == "dict" and _UPDATED in reads[name]]
    if not updated:
        return
    from cellgraph.code.known_stores import updated_paths  # few cells update a dict

    for name in updated:
        if (paths := updated_paths(text, name)) is not None:
            yield name, frozenset({*(reads[name] - {_UPDATED}), *((path, True) for path in paths)})

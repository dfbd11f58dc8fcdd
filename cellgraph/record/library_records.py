"""Attributes of libraries that cells have changed, as reads and writes of a run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from cellgraph.code.source import Source
from cellgraph.model import Digest, Read, Write
from cellgraph.names import Name
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.run_context import RunChanges, RunContext
from cellgraph.trace.library_changes import LibraryChanges
from cellgraph.trace.settings.branches import Branches


class LibraryRecords:
    """What cells have stored into libraries, with the digests of the last look. It keeps no value."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._changes = LibraryChanges()
        self._known: dict[Name, Digest | None] = {}

    def close(self) -> None:
        """Stop following."""
        self._changes.close()

    def live(self, name: Name) -> Digest | None:
        """The value in place of the library's own. None if the library's own is there."""
        return self._known.get(name)

    def take_in(self, source: Source) -> tuple[frozenset[Name], frozenset[Name]]:
        """Follow what a finished run may have changed, before values are digested.

        Returns the attributes of libraries that it set, and those that it would set in other branches.
        """
        tree = taken = source.tree
        if tree is not None and any(isinstance(node, ast.If) for node in tree.body):
            taken = ast.Module([*Branches(tree, self._namespace, None).taken(tree.body)], [])
        return self._changes.take_in(source.text, tree, taken, self._namespace)

    def would_set(self, source: Source) -> frozenset[Name]:
        """The attributes of libraries that a text would set if it ran."""
        return self._changes.would_set(source.text, source.tree, self._namespace)

    def added(
        self,
        changes: RunChanges,
        source: Source,
        context: RunContext,
        stored: frozenset[Name],
        store: DigestStore,
    ) -> RunChanges:
        """The run with what it used and changed of libraries. ``store`` is open."""
        if not self._changes.are_any:
            return changes
        used = self._changes.touched(source, stored, context.touched.reads, self._namespace, context.bound)
        reads = tuple(Read(name, "", self._known.get(name)) for name in sorted(used))
        writes = []
        for name, held in self._changes.changed(stored):
            digest = store.look_at(held[0]).digest if held else None
            if digest is None and self._known.get(name) is None:
                continue
            self._known[name] = digest
            writes.append(Write(name, "bind" if held else "delete", (), digest))
        if not reads and not writes:
            return changes
        return changes._replace(reads=(*changes.reads, *reads), writes=(*changes.writes, *writes))

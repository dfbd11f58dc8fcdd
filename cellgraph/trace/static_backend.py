"""Reads and writes worked out from the text, for Python 3.11, which has no ``sys.monitoring``.

Everything that *may* be read from outside counts as read: both branches, and every function that the cell can
reach. Runs recorded this way are marked *conservative*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from cellgraph.code.statements import Block, Statement
from cellgraph.light_dataclass import dataclass
from cellgraph.names import is_result_variable
from cellgraph.trace.call_graph import reached
from cellgraph.trace.namespace import is_machinery


@dataclass
class StaticAccesses:
    """What a cell may do.

    ``stores`` are the names that it may bind, each with the number of reads before it. ``bound`` are those
    that it binds on every path.
    """

    reads: dict[str, None] = field(default_factory=dict)
    deferred: set[str] = field(default_factory=set)
    stores: dict[str, int] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    deletes: set[str] = field(default_factory=set)
    results: set[tuple[str, str]] = field(default_factory=set)


def inferred(
    block: Block, namespace: Mapping[str, Any], until: int | None = None, own: Collection[str] = ()
) -> StaticAccesses:
    """Walk a cell's steps.

    ``until`` is the line at which the cell raised, where it did; ``own`` holds the names that are
    the user's even where they look like IPython's (``_``).
    """
    return _AccessWalker(namespace, until, own).run(block)


class _AccessWalker:
    def __init__(self, namespace: Mapping[str, Any], until: int | None, own: Collection[str]) -> None:
        self._namespace = namespace
        self._own = own
        self._until = until
        self._found = StaticAccesses()
        self._local: dict[str, Statement] = {}
        """The statement that bound each name of the cell last."""

    def run(self, block: Block) -> StaticAccesses:
        self._found.bound = self._block(block, frozenset())
        return self._found

    def _block(self, block: Block, bound: frozenset[str]) -> frozenset[str]:
        for step in block:
            if self._until is not None and step.line > self._until:
                break
            bound = self._step(step, bound)
        return bound

    def _step(self, step: Statement, bound: frozenset[str]) -> frozenset[str]:
        self._load(step, bound)
        self._found.stores |= dict.fromkeys(step.binds, len(self._found.reads))
        self._found.deletes |= step.deletes
        self._local |= dict.fromkeys(step.binds, step)
        bound = (bound | step.binds) - step.deletes
        return self._branches(step, bound) if step.branches else bound

    def _branches(self, step: Statement, bound: frozenset[str]) -> frozenset[str]:
        ends = [self._block(branch, bound) for branch in step.branches]
        if step.kind == "loop" or len(ends) == 1:
            return bound
        return frozenset.intersection(*ends)

    def _load(self, step: Statement, bound: frozenset[str]) -> None:
        for name in sorted(step.loads):  # in the same order in each process
            self._read(name, bound)
        later: set[str] = set()
        waiting = {*step.loads, *(() if step.defines or not step.calls else step.closure_loads)}
        later |= waiting - step.loads
        while waiting:  # a function of this cell may call one of an earlier cell, and so on
            name = waiting.pop()
            found: set[str] = set()
            if name in self._local:
                found |= self._local[name].closure_loads
                self._may_store(self._local[name].closure_binds)
            if name not in bound:
                found |= self._reached(name)
            waiting |= found - later
            later |= found
        for name in sorted(later):
            self._read(name, bound)
            if name not in bound:
                self._found.deferred.add(name)

    def _read(self, name: str, bound: frozenset[str]) -> None:
        if name in bound:
            return
        if name in self._own or not is_machinery(name):
            self._found.reads.setdefault(name)
        elif is_result_variable(name) and name not in self._found.stores:
            self._found.results.add((name, ""))

    def _reached(self, name: str) -> set[str]:
        loads, stores = reached(self._namespace.get(name), self._namespace)
        self._may_store(stores)
        return loads

    def _may_store(self, names: Collection[str]) -> None:
        """Functions that may run have ``global`` names."""
        self._found.stores |= dict.fromkeys(names, len(self._found.reads))

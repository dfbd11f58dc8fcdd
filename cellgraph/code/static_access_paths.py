"""Where a cell's own code loads a name, read off its bytecode before it runs (Python 3.11)."""

from __future__ import annotations

import ast

from cellgraph.code.bytecode import LOAD, accesses, nested
from cellgraph.code.parsing import compiled
from cellgraph.model import containing

Places = dict[str, set[tuple[str, bool]]]


def places(tree: ast.Module | None) -> Places:
    """For each name the parts that are taken of it: (path, whether only to store something there).

    Empty where the cell does not compile: every read is then one of the whole value.
    """
    code = compiled(tree) if tree is not None else None
    found: Places = {}
    filled: set[tuple[str, str]] = set()
    for inner in nested(code) if code is not None else ():
        for access in accesses(inner).values():
            for path in (access.path, *access.also) if access.kind == LOAD else ():
                own = {(access.name, part) for part in (path, *containing(path))}
                if not access.store_only and not own.isdisjoint(filled):
                    continue
                found.setdefault(access.name, set()).add((path, access.store_only))
                if access.store_only and path and inner is code:
                    filled.add((access.name, path))
    return found

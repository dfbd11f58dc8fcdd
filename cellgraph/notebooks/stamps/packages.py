"""Which installed packages the runs of a notebook use: by imports, and by names that imports bound."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping

from cellgraph.code.fast_ast import bound_name
from cellgraph.code.ipython_syntax import read_cell
from cellgraph.model import Run
from cellgraph.notebooks.checks.modules import imported_modules


def used_modules(sources: Iterable[str]) -> frozenset[str]:
    """The top-level modules that texts import."""
    found: set[str] = set()
    for source in sources:
        tree = read_cell(source).tree
        if tree is not None:
            found |= {name.split(".")[0] for name, _ in imported_modules(tree)}
    return frozenset(found)


def imported_names(source: str) -> frozenset[str]:
    """The names that the imports of a text bind."""
    tree = read_cell(source).tree
    return frozenset(_bound(tree)) if tree is not None else frozenset()


class PackageUses:
    """The packages of each run. Runs are to be given in the order in which they ran.

    ``known`` are the packages that count, by the names of their top-level modules.
    """

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._imports: dict[str, frozenset[str]] = {}
        """For each name that was bound by an import, the top-level modules behind it."""

    def of(self, run: Run) -> set[str]:
        """The packages whose modules a run imports, or reads by a name that an import bound."""
        own = used_modules([run.source])
        tree = read_cell(run.source).tree if own else None
        if tree is not None:
            bound = _bound(tree)
            for write in run.writes:
                if write.digest is not None:
                    starred = bound.get("*", frozenset())
                    self._imports[write.name] = bound.get(write.name, starred)
        read = (self._imports.get(name, frozenset()) for name in {read.name for read in run.reads})
        return {name for name in own.union(*read) if name in self._known}


def _bound(tree: ast.Module) -> Mapping[str, frozenset[str]]:
    """The names that imports bind, and the top-level modules behind each; ``*`` for those of a star."""
    found: dict[str, frozenset[str]] = {}
    for module, node in imported_modules(tree):
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) or alias.name == module:
                name = bound_name(alias)
                found[name] = found.get(name, frozenset()) | {module.split(".")[0]}
    return found

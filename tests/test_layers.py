"""Which file imports which: no cycles, an engine that knows no adapter, adapters that know no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

import cellgraph

PACKAGE = Path(cellgraph.__file__).parent
"""What is tested: an installed wheel, or the sources."""
ADAPTERS = "cellgraph.digest.adapters"
SHARED_FAMILIES = {"arrow", "numpy"}


def _modules() -> dict[str, Path]:
    """Each module of the package by its full name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below one, except those under ``if TYPE_CHECKING``, which never run."""
    waiting = [node]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
                waiting.append(child)
                yield child


def _imported(node: ast.AST, modules: dict[str, Path]) -> list[str]:
    """The modules that an import statement names: of ``from a import b`` it is ``a.b`` if that is one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in modules else node.module for name in inner]
    return []


@pytest.fixture(scope="module")
def imports() -> nx.DiGraph:
    """An edge from each module to each module of the package that it imports, at any place in its text."""
    modules = _modules()
    graph = nx.DiGraph()
    graph.add_nodes_from(modules)
    for name, path in modules.items():
        for node in _running(ast.parse(path.read_text("utf8"))):
            graph.add_edges_from((name, found) for found in _imported(node, modules) if found in modules)
    return graph


def test_no_two_files_import_each_other(imports: nx.DiGraph) -> None:
    """No file reaches itself along imports, those inside functions included."""
    tangled = [sorted(group) for group in nx.strongly_connected_components(imports) if len(group) > 1]

    assert len(imports) > 150
    assert tangled == []
    assert list(nx.selfloop_edges(imports)) == []


def test_the_digest_engine_knows_no_adapter(imports: nx.DiGraph) -> None:
    """Only the facade of the digests imports adapters: nothing else does, in the engine or elsewhere."""
    importers = {
        importer
        for importer, imported in imports.edges
        if imported.startswith(ADAPTERS) and not importer.startswith(ADAPTERS)
    }

    assert importers == {"cellgraph.digest"}


def test_adapters_import_their_own_family_only(imports: nx.DiGraph) -> None:
    """An adapter imports another one only if they begin with the same word, or from a shared family."""
    strangers = [
        (importer, imported)
        for importer, imported in imports.edges
        if importer.startswith(f"{ADAPTERS}.") and imported.startswith(f"{ADAPTERS}.")
        if _family(imported) not in {_family(importer), *SHARED_FAMILIES}
    ]

    assert strangers == []


def _family(module: str) -> str:
    return module.removeprefix(f"{ADAPTERS}.").partition("_")[0]

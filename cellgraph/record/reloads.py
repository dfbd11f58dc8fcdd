"""Import cells are brought up to date when their module is loaded again, as ``importlib.reload`` does.

A restart imports what the file of the module holds by then. A cell that does nothing but import need not run
again for that: a reload changes the module in place, and ``%autoreload`` changes its functions and classes
too. So the record of such a cell's run is made to say what the names hold now, and of which file.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from cellgraph.code.expression_names import is_name, last_word
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.source import body_apart_from_magics
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest, Run
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.record.digest_store import DigestStore
from cellgraph.record.ledger import Ledger
from cellgraph.trace.tracing_backend import Sites, Touched

_BUDGET_S = 0.05
"""Seconds for looking at what was imported."""
_WORD = Pattern(r"[^\W\d]\w*")


class Reloaded(NamedTuple):
    """A module of the user's that was loaded again: its name, its file, and what was in the file."""

    module: str
    file: Name
    content: Digest


class _Import(NamedTuple):
    """A name that a cell imports. ``taken`` is its name inside the module, empty for the module itself."""

    name: str
    module: str
    taken: str
    used: bool = False


def with_bound_modules(
    touched: Touched, text: str, namespace: Mapping[str, Any], again: Collection[str]
) -> Touched:
    """The accesses of a run that loaded the modules ``again``: it has bound their names.

    The object is the same, and all that is in it has been made anew. What was in it before does not matter to
    a text that does no more with it.
    """
    held = ((name, namespace.get(name)) for name in touched.reads)
    modules = ((name, value.__dict__) for name, value in held if type(value) is ModuleType)
    names = [name for name, own in modules if own.get("__name__") in again]
    alone = [name for name in names if _is_only_reloaded(text, name)]
    return replace(
        touched,
        reads={**touched.reads, **dict.fromkeys(alone, _ONLY_THERE)},
        stored={**touched.stored, **dict.fromkeys(names, len(touched.reads))},
    )


_ONLY_THERE: Sites = frozenset({("", True)})
"""The access to a name of which it matters that it is there, and not what it holds."""


def renew_imports(
    ledger: Ledger,
    store: DigestStore,
    namespace: Mapping[str, Any],
    reloaded: list[Reloaded],
    by: Run | None = None,
) -> None:
    """Bring the runs that imported these modules up to date where their names hold what is loaded now.

    ``by`` is the run that loaded them again. What it did that to, a restart gives it as it is now.
    """
    store.open(_BUDGET_S)
    try:
        for each in reloaded:
            if ledger.writer(each.file) is not None:
                continue  # a restart imports what the cells above have written, not what is there in the end
            if by is not None:
                _renew_reload(ledger, by, each, store, namespace)
            for cell in list(ledger.readers(each.file)):
                run = ledger.latest(cell)
                if run is not None and run.outcome == "ok" and not _is_written_since(ledger, run, each.file):
                    _renew(ledger, run, each, store, namespace)
    finally:
        store.close()


def _renew(
    ledger: Ledger, run: Run, reloaded: Reloaded, store: DigestStore, namespace: Mapping[str, Any]
) -> None:
    root = reloaded.module.partition(".")[0]
    own = [each for each in _imports(run.source) if each.module.partition(".")[0] == root]
    written = {write.name for write in run.writes}
    if not own or any(each.used or each.name not in written for each in own):
        return  # it has done more with the module: what came of that is of the module as it was
    if all(_holds_what_is_loaded(each, store, namespace) for each in own):
        held = {each.name: store.look(each.name, bound=False).digest for each in own}
        ledger.renew(run.number, {**held, reloaded.file: reloaded.content})


def _is_written_since(ledger: Ledger, run: Run, file: Name) -> bool:
    """Whether a cell has written the file after the run: a restart may import it as it was before."""
    made = ledger.writer(file)
    return made is not None and made[0].number > run.number


def _renew_reload(
    ledger: Ledger, run: Run, reloaded: Reloaded, store: DigestStore, namespace: Mapping[str, Any]
) -> None:
    """The run took the module only to load it again."""
    module = sys.modules.get(reloaded.module)
    names = [read.name for read in run.reads if not read.path and namespace.get(read.name) is module]
    only = [name for name in names if _is_only_reloaded(run.source, name)]
    if only:
        ledger.renew(run.number, {name: store.look(name, bound=False).digest for name in only})


def _is_only_reloaded(text: str, name: str) -> bool:
    """Whether a text names a module only to import it and to load it again."""
    parts = [part for node in body_apart_from_magics(text) for part in ast.walk(node)]
    loads = {id(part) for part in parts if is_name(part, name)}
    calls = (part for part in parts if isinstance(part, ast.Call) and last_word(part.func) == "reload")
    return loads <= {id(given) for call in calls for given in call.args}


def _holds_what_is_loaded(imported: _Import, store: DigestStore, namespace: Mapping[str, Any]) -> bool:
    """Whether the name holds what an import would bind to it now."""
    value, module = namespace.get(imported.name), sys.modules.get(imported.module)
    if type(module) is not ModuleType:
        return False
    if not imported.taken:
        return type(value) is ModuleType
    there = module.__dict__.get(imported.taken)
    return value is there or store.look_at(value).digest.agrees(store.look_at(there).digest)


@lru_cache(maxsize=256)
def _imports(text: str) -> tuple[_Import, ...]:
    """The names that a cell imports at its top level, in lines of their own."""
    nodes = body_apart_from_magics(text)
    found = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    lines = {line for node in found for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    if any(node.lineno in lines for node in nodes if node not in found):
        return ()
    rest = (line.partition("#")[0] for at, line in enumerate(text.split("\n"), 1) if at not in lines)
    words = {word for line in rest for word in _WORD.findall(line)}
    return tuple(each._replace(used=each.name in words) for node in found for each in _names(node))


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[_Import]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield _Import(alias.asname or alias.name, node.module or "", alias.name)
        else:
            yield _Import(bound_name(alias), alias.name, "")

"""What cells have put into libraries: it stays until a restart, whichever cells run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Protocol, TypeVar

from cellgraph.code.fast_ast import bound_name
from cellgraph.code.source import body_apart_from_magics
from cellgraph.model import Digest, Order, Read, Run
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


class _Entry(Protocol):
    @property
    def digest(self) -> Digest | None: ...


Entry = TypeVar("Entry", bound=_Entry)


def is_library(digest: Digest | None) -> bool:
    """Whether it is of a library's module. One of the user's has parts."""
    return digest is not None and digest.type == "module" and not digest.parts


def is_own_module(digest: Digest | None) -> bool:
    """Whether it is of a module of the user's own. What it holds is recorded by names of its own, too."""
    return digest is not None and digest.type == "module" and bool(digest.parts)


@lru_cache(maxsize=512)
def imported(source: str) -> Mapping[str, tuple[str, ...]]:
    """The names that the imports of a cell bind, with these imports.

    To import a module once more runs none of its code. So such a name is given the same object again, with
    all that cells have changed in it.
    """
    found: dict[str, tuple[str, ...]] = {}
    nodes = body_apart_from_magics(source) if "import" in source else ()
    for node in (part for each in nodes for part in ast.walk(each)):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            name = bound_name(alias)
            origin = f"{getattr(node, 'module', '')}:{alias.name}"
            found[name] = (*found.get(name, ()), origin)
    return found


def imports_alike(one: str, other: str, name: str) -> bool:
    """Whether two texts bind a name by the same imports."""
    return name in imported(one) and imported(one)[name] == imported(other).get(name)


def only_restart_undoes(ledger: Ledger, name: Name, expected: Digest | None) -> bool:
    """Whether a library's attribute is not what a restart has at that place, and no run makes it so.

    ``expected`` is what a restart has there; None stands for what the library came with.
    """
    last = ledger.writer(name)
    now = last[1].digest if last is not None else None
    return now is not None and (expected is None or not now.agrees(expected))


def patched_by_texts(order: Order) -> frozenset[Name]:
    """The attributes of libraries that texts set which have not run."""
    return frozenset(
        name
        for effects in order.effects.values()
        for name, _ in effects
        if name.is_patch and not name.is_module_global
    )


def unread(
    ledger: Ledger, by_texts: Iterable[Name], run: Run, environment: Mapping[str, Entry]
) -> Iterator[tuple[Read, Entry]]:
    """What a run used before any cell changed it, and a restart has changed by then.

    Nothing was recorded of that use, so it is the text that tells. ``by_texts`` are set by texts that have
    not run.
    """
    for name in {**ledger.patches, **dict.fromkeys(by_texts)}:
        there, first = environment.get(name), ledger.patches.get(name)
        if there is None or there.digest is None or (first is not None and run.number >= first):
            continue
        if re.search(rf"\b{re.escape(name.attribute)}\b", run.source):
            yield Read(name), there

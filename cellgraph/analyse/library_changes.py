"""What cells have put into libraries: it stays until a restart, whichever cells run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol, TypeVar

from cellgraph.code.source import body_apart_from_magics
from cellgraph.model import Digest, Read, Run
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger


class _Entry(Protocol):
    @property
    def digest(self) -> Digest | None: ...


Entry = TypeVar("Entry", bound=_Entry)


@lru_cache(maxsize=512)
def imported(source: str) -> frozenset[str]:
    """The names that the imports of a cell bind. To import a module once more runs none of its code.

    So such a name is given the same object again, with all that cells have changed in it.
    """
    if "import" not in source:
        return frozenset()
    nodes = (part for node in body_apart_from_magics(source) for part in ast.walk(node))
    found = (name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names)
    return frozenset(name.asname or name.name.partition(".")[0] for name in found)


def only_restart_undoes(ledger: Ledger, name: Name, expected: Digest | None) -> bool:
    """Whether a library's attribute is not what a restart has at that place, and no run makes it so.

    ``expected`` is what a restart has there; None stands for what the library came with.
    """
    last = ledger.writer(name)
    now = last[1].digest if last is not None else None
    if now is None or expected is None:
        return now is not expected
    return not now.agrees(expected)


def unread(ledger: Ledger, run: Run, environment: Mapping[str, Entry]) -> Iterator[tuple[Read, Entry]]:
    """What a run used before any cell changed it, and a restart has changed by then.

    Nothing was recorded of that use, so it is the text that tells.
    """
    for name, first in ledger.patches.items():
        there = environment.get(name)
        if run.number < first and there is not None and there.digest is not None:
            attribute = name.rpartition(".")[2]
            if re.search(rf"\b{re.escape(attribute)}\b", run.source):
                yield Read(name), there

"""The kinds of session beyond the namespace, and how one of each is made.

Such sessions run in processes of their own. A session is mostly about one group of a kind's pieces.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.oracle.detours import INTERRUPTED, UNRUN
from tests.oracle.generate import HABITS, Author, Habits, kinds_in, needs, with_shows
from tests.oracle.pieces_branches import BRANCHES
from tests.oracle.pieces_inside import INSIDE
from tests.oracle.pieces_objects import BUILTINS, CACHES, CLASSES, GUARDS, SHARED
from tests.oracle.pieces_parts import PARTS
from tests.oracle.pieces_state import SEEDS, SETTINGS
from tests.oracle.pieces_world import EDITS, FAILURES, FILES, LOOPS, PLAIN
from tests.oracle.session import Session
from tests.oracle.snippet import Group
from tests.oracle.snippets import installed

TWO_GROUPS = 0.3
"""How often a session is about two groups of its kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What sessions of a kind are made of, and what people do in them."""

    groups: tuple[Group, ...]
    habits: Habits = HABITS


KINDS: dict[str, Kind] = {
    "settings": Kind(SETTINGS),
    "seeds": Kind(SEEDS),
    "files": Kind(FILES),
    "classes": Kind(CLASSES),
    "shared": Kind(SHARED),
    "inside": Kind(INSIDE),
    "branches": Kind(BRANCHES),
    "parts": Kind(PARTS),
    "caches": Kind(CACHES),
    "guards": Kind(GUARDS),
    "builtins": Kind(BUILTINS),
    "failures": Kind(FAILURES),
    "interrupts": Kind(LOOPS, (*HABITS, *INTERRUPTED)),
    "edits": Kind(EDITS, (*HABITS, *UNRUN)),
}
"""Kind by name. ``mixed`` is none of them: two kinds, and all that people do."""
NAMES = (*KINDS, "mixed")


def generate_of(kind: str, seed: int, index: int = 0) -> Session:
    """Session number ``index`` of a kind and a seed: 4 to 9 cells, 6 to about 22 actions."""
    rng = random.Random(f"{kind}:{seed}:{index}")
    groups, habits = _chosen(kind, rng)
    table = (*(snippet for group in groups for snippet in group.snippets), *PLAIN)
    size = rng.randint(4, 9)
    author = Author(
        rng,
        size,
        rng.randint(max(6, size), 20),
        theme=frozenset().union(*map(kinds_in, table)),
        first="\n".join(dict.fromkeys(filter(None, (group.first for group in groups)))) or "start = 1",
        table=table,
        setup=tuple(snippet for snippet in table if not needs(snippet).keys() - {"int"}),
        habits=habits,
        always_first=True,
    )
    return with_shows(author.write(), rng)


def _chosen(kind: str, rng: random.Random) -> tuple[list[Group], Habits]:
    if kind == "mixed":
        names = rng.sample(sorted(KINDS), 2)
        return [_group(KINDS[name], rng) for name in names], (*HABITS, *UNRUN, *INTERRUPTED)
    chosen = KINDS[kind]
    count = 2 if rng.random() < TWO_GROUPS and len(chosen.groups) > 1 else 1
    return list(dict.fromkeys(_group(chosen, rng) for _ in range(count))), chosen.habits


def _group(kind: Kind, rng: random.Random) -> Group:
    had = [group for group in kind.groups if not group.needs or installed(group.needs)]
    return rng.choices(had, [group.weight for group in had])[0]

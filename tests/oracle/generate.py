"""Random notebook sessions, the same for the same seed on every Python.

An ``Author`` writes cells from the snippets with names that cells above define (mostly: people do
run cells out of order), and works on the notebook the way people do: forward, with detours.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from tests.oracle.session import Action, Notebook, Session
from tests.oracle.snippet import Snippet
from tests.oracle.snippets import EVERYWHERE, LIBRARY_THEMES, POOLS, SNIPPETS, THEMES, installed

SLOT = re.compile(r"\$([=!?-]?)([a-z]+)(\d?)")
FIRST_CELL = "import numpy as np\nimport pandas as pd\nimport math"
STARTERS = tuple(s for s in SNIPPETS if s.kind == "constant" and "$int" not in s.text)
EASY = frozenset({"k", "int", "np", "pd", "math"})
BOOST = 2.0
"""How much likelier each kind of value that a snippet needs makes it: what was made is to be used."""
KINDS = {
    name: {kind for kind, pool in POOLS.items() if name in pool} for pool in POOLS.values() for name in pool
}
LIBRARY = 0.1
"""How often a notebook is about a library that is slow to start or not always there."""
BORROWED = 0.08
"""How often a cell uses a name that no cell above defines, only another one or none."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A piece of code with its names filled in; what it defines and what it deletes."""

    source: str
    kinds: frozenset[str] = frozenset()
    defines: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EnvironmentEntry:
    """A place for a name in a snippet; ``key`` tells it apart from others of its kind."""

    mode: str
    kind: str
    key: str

    @property
    def needed(self) -> bool:
        """Whether the name must be there before."""
        return self.mode in ("", "!", "-") and self.kind != "k"


@dataclass(slots=True)
class Filler:
    """Fills the slots of one snippet. ``known`` are the names that cells above define."""

    rng: random.Random
    known: frozenset[str]
    names: dict[str, str] = field(default_factory=dict)
    defines: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)

    def fill(self, snippet: Snippet) -> Draft:
        """The snippet as code; all that it needs must be known."""
        slots = _slots(snippet)
        for slot in (*(s for s in slots if s.needed), *(s for s in slots if not s.needed)):
            self.names[slot.key] = self._constant() if slot.kind == "k" else self._name(slot)
        source = SLOT.sub(lambda match: self.names[match[2] + match[3]], snippet.text)
        return Draft(source, frozenset({snippet.kind}), frozenset(self.defines), frozenset(self.deletes))

    def _constant(self) -> str:
        return str(self.rng.randint(2, 99))

    def _name(self, slot: EnvironmentEntry) -> str:
        pool = [name for name in POOLS[slot.kind] if name not in self.names.values()] or POOLS[slot.kind]
        known = [name for name in pool if name in self.known]
        new = [name for name in pool if name not in self.known]
        wanted = (
            known if slot.needed else new if new and slot.mode == "=" and self.rng.random() < 0.6 else pool
        )
        name = self.rng.choice(wanted)
        {"=": self.defines, "-": self.deletes}.get(slot.mode, set()).add(name)
        return name


Habit = Callable[["Author"], None]
Habits = tuple[tuple[Habit, float], ...]
"""What people do, the first of them what they start with, and how often."""


@dataclass(slots=True)
class Author:
    """Writes one session. ``size`` is the number of cells that the notebook should get."""

    rng: random.Random
    size: int
    length: int
    theme: frozenset[str]
    first: str = FIRST_CELL
    table: tuple[Snippet, ...] = SNIPPETS
    setup: tuple[Snippet, ...] = ()
    habits: Habits = ()
    always_first: bool = False
    notebook: Notebook = field(default_factory=Notebook)
    drafts: dict[str, Draft] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)

    def write(self) -> Session:
        """The whole session, of ``length`` actions or slightly more."""
        if self.rng.random() < 0.7 or self.always_first:
            self.insert(0, Draft(self.first, frozenset({"import"}), frozenset({"np", "pd", "math"})))
        while len(self.actions) < self.length:
            habits = self.habits if len(self.notebook.order) > 2 else self.habits[:1]
            habit = self.rng.choices(habits, [weight for _, weight in habits])[0][0]
            habit(self)
        return tuple(self.actions)

    # what people do

    def append(self) -> None:
        """A new cell at the end, until there are enough."""
        if len(self.notebook.order) < self.size:
            self.insert(len(self.notebook.order), self.draft(len(self.notebook.order)))

    def insert_between(self) -> None:
        """A new cell anywhere."""
        if len(self.notebook.order) < self.size:
            place = self.rng.randrange(len(self.notebook.order))
            self.insert(place, self.draft(place))

    def edit(self) -> None:
        """Another text for a cell, then run it."""
        cell = self.any_cell()
        draft = self.edited(cell)
        if compiles(draft.source):
            self.drafts[cell] = draft
            self.do(Action("edit", cell, draft.source))

    def rerun(self) -> None:
        """The same cell again."""
        self.do(Action("run", self.any_cell()))

    def run_below(self) -> None:
        """A cell and some of those that follow, as after an edit."""
        start = self.rng.randrange(len(self.notebook.order))
        for cell in self.notebook.order[start : start + self.rng.randint(2, 5)]:
            self.do(Action("run", cell))

    def run_all(self) -> None:
        """The whole notebook without a restart."""
        self.do(Action("run_all"))

    def move(self) -> None:
        """A cell to another place; nothing runs."""
        self.do(Action("move", self.any_cell(), place=self.rng.randrange(len(self.notebook.order))))

    def delete(self) -> None:
        """A cell goes, whoever depends on it."""
        self.do(Action("delete", self.any_cell()))

    def restore(self) -> None:
        """Undo of a deletion, or the paste after a cut: the same cell comes back, perhaps elsewhere."""
        gone = [cell for cell in self.drafts if cell not in self.notebook.order]
        if gone and len(self.notebook.order) < self.size:
            place = self.rng.randrange(len(self.notebook.order))
            self.do(Action("restore", self.rng.choice(gone), place=place))

    # how a text is edited

    def edited(self, cell: str) -> Draft:
        """Its text, edited in one of the ways below."""
        edit = self.rng.choices([how for how, _ in EDITS], [weight for _, weight in EDITS])[0]
        return edit(self, cell)

    def other_constant(self, cell: str) -> Draft:
        """One number in it changes."""
        draft = self.drafts[cell]
        numbers = list(re.finditer(r"\b\d+\b", draft.source))
        if not numbers:
            return self.other_text(cell)
        chosen = self.rng.choice(numbers)
        source = draft.source[: chosen.start()] + str(self.rng.randint(2, 99)) + draft.source[chosen.end() :]
        return with_source(draft, source)

    def other_text(self, cell: str) -> Draft:
        """Written anew: what it defined may now come from nowhere."""
        return self.draft(self.notebook.order.index(cell))

    def longer(self, cell: str) -> Draft:
        """One more piece of code at its end."""
        draft = self.drafts[cell]
        return joined((draft, self._piece(self._known(self.notebook.order.index(cell)) | draft.defines)))

    def shorter(self, cell: str) -> Draft:
        """One line less, but no seed: what chance gives is no one's fault."""
        draft = self.drafts[cell]
        lines = draft.source.split("\n")
        place = self.rng.randrange(len(lines))
        if "seed(" not in lines[place]:
            del lines[place]
        return with_source(draft, "\n".join(lines) or "pass")

    def other_comment(self, cell: str) -> Draft:
        """A comment or a blank line: nothing changes."""
        draft = self.drafts[cell]
        return with_source(draft, self.rng.choice(["# checked\n", "\n"]) + draft.source)

    # the work behind these

    def do(self, action: Action) -> None:
        self.notebook.apply(action)
        self.actions.append(action)

    def insert(self, place: int, draft: Draft) -> None:
        cell = f"c{len(self.drafts) + 1}"
        self.drafts[cell] = draft
        self.do(Action("insert", cell, draft.source, place))

    def any_cell(self) -> str:
        return self.rng.choice(self.notebook.order)

    def _known(self, place: int) -> frozenset[str]:
        known: frozenset[str] = frozenset()
        for cell in self.notebook.order[:place]:
            known = (known | self.drafts[cell].defines) - self.drafts[cell].deletes
        return known

    def draft(self, place: int) -> Draft:
        known = self._known(place)
        pieces: list[Draft] = []
        for _ in range(self.rng.choices([1, 2, 3], [5, 3, 1])[0]):
            pieces.append(self._piece(known))
            known = (known | pieces[-1].defines) - pieces[-1].deletes
        return joined(tuple(pieces))

    def _piece(self, known: frozenset[str]) -> Draft:
        if self.rng.random() < BORROWED:
            known |= frozenset().union(*(draft.defines for draft in self.drafts.values()))
        table = self.setup if len(known) < 5 and self.rng.random() < 0.7 else self.table
        usual = [snippet for snippet in table if _rare(snippet) <= self.theme]
        there = Counter(kind for name in known for kind in KINDS[name])
        possible = [snippet for snippet in usual if _possible(snippet, there)] or list(STARTERS)
        weights = [self._weight(snippet) for snippet in possible]
        return Filler(self.rng, known).fill(self.rng.choices(possible, weights)[0])

    def _weight(self, snippet: Snippet) -> float:
        themed = not self.theme.isdisjoint(kinds_in(snippet))
        return snippet.weight * BOOST ** (_effort(snippet) + 2 * themed)


HABITS: Habits = (
    (Author.append, 9),
    (Author.insert_between, 1),
    (Author.edit, 2),
    (Author.rerun, 2),
    (Author.run_below, 1.2),
    (Author.run_all, 0.3),
    (Author.move, 0.3),
    (Author.delete, 0.4),
    (Author.restore, 1),
)
EDITS: tuple[tuple[Callable[[Author, str], Draft], float], ...] = (
    (Author.other_constant, 5),
    (Author.other_text, 1.5),
    (Author.longer, 1),
    (Author.shorter, 1),
    (Author.other_comment, 1),
)


def generate(seed: int, index: int = 0) -> Session:
    """Session number ``index`` of a seed: 5 to 12 cells, 6 to about 34 actions."""
    rng = random.Random(f"{seed}:{index}")
    size = rng.randint(5, 12)
    return with_shows(_author(rng, size, rng.randint(max(6, size), 28)).write(), rng)


def generate_notebook(seed: int, index: int = 0) -> Session:
    """A notebook written and run once from top to bottom: 5 to 12 cells, no detours."""
    rng = random.Random(f"clean:{seed}:{index}")
    author = _author(rng, rng.randint(5, 12), 0)
    author.write()
    while len(author.notebook.order) < author.size:
        author.append()
    return with_shows(tuple(author.actions), rng)


def _author(rng: random.Random, size: int, length: int) -> Author:
    one, other = rng.sample(THEMES, 2)
    library, kinds = rng.choice(LIBRARY_THEMES)
    if rng.random() < LIBRARY and installed(library):
        other = kinds
    return Author(rng, size, length, one | other, setup=SETUP, habits=HABITS)


@cache
def _slots(snippet: Snippet) -> tuple[EnvironmentEntry, ...]:
    """The snippet's slots, each once, as it first appears."""
    slots: dict[str, EnvironmentEntry] = {}
    for mode, kind, digit in SLOT.findall(snippet.text):
        slots.setdefault(kind + digit, EnvironmentEntry(mode, kind, kind + digit))
    return tuple(slots.values())


@cache
def needs(snippet: Snippet) -> Counter[str]:
    """How many names of each kind must be there before it."""
    return Counter(slot.kind for slot in _slots(snippet) if slot.needed)


@cache
def kinds_in(snippet: Snippet) -> frozenset[str]:
    """The kinds of value that it has to do with."""
    return frozenset(slot.kind for slot in _slots(snippet))


@cache
def _effort(snippet: Snippet) -> int:
    """How many kinds of value it needs that are not there anyway."""
    return len(needs(snippet).keys() - EASY)


def can_be_had(snippet: Snippet) -> bool:
    """Whether the library that it takes, if any, is installed."""
    return all(installed(library) for library, kinds in LIBRARY_THEMES if kinds & kinds_in(snippet))


@cache
def _rare(snippet: Snippet) -> frozenset[str]:
    """The kinds in it that only a notebook with such a theme has."""
    return kinds_in(snippet) - EVERYWHERE


def _makes_first(snippet: Snippet) -> bool:
    """Whether a notebook may well start with it: it makes a value of little or nothing."""
    if _rare(snippet):
        made = {slot.kind for slot in _slots(snippet) if slot.mode == "="}
        return bool(_rare(snippet) & made) and not needs(snippet).keys() - EVERYWHERE
    return snippet.kind in ("constant", "numpy", "pandas") and "$=" in snippet.text


def _possible(snippet: Snippet, there: Counter[str]) -> bool:
    """Whether all that it reads can be there."""
    return all(there[kind] >= count for kind, count in needs(snippet).items())


def joined(drafts: tuple[Draft, ...]) -> Draft:
    """The pieces as one cell."""
    defines: frozenset[str] = frozenset()
    for draft in drafts:
        defines = (defines | draft.defines) - draft.deletes
    return Draft(
        "\n".join(draft.source for draft in drafts),
        frozenset().union(*(draft.kinds for draft in drafts)),
        defines,
        frozenset().union(*(draft.deletes for draft in drafts)) - defines,
    )


def with_source(draft: Draft, source: str) -> Draft:
    """The same with another text."""
    return Draft(source, draft.kinds, draft.defines, draft.deletes)


def with_shows(session: Session, rng: random.Random) -> Session:
    """The ``show`` lines as code: a call of print, or the bare expression where it ends the cell."""
    ends_bare = {action.cell: rng.random() < 0.6 for action in session}
    return tuple(
        replace(action, source=_show(action.source, bare=ends_bare[action.cell])) for action in session
    )


def _show(source: str, *, bare: bool) -> str:
    if bare:
        source = re.sub(r"^show (.*)\Z", r"\1", source, flags=re.MULTILINE)
    return re.sub(r"^show (.*)$", r"print(\1)", source, flags=re.MULTILINE)


def compiles(source: str) -> bool:
    """Whether it is Python once its ``show`` lines are."""
    try:
        compile(_show(source, bare=False), "cell", "exec")
    except SyntaxError:
        return False
    return True


SETUP = tuple(snippet for snippet in SNIPPETS if _makes_first(snippet))

"""What a text does with settings, and which settings an operation may concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any, Literal

from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.trace.settings.provider import Keys, Provider

Displayed = Literal["", "plain", "other"]
"""The result that a cell shows: none, a number or a text, any other."""


def _not_known() -> str | None:
    return None


class Screen(NamedTuple):
    """What stands below a cell that has run: what result, and all its text, None where that is not known.

    ``errors`` is what stands on the stream of errors.
    """

    result: Displayed = ""
    text: Callable[[], str | None] = _not_known
    errors: Callable[[], str | None] = _not_known


NOTHING_SHOWN = Screen()


class SetAt(NamedTuple):
    """A place that sets keys of a setting (none: not known which). ``order`` counts the events before it."""

    order: int
    keys: Keys
    signature: tuple[object, ...]
    line: int
    adding: bool = False
    building: bool = False
    returning: bool = False
    modules: frozenset[str] = frozenset()
    """The files of the code that sets them, where that is not the cell's own."""
    loading: bool = False
    """Whether modules set them when they are loaded, which an import does once."""


@dataclass(slots=True)
class Usage:
    """What a text does with one setting. ``read_at``: the first event that depends on the whole group.

    ``later_at``: the first that depends on the keys that are read later (``Provider.later``).
    ``reads_given``: some event depends on the keys that calls may be given instead (``Provider.given``).
    """

    sets: list[SetAt] = field(default_factory=list)
    read_at: int | None = None
    later_at: int | None = None
    reads_given: bool = False
    looked_up: dict[str, int] = field(default_factory=dict)
    """Keys that were read by themselves, with the first place of each."""
    counted: set[str] = field(default_factory=set)
    """Those of which it matters how often they are there (``Provider.counted``)."""
    lines: set[int] = field(default_factory=set)
    """Lines of the cell that it is read at."""

    def read(self, order: int, line: int, opening: bool = False, given: bool = False) -> None:
        """The whole group is read at this place.

        ``opening``: without the keys that are read later. ``given``: without those that calls may be given.
        """
        self.lines.add(line)
        self.reads_given |= not given
        if self.read_at is None:
            self.read_at = order
        if self.later_at is None and not opening:
            self.later_at = order

    def set_in_time(self, later: tuple[str, ...]) -> Iterator[str]:
        """The keys that the text sets before anything depends on them, of those that start so."""
        for at in self.sets:
            if not at.building and (self.later_at is None or at.order < self.later_at):
                yield from (key for key in at.keys if key.startswith(later))

    def look_up(self, key: str, order: int, line: int, *, counts: bool = True) -> None:
        """One key is read at this place. ``counts``: it matters how often it is there."""
        self.lines.add(line)
        if counts:
            self.counted.add(key)
        self.looked_up.setdefault(key, order)


class Index:
    """Finds the providers that an event may concern. It is made once for a set of providers."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self.setters: dict[str, list[tuple[tuple[str, ...], Provider, Any]]] = {}
        self.containers: dict[str, list[tuple[tuple[str, ...], Provider]]] = {}
        self.whole_readers: dict[str, list[tuple[tuple[str, ...], Provider]]] = {}
        self.keyed_readers: dict[str, list[tuple[str, Provider]]] = {}
        self.stored: dict[str, list[Provider]] = {}
        self.readers: dict[str, list[Provider]] = {}
        self.asking: dict[str, list[tuple[Provider, Any]]] = {}
        self.libraries: dict[str, list[Provider]] = {}
        self.shown: list[Provider] = []
        self.tracing: list[Provider] = []
        self.asked: list[Provider] = []
        for provider in providers:
            self._add(provider)
            self._add_readers(provider)
            self._add_displays(provider)

    def _add(self, provider: Provider) -> None:
        for name, setter in provider.setters.items():
            words = tuple(name.split("."))
            self.setters.setdefault(words[-1], []).append((words, provider, setter))
        for names, table in (
            (provider.containers, self.containers),
            (provider.whole_readers, self.whole_readers),
        ):
            for name in names:
                words = tuple(name.split("."))
                table.setdefault(words[-1], []).append((words, provider))

    def _add_readers(self, provider: Provider) -> None:
        if provider.reads_call is not None:
            self.asked.append(provider)
        for word, key in provider.keyed_readers.items():
            self.keyed_readers.setdefault(word, []).append((key, provider))
        for word, keys in provider.asking.items():
            self.asking.setdefault(word, []).append((provider, keys))
        for word in provider.stored:
            self.stored.setdefault(word, []).append(provider)
        for word in provider.readers:
            self.readers.setdefault(word, []).append(provider)
        for library in provider.libraries if not provider.shown else ():
            self.libraries.setdefault(library, []).append(provider)

    def _add_displays(self, provider: Provider) -> None:
        if provider.traces is not None:
            self.tracing.append(provider)
        if provider.shown:
            self.shown.append(provider)


class ReadByImport(NamedTuple):
    """A key of a setting that a module of the user's looks up when it is loaded.

    ``line`` is that of the cell which imports it. ``now``: the run has loaded it. Else an earlier one has.
    """

    module: str
    setting: str
    key: str
    line: int
    now: bool


@dataclass(slots=True)
class Found:
    """The usages by the setting's name. ``runs_any``: the text runs other code, which may set anything."""

    usages: dict[str, Usage] = field(default_factory=dict)
    runs_any: bool = False
    registered: dict[str, str] = field(default_factory=dict)
    """Statements that may register something in a library, by what they call."""
    words: set[str] = field(default_factory=set)
    """The names that the text, and the functions that it calls, use first in an expression."""
    libraries: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    """Files with the code of functions that it calls."""
    seeds: set[int] = field(default_factory=set)
    """Lines of the cell at which something is called that seeds a random generator, by its name."""
    seeds_by_import: bool = False
    """Whether a module of the user's that it imports does so when it is loaded."""
    seeding_modules: set[str] = field(default_factory=set)
    """Those of these modules that it has loaded."""
    draws: set[str] = field(default_factory=set)
    """Libraries from whose generator for all it draws, by the names of what it calls."""
    by_imports: list[ReadByImport] = field(default_factory=list)
    left_out: dict[str, set[str | None]] = field(default_factory=dict)
    """The settings that it would set in a branch that the run did not take, with their keys (None: any)."""
    left_seeds: bool = False
    """Whether it calls something in such a branch that seeds, by its name."""
    enters: bool = False
    """Whether it enters a context by hand. Nothing tells what that sets."""
    enters_less: bool = False
    """Whether it would enter one in a branch that the run did not take."""

    def leave_out(self, name: str, keys: Keys) -> None:
        """Note a setting that is set in a branch that the run did not take."""
        self.left_out.setdefault(name, set()).update(keys or (None,))

    def of(self, provider: Provider) -> Usage:
        """The usage of one setting."""
        return self.usages.setdefault(provider.name, Usage())

"""All settings before and after a run: which changed, which the run set, and which it read."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

from cellgraph.code.part_paths import item_path, key_of
from cellgraph.code.source import Source
from cellgraph.digest.protocol import SCALAR_IDS
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Digest
from cellgraph.patterns import Pattern
from cellgraph.trace.access_recorder import CodePlace
from cellgraph.trace.settings.branches import Branches, Loads
from cellgraph.trace.settings.called_code import text_of
from cellgraph.trace.settings.figures import FIGURES
from cellgraph.trace.settings.found_usages import NOTHING_SHOWN, Found, Index, Screen, SetAt, Usage
from cellgraph.trace.settings.hooks import HOOKS
from cellgraph.trace.settings.ipython import FORMATTERS
from cellgraph.trace.settings.libraries import LIBRARIES
from cellgraph.trace.settings.others import OTHERS
from cellgraph.trace.settings.process import BUILTINS, PROCESS
from cellgraph.trace.settings.provider import Provider, Values, load_offered, registered
from cellgraph.trace.settings.registries import CALLS, REGISTRIES, library_of
from cellgraph.trace.settings.text_events import FAILED, Event, events_of
from cellgraph.trace.settings.usage import Executed, usage
from cellgraph.trace.settings.values import DEFAULT, OWN, SOME, deviations, digest_of, part_of
from cellgraph.trace.spelled_texts import spelled_texts


class SettingRead(NamedTuple):
    """A setting that a run read: one key by its path, or (empty) the whole group. ``lines``: of the cell."""

    name: str
    path: str
    digest: Digest
    lines: frozenset[int] = frozenset()


class SettingWrite(NamedTuple):
    """The keys of a setting that a run set, and the whole group before and after.

    ``lines`` are those that set them, as far as they are known. ``anew``: what the statement sets does not
    depend on what was set before. ``modules``: the files of the code that sets it, where that is not the
    cell's own.
    """

    name: str
    paths: tuple[str, ...]
    before: Digest
    after: Digest
    lines: frozenset[int] = frozenset()
    anew: bool = False
    modules: frozenset[str] = frozenset()


class SettingChanges(NamedTuple):
    """What a text sets: keys by the setting (none: they are not named), seeds, and draws by the library."""

    sets: Mapping[str, frozenset[str]] = MappingProxyType({})
    seeds: bool = False
    draws: frozenset[str] = frozenset()


NO_CHANGES = SettingChanges()
_NO_PATHS: frozenset[str] = frozenset()


class SettingUse(NamedTuple):
    """What a run did with settings.

    ``left_out`` is what the text does somewhere and the run did not; of draws that is not known.
    """

    reads: tuple[SettingRead, ...] = ()
    writes: tuple[SettingWrite, ...] = ()
    seeds: frozenset[int] = frozenset()
    """Lines of the cell that call something that seeds, by its name."""
    only_imports: bool = False
    seeds_by_import: bool = False
    """Whether a module of the user's that the text imports seeds when it is loaded."""
    seeding_modules: frozenset[str] = frozenset()
    """Those of these modules that the run has loaded."""
    left_out: SettingChanges = NO_CHANGES

    @property
    def is_by_other_files(self) -> bool:
        """Whether code in other files, as the user's modules, sets something."""
        return self.seeds_by_import or any(write.modules for write in self.writes)


class Ended(NamedTuple):
    """How a run ended: what it shows, what it failed with, and at which line of the cell.

    ``loads`` are the parts of names that it was seen to load; None where nobody saw it. ``ran`` are the
    functions of the notebook that it was seen to run.
    """

    screen: Screen = NOTHING_SHOWN
    error: BaseException | None = None
    loads: Loads | None = None
    failed_at: int | None = None
    ran: tuple[CodePlace, ...] = ()


CONTAINERS = frozenset(
    word
    for provider in (*PROCESS, *LIBRARIES)
    for name in provider.containers
    for word in name.split(".")[-1:]
) - {"path", "filters", "config"}
"""Attributes that hold settings: what is stored into one is no part of the module that has it."""

_Carried = Mapping[str, tuple[frozenset[object], frozenset[str]]]
"""By setting: the places of a cell that set keys without saying which, and the keys that they set."""


class _LastRun(NamedTuple):
    """The last run of a cell: what it set without saying which, and the texts that its variables held."""

    text: str = ""
    carried: _Carried = MappingProxyType({})
    spelled: frozenset[str] = frozenset()

    def still_set(self, source: Source, names: Mapping[str, Any], states: Mapping[str, _State]) -> _Carried:
        """What it set, without the keys that a variable of the text held then and holds no more."""
        gone = (
            self.spelled.difference(spelled_texts(source.tree, names.get)) if self.spelled else self.spelled
        )
        if not gone:
            return self.carried
        return {
            name: (places, frozenset(key for key in keys if not _is_spelled(key, gone, states.get(name))))
            for name, (places, keys) in self.carried.items()
        }


def _is_spelled(key: str, texts: frozenset[str], state: _State | None) -> bool:
    """Whether one of the texts is a key, or its last word: ``weight`` for ``font.weight``."""
    spellings = state.provider.spellings if state is not None else None
    if spellings is not None and not texts.isdisjoint(spellings(key)):
        return True
    return key in texts or key.rpartition(".")[2].rpartition(" ")[2] in texts


class _Before(NamedTuple):
    values: Values
    parts: Mapping[str, str]
    digest: Digest


@dataclass(slots=True)
class _State:
    """What is known of one setting. ``baseline`` is the value with which a restart starts."""

    provider: Provider
    token: object
    values: Values
    baseline: Values
    parts: Mapping[str, str]
    digest: Digest

    @property
    def before(self) -> _Before:
        """The value that a run that starts now finds."""
        return _Before(self.values, self.parts, self.digest)

    def take(self, values: Values, baseline: Values) -> None:
        """Store new values."""
        self.values, self.baseline = values, baseline
        self.parts = deviations(values, baseline)
        self.digest = digest_of(self.parts)


class SettingsTracker:
    """The settings of one session.

    A change between two runs is made by no cell. As far as is known, a restart starts with the changed value.
    A value that a library sets when it is imported belongs to the library.
    """

    def __init__(self) -> None:
        self._serial = -1
        self._providers: tuple[Provider, ...] = ()
        self._index = Index(())
        self._loaded = self._looked_for = -1
        self._states: dict[str, _State] = {}
        self._with_token: tuple[_State, ...] = ()
        """Those that can be looked at cheaply."""
        self._waiting: list[Provider] = []
        self._failed: set[str] = set()
        self._carried: dict[str, _LastRun] = {}
        self._before: dict[str, _Before] = {}
        self._modules = 0
        self._at_import: dict[tuple[str, str, str], Digest] = {}
        """What modules of the user's looked up when they were loaded: by module, setting and path."""
        self._registered: dict[str, str] = {}
        """Statements of cells that have registered something where nobody can look."""
        self._renew_providers()
        self._find_loaded(at_start=True)

    def digest(self, name: str) -> Digest | None:
        """The whole setting as of the last look. The defaults if its library is not loaded."""
        state = self._states.get(name)
        return state.digest if state is not None else DEFAULT

    @property
    def is_hooked(self) -> bool:
        """Whether IPython calls functions of the user's for each cell."""
        state = self._states.get(HOOKS)
        return state is not None and bool(state.parts)

    def begin(self, text: str, names: Mapping[str, Any]) -> None:
        """A run of this text is about to start. Changes since the last run were made by no cell."""
        self._renew_providers()
        self._find_loaded(at_start=True)
        self._modules = len(sys.modules)
        if not self.is_hooked and _only_binds(text, names):
            return
        for state in self._looked_at(text):
            if (token := _token(state.provider)) != state.token:
                self._changed_by_no_cell(state, token)
                self._before.pop(state.provider.name, None)
        if self._before.keys() != self._states.keys():
            self._before = {
                name: self._before.get(name) or state.before for name, state in self._states.items()
            }

    def end(
        self,
        cell: str,
        source: Source,
        names: Mapping[str, Any],
        ended: Ended,
    ) -> SettingUse:
        """The run is over."""
        self._find_loaded(at_start=False)
        if (
            not ended.screen.result
            and not ended.ran
            and _only_binds(source.text, names)
            and not self._states[BUILTINS.name].parts
            and not self.is_hooked
        ):
            self._carried.pop(cell, None)
            return _NOTHING
        # That it failed so depends on a limit.
        too_deep = type(ended.error) is RecursionError
        words = {"RecursionError": too_deep, FAILED: ended.error is not None}
        failed = (Event("load", (word,), (), (), 0) for word, is_so in words.items() if is_so)
        branches = Branches(source.tree, names, ended.loads, ended.failed_at)
        return self._used(cell, source, (*events_of(source), *failed), branches, ended)

    def _used(
        self,
        cell: str,
        source: Source,
        events: tuple[Event, ...],
        branches: Branches,
        ended: Ended,
    ) -> SettingUse:
        names = branches.names
        loaded = frozenset(islice(reversed(sys.modules), max(0, len(sys.modules) - self._modules)))
        found = usage(events, names, self._index, ended.screen, Executed(branches, loaded, ended.ran))
        only_imports = all(event.kind == "import" for event in events)
        self._note_found(source.text, found, names, only_imports)
        last = self._carried.get(cell) or _LastRun()
        run = _Ending(found, last, source, last.still_set(source, names, self._states), bool(loaded))
        reads: list[SettingRead] = []
        writes: list[SettingWrite] = []
        touched: list[str] = []
        concerned = found.usages.keys() | (last.carried.keys() if run.same_text else set())
        for name, state in self._in_question(source.text, concerned):
            used, token = found.usages.get(name), _token(state.provider)
            met = list(self._met(state, token, events, names))
            if name not in concerned and token == state.token and name in self._before and not met:
                continue
            touched.append(name)
            reads += met
            if (write := self._written(state, token, used, run)) is not None:
                writes.append(write)
            if used is not None:
                reads += self._reads(state, used, write)
        reads += self._read_by_imports(found, reads)
        for name in touched:
            self._before[name] = self._states[name].before
        spelled = spelled_texts(source.tree, names.get) if run.carried else frozenset[str]()
        self._carried[cell] = _LastRun(source.text, run.carried, spelled)
        return SettingUse(
            tuple(reads),
            tuple(writes),
            frozenset(found.seeds),
            only_imports,
            found.seeds_by_import,
            frozenset(found.seeding_modules),
            self._left_out(found, writes),
        )

    def _read_by_imports(self, found: Found, reads: Sequence[SettingRead]) -> Iterator[SettingRead]:
        """What modules looked up that an earlier run has loaded, as it was then. ``reads`` are this run's."""
        by_place = {(read.name, read.path): read for read in reads} if found.by_imports else {}
        for each in found.by_imports:
            place = each.setting, item_path(each.key)
            if each.now and place in by_place:
                self._at_import[(each.module, *place)] = by_place[place].digest
            elif place not in by_place and (digest := self._at_import.get((each.module, *place))) is not None:
                yield SettingRead(*place, digest, frozenset({each.line}))

    def _left_out(self, found: Found, writes: Iterable[SettingWrite]) -> SettingChanges:
        """What the text of a run sets somewhere, without what the run has set."""
        is_setting = any(used.sets for used in found.usages.values())
        if not (is_setting or found.left_out or found.left_seeds or found.draws):
            return NO_CHANGES
        made = {write.name: frozenset(write.paths) for write in writes}
        left = {name: paths - made.get(name, _NO_PATHS) for name, paths in self._paths_set(found)}
        left = {name: paths for name, paths in left.items() if paths or name not in made}
        for name, keys in found.left_out.items():
            paths = frozenset(item_path(key) for key in keys if key is not None)
            is_named = None not in keys and left.get(name, paths)
            left[name] = paths | left.get(name, paths) if is_named else _NO_PATHS
        left.pop(FORMATTERS.name, None)  # many things have a ``pop``: of printers only a change counts
        return SettingChanges(left, found.left_seeds, frozenset(found.draws))

    def _paths_set(self, found: Found) -> Iterator[tuple[str, frozenset[str]]]:
        for name, used in found.usages.items():
            paths = _paths_of(used.sets) if name in self._states and used.sets else None
            if paths is not None:
                yield name, paths

    def read_by(self, name: str, names: Mapping[str, Any]) -> frozenset[str]:
        """The settings that a call of this name would read, by its text."""
        call = Event("call", (name,), (), (), 0)
        found = usage((call,), names, self._index).usages.items()
        return frozenset(key for key, used in found if used.read_at is not None or used.looked_up)

    def would_set(self, source: Source, names: Mapping[str, Any]) -> SettingChanges:
        """The settings that a text would set if it ran, and the generators that it would move."""
        found = usage(events_of(source), names, self._index)
        return SettingChanges(dict(self._paths_set(found)), bool(found.seeds), frozenset(found.draws))

    def _note_found(self, text: str, found: Found, names: Mapping[str, Any], only_imports: bool) -> None:
        """Add what a text does with builtins that were replaced, and with registries."""
        self._note_patched(names, found)
        self._note_named(text, found, only_imports)
        self._registered.update(found.registered)

    def _note_patched(self, names: Mapping[str, Any], found: Found) -> None:
        """Builtins that were replaced, if the text uses one."""
        patched = self._states[BUILTINS.name].parts if BUILTINS.name in self._states else {}
        for word in sorted(found.words) if patched else ():
            if word not in names and item_path(word) in patched:
                found.of(BUILTINS).look_up(word, 0, 0)

    def _note_named(self, text: str, found: Found, only_imports: bool) -> None:
        """Keys of registries that cells have set, where the text or a function that it calls names one."""
        for state in self._states.values():
            names_key = state.provider.names_key
            if names_key is None or not state.parts:
                continue
            texts = [text, *(text_of(path) for path in found.texts)]
            used = found.of(state.provider)
            own = {key for at in used.sets for key in at.keys}
            keys = [key for key in map(key_of, state.parts) if key not in own]
            if only_imports and state.provider is CALLS:
                keys = [key for key in keys if library_of(key) == "sys"]  # modules put in by hand
            for key in keys:
                called = state.provider is CALLS and library_of(key) in found.libraries
                if called or any(names_key(key, one) for one in texts):
                    used.look_up(key, 0, 0)

    # -- providers --------------------------------------------------------------------------------------

    def _renew_providers(self) -> None:
        serial, others = registered()
        if serial != self._serial:
            self._serial = serial
            self._providers = (*PROCESS, *LIBRARIES, *OTHERS, *REGISTRIES, FIGURES, *others)
            known = {provider.name for provider in self._providers}
            self._states = {name: state for name, state in self._states.items() if name in known}
            self._waiting = [p for p in self._providers if p.name not in self._states]
            self._with_token = tuple(s for s in self._with_token if s.provider.name in known)
            self._index = Index(self._providers)

    def _find_loaded(self, at_start: bool) -> None:
        """Add the settings of libraries that have been loaded since."""
        if len(sys.modules) == self._loaded and self._serial == self._looked_for:
            return
        self._looked_for = self._serial
        self._loaded = len(sys.modules)
        if not at_start:
            load_offered()
            self._renew_providers()
        for provider in [p for p in self._waiting if p.module in sys.modules]:
            self._take_in(provider, at_start)

    def _looked_at(self, text: str) -> list[_State]:
        """The settings that are read around a run of this text, known to concern them or not."""
        return [
            state
            for state in self._with_token
            if not (hints := state.provider.hints) or any(hint in text for hint in hints)
        ]

    def _in_question(self, text: str, concerned: Collection[str]) -> list[tuple[str, _State]]:
        """These settings, and those that are concerned, in the order in which they were found."""
        names = {state.provider.name for state in self._looked_at(text)}.union(concerned)
        return [(name, state) for name, state in self._states.items() if name in names]

    def _take_in(self, provider: Provider, at_start: bool) -> None:
        try:
            values, token = provider.values(), provider.token() if provider.token is not None else None
            defaults = None if at_start else provider.defaults()  # None: the defaults can only be read
        except Exception:  # noqa: BLE001 - half imported, another version, or patched by the user
            return
        baseline = values if defaults is None else defaults
        self._waiting.remove(provider)
        state = _State(provider, token, values, baseline, {}, DEFAULT)
        self._states[provider.name] = state
        self._with_token += (state,) if provider.token is not None else ()
        if at_start:
            state.take(values, values)
            return
        # A run has loaded it: what differs from the defaults is told apart when the run ends.
        state.values, state.token = baseline, object() if provider.token is not None else None

    def _values(self, state: _State) -> Values:
        if state.provider is CALLS:
            return dict(self._registered)
        try:
            return state.provider.values()
        except Exception:  # noqa: BLE001 - as above
            return state.values

    def _changed_by_no_cell(self, state: _State, token: object) -> None:
        values = self._values(state)
        moved = _moved(state.values, values)
        state.token = token
        if moved:
            state.take(values, _rebased(state.baseline, values, moved))

    # -- the end of a run -------------------------------------------------------------------------------

    def _written(self, state: _State, token: object, used: Usage | None, run: _Ending) -> SettingWrite | None:
        """What the run set, and the new state."""
        provider, name = state.provider, state.provider.name
        sets = used.sets if used is not None else []
        before = self._before.get(name) or _Before(state.baseline, {}, DEFAULT)
        values = self._values(state) if sets or token != state.token else state.values
        state.token = token
        if values is before.values and not sets and not run.carries(name):
            return None  # most are only read
        known = values.keys() | before.values.keys()
        said = _said(sets, known, provider)
        moved = _moved(before.values, values)
        own = run.of_the_cell(provider, moved, said, sets)
        carried = run.carry(name, moved & own, said, sets, known)
        keys = said | (moved & own) | carried
        baseline = _rebased(state.baseline, values, moved - keys) if moved - keys else state.baseline
        state.take(values, baseline)
        if not keys:
            return None
        lines = frozenset(at.line for at in sets if at.line)
        anew = bool(sets) and all(at.returning for at in sets)
        modules = frozenset[str]().union(*(at.modules for at in sets))
        return SettingWrite(
            name, tuple(sorted(map(item_path, keys))), before.digest, state.digest, lines, anew, modules
        )

    def _met(
        self, state: _State, token: object, events: Sequence[Event], names: Mapping[str, Any]
    ) -> Iterable[SettingRead]:
        """What a run read of a setting where what it did to it tells that: every key of it."""
        asked = state.provider.is_read
        if asked is None or not asked(state.token, token, events, names):
            return
        before = self._before.get(state.provider.name)
        for key in sorted(state.values.keys() | (before.values.keys() if before is not None else set())):
            path = item_path(key)
            value = before.parts.get(path, "") if before is not None else ""
            yield SettingRead(state.provider.name, path, part_of(value))

    def _reads(self, state: _State, used: Usage, write: SettingWrite | None) -> Iterable[SettingRead]:
        name = state.provider.name
        before = self._before.get(name) or _Before(state.baseline, {}, DEFAULT)
        adding = [at for at in used.sets if at.adding]
        lines = frozenset(used.lines) | {at.line for at in adding}
        read_at = used.read_at
        if adding and (read_at is None or adding[0].order < read_at):
            read_at = adding[0].order
        for key, order in used.looked_up.items():
            path = item_path(key)
            if not any(at.order < order and key in at.keys and not at.building for at in used.sets):
                value = before.parts.get(path, "")
                asked = SOME if value and key not in used.counted else value
                yield SettingRead(name, path, part_of(asked), lines)
        if read_at is None:
            return
        earlier = [at for at in used.sets if at.order < read_at and not at.building]
        # A logger's level and its handlers are one key: to set the level leaves the handlers that there were.
        keyed = state.provider.key_of is None or not adding
        own = {item_path(key) for at in earlier for key in at.keys} if keyed else set()
        own |= set(map(item_path, used.set_in_time(state.provider.later)))
        own |= set(map(item_path, state.provider.given if not used.reads_given else ()))
        if write is not None and not adding and any(not at.keys for at in earlier):
            own |= set(write.paths)
        parts = {**before.parts, **dict.fromkeys(own, OWN)} if own else before.parts
        yield SettingRead(name, "", digest_of(parts) if own else before.digest, lines)


class _Ending:
    """Decides at the end of a run whether the cell set something, or a library did."""

    def __init__(
        self, found: Found, last: _LastRun, source: Source, former: _Carried, imported: bool
    ) -> None:
        self._found = found
        self._former = former
        self.same_text = last.text == source.text
        self._imported = imported
        self.carried: dict[str, tuple[frozenset[object], frozenset[str]]] = {}

    def of_the_cell(
        self, provider: Provider, moved: frozenset[str], said: frozenset[str], sets: list[SetAt]
    ) -> frozenset[str]:
        """The changed keys that the cell has set, without those that a library set by itself."""
        vague = any(not at.keys or provider.ordered for at in sets) or self._found.runs_any
        told = provider.hints and not provider.quiet  # a word of the text says that it is the cell's doing
        by_library = self._imported and not self._found.enters
        if not vague and not told and provider.is_read is None and (by_library or provider.quiet):
            return moved & said
        return moved if vague else moved - (provider.noisy - said)

    def carries(self, name: str) -> bool:
        """Whether the cell's previous run set keys of this setting without saying which."""
        return name in self._former

    def carry(
        self, name: str, moved: frozenset[str], said: frozenset[str], sets: list[SetAt], known: Iterable[str]
    ) -> frozenset[str]:
        """Keys that a statement set in the cell's previous run, and has set again to the same value."""
        places: frozenset[object] = frozenset(at.signature for at in sets if not at.keys or at.loading)
        loading = {key for at in sets if at.loading for key in at.keys if key in said}
        former_places, former = self._former.get(name, (frozenset(), frozenset()))
        same = self.same_text and name not in self._found.left_out and not self._found.enters_less
        again = former if same or places & former_places else frozenset()
        kept = (moved - said) | (again & frozenset(known)) | loading
        if kept:
            self.carried[name] = (places, kept)
        return kept


_SHORT = 500
"""Characters. A longer text is worth the look."""
_NOTHING = SettingUse((), (), frozenset(), only_imports=False)
_DOES_MORE = Pattern(r"[.(\[%!?@&|^~]|[fF][rR]?['\"]|[-+*/<>]=|import|with|class|def|del|await")
"""What a text has that calls something, or touches more than names."""
_COMPUTES = Pattern(r"[-+*/<>]")
"""Operators. An object of any class but the plainest may do anything when it meets one."""
_WORD = Pattern(r"\w+")


def _only_binds(text: str, names: Mapping[str, Any]) -> bool:
    """Whether a text only binds names to constants, to other names, and to what it computes from numbers."""
    if len(text) >= _SHORT or (text and _DOES_MORE.search(text)):
        return False
    if not text or not _COMPUTES.search(text):
        return True
    return all(id(type(names.get(word))) in SCALAR_IDS for word in _WORD.findall(text))


def _token(provider: Provider) -> object:
    try:
        return provider.token() if provider.token is not None else None
    except Exception:  # noqa: BLE001 - what cannot be looked up has not changed
        return None


def _said(sets: list[SetAt], known: Iterable[str], provider: Provider) -> frozenset[str]:
    """The keys that the text says it sets. None if it restores something at the end."""
    present = frozenset(known)
    found: set[str] = set()
    for at in sets:
        if not at.keys:
            found.clear()
        found.update(key for key in at.keys if key in present or (provider.by_key and key))
    return frozenset(found)


def _paths_of(sets: list[SetAt]) -> frozenset[str] | None:
    """The paths of the keys that are set; none if some are not named. None if it sets another setting."""
    if not all(at.keys for at in sets):
        return frozenset()
    return frozenset(item_path(key) for at in sets for key in at.keys if key) or None


def _moved(before: Values, after: Values) -> frozenset[str]:
    if before is after:
        return frozenset()
    return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _rebased(baseline: Values, values: Values, keys: Iterable[str]) -> Values:
    """The baseline with the present values of these keys."""
    rebased = {key: value for key, value in baseline.items() if key not in keys}
    return rebased | {key: values[key] for key in keys if key in values}

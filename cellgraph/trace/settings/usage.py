"""Which settings a run's text reads and sets, by its events and those of the functions that it calls."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from cellgraph.code.expression_names import names_in
from cellgraph.code.plain_texts import are_plain
from cellgraph.digest.class_reflection import is_library_function
from cellgraph.digest.code_origin import WITH_DATABASE, globals_of, is_users_module
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.trace.access_recorder import CodePlace
from cellgraph.trace.draw_calls import IS_COUNTED
from cellgraph.trace.settings.branches import Branches
from cellgraph.trace.settings.called_code import (
    FUNCTIONS,
    NO_LIBRARY,
    body_of_function,
    function_called,
    is_followed,
    is_of_a_library,
    known_parameters,
    libraries_of,
    module_text,
    modules_of,
)
from cellgraph.trace.settings.figures import asks_no_size, is_sized
from cellgraph.trace.settings.found_usages import (
    NOTHING_SHOWN,
    Found,
    Index,
    ReadByImport,
    Screen,
    SetAt,
    Usage,
)
from cellgraph.trace.settings.provider import Keys, Provider, brief_text
from cellgraph.trace.settings.registries import CALLS, key_of_call
from cellgraph.trace.settings.text_events import Event, events_of_body
from cellgraph.trace.settings.usage_words import (
    CHANGING,
    CHANGING_AN_ARGUMENT,
    CONTEXTS,
    DIVERTING,
    DRAWING,
    ENTERING,
    FOR_ALL,
    HAVE_GENERATORS,
    IN_SHELL,
    NEUTRAL,
    ON_SCREEN,
    OWN_CALLS,
    RUNS_ANY,
    SEEDING,
    SHOWING,
    SPELLING,
    TAKING,
)

_DEPTH = 5
_EVENTS = 3000
"""How far calls are followed, and how many events are looked at for one run."""

_DESCRIBING = frozenset(
    map(
        id,
        (
            *(str, bytes, int, float, complex, bool, type(None), tuple, list, dict, set, frozenset),
            *(type, ModuleType, FunctionType, MethodType, BuiltinFunctionType),
        ),
    )
)
"""Types of what a library is told: a name, a number, a function. Other objects are given to be worked on."""


class Executed(NamedTuple):
    """What is known of a run of a text. Without it, all of the text is taken to run.

    ``branches`` tells which events the run did not get to; without it all are taken. ``loaded`` are the
    modules that the run has loaded; without it every import counts as the first. ``functions`` are those of
    the notebook that it was seen to run.
    """

    branches: Branches | None = None
    loaded: Collection[str] | None = None
    functions: tuple[CodePlace, ...] = ()


NOT_EXECUTED = Executed()


def usage(
    events: Sequence[Event],
    names: Mapping[str, Any],
    index: Index,
    screen: Screen = NOTHING_SHOWN,
    executed: Executed = NOT_EXECUTED,
) -> Found:
    """What the events do with each setting. ``screen``: what the cell shows."""
    return _Reader(names, index, executed).run(events, screen)


def _keys_read(event: Event) -> Sequence[str]:
    """The keys that a call names: ``getenv("A")``, ``expandvars("$A/x")``. None if it may read any."""
    first = event.keys[0] if event.keys else None
    if event.dotted[-1] in SPELLING:
        return IN_SHELL.findall(first or "")
    return (first,) if first else ()


def _enters(event: Event) -> bool:
    """Whether a call enters a context by hand, or makes one and enters it in no ``with`` statement."""
    return event.dotted[-1] in ENTERING or (event.dotted[-1] in CONTEXTS and not event.undone)


def _builds_on(event: Event) -> bool:
    """Whether the result depends on the present value: a relative folder, one more handler."""
    if event.dotted[-1] not in ("chdir", "%cd"):
        return "force" not in event.named  # with which basicConfig takes the handlers away first
    given = [key for key in event.keys if key is None or not key.startswith("-")]
    path = given[0] if given else "~"
    return path is not None and not path.startswith(("/", "~"))


class _Reader:
    def __init__(
        self,
        names: Mapping[str, Any],
        index: Index,
        executed: Executed,
    ) -> None:
        self._names = names
        self._index = index
        self._executed, self._branches = executed, executed.branches
        self._in_function = False
        self._scope = names
        """The globals of the code that the present event stands in, in which functions are looked up."""
        self._called: Branches | None = None
        """The branches of the function that the present event stands in, by what its parameters hold."""
        self._of_notebook = True
        """Whether the events are those of code of the notebook itself, not of a module of the user's."""
        self._files: frozenset[str] = frozenset()
        """The files of the functions that the present event stands in."""
        self._found = Found()
        self._order = 0
        self._shows: tuple[int, int] | None = None
        self._shows_at: set[int] = set()
        self._shows_elsewhere = False
        """Whether text is made that may not stand below the cell, or not as it is."""
        self._libraries: set[str] = set()
        self._roots: dict[str, frozenset[str]] = {}
        self._followed: set[tuple[object, ...]] = set()
        self._displayed: Event | None = None
        self._has_figure = False
        """Whether the text has made a figure on which pyplot draws from then on."""

    def run(self, events: Sequence[Event], screen: Screen) -> Found:
        self._displayed = events[-1] if events and screen.result else None
        self._walk(events, 0)
        self._walk_called_elsewhere()
        shown = (self._order + 1, events[-1].line if events else 0) if screen.result else None
        of_libraries = self._shows or (shown if screen.result != "plain" else None)
        for provider in self._index.shown:
            among = not provider.libraries.isdisjoint(self._libraries)
            at = of_libraries if provider.libraries else shown
            if at is not None and (among or not provider.libraries):
                self._reads_shown(provider, at, {*self._shows_at, *(shown or ())[1:]}, screen)
        for provider in self._index.tracing:
            text = screen.errors()
            if text and provider.traces is not None and provider.traces.search(text) is not None:
                self._found.of(provider).read(self._order + 1, events[-1].line if events else 0)
        return self._found

    def _walk_called_elsewhere(self) -> None:
        """Take in the functions that ran and that no call of the text leads to.

        A library called them, or one that was found in a container: validators, default factories, handlers
        in a table. Which statement of the cell made them run is not known: line 0.
        """
        known = {key[:2] for key in self._followed}
        for place in self._executed.functions:
            if place[:2] in known or not (events := body_of_function(*place).events):
                continue
            self._found.texts.add(place.path)
            self._files = frozenset({place.path})
            self._walk((event._replace(line=0) for event in events), 1)
            known.update(key[:2] for key in self._followed)
        self._files = frozenset()

    def _reads_shown(
        self, provider: Provider, at: tuple[int, int], lines: Collection[int], screen: Screen
    ) -> None:
        """Note that what the cell shows depends on the display options of a library, as far as it does."""
        used = self._found.of(provider)
        used.lines.update(lines)
        marks = provider.marks if not self._shows_elsewhere else None
        text = screen.text() if marks is not None else None
        if marks is None or text is None:
            used.read(*at)
            return
        keys: Collection[str] = provider.unmarked
        if marks.search(text) is not None:
            left_out = {key for key, mark in provider.marks_of.items() if mark.search(text) is None}
            if not left_out:
                used.read(*at)
                return
            keys = sorted(provider.values().keys() - left_out)
        for key in keys:
            used.look_up(key, *at)

    def _walk(self, events: Iterable[Event], depth: int, line: int = 0) -> None:
        for event in events:
            self._order += 1
            if self._order > _EVENTS:
                return
            self._found.words.add(event.dotted[0])
            self._shows_elsewhere |= not DIVERTING.isdisjoint(event.dotted)
            self._take(event._replace(line=line) if line else event, depth)

    def _take(self, event: Event, depth: int) -> None:
        self._in_function = depth > 0
        if self._called is not None and self._called.is_cut_off(event.tests):
            self._leave_out(event)
            return
        if self._branches is not None and not depth:
            if self._branches.is_below_failure(event.line) or self._branches.is_cut_off(event.tests):
                self._leave_out(event)
                return
            if event.variables and event.dotted[-1] in self._index.setters:
                event = self._branches.with_texts(event)
        self._do(event, depth)

    def _do(self, event: Event, depth: int) -> None:
        if event.kind == "import":
            self._imports(event)
            return
        told = self._by_own_name(event)
        if event.kind == "call" and self._is_setter(told):
            return
        if event.dotted[-1] == "reload":
            self._reload(event)
        self._read_by_word(told)
        self._ask(told)
        held = self._contained(told)
        if event.code and not held and not event.undone and not self._is_passed_by(event):
            self._note_registered(event)
        if event.kind == "store":
            self._stored(event)
        elif event.kind == "call" and _enters(event):
            self._enter(event, depth)
        elif not held and told.dotted[-1] not in NEUTRAL:
            self._used(event, depth)

    def _by_own_name(self, event: Event) -> Event:
        """The event, with a library's function by its own name: ``getenv`` that was imported as ``ge``."""
        word = event.dotted[0]
        name = word.removesuffix("()")
        value = self._scope.get(name)
        if id(type(value)) not in FUNCTIONS or (name == word and len(event.dotted) > 1):
            return event
        own: str = value.__name__  # type: ignore[union-attr]
        if own == name or (type(value) is FunctionType and not is_library_function(value)):
            return event
        told = event._replace(dotted=(own + word[len(name) :], *event.dotted[1:]))
        self._displayed = told if event is self._displayed else self._displayed
        return told

    def _enter(self, event: Event, depth: int) -> None:
        """A context that is entered by hand, or made to be, if the run got to it."""
        if self._is_passed_by(event):
            self._found.enters_less = True
            return
        self._found.enters |= event.dotted[-1] in ENTERING
        if depth < _DEPTH:
            self._follow(event, depth)

    def _is_setter(self, event: Event) -> bool:
        """Whether a call does no more than to set something; what else it does is noted."""
        if self._sets(event) or self._shell(event):
            return True
        last = event.dotted[-1]
        if last in SHOWING and not self._shows_plain_text(event):
            self._shows = self._shows or (self._order, event.line)
            self._shows_at.add(event.line)
            self._shows_elsewhere |= last not in ON_SCREEN or "file" in event.named
        self._found.runs_any |= last in RUNS_ANY
        if not event.undone and SEEDING.search(last):
            if self._is_passed_by(event):
                self._found.left_seeds = True
            else:
                self._found.seeds.add(event.line)
        if DRAWING.search(last) and last[:1].islower() and last not in NEUTRAL:
            self._draws(event.dotted)
        return False

    def _shows_plain_text(self, event: Event) -> bool:
        """Whether a call shows only numbers and texts, which no display option of a library changes."""
        if event.shown is None or not OWN_CALLS.isdisjoint(self._names):
            return False
        at_top = self._branches is not None and not self._in_function
        return are_plain(event.shown, lambda name: at_top and self._branches.holds_scalar(name))  # type: ignore[union-attr]

    def _draws(self, words: tuple[str, ...]) -> None:
        """A call that draws by its name, if what it belongs to is a library, or is not there yet."""
        name = words[0]
        value = self._names.get(name)
        if type(value) is ModuleType:
            name = str(ModuleType.__getattribute__(value, "__dict__").get("__name__"))
        elif id(type(value)) in _BOUND:
            owner = value.__self__  # type: ignore[union-attr]
            if not any(owner is held for held in _generators_for_all()):
                return
            name = type(owner).__module__
        elif name in self._names or len(words) == 1:
            return
        library = {"np": "numpy"}.get(name, name).partition(".")[0]
        if library in HAVE_GENERATORS and ("random" in (*name.split("."), *words[:-1]) or library == "torch"):
            self._found.draws.add(library)

    def _note_registered(self, event: Event) -> None:
        """A statement that calls a library, or stores into it, and may register something there."""
        value = self._names.get(event.dotted[0])
        kind = type(value)
        if not (kind is ModuleType or id(kind) in FUNCTIONS or issubclass(kind, type)):
            return
        library = next(libraries_of(value, 0), "")
        hosts = (p.module.partition(".")[0] for p in self._index.libraries.get(library, ()))
        if library == "polars" and SEEDING.search(event.dotted[-1]) and IS_COUNTED:
            return  # that is told by the numbers
        known = library in hosts and not event.dotted[-1].startswith(("register", "add"))
        if known or library in NO_LIBRARY | WITH_DATABASE or is_users_module(library):
            return
        if event.kind == "store" and not event.keys and is_followed(event.dotted, value):
            return
        if event.kind == "call" and self._changes_an_argument(event):
            return
        given = f"({event.keys[0]!r})" if event.kind == "call" and event.keys and event.keys[0] else ""
        if event.kind == "store" and event.keys:
            given = f"[{event.keys[0]!r}]"
        callee = ".".join(event.dotted) + given
        key = key_of_call(library, callee)
        self._found.registered[key] = event.code + self._given(event)
        self._set(CALLS, (key,), event)

    def _given(self, event: Event) -> str:
        """What the variables in a statement held that calls a library: ``dask.config.set(options)``."""
        statement = ast.parse(event.code).body[0]
        if not isinstance(statement, ast.Expr | ast.Assign):
            return ""
        used = sorted(names_in(statement).intersection(self._names) - {event.dotted[0]})
        values = ((name, self._names[name]) for name in used)
        texts = (f"{name} = {brief_text(value)}" for name, value in values if type(value) is not ModuleType)
        return "".join(f"; {text}" for text in texts)

    def _changes_an_argument(self, event: Event) -> bool:
        """Whether a call changes the object that it is given: ``nx.set_node_attributes(graph, 1)``."""
        last = event.dotted[-1]
        if CHANGING_AN_ARGUMENT.match(last) is None or FOR_ALL.search(last) is not None:
            return False
        calls = [node for node in ast.walk(ast.parse(event.code)) if isinstance(node, ast.Call)]
        first = calls[0].args[0] if calls and calls[0].args else None
        if not isinstance(first, ast.Name) or first.id not in self._names:
            return False
        return id(type(self._names[first.id])) not in _DESCRIBING

    def _stored(self, event: Event) -> None:
        """A store into an attribute that is an option, whatever object it belongs to."""
        for provider in self._index.stored.get(event.dotted[-1], ()):
            self._set(provider, (), event)

    def _used(self, event: Event, depth: int) -> None:
        self._use(event.dotted[0], event)
        if event.kind == "call" and depth < _DEPTH and not self._is_passed_by(event):
            self._follow(event, depth)

    def _imports(self, event: Event) -> None:
        """The import of a module of the user's depends on the path of imports."""
        module = sys.modules.get(event.dotted[0])
        path = getattr(module, "__file__", None) if type(module) is ModuleType else None
        if type(path) is str and "site-packages" not in path and "/lib/python" not in path:
            for _, provider in self._index.containers.get("path", ()):
                self._found.of(provider).read(self._order, event.line)
        for name in modules_of(event, self._names.get("__package__")):
            self._load(name, event, self._executed.loaded is None or name in self._executed.loaded)

    def _load(self, name: str, event: Event, now: bool) -> None:
        """What a module of the user's sets when it is loaded. ``now``: the run has loaded it."""
        held, tree = module_text(name)
        if tree is None or (name, now) in self._followed:
            return
        self._followed.add((name, now))
        reader = _Reader(held, self._index, Executed(Branches(tree, held, None), self._executed.loaded))
        reader._followed = self._followed
        found = reader.run(events_of_body(tree.body), NOTHING_SHOWN)
        self._found.seeds_by_import |= bool(found.seeds or found.seeds_by_import)
        self._found.seeding_modules |= found.seeding_modules
        if now and found.seeds:
            self._found.seeds.add(event.line)
            self._found.seeding_modules.add(name)
        own = {str(held["__file__"]), *found.texts}
        self._found.texts |= own
        for setting, used in found.usages.items():
            for at in used.sets:
                keys, files = at.keys if now else (), at.modules | own
                place = SetAt(self._order, keys, event.signature, event.line, modules=files, loading=True)
                self._found.usages.setdefault(setting, Usage()).sets.append(place)
        self._found.by_imports += found.by_imports
        for setting, used in found.usages.items():
            self._looked_up_by_import(name, setting, used, event, now)

    def _looked_up_by_import(self, module: str, setting: str, used: Usage, event: Event, now: bool) -> None:
        """What a module looks up when it is loaded, and does not set itself."""
        own = {key for at in used.sets for key in at.keys}
        for key in used.looked_up:
            if key not in own:
                self._found.by_imports.append(ReadByImport(module, setting, key, event.line, now))
                if now:
                    self._found.usages.setdefault(setting, Usage()).look_up(key, self._order, event.line)

    def _reload(self, event: Event) -> None:
        """``importlib.reload(my_style)`` loads a module of the user's once more."""
        for variable in event.variables[:1]:
            module = self._names.get(variable)
            if type(module) is ModuleType:
                self._load(str(globals_of(module).get("__name__")), event, now=True)

    def _read_by_word(self, event: Event) -> None:
        """The settings that a call of this name reads, whatever it belongs to."""
        for provider in self._index.readers.get(event.dotted[-1], ()):
            self._read_keys(provider, event)
        for provider in self._index.asked if event.kind == "call" else ():
            if provider.reads_call is not None and provider.reads_call(event):
                self._found.of(provider).read(self._order, event.line)
        for words, provider in self._index.whole_readers.get(event.dotted[-1], ()):
            if event.dotted[-len(words) :] == words:
                self._found.of(provider).read(self._order, event.line)
        for key, provider in self._index.keyed_readers.get(event.dotted[-1], ()):
            self._found.of(provider).look_up(key, self._order, event.line)

    def _ask(self, event: Event) -> None:
        """A call that returns values of settings."""
        for provider, keys in self._index.asking.get(event.dotted[-1], ()) if event.kind == "call" else ():
            for key in () if self._is_of_another(event, provider) else keys(event):
                self._found.of(provider).look_up(key, self._order, event.line)

    def _read_keys(self, provider: Provider, event: Event) -> None:
        used = self._found.of(provider)
        keys = _keys_read(event) if provider.by_key else ()
        for key in keys:
            used.look_up(key, self._order, event.line)
        if not keys:
            used.read(self._order, event.line, given=bool(provider.given) and self._asks_no_size(event))

    def _asks_no_size(self, event: Event) -> bool:
        """Whether an event makes no figure, or says its size."""
        self._has_figure |= is_sized(event) and not event.tests
        return asks_no_size(event, self._names.get(event.dotted[0]), self._has_figure)

    def _sets(self, event: Event) -> bool:
        done = False
        for words, provider, setter in self._index.setters.get(event.dotted[-1], ()):
            if len(words) > 1 and event.dotted[-len(words) :] != words:
                continue
            if self._is_of_another(event, provider):
                continue
            keys = setter(event)
            if keys is None:
                self._found.of(provider).read(self._order, event.line)
                continue
            done = True
            keys = keys or self._key_of_owner(provider, event)
            for key in keys if event.dotted[-1] in TAKING else ():
                self._found.of(provider).look_up(key, self._order, event.line)
            if event.dotted[-1] in provider.returning and (event.kept or event is self._displayed):
                self._found.of(provider).read(self._order, event.line)
            self._set(provider, keys, event, event.dotted[-1] in provider.adding and _builds_on(event))
        if done:
            self._read_by_word(event)  # ``logging.warning`` sets a handler up, and writes to those there are
        return done

    def _key_of_owner(self, provider: Provider, event: Event) -> Keys:
        """The key that a method sets by the object that it is called on: ``log.setLevel(10)``."""
        if provider.key_of is None or self._in_function:
            return ()
        key = provider.key_of(event, self._names.get(event.dotted[0]))
        return (key,) if key else ()

    def _is_of_another(self, event: Event, provider: Provider) -> bool:
        """Whether it belongs to another library, which has a function or an option of the same name."""
        if provider.module.partition(".")[0] in _OPEN_TO_ALL:
            return False
        value = self._names.get(event.dotted[0])
        if type(value) is not ModuleType and id(type(value)) not in FUNCTIONS:
            return False
        library = next(libraries_of(value, 0), "")
        own = provider.libraries | {provider.module.partition(".")[0], "pylab"}
        return library not in own and library not in NO_LIBRARY and not is_users_module(library)

    def _leave_out(self, event: Event) -> None:
        """Note the settings that an event would have set, in a branch that the run did not take."""
        self._found.enters_less |= _enters(event)
        found = usage([event], self._names, self._index)
        self._found.left_seeds |= bool(found.seeds)
        self._found.draws |= found.draws
        for name, used in found.usages.items():
            for at in used.sets:
                self._found.leave_out(name, at.keys)

    def _is_passed_by(self, event: Event, *, may_be_set: bool = False) -> bool:
        """Whether the run was seen not to get to it, and not because of what it sets (``may_be_set``)."""
        if self._branches is None or not self._of_notebook or may_be_set:
            return False
        return self._branches.is_not_loaded(event)

    def _set(self, provider: Provider, keys: Keys, event: Event, adding: bool = False) -> None:
        used = self._found.usages.get(provider.name)
        # What a guard asks for (``if not log.handlers``) it finds set by now. A restart sets it there.
        is_guard = used is not None and (used.read_at is not None or bool(used.looked_up))
        if self._is_passed_by(event, may_be_set=is_guard):
            self._found.leave_out(provider.name, keys)
        elif not event.undone:
            last = event.dotted[-1]
            building, returning = last in provider.building, last in provider.returning
            told = (adding, building, returning, self._files)
            at = SetAt(self._order, keys, event.signature, event.line, *told)
            self._found.of(provider).sets.append(at)

    def _contained(self, event: Event) -> bool:
        """A store into a container of settings, or a load from one: ``rcParams["x"]``."""
        held = False
        for place, word in enumerate(event.dotted):
            for words, provider in self._index.containers.get(word, ()):
                start = place - len(words) + 1
                fits = start >= 0 and event.dotted[start : place + 1] == words
                if fits and not self._is_of_another(event, provider):
                    self._in_container(provider, event, event.dotted[place + 1 :])
                    held = True
        return held

    def _in_container(self, provider: Provider, event: Event, rest: tuple[str, ...]) -> None:
        key = event.keys[0] if event.keys else None
        if event.kind == "store":
            if not rest and not event.keys and len(event.dotted) == 1:
                return  # a variable of the same name
            self._set(provider, (key,) if key else ((".".join(rest),) if rest else ()), event)
            return
        if event.kind == "call" and rest and rest[-1].startswith(CHANGING):
            self._set(provider, (), event)
            return
        if event.kind == "load" and rest and not event.keys:
            key = ".".join(rest)
        if key:
            asks = provider.counted and event.kind == "load"  # ``"lib" in sys.path``
            self._found.of(provider).look_up(key, self._order, event.line, counts=not asks)
        elif (event.kind == "call" and rest) or (event.kind == "load" and len(event.dotted) > 1):
            self._found.of(provider).read(self._order, event.line)

    def _shell(self, event: Event) -> bool:
        """A line for a shell: the variables that it names, and the folder in which it runs."""
        if event.dotted[-1][:1] not in "!%" or not event.keys:
            return False
        for text in event.keys:
            for key in IN_SHELL.findall(text or ""):
                for provider in self._index.readers.get("%env", ()):
                    self._found.of(provider).look_up(key, self._order, event.line)
        return False

    def _use(self, name: str, event: Event) -> None:
        known = self._roots.get(name)
        if known is None:
            known = frozenset(libraries_of(self._names[name])) if name in self._names else frozenset()
            self._roots[name] = known
            self._libraries |= known
            self._found.libraries |= known
        # What a module itself holds (``torch.float64``) is there whatever the options are.
        of_module = event.kind == "load" and type(self._names.get(name)) is ModuleType
        plain = of_module and len(event.dotted) <= 2
        for library in known:
            for provider in self._index.libraries.get(library, ()):
                if (plain and not provider.by_load) or (of_module and provider.by_call):
                    continue
                if event.kept and event.dotted[-1] in provider.harmless:
                    continue
                opening = event.kind == "call" and event.dotted[-1] in provider.opening
                given = bool(provider.given) and self._asks_no_size(event)
                self._found.of(provider).read(self._order, event.line, opening, given)

    def _follow(self, event: Event, depth: int) -> None:
        function = function_called(event.dotted, self._scope)
        if function is not None and not is_of_a_library(function):
            code = function.__code__
            place = (code.co_filename, code.co_firstlineno, code.co_name, code.co_code)
            body = body_of_function(*place)
            given = self._parameters(function, event, body.bound) if body.asks_parameters else {}
            key = (*place[:2], *sorted(given.items(), key=repr))
            if key not in self._followed:
                self._followed.add(key)
                self._found.texts.add(code.co_filename)
                outer, own, files = self._of_notebook, function.__globals__ is self._names, self._files
                scope, self._scope = self._scope, function.__globals__
                called, self._called = self._called, Branches(None, given, None) if given else None
                self._of_notebook, self._files = outer and own, files | {code.co_filename}
                self._walk(body.events, depth + 1, event.line)
                self._of_notebook, self._in_function, self._files = outer, depth > 0, files
                self._called, self._scope = called, scope

    def _parameters(self, function: FunctionType, event: Event, bound: Collection[str]) -> dict[str, Any]:
        """What the parameters of a function hold that an event calls, but for those that it binds anew."""
        branches = self._called if self._in_function else self._branches
        value_of = branches.known_value if branches is not None else _constant
        found = known_parameters(function, event.call, value_of)
        return {name: value for name, value in found.items() if name not in bound}


def _constant(node: ast.expr) -> tuple[object, ...]:
    return (node.value,) if isinstance(node, ast.Constant) else ()


_BOUND = frozenset(map(id, (MethodType, BuiltinFunctionType)))
_OPEN_TO_ALL = sys.stdlib_module_names | {"IPython", "matplotlib_inline"}
"""What any library may set by functions of its own: dotenv the environment, absl the logging."""


def _generators_for_all() -> Iterator[object]:
    """The generators whose methods ``random.random`` and ``np.random.rand`` are."""
    for module, name in (("random", "_inst"), ("numpy.random.mtrand", "_rand")):
        loaded = sys.modules.get(module)
        if type(loaded) is ModuleType:
            yield ModuleType.__getattribute__(loaded, "__dict__").get(name)

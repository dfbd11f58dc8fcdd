"""What a setting consists of, and the registry of providers."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import EnumMeta
from functools import partial
from itertools import chain
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.digest.class_reflection import has_member, instance_dict_getter, module_name, short_name
from cellgraph.digest.code_origin import is_users
from cellgraph.digest.user_digesters import declared
from cellgraph.light_dataclass import dataclass
from cellgraph.patterns import Pattern
from cellgraph.trace.settings.text_events import Event

Values = Mapping[str, str]
"""The text of each key's value. Equal texts stand for equal values."""
Keys = tuple[str, ...]
"""Keys that a text sets; empty where it sets some and does not say which."""
Setter = Callable[[Event], Keys | None]
"""What a call sets; None where it only asks."""

ENTRY_POINTS = "cellgraph.settings"


def _no_defaults() -> Values | None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """One group of settings that is set and read together: ``matplotlib.rcParams``.

    ``module`` must be loaded before anything is looked up. ``token`` is cheap, and differs if a value may
    differ; without a token the group is read around a setter only. ``values`` returns the texts of all
    values. ``defaults`` returns those of a process that has just loaded the module; None if they can only be
    read.

    The other fields say how a text sets and reads the group. A store into one of ``containers``
    (``rcParams["x"] = …``) sets a key, and a load reads one. ``setters`` are functions by the last word, or
    the last two, of the call. ``libraries`` are those whose use depends on the setting: at any use, or with
    ``shown`` only in a cell that displays something. ``readers`` are words that read it whatever they belong
    to. ``noisy`` keys, or all keys with ``quiet``, change by themselves: they count as set only if the text
    says so. ``adding`` are setters that build on the present value.
    """

    name: str
    module: str
    token: Callable[[], object] | None
    values: Callable[[], Values]
    defaults: Callable[[], Values | None] = _no_defaults
    containers: frozenset[str] = frozenset()
    setters: Mapping[str, Setter] = field(default_factory=dict)
    key_of: Callable[[Event, object], str] | None = None
    """The key of the object that a setter is called on, which its first word holds; empty if not known."""
    adding: frozenset[str] = frozenset()
    returning: frozenset[str] = frozenset()
    """Setters that return what was set before, which is a read where the cell keeps it or shows it."""
    libraries: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()
    """Calls of the libraries that do not depend on it, where their result is bound to a name as it is."""
    readers: frozenset[str] = frozenset()
    whole_readers: frozenset[str] = frozenset()
    """Words that read all of it, even where it is read by keys."""
    keyed_readers: Mapping[str, str] = field(default_factory=dict)
    """Words that read one key: ``expanduser`` reads ``HOME``."""
    asking: Mapping[str, Setter] = field(default_factory=dict)
    """Functions that return values of the group, with the keys that a call asks for."""
    reads_call: Callable[[Event], bool] | None = None
    """Whether a call reads it, where its name alone does not tell."""
    stored: frozenset[str] = frozenset()
    """Attributes that it is kept in, whatever they belong to: ``log.propagate``."""
    building: frozenset[str] = frozenset()
    """Setters after which what is read depends on what was there before."""
    opening: frozenset[str] = frozenset()
    """Calls of the libraries that read none of the keys that start with one of ``later``."""
    later: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """Keys that nothing reads but calls which are not given them: the size of a new figure."""
    shown: bool = False
    marks: Pattern | None = None
    """With ``shown``: what stands in every text that the options shape, but for those in ``unmarked``."""
    marks_of: Mapping[str, Pattern] = field(default_factory=dict)
    """What stands there besides, in every text that a single key shapes."""
    unmarked: tuple[str, ...] = ()
    traces: Pattern | None = None
    """What stands below a cell, among its errors, if it was read by code that the text does not show."""
    by_call: bool = False
    """Whether only calls of the libraries read it. What their modules hold is there whatever it is."""
    by_load: bool = False
    """Whether what the module holds, and not only what its functions give, depends on it: ``mpmath.pi``."""
    ordered: bool = False
    """Whether values tell which others come first, so that to set one may change others."""
    counted: bool = False
    """Whether keys are entries of a list, which may be there several times. ``in`` asks for one at least."""
    quiet: bool = False
    noisy: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()
    """Words without one of which no text sets it: it is looked at only around such a text."""
    spellings: Callable[[str], Collection[str]] | None = None
    """The texts by which code may set a key, where they are not the key itself or its last word."""
    by_key: bool = False
    """Whether a use of the container that names no key reads nothing that matters to others."""
    names_key: Callable[[str, str], bool] | None = None
    """Whether a text, the second argument, depends on a key that a cell has set."""
    is_read: Callable[[object, object, Sequence[Event], Mapping[str, Any]], bool] | None = None
    """Whether a run read its only key, where what the run did to it tells: by the tokens before and after it,
    the events of its text, and the namespace. What a run changes of such a setting is its own doing."""


_registered: dict[str, Provider] = {}
_serial = 0


def register_setting(provider: Provider) -> Callable[[], None]:
    """Register a further group of settings. Returns a function that takes the registration back."""
    global _serial  # noqa: PLW0603 - the one place where providers come and go
    _registered[provider.name] = provider
    _serial += 1

    def unregister() -> None:
        global _serial  # noqa: PLW0603 - as above
        if _registered.get(provider.name) is provider:
            del _registered[provider.name]
            _serial += 1

    return unregister


def load_offered() -> None:
    """Register what installed packages offer by entry points for libraries that are loaded by now."""
    for name, entry in declared(ENTRY_POINTS).items():
        if name in sys.modules and name not in _offered:
            _offered.add(name)
            try:
                given = entry.load()()
                for provider in (given,) if isinstance(given, Provider) else tuple(given):
                    register_setting(provider)
            except Exception as error:  # noqa: BLE001 - whatever a package's own code may raise
                problem = f"the settings of {name} could not be loaded ({type(error).__name__})"
                sys.stderr.write(f"cellgraph: {problem}; they are not compared\n")


_offered: set[str] = set()


def registered() -> tuple[int, Iterable[Provider]]:
    """The providers that other packages have registered, and a number that grows when they change."""
    return _serial, _registered.values()


# By identity: to look a type up by itself would run a metaclass of the user's.
_SCALARS = frozenset(map(id, (str, int, float, bool, type(None), complex, bytes)))
_NUMBERS = frozenset(map(id, (int, float, bool)))
_SEQUENCES = frozenset(map(id, (list, tuple)))
_SETS = frozenset(map(id, (set, frozenset)))
_TELLING = frozenset({"cycler", "torch", "numpy.dtypes", "enum"})
"""Libraries whose values say what they are, and are no user's."""
_DEEPEST = 8
"""Levels of containers, and twice the levels of functions in functions, that a text tells."""
_LARGE_TABLE = 100
"""Rows of numbers from which on a hash stands for them: the text of a colour map took half a millisecond."""
_WITHOUT_REFERENCES = 2
"""The version of marshal's format in which equal numbers give equal bytes, however many share an object."""
_MOST_HELD = 100
"""Elements of a container that a function holds, where its text tells them."""


def _code_hash(code: CodeType) -> str:
    constants = list(map(_constant, code.co_consts))
    return xxh3_64_hexdigest(code.co_code + repr((constants, code.co_names)).encode("utf8", "surrogatepass"))


def _constant(value: Any) -> Any:
    """A constant of a function as something whose text tells it: a function inside by its own code."""
    if id(type(value)) in _SCALARS:
        return value
    if type(value) is tuple or type(value) is frozenset:
        parts = [*map(_constant, value)]
        return parts if type(value) is tuple else sorted(map(repr, parts))
    return _code_hash(value) if type(value) is CodeType else "..."


def value_text(value: Any, depth: int = _DEEPEST) -> str:
    """The text of an option's value. It is made for values of Python's own types, and for what can be called.

    ``depth`` is how many levels of what the value holds are told.
    """
    kind = type(value)
    if id(kind) in _SCALARS or module_name(kind) in _TELLING:
        return repr(value)
    if depth <= 0:
        return f"<{module_name(kind)}.{short_name(kind)}>"
    inner = partial(value_text, depth=depth - 1)
    if id(kind) in _SEQUENCES:
        return _table_text(value) if _is_large_table(value) else f"[{', '.join(map(inner, value))}]"
    if kind is dict:
        return f"{{{', '.join(f'{inner(k)}: {inner(v)}' for k, v in value.items())}}}"
    if id(kind) in _SETS:
        return f"{{{', '.join(sorted(map(inner, value)))}}}"
    own = [_code_text(value)] if kind is FunctionType else []
    own += [_member_name(value)] if issubclass(type(kind), EnumMeta) else []
    own += [brief_text(bound, depth - 2) for bound in _bound(value)]
    return f"<{' '.join([f'{module_name(kind)}.{short_name(kind)}', *own])}>"


def _is_large_table(rows: Sequence[Any]) -> bool:
    """Whether a sequence holds many sequences of numbers, as a colour map does."""
    return (
        len(rows) >= _LARGE_TABLE
        and _SEQUENCES.issuperset(map(id, map(type, rows)))
        and _NUMBERS.issuperset(map(id, map(type, chain.from_iterable(rows))))
    )


def _table_text(rows: Any) -> str:
    return f"<table of {len(rows)} {xxh3_64_hexdigest(marshal.dumps(rows, _WITHOUT_REFERENCES))}>"


def _member_name(member: Any) -> str:
    """The name of a member of an enumeration, past any code of its own."""
    getter = instance_dict_getter(type(member))
    held = getter(member) if getter is not None else None
    return str(dict.get(held, "_name_")) if type(held) is dict else "?"


def _code_text(function: FunctionType) -> str:
    """Which function it is: a library's by where it stands there, any other by its code."""
    code = function.__code__
    if is_users(function.__globals__):
        return f"{code.co_name} {_code_hash(code)}"
    return f"{dict.get(function.__globals__, '__name__')}.{code.co_qualname}:{code.co_firstlineno}"


def _bound(value: Any) -> Iterator[Any]:
    """What a value that can be called holds, beside its code. Nothing for any other value.

    ``"{:.1f}".format`` and ``"{:.2f}".format`` differ in nothing but the text that they are bound to. The
    defaults of a library's function belong to it.
    """
    kind = type(value)
    if kind is FunctionType:
        if is_users(value.__globals__):
            yield from (given for given in (value.__defaults__, value.__kwdefaults__) if given)
        yield from chain.from_iterable(map(_closed_over, value.__closure__ or ()))
    elif kind is BuiltinFunctionType:
        yield from (value.__name__, value.__self__)
    elif kind is MethodType:
        yield from (value.__func__, value.__self__)
    elif kind is partial:
        yield from (value.func, value.args, value.keywords)
    elif has_member(kind, "__call__"):
        getter = instance_dict_getter(kind)
        held = getter(value) if getter is not None else None
        yield from (held,) if type(held) is dict and held else ()


def _closed_over(cell: CellType) -> tuple[Any, ...]:
    """What a variable of a closure holds; empty while it holds nothing."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def brief_text(value: Any, depth: int = _DEEPEST) -> str:
    """The text of something that a function holds. A large container is told by its size alone."""
    kind = type(value)
    container = id(kind) in _SEQUENCES or id(kind) in _SETS or kind is dict
    if container and len(value) > _MOST_HELD:
        return f"<{short_name(kind)} of {len(value)}>"
    return value_text(value, depth)


def simple(
    name: str,
    values: Callable[[], Mapping[str, object]],
    defaults: Mapping[str, object] | None,
    setters: Iterable[str],
    libraries: Iterable[str],
) -> Provider:
    """A provider of options that one function returns. See ``cellgraph.register_setting``."""
    module = name.partition(".")[0]

    def texts() -> Values:
        return {str(key): value_text(value) for key, value in values().items()}

    known = {key: value_text(value) for key, value in defaults.items()} if defaults is not None else None
    return Provider(
        name,
        module,
        token=lambda: tuple(texts().items()),
        values=texts,
        defaults=lambda: known,
        setters={setter: lambda _: () for setter in setters},
        libraries=frozenset(libraries) or frozenset({module}),
    )

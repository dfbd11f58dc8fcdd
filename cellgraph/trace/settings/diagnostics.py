"""What is shown of warnings, and what is logged where."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from cellgraph.code.expression_names import last_word
from cellgraph.digest.class_reflection import mro
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.patterns import Pattern
from cellgraph.trace.settings.libraries import fixed, members, some
from cellgraph.trace.settings.provider import Keys, Provider, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import CAUGHT, Event

_SHOWING_WARNINGS = ("formatwarning", "showwarning")
"""Functions that make the text of a warning. Users replace them."""


class _Filter(NamedTuple):
    """A filter of warnings. A message and a module are regular expressions as text; none stands for any."""

    action: str
    message: str
    category: Any
    module: str
    line: int

    @property
    def pattern(self) -> str:
        """What it applies to."""
        category = str(getattr(self.category, "__qualname__", self.category))
        return _pattern(category, self.message, self.module, self.line)

    def may_meet(self, other: _Filter) -> bool:
        """Whether there may be a warning that both apply to."""
        mine, theirs = self.category, other.category
        related = any(one is mine for one in _bases(theirs)) or any(one is theirs for one in _bases(mine))
        same = (
            not (one and another) or one == another
            for one, another in zip(
                (self.message, self.module, self.line), (other.message, other.module, other.line), strict=True
            )
        )
        return related and all(same)


def _pattern(category: str, message: str, module: str, line: int) -> str:
    told = [category]
    told += [text([message or None, module or None])] if message or module else []
    return " ".join([*told, f"line {line}"] if line else told)


def _bases(category: Any) -> tuple[type, ...]:
    return mro(category) if issubclass(type(category), type) else ()


def _filters() -> Values:
    """The filters of warnings by what they apply to: their action, and the filters that come before them.

    The first one that applies to a warning decides. So the order of two filters counts if both may apply to
    one and their actions differ, and of two that apply to the same the first.
    """
    held = vars(sys.modules["warnings"])
    found: dict[str, str] = {}
    before: list[_Filter] = []
    for one in map(_filter, held["filters"]):
        if one.pattern not in found:
            first = [each for each in before if each.action != one.action and each.may_meet(one)]
            behind = ", ".join(f"{each.action} {each.pattern}" for each in first)
            found[one.pattern] = f"{one.action} {one.pattern}{BEHIND if behind else ''}{behind}"
            before.append(one)
    return {**found, **{name: text(held.get(name)) for name in _SHOWING_WARNINGS}}


BEHIND = " behind "
"""Stands between a filter and those that come before it."""


def _filter(one: Any) -> _Filter:
    parts = (*one, None, None, None, None, None)[:5] if type(one) is tuple else ("?", None, None, None, None)
    action, message, category, module, line = parts
    message, module = (str(getattr(part, "pattern", part) or "") for part in (message, module))
    return _Filter(str(action), message, category, module, line or 0)


_PARAMETERS = {
    "filterwarnings": ("action", "message", "category", "module", "lineno"),
    "simplefilter": ("action", "category", "lineno"),
}


def _filter_set(event: Event) -> Keys:
    """The filter that a call sets, where its text spells it out: ``simplefilter("ignore", UserWarning)``."""
    call = event.call
    if call is None or any(isinstance(given, ast.Starred) for given in call.args):
        return ()
    given = dict(zip(_PARAMETERS[event.dotted[-1]], call.args, strict=False))
    given |= {keyword.arg or "": keyword.value for keyword in call.keywords}
    category = last_word(given["category"]) if "category" in given else Warning.__qualname__
    others = {name: given[name] for name in ("message", "module", "lineno") if name in given}
    if "" in given or not category.endswith("Warning") or not all(map(_is_constant, others.values())):
        return ()
    told: dict[str, Any] = {name: node.value for name, node in others.items()}  # type: ignore[attr-defined]
    message, module, line = (told.get(name) for name in ("message", "module", "lineno"))
    return (_pattern(category, message or "", module or "", line or 0),)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _warnings_token() -> object:
    held = vars(sys.modules["warnings"])
    return (*map(id, held["filters"]), *map(id, map(held.get, _SHOWING_WARNINGS)))


WARNINGS = Provider(
    "warnings.filters",
    "warnings",
    token=_warnings_token,
    values=_filters,
    containers=frozenset({"warnings.filters"}),
    setters={
        "filterwarnings": _filter_set,
        "simplefilter": _filter_set,
        "resetwarnings": some,
        "captureWarnings": fixed("showwarning"),
    },
    ordered=True,
    readers=frozenset({"warn", "warn_explicit", CAUGHT}),
    stored=frozenset(_SHOWING_WARNINGS),
    traces=Pattern(r"Warning: "),
    quiet=True,
)


def _loggers() -> Iterator[tuple[str, Any]]:
    root = members("logging").get("root")
    if root is None:
        return
    yield "root", root
    for name, logger in list(root.manager.loggerDict.items()):
        if type(name) is str and hasattr(logger, "handlers") and _is_set(logger):
            yield name, logger


def _is_set(logger: Any) -> bool:
    return bool(logger.level or logger.handlers or logger.filters or not logger.propagate or logger.disabled)


def _logging() -> Values:
    found = {name: _logger(logger) for name, logger in _loggers()}
    if found.get("root") == _DEFAULT_ROOT:
        found["root"] = _BARE_ROOT  # its default handler is a setting of its own
    root = members("logging").get("root")
    return {**found, "disable": text(root.manager.disable)} if root is not None else found


def _has_default_handler() -> bool:
    """Whether the root logger is as ``logging.warning("…")`` makes it where it has no handler."""
    root = members("logging").get("root")
    return root is not None and _logger(root) == _DEFAULT_ROOT


_BARE_ROOT = "level 30, 0 handlers"
_DEFAULT_ROOT = "level 30, 1 handler StreamHandler 0 %(levelname)s:%(name)s:%(message)s"


def _logger(logger: Any) -> str:
    handlers = [_handler(held) for held in logger.handlers]
    more = "" if logger.propagate else ", does not propagate"
    more += ", disabled" if logger.disabled else ""
    more += f", {_filters_of(logger)}" if logger.filters else ""
    return f"level {logger.level}, {_counted(handlers, 'handler')} {', '.join(handlers)}".rstrip() + more


def _handler(handler: Any) -> str:
    words = [type(handler).__qualname__, str(handler.level), _format(handler), _target(handler)]
    words += [f"({_filters_of(handler)})"] if handler.filters else []
    return " ".join(filter(None, words))


def _filters_of(filtered: Any) -> str:
    """The filters of a logger or a handler: how many, and which."""
    names = [
        getattr(one, "__qualname__", type(one).__qualname__) + _own_values(one) for one in filtered.filters
    ]
    return f"{_counted(names, 'filter')} {', '.join(names)}"


def _own_values(held: object) -> str:
    """The plain attributes of a filter, or of another object that belongs to logging."""
    own = vars(held) if hasattr(held, "__dict__") else {}
    plain = {name: value for name, value in own.items() if type(value) in (str, int, float, bool)}
    return f" {text(plain)}" if plain else ""


def _target(handler: Any) -> str:
    """Where a handler writes to, if that is not where errors go."""
    if type(path := vars(handler).get("baseFilename")) is str:
        return f"to {path}"
    stream = vars(handler).get("stream")
    if stream is None or stream is sys.stderr:
        return ""
    return "to stdout" if stream is sys.stdout else f"to {type(stream).__qualname__}"


def _counted(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _format(handler: Any) -> str:
    words = (getattr(handler.formatter, name, "") for name in ("_fmt", "datefmt"))
    return " ".join(word for word in words if word and type(word) is str)


def _logging_token() -> object:
    root = members("logging")["root"]
    return (root.level, tuple(map(id, root.handlers)), root.manager.disable)


_LOGGING_CALLS = frozenset("debug info warning error critical exception log".split())
"""Functions of logging, and methods of its loggers, that log."""


def _logger_of(event: Event, held: object) -> str:
    """The name of the logger whose method a call is; empty if that is not known."""
    if event.call is None or not isinstance(event.call.func, ast.Attribute):
        return ""
    loggers = [members("logging").get(kind) for kind in ("Logger", "RootLogger")]
    match event.call.func.value:
        case ast.Name() if any(type(held) is kind for kind in loggers):
            name = vars(held).get("name")
            return name if type(name) is str else ""
        case ast.Call(func=ast.Attribute(attr="getLogger"), args=[ast.Constant(value=str(name))]):
            return name
        case ast.Call(func=ast.Attribute(attr="getLogger"), args=[]):
            return "root"
    return ""


LOGGING = Provider(
    "logging",
    "logging",
    key_of=_logger_of,
    token=_logging_token,
    values=_logging,
    setters={
        "basicConfig": some,
        "setLevel": some,
        "addHandler": some,
        "removeHandler": some,
        "dictConfig": some,
        "fileConfig": some,
        "logging.disable": fixed("disable"),
        "handlers.clear": some,
        "setFormatter": some,
        "addFilter": some,
        "removeFilter": some,
        "setStream": some,
    },
    adding=frozenset({"addHandler", "addFilter", "basicConfig"}),
    stored=frozenset({"propagate", "disabled", "level", "formatter", "stream"}),
    readers=_LOGGING_CALLS
    | frozenset("isEnabledFor getEffectiveLevel hasHandlers handlers propagate".split()),
    whole_readers=frozenset(
        f"{logger}.{what}"
        for logger in ("getLogger()", "logging.root")
        for what in ("level", "disabled", "filters")
    ),
    quiet=True,
)


def _is_by_own_logger(event: Event) -> bool:
    """Whether a call logs by a logger. The functions of the module make the default handler themselves."""
    *owner, called = event.dotted
    return called in _LOGGING_CALLS and owner != ["logging"]


DEFAULT_HANDLER = Provider(
    "logging.root",
    "logging",
    token=_logging_token,
    values=lambda: {"handler": "default"} if _has_default_handler() else {},
    setters={
        "basicConfig": some,
        **{f"logging.{called}": some for called in sorted(_LOGGING_CALLS)},
    },
    adding=frozenset({"basicConfig"}),  # it leaves a logger that has a handler as it is
    reads_call=_is_by_own_logger,
    quiet=True,
)

DIAGNOSTICS: tuple[Provider, ...] = (WARNINGS, LOGGING, DEFAULT_HANDLER)

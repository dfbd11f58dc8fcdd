"""Options of IPython and of its inline backend, its tracebacks, and the printers of types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import FunctionType
from typing import Any

from cellgraph.digest.class_reflection import module_name, mro, namespace, short_name
from cellgraph.patterns import Pattern
from cellgraph.trace.settings.libraries import fixed, members, some
from cellgraph.trace.settings.provider import Provider, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import FAILED

# A trait gets its value when it is first read. Until then it counts as one of these.
_TRAITS = {
    "ast_node_interactivity": "last_expr",
    "autoawait": True,
    "automagic": True,
    "sphinxify_docstring": False,
}
_FORMATS = {"float_precision": "", "pprint": True, "max_width": 79, "max_seq_length": 1000, "verbose": False}
_INLINE: Mapping[str, Any] = {"figure_formats": None, "rc": None, "print_figure_kwargs": None}


def present_shell() -> Any:
    """The shell that runs, past any code of its class; None where there is none."""
    shell_class = members("IPython.core.interactiveshell").get("InteractiveShell")
    return getattr(shell_class, "_instance", None)


def _held(obj: Any) -> Mapping[str, Any]:
    values = getattr(obj, "_trait_values", None)
    return values if type(values) is dict else {}


def _plain_formatter(shell: Any) -> Any:
    formatter = _held(shell).get("display_formatter")
    formatters = _held(formatter).get("formatters")
    return dict.get(formatters, "text/plain") if isinstance(formatters, dict) else None


def _inline() -> Any:
    return getattr(members("matplotlib_inline.config").get("InlineBackend"), "_instance", None)


def _ipython() -> Values:
    shell = present_shell()
    parts: tuple[tuple[Any, Mapping[str, Any]], ...] = ((shell, _TRAITS), (_plain_formatter(shell), _FORMATS))
    return {key: text(_trait(part, key, known)) for part, keys in parts for key, known in keys.items()}


def _trait(part: Any, key: str, known: Any) -> Any:
    """The value of a trait, or the object that replaced the trait in the class."""
    if part is None:
        return known
    for owner in mro(type(part)):
        if key in namespace(owner):
            held = namespace(owner)[key]
            return held if type(held) in (str, int, bool) else _held(part).get(key, known)
    return _held(part).get(key, known)


def _ipython_token() -> object:
    shell = present_shell()
    held = _held(shell)
    plain = _held(_plain_formatter(shell))
    option = "ast_node_interactivity"
    in_class = getattr(type(shell), option, None)  # a cell may have put a word in the place of the trait
    return (held.get(option), in_class, held.get("automagic"), *map(plain.get, _FORMATS))


IPYTHON = Provider(
    "IPython",
    "IPython",
    token=_ipython_token,
    values=_ipython,
    containers=frozenset({"ast_node_interactivity"}),
    setters={
        "%precision": fixed("float_precision"),
        "%config": some,
        "%pprint": fixed("pprint"),
        "%automagic": fixed("automagic"),
    },
    shown=True,
    marks=Pattern(""),
    marks_of={
        "float_precision": Pattern(r"\d"),
        **dict.fromkeys(("pprint", "max_width", "max_seq_length"), Pattern(r"[\[({\n]")),
    },
)


def _traceback_mode() -> Values:
    shell = present_shell()
    held = vars(shell) if shell is not None else {}
    shown = held.get("InteractiveTB")
    handled = held.get("custom_exceptions") or ()
    return {
        "mode": text(vars(shown).get("mode")) if shown is not None else "",
        "handler": f"{text(handled)} {text(held.get('CustomTB'))}" if handled else "",
    }


TRACEBACKS = Provider(
    "IPython.xmode",
    "IPython",
    token=lambda: tuple(_traceback_mode().values()),
    values=_traceback_mode,
    setters={"%xmode": fixed("mode"), "set_custom_exc": fixed("handler")},
    readers=frozenset({FAILED}),
)


def _inline_values() -> Values:
    return {key: text(_held(_inline()).get(key, known)) for key, known in _INLINE.items()}


INLINE = Provider(
    "InlineBackend",
    "matplotlib_inline",
    token=lambda: tuple(_inline_values().values()),
    values=_inline_values,
    setters={"%config": some, "set_matplotlib_formats": some},
    libraries=frozenset({"matplotlib", "seaborn", "mpl_toolkits"}),
    readers=frozenset({"plot", "hist", "boxplot", "show"}),
    quiet=True,
)


def _is_own_printer(function: Any) -> bool:
    """Whether it is a printer of IPython's own. These are added at the first display or drawing."""
    if type(function) is partial:
        function = function.func
    home = function.__globals__.get("__name__") if type(function) is FunctionType else ""
    return type(home) is str and home.startswith("IPython.")


def _printers() -> Values:
    formatters = _held(_held(present_shell()).get("display_formatter")).get("formatters")
    found: dict[str, str] = {}
    for kind, formatter in dict.items(formatters) if isinstance(formatters, dict) else ():
        known = _held(formatter).get("type_printers")
        for cls, function in known.items() if type(known) is dict else ():
            if not _is_own_printer(function):
                found[f"{kind} {module_name(cls)}.{short_name(cls)}"] = text(function)
    return found


FORMATTERS = Provider(
    "IPython.formatters",
    "IPython",
    token=lambda: tuple(_printers().items()),  # libraries add printers when they are first used
    values=_printers,
    setters=dict.fromkeys(("for_type", "for_type_by_name", "init_printing", "init_session", "pop"), some),
    returning=frozenset({"for_type", "for_type_by_name", "pop"}),
    hints=("for_type", "init_printing", "init_session", "pop"),
    shown=True,
    quiet=True,
)

IPYTHON_OPTIONS: tuple[Provider, ...] = (IPYTHON, TRACEBACKS, INLINE, FORMATTERS)

"""Settings of the process and the interpreter: environment, folder, path, filters, IPython's options."""

from __future__ import annotations

import ast
import builtins
import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.digest.class_reflection import module_name, mro, namespace, short_name
from cellgraph.gc_pause import collector_is_enabled
from cellgraph.patterns import Pattern
from cellgraph.trace.settings.libraries import fixed, members, some
from cellgraph.trace.settings.provider import Keys, Provider, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import FAILED, Event


def _first(event: Event) -> Keys:
    return event.keys[:1] if event.keys and event.keys[0] is not None else ()  # type: ignore[return-value]


def _keys(event: Event) -> Keys:
    return (*(key for key in event.keys if key is not None), *(n for n in event.named if n != "**"))


# -- the environment -----------------------------------------------------------------------------------

_OTHERS = ("POLARS_",)
"""Variables that other settings are kept in."""
_OWN = frozenset({"PWD", "OLDPWD", "COLUMNS", "LINES", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"})


def _environment() -> Mapping[Any, Any]:
    held = getattr(os.environ, "_data", None)
    return held if type(held) is dict else {}


def _variables() -> Values:
    # A variable may hold a secret, so its value is never kept.
    return {
        key: xxh3_64_hexdigest(value.encode("utf8", "surrogateescape"))
        for key, value in os.environ.items()
        if not key.startswith(_OTHERS) and key not in _OWN
    }


def _magic_env(event: Event) -> Keys:
    first = (event.keys[0] or "") if event.keys else ""
    name, equals, _ = first.partition("=")
    return (name,) if equals or len(event.keys) > 1 else ("",)


ENVIRON = Provider(
    "os.environ",
    "os",
    token=lambda: hash(tuple(_environment().items())),
    values=_variables,
    containers=frozenset({"environ", "environb"}),
    setters={
        "environ.update": _keys,
        "environ.pop": _first,
        "environ.setdefault": _first,
        "putenv": _first,
        "unsetenv": _first,
        "%env": _magic_env,
        "%set_env": _magic_env,
        "load_dotenv": some,
        "%dotenv": some,
    },
    readers=frozenset({"getenv", "getenvb", "expandvars", "%env"}),
    whole_readers=frozenset({"check_output", "check_call", "Popen", "subprocess.run", "os.system", "execvp"}),
    keyed_readers={"expanduser": "HOME", "home": "HOME", "gettempdir": "TMPDIR", "tzset": "TZ"},
    by_key=True,
)


# -- the folder, the path of imports ---------------------------------------------------------------------


_present_folder = os.getcwd
"""As it is now: a cell can replace that of the module."""


def _folder() -> Values:
    try:
        return {"folder": _present_folder()}
    except OSError:  # the folder was removed
        return {"folder": ""}


def _folder_token() -> object:
    try:
        return _present_folder()
    except OSError:
        return ""


_OPENING = (
    "open listdir getcwd cwd abspath resolve glob rglob iglob walk scandir exists isfile isdir iterdir mkdir "
    "makedirs read_text write_text read_bytes write_bytes is_file is_dir !system !getoutput %run %ls %pwd "
    "%%bash %%sh %%writefile to_csv to_parquet to_json to_excel read_csv read_parquet read_json read_excel "
    "read_table savefig imread imsave load save savetxt loadtxt genfromtxt load_dataset dump"
).split()

FOLDER = Provider(
    "cwd",
    "os",
    token=_folder_token,
    values=_folder,
    setters={
        "chdir": fixed("folder"),
        "%cd": fixed("folder"),
        "%pushd": fixed("folder"),
        "%popd": fixed("folder"),
    },
    adding=frozenset({"chdir", "%cd"}),
    readers=frozenset(_OPENING),
)


def _path() -> Values:
    entries = [entry for entry in sys.path if type(entry) is str]
    return {
        entry: "there" if entries.count(entry) == 1 else f"{entries.count(entry)} times" for entry in entries
    }


SYS_PATH = Provider(
    "sys.path",
    "sys",
    token=lambda: tuple(entry for entry in sys.path if type(entry) is str),
    values=_path,
    containers=frozenset({"sys.path"}),
    setters={
        "sys.path.append": _first,
        "sys.path.insert": some,
        "sys.path.extend": some,
        "sys.path.remove": _first,
        "addsitedir": some,
    },
    building=frozenset({"append", "insert", "extend"}),
    quiet=True,
    by_key=True,
)


_open = open
"""As for the folder."""


def _mask() -> Values:
    """The mask of new files. Python can ask for it only by setting it: Linux is asked, no other system."""
    try:
        with _open("/proc/self/status", encoding="ascii", errors="replace") as status:
            lines = status.read().splitlines()
    except OSError:
        lines = []
    line = next((line for line in lines if line.startswith("Umask:")), "")
    return {"mask": line.removeprefix("Umask:").strip()}


_MAKING = frozenset("mkdir makedirs touch write_text write_bytes mkstemp !touch !mkdir stat lstat".split())
_WRITING = frozenset("wax")


def _makes_a_file(event: Event) -> bool:
    """Whether a call makes a file, which gets its mode from the mask, or asks for a mode."""
    if event.dotted[-1] != "open":
        return event.dotted[-1] in _MAKING
    modes = (key for key in event.keys[1:] if key is not None and len(key) <= len("wbt+"))
    return any(mode[:1] in _WRITING for mode in modes)


UMASK = Provider(
    "os.umask",
    "os",
    token=None,
    values=_mask,
    setters={"umask": fixed("mask")},
    reads_call=_makes_a_file,
    quiet=True,
)

# -- warnings, logging -------------------------------------------------------------------------------------


def _filters() -> Values:
    held = vars(sys.modules["warnings"])
    filters = {f"{place}": _filter(one) for place, one in enumerate(reversed(held["filters"]))}
    return {**filters, **{name: text(held.get(name)) for name in _SHOWING_WARNINGS}}


_SHOWING_WARNINGS = ("formatwarning", "showwarning")
"""Functions that make the text of a warning. Users replace them."""


def _filter(one: Any) -> str:
    if type(one) is not tuple:
        return "?"
    action, message, category, module, line = (*one, None, None, None, None, None)[:5]
    patterns = [getattr(part, "pattern", part) for part in (message, module)]
    told = [str(action), getattr(category, "__qualname__", str(category))]
    told += [text(patterns)] if any(patterns) else []
    return " ".join([*told, f"line {line}"] if line else told)


def _warnings_token() -> object:
    held = vars(sys.modules["warnings"])
    return (*map(id, held["filters"]), *map(id, map(held.get, _SHOWING_WARNINGS)))


WARNINGS = Provider(
    "warnings.filters",
    "warnings",
    token=_warnings_token,
    values=_filters,
    containers=frozenset({"warnings.filters"}),
    setters={"filterwarnings": some, "simplefilter": some, "resetwarnings": some},
    readers=frozenset({"warn", "warn_explicit"}),
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
        case ast.Name() if type(held) in loggers:
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

# -- numbers, words, the interpreter -----------------------------------------------------------------------


def _decimal() -> Values:
    context = members("decimal")["getcontext"]()
    fields = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
    traps = sorted(trap.__name__ for trap, on in context.traps.items() if on)
    return {**{field: text(getattr(context, field)) for field in fields}, "traps": text(traps)}


def _decimal_token() -> object:
    context = members("decimal")["getcontext"]()
    return (context.prec, context.rounding, context.Emin, context.Emax)


DECIMAL = Provider(
    "decimal.context",
    "decimal",
    token=_decimal_token,
    values=_decimal,
    defaults=lambda: {**_decimal(), "prec": "28", "rounding": "'ROUND_HALF_EVEN'"},
    containers=frozenset({"getcontext()", "DefaultContext"}),
    setters={"setcontext": some},
    libraries=frozenset({"decimal"}),
)


def _locale() -> Values:
    module = members("locale")
    return {"locale": text(module["setlocale"](module["LC_ALL"]))}


def _locale_token() -> object:
    # To ask for all at once takes ten times as long where they differ.
    module = members("locale")
    ask = module["setlocale"].__globals__["_setlocale"]
    return [ask(module[category]) for category in _LOCALE_CATEGORIES]


_LOCALE_CATEGORIES = ("LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY")

LOCALE = Provider(
    "locale",
    "locale",
    token=_locale_token,
    values=_locale,
    setters={"setlocale": lambda event: ("locale",) if len(event.keys) > 1 else None},
    libraries=frozenset({"locale"}),
    readers=frozenset({"strftime", "strcoll", "strxfrm", "currency", "localeconv", "atof", "format_string"}),
)


def _interpreter() -> Values:
    return {
        "recursion limit": text(sys.getrecursionlimit()),
        "switch interval": text(sys.getswitchinterval()),
        "digits of int": text(sys.get_int_max_str_digits()),
        "gc thresholds": text(gc.get_threshold()),
        "gc": text(collector_is_enabled()),
    }


INTERPRETER = Provider(
    "interpreter",
    "sys",
    token=lambda: (
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.get_int_max_str_digits(),
        gc.get_threshold(),
        collector_is_enabled(),
    ),
    values=_interpreter,
    setters={
        "setrecursionlimit": fixed("recursion limit"),
        "setswitchinterval": fixed("switch interval"),
        "set_int_max_str_digits": fixed("digits of int"),
        "set_threshold": fixed("gc thresholds"),
        "gc.enable": fixed("gc"),
        "gc.disable": fixed("gc"),
    },
    readers=frozenset({"getrecursionlimit", "getswitchinterval", "get_int_max_str_digits", "get_threshold"}),
    keyed_readers={
        "str": "digits of int",
        "int": "digits of int",
        "isenabled": "gc",
        "RecursionError": "recursion limit",
    },
)


def _policy() -> Values:
    found = members("asyncio.events").get("_event_loop_policy")
    return {"policy": type(found).__qualname__ if found is not None else ""}


ASYNCIO = Provider(
    "asyncio.policy",
    "asyncio",
    token=lambda: id(members("asyncio.events").get("_event_loop_policy")),
    values=_policy,
    setters={"set_event_loop_policy": fixed("policy")},
    libraries=frozenset({"asyncio"}),
    quiet=True,
)

_PUT_IN = frozenset({"get_ipython", "display", "exit", "quit", "copyright", "credits", "license", "help"})


def _builtins() -> Values:
    held = {n: v for n, v in vars(builtins).items() if n[:1] != "_" and n not in _PUT_IN}
    return {
        name: _callable(value)
        for name, value in held.items()
        if name not in _AT_FIRST or _AT_FIRST[name] != id(value)
    }


def _callable(value: object) -> str:
    return text(value) if type(value) is not type else f"<class {value.__qualname__}>"


_AT_FIRST = {name: id(value) for name, value in vars(builtins).items()}

BUILTINS = Provider(
    "builtins",
    "builtins",
    token=lambda: tuple(map(id, vars(builtins).values())),
    values=_builtins,
    containers=frozenset({"builtins"}),
    quiet=True,
    by_key=True,
    hints=("builtins",),
)

# -- IPython -----------------------------------------------------------------------------------------------

# A trait gets its value when it is first read. Until then it counts as one of these.
_TRAITS = {
    "ast_node_interactivity": "last_expr",
    "autoawait": True,
    "automagic": True,
    "sphinxify_docstring": False,
}
_FORMATS = {"float_precision": "", "pprint": True, "max_width": 79, "max_seq_length": 1000, "verbose": False}
_INLINE: Mapping[str, Any] = {"figure_formats": None, "rc": None, "print_figure_kwargs": None}


def _shell() -> Any:
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
    shell = _shell()
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
    shell = _shell()
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
    shell = _shell()
    shown = vars(shell).get("InteractiveTB") if shell is not None else None
    return {"mode": text(vars(shown).get("mode")) if shown is not None else ""}


TRACEBACKS = Provider(
    "IPython.xmode",
    "IPython",
    token=lambda: tuple(_traceback_mode().values()),
    values=_traceback_mode,
    setters={"%xmode": fixed("mode")},
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
    formatters = _held(_held(_shell()).get("display_formatter")).get("formatters")
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
    hints=("for_type", "init_printing", "init_session", "pop"),
    shown=True,
    quiet=True,
)

PROCESS: tuple[Provider, ...] = (
    ENVIRON,
    FOLDER,
    UMASK,
    SYS_PATH,
    WARNINGS,
    LOGGING,
    DEFAULT_HANDLER,
    DECIMAL,
    LOCALE,
    INTERPRETER,
    ASYNCIO,
    BUILTINS,
    IPYTHON,
    TRACEBACKS,
    INLINE,
    FORMATTERS,
)

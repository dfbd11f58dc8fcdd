"""Settings of the process and the interpreter: environment, folder, path, numbers, builtins."""

from __future__ import annotations

import builtins
import gc
import os
import sys
from collections.abc import Mapping
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.gc_pause import collector_is_enabled
from cellgraph.trace.settings.diagnostics import DIAGNOSTICS
from cellgraph.trace.settings.ipython import IPYTHON_OPTIONS
from cellgraph.trace.settings.libraries import first_key, fixed, members, some
from cellgraph.trace.settings.provider import Keys, Provider, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import Event
from cellgraph.trace.settings.values import times_there


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
        "environ.pop": first_key,
        "environ.setdefault": first_key,
        "putenv": first_key,
        "unsetenv": first_key,
        "%env": _magic_env,
        "%set_env": _magic_env,
        "load_dotenv": some,
        "%dotenv": some,
    },
    readers=frozenset({"getenv", "getenvb", "expandvars", "%env"}),
    whole_readers=frozenset({"check_output", "check_call", "Popen", "subprocess.run", "os.system", "execvp"}),
    keyed_readers={"expanduser": "HOME", "home": "HOME", "gettempdir": "TMPDIR", "tzset": "TZ"},
    asking={
        "getuser": fixed("LOGNAME", "USER", "LNAME", "USERNAME"),
        "which": fixed("PATH"),
        "get_exec_path": fixed("PATH"),
        "getproxies": fixed("http_proxy", "https_proxy", "no_proxy"),
        "getdefaultlocale": fixed("LC_ALL", "LC_CTYPE", "LANG", "LANGUAGE"),
    },
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
    return {entry: times_there(entries.count(entry)) for entry in entries}


SYS_PATH = Provider(
    "sys.path",
    "sys",
    token=lambda: tuple(entry for entry in sys.path if type(entry) is str),
    values=_path,
    containers=frozenset({"sys.path"}),
    setters={
        "sys.path.append": first_key,
        "sys.path.insert": some,
        "sys.path.extend": some,
        "sys.path.remove": first_key,
        "addsitedir": some,
    },
    building=frozenset({"append", "insert", "extend"}),
    counted=True,
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

PROCESS: tuple[Provider, ...] = (
    ENVIRON,
    FOLDER,
    UMASK,
    SYS_PATH,
    *DIAGNOSTICS,
    DECIMAL,
    LOCALE,
    INTERPRETER,
    ASYNCIO,
    BUILTINS,
    *IPYTHON_OPTIONS,
)

"""Small groups of options: of the standard library's modules, and of libraries that have one or two."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from cellgraph.trace.settings.libraries import first_key, fixed, keys_given, members, some
from cellgraph.trace.settings.provider import Keys, Provider, Setter, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import Event


def _with_value(*keys: str) -> Setter:
    """The keys, if the call passes a value. Without one the call only asks for it."""
    return lambda event: keys if event.keys or event.named else None


def _of(
    name: str,
    values: Callable[[], Values],
    setters: Mapping[str, Setter],
    *,
    libraries: Iterable[str] = (),
    containers: Iterable[str] = (),
    returning: Iterable[str] = (),
) -> Provider:
    """A provider of a few values, which are read around a setter only."""
    module = name.partition(".")[0]
    return Provider(
        name,
        module,
        token=None,
        values=values,
        setters=dict(setters),
        containers=frozenset(containers),
        returning=frozenset(returning),
        libraries=frozenset({module, *libraries}),
        quiet=True,
        by_load=True,
    )


def _asked(module: str, *functions: str) -> Callable[[], Values]:
    """The results of functions without arguments."""
    return lambda: {name: text(members(module)[name]()) for name in functions if name in members(module)}


def _csv(names: Iterable[str] | None = None) -> Values:
    """The dialects by these names, or all, and the limit."""
    held = members("_csv")
    present = held["list_dialects"]()
    wanted = present if names is None else [name for name in names if name in present]
    dialects = {name: held["get_dialect"](name) for name in wanted}
    told = {name: f"{one.delimiter!r} {one.quotechar!r} {one.quoting}" for name, one in dialects.items()}
    return {**told, "field_size_limit": text(held["field_size_limit"]())}


def _second(event: Event) -> Keys:
    return event.keys[1:2] if event.keys[1:] and event.keys[1] is not None else ()  # type: ignore[return-value]


_SIGNALS = ("SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTERM", "SIGHUP")


def _signals() -> Values:
    found = {name: getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)}
    return {name: text(signal.getsignal(number)) for name, number in found.items()}


def _mime_types(table: str = "types_map") -> Values:
    known = members("mimetypes").get(table)
    return {key: text(value) for key, value in known.items()} if type(known) is dict else {}


def _default(module: str, holder: str, field: str) -> Callable[[], Values]:
    """The value that an object of a library keeps as its default."""
    return lambda: {"default": text(getattr(members(module).get(holder), field, None))}


def _precision() -> Values:
    held: Any = members("mpmath").get("mp")
    return {"dps": text(getattr(held, "dps", None)), "prec": text(getattr(held, "prec", None))}


def _sympy() -> Values:
    """How sympy prints. The functions by which IPython shows what is sympy's are settings of IPython."""
    return {
        "use_unicode": text(members("sympy.printing.pretty.pretty_symbology").get("_use_unicode")),
        "settings": text(getattr(members("sympy.printing.printer").get("Printer"), "_global_settings", None)),
    }


def _plotly_express() -> Values:
    """The attributes of ``px.defaults``."""
    held: Any = members("plotly.express._core").get("defaults")
    return {name: text(getattr(held, name, None)) for name in getattr(type(held), "__slots__", ())}


def _altair() -> Values:
    names = ("data_transformers", "renderers", "theme", "themes")
    held = ((name, members("altair").get(name)) for name in names)
    registries = {name: registry for name, registry in held if registry is not None}
    active = {name: text(getattr(one, "active", "")) for name, one in registries.items()}
    return active | {f"{name}.options": text(getattr(one, "options", {})) for name, one in registries.items()}


def _dask() -> Values:
    return _flat(members("dask.config").get("config"))


def _dask_defaults() -> Values | None:
    known = members("dask.config").get("defaults")
    merged = [_flat(held) for held in known] if type(known) is list else []
    return {key: value for held in merged for key, value in held.items()} if merged else None


def _flat(held: Any, within: str = "") -> dict[str, str]:
    """The options of nested dicts, each by its path: ``array.chunk-size``."""
    if type(held) is not dict:
        return {within.rstrip("."): text(held)} if within else {}
    found = (_flat(inner, f"{within}{str(key).replace('_', '-')}.") for key, inner in held.items())
    return {key: value for part in found for key, value in part.items()}


def _dask_keys(event: Event) -> Keys:
    """The keys that ``dask.config.set({…}, scheduler="threads")`` names."""
    given = keys_given(event)
    if any(key is None for key in event.keys) or any(kept.endswith("**") for kept in event.named):
        return ()
    return tuple(key.replace("__", ".").replace("_", "-") for key in given)


DASK = Provider(
    "dask.config",
    "dask.config",
    token=None,
    values=_dask,
    defaults=_dask_defaults,
    setters={"config.set": _dask_keys, "config.update_defaults": some, "config.refresh": some},
    asking={"get": lambda event: _dask_keys(event) if event.dotted[-2:-1] == ("config",) else ()},
    libraries=frozenset({"dask", "distributed"}),
    quiet=True,
)

OTHERS: tuple[Provider, ...] = (
    _of(
        "socket.timeout",
        _asked("socket", "getdefaulttimeout"),
        {"setdefaulttimeout": fixed("getdefaulttimeout")},
        libraries=("urllib", "requests", "http"),
    ),
    replace(
        _of(
            "csv.dialects",
            _csv,
            {
                "register_dialect": first_key,
                "unregister_dialect": first_key,
                "field_size_limit": _with_value("field_size_limit"),
            },
            returning=("field_size_limit",),
        ),
        defaults=lambda: {**_csv(("excel", "excel-tab", "unix")), "field_size_limit": "131072"},
    ),
    _of("calendar.weekdays", _asked("calendar", "firstweekday"), {"setfirstweekday": fixed("firstweekday")}),
    replace(
        _of("mimetypes.types", _mime_types, {"mimetypes.add_type": _second, "mimetypes.init": some}),
        defaults=lambda: _mime_types("_types_map_default"),
    ),
    DASK,
    _of(
        "tempfile.tempdir",
        lambda: {"tempdir": text(members("tempfile").get("tempdir"))},
        {},
        containers=("tempfile",),
    ),
    Provider(
        "numpy.bufsize",
        "numpy",
        token=None,
        values=_asked("numpy", "getbufsize"),
        setters={"setbufsize": fixed("getbufsize")},
        readers=frozenset({"getbufsize"}),
        returning=frozenset({"setbufsize"}),
        quiet=True,
    ),
    _of("signal.handlers", _signals, {"signal.signal": some}, returning=("signal",)),
    _of(
        "xml.namespaces",
        lambda: {k: text(v) for k, v in members("xml.etree.ElementTree").get("_namespace_map", {}).items()},
        {"register_namespace": some},
    ),
    Provider(
        "sys.argv",
        "sys",
        token=lambda: tuple(map(id, sys.argv)),
        values=lambda: {"argv": text(list(sys.argv))},
        containers=frozenset({"sys.argv"}),
        libraries=frozenset({"argparse", "click", "absl", "typer"}),
    ),
    _of(
        "plotly.templates",
        _default("plotly.io._templates", "templates", "_default"),
        {},
        containers=("templates",),
    ),
    _of("plotly.express", _plotly_express, {}, containers=("px.defaults", "express.defaults")),
    _of(
        "plotly.renderers",
        _default("plotly.io._renderers", "renderers", "_default_name"),
        {},
        containers=("renderers",),
    ),
    _of(
        "altair.registries",
        _altair,
        {"enable": some, "disable_max_rows": some, "set_embed_options": some},
    ),
    _of("mpmath.mp", _precision, {}, containers=("mp",), libraries=("sympy",)),
    replace(
        _of(
            "sympy.printing",
            _sympy,
            {
                "init_printing": some,
                "init_session": some,
                "pretty_use_unicode": some,
                "set_global_settings": some,
            },
        ),
        shown=True,
        readers=frozenset("pretty pprint pretty_print latex print_latex sstr srepr".split()),
    ),
    _of(
        "pyarrow.threads",
        _asked("pyarrow", "cpu_count", "io_thread_count"),
        {"set_cpu_count": fixed("cpu_count"), "set_io_thread_count": fixed("io_thread_count")},
    ),
)

"""The options of libraries. A library is reached through ``sys.modules`` only: none is imported here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from types import ModuleType
from typing import Any

from cellgraph.patterns import Pattern
from cellgraph.trace.settings.provider import Keys, Provider, Setter, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.text_events import Event

Members = Mapping[str, Any]


def members(module: str) -> Members:
    """The contents of a loaded module, past any ``__getattr__``. Empty if it is not loaded."""
    found = sys.modules.get(module)
    return ModuleType.__getattribute__(found, "__dict__") if isinstance(found, ModuleType) else {}


# -- how a call tells the keys that it sets -------------------------------------------------------------


def some(_: Event) -> Keys:
    """Keys of a call that does not name them."""
    return ()


def fixed(*keys: str) -> Setter:
    """Keys of a call that always sets the same ones."""
    return lambda _: keys


def first_key(event: Event) -> Keys:
    """The key that stands first in a call: ``os.putenv("HOME", "/")``. Not known where it is no constant."""
    return event.keys[:1] if event.keys and event.keys[0] is not None else ()  # type: ignore[return-value]


def named(event: Event) -> Keys:
    """Keys of a call that names them by keyword arguments: ``set_config(display="text")``."""
    return () if "**" in event.named else event.named


def keys_given(event: Event) -> Keys:
    """Keys of a call that takes a dict or keyword arguments: ``rcParams.update({…})``."""
    return (*(key for key in event.keys if key is not None), *named(event))


def pairs(event: Event) -> Keys:
    """Keys of a call that takes names and values in turn: ``set_option("display.width", 80)``."""
    given = event.keys[::2]
    return tuple(key for key in given if key is not None) if None not in given else ()


# -- matplotlib ----------------------------------------------------------------------------------------


def _rc() -> dict[str, Any]:
    found = members("matplotlib").get("rcParams")
    return found if isinstance(found, dict) else {}


def _rc_values() -> Values:
    return {key: text(value) for key, value in dict.items(_rc()) if key not in _RC_OWN}


def _rc_defaults() -> Values | None:
    found = members("matplotlib").get("rcParamsOrig")
    if not isinstance(found, dict):
        return None
    return {key: text(value) for key, value in dict.items(found) if key not in _RC_OWN}


def _rc_group(event: Event) -> Keys:
    group = event.keys[0] if event.keys else None
    if group is None or not event.named or "**" in event.named:
        return ()
    return tuple(f"{group}.{_RC_ALIASES.get(name, name)}" for name in event.named)


def _style(event: Event) -> Keys:
    """The keys that a style of the library sets, if the text names the style."""
    library = members("matplotlib.style").get("library")
    if not isinstance(library, dict):
        library = members("matplotlib.style.core").get("library")
    if not isinstance(library, dict) or not event.keys or event.keys[0] not in library:
        return ()
    return tuple(dict.keys(dict.__getitem__(library, event.keys[0])))


_RC_OWN = frozenset({"backend", "backend_fallback"})
_RC_ALIASES = {"lw": "linewidth", "ls": "linestyle", "c": "color", "fc": "facecolor", "ec": "edgecolor",
               "mew": "markeredgewidth", "aa": "antialiased"}  # fmt: skip

MATPLOTLIB = Provider(
    "matplotlib.rcParams",
    "matplotlib",
    token=lambda: tuple(map(id, dict.values(_rc()))),
    values=_rc_values,
    defaults=_rc_defaults,
    containers=frozenset({"rcParams"}),
    setters={
        "rcParams.update": keys_given,
        "rcParams.setdefault": keys_given,
        "rc": _rc_group,
        "rcdefaults": some,
        "rc_file": some,
        "rc_file_defaults": some,
        "style.use": _style,
        "set_theme": some,
        "set_style": some,
        "set_context": some,
        "set_palette": some,
        "reset_defaults": some,
        "reset_orig": some,
        "sns.set": some,
        "seaborn.set": some,
        "xkcd": some,
        "ion": fixed("interactive"),
        "ioff": fixed("interactive"),
        "set_loglevel": some,
    },
    libraries=frozenset({"matplotlib", "seaborn", "mpl_toolkits"}),
    by_call=True,
    readers=frozenset({"plot", "hist", "boxplot", "plot_tree", "savefig", "get_cmap"}),
    opening=frozenset({"figure", "subplots", "subplot", "add_subplot", "add_axes", "axes", "gca", "gcf"}),
    given=("figure.figsize",),
    later=("legend.", "savefig.", "image.", "hist.", "scatter.", "boxplot.", "errorbar.", "contour."),
    noisy=frozenset({"interactive"}),
)


def _backend() -> Values:
    held = dict.get(_rc(), "backend")
    return {"backend": _plain_backend(held) if type(held) is str else _FOUND_OUT}


def _usual_backend() -> Values:
    return {"backend": _plain_backend(os.environ.get("MPLBACKEND") or _FOUND_OUT)}


def _plain_backend(name: str) -> str:
    """A backend by its short name: it may be spelt as a module, too."""
    return name.lower().removeprefix("module://").removeprefix("matplotlib_inline.backend_")


_FOUND_OUT = "auto"
"""The backend while matplotlib is still to find out which one it can use."""
_MAKING_FIGURES = frozenset(
    "figure subplots subplot subplot_mosaic plot hist boxplot scatter bar barh imshow show pie".split()
)

BACKEND = Provider(
    "matplotlib.backend",
    "matplotlib",
    token=lambda: dict.get(_rc(), "backend"),
    values=_backend,
    defaults=_usual_backend,
    setters={
        "matplotlib.use": fixed("backend"),
        "mpl.use": fixed("backend"),
        "switch_backend": fixed("backend"),
        "%matplotlib": fixed("backend"),
    },
    reads_call=lambda event: event.dotted[-1] in _MAKING_FIGURES,
    quiet=True,
)

# -- pandas --------------------------------------------------------------------------------------------


def _pandas_groups(display: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The groups of options, each with its path: ``display``, ``display.html``."""
    found = members("pandas._config.config").get("_global_config")
    waiting = [(name, held) for name, held in found.items()] if type(found) is dict else []
    while waiting:
        name, held = waiting.pop()
        if type(held) is dict and (name.partition(".")[0] in _SHOWN_GROUPS) is display:
            yield name, held
            waiting += [(f"{name}.{key}", inner) for key, inner in held.items() if type(inner) is dict]


_SHOWN_GROUPS = ("display", "styler")
_OF_NO_EFFECT = frozenset({"mode.chained_assignment", "mode.copy_on_write"})
"""Options that pandas knows from 3.0 on, and does not look at."""
_leaves: dict[bool, tuple[int, list[dict[str, Any]]]] = {}
"""The dicts of either half of pandas' options, and how many options there were when they were looked up."""


def _has_effect(key: str) -> bool:
    """Whether this pandas looks at an option by that name."""
    if key not in _OF_NO_EFFECT:
        return True
    version = members("pandas").get("__version__")
    return type(version) is str and version.partition(".")[0] in ("0", "1", "2")


def _pandas_token(display: bool) -> object:
    count = len(members("pandas._config.config").get("_registered_options", ()))
    known = _leaves.get(display)
    if known is None or known[0] != count:
        known = _leaves[display] = (count, [held for _, held in _pandas_groups(display)])
    return [*map(id, chain.from_iterable([held.values() for held in known[1]]))]


def _pandas_values(display: bool) -> Values:
    return {
        f"{name}.{key}": text(value)
        for name, held in _pandas_groups(display)
        for key, value in held.items()
        if type(value) is not dict and _has_effect(f"{name}.{key}")
    }


def _pandas_defaults(display: bool) -> Values | None:
    known = members("pandas._config.config").get("_registered_options")
    if type(known) is not dict:
        return None
    of_group = (
        (key, option) for key, option in known.items() if _is_shown(key) is display and _has_effect(key)
    )
    return {key: text(option.defval) for key, option in of_group}


def _is_shown(key: str) -> bool:
    return key.partition(".")[0] in _SHOWN_GROUPS


def _pandas_keys(display: bool) -> Setter:
    def keys(event: Event) -> Keys:
        if None in event.keys[::2]:
            return ()
        known = (*_pandas_values(display),)
        return tuple(key for part in pairs(event) for key in known if part in key) or _OTHER_GROUP

    return keys


_OTHER_GROUP: Keys = ("",)
"""A key that there is not: the call sets options of another group."""


def _asked_of_pandas(display: bool) -> Setter:
    """The keys that ``get_option("max_rows")`` may return: a part of a key is enough."""

    def keys(event: Event) -> Keys:
        part = (event.keys[0] if event.keys else None) or ""
        return tuple(key for key in _pandas_values(display) if part in key)

    return keys


_PANDAS_TEXT = Pattern(r"  |^ |\n |\[|dtype|Empty DataFrame|Series\(|Styler")
"""What a table, a column or an index has when it is printed: spaces between columns, its type, brackets."""
_FRACTION = Pattern(r"\d\.")


def _pandas(name: str, display: bool) -> Provider:
    keys = _pandas_keys(display)
    return Provider(
        name,
        "pandas",
        token=lambda: _pandas_token(display),
        values=lambda: _pandas_values(display),
        defaults=lambda: _pandas_defaults(display),
        containers=frozenset({"options"}),
        setters={"set_option": keys, "reset_option": keys, "set_eng_float_format": some},
        asking={"get_option": _asked_of_pandas(display)},
        libraries=frozenset({"pandas", "geopandas"}),
        shown=display,
        marks=_PANDAS_TEXT,
        marks_of={"display.precision": _FRACTION, "display.chop_threshold": _FRACTION},
    )


# -- numpy ---------------------------------------------------------------------------------------------


def _called(module: str, function: str) -> Mapping[str, Any]:
    """The result of a library's own function without arguments, if it is still the library's."""
    found = members(module).get(function)
    given = found() if found is not None and _root(found) == module.partition(".")[0] else {}
    return given if isinstance(given, dict) else {}


def _root(function: object) -> str:
    module = getattr(function, "__module__", None)
    return module.partition(".")[0] if type(module) is str else ""


def _all_of(module: str, function: str) -> Callable[[], Values]:
    return lambda: {key: text(value) for key, value in _called(module, function).items()}


def _tokens(module: str, function: str) -> Callable[[], object]:
    return lambda: tuple(map(id, _called(module, function).values()))


def _seterr(event: Event) -> Keys:
    if "all" in event.named or not event.named:
        return _ERRORS if event.named else ()
    return named(event)


_ERRORS = ("divide", "over", "under", "invalid")

_MAKING_ARRAYS = frozenset(
    "array asarray zeros ones empty full zeros_like ones_like empty_like full_like arange eye identity"
    " reshape ravel flatten transpose copy tolist concatenate stack vstack hstack column_stack tile"
    " repeat unique sort argsort nonzero flatnonzero shape ndim size default_rng RandomState seed rand"
    " randn random random_sample randint integers choice shuffle permutation permuted normal"
    " standard_normal uniform set_printoptions get_printoptions array_equal isnan isinf isfinite split"
    " array_split".split()
)
"""Calls of numpy that compute nothing which may overflow, or divide by zero."""
_REDUCING = frozenset(
    "sum mean std var sem prod cumsum cumprod median describe agg aggregate corrwith qcut round"
    " dot astype".split()
)
"""Methods of pandas that may overflow, or meet what is no number. All else ignores errors anyway."""

NUMPY_ERRORS = Provider(
    "numpy.errstate",
    "numpy",
    token=lambda: tuple(_called("numpy", "geterr").values()),
    values=_all_of("numpy", "geterr"),
    defaults=lambda: {"divide": "'warn'", "over": "'warn'", "under": "'ignore'", "invalid": "'warn'"},
    setters={"seterr": _seterr, "seterrcall": some},
    returning=frozenset({"seterr", "seterrcall"}),
    readers=frozenset({"geterr"}),
    libraries=frozenset({"numpy", "scipy"}),
    harmless=_MAKING_ARRAYS,
    reads_call=lambda event: len(event.dotted) > 1 and event.dotted[-1] in _REDUCING,
)
_NUMPY_PRINT = {
    "edgeitems": "3",
    "threshold": "1000",
    "floatmode": "'maxprec'",
    "precision": "8",
    "suppress": "False",
    "linewidth": "75",
    "sign": "'-'",
    "formatter": "None",
    "legacy": "False",
}
_ARRAY_TEXT = Pattern(r"\[|np\.(?:void|record)\(|\((?=[^()\n]*,)[^()\n]*\d\.")
"""What an array, or a record with fractions, has when it is printed. A number follows ``legacy`` alone."""
NUMPY_PRINT = Provider(
    "numpy.printoptions",
    "numpy",
    token=_tokens("numpy", "get_printoptions"),
    values=_all_of("numpy", "get_printoptions"),
    defaults=lambda: {**_all_of("numpy", "get_printoptions")(), **_NUMPY_PRINT},
    setters={"set_printoptions": named, "set_string_function": some},
    readers=frozenset({"get_printoptions"}),
    libraries=frozenset({"numpy"}),
    shown=True,
    marks=_ARRAY_TEXT,
    marks_of=dict.fromkeys(("precision", "suppress", "floatmode"), _FRACTION),
    unmarked=("legacy",),
)

# -- others --------------------------------------------------------------------------------------------


def _polars_values() -> Values:
    held = getattr(os.environ, "_data", {})
    own = {key: value for key, value in held.items() if key[:7] in (b"POLARS_", "POLARS_")}
    return {os.fsdecode(key): text(os.fsdecode(value)) for key, value in own.items()} | _polars_direct()


def _polars_direct() -> dict[str, str]:
    module = members("polars._plr") or members("polars.polars")
    return {
        name: text(module[f"get_{name}"]())
        for name in ("float_fmt", "float_precision", "thousands_separator", "decimal_separator")
        if f"get_{name}" in module
    }


def _polars_spellings(key: str) -> set[str]:
    """``tbl_rows`` and ``set_tbl_rows`` for the variable that ``Config.set_tbl_rows`` sets."""
    setters = members("polars").get("Config", type).__dict__
    found = {name for name, setter in setters.items() if name.startswith("set_") and _spells(setter, key)}
    return found | {name.removeprefix("set_") for name in found}


def _spells(setter: object, key: str) -> bool:
    code = getattr(getattr(setter, "__func__", None), "__code__", None)
    return code is not None and (key in code.co_consts or f"set_{key}" in code.co_names)


POLARS = Provider(
    "polars.Config",
    "polars",
    token=lambda: (hash(tuple(getattr(os.environ, "_data", {}).items())), tuple(_polars_direct().values())),
    values=_polars_values,
    defaults=lambda: {**_polars_direct(), "float_fmt": "'mixed'"},
    containers=frozenset({"Config"}),
    setters={"restore_defaults": some},
    libraries=frozenset({"polars"}),
    shown=True,
    spellings=_polars_spellings,
)


def _xarray() -> dict[str, Any]:
    found = members("xarray.core.options").get("OPTIONS")
    return found if type(found) is dict else {}


_XARRAY = {
    "arithmetic_join": "'inner'",
    "display_width": "80",
    "display_style": "'html'",
    "display_max_rows": "12",
    "keep_attrs": "'default'",
}
XARRAY = Provider(
    "xarray.options",
    "xarray",
    token=lambda: tuple(map(id, _xarray().values())),
    values=lambda: {key: text(value) for key, value in _xarray().items()},
    defaults=lambda: {**{key: text(value) for key, value in _xarray().items()}, **_XARRAY},
    setters={"xr.set_options": named, "xarray.set_options": named, "set_options": named},
    libraries=frozenset({"xarray"}),
    harmless=frozenset({"DataArray", "Dataset", "Variable"}),
)


def _sklearn_defaults() -> Mapping[str, Any]:
    found = members("sklearn._config").get("_global_config")
    return found if type(found) is dict else {}


SKLEARN = Provider(
    "sklearn.config",
    "sklearn",
    token=_tokens("sklearn", "get_config"),
    values=_all_of("sklearn", "get_config"),
    defaults=lambda: {key: text(value) for key, value in _sklearn_defaults().items()} or None,
    setters={"set_config": named},
    libraries=frozenset({"sklearn", "imblearn"}),
)


def _jax_token() -> object:
    config = members("jax").get("config")
    held = getattr(config, "values", None) if _root(type(config)) == "jax" else None
    return tuple(map(id, held.values())) if isinstance(held, dict) else ()


def _jax_values() -> Values:
    config = members("jax").get("config")
    held = getattr(config, "values", None) if _root(type(config)) == "jax" else None
    known = held.items() if isinstance(held, dict) else ()
    return {key: text(value) for key, value in known if key not in _JAX_OWN}


_NO = ("0", "", "false", "False")
_JAX_OWN = frozenset({"jax_platforms", "jax_compilation_cache_dir"})

JAX = Provider(
    "jax.config",
    "jax",
    token=_jax_token,
    values=_jax_values,
    defaults=lambda: {
        **_jax_values(),
        "jax_enable_x64": text(os.environ.get("JAX_ENABLE_X64", "0") not in _NO),
        "jax_debug_nans": "False",
        "jax_disable_jit": "False",
    },
    containers=frozenset({"config"}),
    setters={"config.update": lambda event: pairs(event)[:1]},
    libraries=frozenset({"jax", "jaxlib", "flax", "optax"}),
)


# -- torch ---------------------------------------------------------------------------------------------

_TORCH_ASKED = {
    "default_dtype": ("torch", "get_default_dtype"),
    "grad_mode": ("torch", "is_grad_enabled"),
    "num_threads": ("torch", "get_num_threads"),
    "deterministic_algorithms": ("torch", "are_deterministic_algorithms_enabled"),
    "float32_matmul_precision": ("torch", "get_float32_matmul_precision"),
    "default_device": ("torch", "get_default_device"),
}
_TORCH = {
    "default_dtype": "torch.float32",
    "grad_mode": "True",
    "deterministic_algorithms": "False",
    "float32_matmul_precision": "'highest'",
    "cudnn.deterministic": "False",
    "cudnn.benchmark": "False",
}
_TORCH_FLAGS = ("deterministic", "benchmark", "enabled")


def _torch_values() -> Values:
    found = {key: text(members(module)[asked]()) for key, (module, asked) in _TORCH_ASKED.items()
             if asked in members(module)}  # fmt: skip
    core = members("torch").get("_C")
    for flag in _TORCH_FLAGS:
        ask = getattr(core, f"_get_cudnn_{flag}", None)
        if ask is not None:
            found[f"cudnn.{flag}"] = text(ask())
    return found


_TORCH_CHEAP = ("_get_cudnn_deterministic", "_get_deterministic_algorithms", "_get_cudnn_benchmark")


def _torch_token() -> object:
    held = members("torch")
    return (
        held["get_default_dtype"](),
        held["is_grad_enabled"](),
        held["get_num_threads"](),
        *(getattr(held["_C"], name)() for name in _TORCH_CHEAP),
        id(getattr(held.get("_GLOBAL_DEVICE_CONTEXT"), "device_context", None)),
    )


TORCH = Provider(
    "torch.options",
    "torch",
    token=_torch_token,
    values=_torch_values,
    defaults=lambda: {**_torch_values(), **_TORCH},
    containers=frozenset({"cudnn"}),
    setters={
        "set_default_dtype": fixed("default_dtype"),
        "set_default_tensor_type": fixed("default_dtype"),
        "set_grad_enabled": fixed("grad_mode"),
        "set_num_threads": fixed("num_threads"),
        "use_deterministic_algorithms": fixed("deterministic_algorithms"),
        "set_float32_matmul_precision": fixed("float32_matmul_precision"),
        "set_default_device": fixed("default_device"),
    },
    libraries=frozenset({"torch", "torchvision", "lightning", "transformers"}),
)


def _torch_print() -> Values:
    options = members("torch._tensor_str").get("PRINT_OPTS")
    return {key: text(getattr(options, key)) for key in _TORCH_PRINT if hasattr(options, key)}


_TORCH_PRINT = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")

TORCH_PRINT = Provider(
    "torch.printoptions",
    "torch",
    token=lambda: tuple(_torch_print().items()),
    values=_torch_print,
    defaults=lambda: {
        "precision": "4",
        "threshold": "1000",
        "edgeitems": "3",
        "linewidth": "80",
        "sci_mode": "None",
    },
    setters={"set_printoptions": named},
    libraries=frozenset({"torch"}),
    shown=True,
)

LIBRARIES: tuple[Provider, ...] = (
    BACKEND,
    MATPLOTLIB,
    _pandas("pandas.options.display", display=True),
    _pandas("pandas.options", display=False),
    NUMPY_ERRORS,
    NUMPY_PRINT,
    POLARS,
    XARRAY,
    SKLEARN,
    JAX,
    TORCH,
    TORCH_PRINT,
)

"""A value as text, so that values of different processes can be compared.

It imports no library, and does nothing to a value that would show later: an axis is not drawn, a generator
is not advanced. It shares nothing with cellgraph's digests, on purpose.
"""

from __future__ import annotations

import collections
import hashlib
import itertools
import re
import sys
import types
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

ADDRESS = re.compile(r"0x[0-9a-f]+")
MAX_DEPTH = 40
MAX_ELEMENTS = 200
"""Arrays up to this size are compared element by element."""
SKIPPED_FIELDS = re.compile(
    r"stale|cache|renderer|invalid|canvas|manager|callback|remove_method|_axes$|^axes$|figure|transform"
    r"|_units|button|_oid|_cid|tracker|number$|_navigate|_mouse|sublayout|_parent|_children_seen"
    r"|^(major|minor)Ticks$|^_?offset(Text)?$|^bbox$|^clipbox$|^_(format|locs|tick_position)$|^orderOfMagnitude$"
)
PLACED = frozenset({"label", "title", "_left_title", "_right_title"})
"""Texts of axes that drawing moves."""
CLASS_FIELDS = frozenset(
    "__module__ __dict__ __weakref__ __doc__ __firstlineno__ __static_attributes__ __annotations__"
    " __annotate_func__ __annotations_cache__ __abstractmethods__ _abc_impl __slotnames__".split()
)
OPAQUE_MODULES = frozenset(
    "threading _thread concurrent multiprocessing asyncio socket subprocess logging weakref _io io sqlite3"
    " ipywidgets traitlets IPython joblib numba jax sqlalchemy duckdb".split()
)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A value by content. ``parts`` are its keys, columns, attributes or elements, where it has such.

    ``kind`` is its class by content, where that is the notebook's own: methods, and what all instances share.
    """

    text: str
    parts: Mapping[str, str] = field(default_factory=dict)
    kind: str = field(default="", compare=False)


def frozen(value: object) -> Frozen:
    """``value`` by content. Equal results mean equal values."""
    parts = {key: _short(_text(item, ())) for key, item in _parts(value)}
    classes = (value if isinstance(value, type) else type(value)).__mro__
    own = [kind for kind in classes if kind.__module__ == "__main__"]
    return Frozen(_short(_text(value, ())), parts, _short(_text(own, ())) if own else "")


def plain(text: str) -> str:
    """``text`` without memory addresses, which no two processes share."""
    return ADDRESS.sub("0x", text)


def _short(text: str) -> str:
    if len(text) < 200:
        return text
    return f"{text[:80]}… {hashlib.sha1(text.encode('utf-8', 'replace')).hexdigest()}"


def _library(kind: type) -> str:
    return (kind.__module__ or "").partition(".")[0]


def _named(value: object, *names: str) -> bool:
    """Whether a class of the value has one of these full names; libraries move their classes about."""
    return any(f"{_library(kind)}.{kind.__name__}" in names for kind in type(value).__mro__)


def _parts(value: Any) -> Iterable[tuple[str, object]]:
    if isinstance(value, dict):
        return [(repr(key), item) for key, item in dict.items(value)]
    if _named(value, "pandas.DataFrame"):
        return [(repr(name), column) for name, column in value.items()] if value.columns.is_unique else ()
    if isinstance(value, type) and value.__module__ == "__main__":
        return [(name, item) for name, item in vars(value).items() if name not in CLASS_FIELDS]
    if type(value).__module__ == "__main__" or _named(value, "types.SimpleNamespace"):
        return list(getattr(value, "__dict__", {}).items())
    if _named(value, "numpy.ndarray") and 0 < value.size <= MAX_ELEMENTS and value.dtype.names is None:
        places = itertools.product(*map(range, value.shape))
        return [(str(place), item) for place, item in zip(places, value.ravel().tolist(), strict=True)]
    return ()


def _text(value: Any, parents: tuple[int, ...]) -> str:
    if id(value) in parents:
        return f"<cycle {len(parents) - parents.index(id(value))}>"
    if len(parents) > MAX_DEPTH:
        return "<deep>"
    inner = (*parents, id(value))
    try:
        return f"{type(value).__name__}({_content(value, inner)})"
    except Exception as error:  # noqa: BLE001 - nothing to tell two of them apart by
        return f"{type(value).__name__}(unknown: {type(error).__name__})"


def _content(value: Any, parents: tuple[int, ...]) -> str:
    if _is_for_all(value):
        return "for all"
    for kinds, how in BUILTIN_FORMS:
        if isinstance(value, kinds):
            return how(value, parents)
    for names, how in LIBRARY_FORMS:
        if _named(value, *names):
            return how(value, parents)
    library = _library(type(value))
    if library == "matplotlib":
        return _fields(value, parents)
    if library in OPAQUE_MODULES:
        return "opaque"
    return _object(value, parents)


def _is_for_all(value: object) -> bool:
    """Whether it is the generator whose methods ``random.random`` or ``np.random.rand`` are.

    What it has drawn by then is no part of a name that holds such a method.
    """
    holders = (("random", "_inst"), ("numpy.random.mtrand", "_rand"))
    return any(value is getattr(sys.modules.get(module), name, holders) for module, name in holders)


def _sequence(value: Iterable[Any], parents: tuple[int, ...]) -> str:
    return ", ".join(_text(item, parents) for item in value)


def _mapping(value: Mapping[Any, Any], parents: tuple[int, ...]) -> str:
    return ", ".join(f"{_text(key, parents)}: {_text(item, parents)}" for key, item in list(value.items()))


def _function(value: types.FunctionType, parents: tuple[int, ...]) -> str:
    cells = [_text(cell.cell_contents, parents) for cell in value.__closure__ or ()]
    return f"{_code(value.__code__)} {_text(value.__defaults__, parents)} {cells}"


def _code(code: types.CodeType) -> str:
    constants = [
        _code(item) if isinstance(item, types.CodeType) else plain(repr(item)) for item in code.co_consts
    ]
    return f"{code.co_name} {code.co_names} {code.co_varnames} {code.co_code!r} {constants}"


def _class(value: type, parents: tuple[int, ...]) -> str:
    if value.__module__ != "__main__":
        return value.__qualname__
    own = {name: item for name, item in vars(value).items() if name not in CLASS_FIELDS}
    if type(value) is not type:  # a metaclass keeps all sorts of machinery there
        own = {name: item for name, item in own.items() if isinstance(item, types.FunctionType | int | str)}
        own["annotations"] = repr(vars(value).get("__annotations__"))
    return f"{value.__qualname__} {[base.__qualname__ for base in value.__bases__]} {_mapping(own, parents)}"


def _generator(value: types.GeneratorType[Any, Any, Any], parents: tuple[int, ...]) -> str:
    if value.gi_frame is None:
        return f"{_code(value.gi_code)} used up"
    return f"{_code(value.gi_code)} {value.gi_frame.f_lasti} {_text(dict(value.gi_frame.f_locals), parents)}"


def _object(value: Any, parents: tuple[int, ...]) -> str:
    state = getattr(value, "__dict__", None)
    if type(value).__module__ == "__main__" and state is not None:
        return f"{type(value).__qualname__} {_mapping(state, parents)}"
    return _text(value.__reduce_ex__(2), parents)


def _fields(value: Any, parents: tuple[int, ...]) -> str:
    """The fields of an artist, without those that drawing alone sets."""
    if len(parents) > 12:
        return ""
    state = {
        name: _without_place(item) if name in PLACED else _limits(value) if name == "_viewLim" else item
        for name, item in sorted(getattr(value, "__dict__", {}).items())
        if not SKIPPED_FIELDS.search(name)
    }
    return _mapping(state, parents)


def _limits(axes: Any) -> object:
    """The limits that were set. The others follow from what is drawn, when it is drawn."""
    points = axes.__dict__["_viewLim"].__dict__["_points"].tolist()
    named = zip(("x", "y"), zip(*points, strict=True), strict=True)
    return {name: ends for name, ends in named if not axes._axis_map[name]._autoscale_on}


def _without_place(text: Any) -> object:
    state = getattr(text, "__dict__", None)
    return {name: item for name, item in sorted(state.items()) if _counts(name)} if state else text


def _counts(name: str) -> bool:
    return name not in ("_x", "_y") and not SKIPPED_FIELDS.search(name)


def _array(value: Any, parents: tuple[int, ...]) -> str:
    content = repr(value.tolist()) if value.dtype.hasobject or value.size < 20 else value.tobytes().hex()
    return f"{value.dtype} {value.shape} {plain(content)}"


def _frame(value: Any, parents: tuple[int, ...]) -> str:
    columns = [(repr(name), str(column.dtype), repr(column.tolist())) for name, column in value.items()]
    return f"{value.index.tolist()!r} {columns}"


def _plan(value: Any) -> str:
    """A lazy frame by its plan and the data in it."""
    with suppress(Exception):  # some plans hold what cannot be written
        return f"{value.explain(optimized=False)} {hashlib.sha1(value.serialize()).hexdigest()}"
    return str(value.explain(optimized=False))


def _tensor(value: Any, parents: tuple[int, ...]) -> str:
    return f"{value.dtype} {value.requires_grad} {value.device} {value.detach().tolist()}"


BUILTIN_FORMS: tuple[tuple[Any, Any], ...] = (
    (type(None) | bool | int | float | complex | str | bytes, lambda value, _: plain(repr(value))),
    (types.ModuleType, lambda value, _: value.__name__),
    (types.FunctionType, _function),
    (types.GeneratorType, _generator),
    (types.MethodType, lambda value, parents: _text((value.__func__, value.__self__), parents)),
    (bytearray | memoryview, lambda value, _: repr(bytes(value))),
    (type, _class),
    (dict | types.MappingProxyType, _mapping),
    (list | tuple | collections.deque, _sequence),
    (set | frozenset, lambda value, parents: ", ".join(sorted(_text(item, parents) for item in value))),
    (types.BuiltinFunctionType | property | types.GetSetDescriptorType, lambda value, _: plain(repr(value))),
)
LIBRARY_FORMS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("numpy.ndarray",), _array),
    (("numpy.generic",), lambda value, _: repr(value)),
    (("pandas.DataFrame",), _frame),
    (("pandas.Series", "pandas.Index"), lambda value, _: f"{value.dtype!r} {value.to_frame().to_dict()!r}"),
    (("polars.DataFrame",), lambda value, _: repr(value.to_dict(as_series=False))),
    (("polars.Series",), lambda value, _: repr(value.to_list())),
    (("polars.LazyFrame",), lambda value, _: _plan(value)),
    (("sqlite3.Connection",), lambda value, _: "\n".join(value.iterdump())),
    (("sqlite3.Cursor",), lambda value, _: "\n".join(value.connection.iterdump())),
    (("torch.Tensor",), _tensor),
    (("torch.Module",), lambda value, parents: _mapping(value.__dict__, parents)),
    (
        ("functools._lru_cache_wrapper",),
        lambda value, parents: f"{value.cache_parameters()} {_text(value.__wrapped__, parents)}",
    ),
)

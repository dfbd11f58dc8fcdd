"""Changes of libraries by cells: ``plt.xlabel = 'time'``, ``pd.DataFrame.spread = f``.

A library is the same object however often it is imported, so what one cell stores there stays until the
kernel restarts, whichever cells run. Each changed attribute has a name of its own:
``patch:numpy.linalg.norm``. The name is absent as long as the library has its original value.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from cellgraph.code.expression_names import function_name
from cellgraph.code.fast_ast import every_node
from cellgraph.code.source import Source
from cellgraph.digest import class_reflection
from cellgraph.digest.code_origin import globals_of, is_users
from cellgraph.digest.library_patches import FOLLOWED
from cellgraph.light_dataclass import dataclass
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.names import Name
from cellgraph.patterns import Pattern
from cellgraph.trace.library_helpers import HelperStores
from cellgraph.trace.settings.called_code import libraries_of
from cellgraph.trace.tracing_backend import Sites

_STORES = Pattern(
    r"\.\s*\w+\s*(:|=(?!=)|[-+*/|&^%@]=|,)|setattr|\bdel\b|import|_(?:accessor|namespace)\(|\.pandas\("
)
_MISSING = object()
_ACCESSORS = {
    "register_dataframe_accessor": "DataFrame",
    "register_series_accessor": "Series",
    "register_index_accessor": "Index",
}
_NAMESPACES = {
    "register_dataframe_namespace": ("polars.dataframe.frame", "DataFrame"),
    "register_lazyframe_namespace": ("polars.lazyframe.frame", "LazyFrame"),
    "register_series_namespace": ("polars.series.series", "Series"),
    "register_expr_namespace": ("polars.expr.expr", "Expr"),
    "register_dataset_accessor": ("xarray.core.dataset", "Dataset"),
    "register_dataarray_accessor": ("xarray.core.dataarray", "DataArray"),
}
_SETTINGS = frozenset({"ast_node_interactivity"})
"""Attributes of classes that are compared as settings."""
_OF_PYTHON = frozenset(globals_of(sys))
"""What ``sys`` has by itself. Python and IPython change it as they run."""
_PROGRESS = tuple(f"progress_{how}" for how in "apply map applymap aggregate transform".split())
"""What tqdm puts into the classes of pandas."""


class Attribute(NamedTuple):
    """An attribute of a library's module or class, by their names.

    ``cls`` is empty for a module's attribute.
    """

    module: str
    cls: str
    name: str

    @property
    def owner(self) -> str:
        """The full name of the module or class."""
        return f"{self.module}.{self.cls}" if self.cls else self.module

    @property
    def label(self) -> Name:
        """The name under which it is recorded."""
        return Name.of_patch(f"{self.owner}.{self.name}")

    def held(self) -> object:
        """The present value; ``_MISSING`` if there is no such attribute."""
        names = _names(self._find())
        return names.get(self.name, _MISSING) if names is not None else _MISSING

    def _find(self) -> object:
        owner: object = sys.modules.get(self.module)
        for part in self.cls.split(".") if self.cls else ():
            names = _names(owner)
            owner = names.get(part) if names is not None else None
        return owner


@dataclass(slots=True)
class _Followed:
    """An attribute that a cell has changed.

    ``identity`` is the id of its value; None for the original value.
    """

    attribute: Attribute
    identity: int | None = None
    internal: bool = False
    """Whether the library itself uses it, so that every use of the library may."""


class LibraryChanges:
    """The attributes of libraries that the cells of a session have changed."""

    def __init__(self) -> None:
        self._followed: dict[Name, _Followed] = {}
        self._by_helpers = HelperStores()

    def close(self) -> None:
        """Stop following all attributes."""
        for followed in self._followed.values():
            FOLLOWED.drop(followed.attribute.owner, followed.attribute.name)
        self._followed.clear()

    @property
    def are_any(self) -> bool:
        """Whether any attribute is followed. Few people change a library."""
        return bool(self._followed)

    def take_in(
        self, text: str, tree: ast.Module | None, taken: ast.Module | None, namespace: Mapping[str, Any]
    ) -> tuple[frozenset[Name], frozenset[Name]]:
        """Follow what a finished run may have changed, or may change the next time.

        ``taken`` is what it ran of the ``tree``, as far as that is known. Returns the attributes that it set,
        and those that its text sets and the run did not.
        """
        if tree is None or taken is None:
            return frozenset(), frozenset()
        by_helpers = {one.label: one for one in self._set_by_helpers(text, tree, namespace)}
        self._by_helpers.learn(text, tree)
        if not by_helpers and _STORES.search(text) is None:
            return frozenset(), frozenset()
        stored = {attribute.label: attribute for attribute in _stored(tree, namespace)} | by_helpers
        for name, attribute in stored.items():
            if not _is_own_kind(attribute):
                continue
            if name not in self._followed:
                self._followed[name] = _Followed(attribute, internal=_used_by_library(attribute))
                FOLLOWED.follow(attribute.owner, attribute.name)
        found = stored.keys() & self._followed.keys()
        done = found & {attribute.label for attribute in _stored(taken, namespace)} | by_helpers.keys()
        left = {name for name in found if name not in done or not _is_foreign(stored[name])}
        return frozenset(done), frozenset(left)

    def would_set(self, text: str, tree: ast.Module | None, namespace: Mapping[str, Any]) -> frozenset[Name]:
        """The attributes of libraries that a text would set if it ran, but for those compared as settings."""
        if tree is None:
            return frozenset()
        known = {attribute.label for attribute in self._set_by_helpers(text, tree, namespace)}
        if _STORES.search(text) is None:
            return frozenset(known)
        return frozenset(known).union(one.label for one in _stored(tree, namespace) if _is_own_kind(one))

    def _set_by_helpers(
        self, text: str, tree: ast.Module, namespace: Mapping[str, Any]
    ) -> Iterator[Attribute]:
        """The attributes that helpers of the notebook's set for a text, and that hold its code."""
        for owner, name in self._by_helpers.pairs(text, tree, namespace):
            found = _attribute(owner, name, namespace)
            if found is not None and (found.label in self._followed or _is_of_notebook(found)):
                yield found

    def changed(self, stored: Collection[Name]) -> Iterator[tuple[Name, tuple[object, ...]]]:
        """The attributes that are ``stored`` or whose value was replaced since the last call.

        The second item is the value; it is empty for the original value.
        """
        for name, followed in self._followed.items():
            now = self._state(followed)
            identity = id(now) if now is not _MISSING else None
            if identity != followed.identity or name in stored:
                followed.identity = identity
                yield name, () if now is _MISSING else (now,)

    def touched(
        self,
        source: Source,
        stored: Collection[Name],
        sites: Mapping[str, Sites],
        namespace: Mapping[str, Any],
        bound: Iterable[str],
    ) -> frozenset[Name]:
        """The followed attributes that a run has used. It has ``stored`` some."""
        tree = source.tree
        used = set(_attributes_used(tree))
        named = set(_attributes_named(tree))
        if tree is not None and self._by_helpers.spells_only(source.text, tree, namespace):
            named -= {name.attribute for name in stored}
        used |= named
        paths = {path for places in sites.values() for path, store_only in places if not store_only}
        used.update(part for path in paths for part in re.findall(r"\w+", path))
        held = {id(namespace.get(name)) for name in bound if name in namespace}
        taken = (name for name, places in sites.items() if not all(store_only for _, store_only in places))
        values = (namespace.get(name) for name in taken if name in namespace)
        internal = any(followed.internal for followed in self._followed.values())
        libraries = {library for value in values for library in libraries_of(value)} if internal else set()
        return frozenset(
            name
            for name, followed in self._followed.items()
            if followed.attribute.name in used
            or (followed.internal and followed.attribute.module.partition(".")[0] in libraries)
            or (followed.identity is not None and followed.identity in held)
        )

    @staticmethod
    def _state(followed: _Followed) -> object:
        return followed.attribute.held() if _is_foreign(followed.attribute) else _MISSING


def _is_own_kind(attribute: Attribute) -> bool:
    """Whether it is compared as a library's attribute, and not as a setting."""
    return attribute.module != "builtins" and attribute.name not in _SETTINGS


_SPECIAL = ("__", "_repr_", "_ipython_")
"""How methods begin that operators, builtins and displays call without naming them."""


def _used_by_library(attribute: Attribute) -> bool:
    """Whether an attribute is used where no text names it.

    A function of its module uses it by its name, or it is a special method of a class: operators and builtins
    call these, and so does what shows a value.
    """
    if attribute.cls and attribute.name.startswith(_SPECIAL):
        return True
    names = _names(sys.modules.get(attribute.module)) or {}
    classes = [held for held in list(names.values()) if issubclass(type(held), type)]
    for held in (*list(names.values()), *(part for cls in classes for part in _names(cls).values())):  # type: ignore[union-attr]
        function = _wrapped(held) if type(held) in (staticmethod, classmethod, property) else held
        of_library = type(function) is FunctionType and not is_users(function.__globals__)
        if of_library and attribute.name in function.__code__.co_names:
            return True
    return False


def _attributes_used(tree: ast.Module | None) -> Iterator[str]:
    """The attributes that a cell's text reads, and the names that it takes from modules."""
    for node in every_node(tree) if tree is not None else ():
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _attributes_named(tree: ast.Module | None) -> Iterator[str]:
    """The texts in a cell's text: ``hasattr`` and ``getattr`` take attributes by them."""
    for node in every_node(tree) if tree is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _stored(tree: ast.Module, namespace: Mapping[str, Any]) -> Iterator[Attribute]:
    """The attributes of libraries that a cell's text sets or deletes."""
    for node in every_node(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found = _attribute(node.value, node.attr, namespace)
        elif isinstance(node, ast.Call) and function_name(node) == "setattr":
            found = _set_by_call(node, namespace)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found = _registered(node, node.func.attr)
            if node.func.attr == "pandas":
                yield from _progress()
        else:
            continue
        if found is not None:
            yield found


def _registered(node: ast.Call, by: str) -> Attribute | None:
    """The attribute by which pandas gives an accessor: ``register_dataframe_accessor("geo")``."""
    if by in _NAMESPACES:
        home, owner = _NAMESPACES[by]
        cls = getattr(sys.modules.get(home), owner, None)
    else:
        cls = getattr(sys.modules.get("pandas"), _ACCESSORS.get(by, ""), None)
    name = node.args[0] if node.args else None
    if cls is None or not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return None
    return Attribute(class_reflection.module_name(cls), class_reflection.qualified_name(cls), name.value)


def _progress() -> Iterator[Attribute]:
    """The attributes that ``tqdm.pandas()`` puts into the classes of pandas."""
    cls: Any
    for cls in (getattr(sys.modules.get("pandas"), name, None) for name in ("DataFrame", "Series")):
        for name in _PROGRESS if cls is not None else ():
            yield Attribute(class_reflection.module_name(cls), class_reflection.qualified_name(cls), name)


def _set_by_call(node: ast.Call, namespace: Mapping[str, Any]) -> Attribute | None:
    if len(node.args) != 3:
        return None
    name = node.args[1]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return None
    return _attribute(node.args[0], name.value, namespace)


def _attribute(node: ast.expr, name: str, namespace: Mapping[str, Any]) -> Attribute | None:
    """The attribute of what an expression like ``np.linalg`` stands for, where that is a library's."""
    owner = _value(node, namespace)
    if owner is sys and name in _OF_PYTHON:
        return None
    if type(owner) is ModuleType and not is_users(globals_of(owner)):
        return Attribute(str(globals_of(owner).get("__name__")), "", name)
    if issubclass(type(owner), type) and not class_reflection.made_by_user(owner):  # type: ignore[arg-type]
        cls: Any = owner
        return Attribute(class_reflection.module_name(cls), class_reflection.qualified_name(cls), name)
    return None


def _value(node: ast.expr, namespace: Mapping[str, Any]) -> object:
    if isinstance(node, ast.Name):
        return namespace.get(node.id)
    if isinstance(node, ast.Attribute):
        names = _names(_value(node.value, namespace))
        return names.get(node.attr) if names is not None else None
    return None


def _names(owner: object) -> Mapping[str, Any] | None:
    """The attributes of a module or class itself, past any code of its own."""
    if type(owner) is ModuleType:
        return globals_of(owner)
    if issubclass(type(owner), type):
        return class_reflection.namespace(owner)  # type: ignore[arg-type]
    return None


def _is_foreign(attribute: Attribute) -> bool:
    """Whether an attribute's value does not come from the library that it belongs to."""
    held: Any = attribute.held()
    if held is _MISSING:
        return False
    return _root_of(held) != attribute.module.partition(".")[0]


def _is_of_notebook(attribute: Attribute) -> bool:
    """Whether an attribute's value is a function or class that a cell has defined."""
    held = attribute.held()
    return held is not _MISSING and _root_of(held) == "__main__"


def _wrapped(held: Any) -> Any:
    """The function inside a method, a property or an accessor of pandas; any other value itself."""
    cls = type(held)
    if cls is staticmethod or cls is classmethod:
        return held.__func__
    return held.fget if cls is property else class_reflection.state_of(held).get("_accessor", held)


def _root_of(attribute: Any) -> str:
    """The top-level package that a value comes from."""
    held = _wrapped(attribute)
    cls = type(held)
    if cls is FunctionType:
        return str(dict.get(held.__globals__, "__name__")).partition(".")[0]
    if issubclass(cls, type):
        return class_reflection.module_root(held)
    if cls is type(builtins.len):
        return str(held.__module__).partition(".")[0]
    return class_reflection.module_root(cls)

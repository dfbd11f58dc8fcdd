"""What modules export, read from their files and never imported; which modules are installed."""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from cellgraph.code.expression_names import function_name, is_name
from cellgraph.code.fast_ast import bound_name
from cellgraph.code.name_walk import Exports
from cellgraph.code.source import parsed

_DEEPEST = 6
_LARGEST = 3_000_000
_EXPORTS_OF_C: dict[str, str] = {
    "math": (
        "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf"
        " erfc exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose"
        " isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm"
        " pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp"
    ),
    "cmath": (
        "acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log"
        " log10 nan nanj phase pi polar rect sin sinh sqrt tan tanh tau"
    ),
    "time": (
        "altzone asctime clock_getres clock_gettime clock_settime ctime daylight get_clock_info"
        " gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns process_time"
        " process_time_ns sleep strftime strptime struct_time thread_time time time_ns timezone"
        " tzname tzset"
    ),
    "itertools": (
        "accumulate batched chain combinations combinations_with_replacement compress count cycle"
        " dropwhile filterfalse groupby islice pairwise permutations product repeat starmap"
        " takewhile tee zip_longest"
    ),
}


@lru_cache(maxsize=1024)
def module_file(name: str, folder: str) -> str | None:
    """The file of a module, beside the notebook or installed.

    ``.py``, a package's ``__init__.py``, or a library of C; None if there is none.
    """
    return _below(folder or ".", name.split(".")) or _installed_file(name)


@lru_cache(maxsize=1024)
def _installed_file(name: str) -> str | None:
    parts = name.split(".")
    return next((found for place in sys.path if place and (found := _below(place, parts))), None)


def _below(place: str, parts: Sequence[str]) -> str | None:
    if not parts[0] or parts[0] not in _entries(place):
        return None
    stem = os.path.join(place, *parts)  # noqa: PTH118 - of all folders of the path, a fifth of the time
    for candidate in (os.path.join(stem, "__init__.py"), stem + ".py"):  # noqa: PTH118 - as above
        if os.path.isfile(candidate):  # noqa: PTH113 - as above
            return candidate
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        if os.path.isfile(stem + suffix):  # noqa: PTH113 - as above
            return stem + suffix
    return stem if os.path.isdir(stem) and _listed(stem) else None  # noqa: PTH112 - as above


@lru_cache(maxsize=256)
def _entries(folder: str) -> frozenset[str]:
    """What the entries of a folder are called up to the first dot: no other module can be there."""
    try:
        return frozenset(name.partition(".")[0] for name in os.listdir(folder))  # noqa: PTH208 - names are enough
    except OSError:
        return frozenset()


@lru_cache(maxsize=256)
def _listed(folder: str) -> bool:
    """Whether a folder without ``__init__.py`` holds modules: a namespace package."""
    try:
        return any(name.endswith((".py", ".so", ".pyd")) or "." not in name for name in os.listdir(folder))  # noqa: PTH208 - names are enough
    except OSError:
        return False


def exports(module: str, level: int, folder: str) -> Exports | None:
    """What ``from module import *`` binds in a notebook of a folder; None if the module cannot be read."""
    if level:
        return None
    return _exports(module, folder, 0)


@lru_cache(maxsize=512)
def _exports(module: str, folder: str, depth: int) -> Exports | None:
    if module in _EXPORTS_OF_C:
        return Exports(frozenset(_EXPORTS_OF_C[module].split()), complete=True)
    if module == "pylab":
        module = "matplotlib.pylab"
    file = module_file(module, folder)
    if file is None or depth > _DEEPEST:
        return None
    if folder and file == _installed_file(module):
        return _exports(module, "", depth)  # the same for the notebooks of all folders
    found = _read(file, module, folder, depth) if file.endswith(".py") else None
    stub = Path(file).with_suffix(".pyi") if file.endswith(".py") else None
    if stub is not None and stub.is_file() and (found is None or not found.complete):
        declared = _read(str(stub), module, folder, depth)
        if declared is not None:
            found = Exports(declared.names | (found.names if found else frozenset()), complete=False)
    return found


def _read(file: str, module: str, folder: str, depth: int) -> Exports | None:
    tree = _tree(file)
    if tree is None:
        return None
    package = module if file.endswith(("__init__.py", "__init__.pyi")) else module.rpartition(".")[0]
    reader = _Reader(package, folder, depth)
    reader.block(tree.body)
    return reader.result()


def _tree(file: str) -> ast.Module | None:
    try:
        if Path(file).stat().st_size > _LARGEST:
            return None
        return parsed(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class _Reader:
    """Collects what a module's text binds at its top level, and its ``__all__``."""

    def __init__(self, package: str, folder: str, depth: int) -> None:
        self._package, self._folder, self._depth = package, folder, depth
        self.names: set[str] = set()
        self.listed: set[str] | None = None
        self.complete = True

    def result(self) -> Exports:
        public = {name for name in self.names if not name.startswith("_")}
        if self.listed is not None:
            # A list that is not spelled out may name anything that is there.
            return Exports(frozenset(self.listed if self.complete else self.listed | public), self.complete)
        return Exports(frozenset(public), self.complete)

    def block(self, body: Sequence[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:  # noqa: C901, PLR0912 - one case a kind
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.names.add(name)
                if name == "__getattr__":
                    self.complete = False
            case ast.Import(names=aliases):
                self.names |= {bound_name(alias) for alias in aliases}
            case ast.ImportFrom():
                self._import_from(node)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=value):
                self._assign(target, value)
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                self._extend(value)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr=method), args=[value])
            ):
                self._extend(value if method == "extend" else ast.List([value], ast.Load()))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="globals"))))):
                self.complete = False
            case _:
                self._compound(node)

    def _compound(self, node: ast.stmt) -> None:
        for field in ("body", "orelse", "finalbody"):
            self.block(getattr(node, field, ()))
        for handler in getattr(node, "handlers", ()):
            self.block(handler.body)
        for part in ast.walk(node) if isinstance(node, ast.For | ast.With | ast.Expr) else ():
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.names.add(part.id)
            elif function_name(part) in ("globals", "exec", "locals", "vars"):
                self.complete = False

    def _import_from(self, node: ast.ImportFrom) -> None:
        if node.names[0].name != "*":
            self.names |= {alias.asname or alias.name for alias in node.names}
            if node.level == 1 and not node.module and self._package:
                return
            if node.level == 1 and node.module:
                self.names.add(node.module.split(".")[0])  # importing a submodule makes it an attribute
            return
        module = _absolute(node, self._package)
        if node.level == 1 and node.module:
            self.names.add(node.module.split(".")[0])
        found = _exports(module, self._folder, self._depth + 1)
        if found is None:
            self.complete = False
            return
        self.names |= found.names
        self.complete = self.complete and found.complete

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if is_name(target, "__all__"):
            if value is not None:
                self.listed = set()
                self._extend(value)
            return
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.names.add(part.id)
            elif isinstance(part, ast.Call):
                self.complete = False

    def _extend(self, value: ast.expr) -> None:
        if self.listed is None:
            self.listed = set()
        if isinstance(value, ast.BinOp):
            self._extend(value.left)
            self._extend(value.right)
            return
        words = [part.value for part in getattr(value, "elts", ()) if isinstance(part, ast.Constant)]
        if isinstance(value, ast.List | ast.Tuple) and len(words) == len(value.elts):
            self.listed |= {word for word in words if isinstance(word, str)}
        else:
            self.complete = False


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def script_names(path: str, folder: str) -> frozenset[str]:
    """The names that a script beside the notebook binds at its top level; none if it cannot be read."""
    tree = _tree(str(Path(folder or ".") / path)) if path.endswith(".py") else None
    if tree is None:
        return frozenset()
    reader = _Reader("", folder, 0)
    reader.block(tree.body)
    return frozenset(reader.names)


def imported_modules(tree: ast.AST) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """The modules that a text imports by absolute names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module, node

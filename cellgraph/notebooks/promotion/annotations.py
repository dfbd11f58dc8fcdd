"""Types that a run showed, as the module writes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cellgraph.code.source import parsed

_DOTTED = re.compile(r"[\w.<>]+")
_BUILTINS = frozenset(
    "int float str bool bytes complex list dict set frozenset tuple object type range None".split()
)
_OTHERS = {
    "function": "Callable[..., Any]",
    "builtin_function_or_method": "Callable[..., Any]",
    "method": "Callable[..., Any]",
    "numpy.ufunc": "Callable[..., Any]",
    "functools.partial": "Callable[..., Any]",
    "generator": "Iterator[Any]",
    "map": "Iterator[Any]",
    "filter": "Iterator[Any]",
    "zip": "Iterator[Any]",
    "enumerate": "Iterator[Any]",
    "module": "Any",
    "dict_keys": "Any",
    "Any": "Any",
    "...": "...",
}
_FAMILY = {"numpy.int64": "int", "numpy.float64": "float", "numpy.bool": "bool", "numpy.bool_": "bool"}
"""Scalars of numpy that are told as the Python type that people think of: module code may use either."""


@dataclass
class Annotations:
    """Writes types. ``imports`` are those of the module, ``own`` its classes, ``taken`` all other names."""

    imports: Collection[str]
    own: Collection[str]
    taken: Collection[str]
    added: dict[str, str] = field(default_factory=dict)
    """Imports that annotations need besides: text → the name that it binds."""

    def of(self, type_text: str) -> str:
        """The annotation for a type as ``observed.type_text`` tells it."""
        if not type_text:
            return self._any()
        made = _DOTTED.sub(lambda match: self._word(match[0]), type_text)
        good = parsed(made) is not None and "<" not in made and "Any[" not in made
        if not good and type_text.startswith("numpy.ndarray"):
            return self._class("numpy.ndarray")
        return made if good else self._any()

    def _any(self) -> str:
        self._typing("Any")
        return "Any"

    def _word(self, word: str) -> str:
        if word in _FAMILY:
            return self._word("Any")
        if word in _BUILTINS or word == "...":
            return word if word not in self.taken else self._any()
        if word in _OTHERS:
            found = _OTHERS[word]
            for name in ("Callable", "Iterator"):
                if name in found:
                    self._typing(name, "collections.abc")
            if "Any" in found:
                self._typing("Any")
            return found
        return self._class(word)

    def _class(self, word: str) -> str:
        module, _, name = word.rpartition(".")
        if (
            not module
            or "<" in word
            or any(part.startswith("_") for part in module.split(".") if part != "__main__")
        ):
            return self._any()
        if module == "__main__":
            return name if name in self.own else self._any()
        known = _bindings(self.imports)
        spelt = _spelt(word, known)
        if spelt or name in self.taken or name in known:
            return spelt or self._any()
        self.added[f"from {module} import {name}"] = name
        return name

    def _typing(self, name: str, module: str = "typing") -> None:
        if name not in self.taken:
            self.added[f"from {module} import {name}"] = name


def _spelt(word: str, known: Mapping[str, str]) -> str:
    """How a module with some imports writes a class; empty if it has not imported it."""
    module, _, name = word.rpartition(".")
    for bound, full in known.items():
        if full == word:
            return bound
        if full == module:
            return f"{bound}.{name}"
        if bound == name == full.rpartition(".")[2] and full.split(".")[0] == module.split(".")[0]:
            return bound  # a library's class under another of its modules
    return ""


def _bindings(imports: Collection[str]) -> Mapping[str, str]:
    """The names that imports bind, and what each stands for in full."""
    import ast

    found: dict[str, str] = {}
    for text in imports:
        tree = parsed(text)
        for node in tree.body if tree is not None else ():
            if isinstance(node, ast.Import):
                found |= {a.asname or a.name: a.name for a in node.names if a.asname or "." not in a.name}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found

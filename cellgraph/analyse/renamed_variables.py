"""Cells in which variables were renamed: a text that differs from what ran in names alone.

Such a text makes what the run made, under the new names.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from cellgraph.code.fast_ast import syntax_text
from cellgraph.code.source import parsed
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import Read, Run, Write
from cellgraph.names import Name
from cellgraph.patterns import Pattern

_WORD = Pattern(r"\w+")
_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SPELT = ("name", "arg", "asname", "rest", "names")
"""Fields of syntax nodes that hold identifiers and are no ``ast.Name``."""
_NONE: Mapping[str, str] = MappingProxyType({})


class Renamed(NamedTuple):
    """A run under other names of variables, and the names of those that it makes and that are left out."""

    run: Run
    left_out: frozenset[str]


def renamed_run(run: Run, text: str, sharing: Collection[str]) -> Renamed | None:
    """The run with the names of variables that a text has in place of its own.

    None if the texts differ in anything else. ``sharing`` are the names that share objects with others: what
    is known of these goes by their names. So what it makes under another name of that kind is left out.
    """
    names = _new_names(run.source, text) if run.outcome == "ok" else _NONE
    shared = names.keys() & set(sharing)
    changed = (write.name for write in run.writes if write.kind != "bind")
    if not names or not shared.isdisjoint({read.name for read in run.reads}.union(changed)):
        return None
    moved = replace(
        run,
        source=text,
        reads=tuple(_read(read, names) for read in run.reads),
        untouched=tuple(_read(read, names) for read in run.untouched),
        writes=tuple(_write(write, names) for write in run.writes if _is_kept(write, shared)),
        unbound=tuple(_renamed(run.unbound, names)),
    )
    return Renamed(moved, frozenset(names[name] for name in shared))


def _is_kept(write: Write, shared: Collection[str]) -> bool:
    return not write.name.refers_to_result and write.name not in shared


def _renamed(found: Iterable[str], names: Mapping[str, str]) -> Iterator[str]:
    return (names.get(name, name) for name in found)


def _read(read: Read, names: Mapping[str, str]) -> Read:
    return replace(read, name=Name(names[read.name])) if read.name in names else read


def _write(write: Write, names: Mapping[str, str]) -> Write:
    return replace(
        write,
        name=Name(names[write.name]) if write.name in names else write.name,
        sources=None if write.sources is None else tuple(_renamed(write.sources, names)),
        path_sources=tuple((path, tuple(_renamed(found, names))) for path, found in write.path_sources),
    )


@lru_cache(maxsize=128)
def _new_names(old: str, new: str) -> Mapping[str, str]:
    """The variables of one text that have other names in another; empty if more is different than that.

    A name that functions, classes or texts in quotes mention counts as more: it is part of what they are.
    """
    before, after = parsed(old), parsed(new)
    if before is None or after is None:
        return _NONE
    pairs = {*zip(map(_id, _variables(before)), map(_id, _variables(after)), strict=False)}
    names = dict(pairs)
    changed = {name: other for name, other in names.items() if name != other}
    if not changed or len({*names.values()}) < len(pairs) or len(names) < len(pairs):
        return _NONE  # nothing is renamed, or not everywhere alike
    if not {*changed, *changed.values()}.isdisjoint(_spelt_otherwise(before)):
        return _NONE
    return changed if _with_names(old, changed) == syntax_text(after) else _NONE


def _variables(tree: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Name))


def _id(node: ast.Name) -> str:
    return node.id


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """A text with other names of variables, as it is compared."""
    tree = ast.parse(text)
    for node in _variables(tree):
        node.id = names.get(node.id, node.id)
    return syntax_text(tree)


def _spelt_otherwise(tree: ast.AST) -> set[str]:
    """The words of a text that are no plain variables: in definitions, imports and quotes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, _DEFINING):
            found.update(map(_id, _variables(node)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(_WORD.findall(node.value))
        for field in _SPELT:
            value = getattr(node, field, None)
            words = value if isinstance(value, list) else [value]
            found.update(word for word in words if isinstance(word, str))
    return found

"""The accesses of one run as they happen: loads from outside, stores, deletions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from string import Template
from types import CodeType, FunctionType, ModuleType
from typing import Any

from cellgraph.code.bytecode import CLONING, DELETE, LOAD, MAYBE, STAR, STORE, Access, is_function, strings
from cellgraph.code.part_paths import FITTING, PARAMETERS, item_path
from cellgraph.code.source import words_of_expression
from cellgraph.code.sql_statements import BUILDING, IN_HELPERS, OF_DUCKDB, Effect, effect_of_words
from cellgraph.code.string_names import (
    KEEPS_TO_ITSELF,
    LOOKUPS,
    NAMESPACE_WORDS,
    OWN_NAMES,
    TAKE_FORMULAS,
    formula_names,
    keys_in,
    names_spelt,
    string_names,
)
from cellgraph.light_namedtuple import NamedTuple
from cellgraph.model import containing, first_step
from cellgraph.names import is_result_variable
from cellgraph.trace.namespace import is_machinery

Position = tuple[int, int]


class CodePlace(NamedTuple):
    """Where a function stands in a text: the file, the first line, its name; and its instructions."""

    path: str
    line: int
    name: str
    instructions: bytes


class _Words(NamedTuple):
    """The words of a code object that has run. ``asks_main``: it names the module of the notebook."""

    names: tuple[str, ...]
    strings: frozenset[str]
    is_function: bool
    asks_main: bool


class Accesses:
    """Collects the accesses of one run in the order in which they happen.

    A name counts as read only if its value came from outside, that is, before the run itself bound it, by an
    instruction or otherwise (the identity in ``before`` tells). ``rebound`` are names that the run binds
    without an instruction to the object that they held before.
    """

    def __init__(
        self, namespace: Mapping[str, Any], before: Mapping[str, int], rebound: Collection[str] = ()
    ) -> None:
        self._namespace = namespace
        self._before = before
        self._rebound = rebound
        self.reads: dict[str, set[tuple[str, bool]]] = {}
        """Outside names, in order of first load, with the (path, into) of each place."""
        self._filled: set[tuple[str, str]] = set()
        self.deferred: dict[str, set[Position | None]] = {}
        """Names that were loaded inside functions, not by the cell's own statements, and by which of these.

        A statement is told by the place in the cell's text that was being carried out, as (line, column).
        """
        self._fitted: set[str] = set()
        """Names of estimators that the run fitted before it did anything else with them."""
        self.results: set[tuple[str, str]] = set()
        """``_``, ``_3`` and ``Out`` with the path taken: reads of other cells' results."""
        self.stored: dict[str, int] = {}
        """Names bound, with the number of outside names that had been read by then."""
        self.deleted: set[str] = set()
        self.unclear: set[str] = set()
        """Names in code that is not understood: each may have been loaded, bound or deleted."""
        self.asked_system = False
        """Whether something that ran asked the operating system for random numbers."""
        self.caught_interrupt = False
        """Whether code that ran had to do with a KeyboardInterrupt, which it may have caught."""
        self._ran: list[_Words] = []
        self.functions: list[CodePlace] = []
        """Where the functions and lambdas that ran stand in the text that they were compiled from."""

    def run(self, code: CodeType) -> None:
        """Note code that starts to run. Only its words are kept: it is freed as it would have been."""
        spelt = strings(code)
        inside = is_function(code)
        self._ran.append(_Words(code.co_names, spelt, inside, "__main__" in code.co_consts))
        if inside:
            place = CodePlace(code.co_filename, code.co_firstlineno, code.co_name, code.co_code)
            self.functions.append(place)

    def key_strings(self) -> frozenset[str]:
        """Names in strings by which code that ran may have looked a variable up.

        The text need not stand where it is used: it may be a variable's, or another function's.
        """
        ran = [code for code in self._ran[:] if code.asks_main or not _LOOKING_UP.isdisjoint(code.names)]
        if not ran:
            return frozenset()
        found = {name for code in ran for name in _key_strings(code)}
        attributes = {name for code in ran if _takes_from_main(code) for name in code.names}
        found |= (attributes & self._before.keys()) - self.reads.keys()
        asking = [code for code in ran if not LOOKUPS.isdisjoint(code.names)]
        spelt = bool(asking) and not self._asks_databases_alone()
        if spelt:
            found.update(name for code in asking for name in string_names(code.strings))
        keyed = [code for code in ran if not _BY_KEY.isdisjoint(code.names)]
        if spelt or keyed:
            held, texts = self._held_texts(), self._texts()
            wide = {name for name in names_spelt(texts) if spelt}
            wide.update(name for text in held for name in keys_in(text) if keyed)
            wide.update(text for text in texts if any(code.is_function for code in keyed))
            if any("eval" in code.names for code in ran):
                wide.update(name for text in held for name in words_of_expression(text))
            found |= wide & self._before.keys()
        return frozenset(found)

    def _asks_databases_alone(self) -> bool:
        """Whether the run gives SQL to databases that see no variables, and to nothing else."""
        words = {word for code in self._ran[:] for word in code.names if word in LOOKUPS}
        if words != {"execute"}:
            return False
        asked = {*self.reads, *self.stored}  # a cell that makes the connection reads no variable for it
        kinds = {type(self._namespace.get(name)).__name__ for name in asked}
        return not kinds.isdisjoint(KEEPS_TO_ITSELF) and kinds.isdisjoint(_SEE_VARIABLES)

    def formula_names(self) -> frozenset[str]:
        """Words of formulas that functions gave to models, or that stand in variables."""
        ran = self._ran[:]
        if all(map(TAKE_FORMULAS.isdisjoint, (code.names for code in ran))):
            return frozenset()
        inside = {text for code in ran if code.is_function for text in code.strings}
        return frozenset(name for text in inside | self._held_texts() for name in formula_names(text))

    def _texts(self) -> set[str]:
        """The strings in the code that ran, and in the variables that it read."""
        return {text for code in self._ran[:] for text in code.strings} | self._held_texts()

    def _held_texts(self) -> set[str]:
        found: set[str] = set()
        for name in list(self.reads):
            held: Any = self._namespace.get(name)
            if type(held) is str:
                found.add(held)
            elif type(held) is Template:
                found.add(held.template)
            elif type(held) in (list, tuple, dict) and len(held) <= _MOST_TEXTS:
                parts = [*held, *held.values()] if type(held) is dict else list(held)
                found.update(part for part in parts if type(part) is str)
        return {text for text in found if len(text) <= _LONGEST_TEXT}

    def note(self, access: Access, inside_function: bool, place: Callable[[], Position | None]) -> bool:
        """Add one access, at the moment before its instruction is executed.

        ``place`` is called for the position of the run in the cell's text. Returns whether it was called,
        which is so if a function has loaded a name of interest.
        """
        if access.kind == STORE:
            self.stored[access.name] = len(self.reads)
            self.deleted.discard(access.name)
        elif access.kind == DELETE:
            self._delete(access.name)
        elif access.kind in (LOAD, MAYBE):
            if access.kind == MAYBE:
                self._touch(access.name)
            else:
                self._load(access)
            if inside_function and (access.name in self.reads or access.name in self.stored):
                self.deferred.setdefault(access.name, set()).add(place())
                return True
        elif access.kind == STAR:
            for name in public_names(access.name):
                self.stored[name] = len(self.reads)
        return False

    def read(self, name: str, path: str = "", store_only: bool = False) -> None:
        """Note that ``name`` was read from outside, unless the run has bound it before."""
        if path == PARAMETERS and not CLONING.isdisjoint(self._namespace) and self._has_own_way():
            path = ""
        if name in self.stored or name in self.deleted or name in self._rebound:
            return
        if is_result_variable(name) and name not in self._before:
            self.results.add((name, first_step(path)))
        elif (name in self._before or not is_machinery(name)) and self._is_outside(name):
            if path in FITTING and name not in self.reads and _starts_afresh(self._namespace.get(name)):
                self._fitted.add(name)
            elif name in self._fitted:
                return
            self.reads.setdefault(name, set()).add((path, store_only))

    def effect_on_databases(self) -> Effect:
        """What functions that ran may have done to a database. What the cell itself does its text tells."""
        ran = self._ran[:]
        asked = IN_HELPERS if "duckdb" in sys.modules else IN_HELPERS - OF_DUCKDB
        if not any(code.is_function and not asked.isdisjoint(code.names) for code in ran):
            return ""
        held = (self._namespace.get(name) for name in self.reads)
        texts = {text for code in ran for text in code.strings} | {text for text in held if type(text) is str}
        words = {name for code in ran if code.is_function for name in code.names}
        return effect_of_words(words & asked | words & BUILDING, texts)

    def look_up(self, name: str) -> None:
        """Note that a library looked ``name`` up, at a place that is not known."""
        self.read(name)
        if name in self.reads:
            self.deferred.setdefault(name, set()).add(None)

    def _has_own_way(self) -> bool:
        """Whether a function of the user's has the name of one that fits copies."""
        held = [self._namespace.get(name) for name in CLONING]
        return any(type(found) is FunctionType and found.__module__ == "__main__" for found in held)

    def _load(self, access: Access) -> None:
        for path in (access.path, *access.also):
            if not access.store_only and self._has_filled(access.name, path):
                continue  # the run takes what it stored itself
            self.read(access.name, path, access.store_only)
            if access.store_only and path:
                self._filled.add((access.name, path))

    def _touch(self, name: str) -> None:
        self.unclear.add(name)
        if name in self._namespace:  # the others are attributes, or bound by what comes
            self.read(name)

    def _has_filled(self, name: str, path: str) -> bool:
        if not self._filled:
            return False
        path = with_column_as_item(path, self._namespace.get(name))
        return any((name, part) in self._filled for part in (path, *containing(path)))

    def _delete(self, name: str) -> None:
        self.read(name, store_only=True)  # its presence counts, not its value
        self.stored.pop(name, None)
        self.deleted.add(name)

    def _is_outside(self, name: str) -> bool:
        """Whether a value came from outside. False for one that this run stored without an instruction."""
        before = self._before.get(name)
        held = self._namespace.get(name, self)  # one look: a thread may delete the name meanwhile
        if held is self:
            return before is None
        return before is not None and before == id(held)


def _starts_afresh(value: object) -> bool:
    from cellgraph.digest.estimators import starts_afresh  # loaded since a value from outside was digested

    return starts_afresh(value)


def with_column_as_item(path: str, value: object) -> str:
    """The path ``["price"].sum`` for ``.price.sum`` where ``value`` is a pandas frame: it may be a column.

    Any other path is returned as it is, and so is one that begins with an attribute of frames themselves.
    """
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None) if path[:1] == "." else None
    if frame is None:
        return path
    from cellgraph.digest.class_reflection import has_member, mro  # loaded with the first frame

    if not any(cls is frame for cls in mro(type(value))):
        return path
    first = first_step(path)
    if has_member(type(value), first[1:]):
        return path
    return item_path(first[1:]) + path[len(first) :]


def public_names(module: str) -> list[str]:
    """The names that ``from module import *`` binds. Empty if the module is not loaded."""
    found = sys.modules.get(module)
    if type(found) is not ModuleType:
        return []
    members = found.__dict__
    listed = members.get("__all__")
    if type(listed) is list or type(listed) is tuple:
        return [name for name in listed if type(name) is str]
    return [name for name in list(members) if not name.startswith("_")]


_BY_KEY = frozenset({"globals", "user_ns", "f_globals"})
"""Words of a function that looks variables up by keys that it is given."""
_SEE_VARIABLES = frozenset({"DuckDBPyConnection"})
"""Types of databases whose SQL takes the variables of the notebook for tables."""
_LOOKING_UP = _BY_KEY | LOOKUPS | NAMESPACE_WORDS | {"__main__", "eval"}
"""Words without which no code looks a variable up by a text."""
_MOST_TEXTS, _LONGEST_TEXT = 200, 20_000
"""How large a collection of texts, and how long a text, is searched for names."""


def _takes_from_main(code: _Words) -> bool:
    """Whether a function may take variables as attributes of the notebook's module."""
    return code.is_function and (code.asks_main or "__main__" in code.names)


def _key_strings(code: _Words) -> set[str]:
    """The names in the strings of ``code`` by which it may look variables up in a namespace."""
    words = NAMESPACE_WORDS - OWN_NAMES if code.is_function else NAMESPACE_WORDS
    if words.isdisjoint(code.names) and not code.asks_main:
        return set()
    return {name for text in code.strings for name in keys_in(text)}

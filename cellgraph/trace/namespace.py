"""The user's names: which keys of the namespace are theirs, and the id of each value.

This is looked at twice a cell, so a notebook of 20,000 variables must not pay for each of them: what is
compared is the memory of the dict, and what follows from a difference costs as much as the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice
from types import FunctionType
from typing import Any

from cellgraph.names import is_result_variable
from cellgraph.trace.dict_memory import Entries, entry_reader, keys_and_values

_MACHINERY = frozenset({"In", "Out", "exit", "quit", "get_ipython", "_ih", "_oh", "_dh", "_exit_code"})
_MACHINERY_PATTERN = re.compile(r"_i\d*$|_ii$|_iii$|_{1,3}$|_\d+$|(?<!\w)__\w*__$|__vsc_ipynb_file__$")


@lru_cache(maxsize=256)
def is_machinery(name: str) -> bool:
    """Whether IPython or Python itself keeps this name, so that it is none of the user's variables."""
    if name in _MACHINERY:
        return True
    return name[:1] == "_" and _MACHINERY_PATTERN.match(name) is not None


class Bindings(Mapping[str, int]):
    """The id of the value of each of the user's names at one moment.

    All moments share one dict, which is that of the latest. An earlier one knows what was different then, and
    which moment came next.
    """

    __slots__ = ("former", "later", "names")

    def __init__(self, names: dict[str, int]) -> None:
        self.names = names
        self.former: Mapping[str, int | None] = {}
        """The ids of the names that are different in the next moment; None for a name that was not there."""
        self.later: Bindings | None = None

    def followed_by(self, former: Mapping[str, int | None]) -> Bindings:
        """The next moment. The shared dict is that of the next moment already."""
        self.former, self.later = former, Bindings(self.names)
        return self.later

    def __getitem__(self, name: str) -> int:
        found = self._at(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """The id of the name's value."""
        found = self._at(name) if self.later is not None else self.names.get(name)
        return default if found is None else found

    def __contains__(self, name: object) -> bool:
        return self._at(name) is not None if self.later is not None else name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_dict())

    def __len__(self) -> int:
        return len(self._as_dict())

    def _moments(self, until: Bindings | None = None) -> Iterator[Bindings]:
        """This moment and the later ones that are not the latest, or before ``until``."""
        moment = self
        while moment.later is not None and moment is not until:
            yield moment
            moment = moment.later

    def _at(self, name: object) -> int | None:
        moment = self  # written out, as it is asked for each name of each run
        while moment.later is not None:
            if name in moment.former:
                return moment.former[name]  # type: ignore[index]
            moment = moment.later
        return self.names.get(name)  # type: ignore[call-overload, no-any-return]

    def _as_dict(self) -> Mapping[str, int]:
        if self.later is None:
            return self.names
        names: dict[str, int | None] = {**self.names}
        for moment in reversed(list(self._moments())):
            names.update(moment.former)
        return {name: identity for name, identity in names.items() if identity is not None}

    def changed_until(self, later: Bindings) -> set[str] | None:
        """The names that may differ between this moment and a later one. None if that is not a later one."""
        if self.later is later:
            return {*self.former}
        moments = list(self._moments(later))
        last = moments[-1].later if moments else self
        return {name for moment in moments for name in moment.former} if last is later else None


def bound_since(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """The names that hold another object than before, or did not exist."""
    return {name for name in may_differ(before, after) if after.get(name) not in (None, before.get(name))}


def gone_since(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """The names that existed before and no longer do."""
    return {name for name in may_differ(before, after) if name in before and name not in after}


def may_differ(before: Mapping[str, int], after: Mapping[str, int]) -> AbstractSet[str]:
    """The names that hold another object than before, and some that may do."""
    if before is after:
        return frozenset()
    known = type(before) is Bindings and type(after) is Bindings
    found = before.changed_until(after) if known else None  # type: ignore[attr-defined]
    return {*before, *after} if found is None else found


class NameTable:
    """Finds the user's names, and what has become of them since the last look.

    ``_`` belongs to IPython until the user binds it; from then on it is the user's (``claim``), until it is
    deleted.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        held = namespace.copy().items()
        self._hidden = {name for name, value in held if type(name) is str and _is_shells(value)}
        self._claimed: set[str] = set()
        self._just_claimed: set[str] = set()
        """Names that are to be looked at again, whether they hold another object or not."""
        self._read = entry_reader(namespace)
        self._entries = Entries()
        self._keys: list[Any] = []
        """The keys at the last look, by the place of the entry. They are kept: no address is used again."""
        self._often: list[int] = []
        """The places that were different at the last look: those of ``_i`` and ``_ii`` always are."""
        self._names: dict[str, int] = {}
        self._latest = Bindings(self._names)

    def claim(self, names: Iterable[str]) -> None:
        """Treat names that look like IPython's as the user's, because the user has bound them."""
        for name in names:
            hidden = name in self._hidden or (is_machinery(name) and is_result_variable(name))
            if hidden and name not in self._claimed:
                self._claimed.add(name)
                self._just_claimed.add(name)

    def snapshot(self) -> Bindings:
        """The id of the value of each of the user's names.

        Returns the same object as the last time if no name was bound to another object.
        """
        entries = self._read()
        if entries == self._entries and not self._just_claimed:
            return self._latest
        changed = None if self._just_claimed else self._changed(entries)
        if changed is None:
            entries, changed = self._all_entries()
        self._entries = entries
        return self._take_in(changed.items())

    def _changed(self, entries: Entries) -> dict[str, int | None] | None:
        """The ids of the values that are others than at the last look, by their keys; None for a deleted key.

        None if this cannot be told from the memory alone, as after the dict was laid out anew.
        """
        known = self._entries
        (before, _), (now, values), keys = known.sides(), entries.sides(), self._keys
        if known.words != entries.words or len(before) > len(now):
            return None
        changed: dict[str, int | None] = {}
        self._often = known.differing(entries, self._often)
        for place in self._often:
            key = now[place]
            if key and key != before[place]:
                return None
            if before[place] and type(keys[place]) is str:
                changed[keys[place]] = values[place] or None
            if not key:
                keys[place] = None
        return self._added(now[len(before) :], values[len(before) :], changed)

    def _added(
        self, keys: memoryview, values: memoryview, changed: dict[str, int | None]
    ) -> dict[str, int | None] | None:
        """The same with new entries, of which these are the keys and values; None if they cannot be told."""
        there = [key for key in keys if key]
        try:
            new = list(islice(reversed(self._namespace), len(there)))[::-1]
        except RuntimeError:  # the size has changed
            return None
        if [*map(id, new)] != there:
            return None  # a thread has come in between
        placed = _placed(keys, new)
        changed.update([(name, held) for name, held in zip(placed, values, strict=True) if type(name) is str])
        self._keys += placed
        return changed

    def _all_entries(self) -> tuple[Entries, dict[str, int | None]]:
        keys, values = keys_and_values(self._namespace)
        self._just_claimed.clear()
        # Nothing is made for each of the names: in a long session nearly all of them are the shell's.
        names = self._names
        there = {key for key in keys if type(key) is str and key in names}
        changed: dict[str, int | None] = dict.fromkeys(names.keys() - there)
        changed.update(
            (key, id(value))
            for key, value in zip(keys, values, strict=True)
            if type(key) is str and (key in names or not self._is_machinery(key))
        )
        entries = self._read()
        addresses = zip(map(id, keys), map(id, values), strict=True)
        if entries.pairs() != [*addresses]:
            entries = Entries()  # a thread has come in between
        self._keys, self._often = _placed(entries.sides()[0], keys), []
        return entries, changed

    def _take_in(self, changed: Iterable[tuple[str, int | None]]) -> Bindings:
        """Take in the ids of values; None for a name that is gone."""
        names, former = self._names, dict[str, int | None]()
        for name, identity in changed:
            before = names.get(name)
            if before == identity or (
                before is None
                and name not in self._claimed  # as in ``_is_machinery``, without a call
                and (name in self._hidden or is_machinery(name))
            ):
                continue
            former.setdefault(name, before)
            if identity is not None:
                names[name] = identity
            else:
                del names[name]
                self._claimed.discard(name)
        if former:
            self._latest = self._latest.followed_by(former)
        return self._latest

    def _is_machinery(self, name: str) -> bool:
        return name not in self._claimed and (name in self._hidden or is_machinery(name))


def _placed(addresses: memoryview, keys: Iterable[Any]) -> list[Any]:
    """The keys with None where an entry was deleted, whose key has no address."""
    left = iter(keys)
    return [next(left) if address else None for address in addresses]


def _is_shells(value: object) -> bool:
    """Whether IPython itself has put the value there: an ``open`` of its own."""
    own = "IPython.core.interactiveshell"
    return type(value) is FunctionType and value.__globals__.get("__name__") == own

"""The user's names: which keys of the namespace are theirs, and the id of each value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from operator import itemgetter
from types import FunctionType
from typing import Any

from cellgraph.names import is_result_variable

_MACHINERY = frozenset({"In", "Out", "exit", "quit", "get_ipython", "_ih", "_oh", "_dh", "_exit_code"})
_MACHINERY_PATTERN = re.compile(r"_i\d*$|_ii$|_iii$|_{1,3}$|_\d+$|__\w*__$|__vsc_ipynb_file__$")


def is_machinery(name: str) -> bool:
    """Whether IPython or Python itself keeps this name, so that it is none of the user's variables."""
    if name in _MACHINERY:
        return True
    return name[:1] == "_" and _MACHINERY_PATTERN.match(name) is not None


class NameTable:
    """Finds the user's names without iterating over the thousands that IPython adds (``_i1`` …).

    ``_`` belongs to IPython until the user binds it; from then on it is the user's (``claim``).
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._keys: set[str] = set()
        self._newest: str | None = None
        self._names: dict[str, None] = {}
        self._claimed: set[str] = set()
        self._hidden = {name for name, value in namespace.items() if _is_shells(value)}
        self._getter: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None = None
        self._last: Mapping[str, int] = {}
        self._last_identities: list[int] | None = None

    def claim(self, names: Iterable[str]) -> None:
        """Treat names that look like IPython's as the user's, because the user has bound them."""
        for name in names:
            hidden = name in self._hidden or (is_machinery(name) and is_result_variable(name))
            if hidden and name not in self._claimed:
                self._claimed.add(name)
                self._names[name] = None
                self._renew()

    def snapshot(self) -> Mapping[str, int]:
        """The id of the value of each of the user's names.

        Returns the same object as the last time if no name was bound to another object.
        """
        self._find_new()
        try:
            identities = self._identities()
        except KeyError:
            self._drop_gone()
            identities = self._identities()
        if identities != self._last_identities:
            self._last_identities = identities
            self._last = dict(zip(self._names, identities, strict=True))
        return self._last

    def _identities(self) -> list[int]:
        # This runs twice a cell for every variable, so one call in C looks all of them up.
        if len(self._names) < 2:  # itemgetter returns no tuple for a single name
            return [id(self._namespace[name]) for name in self._names]
        if self._getter is None:
            self._getter = itemgetter(*self._names)
        return list(map(id, self._getter(self._namespace)))

    def _renew(self) -> None:
        """Build the table again, because the set of names has changed."""
        self._getter = None
        self._last_identities = None

    def _find_new(self) -> None:
        # New keys stand at the end of a dict, behind the one that was the newest. Where they do not,
        # keys were deleted, or deleted and bound again, and everything is looked at once.
        count = len(self._namespace) - len(self._keys)
        recent = list(islice(reversed(self._namespace), max(count, 0) + 1))
        fresh, before = recent[: max(count, 0)], recent[count:] if count >= 0 else []
        in_place = bool(before) and before[0] is self._newest and self._keys.isdisjoint(fresh)
        self._add(fresh if in_place else self._rescan())
        self._newest = recent[0] if recent else None

    def _rescan(self) -> list[str]:
        present = set(self._namespace)
        fresh = [key for key in self._namespace if key not in self._keys]
        self._keys &= present
        return fresh

    def _add(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._keys.add(key)
            if type(key) is str and (key in self._claimed or not self._is_machinery(key)):
                self._names[key] = None
                self._renew()

    def _is_machinery(self, name: str) -> bool:
        return name in self._hidden or is_machinery(name)

    def _drop_gone(self) -> None:
        for name in [name for name in self._names if name not in self._namespace]:
            del self._names[name]
            self._renew()
            self._keys.discard(name)
            self._claimed.discard(name)
        self._find_new()


def _is_shells(value: object) -> bool:
    """Whether IPython itself has put the value there: an ``open`` of its own."""
    own = "IPython.core.interactiveshell"
    return type(value) is FunctionType and value.__globals__.get("__name__") == own

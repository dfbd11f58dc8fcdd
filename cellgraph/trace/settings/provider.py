"""What a setting is made of, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cellgraph.trace.settings.text_events import Event

Values = Mapping[str, str]
"""The text of each key's value. Equal texts stand for equal values."""
Keys = tuple[str, ...]
"""Keys that a text sets; empty where it sets some and does not say which."""
Setter = Callable[[Event], Keys]

ENTRY_POINTS = "cellgraph.settings"


def _no_defaults() -> Values | None:
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """One group of settings that is set and read together: ``matplotlib.rcParams``.

    ``module`` has to be loaded before anything is looked up. ``token`` is cheap and differs where a value may
    differ; ``values`` gives the texts of all values. ``defaults`` gives those of a process that has just loaded
    the module, None where only a look tells.

    The rest says how a text sets and reads it. A store into one of ``containers`` (``rcParams["x"] = …``) sets
    a key, a load reads one. ``setters`` are functions by the last word, or the last two, of the call. ``libraries``
    are those whose use depends on the setting: at any use, or where ``shown``, only in a cell that shows something.
    ``readers`` are words that read it whatever they belong to. ``noisy`` keys, or all where ``quiet``, change by
    themselves: they are set only where the text says so. ``adding`` are setters that build on what is there.
    """

    name: str
    module: str
    token: Callable[[], object]
    values: Callable[[], Values]
    defaults: Callable[[], Values | None] = _no_defaults
    containers: frozenset[str] = frozenset()
    setters: Mapping[str, Setter] = MappingProxyType({})
    adding: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()
    shown: bool = False
    quiet: bool = False
    noisy: frozenset[str] = frozenset()
    hint: str = ""
    """A word without which no text sets it: it is looked at only around such a text."""
    by_key: bool = False
    """Whether a use of the container that names no key reads nothing that matters to others."""


_registered: dict[str, Provider] = {}
_serial = 0


def register_setting(provider: Provider) -> Callable[[], None]:
    """Have cellgraph look after one more group of settings. Returns a function that takes it back."""
    global _serial  # noqa: PLW0603 - the one place where providers come and go
    _registered[provider.name] = provider
    _serial += 1

    def unregister() -> None:
        global _serial  # noqa: PLW0603 - as above
        if _registered.get(provider.name) is provider:
            del _registered[provider.name]
            _serial += 1

    return unregister


def registered() -> tuple[int, Iterable[Provider]]:
    """The providers that others have registered, and a number that grows when they change."""
    return _serial, _registered.values()

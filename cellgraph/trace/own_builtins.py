"""cellgraph's own references of the builtins: a cell may put anything in their place.

After ``builtins.len = lambda v: 42`` every function of the process that says ``len`` gets that, unless its
module has a ``len`` of its own. So cellgraph's modules get one, as they are loaded. That is for what runs in
the middle of a cell. Before and after a cell, cellgraph calls libraries too, and there the builtins are put
back for a moment.
"""

from __future__ import annotations

import builtins
import sys
from operator import is_
from types import ModuleType

_NAMES = (
    "__import__ BaseException Exception IndexError KeyError NotImplementedError OSError RecursionError"
    " RuntimeError StopIteration TypeError UnicodeError ValueError AttributeError ImportError"
    " KeyboardInterrupt SyntaxError Warning abs all any bool bytearray bytes callable chr classmethod"
    " compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr"
    " globals hasattr hash hex id int isinstance issubclass iter len list locals map max memoryview min"
    " next object open ord pow print property range repr reversed round set setattr slice sorted"
    " staticmethod str sum super tuple type vars zip"
).split()
_OWN = {name: getattr(builtins, name) for name in _NAMES}
_known = 0


def keep_own_builtins() -> None:
    """Give each module of cellgraph that has been loaded since its own references."""
    global _known  # noqa: PLW0603 - of the process, as its modules are
    if len(sys.modules) == _known:
        return
    _known = len(sys.modules)
    for name, module in list(sys.modules.items()):
        if (
            name.partition(".")[0] == "cellgraph"
            and type(module) is ModuleType
            and "__own__" not in module.__dict__
        ):
            names = module.__dict__
            names.update({own: held for own, held in _OWN.items() if own not in names}, __own__=True)


_HELD = tuple(_OWN.values())


class original_builtins:  # noqa: N801 - used like a function
    """In here the builtins are what they were when cellgraph was loaded, for the library code that it calls.

    What a cell has put in their place is there again afterwards.
    """

    __slots__ = ("_changed",)

    def __enter__(self) -> None:
        names = builtins.__dict__
        self._changed: dict[str, object] = {}
        if all(map(is_, map(names.get, _NAMES), _HELD)):
            return
        missing = object()
        now = {name: names.get(name, missing) for name in _NAMES}
        self._changed = {
            name: held for name, held in now.items() if held is not _OWN[name] and held is not missing
        }
        names.update({name: _OWN[name] for name in self._changed})

    def __exit__(self, *_: object) -> None:
        if self._changed:
            builtins.__dict__.update(self._changed)

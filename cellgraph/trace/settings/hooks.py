"""Lists to which cells add functions: IPython's events and transformers, finders of modules, callbacks of gc.

A function that a cell adds a second time stands there twice. IPython calls the functions of its events around
each cell, and its transformers for the text of each cell. So each cell that runs then depends on them.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.code.instructions import nested
from cellgraph.digest.class_reflection import made_by_user, short_name
from cellgraph.digest.code_origin import is_users
from cellgraph.trace.settings.ipython import present_shell
from cellgraph.trace.settings.libraries import some
from cellgraph.trace.settings.provider import Provider, Values
from cellgraph.trace.settings.provider import value_text as text
from cellgraph.trace.settings.values import times_there

HOOKS = "IPython.hooks"
"""The name of the setting that holds the functions which IPython calls for each cell."""
EVENTS = ("pre_", "post_")
"""Begin the keys of functions that are called before and after a cell."""
_MARK = "#"
"""Stands in a key between what a person calls the function and the hash of its code."""
_SHOWING = frozenset({"print", "display", "write", "publish", "clear_output", "run_cell", "system"})
"""What code uses that shows something below the cell, or runs other code."""
_DEEPEST = 3
"""Levels of calls in which a function is searched for these."""
_TRANSFORMING = ("ast_transformers", "input_transformers_post")
_OF_THE_MANAGER = ("cleanup_transforms", "line_transforms", "token_transformers")


def called(key: str) -> str:
    """What a person calls the function of a key."""
    return key.rpartition(_MARK)[0] or key


def _function(hook: Any) -> FunctionType | None:
    """The function behind a hook, if it is one in Python."""
    inner = hook.__func__ if type(hook) is MethodType else hook
    return inner if type(inner) is FunctionType else None


def _of_the_user(hooks: Iterable[Any]) -> Iterator[Any]:
    for hook in hooks:
        function = _function(hook)
        own = is_users(function.__globals__) if function is not None else made_by_user(_class(hook))
        if own:
            yield hook


def _class(hook: Any) -> type:
    return hook if issubclass(type(hook), type) else type(hook)


def _key(place: str, hook: Any) -> str:
    function = _function(hook)
    name = function.__name__ if function is not None else short_name(_class(hook))
    told = text(function if function is not None else hook)
    return f"{place} {name}{_MARK}{xxh3_64_hexdigest(told.encode('utf8', 'surrogatepass'))}"


def _counted(place: str, hooks: Iterable[Any]) -> Values:
    keys = [_key(place, hook) for hook in _of_the_user(hooks)]
    return {key: times_there(keys.count(key)) for key in keys}


# -- what IPython calls ------------------------------------------------------------------------------------


def _acts(function: FunctionType | None, depth: int = _DEEPEST) -> bool:
    """Whether a function may show something or change a variable; so where its code is not known."""
    if function is None:
        return True
    names = frozenset(name for code in nested(function.__code__) for name in code.co_names)
    if not depth or not names.isdisjoint(_SHOWING):
        return True
    held = [dict.get(function.__globals__, name) for name in names if name in function.__globals__]
    inner = [each for each in held if type(each) is FunctionType]
    modules = [each for each in held if type(each) is ModuleType]
    return len(inner) + len(modules) < len(held) or any(_acts(each, depth - 1) for each in inner)


def _events() -> Mapping[str, Collection[Any]]:
    """The functions of IPython's events, by event."""
    found = getattr(getattr(present_shell(), "events", None), "callbacks", None)
    return found if type(found) is dict else {}


def _transformers() -> Iterator[tuple[str, Collection[Any]]]:
    shell = present_shell()
    manager = getattr(shell, "input_transformer_manager", None)
    for owner, places in ((shell, _TRANSFORMING), (manager, _OF_THE_MANAGER)):
        for place in places:
            held = getattr(owner, place, None)
            yield place, held if isinstance(held, list) else ()


def _hooks() -> Values:
    found: dict[str, str] = {}
    for event, functions in _events().items():
        acting = [each for each in _of_the_user(functions) if _acts(_function(each))]
        found |= {_key(event, each): "registered" for each in acting}  # to register one again does nothing
    for place, functions in _transformers():
        found |= _counted(place, functions)
    return found


def _hooks_token() -> object:
    held = [id(each) for functions in _events().values() for each in functions]
    return (*held, *(id(each) for _, functions in _transformers() for each in functions))


# -- the providers -----------------------------------------------------------------------------------------

_ADDING = ("append", "insert", "extend", "remove", "clear")


def _list(name: str, place: str, held: list[Any], readers: frozenset[str] = frozenset()) -> Provider:
    return Provider(
        name,
        "sys",
        token=lambda: tuple(map(id, held)),
        values=lambda: _counted(place, held),
        containers=frozenset({name}),
        setters={f"{place}.{method}": some for method in _ADDING},
        building=frozenset(_ADDING),
        readers=readers,
        counted=True,
    )


LISTS_OF_FUNCTIONS: tuple[Provider, ...] = (
    Provider(
        HOOKS,
        "IPython",
        token=_hooks_token,
        values=_hooks,
        setters={"events.register": some, "events.unregister": some, "transformers": some},
        counted=True,
        names_key=lambda *_: True,
    ),
    _list("sys.meta_path", "meta_path", sys.meta_path),
    _list("sys.path_hooks", "path_hooks", sys.path_hooks),
    _list("gc.callbacks", "callbacks", gc.callbacks, frozenset({"collect"})),
)

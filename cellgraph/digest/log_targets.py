"""What logging writes into that variables hold: buffers in memory, and handlers of classes of the user's.

A cell that logs changes these without naming them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from cellgraph.digest import class_reflection


def log_targets(handlers: Any) -> Iterator[Any]:
    """The buffers that these handlers of a logger write to, and those of them that are of a user's class."""
    for handler in handlers if type(handlers) is list else ():
        if class_reflection.made_by_user(type(handler)):
            yield handler
        stream = _state(handler).get("stream")
        if type(stream) is io.StringIO:
            yield stream


def known_loggers() -> dict[str, Any]:
    """The loggers that ``logging.getLogger`` gives, by their names, without the root."""
    manager = class_reflection.namespace(sys.modules["logging"].Logger).get("manager")
    held = getattr(manager, "loggerDict", None)
    return held if type(held) is dict else {}


def logged_to(values: Iterable[object]) -> frozenset[int]:
    """The ids of what loggers write into, if one of these values is a logger or the module ``logging``.

    A logger is told by the identity of its class: to ask a class for its name may run the user's code.
    """
    logging: Any = sys.modules.get("logging")
    if logging is None:
        return frozenset()
    kinds = frozenset(map(id, (logging.Logger, logging.RootLogger, logging.LoggerAdapter)))
    if not any(each is logging or id(type(each)) in kinds for each in values):
        return frozenset()
    loggers = [class_reflection.namespace(logging.Logger).get("root"), *known_loggers().values()]
    return frozenset(id(target) for each in loggers for target in log_targets(_state(each).get("handlers")))


def _state(value: object) -> dict[str, Any]:
    getter = class_reflection.instance_dict_getter(type(value))
    return getter(value) if getter is not None else {}

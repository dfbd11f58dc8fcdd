"""Loading and unloading: ``%load_ext cellgraph``, and the same from Python."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import field
from typing import Any

from cellgraph.digest import user_digesters
from cellgraph.frontends.notebook_order import read_request
from cellgraph.light_dataclass import dataclass
from cellgraph.session import Tracker
from cellgraph.trace.settings import provider

_EVENTS = ("pre_run_cell", "post_run_cell")


@dataclass(frozen=True)
class _Loaded:
    """A tracked shell, and what has to be taken back when it is unloaded."""

    tracker: Tracker
    hang_up: Callable[[], None] | None
    """Ends the connection to the front end, where there is one."""
    digests: dict[object, Callable[[], None]] = field(default_factory=dict)
    """What takes each registration of a digest back, by the name or the id of its class."""


_loaded: dict[int, _Loaded] = {}
"""By the id of the shell, in the order of loading."""


class NotLoadedError(RuntimeError):
    """There is no tracker; the message says how to get one."""


def load(shell: Any = None) -> Tracker:
    """Start tracking ``shell`` (the running one by default) and give its tracker.

    Loading twice gives the tracker that is there, and puts the magic back if it was taken out.

    Raises:
        NotLoadedError: ``shell`` is not given, and no IPython shell is running.
    """
    shell = shell if shell is not None else _running_shell()
    found = _loaded.get(id(shell))
    if found is not None:
        _register_magic(shell, found.tracker)
        return found.tracker
    tracker = Tracker(shell)
    for event in _EVENTS:
        shell.events.register(event, getattr(tracker, event))
    _register_magic(shell, tracker)
    _loaded[id(shell)] = _Loaded(tracker, _connected(shell, tracker))
    tracker.begin_midcell()
    return tracker


def unload(shell: Any = None) -> None:
    """Stop tracking and leave nothing behind: no hook, no magic, no monitoring tool, no reference.

    Digests that the shell's own code registered end as well (see ``register_digest``). Unloading what is
    not loaded does nothing.

    Raises:
        NotLoadedError: ``shell`` is not given, and no IPython shell is running.
    """
    shell = shell if shell is not None else _running_shell()
    loaded = _loaded.pop(id(shell), None)
    if loaded is None:
        return
    if loaded.hang_up is not None:
        loaded.hang_up()
    for take_back in loaded.digests.values():
        take_back()
    for event in _EVENTS:
        shell.events.unregister(event, getattr(loaded.tracker, event))
    loaded.tracker.close()
    _unregister_magic(shell)


def get_tracker() -> Tracker:
    """The tracker of this session.

    Where several shells are tracked it is, by the first that applies: that of the shell whose cell calls
    this; that of IPython's current shell (``get_ipython()``); that of the shell that was loaded last.

    Raises:
        NotLoadedError: No shell is tracked.
    """
    from IPython import get_ipython

    found = _of_namespace(sys._getframe(1).f_globals) or _loaded.get(id(get_ipython()))
    if found is None and _loaded:
        found = list(_loaded.values())[-1]
    if found is None:
        raise NotLoadedError(
            "cellgraph is not loaded: run `%load_ext cellgraph` in a cell, or call cellgraph.load()"
        )
    return found.tracker


def register_digest(type_or_name: type | str, function: Callable[[Any], object]) -> Callable[[], None]:
    """Say what identifies the values of a type, where cellgraph cannot see it or sees too much.

    ``function`` takes a value and gives anything that stands for it: numbers, text, bytes, arrays,
    frames, or lists, tuples and dicts of these. Values are equal where what it gives is equal; where
    it gives something else than before, the value was changed in place. It must not change the value
    and should be quick: it is called after every cell that touches one. If it gives None, fails,
    changes the value's attributes or takes longer than a quarter of a second, the value is opaque.

    How long it holds: a registration that a tracked notebook makes in a cell ends when cellgraph is
    unloaded, and is made again by running that cell again. Any other lasts until it is taken back: one
    made by a module, because importing it again does not run it again, and one made before cellgraph was
    loaded, because it belongs to no session.

    Args:
        type_or_name: A class, or its full name as text (``"package.module.Class"``, or
            ``"package.Class"`` for a class anywhere in the package), which imports nothing. It holds
            for subclasses too, unless a nearer one is registered.
        function: Called with the value alone.

    Returns:
        A function that takes the registration back.

    Raises:
        TypeError: If the first argument is neither a class nor a name, or the second is no function.

    Example:
        >>> undo = register_digest("mylib.Index", lambda index: (index.size, index.checksum))
        >>> undo()
    """
    take_back = user_digesters.register_digest(type_or_name, function)
    session = _of_namespace(sys._getframe(1).f_globals)
    if session is not None:
        # By id: to hold the class would keep one that a cell has made anew since.
        key = type_or_name if isinstance(type_or_name, str) else id(type_or_name)
        session.digests[key] = take_back
    return take_back


def register_setting(
    name: str,
    values: Callable[[], Mapping[str, object]],
    *,
    defaults: Mapping[str, object] | None = None,
    setters: Iterable[str] = (),
    libraries: Iterable[str] = (),
) -> Callable[[], None]:
    """Have cellgraph look after options of a library that it does not know.

    A cell that changes one is told apart from the library itself, and a cell that uses the library is in
    doubt when Restart & Run All would run it with other options.

    Args:
        name: ``"mylib.options"``. The word before the first dot is the module that has to be loaded.
        values: Gives the options by their keys: numbers, text, or lists, tuples and dicts of these. It is
            called before and after every cell while the library is loaded. So it should take microseconds,
            and it must change nothing.
        defaults: What a process that has just imported the library has. Without them it is what is there when
            the library is first seen.
        setters: Names of functions that set options (``"set_option"``): a cell that calls one has set the
            option, also where it was so before.
        libraries: Libraries whose use depends on the options; the library itself where there are none.

    Returns:
        A function that takes the registration back. One that a tracked notebook makes in a cell ends when
        cellgraph is unloaded.

    Example:
        >>> undo = register_setting("mylib.options", lambda: {"width": 80}, setters=["set_width"])
        >>> undo()
    """
    take_back = provider.register_setting(provider.simple(name, values, defaults, setters, libraries))
    session = _of_namespace(sys._getframe(1).f_globals)
    if session is not None:
        session.digests["options", name] = take_back
    return take_back


def _of_namespace(namespace: Mapping[str, Any]) -> _Loaded | None:
    """The tracked shell whose cells run in this namespace."""
    return next((one for one in _loaded.values() if one.tracker.shell.user_ns is namespace), None)


def hide_magic(shell: Any = None) -> None:
    """Take ``%cellgraph`` out until cellgraph is loaded again, so that ``%lsmagic`` is as without cellgraph.

    Raises:
        NotLoadedError: ``shell`` is not given, and no IPython shell is running.
    """
    _unregister_magic(shell if shell is not None else _running_shell())


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext cellgraph`` calls."""
    is_new = id(shell) not in _loaded
    tracker = load(shell)
    if is_new:
        tracker.say_what_is_unknown()


def unload_ipython_extension(shell: Any) -> None:
    """What ``%unload_ext cellgraph`` calls."""
    unload(shell)


def _running_shell() -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        raise NotLoadedError("no IPython shell is running: pass one to cellgraph.load(shell)")
    return shell


class _Greeting:
    """Opens the comm to the front end's extension at the first request of a front end that names its cells.

    Others (papermill, nbclient, a console) have no extension, and get no message that they did not ask for.
    """

    def __init__(self, shell: Any, tracker: Tracker) -> None:
        self._shell = shell
        self._tracker = weakref.ref(tracker)
        self._hang_up: Callable[[], None] | None = None
        self.pre_run_cell(None)
        if self._hang_up is None:
            shell.events.register("pre_run_cell", self.pre_run_cell)

    def pre_run_cell(self, info: Any) -> None:
        """A cell is about to run."""
        tracker = self._tracker()
        if self._hang_up is not None or tracker is None or read_request(info, self._parent).cell is None:
            return
        from cellgraph.frontends.comm import connect

        try:
            self._hang_up = connect(tracker).close
        except Exception:  # noqa: BLE001 - a kernel of another make may have no comms: nothing else needs them
            self._hang_up = _nothing

    def close(self) -> None:
        """Hang up, and wait for nobody any more."""
        with suppress(ValueError):
            self._shell.events.unregister("pre_run_cell", self.pre_run_cell)
        if self._hang_up is not None:
            self._hang_up()

    def _parent(self) -> Any:
        return self._shell.get_parent()


def _nothing() -> None:
    """There is nothing to end."""


def _connected(shell: Any, tracker: Tracker) -> Callable[[], None] | None:
    """Let the front end's extension know, where there may be one; gives what ends that.

    The extension follows the cells of the front end. A shell inside a cell may borrow the kernel to show
    what it has to show; its cells are none of these.
    """
    own = getattr(getattr(shell, "kernel", None), "shell", shell)
    return _Greeting(shell, tracker).close if tracker.rich and own is shell else None


def _register_magic(shell: Any, tracker: Tracker) -> None:
    from cellgraph.magic import register

    register(shell, tracker)


def _unregister_magic(shell: Any) -> None:
    from cellgraph.magic import unregister

    unregister(shell)

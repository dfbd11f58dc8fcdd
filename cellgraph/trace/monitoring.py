"""See reads and writes as they happen, on Python 3.12 and later.

``sys.monitoring`` calls back before an instruction is executed. Each callback here returns DISABLE, so an
instruction costs one call a run however often it is repeated, and library code costs one call for each
function in the life of the process. The user's code is not rewritten.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from importlib.machinery import PathFinder
from inspect import CO_OPTIMIZED
from itertools import islice
from types import CodeType, FrameType, ModuleType
from typing import Any

from cellgraph.code.bytecode import Access, accesses, is_function
from cellgraph.code.instructions import UnknownCode, body_of, name_of, operation
from cellgraph.digest.code_origin import FOLDERS, globals_of, is_installed, is_users
from cellgraph.trace.access_recorder import Accesses, Position
from cellgraph.trace.background import OWN, Background
from cellgraph.trace.draw_calls import DRAWING, POLARS, SOURCES, is_for_results
from cellgraph.trace.files.file_observer import (
    OPENERS,
    TELLING,
    FileObserver,
    ObservedCode,
    file_operations,
    is_opener,
    known_libraries,
    mentions,
)
from cellgraph.trace.files.native_files import NATIVE, opens_natively, path_given
from cellgraph.trace.interrupts import not_interrupted_at_once, raise_soon

LIBRARIES = (*sorted(FOLDERS), "<frozen ")
"""What the file names of libraries' code begin with. What is installed elsewhere is told by its module."""

_IMPORT = operation("IMPORT_NAME")
_CATCHING = KeyboardInterrupt.__name__
_WORTH_A_LOOK = TELLING | {_CATCHING}
CATCHERS = ObservedCode()
"""Functions of libraries, and of the user's modules, that name it and have run: their lines are observed."""
_SUPPRESSING: CodeType = contextlib.suppress.__exit__.__code__
"""With ``suppress(KeyboardInterrupt)`` no instruction of the notebook shows that it was caught."""
_threads = threading.active_count
"""As it is now: a cell can replace that of the module."""


def imports(code: CodeType) -> dict[int, str]:
    """The modules that a cell's own statements import, by instruction offset.

    Only those whose failure ends the cell: for others it is not known which instruction comes next.
    """
    if is_function(code) or code.co_exceptiontable or _IMPORT not in code.co_code[::2]:
        return {}
    try:
        return dict(_imports(code))
    except UnknownCode:
        return {}


def _imports(code: CodeType) -> Iterator[tuple[int, str]]:
    for offset, op, arg in zip(*body_of(code.co_code), strict=True):
        if op == _IMPORT and (name := name_of(code, op, arg)):  # a relative import may name no module
            yield offset, name


def loads_a_library(name: str) -> bool:
    """Whether importing this module is about to run the code of an installed library."""
    if name in sys.modules:
        return False
    root = name.partition(".")[0]
    loaded = sys.modules.get(root)
    if type(loaded) is ModuleType:
        return not is_users(globals_of(loaded))
    spec = PathFinder.find_spec(root)
    return spec is not None and type(spec.origin) is str and is_installed(spec.origin)


TOOL_NAME = "cellgraph"
_monitoring: Any = getattr(sys, "monitoring", None)
_COPIES_CELLS = sys.version_info < (3, 13)
"""Whether to ask a class body's frame for its locals puts the values of its cells among them, which are then
attributes of the class: ``__classdict__``, where the body has type parameters.
"""
_TOOL_IDS = (4, 3)  # the ids that CPython leaves to anyone: 0, 1, 2 and 5 have owners by convention


class MonitorUnavailable(RuntimeError):
    """No monitoring tool id is free, or the interpreter has none (before 3.12)."""


class _CodeReference(weakref.ref[CodeType]):
    """A weak reference that also tells where the code lay, which is known by that place."""

    __slots__ = ("key",)
    key: int


class Monitor:
    """Observes all code whose globals are one namespace, and hands the accesses to ``Accesses``.

    Code objects are kept by identity and weakly. They compare by value, so a cell that is run twice makes two
    equal ones: both must be observed, and neither kept alive.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:  # noqa: PLR0915 - a line for each table
        if _monitoring is None:
            raise MonitorUnavailable("sys.monitoring came with Python 3.12")
        self._namespace = namespace
        self._tables: dict[int, dict[int, Access]] = {}
        self._refs: dict[int, _CodeReference] = {}
        self._gone: list[_CodeReference] = []
        """References to code that has been freed. A function that is told so could be interrupted."""
        self._imports: dict[int, dict[int, str]] = {}
        self._scoped: set[int] = set()
        self._fired: set[int] = set()
        self._round = object()
        """Another one each time that the code which has fired is armed again. See ``_on_instruction``."""
        self._left: set[int] = (
            set()
        )  # functions that have loaded outside names since the cell's last statement
        # The accesses of code that has fired since ``begin`` and imports nothing.
        self._running: dict[int, dict[int, Access]] = {}
        self._current: Accesses | None = None
        self._watch: FileObserver | None = None
        self._operations, self._file_libraries = file_operations(), known_libraries()
        self._failure: Exception | None = None
        self._interrupted = False
        """Whether the person has interrupted, and the cell does not know yet."""
        self._libraries: tuple[str, ...] = LIBRARIES
        self._deaf = False
        self._threads = _threads()
        self._background = Background()
        self._starters = self._background.starters
        # Asked in each cell: not through a call that passes it on.
        self.beside, self.is_inside = self._background.taken, self._background.is_inside
        self.recorded = self._background.recorded
        # Kept here: late in the interpreter's shutdown the module's own globals are gone.
        self._disable = _monitoring.DISABLE
        self._claim()

    def _claim(self) -> None:
        """Become a monitoring tool."""
        self._tool = _claim_tool()
        events = _monitoring.events
        _monitoring.register_callback(self._tool, events.PY_START, self._on_start)
        _monitoring.register_callback(self._tool, events.INSTRUCTION, self._on_instruction)
        _monitoring.register_callback(self._tool, events.CALL, self._on_call)
        _monitoring.register_callback(self._tool, events.LINE, self._on_line)
        for code in OPENERS:
            _monitoring.set_local_events(self._tool, code, events.CALL)
        for code in CATCHERS:
            _monitoring.set_local_events(self._tool, code, events.LINE)
        self._listen()

    def _is_tool(self) -> bool:
        """Whether the tool is still there: a cell can free the id of any, and another may have it now."""
        return bool(_monitoring.get_tool(self._tool) == TOOL_NAME)

    def begin(self, target: Accesses) -> None:
        """Send accesses to ``target`` from now on. Instructions that fired before can fire again."""
        if not self._is_tool():
            self._fired.update(self._refs)  # to be armed again for the new tool
            self._claim()
        self._listen_again()
        if self._gone:
            self._forget_gone()
        self._rearm()
        self._current = target  # before anything counts as the cell's own doing, as it does from here on
        for starter in self._background.begin():
            _monitoring.set_local_events(self._tool, starter, _monitoring.events.PY_START)

    def watch(self, target: FileObserver | None) -> None:
        """From now on calls that open files, move them or start programs go to ``target``."""
        if target is not None:
            self._find_operations()
            target.sees_calls = True
        self._watch = target

    def _find_operations(self) -> None:
        """Learn of the operations on files of modules that have been imported since."""
        if (known := known_libraries()) != self._file_libraries:
            self._operations, self._file_libraries = file_operations(), known

    def end(self) -> None:
        """Drop the current targets. Raises the error that occurred in a callback meanwhile, if any.

        Functions are observed again: what they access from now on is the doing of no cell that runs.
        """
        if self._current is not None:
            for name in self._background.run_by_both():
                self._current.read(name)
        self._current = self._watch = None
        self._interrupted = False
        self._background.end()
        self._listen_again()
        self._rearm_functions()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt where the next code of the user's starts, or goes on."""
        self._interrupted = True
        self._listen_again()

    def drop_interrupt(self) -> None:
        """Raise it no more."""
        self._interrupted = False

    def close(self) -> None:
        """Give the tool id back. No event and no callback remains."""
        self._current = self._watch = None
        self._background.end()
        if self._is_tool():
            self._give_back()
        self._tables.clear()
        self._running.clear()
        self._imports.clear()
        self._scoped.clear()
        self._refs.clear()

    def _give_back(self) -> None:
        for code in (*self._armed(), *OPENERS, *CATCHERS):
            _monitoring.set_local_events(self._tool, code, 0)
        _monitoring.set_events(self._tool, 0)
        events = _monitoring.events
        for event in (events.PY_START, events.INSTRUCTION, events.CALL, events.LINE):
            _monitoring.register_callback(self._tool, event, None)
        _monitoring.free_tool_id(self._tool)

    @not_interrupted_at_once
    def _on_start(self, code: CodeType, offset: int) -> object:
        try:
            if self._is_noted_each_time(code):
                return None
            # Of libraries there are thousands of functions, each started for the first time once: to
            # have the frames of all of them made into objects would start the garbage collector.
            plain = code.co_flags & CO_OPTIMIZED and _WORTH_A_LOOK.isdisjoint(code.co_names)
            if plain and code.co_filename.startswith(self._libraries):
                return self._disable
            if not plain or sys._getframe(1).f_globals is self._namespace:
                self._start(code, sys._getframe(1))
        except RecursionError:  # the recursion limit is reached: what is not seen now is seen later
            return None
        except KeyboardInterrupt:  # the person's, for the code that runs
            self._again(self._start, code, sys._getframe(1))
        except Exception as error:  # noqa: BLE001 - here it would surface in the user's code
            self._failure = self._failure or error
        return self._disable

    def _is_noted_each_time(self, code: CodeType) -> bool:
        """Note each start of some functions of libraries; whether this is one of them."""
        if id(code) in self._starters:
            self._background.started(code, sys._getframe(2))
        elif id(code) in SOURCES:
            self._note_entropy(sys._getframe(2))
        elif code is _SUPPRESSING:
            self._note_caught()
        elif code.co_qualname in DRAWING:
            return POLARS.started(sys._getframe(2))
        elif code.co_qualname.startswith(NATIVE) and opens_natively(sys._getframe(2)):
            self._note_native(sys._getframe(2))
        else:
            return False
        return True

    def _note_native(self, frame: FrameType) -> None:
        if self._watch is not None:
            self._watch.note_library(path_given(frame), frame)

    def _note_entropy(self, frame: FrameType) -> None:
        target = self._current
        if target is not None and not target.asked_system:
            target.asked_system = is_for_results(frame)

    def _start(self, code: CodeType, frame: FrameType) -> None:
        """Code starts for the first time that may be the user's, or open files."""
        if self._is_known(code):
            return
        if self._is_watched(code, frame):
            self._arm(code, frame)
            self._deliver()
        elif is_opener(code, frame.f_globals):
            self._arm_opener(code)
        elif _CATCHING in code.co_names:
            _monitoring.set_local_events(self._tool, code, _monitoring.events.LINE)
            CATCHERS.add(code)

    def _again(self, step: Callable[..., object], *arguments: object) -> None:
        """Do anew what an interrupt has left half done, and have it raised in the code that runs."""
        try:
            step(*arguments)
        except Exception as error:  # noqa: BLE001 - as in the callbacks
            self._failure = self._failure or error
        raise_soon()

    def _deliver(self) -> None:
        """Raise the interrupt that came while cellgraph was at work, in the frame that starts."""
        if self._interrupted:
            self._interrupted = False
            raise_soon()

    def _is_known(self, code: CodeType) -> bool:
        known = self._refs.get(id(code))
        return known is not None and known() is code

    def _arm_opener(self, code: CodeType) -> None:
        OPENERS.add(code)
        _monitoring.set_local_events(self._tool, code, _monitoring.events.CALL)

    def _is_watched(self, code: CodeType, frame: FrameType) -> bool:
        if frame.f_globals is self._namespace:
            return True
        # An embedded shell runs its cells with the user's names as locals.
        return not is_function(code) and self._runs_in_namespace(code, frame)

    def _runs_in_namespace(self, code: CodeType, frame: FrameType) -> bool:
        """Whether code that is no function stores into the namespace. With cells it is a class body.

        From Python 3.14 on a cell with annotations has one that is no sign of a class.
        """
        cells = [name for name in code.co_cellvars if name != "__conditional_annotations__"]
        return not cells and frame.f_locals is self._namespace

    def _arm(self, code: CodeType, frame: FrameType) -> None:
        key = id(code)
        if key in self._refs:  # nothing else is known of code that has no reference
            self._forget(key)
        if code.co_filename.startswith(self._libraries):
            self._libraries = ()  # the user runs one of their files, whose functions may be among the names
        table = accesses(code)
        # Asked here and not at an instruction: within a comprehension a cell's own frame gives its
        # locals as a copy that holds the comprehension's names too.
        if not is_function(code) and not self._runs_in_namespace(code, frame):
            # A class body, or exec with locals of its own: its stores are not the namespace's.
            self._scoped.add(key)
            table = _of_globals(table, code)
        self._tables[key] = table
        if imported := imports(code):
            self._imports[key] = imported
        reference = _CodeReference(code, self._gone.append)
        reference.key = key
        self._refs[key] = reference
        _monitoring.set_local_events(self._tool, code, _events(code))

    @not_interrupted_at_once
    def _on_call(self, code: CodeType, offset: int, function: object, first: object) -> object:
        try:
            if id(function) not in self._operations:
                self._find_operations()  # the run itself may have imported sqlite3
            if id(function) not in self._operations:
                return self._disable
            self._note_call(function, first, sys._getframe(1))
        except RecursionError:  # as above
            return None
        except KeyboardInterrupt:  # as above
            self._again(self._note_call, function, first, sys._getframe(1))
        except Exception as error:  # noqa: BLE001 - as above
            self._failure = self._failure or error
        return None

    @not_interrupted_at_once
    def _on_line(self, code: CodeType, line: int) -> object:
        """A line of a function that may catch an interrupt. Most run while there is no exception."""
        if sys.exception() is None:
            return self._disable
        self._note_caught()
        return None

    def _note_call(self, function: object, first: object, frame: FrameType) -> None:
        operation = self._operations.get(id(function))
        if operation is not None and self._watch is not None:
            self._watch.note(operation, first, frame)

    @not_interrupted_at_once
    def _on_instruction(self, code: CodeType, offset: int) -> object:
        # A thread may have come this far while the main thread arms this code again. To disable the
        # instruction after that would hide it for good. So it stays as it is then, and comes once more. From
        # the last question to the return nothing is called, so that no other thread can come in between.
        found = self._round
        try:
            key = id(code)
            table = self._running.get(key)
            if table is not None and offset not in table:
                return self._disable  # like most code: it accesses no name
            if self._deaf:
                self._listen()
            known = self._tables.get(key)
            if known is None:  # forgotten just now, with the freed code that had lain in its place
                known = accesses(code)
                self._arm(code, sys._getframe(1))
            self._note_for(code, known.get(offset))
            self._fired.add(key)
            if key in self._imports:
                self._before_import(self._imports[key].get(offset))
            else:
                self._running[key] = known
        except RecursionError:  # as above
            return None
        except KeyboardInterrupt:  # as above
            self._again(self._on_instruction, code, offset)
            return self._disable  # here: a jump to the end would look for the interrupt that is to come
        except Exception as error:  # noqa: BLE001 - as above
            self._failure = self._failure or error
            return self._disable
        return self._disable if self._round is found else None

    def _note_for(self, code: CodeType, access: Access | None) -> None:
        """Note an access for the run whose doing it is."""
        whose = self._background.owner(code)
        if whose != OWN:
            self._background.note(whose, code, access)
        elif self._current is not None:
            self._note_caught()  # ``except KeyboardInterrupt`` loads that name
            self._note(self._current, code, access)

    def _note_caught(self) -> None:
        """Note whether an interrupt is being dealt with, where the code that runs may catch it."""
        if self._current is not None and type(sys.exception()) is KeyboardInterrupt:
            self._current.caught_interrupt = True

    def _note(self, target: Accesses, code: CodeType, access: Access | None) -> None:
        if -1 in self._tables.get(id(code), ()):
            self._note_unknown(target, code)
        if self._background.is_new(code):
            target.run(code)
            if self._watch is not None:
                self._watch.ran(code)
        if access is None:
            return
        asked = access.local_first and id(code) in self._scoped and not _may_copy_cells(code)
        if asked and access.name in sys._getframe(3).f_locals:
            return
        inside = is_function(code)
        if not inside and self._left:
            self._look_again_inside()
        if target.note(access, inside, self._place):
            self._left.add(id(code))

    def _note_unknown(self, target: Accesses, code: CodeType) -> None:
        """Code that is not understood runs: it may touch each of its names, at whichever instruction."""
        inside = is_function(code)
        if id(code) in (self._left if inside else self._fired):
            return
        if not inside and self._left:
            self._look_again_inside()
        table = self._tables.get(id(code), {})
        noted = [target.note(access, inside, self._place) for access in table.values()]
        if any(noted):
            self._left.add(id(code))

    def _look_again_inside(self) -> None:
        """A statement of the cell begins: later loads inside functions belong to it."""
        left = tuple(self._left)  # in one step: other threads add to it
        self._left.difference_update(left)
        self._arm_again(left)

    def _arm_again(self, keys: Iterable[int]) -> None:
        for key in keys:
            code = self._code(key)
            if code is not None:
                _monitoring.set_local_events(self._tool, code, 0)
                _monitoring.set_local_events(self._tool, code, _events(code))

    def _place(self) -> Position | None:
        """The position in the cell's own text while a function runs.

        None if the cell is not what runs it, as in a thread.
        """
        frame: FrameType | None = sys._getframe(6)
        found: FrameType | None = None
        while frame is not None and not (found is not None and frame.f_code.co_name == "run_code"):
            if frame.f_globals is self._namespace and not is_function(frame.f_code):
                found = frame
            frame = frame.f_back
        if found is None:
            return None
        line, _, column, _ = next(islice(found.f_code.co_positions(), found.f_lasti // 2, None))
        return (line, column) if line is not None and column is not None else None

    def _before_import(self, module: str | None) -> None:
        """Ignore the thousands of functions that start while a library is imported.

        The cell's next instruction ends that. Another thread of the user's might start a function of its own
        meanwhile; then no function is ignored.
        """
        if module and _threads() <= self._threads and loads_a_library(module):
            _monitoring.set_events(self._tool, 0)
            self._deaf = True
            self._running.clear()  # the next instruction of any of them ends it

    def _listen(self) -> None:
        _monitoring.set_events(self._tool, _monitoring.events.PY_START)
        self._deaf = False

    def _listen_again(self) -> None:
        if self._deaf:
            self._listen()

    def _rearm_functions(self) -> None:
        """Let the functions that have fired do so again. A cell's own code does not run once more."""
        self._round = object()
        for key in list(self._fired):
            code = self._code(key)
            if code is not None and is_function(code):
                self._fired.discard(key)  # before it is armed: a thread may run it at once
                self._running.pop(key, None)
                self._arm_again((key,))

    def _code(self, key: int) -> CodeType | None:
        reference = self._refs.get(key)
        return reference() if reference is not None else None

    def _rearm(self) -> None:
        self._round = object()
        fired, self._fired = self._fired, set()
        self._left = set()
        self._running = {}
        self._arm_again(tuple(fired))

    def _armed(self) -> list[CodeType]:
        codes = (reference() for reference in list(self._refs.values()))
        return [code for code in codes if code is not None]

    def _forget_gone(self) -> None:
        """Forget the code that has been freed since the last run."""
        references = self._gone[:]  # in one step: other threads add to it
        for reference in references:
            if self._refs.get(reference.key) is reference:  # no other code lies there by now
                self._forget(reference.key)
        del self._gone[: len(references)]

    def _forget(self, key: int) -> None:
        self._tables.pop(key, None)
        self._refs.pop(key, None)
        self._imports.pop(key, None)
        self._scoped.discard(key)
        self._fired.discard(key)
        self._left.discard(key)
        self._running.pop(key, None)
        self._background.forget(key)


def _events(code: CodeType) -> int:
    """The events to observe in the user's code. Calls are included only if it may open files with them."""
    instruction, call = _monitoring.events.INSTRUCTION, _monitoring.events.CALL
    return int(instruction | call if mentions(code) else instruction)


def _of_globals(table: dict[int, Access], code: CodeType) -> dict[int, Access]:
    """What a class body, or code with locals of its own, may touch of the globals.

    Whether a name that it loads is its own is asked when it is loaded. Where that cannot be asked, a name
    that it has stored further up is.
    """
    stored: set[str] = set()
    found: dict[int, Access] = {}
    for at, access in sorted(table.items()):
        if not access.local_first:
            found[at] = access
        elif access.kind != "load":
            stored.add(access.name)
        elif access.name not in stored or not _may_copy_cells(code):
            found[at] = access
    return found


def _may_copy_cells(code: CodeType) -> bool:
    return _COPIES_CELLS and bool(code.co_cellvars)


def _claim_tool() -> int:
    for tool in _TOOL_IDS:
        try:
            _monitoring.use_tool_id(tool, TOOL_NAME)
        except ValueError:
            continue
        return tool
    raise MonitorUnavailable("every free sys.monitoring tool id is taken by another tool")

"""One session in two processes that differ in cellgraph alone, and what differs between them."""

from __future__ import annotations

import ast
import gc
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output

import cellgraph
from cellgraph.session import Tracker
from tests.restarts.values import plain
from tests.shells import Hooks, hooks, left_behind
from tests.shells import _config as shell_config
from tests.soak.forks import LostError, Place, in_fork
from tests.soak.outcome import FaultError
from tests.soak.state import state_of, values_of

READY = (
    "cellgraph.session",
    "cellgraph.magic.queries",
    "cellgraph.magic.commands",
    "cellgraph.magic.graph",
    "cellgraph.extension",
    "cellgraph.render.text",
    "cellgraph.render.warnings",
    "cellgraph.cli.run",
    "IPython.core.magic_arguments",
    "IPython.core.debugger",
    "asyncio",
    "comm",
    "decimal",
    "pickle",
)
"""What every process loads before it is forked. No library that a notebook imports is among it."""
TIMES = re.compile(
    r"(?:CPU times|Wall time|user|sys|total)[^\n]*|\b\d+(?:\.\d+)?(?:e-?\d+)? (?:[nmµu]?s|min)\b"
    r"|\bin \d+\.\d+ seconds"
)
DIFFERENCES_SHOWN = 6
SHIFTS = (0, 17, 300, 5_000)
"""How much is in the way of the processes that tell what differs by chance."""
_IN_THE_WAY: list[object] = []
ADDRESS = re.compile(r"\bat [0-9a-f]{9,16}\b")
OWN_FILES = re.compile(r"cellgraph/(?!\S*tests)\w+/\w+\.py|Error in callback|internal error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ran:
    """What one cell gave, and the state of the process after it."""

    stdout: str
    stderr: str
    displays: tuple[str, ...]
    error: str
    count: int
    left: bool
    """Whether it asked the shell to end."""
    state: dict[str, str]


@dataclass(frozen=True, slots=True)
class Played:
    """A session's cells; what its variables hold at the end; and what cellgraph said."""

    ran: list[Ran]
    values: dict[str, str]
    said: list[str] = field(default_factory=list)
    runs: int = 0
    """How many runs were recorded."""


def prepare() -> InteractiveShell:
    """Load what all processes have, and make the shell that each gets a copy of."""
    for name in READY:
        import_module(name)
    sys.dont_write_bytecode = True
    shell = InteractiveShell.instance(config=shell_config({}))
    random.seed(0)
    gc.collect()
    gc.freeze()
    return shell


def play(cells: Sequence[str], *, tracked: bool, values: bool = True) -> Played:
    """Run a session in this process. ``values``: look at the variables at the end, which runs their code."""
    shell = InteractiveShell.instance()
    gc.set_threshold(0)  # when a collection starts is chance, and what it frees can be seen
    before = hooks(shell)
    if not tracked:
        ran = [run_cell(shell, cell) for cell in cells]
        return Played(ran, _at_the_end(shell, before, values=values))
    tracker, said = load(shell)
    ran = [run_cell(shell, cell) for cell in cells]
    runs = len(tracker.runs)
    cellgraph.unload(shell)
    return Played(ran, _at_the_end(shell, before, values=values), said, runs)


def load(shell: InteractiveShell) -> tuple[Tracker, list[str]]:
    """Load cellgraph, and keep what it says apart from what the cells print."""
    tracker, said = cellgraph.load(shell), list[str]()
    tracker._screen.show = lambda text, _="": said.append(text)  # type: ignore[method-assign]
    return tracker, said


def _at_the_end(shell: InteractiveShell, before: Hooks, *, values: bool) -> dict[str, str]:
    """What the session leaves: the variables, and the hooks of the shell that are not as before."""
    left = {"hooks that differ from the start": ", ".join(left_behind(before, hooks(shell)))}
    return left | (values_of(shell.user_ns) if values else {})


def run_cell(shell: InteractiveShell, cell: str) -> Ran:
    """Run one cell as a user does, and keep all that can be seen of it."""
    shell.exit_now = False
    error: BaseException | None
    with capture_output() as captured:
        try:
            result = shell.run_cell(cell, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except KeyboardInterrupt as interrupt:
            error = interrupt
    return Ran(
        _comparable(captured.stdout),
        _comparable(captured.stderr),
        _displays(captured),
        _comparable(f"{type(error).__name__}: {_text(error)}"),
        shell.execution_count,
        bool(shell.exit_now),
        state_of(shell.user_ns),
    )


def _text(error: BaseException | None) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - an exception of a cell may do anything
        return "?"


def _displays(captured: CapturedIO) -> tuple[str, ...]:
    return tuple(_comparable(str(one.data)) for one in captured.outputs)


def _comparable(text: str) -> str:
    """Text without what no two processes share: addresses and times."""
    return TIMES.sub("T", ADDRESS.sub("at X", plain(text)))


def differences(alone: Played, tracked: Played, *, state: bool = True) -> dict[str, str]:
    """What a person or a program could tell the two sessions apart by: where, and the two texts."""
    one, other = _by_place(alone, state=state), _by_place(tracked, state=state)
    places = [*one, *(place for place in other if place not in one)]
    return {
        place: f"{place}\n      alone: {_cut(one.get(place))}\n      with:  {_cut(other.get(place))}"
        for place in places
        if not _is_same(place, one.get(place), other.get(place))
    }


def _is_same(place: str, alone: object, tracked: object) -> bool:
    """Equal. There may be fewer threads: when one of a library's ends is a matter of time."""
    if place.endswith(": threads") and isinstance(alone, str) and isinstance(tracked, str):
        return set(ast.literal_eval(tracked)) <= set(ast.literal_eval(alone))
    return alone == tracked


def _by_place(played: Played, *, state: bool) -> dict[str, object]:
    """All that is compared, by where it was seen."""
    found: dict[str, object] = {}
    for number, ran in enumerate(played.ran, start=1):
        for name in ("stdout", "stderr", "displays", "error", "count", "left"):
            found[f"cell {number}: {name}"] = getattr(ran, name)
        if state:
            found |= {f"after cell {number}: {what}": text for what, text in ran.state.items()}
    return found | {f"at the end: {what}": text for what, text in played.values.items()}


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) < 1_500 else f"{text[:700]} … {text[-700:]}"


def check_same(place: Place, cells: Sequence[str], *, values: bool = True, state: bool = True) -> None:
    """Play a session with and without cellgraph. ``values``, ``state``: compare those too.

    Raises:
        FaultError: They differ, cellgraph failed in it, or a process was lost only with it.
    """
    alone = _played(place, cells, tracked=False, values=values)
    tracked = _played(place, cells, tracked=True, values=values)
    if isinstance(alone, str) or isinstance(tracked, str):
        if isinstance(alone, str) != isinstance(tracked, str):
            raise FaultError(shown(cells, [f"alone: {_lost(alone)}; with cellgraph: {_lost(tracked)}"]))
        return
    differ = differences(alone, tracked, state=state)
    for shift in (
        SHIFTS if differ else ()
    ):  # clocks, process ids and addresses differ without cellgraph as well
        again = _played(place, cells, tracked=False, values=values, shift=shift)
        chance = differences(alone, again, state=state) if isinstance(again, Played) else {}
        differ = {where: text for where, text in differ.items() if where not in chance}
    found = list(differ.values())[:DIFFERENCES_SHOWN]
    found += [f"cellgraph said: {text}" for text in tracked.said if OWN_FILES.search(text)]
    if found:
        raise FaultError(shown(cells, found))


def _played(
    place: Place, cells: Sequence[str], *, tracked: bool, values: bool, shift: int = 0
) -> Played | str:
    """The session, or how its process was lost."""
    try:
        played: Played = in_fork(place, _play, tuple(cells), tracked, values, shift)
    except LostError as lost:
        return str(lost)
    return played


def _play(cells: Sequence[str], tracked: bool, values: bool, shift: int) -> Played:
    # So many objects in the way give all that follow other addresses, and sets of them another order.
    _IN_THE_WAY.extend([[place], {place: place}, object(), b"x" * (place % 500)] for place in range(shift))
    return play(cells, tracked=tracked, values=values)


def _lost(played: Played | str) -> str:
    return f"lost ({played})" if isinstance(played, str) else "ended"


def shown(cells: Sequence[str], found: Sequence[str]) -> str:
    """A case and what is wrong with it, for a person."""
    session = "\n    ---\n".join("\n".join(f"    {line}" for line in cell.split("\n")) for cell in cells)
    return "\n".join([*(f"  - {line}" for line in found), "  in the session", session])

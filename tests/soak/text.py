"""Long and odd texts through all that reads the user's text: nothing raised, time in proportion."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import cellgraph
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.outcome import Row, Task
from tests.soak.twins import load, prepare

RISES = 3.5
"""How many times as long twice the text may take: 2 is in proportion, 4 is quadratic."""
SECONDS_TO_JUDGE = 0.05
"""What takes less is too short to be compared."""
SECONDS = 240.0
EVERY = 12
"""The short form takes one in so many texts."""

TEXTS: dict[str, Callable[[int], str]] = {
    "one word": lambda n: "a" * n,
    "one word in quotes": lambda n: f"x = '{'a' * n}'",
    "digits": lambda n: f"x = 0x{'f' * n}",
    "spaces at the start": lambda n: " " * n + "x = 1",
    "spaces at the end": lambda n: "x = 1" + " " * n,
    "spaces within": lambda n: f"x ={' ' * n}1",
    "blank lines": lambda n: "\n" * n + "x = 1",
    "lines of spaces": lambda n: "x = 1\n" + "   \n" * (n // 4) + "y = 2",
    "short lines": lambda n: "x = 1\n" * (n // 6),
    "comments": lambda n: "# a comment\n" * (n // 12) + "x = 1",
    "one comment": lambda n: "#" * n + "\nx = 1",
    "comments that ignore": lambda n: "# cellgraph: ignore[" + "CG101," * (n // 6) + "\nx = 1",
    "open brackets in a text": lambda n: f"x = '{'[' * n}'",
    "open braces in a text": lambda n: f"x = '{'{' * n}'",
    "pairs of braces": lambda n: f"!echo {'{x}' * (n // 3)}",
    "dollars": lambda n: f"!echo {'$x' * (n // 2)}",
    "at signs": lambda n: f"df.query('{'@' * n}')",
    "selects": lambda n: f"x = '''{'select ' * (n // 7)}'''",
    "froms": lambda n: f"x = '''select * {'from a join ' * (n // 12)}'''",
    "slashes": lambda n: f"x = '{'/' * n}a.csv'",
    "dots": lambda n: f"x = '{'.' * n}csv'",
    "paths": lambda n: f"x = '{'a.csv ' * (n // 6)}'",
    "quotes": lambda n: f'x = "{chr(39) * n}"',
    "backslashes": lambda n: f"x = '{chr(92) * (n // 2 * 2)}'",
    "magics": lambda n: "%time x = 1\n" * (n // 12),
    "a long magic": lambda n: f"%time x = '{'a' * n}'",
    "question marks": lambda n: f"x{'?' * n}",
    "percent signs": lambda n: "%" * n,
    "exclamation marks": lambda n: "!" * n,
    "a dictionary": lambda n: f"x = {{{', '.join(f'{i}: [{i}]' for i in range(n // 12))}}}",
    "a sum": lambda n: (
        f"x = {' + '.join(['1'] * (n // 4))}" if n < 4_000 else f"x = [{', '.join(['1'] * (n // 3))}]"
    ),
    "attributes": lambda n: f"x = 1\nx{'.real' * min(n // 5, 500)}",
    "names": lambda n: "\n".join(f"n{i} = {i}" for i in range(n // 12)),
    "many targets": lambda n: f"{', '.join(f'n{i}' for i in range(n // 8))} = [0] * {n // 8}",
    "imports": lambda n: "import os.path as p\n" * (n // 20),
    "functions": lambda n: "".join(f"def f{i}(a, b={i}): return a\n" for i in range(n // 30)),
    "control characters": lambda n: f"x = '{chr(1) * n}'",
    "right to left": lambda n: f"x = '{chr(0x202E) * n}'",
    "emoji": lambda n: f"x = '{chr(0x1F600) * n}'",
    "surrogates": lambda n: f"x = '{chr(0xD800) * n}'",
    "carriage returns": lambda n: "x = 1\r" * (n // 6),
    "form feeds": lambda n: "\f" * n + "x = 1",
    "urls": lambda n: f"x = '{'https://' * (n // 8)}'",
    "seeds": lambda n: f"x = '{'_seed' * (n // 5)}'",
    "errors": lambda n: f"raise ValueError('{'e ' * (n // 2)}')",
    "an output": lambda n: f"print('o' * {n})",
    "an output of many lines": lambda n: f"print('o\\n' * {n // 2})",
    "a unique id": lambda n: f"x = '{'0123abcd-' * (n // 9)}'",
    "labels": lambda n: f"x = '{'[1]' * (n // 3)}'",
    "no Python": lambda n: f"x = = {'a ' * (n // 2)}",
    "unclosed": lambda n: "(" * min(n, 150) + "\n" * n,
}
QUESTIONS = (
    *("%cellgraph status", "%cellgraph check", "%cellgraph graph", "%cellgraph why a", "%cellgraph why x"),
    *(f"%cellgraph graph -o g.{form}" for form in ("svg", "html", "txt", "mmd", "dot", "graphml", "json")),
)


def _through(text: str) -> tuple[float, list[str]]:
    """Run the text as a cell, edit it, ask for everything: own seconds, and what is wrong."""
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    shell.run_cell("warm = 1", store_history=True, cell_id="warm")
    hooks = [0.0]
    for event in ("pre_run_cell", "post_run_cell"):
        for place, callback in enumerate(shell.events.callbacks[event]):
            if getattr(callback, "__self__", None) is tracker:
                shell.events.callbacks[event][place] = _summed(callback, hooks)
    with capture_output():
        for cell, source in (
            ("a", text),
            ("b", "y = globals().get('x')"),
            ("a", text + "\nx = 5"),
            ("b", text),
        ):
            shell.run_cell(source, store_history=True, cell_id=cell)
    started = time.process_time()
    tracker.set_cell_order(["a", "b", "c"], {"a": text + " ", "b": text, "c": text})
    with capture_output():
        wrong = [_asked(shell, question) for question in QUESTIONS]
    took = hooks[0] + time.process_time() - started
    return took, [*filter(None, wrong), *(one for one in said if "internal error" in one)]


def _summed(callback: Callable[[object], None], total: list[float]) -> Callable[[object], None]:
    def measured(argument: object) -> None:
        started = time.process_time()
        callback(argument)
        total[0] += time.process_time() - started

    return measured


def _asked(shell: InteractiveShell, question: str) -> str:
    result = shell.run_cell(question, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    if error is None or (isinstance(error, UsageError) and question.endswith("why x")):
        return ""  # not every text binds x
    return f"{question}: {type(error).__name__}: {error!s:.200}"


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every regular expression that a module of cellgraph holds, by its name."""
    for module in pkgutil.walk_packages(cellgraph.__path__, "cellgraph."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            held = value.items() if isinstance(value, dict) else enumerate([value])
            for key, one in held:
                if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                    yield f"{module.name}.{name}" + (f"[{key!r}]" if isinstance(value, dict) else ""), one


def _by_patterns(text: str) -> dict[str, float]:
    """Seconds that each pattern takes for all its matches in a text."""
    found: dict[str, float] = {}
    for name, pattern in patterns():
        started = time.process_time()
        for _ in pattern.finditer(text):
            pass
        pattern.match(text)
        found[name] = time.process_time() - started
    return found


def run(task: Task) -> list[Row]:
    """Each text at one length and at twice that."""
    prepare()
    names = [name for name in TEXTS if task.wants(name)][:: 1 if task.length.figures else EVERY]
    known = len(list(patterns()))  # which loads every module, once for all processes
    faults: list[str] = []
    slow: list[str] = []
    with new_place() as place:
        for name in names:
            faults += _through_twice(place, name, task)
            slow += _patterns_twice(place, name, task)
    return [
        Row(
            "text", "long texts as cells, through every question and format", len(names), faults=tuple(faults)
        ),
        Row("text", f"the same through {known} regular expressions", len(names), faults=tuple(slow)),
    ]


def _through_twice(place: Place, name: str, task: Task) -> list[str]:
    size = task.length.characters
    try:
        once, wrong = in_fork(place, _through, TEXTS[name](size), seconds=SECONDS)
        twice, more = (
            in_fork(place, _through, TEXTS[name](2 * size), seconds=SECONDS)
            if task.length.figures
            else (0.0, [])
        )
    except LostError as lost:
        return [f"{name}: {lost}"]
    found = [f"{name}: {line}" for line in dict.fromkeys([*wrong, *more])]
    if task.length.figures and once > SECONDS_TO_JUDGE and twice > RISES * once:
        found.append(f"{name}: {size:,} characters take {once:.2f} s, twice that {twice:.2f} s")
    return found


def _patterns_twice(place: Place, name: str, task: Task) -> list[str]:
    size = task.length.characters
    try:
        once = in_fork(place, _by_patterns, TEXTS[name](size), seconds=SECONDS)
        if not task.length.figures:
            return []
        twice = in_fork(place, _by_patterns, TEXTS[name](2 * size), seconds=SECONDS)
    except LostError as lost:
        return [f"{name}: {lost}"]
    return [
        f"{name}: {pattern} takes {seconds:.2f} s, for twice the text {twice[pattern]:.2f} s"
        for pattern, seconds in once.items()
        if twice[pattern] > SECONDS_TO_JUDGE and twice[pattern] > RISES * seconds
    ]

"""Values that grow, lie, raise, recurse and exhaust: a hook keeps its bounds of time and memory whatever they do."""

from __future__ import annotations

from dataclasses import dataclass

from IPython.core.interactiveshell import InteractiveShell

from tests.cases.safety import Case
from tests.soak.forks import LostError, Place, in_fork, new_place
from tests.soak.measured import measure_hooks
from tests.soak.outcome import Row, Task
from tests.soak.twins import load, prepare, run_cell

TIMES_BUDGET = 2.0
MEGABYTES = 64.0
ATTEMPTS = 3
"""How often a figure beyond its bound is measured again: other processes share the machine."""
USES = "\n---\nu = [v]\n---\nw = v\n---\n(v, u);\n---\ndel u, w"
SECONDS = 120.0

VALUES = (
    Case("a list that a thread fills", "import threading\nv = []; stop = threading.Event()\ndef fill():\n    while not stop.is_set() and len(v) < 3_000_000: v.append(len(v))\nt = threading.Thread(target=fill, daemon=True); t.start()" + USES + "\n---\nstop.set()"),
    Case("a dict that a thread fills", "import threading\nv = {}; stop = threading.Event()\ndef fill():\n    while not stop.is_set() and len(v) < 2_000_000: v[len(v)] = [1]\nt = threading.Thread(target=fill, daemon=True); t.start()" + USES + "\n---\nstop.set()"),
    Case("a list of lists that grows at its end", "import threading\nv = [[]]; stop = threading.Event()\ndef fill():\n    while not stop.is_set() and len(v) < 1_000_000: v.append([v[-1]])\nt = threading.Thread(target=fill, daemon=True); t.start()" + USES + "\n---\nstop.set()"),
    Case("len that fills the list that is measured", "import builtins\nv = []; real = builtins.len\ndef mine(x):\n    v.append(1)\n    return real(x)\nbuiltins.len = mine" + USES + "\n---\nbuiltins.len = real"),
    Case("a digest that grows its value", "class A:\n    def __init__(self): self.x = []\n    def __cellgraph_digest__(self): self.x.append(1); return self.x\nv = A()" + USES),
    Case("a million lists", "v = [[i] for i in range(1_000_000)]" + USES),
    Case("a million objects with attributes", "class A:\n    def __init__(self, n): self.n = n\nv = [A(n) for n in range(500_000)]" + USES),
    Case("objects with attributes of each kind", "class A: pass\nv = []\nfor n in range(50_000):\n    a = A(); setattr(a, f'f{n % 500}', n); a.held = [n]; v.append(a)" + USES),
    Case("a million keys", "v = {str(n): (n, [n]) for n in range(300_000)}" + USES),
    Case("ten million numbers", "v = list(range(10_000_000))" + USES),
    Case("a set of a million", "v = set(range(1_000_000)); v.add('x')" + USES),
    Case("texts of many megabytes", "v = ['x' * 10_000_000 + str(n) for n in range(10)]" + USES),
    Case("one text of a hundred megabytes", "v = 'x' * 100_000_000" + USES),
    Case("text that is not compact", "v = ['ü\\U0001F600' * 2_000_000 + str(n) for n in range(5)]" + USES),
    Case("a hundred megabytes of bytes", "v = bytearray(100_000_000)" + USES),
    Case("a number of a million digits", "v = 7 ** 1_000_000" + USES),
    Case("ten thousand numbers of ten thousand digits", "v = [7 ** (10_000 + n) for n in range(5_000)]" + USES),
    Case("nested a hundred thousand deep", "v = []\nfor _ in range(100_000): v = [v]" + USES + "\n---\nwhile v: v = v[0]"),
    Case("linked two hundred thousand long", "class N: pass\nv = None\nfor _ in range(200_000):\n    n = N(); n.next = v; v = n\ndel n" + USES + "\n---\nwhile v is not None: v = v.next"),
    Case("a ring of a hundred thousand", "v = [[] for _ in range(100_000)]\nfor a, b in zip(v, v[1:] + v[:1]): a.append(b)" + USES),
    Case("each holds each", "v = [[] for _ in range(700)]\nfor a in v: a.extend(v)" + USES),
    Case("shared parts, two to the fiftieth when told twice", "v = []\nfor _ in range(50): v = [v, v]" + USES),
    Case("tuples that share, two to the fiftieth", "v = ()\nfor _ in range(50): v = (v, v)" + USES),
    Case("closures of closures", "def wrap(f): return lambda: f()\nv = lambda: 1\nfor _ in range(20_000): v = wrap(v)" + USES),
    Case("partials of partials", "import functools\nv = print\nfor _ in range(5_000): v = functools.partial(lambda f: f, v)" + USES),
    Case("ten thousand classes", "v = [type(f'C{n}', (), {'x': [n], 'm': lambda self: n}) for n in range(5_000)]" + USES),
    Case("a class with ten thousand bases in a row", "v = object\nfor n in range(800): v = type(f'B{n}', (v,), {})" + USES),
    Case("a metaclass that makes attributes up", "class M(type):\n    def __getattribute__(c, n): return type.__getattribute__(c, n) if n.startswith('__') else M(n, (), {})\nclass v(metaclass=M): pass" + USES),
    Case("a dict whose keys lie about their hash", "class K:\n    def __hash__(self): return 1\n    def __eq__(self, o): return self is o\nv = {K(): n for n in range(2_000)}" + USES),
    Case("an iterator without end, held and not used", "import itertools\nv = [itertools.count(), itertools.cycle([1]), itertools.repeat(2)]" + USES),
    Case("generators by the thousand", "def g(n):\n    held = [n] * 100\n    yield held\nv = [g(n) for n in range(20_000)]\nfor one in v: next(one)" + USES),
    Case("frames and tracebacks", "import sys\ndef f(n): return f(n - 1) if n else sys._getframe()\nv = f(500)" + USES),
    Case("exceptions with long chains", "v = None\nfor n in range(20_000):\n    e = ValueError(n); e.__context__ = v; v = e\ndel e" + USES + "\n---\nwhile v is not None: v, v.__context__ = v.__context__, None"),
    Case("weak references that die", "import weakref\nclass A: pass\nv = weakref.WeakSet(); keep = [A() for _ in range(50_000)]\nfor a in keep: v.add(a)" + USES),
    Case("deques, default dicts, counters", "from collections import *\nv = [deque(range(300_000)), Counter(range(300_000)), defaultdict(list, {n: [n] for n in range(100_000)}), OrderedDict.fromkeys(range(100_000))]" + USES),
    Case("dataclasses by the hundred thousand", "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    x: int; y: list = field(default_factory=list)\nv = [P(n) for n in range(200_000)]" + USES),
    Case("slots by the hundred thousand", "class P:\n    __slots__ = ('x', 'y')\n    def __init__(s, x): s.x = x; s.y = [x]\nv = [P(n) for n in range(200_000)]" + USES),
    Case("named tuples by the hundred thousand", "from collections import namedtuple\nP = namedtuple('P', 'x y'); v = [P(n, [n]) for n in range(200_000)]" + USES),
    Case("an array of objects", "import numpy as np\nv = np.array([[n] for n in range(200_000)] + [None], object)" + USES),
    Case("an array of a gigabyte that was never touched", "import numpy as np\nv = np.zeros(125_000_000)" + USES),
    Case("an array with a stride of nought", "import numpy as np\nv = np.lib.stride_tricks.as_strided(np.ones(1), (10**12,), (0,))" + USES),
    Case("views of views", "import numpy as np\nv = np.arange(10_000_000)\nfor _ in range(500): v = v[1:]" + USES),
    Case("many small arrays", "import numpy as np\nv = [np.full(10, n) for n in range(100_000)]" + USES),
    Case("a masked and a structured array", "import numpy as np\nv = [np.ma.array(np.arange(2_000_000), mask=False), np.zeros(500_000, [('a', int), ('b', 'U20')])]" + USES),
    Case("a map of a file that has shrunk", "import numpy as np\nopen('m', 'wb').write(b'x' * 10_000_000)\nv = np.memmap('m', mode='r+'); open('m', 'wb').close()" + USES),
    Case("a map of a file that is gone", "import mmap, os\nopen('m', 'wb').write(b'x' * 1_000_000)\nf = open('m', 'r+b'); v = mmap.mmap(f.fileno(), 0); os.remove('m')" + USES),
    Case("a frame of texts", "import pandas as pd\nv = pd.DataFrame({f'c{n}': [f't{i}' for i in range(100_000)] for n in range(5)})" + USES),
    Case("a frame of objects", "import pandas as pd\nv = pd.DataFrame({'a': [[i] for i in range(100_000)]})" + USES),
    Case("a thousand columns", "import pandas as pd, numpy as np\nv = pd.DataFrame(np.zeros((100, 2_000))).copy()\nv.columns = [f'c{n}' for n in range(2_000)]" + USES),
    Case("an index of a million texts", "import pandas as pd\nv = pd.Series(range(300_000), index=[f'i{n}' for n in range(300_000)])" + USES),
    Case("a hundred frames that are views of one", "import pandas as pd\nf = pd.DataFrame({'a': range(1_000_000)}); v = [f[n:] for n in range(100)]" + USES),
    Case("an etree and a parsed program", "import ast, xml.etree.ElementTree as et\nv = [ast.parse('x = 1\\n' * 20_000), et.fromstring('<a>' + '<b c=\"d\"/>' * 100_000 + '</a>')]" + USES),
    Case("a module of ten thousand functions", "import types\nv = types.ModuleType('made'); exec('\\n'.join(f'def f{n}(): return {n}' for n in range(10_000)), v.__dict__)" + USES),
    Case("a function with ten thousand lines", "exec('def v():\\n' + '\\n'.join(f'    x{n} = {n}' for n in range(10_000)))" + USES),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The most that one hook took while a session ran: in budgets, seconds and megabytes."""

    budgets: float
    seconds: float
    megabytes: float
    wrong: tuple[str, ...]


def _taken(cells: list[str]) -> Taken:
    shell = InteractiveShell.instance()
    tracker, said = load(shell)
    hooks = measure_hooks(shell)
    # The first of each kind loads what all of them use.
    for cell in ("warm = [1]", "warm.append({'k': warm})", "del warm"):
        run_cell(shell, cell)
    hooks.seconds.clear()
    hooks.megabytes.clear()
    for cell in cells:
        run_cell(shell, cell)
    wrong = [text for text in said if "internal error" in text]
    if len(tracker.runs) != len(cells) + 3:
        wrong.append(f"{len(tracker.runs) - 3} runs of {len(cells)} cells")
    config, runs = tracker.config, tracker.runs[3:]
    # Two hooks a cell. A long cell gives the hook after it more.
    budgets = [config.budget_ms / 1_000 for _ in hooks.seconds]
    for run, place in zip(runs, range(1, len(budgets), 2), strict=False):
        budgets[place] = max(budgets[place], config.budget_share * run.duration)
    share = max(took / budget for took, budget in zip(hooks.seconds, budgets, strict=True))
    return Taken(share, max(hooks.seconds), max(hooks.megabytes), tuple(wrong))


def run(task: Task) -> list[Row]:
    """Each value in a process of its own. The table has the most of all, and who took it."""
    prepare()
    cases = [case for case in VALUES if task.wants(case.name)]
    if not task.length.figures:
        cases = [case for case in cases if not _is_large(case)] if not task.only else cases
    faults: list[str] = []
    took: dict[str, Taken] = {}
    with new_place() as place:
        for case in cases:
            found = _least(place, case, task)
            if isinstance(found, str):
                faults.append(f"{case.name}\n  {found}")
                continue
            took[case.name] = found
            faults += [f"{case.name}\n  {line}" for line in (*found.wrong, *_beyond(found, task))]
    return [Row("values", "values of every bad kind", len(cases), _worst(took), tuple(faults))]


def _is_large(case: Case) -> bool:
    return any(f"{number}" in case.text for number in ("000_000", "00_000", "50_000", "20_000"))


def _least(place: Place, case: Case, task: Task) -> Taken | str:
    """The least of some attempts, as long as it is beyond a bound."""
    least: Taken | None = None
    for _ in range(ATTEMPTS if task.length.figures else 1):
        try:
            found: Taken = in_fork(place, _taken, case.cells, seconds=SECONDS)
        except LostError as lost:
            return str(lost)
        if least is None or found.budgets < least.budgets:
            least = found
        if found.wrong or not _beyond(found, task):
            return found
    assert least is not None
    return least


def _beyond(taken: Taken, task: Task) -> list[str]:
    if not task.length.figures:
        return []
    found = []
    if taken.budgets > TIMES_BUDGET:
        found.append(f"a hook took {taken.budgets:.1f} budgets ({taken.seconds * 1_000:.0f} ms)")
    if taken.megabytes > MEGABYTES:
        found.append(f"a hook took {taken.megabytes:.0f} MB")
    return found


def _worst(took: dict[str, Taken]) -> str:
    if not took:
        return ""
    slow = max(took, key=lambda name: took[name].budgets)
    large = max(took, key=lambda name: took[name].megabytes)
    return f"{took[slow].budgets:.1f} budgets ({slow}), {took[large].megabytes:.0f} MB ({large})"

"""Reports that no session made: notebooks of any size, and names that try to be something else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import strategies as st

from cellgraph.model import CellState, Edge, Finding, Report, State

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "]]><!--",
    "\"quoted\" & 'quoted'",
    "<b>HTML-like label</b>",
    "\\N\\G\\l",
    "a -> b; c [label=x]",
    "&lt;already&gt;",
    "🧑‍🔬📈",
    "数据框",
    "متغير",
    "naïve_Ω",
    "\x1b[2J\x07 cursor",
    "abc\u202eoverride",
    "null\x00byte\ud800",
    "line\nbreak\ttab",
)

STATES: tuple[State, ...] = ("good", "stale", "noted", "failed", "deleted", "unrun")

_SOURCES = (
    "# Load\ndf = pd.read_csv('data/train.csv')",
    "df['age'] = df['age'].fillna(df['age'].median())",
    "model = RandomForestClassifier(n_estimators=200).fit(X_train, y_train)",
    "X_train, X_test, y_train, y_test = train_test_split(X, y)",
    "def rmse(a, b):\n    return np.sqrt(((a - b) ** 2).mean())",
    "fig, ax = plt.subplots(figsize=(8, 4))",
)
_NAMES = (
    "df",
    "model",
    "X",
    "y",
    "cfg",
    "scores",
    "features",
    "fig",
    "ax",
    "rmse",
    "a_frame_with_a_long_name",
)


def cell(index: int, state: State = "good", source: str = "pass", writes: tuple[str, ...] = ()) -> CellState:
    """The cell at ``index`` (from 0), labelled by its place."""
    return CellState(f"c{index}", f"[{index + 1}]", state, source, runs=1, writes=writes)


def warning(index: int, text: str = "used df from [1]", code: str = "CG101") -> Finding:
    """A warning about the cell at ``index``."""
    message = f"[{index + 1}] {text} · run [{index + 1}]"
    return Finding(code, "warning", f"c{index}", "df", "c0", message, (f"c{index}",))


def notebook(size: int, seed: int = 0) -> Report:
    """A notebook like real ones: imports that most cells read, chains, some long reaches, some doubt."""
    random = Random(seed)
    cells = [cell(0, source="import numpy as np\nimport pandas as pd", writes=("np", "pd"))]
    cells += [_cell(index, random) for index in range(1, size)]
    edges = [edge for index in range(1, size) for edge in _edges(index, cells, random)]
    doubted = frozenset(edge.target for edge in edges if edge.stale)
    states = tuple(replace(one, state="stale") if one.cell in doubted else one for one in cells)
    plan = tuple(one.cell for one in states if one.cell in doubted)
    findings = tuple(warning(index) for index, one in enumerate(states) if one.cell in doubted)
    return Report(states, tuple(edges), findings, plan)


def _cell(index: int, random: Random) -> CellState:
    state = random.choices(STATES[:1] + STATES[2:], [30, 2, 1, 1, 1])[0]
    writes = tuple(random.sample(_NAMES, random.choice([0, 1, 1, 1, 2, 4])))
    return cell(index, state, random.choice(_SOURCES), writes)


def _edges(index: int, cells: list[CellState], random: Random) -> list[Edge]:
    found = {0: ("np",)} if random.random() < 0.7 else {}
    for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
        near = index - 1 - int(random.expovariate(0.3))
        source = max(0, near) if random.random() < 0.85 else random.randrange(index)
        found |= {source: cells[source].writes[:2]} if cells[source].writes else {}
    return [_edge(source, index, names, random) for source, names in found.items()]


def _edge(source: int, target: int, names: tuple[str, ...], random: Random) -> Edge:
    stale = frozenset(names[:1] if random.random() < 0.08 else ())
    return Edge(f"c{source}", f"c{target}", names, stale)


def hostile() -> Report:
    """A chain of cells whose ids, sources and names are all hostile."""
    cells = tuple(
        CellState(f"id {name}", f"[{index + 1}]", "stale", f"x = {name}", reads=(name,), writes=(name,))
        for index, name in enumerate(HOSTILE)
    )
    edges = tuple(
        Edge(before.cell, after.cell, before.writes, frozenset(before.writes))
        for before, after in pairwise(cells)
    )
    findings = tuple(
        Finding("CG101", "warning", one.cell, one.writes[0], None, f"{one.label} used {one.writes[0]}")
        for one in cells
    )
    return Report(cells, edges, findings, tuple(one.cell for one in cells))


@st.composite
def reports(draw: st.DrawFn, most: int = 12) -> Report:
    """Any graph of up to ``most`` cells: upward edges, own output, deleted cells and all."""
    size = draw(st.integers(1, most))
    cells = tuple(cell(index, draw(st.sampled_from(STATES)), writes=("a",)) for index in range(size))
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=2 * size))
    names = st.lists(st.sampled_from(("a", "b", "c", "df", "model")), min_size=1, max_size=4, unique=True)
    edges = tuple(Edge(f"c{source}", f"c{target}", tuple(draw(names))) for source, target in sorted(pairs))
    return Report(
        cells, tuple(replace(edge, stale=frozenset(edge.names[: draw(st.integers(0, 1))])) for edge in edges)
    )

"""Made notebooks of any size that look like real ones, for pictures that are judged by eye.

The cells of a chapter load a table, clean it, look at it, plot it and fit something. Names are used again
from chapter to chapter. ``session`` gives the ledger and the report of a session in which some cells ran
again.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from random import Random

from cellgraph.analyse.time_travel import report_after
from cellgraph.model import Digest, Order, Read, Report, Run, Write, WriteKind
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger

_HEAD = (
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import train_test_split",
    "SEED = 7\nFOLDER = 'data'",
    "def rmse(found, wanted):\n    return np.sqrt(((found - wanted) ** 2).mean())",
    "def histogram(table, column):\n    fig, ax = plt.subplots()\n    table[column].hist(ax=ax, bins=40)",
    "results = {}",
)
_TOPICS = (
    "patients",
    "visits",
    "prices",
    "sales",
    "weather",
    "stations",
    "orders",
    "rides",
    "flights",
    "crops",
)
_CHAPTER = (
    "raw_{t} = pd.read_csv(f'{{FOLDER}}/{t}.csv', parse_dates=['day'])",
    "raw_{t}.head()",
    "raw_{t}.describe().T.round(1)",
    "{t} = raw_{t}.dropna(subset=['value']).drop_duplicates()",
    "del raw_{t}",
    "{t}['month'] = {t}['day'].dt.month",
    "{t}['ratio'] = {t}['value'] / {t}['value'].mean()",
    "# How it is spread\nhistogram({t}, 'value')\nplt.show()",
    "by_month = {t}.groupby('month')['value'].agg(['mean', 'std', 'count'])",
    "by_month",
    "fig, ax = plt.subplots(figsize=(8, 3))\nby_month['mean'].plot(ax=ax)\nax.set_title('{t}')",
    "limit = {t}['ratio'].quantile(0.99)",
    "{t} = {t}[{t}['ratio'] < limit]",
    "X = {t}[['month', 'ratio']]\ny = {t}['value']",
    "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=SEED)",
    "model = Ridge(alpha=0.5)\nscores = [model.score(X_train, y_train)]",
    "max(scores)",
    "model.fit(X_train, y_train)\npredicted = model.predict(X_test)",
    "results['{t}'] = rmse(predicted, y_test)",
    "for name, value in results.items():\n    print(f'{{name:>10}} {{value:8.3f}}')",
)
_USED_BY_ALL = 6
"""Cells at the top that every chapter uses. They do not run again."""


@dataclass(frozen=True)
class Uses:
    """What a text reads from outside, and what it does with which name."""

    reads: tuple[str, ...]
    writes: dict[str, WriteKind]


@dataclass
class _Namespace:
    digests: dict[str, Digest] = field(default_factory=dict)
    tokens: Iterator[int] = field(default_factory=count)

    def new(self, name: str) -> Digest:
        kind = "DataFrame" if name.startswith(("raw_", "X")) else "float"
        return Digest(
            f"{next(self.tokens):016x}", type=kind, size="shape (1000, 12)" if kind != "float" else ""
        )


def texts(size: int) -> list[str]:
    """The texts of ``size`` cells."""
    return list(islice(_texts(), size))


def _texts() -> Iterator[str]:
    yield from _HEAD
    for number in count():
        topic = _TOPICS[number % len(_TOPICS)] + (
            f"_{number // len(_TOPICS)}" if number >= len(_TOPICS) else ""
        )
        for line in _CHAPTER:
            yield line.format(t=topic)


def session(size: int, again: int = 2, seed: int = 3) -> tuple[Ledger, Report]:
    """A notebook of ``size`` cells that ran from top to bottom; then ``again`` cells of it ran once more."""
    sources, namespace = texts(size), _Namespace()
    redone = [
        at
        for at, text in enumerate(sources)
        if at > min(_USED_BY_ALL, size - 4) and "=" in text.split("\n")[0]
    ]
    places = [*range(size), *Random(seed).sample(redone, min(again, len(redone)))]
    functions = _functions(sources)
    runs = [
        _run(number, place, sources[place], namespace, functions) for number, place in enumerate(places, 1)
    ]
    ledger, order = Ledger(runs), Order(tuple(f"c{at}" for at in range(size)))
    return ledger, report_after(ledger, order, len(runs))


def _functions(sources: list[str]) -> dict[str, tuple[str, ...]]:
    """What the functions of the notebook read when they are called."""
    return {
        next(iter(uses(text).writes)): uses(text.replace("def ", "lambda: 0\ndef ")).reads
        for text in sources
        if text.startswith("def ")
    }


def _run(
    number: int, place: int, text: str, namespace: _Namespace, functions: dict[str, tuple[str, ...]]
) -> Run:
    found = uses(text)
    called = [name for read in found.reads for name in functions.get(read, ())]
    reads = tuple(
        Read(Name(name), "", namespace.digests[name])
        for name in dict.fromkeys([*found.reads, *called])
        if name in namespace.digests
    )
    writes = tuple(_write(name, kind, namespace, found.reads) for name, kind in found.writes.items())
    return Run(number, f"c{place}", number, text, duration=0.02, reads=reads, writes=writes)


def _write(name: str, kind: WriteKind, namespace: _Namespace, sources: tuple[str, ...]) -> Write:
    if kind == "delete":
        namespace.digests.pop(name, None)
        return Write(Name(name), "delete", (), None, sources)
    namespace.digests[name] = digest = namespace.new(name)
    return Write(Name(name), kind, (), digest, sources)


def uses(text: str) -> Uses:
    """What a text does with global names, as far as these notebooks go."""
    tree = ast.parse(text)
    writes: dict[str, WriteKind] = {}
    local = {
        one.arg if isinstance(one, ast.arg) else one.id
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for one in ast.walk(function)
        if isinstance(one, ast.arg) or (isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    }
    for node in ast.walk(tree):
        for name, kind in _written(node):
            if name not in local:
                writes.setdefault(name, kind)
    loaded = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and not isinstance(node.ctx, ast.Store)
        and not hasattr(builtins, node.id)
    ]
    reads = (
        name
        for name in loaded
        if name not in local and not (writes.get(name) == "bind" and _binds_first(text, name))
    )
    return Uses(tuple(dict.fromkeys(reads)), writes)


def _binds_first(text: str, name: str) -> bool:
    """Whether the first line with the name binds it without reading it."""
    line = next(line for line in text.splitlines() if name in line)
    target, _, value = line.partition("=")
    return (name in target and name not in value) or line.startswith("for ")


def _written(node: ast.AST) -> Iterator[tuple[str, WriteKind]]:
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0], "bind"
    elif isinstance(node, ast.FunctionDef):
        yield node.name, "bind"
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id, "bind" if isinstance(node.ctx, ast.Store) else "delete"
    elif (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    ):
        yield node.value.id, "mutate"
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fit", "append")
        and isinstance(node.func.value, ast.Name)
    ):
        yield node.func.value.id, "mutate"

"""Small promoted packages of different kinds, as texts."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Package:
    """A package: the text of ``steps.py``, and the files of the notebook's folder.

    The targets are the fields of its class ``Results``.
    """

    name: str
    steps: str
    files: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def write(self, folder: Path) -> Path:
        """Write the notebook's folder with the package in it. Gives the folder of the package."""
        package = folder / self.name
        package.mkdir(parents=True)
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        (package / "__init__.py").write_text('"""A package."""\n', encoding="utf-8")
        (package / "steps.py").write_text(self.steps, encoding="utf-8")
        (package / "dag.json").write_text(json.dumps(dag(self), indent=1), encoding="utf-8")
        return package


def dag(package: Package) -> dict[str, Any]:
    """What ``dag.json`` holds, read off ``main``: each statement of it calls a step."""
    tree = ast.parse(package.steps)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    main, results = found["main"], found["Results"]
    made: dict[str, str] = {}
    steps = []
    for node in main.body:
        if not isinstance(node, ast.Assign) or not isinstance(call := node.value, ast.Call):
            continue
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        if name == "Settings":
            continue
        function = found[name]
        assert isinstance(function, ast.FunctionDef)
        given = [ast.unparse(argument) for argument in call.args]
        parameters = [
            {"name": one.arg, "annotation": "", "type": "", "source": _source(text, made)}
            for one, text in zip(function.args.args, given, strict=True)
        ]
        target = node.targets[0]
        returns = [ast.unparse(one) for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
        made.update(dict.fromkeys(returns, name))
        steps.append({
            "name": name, "cells": [len(steps) + 1], "after": [], "parameters": parameters,
            "returns": [{"name": one, "annotation": "", "type": "", "source": ""} for one in returns],
        })  # fmt: skip
    targets = [ast.unparse(one.target) for one in results.body if isinstance(one, ast.AnnAssign)]
    return {
        "format": 1,
        "notebook": f"{package.name}.ipynb",
        "module": f"{package.name}.steps",
        "settings": [],
        "steps": steps,
        "targets": [{"name": one, "annotation": "", "type": "", "source": ""} for one in targets],
        "omitted": [],
    }


def _source(text: str, made: Mapping[str, str]) -> str:
    return "settings" if text.startswith("settings") else made[text]


_HEAD = '''"""Steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

'''

ORDERS = "\n".join(
    ["order,city,price,units"]
    + [f"{n},{('Rome', 'Oslo', 'Bern')[n % 3]},{2.5 + n % 7},{1 + n % 4}" for n in range(60)]
    + ["60,Rome,,2", "61,Oslo,4.5,-1"]
)

SHOP = Package(
    "shop",
    _HEAD
    + '''import pandas as pd


@dataclass(frozen=True)
class Settings:
    """Paths and constants."""

    path: str = "orders.csv"
    discount: float = 0.1
    least: float = 20.0


def load(path: str) -> pd.DataFrame:
    """The orders."""
    orders = pd.read_csv(path)
    return orders


def clean(orders: pd.DataFrame) -> pd.DataFrame:
    """Orders with a price, and with units."""
    clean_orders = orders.dropna(subset=["price"])
    clean_orders = clean_orders[clean_orders["units"] > 0]
    return clean_orders


def totals(clean_orders: pd.DataFrame, discount: float) -> pd.DataFrame:
    """What each order brings in."""
    priced = clean_orders.copy()
    priced["total"] = priced["price"] * priced["units"]
    large = priced["units"] >= 3
    priced.loc[large, "total"] = priced.loc[large, "total"] * (1 - discount)
    return priced


def by_city(priced: pd.DataFrame, least: float) -> tuple[pd.DataFrame, float]:
    """The cities by what they bring in."""
    cities = priced.groupby("city")["total"].agg(["sum", "mean"]).sort_values("sum", ascending=False)
    cities = cities[cities["sum"] > least]
    share = float(cities["sum"].iloc[0] / cities["sum"].sum())
    return cities, share


class Results(NamedTuple):
    """The targets."""

    cities: pd.DataFrame
    share: float


def main(argv: Sequence[str] | None = None) -> Results:
    """Run all."""
    settings = Settings()
    orders = load(settings.path)
    clean_orders = clean(orders)
    priced = totals(clean_orders, settings.discount)
    cities, share = by_city(priced, settings.least)
    return Results(cities, share)
''',
    {"orders.csv": ORDERS + "\n"},
)

MODEL = Package(
    "model_pipeline",
    _HEAD
    + '''import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier


@dataclass(frozen=True)
class Settings:
    """Paths and constants."""

    rows: int = 300
    seed: int = 7


def make_data(rows: int, seed: int) -> pd.DataFrame:
    """Some people."""
    np.random.seed(seed)
    people = pd.DataFrame({"age": np.random.uniform(18, 80, rows), "income": np.random.normal(40, 9, rows)})
    people["buys"] = (people["age"] * 0.4 + people["income"] > 60).astype(int)
    return people


def split(people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three quarters to learn from."""
    order = np.random.permutation(len(people))
    cut = len(people) * 3 // 4
    train, test = people.iloc[order[:cut]], people.iloc[order[cut:]]
    return train, test


def fit(train: pd.DataFrame) -> tuple[LogisticRegression, DecisionTreeClassifier]:
    """Two models."""
    features = ["age", "income"]
    linear = LogisticRegression(C=0.5).fit(train[features], train["buys"])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(train[features], train["buys"])
    return linear, tree


def score(linear: LogisticRegression, tree: DecisionTreeClassifier, test: pd.DataFrame) -> dict[str, float]:
    """How many each gets right."""
    features = ["age", "income"]
    scores = {}
    for name, model in (("linear", linear), ("tree", tree)):
        scores[name] = float(accuracy_score(test["buys"], model.predict(test[features])))
    return scores


class Results(NamedTuple):
    """The targets."""

    scores: dict[str, float]
    linear: LogisticRegression


def main(argv: Sequence[str] | None = None) -> Results:
    """Run all."""
    settings = Settings()
    people = make_data(settings.rows, settings.seed)
    train, test = split(people)
    linear, tree = fit(train)
    scores = score(linear, tree, test)
    return Results(scores, linear)
''',
)

SIGNAL = Package(
    "waves",
    _HEAD
    + '''import math

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Constants."""

    size: int = 5000
    window: int = 25


class Peak:
    """A place and its height."""

    def __init__(self, at: int, height: float) -> None:
        self.at, self.height = at, height


def wave(size: int) -> np.ndarray:
    """A wave with a trend."""
    at = np.arange(size) / 100
    signal = np.sin(at) * 3 + np.cos(at * 2) - at / 40
    return signal


def smooth(signal: np.ndarray, window: int) -> np.ndarray:
    """A moving mean."""
    weights = np.hanning(window)
    smoothed = np.convolve(signal, weights / weights.sum(), mode="same")
    return smoothed


def peaks(smoothed: np.ndarray) -> tuple[list[Peak], list[str]]:
    """Places above both neighbours."""
    found = []
    for at in range(1, len(smoothed) - 1):
        if smoothed[at] > smoothed[at - 1] and smoothed[at] >= smoothed[at + 1]:
            found.append(Peak(at, float(smoothed[at])))
    labels = [f"{peak.at}: {peak.height:.3f}" for peak in found]
    return found, labels


def summary(found: list[Peak], signal: np.ndarray) -> dict[str, Any]:
    """Numbers on the peaks."""
    heights = [peak.height for peak in found]
    report = {"count": len(found), "highest": max(heights), "spread": math.sqrt(sum(h * h for h in heights))}
    report["above"] = int((signal > report["highest"] / 2).sum())
    return report


class Results(NamedTuple):
    """The targets."""

    report: dict[str, Any]
    labels: list[str]


def main(argv: Sequence[str] | None = None) -> Results:
    """Run all."""
    settings = Settings()
    signal = wave(settings.size)
    smoothed = smooth(signal, settings.window)
    found, labels = peaks(smoothed)
    report = summary(found, signal)
    return Results(report, labels)
''',
)

PACKAGES = (SHOP, MODEL, SIGNAL)

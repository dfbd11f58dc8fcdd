"""Helpers of a notebook's that change libraries or databases for the cells that call them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from cellgraph.code.sql_statements import Effect, effect_of_words
from cellgraph.trace.library_helpers import HelperStores
from cellgraph.trace.tracing_backend import Touched
from cellgraph.trace.worker_calls import unseen_reads

ATTACH = "def attach(cls, name, f):\n    setattr(cls, name, f)"
BY_NAME = "def patch(cls):\n    def deco(f):\n        setattr(cls, f.__name__, f)\n    return deco"
STORES = "def install(cls):\n    cls.width = len"
PLAIN = "def area(r):\n    return 3 * r"
OWN = "class P:\n    def __init__(self, x):\n        self.x = x"


@pytest.mark.parametrize(
    ("helper", "text", "pair"),
    [
        (ATTACH, "attach(pd.Series, 'twice', f)", "pd.Series.twice"),
        (BY_NAME, "@patch(pd.Series)\ndef twice(s): pass", "pd.Series.twice"),
        (STORES, "install(pd.Series)", "pd.Series.width"),
        ("", "for n in ('twice',): setattr(pd.Series, n, f)", "pd.Series.twice"),
        (ATTACH, "hasattr(pd.Series, 'twice')", ""),
        (ATTACH, "def g():\n    attach(pd.Series, 'twice', f)", ""),
        (PLAIN, "area(pd.Series)", ""),
        (OWN, "P(pd.Series)", ""),
    ],
)
def test_what_a_text_may_set_through_a_helper(helper: str, text: str, pair: str) -> None:
    """The call names the owner and the attribute. A text that calls no such helper sets nothing."""
    stores = HelperStores()
    stores.learn(helper, ast.parse(helper))
    pairs = {f"{ast.unparse(owner)}.{name}" for owner, name in stores.pairs(text, ast.parse(text), {})}
    assert pair in pairs if pair else not pairs


def test_an_object_of_a_helper_class_is_known_by_its_class() -> None:
    """``tool.put(pd.Series, "twice", f)``: the class of ``tool`` is what a cell has defined."""
    helper = "class Tool:\n    def put(self, cls, name, f):\n        setattr(cls, name, f)"
    stores = HelperStores()
    stores.learn(helper, ast.parse(helper))
    tool = type("Tool", (), {})()
    text = "tool.put(pd.Series, 'twice', f)"
    names = [name for _, name in stores.pairs(text, ast.parse(text), {"tool": tool})]
    assert "twice" in names


@pytest.mark.parametrize(
    ("names", "texts", "effect"),
    [
        ({"con", "execute"}, {"insert into t values (1)"}, "changes"),
        ({"con", "execute"}, {"create table if not exists t (x int)"}, "repeats"),
        ({"con", "execute"}, {"select * from t", "update", "delete", "set"}, ""),
        ({"con", "execute", "insert"}, set(), "changes"),
        ({"Session", "begin", "add"}, set(), "changes"),
        ({"metadata", "create_all"}, set(), "repeats"),
        ({"to_sql"}, set(), "changes"),
        ({"items", "add"}, {"insert into t"}, ""),
    ],
)
def test_what_the_words_of_functions_do_to_a_database(
    names: set[str], texts: set[str], effect: Effect
) -> None:
    """One function has the call, another the SQL."""
    assert effect_of_words(names, texts) == effect


@pytest.mark.parametrize(
    ("helper", "found"),
    [
        ("def pmap(f, xs):\n    with Pool(1) as p: return p.map(f, xs)", {"base"}),
        ("class pmap:\n    def run(self, f): return ProcessPoolExecutor(1).map(f, [1])", {"base"}),
        ("def pmap(f, xs):\n    return list(map(f, xs))", set()),
    ],
)
def test_workers_that_a_helper_starts_read_what_their_function_reads(helper: str, found: set[str]) -> None:
    """The cell's own text names no worker: the helper's code does."""
    namespace: dict[str, Any] = {"__name__": "__main__", "base": 1}
    exec(f"{helper}\ndef shift(x):\n    return x + base", namespace)
    whole = frozenset({("", False)})
    touched = Touched(reads={"pmap": whole, "shift": whole})
    assert unseen_reads("pmap(shift, [1])", touched, namespace) & {"base"} == found

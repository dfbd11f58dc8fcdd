"""Which reads flow into which writes, statement by statement."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import pytest

from cellgraph.capture.flow import RESULT, flows
from cellgraph.capture.steps import steps


@dataclass(frozen=True)
class Case:
    """What flows into ``target`` of ``source``, where calls may change ``changeable`` in place."""

    name: str
    source: str
    target: str
    origins: str
    changeable: str = ""

    def __str__(self) -> str:
        return self.name


# A table: the shorter a row, the more rows are in view.
# fmt: off
CASES = (
    Case("constant", "k = 3", "k", ""),
    Case("assignment", "y = x + z", "y", "x z"),
    Case("through an own name", "t = x\ny = t", "y", "x"),
    Case("statements beside each other", "y = x\nk = 3", "k", ""),
    Case("condition", "if flag: y = 1\nelse: y = 2", "y", "flag"),
    Case("branch that leaves it alone", "if flag: y = 1", "y", "flag y"),
    Case("loop", "t = 0\nfor i in xs: t = t + i", "t", "xs"),
    Case("loop around", "for i in xs:\n    a = b\n    b = c", "a", "a b c xs"),
    Case("try", "try: y = f(x)\nexcept E: y = d", "y", "d f x"),
    Case("augmented", "y += x", "y", "x y"),
    Case("method that changes", "ys.append(x)", "ys", "x ys"),
    Case("call that may change", "fill(ys, x)", "ys", "fill x ys", "ys"),
    Case("item stored", "d['k'] = x", "d", "d x"),
    Case("function's reads come when it is called", "def f(): return x\ny = f()", "y", "x"),
    Case("result", "t = x\nt + z", RESULT, "x z"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=str)
def test_these_names_flow_into_that_one(case: Case) -> None:
    """Too much at the most, never too little."""
    deferred = ["x"] if "def " in case.source else []
    found = flows(steps(ast.parse(case.source)), deferred, lambda name: name in case.changeable.split())
    assert found[case.target] == set(case.origins.split())

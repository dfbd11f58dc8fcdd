"""Which models a text uses in the mode that they are in, and of which it sets the mode first."""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any

import pytest

from cellgraph.code.model_modes import model_modes

NOTEBOOK = """
def score(model, x):
    model.eval()
    with torch.no_grad():
        return model(x)
def predict(x):
    with torch.no_grad():
        return net(x)
def count(model): return sum(part.numel() for part in model.parameters())
def report(model, x): return score(model, x)
"""
"""Functions of the notebook. ``report`` sets the mode by what it calls."""
NAMES: dict[str, Any] = {}
exec(NOTEBOOK, NAMES)
CASES = {
    "net(x)": ("net", ""),
    "y = net.encoder(x)": ("net", ""),
    "loss = crit(net(x), y)": ("crit net", ""),
    "net.eval(); net(x)": ("", "net"),
    "net(x); net.eval()": ("net", "net"),
    "net.train(False)(x)": ("", "net"),
    "net[1].eval()": ("", "net"),
    "student.train(); teacher(x)": ("teacher", "student"),
    "score(net, x)": ("", "net"),
    "report(net, x)": ("", "net"),
    "predict(x)": ("net", ""),
    "count(net)": ("", ""),
    "net.parameters(); net.to(d)": ("", ""),
    "Trainer().fit(net)": ("Trainer", ""),
    "def f(): return net(x)": ("", ""),
    "f = lambda x: net(x)": ("", ""),
    "[net(b) for b in batches]": ("net", ""),
    "for b in batches:\n    net.eval()\n    net(b)": ("", "net"),
}
"""The names that are used, and those of which the mode is set. Only those that hold models count later on."""


def code(name: str) -> CodeType | None:
    """The code of a function of the notebook."""
    return NAMES[name].__code__ if name in NAMES and name != "__builtins__" else None


@pytest.mark.parametrize("text", CASES)
def test_a_text_uses_models_or_sets_their_mode_first(text: str) -> None:
    """The order of the calls decides. What a function is given counts by the words in its code."""
    used, sets = CASES[text]
    found = model_modes(ast.parse(text), code)
    others = {"", "torch", "no_grad", "eval", "x", "score"}
    assert (found.used - others, found.sets - others) == (set(used.split()), set(sets.split()))


def test_a_text_that_is_no_python_uses_none() -> None:
    """Its tree is None."""
    assert model_modes(None, code) == (frozenset(), frozenset())

"""Which models a text uses in the mode that they are in, and of which it sets the mode first."""

from __future__ import annotations

import ast

import pytest

from cellgraph.code.model_modes import model_modes

FUNCTIONS = {
    "score": frozenset({"eval", "no_grad"}),
    "predict": frozenset({"net", "no_grad"}),
    "count": frozenset({"parameters", "numel"}),
}
"""Functions of the notebook, and the words in their code."""
CASES = {
    "net(x)": ("net", ""),
    "y = net.encoder(x)": ("net", ""),
    "loss = crit(net(x), y)": ("crit net", ""),
    "net.eval(); net(x)": ("", "net"),
    "net(x); net.eval()": ("net", "net"),
    "net.train(False)(x)": ("", "net"),
    "net[1].eval()": ("", "net"),
    "student.train(); teacher(x)": ("teacher", "student"),
    "score(net, x)": ("", "eval net no_grad x"),
    "predict(x)": ("net no_grad x", ""),
    "count(net)": ("", ""),
    "net.parameters(); net.to(d)": ("", ""),
    "Trainer().fit(net)": ("Trainer", ""),
    "def f(): return net(x)": ("", ""),
    "f = lambda x: net(x)": ("", ""),
    "[net(b) for b in batches]": ("net", ""),
    "for b in batches:\n    net.eval()\n    net(b)": ("", "net"),
}
"""The names that are used, and those of which the mode is set. Only those that hold models count later on."""


@pytest.mark.parametrize("text", CASES)
def test_a_text_uses_models_or_sets_their_mode_first(text: str) -> None:
    """The order of the calls decides. What a function is given counts by the words in its code."""
    used, sets = CASES[text]
    found = model_modes(ast.parse(text), FUNCTIONS.get)
    assert (found.used - {""}, found.sets - {""}) == (set(used.split()), set(sets.split()))


def test_a_text_that_is_no_python_uses_none() -> None:
    """Its tree is None."""
    assert model_modes(None, FUNCTIONS.get) == (frozenset(), frozenset())

"""The hash of what a run displayed: what no two runs share is left out of it."""

from __future__ import annotations

import pytest

from cellgraph.trace.shown_output import _plain

_ALIKE = {
    "an address": ("<object at 0x7f01ab34>", "<object at 0x7f99cd>"),
    "a cell in a terminal": ("<ipython-input-3-8c7b>:1: x", "<ipython-input-12-8c7b>:1: x"),
    "a cell in a kernel": ("/tmp/ipykernel_312/9.py: x", "/tmp/ipykernel_4711/9.py: x"),
    "a UUID": ("id=0c4f8a52-1d2e-4f3a-9b8c-0123456789ab;", "id=ffffffff-1d2e-0000-9b8c-0123456789ab;"),
    "the page of an estimator": ("#sk-container-id-1 {x}", "#sk-container-id-27 {x}"),
    "the page of a styled frame": ("#T_a1b2c3 td", "#T_00ff9 td"),
}
_OTHERS = {
    "numbers": ("0x12", "0x13"),
    "a part of a word": ("aT_a1b2c3", "aT_a1b2c4"),
    "half a UUID": ("0c4f8a52-1d2e-4f3a-x", "0c4f8a53-1d2e-4f3a-x"),
    "what is around": ("<object at 0x7f01ab34> a", "<object at 0x7f01ab34> b"),
}


@pytest.mark.parametrize("name", _ALIKE)
def test_what_no_two_runs_share_is_left_out(name: str) -> None:
    """Two runs that show it show the same, alone and among other such words."""
    one, other = _ALIKE[name]
    assert _plain(one) == _plain(other)
    around = " 0xffff sk-x-id-1 {} 0c4f8a52-1d2e-4f3a-9b8c-0123456789ab"
    assert _plain(around.format(one)) == _plain(around.format(other))


@pytest.mark.parametrize("name", _OTHERS)
def test_what_looks_like_it_counts(name: str) -> None:
    """Other words stay as they are."""
    one, other = _OTHERS[name]
    assert _plain(one) != _plain(other)

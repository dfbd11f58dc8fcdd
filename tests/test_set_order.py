"""Which texts go by the order of a set, or by a hash, that another process does not repeat."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cellgraph.code import set_order

BY_HASH = (
    "vocab = list(set(words))",
    "index = {w: i for i, w in enumerate(set(words))}",
    "for label in set(df['label']):\n    print(label)",
    "labels = {'cat', 'dog'}\nprint(labels)",
    "labels = {'cat', 'dog'}\nfirst, second = labels",
    "names = ', '.join({n.lower() for n in names})",
    "one = set(words).pop()",
    "one = next(iter(set(words)))",
    "both = [w for w in set(a) & set(b)]",
    "columns = [*set(df.columns), 'y']",
    "bucket = hash(word) % 10",
    "s = pd.Series(list(set(words)))",
    "picked = random.choice(list(set(words)))",
    "text = f'{set(words)}'",
    "only = list(set(a) - set(b))",
    "ids = dict.fromkeys(set(words), 0)",
    "def encode(words):\n    return {w: i for i, w in enumerate(set(words))}",
)
THE_SAME = (
    "vocab = sorted(set(words))",
    "n = len(set(words))",
    "seen = set()",
    "known = set(words)",
    "ok = 'a' in set(words)",
    "same = set(a) == set(b)",
    "both = set(a) & set(b)",
    "numbers = list({1, 2, 3})",
    "lengths = [n for n in {len(w) for w in words}]",
    "days = list(set(range(7)))",
    "counts = {w: 0 for w in words}",
    "d = {'a': 1}\nfor key in d:\n    print(key)",
    "total = sum(len(w) for w in set(words))",
    "rows = df[df['k'].isin(set(keys))]",
    "x = hash(3)",
    "unique = {w for w in set(words)}",
    "%timeit list(range(3))",
    "f'{x:>{width}}'",
    "this is no Python {",
)


@pytest.fixture(autouse=True)
def random_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a kernel that was started without a seed."""
    monkeypatch.setattr(set_order, "_IS_SEEDED", False)


@pytest.mark.parametrize("text", BY_HASH)
def test_a_text_that_takes_texts_in_the_order_of_a_set(text: str) -> None:
    """What it makes is another after a restart."""
    assert set_order.goes_by_hash(text)


@pytest.mark.parametrize("text", THE_SAME)
def test_a_text_that_does_not(text: str) -> None:
    """The order is none that shows, or that of numbers."""
    assert not set_order.goes_by_hash(text)


def test_names_that_hold_sets_count() -> None:
    """A cell above may have made the set."""
    assert not set_order.goes_by_hash("print(labels)")
    assert set_order.goes_by_hash("print(labels)", {"labels"})
    assert not set_order.goes_by_hash("print(sorted(labels))", {"labels"})


@pytest.mark.parametrize(("seed", "told"), [("0", False), ("7", False), ("random", True)])
def test_a_process_with_a_seed_repeats_the_order(seed: str, told: bool) -> None:
    """``PYTHONHASHSEED`` is asked once, when the kernel starts: to set it later changes no hash."""
    code = "from cellgraph.code.set_order import goes_by_hash; print(goes_by_hash('list(set(words))'))"
    found = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == str(told)

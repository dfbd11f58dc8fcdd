"""Digesters of users and libraries: registered, by protocol, by entry point; and what if they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import cellgraph
from cellgraph.digest import user_digesters
from cellgraph.session import Tracker
from tests.digests import digest, look


class Index:
    """A value whose content no attribute tells: a counter of reads stands beside it."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.reads = 0


class Finer(Index):
    """A subclass."""


class Sealed:
    """A value that says by itself what identifies it."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.reads = 0

    def __cellgraph_digest__(self) -> object:
        return self.key


def by_key(value: Any) -> object:
    """What identifies an index."""
    return [value.key]


@pytest.fixture
def register() -> Iterator[Callable[..., Callable[[], None]]]:
    """``register_digest``, taken back after the test."""
    undo: list[Callable[[], None]] = []

    def registering(*arguments: Any) -> Callable[[], None]:
        undo.append(cellgraph.register_digest(*arguments))
        return undo[-1]

    yield registering
    for take_back in undo:
        take_back()


def _read(value: Any) -> Any:
    value.reads += 1
    return value


@pytest.mark.parametrize("name", [Index, f"{__name__}.Index", f"{__name__.partition('.')[0]}.Index"], ids=str)
def test_what_the_function_gives_stands_for_the_value(name: object, register: Any) -> None:
    """What the function gives stands for the value, by type or by name, and for subclasses too."""
    register(name, by_key)
    for kind in (Index, Finer):
        assert digest(kind(1)).quality == "exact"
        assert digest(kind(1)).agrees(digest(_read(kind(1))))
        assert not digest(kind(1)).agrees(digest(kind(2)))
    assert not digest(Index(1)).agrees(digest(Finer(1)))


def test_the_nearest_registration_counts(register: Any) -> None:
    """One for the subclass goes before one for its base, and the base keeps its own."""
    register(Index, by_key)
    register(Finer, lambda value: value.reads)
    assert digest(Finer(1)).agrees(digest(Finer(2)))
    assert not digest(Index(1)).agrees(digest(Index(2)))


def test_a_nearer_handler_of_cellgraphs_own_counts(register: Any) -> None:
    """A registration for a base does not replace what cellgraph knows of a type derived from it."""
    from collections import OrderedDict

    register(dict, lambda _: 0)
    assert digest({1: 2}).agrees(digest({}))
    assert not digest(OrderedDict(a=1)).agrees(digest(OrderedDict()))


def test_a_registration_can_be_taken_back(register: Any) -> None:
    """A registration can be taken back; taking back one that was replaced does nothing."""
    first = register(Index, by_key)
    register(Index, lambda value: value.reads)
    first()
    assert digest(Index(1)).agrees(digest(Index(2)))


def test_the_protocol_needs_no_registration() -> None:
    """A class may say itself what identifies its values."""
    assert digest(Sealed(1)).agrees(digest(_read(Sealed(1))))
    assert not digest(Sealed(1)).agrees(digest(Sealed(2)))


def test_the_value_is_an_alias_and_what_stands_for_it_is_none(register: Any) -> None:
    """Names that share the value are aliases; what the function gives is nobody's."""
    given = [1]
    register(Index, lambda _: given)
    value = Index(1)
    assert id(value) in look([value]).mutable
    assert id(given) not in look(value).mutable


def _fails(value: Any) -> object:
    raise KeyError(value.key)


def _meddles(value: Any) -> object:
    value.reads += 1
    return 1


def _gives_nothing(value: Any) -> object:
    return None


def _dawdles(value: Any) -> object:
    time.sleep(user_digesters.SLOW_S + 0.01)
    return 1


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_fails, "failed (KeyError)"),
        (_meddles, "changed the value"),
        (_gives_nothing, ""),
        (_dawdles, "took too long"),
    ],
)
def test_what_cannot_be_relied_on_is_opaque(function: Any, said: str, register: Any, capsys: Any) -> None:
    """Where the function fails, meddles, gives nothing or takes long the value is opaque; said once."""
    register(Index, function)
    assert [digest(Index(1)).quality, digest(Index(1)).quality] == ["opaque", "opaque"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == bool(said)
    assert all(said in line for line in lines)


@pytest.mark.parametrize(("what", "function"), [(3, by_key), (Index, 3)])
def test_a_wrong_argument_is_told(what: Any, function: Any) -> None:
    """A wrong argument is told at once."""
    with pytest.raises(TypeError):
        cellgraph.register_digest(what, function)


class _EntryPoint:
    """An entry point as ``importlib.metadata`` gives it, that counts its loads."""

    def __init__(self, function: Any) -> None:
        self.function, self.loads = function, 0

    def load(self) -> Any:
        self.loads += 1
        if self.function is None:
            raise ImportError
        return self.function


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], _EntryPoint]:
    """Declare an entry point for ``Index``."""

    def offering(function: Any) -> _EntryPoint:
        entry = _EntryPoint(function)
        monkeypatch.setattr(user_digesters, "_entry_points", lambda: {f"{__name__}.Index": entry})
        return entry

    monkeypatch.setattr(user_digesters, "_by_name", {})
    monkeypatch.setattr(user_digesters, "_reported", set())
    return offering


def test_an_entry_point_is_loaded_for_its_own_type_alone(offer: Any) -> None:
    """An entry point is loaded when the first value of its type is looked at, and once."""
    entry = offer(by_key)
    digest(Sealed(1))
    assert entry.loads == 0
    assert digest(Index(1)).agrees(digest(_read(Index(1))))
    assert entry.loads == 1


def test_entry_points_are_not_asked_for_what_cellgraph_knows(offer: Any, monkeypatch: Any) -> None:
    """To read what all installed packages declare takes long: not for types of a library that is known."""
    monkeypatch.setattr(user_digesters, "_entry_points", lambda: pytest.fail("they were read"))
    assert user_digesters.offered_digester(Index, lambda root: root == __name__.partition(".")[0]) is None


def test_a_registration_counts_for_what_was_looked_at_before(register: Any) -> None:
    """A class of an installed library, of which it is remembered how its values are looked at."""
    from fractions import Fraction

    before = digest(Fraction(1, 3))
    undo = cellgraph.register_digest(Fraction, lambda value: value.numerator)
    assert digest(Fraction(1, 3)).agrees(digest(Fraction(1, 4)))
    undo()
    assert digest(Fraction(1, 3)).agrees(before)
    assert not digest(Fraction(1, 3)).agrees(digest(Fraction(1, 4)))


def test_an_entry_point_that_cannot_be_loaded_is_told(offer: Any, capsys: Any) -> None:
    """A value whose entry point cannot be loaded is opaque; said once."""
    offer(None)
    assert [digest(Index(1)).quality, digest(Index(1)).quality] == ["opaque", "opaque"]
    assert capsys.readouterr().err.count("could not be loaded (ImportError)") == 1


CLASS = """
scale = 2
class Model:
    def __init__(self): self.key, self.cache = 1, 0
    def __cellgraph_digest__(self): return self.key * scale
m = Model()
"""


def test_a_cell_sees_no_read_of_the_digester(shell: InteractiveShell, tracker: Tracker) -> None:
    """What a digester reads is no read of the cell, and what it leaves out is no change."""
    for code in (CLASS, "m.cache = 5", "m.key = 2", "z = m.key"):
        shell.run_cell(code)
    names = [sorted(read.name for read in run.reads) for run in tracker.runs[1:]]
    assert tracker.runs[0].conservative or names == [["m"], ["m"], ["m"]]  # the text alone tells less
    first, cached, changed, _ = (
        [w.digest.value for w in run.writes if w.name == "m"] for run in tracker.runs
    )
    assert all(value == first[0] for value in cached)
    assert changed[0] != first[0]


IN_A_CELL = """
class Sized:
    def __init__(self, size):
        self.size, self.reads = size, 0
import cellgraph
undo = cellgraph.register_digest(Sized, lambda value: [value.size])
undo = cellgraph.register_digest("elsewhere.Sized", lambda value: [value.size])
"""


def test_what_a_cell_registers_ends_with_unloading(shell: InteractiveShell) -> None:
    """A notebook's registrations last as long as its tracker does, and hold nothing of it afterwards."""
    by_name, by_type = dict(user_digesters._by_name), dict(user_digesters._by_type)
    for _ in range(2):
        cellgraph.load(shell)
        shell.run_cell(IN_A_CELL, store_history=True)
        shell.run_cell(IN_A_CELL, store_history=True)
        assert user_digesters._by_name.keys() - by_name.keys() == {"elsewhere.Sized"}
        cellgraph.unload(shell)
        assert user_digesters._by_name == by_name
        assert user_digesters._by_type.keys() <= by_type.keys()


def test_what_no_cell_registers_stays(shell: InteractiveShell, tmp_path: Path) -> None:
    """Made before loading, or by a module that a cell imports, a registration outlives the session."""
    (tmp_path / "registering_module.py").write_text(
        "import cellgraph\nundo = cellgraph.register_digest('elsewhere.Two', id)\n"
    )
    shell.run_cell("import cellgraph; undo = cellgraph.register_digest('elsewhere.One', id)")
    cellgraph.load(shell)
    shell.run_cell(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import registering_module")
    cellgraph.unload(shell)
    assert {"elsewhere.One", "elsewhere.Two"} <= user_digesters._by_name.keys()
    shell.run_cell(
        "undo(); registering_module.undo(); sys.path.pop(0); del sys.modules['registering_module']"
    )
    assert user_digesters._by_name.keys().isdisjoint({"elsewhere.One", "elsewhere.Two"})

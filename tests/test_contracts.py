"""Contracts: what a value was is expected of the next, in a session and in the code that is written of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from cellgraph import rules
from cellgraph.analyse.contract_source import check_source, module_source
from cellgraph.record import jsonl
from cellgraph.record.contracts import storage
from cellgraph.record.contracts.clauses import differences, first, merged
from cellgraph.record.contracts.describe import describe
from cellgraph.record.contracts.facts import RANGED, SETTLED, Contract

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from cellgraph.session import Tracker


class Loud:
    """Fails the test where any of its methods is called to look at it."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"{name} was looked up")

    __eq__ = __hash__ = __repr__ = __bool__ = __lt__ = __iter__ = __len__ = __getattribute__  # type: ignore[assignment]


TYPE, COLUMNS, DTYPE, NULLS = "CG401", "CG402", "CG403", "CG404"
NEW, REPEATED, RANGE, SHAPE = "CG405", "CG406", "CG407", "CG408"


def frame(**columns: Any) -> pd.DataFrame:
    """A frame of orders, with some columns replaced or added."""
    usual = {
        "id": list(range(40)),
        "price": [1.5 + row for row in range(40)],
        "city": ["Rome", "Oslo", None, "Oslo"] * 10,
        "paid": [True, False] * 20,
        "kind": pd.Categorical(["a", "b"] * 20),
        "when": pd.date_range("2024-01-01", periods=40),
        "parts": pd.array([1, 2, None, 2] * 10, dtype="Int64"),
        "note": pd.Series(["x", "y"] * 20, dtype=object),
    }
    return pd.DataFrame({**usual, **columns})


def table(**columns: Any) -> Any:
    """The same in polars."""
    pl = pytest.importorskip("polars")
    usual = {
        "id": list(range(40)),
        "price": [1.5 + row for row in range(40)],
        "city": ["Rome", "Oslo", None, "Oslo"] * 10,
        "paid": [True, False] * 20,
        "when": pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 2, 9), eager=True),
        "tags": [["a"], ["b", "c"]] * 20,
    }
    return pl.DataFrame({**usual, **columns})


@dataclass(frozen=True)
class Mutation:
    """A value, another that is not of its kind, and the codes that say so."""

    name: str
    make: Callable[[], Any]
    mutate: Callable[[Any], Any]
    codes: str
    samples: int = 1
    """How many different samples of the value there were before; each has another number in it."""

    def __str__(self) -> str:
        return self.name


def _set(value: Any, place: Any, new: Any) -> Any:
    value[place] = new
    return value


MUTATIONS = (
    Mutation("pandas: a column is missing", frame, lambda df: df.drop(columns="price"), COLUMNS),
    Mutation("pandas: a column is new", frame, lambda df: df.assign(tax=1.0), COLUMNS),
    Mutation(
        "pandas: a column has another name", frame, lambda df: df.rename(columns={"price": "p"}), COLUMNS
    ),
    Mutation("pandas: another dtype", frame, lambda df: df.astype({"price": "float32"}), DTYPE),
    Mutation("pandas: integers became floats", frame, lambda df: df.astype({"id": "float64"}), DTYPE),
    Mutation("pandas: a number became text", frame, lambda df: df.astype({"price": str}), DTYPE),
    Mutation(
        "pandas: objects of another type",
        frame,
        lambda _: frame(note=pd.Series([1] * 40, dtype=object)),
        DTYPE,
    ),
    Mutation("pandas: another resolution", frame, lambda df: df.astype({"when": "datetime64[s]"}), DTYPE),
    Mutation(
        "pandas: NaN where there was none",
        frame,
        lambda df: df.assign(price=df.price.where(df.id > 0)),
        NULLS,
    ),
    Mutation("pandas: more missing than before", frame, lambda _: frame(city=["Rome", None] * 20), NULLS),
    Mutation(
        "pandas: a masked integer is missing",
        frame,
        lambda _: frame(parts=pd.array([1, None] * 20, dtype="Int64")),
        NULLS,
    ),
    Mutation("pandas: NaT", frame, lambda df: df.assign(when=df.when.where(df.id > 0)), NULLS),
    Mutation("pandas: a new text", frame, lambda df: df.assign(city=df.city.replace("Oslo", "Paris")), NEW),
    Mutation("pandas: a new category", frame, lambda _: frame(kind=pd.Categorical(["a", "c"] * 20)), NEW),
    Mutation("pandas: a key is repeated", frame, lambda df: df.assign(id=df.id // 2), REPEATED),
    Mutation("pandas: no rows", frame, lambda df: df.iloc[:0], SHAPE),
    Mutation(
        "pandas: a number beyond all before", frame, lambda df: df.assign(price=df.price * 10), RANGE, RANGED
    ),
    Mutation("pandas: below all before", frame, lambda df: df.assign(price=-df.price), RANGE, RANGED),
    Mutation(
        "pandas: a series of another dtype", lambda: frame().price, lambda s: s.astype("float32"), DTYPE
    ),
    Mutation("pandas: a series with NaN", lambda: frame().price, lambda s: s.where(s > 3), NULLS),
    Mutation("pandas: a series with a new text", lambda: frame().city, lambda s: s.replace("Oslo", "x"), NEW),
    Mutation("pandas: a frame became a series", frame, lambda df: df.price, TYPE),
    Mutation("polars: a column is missing", table, lambda df: df.drop("price"), COLUMNS),
    Mutation("polars: a column is new", table, lambda df: df.with_columns(tax=1.0), COLUMNS),
    Mutation(
        "polars: another dtype", table, lambda df: df.cast({"price": sys.modules["polars"].Float32}), DTYPE
    ),
    Mutation("polars: another inner dtype", table, lambda _: table(tags=[[1], [2, 3]] * 20), DTYPE),
    Mutation(
        "polars: a null", table, lambda _: table(price=[None, *range(39)]).cast({"price": float}), NULLS
    ),
    Mutation("polars: NaN", table, lambda _: table(price=[float("nan")] + [1.0] * 39), NULLS),
    Mutation("polars: more nulls", table, lambda _: table(city=["Rome", None] * 20), NULLS),
    Mutation("polars: a new text", table, lambda _: table(city=["Rome", "Paris", None, "Oslo"] * 10), NEW),
    Mutation("polars: a key is repeated", table, lambda _: table(id=[1] * 40), REPEATED),
    Mutation("polars: no rows", table, lambda df: df.head(0), SHAPE),
    Mutation(
        "polars: a number beyond all before",
        table,
        lambda df: df.with_columns(df["price"] * 10),
        RANGE,
        RANGED,
    ),
    Mutation("polars: a series with a null", lambda: table()["price"], lambda s: s.shift(1), NULLS),
    Mutation(
        "polars: a series of another dtype", lambda: table()["id"], lambda s: s.cast(int).cast(float), DTYPE
    ),
    Mutation("numpy: another shape", lambda: np.ones((4, 3)), lambda _: np.ones((4, 2)), SHAPE),
    Mutation("numpy: more dimensions", lambda: np.ones((4, 3)), lambda _: np.ones((4, 3, 1)), SHAPE),
    Mutation("numpy: another dtype", lambda: np.ones((4, 3)), lambda a: a.astype("float32"), DTYPE),
    Mutation("numpy: NaN", lambda: np.ones((4, 3)), lambda a: _set(a, (0, 0), np.nan), NULLS),
    Mutation("numpy: empty", lambda: np.ones((4, 3)), lambda a: a[:0], SHAPE),
    Mutation("numpy: another length", lambda: np.arange(5.0), lambda a: a[:4], SHAPE, SETTLED),
    Mutation("numpy: a new label", lambda: np.array(["a", "b"] * 9), lambda _: np.array(["a", "c"] * 9), NEW),
    Mutation("numpy: became a list", lambda: np.arange(3), lambda a: a.tolist(), TYPE),
    Mutation("list: elements of another type", lambda: [1, 2, 3], lambda _: ["1", "2"], DTYPE),
    Mutation("list: None", lambda: [1, 2, 3], lambda _: [1, None], NULLS),
    Mutation("list: empty", lambda: [1, 2, 3], lambda _: [], SHAPE),
    Mutation("list: a new text", lambda: ["a", "b", "a", "b"], lambda _: ["a", "c"], NEW),
    Mutation("tuple: became a list", lambda: (1, 2), list, TYPE),
    Mutation("dict: a key is missing", lambda: {"lr": 0.1, "n": 3}, lambda _: {"lr": 0.1}, COLUMNS),
    Mutation("dict: a key is new", lambda: {"lr": 0.1}, lambda _: {"lr": 0.1, "n": 3}, COLUMNS),
    Mutation("dict: a value of another type", lambda: {"lr": 0.1}, lambda _: {"lr": "0.1"}, DTYPE),
    Mutation("dict of lists", lambda: {"a": [1, 2]}, lambda _: {"a": ["1"]}, DTYPE),
    Mutation("a number became a text", lambda: 0.5, lambda _: "0.5", TYPE),
    Mutation("a number became NaN", lambda: 0.5, lambda _: float("nan"), NULLS),
)
each = pytest.mark.parametrize("case", MUTATIONS, ids=str)


def contract_of(case: Mutation) -> Contract:
    """The contract of a case, after as many samples as it asks for."""
    made = first("value", describe(case.make(), 1.0), "0")
    for number in range(1, case.samples):
        made = merged(made, describe(case.make(), 1.0), str(number))
    return made


@each
def test_a_contract_tells_what_is_different(case: Mutation) -> None:
    """The value itself meets its contract. The mutated one does not, and the code says in what."""
    contract = contract_of(case)
    assert differences(contract, describe(case.make(), 1.0)) == ()
    found = differences(contract, describe(case.mutate(case.make()), 1.0))
    assert {one.code for one in found} >= set(case.codes.split()), found
    assert all(("run" in one.words and "was" in one.words) or "had" in one.words for one in found)


@pytest.mark.slow
@each
def test_the_written_check_tells_the_same(case: Mutation) -> None:
    """The code that is written of a contract passes what was seen, and fails for the mutated value."""
    if "pandas." in (kind := contract_of(case).type) or kind == "polars.DataFrame":
        pytest.importorskip("pandera")
    check = written_check(contract_of(case))
    seen = case.make()
    assert check(seen) is not None
    with pytest.raises(
        Exception, match=r"value|schema|column|Check|expected|dtype|failed|null|unique|series|Backend"
    ) as failed:
        check(case.mutate(case.make()))
    assert type(failed.value).__name__ in {
        "ValueError",
        "SchemaError",
        "SchemaErrors",
        "BackendNotFoundError",
    }


def written_check(contract: Contract) -> Callable[[Any], Any]:
    """The function that the source of a contract defines."""
    space: dict[str, Any] = {}
    exec(compile(module_source([contract]), "checks.py", "exec"), space)
    check: Callable[[Any], Any] = space[check_source(contract).function]
    return check


SAME_KIND = (
    (frame, lambda df: df.sample(frac=1.0, random_state=0)),
    (frame, lambda df: df.head(10)),
    (frame, lambda df: df.assign(price=df.price * 3)),
    (frame, lambda df: df[[*df.columns[::-1]]]),
    (table, lambda df: df.reverse()),
    (lambda: np.ones((4, 3)), lambda _: np.zeros((9, 3))),
    (lambda: np.arange(4), lambda _: np.arange(400)),
    (lambda: [1, 2], lambda _: [3]),
    (lambda: {"a": 1}, lambda _: {"a": 2}),
    (lambda: 0.5, lambda _: 0.7),
    (frame, lambda df: frame(note=pd.Series([None] * 40, dtype=object)).assign(note=df.note)),
)


@pytest.mark.parametrize(("make", "other"), SAME_KIND)
def test_one_sample_does_not_bind_what_it_may_show_by_accident(make: Any, other: Any) -> None:
    """Another order, another number of rows and other numbers are no difference after one sample."""
    assert differences(first("value", describe(make(), 1.0)), describe(other(make()), 1.0)) == ()


def test_a_difference_says_how_much_it_rests_on() -> None:
    """The share of nulls now, the share before, and the number of runs."""
    contract = replace(first("df", describe(frame(), 1.0)), runs=14)
    prices = [1.0 if row else None for row in range(40)]
    [found] = differences(contract, describe(frame(price=prices), 1.0))
    assert found.words == "price: 2.5 % null, was 0 in 14 runs"


def test_a_value_seen_before_is_no_new_sample() -> None:
    """Runs that give an equal value add a run to what a contract rests on, and no sample."""
    seen = describe([1, 2, 3], 1.0)
    contract = merged(merged(first("a", seen, "x"), seen, "x"), seen, "y")
    assert (contract.runs, contract.samples) == (3, 2)


def test_a_range_that_moves_binds_nothing() -> None:
    """Each of many samples exceeds the one before: no bound is expected of the next."""
    contract = first("a", describe([1.0], 1.0), "0")
    for number in range(2, 12):
        contract = merged(contract, describe([float(number)], 1.0), str(number))
    assert differences(contract, describe([99.0], 1.0)) == ()
    assert [one.code for one in differences(contract, describe([-1.0], 1.0))] == [RANGE]


def test_no_code_of_the_users_runs() -> None:
    """Elements, keys and values with methods of the user's are told by their types alone."""
    loud = Loud()
    for value in ([loud, loud], {"a": loud}, frame(note=pd.Series([loud] * 40, dtype=object)), loud):
        described = describe(value, 1.0)
        assert differences(first("value", described), described) == ()


def test_a_large_frame_is_sampled() -> None:
    """Where there is no time, columns are sampled, and what a sample cannot tell is not claimed."""
    large = pd.DataFrame({"id": np.arange(300_000), "text": ["a"] * 300_000})
    described = describe(large, 0.0)
    assert [part.exact for part in described.parts] == [False, False]
    assert all(part.count < 10_000 for part in described.parts)
    contract = first("df", described)
    assert contract.clauses[0].low is None
    assert contract.clauses[0].unique_for == 0
    assert differences(contract, describe(large, 10.0)) == ()


def test_contracts_are_json_and_back() -> None:
    """What is written of a contract gives an equal one again."""
    contracts = tuple(contract_of(case) for case in MUTATIONS)
    assert storage.loads(storage.dumps(contracts)) == contracts
    header = jsonl.dumps([], contracts)
    assert tuple(jsonl.loads(header).contracts.values()) == contracts[-1:]  # all have one name


@pytest.mark.parametrize("text", ["", "{}", "[1", '{"format": "cellgraph-contracts", "schema": 9}',
    '{"format": "cellgraph-contracts", "schema": 1, "contracts": [{"name": 3, "type": "x"}]}',
    '{"format": "cellgraph-contracts", "schema": 1, "contracts": [{"kind": 3}]}',
    '{"format": "cellgraph-contracts", "schema": 1, "contracts": [7]}'])  # fmt: skip
def test_a_file_that_holds_no_contracts_is_refused(text: str) -> None:
    """The reason names what is wrong."""
    with pytest.raises(storage.ContractFormatError, match=r"JSON|contract|schema|type"):
        storage.loads(text)


@pytest.mark.parametrize("rule", rules.CONTRACT_RULES.values(), ids=list(rules.CONTRACT_RULES))
def test_a_rule_of_contracts_says_everything(rule: rules.Rule) -> None:
    """Code, condition, sentence and remedy are there; it is a warning, and can be ignored."""
    assert rule.code.startswith("CG4")
    assert rule.severity == "warning"
    assert all((rule.title, rule.when, rule.sentence, rule.remedy))
    assert rule.sentence.format(reader="[1]", name="df", difference="…")
    assert rule.code in rules.SESSION_RULES


# -- in a session ------------------------------------------------------------------------------------------


class Session:
    """Types cells into a shell that is tracked."""

    def __init__(self, shell: InteractiveShell, tracker: Tracker, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell, self.tracker, self._capsys = shell, tracker, capsys

    def run(self, text: str, cell: str | None = None) -> str:
        """Run a cell; gives what was printed."""
        self._capsys.readouterr()
        self.shell.run_cell(text, store_history=True, cell_id=cell)
        return self._capsys.readouterr().out

    def codes(self) -> list[str]:
        """The codes of all warnings."""
        return [one.code for one in self.tracker.findings() if one.severity == "warning"]


@pytest.fixture
def session(shell: InteractiveShell, tracker: Tracker, capsys: pytest.CaptureFixture[str]) -> Session:
    """A shell with a cell ``load`` that makes ``rows``, which is under contract."""
    made = Session(shell, tracker, capsys)
    made.run("source = [1, 2, 3]", "data")
    made.run("rows = list(source)", "load")
    made.run("%cellgraph contract rows")
    return made


def test_a_later_run_that_breaks_it_is_told_and_withdrawn(session: Session) -> None:
    """The cell says it when it happens; it is no finding any more once the cell makes what it made."""
    assert session.codes() == []
    session.run("source = ['1', None]", "data")
    said = session.run("rows = list(source)", "load")
    assert "(CG403)" in said
    assert "has str, was int in 1 run" in said
    assert session.codes() == [NULLS, DTYPE] or session.codes() == [DTYPE, NULLS]
    session.run("source = [4, 5]", "data")
    session.run("rows = list(source)", "load")
    assert session.codes() == []
    assert session.tracker.contracts["rows"].samples == 2


def test_another_cell_that_makes_the_name_afresh_is_held_to_it(session: Session) -> None:
    """Wherever the data comes from now, it is to be what it was."""
    assert "(CG403)" in session.run("rows = ['1', '2']", "other")


def test_another_stage_and_another_use_of_the_name_are_no_breach(session: Session) -> None:
    """A cell that starts from the value makes another stage of it; another type is another thing."""
    session.run("rows = 'text'", "other")
    session.run("rows = list(source)", "load")
    session.run("rows = rows + ['x']", "below")
    assert not {TYPE, DTYPE}.intersection(session.codes())


def test_in_a_terminal_the_same_code_is_the_same_cell(session: Session) -> None:
    """Each input is a cell of its own there: its code tells, whatever its layout."""
    session.run("%cellgraph contract --drop rows")
    session.run("words = ['a', 'b']")
    session.run("%cellgraph contract words")
    assert "CG4" not in session.run("words = {1}")
    assert "CG403" in session.run("words = [1]")
    assert "CG4" not in session.run("words =['a',  'b'] # again")
    assert session.tracker.contracts["words"].runs == 2


def test_a_contract_in_the_cell_that_makes_it(session: Session) -> None:
    """A line of a cell can put under contract what the cell makes. In a second run it is held against it."""
    session.run("%cellgraph contract --drop rows")
    session.run("pick = source[:2]\n%cellgraph contract pick", "pick")
    assert session.tracker.contracts["pick"].cell == "pick"
    session.run("source = ['a', 'b']", "data")
    said = session.run("pick = source[:2]\n%cellgraph contract pick", "pick")
    assert "does not meet it" in said
    assert DTYPE in session.codes()


def test_accept_takes_the_present_value(session: Session) -> None:
    """What is accepted meets the contract from then on, and is no finding."""
    session.run("source = ['1']", "data")
    session.run("rows = list(source)", "load")
    assert DTYPE in session.codes()
    session.run("%cellgraph contract --accept rows")
    assert session.codes() == []
    session.run("rows = list(source)", "load")
    assert session.codes() == []


def test_drop_and_list(session: Session) -> None:
    """All are listed with what they rest on. Of one that is dropped nothing is said."""
    assert "rows: list (3) · seen in 1 run, 1 different value" in session.run("%cellgraph contract")
    session.run("source = ['1']", "data")
    session.run("rows = list(source)", "load")
    session.run("%cellgraph contract --drop rows")
    assert session.codes() == []
    assert "no name is under contract" in session.run("%cellgraph contract")
    assert "rows is under no contract" in session.run("%cellgraph contract --drop rows")


def test_the_ledger_keeps_contracts_and_what_broke_them(session: Session, tmp_path: Path) -> None:
    """They are saved with the ledger, and are there when it is loaded."""
    session.run("source = ['1']", "data")
    session.run("rows = list(source)", "load")
    before, codes = dict(session.tracker.contracts), session.codes()
    file = tmp_path / "ledger.jsonl"
    session.run(f"%cellgraph save {file}")
    session.run("%cellgraph contract --drop rows")
    session.run(f"%cellgraph load {file}")
    assert (dict(session.tracker.contracts), session.codes()) == (before, codes)


def test_a_file_of_contracts_serves_another_session(session: Session, tmp_path: Path) -> None:
    """It is JSON that people can read. Contracts that are loaded hold for runs from then on."""
    file = tmp_path / "contracts.json"
    assert "1 contract written" in session.run(f"%cellgraph contract rows --save {file}")
    assert json.loads(file.read_text(encoding="utf-8"))["contracts"][0]["name"] == "rows"
    session.run("%cellgraph reset")
    session.run("%cellgraph contract --drop rows")
    assert "1 contract read" in session.run(f"%cellgraph contract --load {file}")
    session.run("rows = {'a': 1}", "load")
    assert session.codes() == [TYPE]
    assert "could not be read" in session.run("%cellgraph contract --load /dev/null")


def test_a_code_can_be_ignored(session: Session) -> None:
    """By a comment in the cell, and by the option."""
    session.run("source = ['1']", "data")
    session.run("rows = list(source)  # cellgraph: ignore[CG403]", "load")
    assert session.codes() == []
    session.run("rows = list(source)", "load")
    assert session.codes() == [DTYPE]
    session.run("%cellgraph config ignore CG403")
    assert session.codes() == []


def test_a_value_is_not_held(session: Session) -> None:
    """What is under contract is freed when its name is deleted."""
    import gc
    import weakref

    session.run("import numpy as np\narray = np.ones(5)", "made")
    session.run("%cellgraph contract array")
    known = weakref.ref(session.shell.user_ns["array"])
    session.run("del array", "gone")
    gc.collect()
    assert known() is None


def test_torch_tensors() -> None:
    """Shape and dtype of a tensor are expected, in the session and in the written check."""
    torch = pytest.importorskip("torch")
    contract = first("t", describe(torch.ones(4, 3), 1.0))
    check = written_check(contract)
    assert check(torch.zeros(9, 3)) is not None
    for other, code in ((torch.ones(4, 2), SHAPE), (torch.ones(4, 3, dtype=torch.int64), DTYPE)):
        assert [one.code for one in differences(contract, describe(other, 1.0))] == [code]
        with pytest.raises(ValueError, match="t: "):
            check(other)

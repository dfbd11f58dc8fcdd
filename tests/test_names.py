"""Names: what they stand for, what they are called, and that they are text all the same."""

from __future__ import annotations

import ast
import json
import pickle
from pathlib import Path

import pytest

import cellgraph
from cellgraph.names import PENDING_RESULT, Kind, Name, is_result_variable, lists

PACKAGE = Path(cellgraph.__file__).parent
SPELLINGS = ("Out[", "Out:", "<result>", "file:", "setting:")
EACH = (
    (Name("df"), "df", Kind.VARIABLE, "df"),
    (Name("Output"), "Output", Kind.VARIABLE, "Output"),
    (Name("_"), "_", Kind.VARIABLE, "_"),
    (Name.of_result(3), "Out[3]", Kind.RESULT, "Out[3]"),
    (Name.of_cell("c1"), "Out:c1", Kind.RESULT, "Out:c1"),
    (PENDING_RESULT, "<result>", Kind.RESULT, "<result>"),
    (Name.of_file("data/x.csv"), "file:data/x.csv", Kind.FILE, "file data/x.csv"),
    (Name.of_setting("cwd"), "setting:cwd", Kind.SETTING, "setting cwd"),
)


@pytest.mark.parametrize(("name", "text", "kind", "label"), EACH, ids=[text for _, text, _, _ in EACH])
def test_a_name_is_its_text(name: Name, text: str, kind: Kind, label: str) -> None:
    """Its kind and label follow from the text, and it equals the text, in JSON and as a key too."""
    assert (name.kind, name.label) == (kind, label)
    assert name == text
    assert {text: 1}[name] == 1
    assert Name(json.loads(json.dumps(name))) == name
    assert pickle.loads(pickle.dumps(name)).kind is kind


def test_only_one_module_knows_how_names_are_spelled() -> None:
    """No other module tells kinds of names apart by how their text begins, or makes such a text."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        if any(isinstance(value, str) and value.startswith(SPELLINGS) for value in constants):
            found.append(path.name)
    assert found == ["names.py"]


def test_names_sort_by_kind_and_results_by_number() -> None:
    """Variables come first, ``Out[10]`` comes after ``Out[9]``, files and settings come last."""
    ordered = ["a", "z", "Out[9]", "Out[10]", "file:a", "file:b", "setting:a"]
    assert sorted(map(Name, reversed(ordered)), key=lambda name: name.sort_key) == ordered


def test_all_runs_of_a_cell_share_the_name_of_its_result() -> None:
    """A result is told by its cell, as its number changes with each run; no other name changes."""
    assert Name("Out[3]").across_runs("c") == Name("Out[7]").across_runs("c") == Name.of_cell("c")
    assert Name("x").across_runs("c") == "x"
    assert Name("file:x").across_runs("c") == "file:x"


def test_only_a_numbered_result_has_an_execution_count() -> None:
    """Where the front end showed no count, or the name is none of a result, there is none."""
    assert Name.of_result(12).execution_count == 12
    others = (Name.of_result(None), Name("Out"), Name("x"), Name.of_cell("3"))
    assert [name.execution_count for name in others] == [None] * 4


@pytest.mark.parametrize("name", ["_", "__", "___", "_3", "_12", "Out", "_oh"])
def test_the_variables_that_hold_results_refer_to_one(name: str) -> None:
    """IPython gives results under these keys; they are variables all the same."""
    assert is_result_variable(name)
    assert Name(name).refers_to_result
    assert not Name(name).is_result


@pytest.mark.parametrize("name", ["x", "____", "_x", "_3x", "Outer", "_i3", "file:_3"])
def test_other_variables_refer_to_no_result(name: str) -> None:
    """Only a whole match counts."""
    assert not Name(name).refers_to_result


@pytest.mark.parametrize(
    ("place", "given", "left_out"),
    [
        ("d/", "d/x d/y.csv ./d/x", "x d/e/x de/x"),
        ("./", "x ./x", "d/x"),
        ("*.csv", "x.csv", "x.txt d/x.csv"),
        ("d/*.csv", "d/x.csv", "d/x.txt d/e/x.csv x.csv"),
        ("d/**", "d/x d/e/x d/e/f/x", "x e/x"),
        ("d/**/*.csv", "d/x.csv d/e/x.csv d/e/f/x.csv", "x.csv d/x.txt e/d/x.csv"),
        ("runs/*/score.txt", "runs/1/score.txt", "runs/score.txt runs/1/2/score.txt runs/1/loss.txt"),
        ("d/x.csv", "d/x.csv", "d/y.csv"),
        ("~/d/x[0-9]", "~/d/x1", "~/d/xy"),
        ("/tmp/**/x", "/tmp/x /tmp/a/x", "x tmp/x"),
    ],
)
def test_which_files_a_listing_gives(place: str, given: str, left_out: str) -> None:
    """A folder gives what is directly in it, a pattern what fits it, ``**`` what is in folders below."""
    assert [path for path in given.split() if not lists(place, path)] == []
    assert [path for path in left_out.split() if lists(place, path)] == []

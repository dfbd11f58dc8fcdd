"""The registry of findings holds every code once, and the rest of the package reads it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import cellgraph
from cellgraph import rules
from cellgraph.analyse.findings import OF_THE_CELL
from cellgraph.rules import RULES, Rule

PACKAGE = Path(cellgraph.__file__).parent
WORDS = {
    "absent", "cause", "different", "gone", "how", "instead", "maker", "name", "number",
    "reader", "since", "why",
}  # fmt: skip
each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


def test_no_code_is_spelled_out_elsewhere() -> None:
    """Only the registry holds codes as text, in Python and in JavaScript alike."""
    files = [path for suffix in ("py", "js", "css") for path in PACKAGE.rglob(f"*.{suffix}")]
    spelled = [path.name for path in files if re.search(r"\bCG\d{3}\b", path.read_text(encoding="utf-8"))]
    assert len(files) > 100
    assert spelled == ["rules.py"]


def test_every_rule_is_registered_once() -> None:
    """A rule is registered by being a constant of the module, and no two share a code or a title."""
    constants = [value for value in vars(rules).values() if isinstance(value, Rule)]
    assert sorted(rule.code for rule in constants) == list(rules.EVERY_RULE)
    assert len({rule.title for rule in constants}) == len(constants)


@each_rule
def test_a_rule_says_everything(rule: Rule) -> None:
    """Code, title, condition, sentence and remedy are there; the severity follows from the code."""
    assert re.fullmatch(r"CG\d{3}", rule.code)
    assert all((rule.title, rule.when, rule.sentence, rule.remedy, rule.anchor))
    assert {"CG1": "warning", "CG2": "note"}[rule.code[:3]] == rule.severity
    assert rule.meaning in rule.help
    assert rule.remedy in rule.help
    assert rule.help.endswith(f"#{rule.anchor}")


@each_rule
def test_templates_use_known_words(rule: Rule) -> None:
    """A template has no placeholder that its builder does not fill, and names the input and the reader."""
    used = {field for _, field, _, _ in Formatter().parse(rule.sentence) if field}
    assert ({"reader"} if rule.code in OF_THE_CELL else {"reader", "name"}) <= used <= WORDS
    fix = {field for _, field, _, _ in Formatter().parse(rule.manual_fix) if field}
    assert fix <= {"reader", "cause", "name"}


def test_an_unknown_code_has_no_meaning() -> None:
    """A ledger of a newer version may hold codes that this one does not know."""
    assert rules.meaning("CG999") == ""

"""The sentences of findings: what happened, in the words and numbers that are on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.findings import SAID, Said
from tests.test_findings import new_notebook


@pytest.mark.parametrize("case", SAID, ids=str)
def test_a_finding_says_what_happened_and_what_to_run(
    case: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole sentence stands in the table: a change of words is a change that somebody has read."""
    monkeypatch.chdir(tmp_path)
    with new_notebook() as notebook:
        notebook.do(*case.actions)
        said = {finding.message for finding in notebook.tracker.findings() if finding.code == case.code}
    assert said == {case.message}


def test_every_code_has_its_sentence() -> None:
    """No code is without a row."""
    codes = {f"CG10{digit}" for digit in range(1, 9)} | {f"CG20{digit}" for digit in range(1, 5)}
    assert {case.code for case in SAID} == codes

"""The recipes of ``.github/CONTRIBUTING.md``, followed with a toy, in the way that they say."""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph import rules
from cellgraph.analyse import live_comparison
from cellgraph.analyse.live_comparison import Live, LiveDifference
from cellgraph.digest import registry
from cellgraph.frontends import notebook_order
from cellgraph.frontends.comm import FrontEnd
from cellgraph.magic import dispatch, queries, subcommands
from cellgraph.model import Read, Report, Run
from cellgraph.notebooks import saved
from cellgraph.record.ledger import Ledger
from cellgraph.render import formats
from cellgraph.session import Tracker
from tests.digests import digest, look
from tests.made_reports import notebook
from tests.pictures import codes

TEXT = (Path(__file__).parents[1] / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of code in a language, without the indentation of the list that they stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


@pytest.fixture
def toy() -> Iterator[type]:
    """A class of a library, for which the recipe's adapter is registered."""
    known = set(registry._BY_NAME)
    (adapter,) = (text for text in blocks("python") if "toylib.Table" in text)
    exec(adapter, {})
    added = registry._BY_NAME.keys() - known
    registry.reconsider()

    class Table:
        def __init__(self, rows: list[int]) -> None:
            self._rows, self.cursor = rows, 0

    Table.__module__, Table.__qualname__ = "toylib.tables", "Table"
    yield Table
    for name in added:
        del registry._BY_NAME[name]
    registry.reconsider()


def test_the_adapter_digests_what_it_says(toy: type) -> None:
    """Rows count, the cursor does not, and a name that shares the table is an alias."""
    one, same, other = toy([1, 2]), toy([1, 2]), toy([1, 3])
    same.cursor = 1
    assert digest(one) == digest(same)
    assert digest(one).quality == "exact"
    assert digest(one).value != digest(other).value
    assert id(one) in look([one]).mutable


def test_what_a_class_and_a_user_say_stands_for_the_value(shell: InteractiveShell) -> None:
    """The recipes for a notebook run in one."""
    for text in blocks("python"):
        if "Rule(" not in text:  # that one stands in a module of cellgraph's own
            assert shell.run_cell(text).success, text
    made = shell.run_cell("v = Index(); v.size, v.checksum, v.reads = 1, 2, 3; v").result
    before = digest(made)
    made.reads = 4
    assert digest(made) == before
    made.size = 5
    assert digest(made) != before


def test_a_finding_code_is_a_rule_and_the_place_that_detects_it(
    shell: InteractiveShell, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings, ``check``, ``help``, ``ignore`` and the README's table take it up from the registry."""
    (text,) = (text for text in blocks("python") if "Rule(" in text)
    made = {"Rule": rules.Rule}
    exec(text, made)
    rule = made["LONELY"]
    monkeypatch.setattr(rules, "LONELY", rule, raising=False)
    monkeypatch.setattr(rules, "EVERY_RULE", rules._registered(vars(rules)))
    monkeypatch.setattr(rules, "RULES", {**rules.RULES, rule.code: rule})
    monkeypatch.setattr(rules, "SESSION_RULES", {**rules.SESSION_RULES, rule.code: rule})
    compared = live_comparison._difference

    def detect(ledger: Ledger, run: Run, read: Read, live: Live) -> LiveDifference | None:
        if len(ledger.readers(read.name)) == 1:
            return LiveDifference(rule.code, run.cell, read, None)
        return compared(ledger, run, read, live)

    monkeypatch.setattr(live_comparison, "_difference", detect)
    for cell, source in (("a", "x = 1\nshared = 2"), ("b", "y = x + shared"), ("c", "z = shared")):
        with capture_output():
            shell.run_cell(source, store_history=True, cell_id=cell)
    assert [(f.code, f.severity, f.message) for f in tracker.findings()] == [
        ("CG290", "note", "[2] `y = x + shared` alone reads x")
    ]
    assert "  CG290 lonely: [2] `y = x + shared` alone reads x" in _answer(shell, "check")
    assert _answer(shell, "help CG290") == f"{rule.help}\n"
    readme = tmp_path / "README.md"
    readme.write_text("| CG101 | note | old |\n", encoding="utf-8")
    monkeypatch.setattr(codes, "RULES", rules.RULES)
    codes.write(readme)
    assert f"| CG290 | note | {rule.meaning} |" in readme.read_text(encoding="utf-8")
    _answer(shell, "config ignore CG290")
    assert tracker.findings() == []


def _answer(shell: InteractiveShell, line: str) -> str:
    with capture_output() as captured:
        shell.run_line_magic("cellgraph", line)
    return str(captured.stdout)


def test_a_front_end_is_a_place_of_the_id_and_a_place_of_the_path(
    shell: InteractiveShell, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells are known by its ids, and the saved file tells the order and the edits."""
    monkeypatch.setattr(notebook_order, "CELL_IDS", (*notebook_order.CELL_IDS, ("toy", "cell")))
    monkeypatch.setattr(saved, "PATH_VARIABLES", (*saved.PATH_VARIABLES, "__toy_file__"))
    metadata: dict[str, Any] = {}
    monkeypatch.setattr(shell, "get_parent", lambda: {"metadata": metadata}, raising=False)

    def run(cell: str, source: str) -> None:
        metadata["toy"] = {"cell": cell}
        with capture_output():
            shell.run_cell(source, store_history=True)

    run("use", "x = 0")
    run("make", "x = 1")
    run("use", "y = x")
    path = tmp_path / "toy.ipynb"
    texts = {"make": "x = 2", "use": "y = x"}
    cells = [{"cell_type": "code", "id": cell, "source": source} for cell, source in texts.items()]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    now = time_ns()  # the kernel's own clock for files may lag behind the end of the run above
    os.utime(path, ns=(now, now))
    shell.user_ns["__toy_file__"] = str(path)
    run("other", "z = 3")
    assert [cell.cell for cell in tracker.report().cells if cell.cell in texts] == list(texts)
    assert {("make", rules.NOT_RUN.code), ("use", rules.EDITED.code)} <= {
        (finding.cell, finding.code) for finding in tracker.findings()
    }


def test_a_format_is_one_function_and_one_line(
    shell: InteractiveShell, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The magic writes it, by its name or by the file's suffix."""

    def graph_count(report: Report) -> str:
        return f"{len(report.cells)} cells"

    monkeypatch.setitem(
        formats.FORMATS,  # type: ignore[arg-type]
        "count",
        formats.Format("how many cells", lambda material: graph_count(material.drawn)),
    )
    assert formats.FORMATS["count"].make(formats.RenderInput(notebook(12), tracker.ledger)) == "12 cells"
    shell.run_cell("x = 1", store_history=True)
    monkeypatch.chdir(tmp_path)
    with capture_output():
        shell.run_line_magic("cellgraph", "-o graph.count")
    assert Path("graph.count").read_text() == "1 cells"


def test_a_subcommand_is_a_line_of_help_and_a_function(
    shell: InteractiveShell, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The magic carries it out, explains it and completes it."""

    def count(tracker: Tracker, options: Namespace) -> None:
        tracker.display(f"{len(tracker.runs)} runs make {options.name}")

    text = "Count the runs."
    made = subcommands.Subcommand("count", text, "queries.count", ("name",))
    monkeypatch.setattr(queries, "count", count, raising=False)
    commands = {**subcommands.COMMANDS, "count": made}
    monkeypatch.setattr(subcommands, "_TABLE", tuple(commands.values()))
    monkeypatch.setattr(subcommands, "COMMANDS", commands)
    monkeypatch.setattr(dispatch, "COMMANDS", commands)
    shell.run_cell("x = 1", store_history=True)
    said = []
    for line in ("count x", "count --help", "count", "help"):
        with capture_output() as captured:
            shell.run_line_magic("cellgraph", line)
        said.append(captured.stdout)
    assert said[0] == "1 runs make x\n"
    assert text in said[1]
    assert said[2] == "cellgraph: missing: NAME (usage: %cellgraph count NAME)\n"
    assert f"  count    {text}" in said[3]


class Comm:
    """A comm whose other side is the test."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def on_msg(self, callback: Any) -> None:
        self.tell = lambda data: callback({"content": {"data": data}})

    def on_close(self, callback: Any) -> None:
        self.hang_up = callback

    def send(self, data: dict[str, Any]) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.hang_up(None)


def test_the_messages_of_the_protocol_are_those_that_are_sent(
    shell: InteractiveShell, tracker: Tracker
) -> None:
    """The kernel takes the message that is shown, and answers with the fields that are shown, no other."""
    request, answer, rerun, queue, watch, picture, frame = map(json.loads, blocks("json"))
    for cell, text in (("id1", "x = 1"), ("id2", "y = x + 1"), ("id1", "x = 2")):
        with capture_output():
            shell.run_cell(text, store_history=True, cell_id=cell)
    comm = Comm()
    front_end = FrontEnd(tracker, comm)
    comm.tell(request)
    assert tracker.rerun_in_place(rerun["cells"])
    assert tracker.open_panel()
    for message in (queue, watch, frame):
        comm.tell(message)
    front_end.close()
    sent, asked, opened, again, drawn, moment = comm.sent
    assert again == sent | {"asked": queue["asked"]}
    assert (asked, opened) == (rerun, {"kind": "open"})
    assert (drawn["kind"], drawn["model"]["heading"]) == (picture["kind"], picture["model"]["heading"])
    assert (moment["kind"], moment["asked"], len(moment["frame"]["cells"])) == ("frame", 1, 1)
    assert sent.pop("messages") == {}  # this shell is no kernel, so they were printed
    assert list(answer.pop("messages")) == ["id1"]
    assert _fields(sent) == _fields(answer)
    assert (sent["plan"], sent["edges"]) == (answer["plan"], answer["edges"])
    assert sent["cells"]["id2"]["state"] == "stale"
    assert sent["cells"]["id2"]["reasons"][0]["cause"] == "id1"


def _fields(data: Any) -> Any:
    """The keys at every level; of a list those of its first element."""
    if isinstance(data, dict):
        return {key: _fields(held) for key, held in data.items()}
    return [_fields(data[0])] if isinstance(data, list) and data else type(data).__name__

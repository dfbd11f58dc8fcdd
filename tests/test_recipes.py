"""The recipes of ``.github/CONTRIBUTING.md``, followed with a toy, in the way that they say."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cellgraph.digest import registry
from cellgraph.frontends.comm import FrontEnd
from cellgraph.magic import dispatch, queries, subcommands
from cellgraph.model import Report
from cellgraph.render import formats
from cellgraph.session import Tracker
from tests.digests import digest, look
from tests.made_reports import notebook

TEXT = (Path(__file__).parents[1] / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The blocks of code in a language, without the indentation of the list that they stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    """A class of a library, for which the recipe's adapter is registered."""
    by_name = dict(registry._BY_NAME)
    monkeypatch.setattr(registry, "_BY_NAME", by_name)
    (adapter,) = (text for text in blocks("python") if "toylib.Table" in text)
    exec(adapter, {})
    registry.reconsider()

    class Table:
        def __init__(self, rows: list[int]) -> None:
            self._rows, self.cursor = rows, 0

    Table.__module__, Table.__qualname__ = "toylib.tables", "Table"
    yield Table
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
        if "handles_named" not in text:
            assert shell.run_cell(text).success, text
    made = shell.run_cell("v = Index(); v.size, v.checksum, v.reads = 1, 2, 3; v").result
    before = digest(made)
    made.reads = 4
    assert digest(made) == before
    made.size = 5
    assert digest(made) != before


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
    assert f"  count   {text}" in said[3]


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
    told, answer = map(json.loads, blocks("json"))
    for cell, text in (("id1", "x = 1"), ("id2", "y = x + 1"), ("id1", "x = 2")):
        with capture_output():
            shell.run_cell(text, store_history=True, cell_id=cell)
    comm = Comm()
    front_end = FrontEnd(tracker, comm)
    comm.tell(told)
    front_end.close()
    (sent,) = comm.sent
    assert _fields(sent) == _fields(answer)
    assert (sent["plan"], sent["edges"]) == (answer["plan"], answer["edges"])
    assert sent["cells"]["id2"]["state"] == "stale"
    assert sent["cells"]["id2"]["reasons"][0]["cause"] == "id1"


def _fields(data: Any) -> Any:
    """The keys at every level; of a list those of its first element."""
    if isinstance(data, dict):
        return {key: _fields(held) for key, held in data.items()}
    return [_fields(data[0])] if isinstance(data, list) and data else type(data).__name__

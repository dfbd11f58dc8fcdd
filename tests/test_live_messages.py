"""Messages that live: said below the cell that caused them, changed as things change, withdrawn when over."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from tests.kernels import Kernel, Message, Outputs


def by_hand(kernel: Kernel, code: str, cell: str) -> Outputs:
    """Run a cell as a front end does that a person sits at."""
    return kernel.run(code, cell, allow_stdin=True)


def loaded(kernel: Kernel) -> Kernel:
    """A kernel with cellgraph and a chain of three cells."""
    for cell, code in (
        ("load", "%load_ext cellgraph"),
        ("a", "x = 1"),
        ("b", "y = x + 1"),
        ("c", "print(y)"),
    ):
        by_hand(kernel, code, cell)
    return kernel


def said(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """The messages that were put below cells, and their updates, as (kind, text)."""
    return [
        (message["header"]["msg_type"], message["content"]["data"]["text/plain"])
        for message in messages
        if message["header"]["msg_type"] in ("display_data", "update_display_data")
        and message["content"]["metadata"].get("cellgraph")
    ]


def test_a_message_goes_where_it_was_said_once_it_does_not_hold(kernel: Kernel) -> None:
    """It shrinks with the first cell that is run again, and is empty after the last. Nothing else is said."""
    loaded(kernel)
    ((kind, first),) = said(by_hand(kernel, "x = 2", "a").messages)
    assert kind == "display_data"
    assert first.startswith("cellgraph: 2 cells in doubt · run [3], [4]")
    ((kind, second),) = said(by_hand(kernel, "y = x + 1", "b").messages)
    assert kind == "update_display_data"
    assert second.startswith("cellgraph: 1 cell in doubt · run [4]")
    after = by_hand(kernel, "print(y)", "c")
    assert said(after.messages) == [("update_display_data", "")]
    assert after.stdout == "3\n"


def test_a_cell_that_runs_again_says_again_what_still_holds(kernel: Kernel) -> None:
    """Its former message went with its outputs."""
    loaded(kernel)
    by_hand(kernel, "x = 2", "a")
    ((kind, text),) = said(by_hand(kernel, "x = 3", "a").messages)
    assert (kind, text.splitlines()[0]) == ("display_data", "cellgraph: 2 cells in doubt · run [3], [4]")


def test_nothing_is_said_while_cells_wait_and_what_is_left_is_said_at_the_end(kernel: Kernel) -> None:
    """A queue that mends what it breaks says nothing; one that does not says it once, below its last cell."""
    loaded(kernel)
    whole = kernel.run_queue([("a", "x = 5"), ("b", "y = x + 1"), ("c", "print(y)")])
    assert [said(outputs.messages) for outputs in whole] == [[], [], []]
    first, second = kernel.run_queue([("a", "x = 6"), ("d", "z = 1")])
    assert said(first.messages) == []
    ((kind, text),) = said(second.messages)
    assert kind == "display_data"
    assert text.startswith("cellgraph: 2 cells in doubt")


def test_a_queue_that_stops_at_an_error_says_what_is_in_doubt(kernel: Kernel) -> None:
    """The cell that failed is the last that ran, whatever waits behind it."""
    loaded(kernel)
    first, failed = kernel.run_queue([("a", "x = 7"), ("d", "1 / 0")])
    assert said(first.messages) == []
    assert failed.error == "ZeroDivisionError"
    assert [kind for kind, _ in said(failed.messages)] == ["display_data"]


def test_other_requests_that_wait_delay_a_message_and_lose_none(kernel: Kernel) -> None:
    """What waits behind the cell may be no cell: the message comes a moment later."""
    loaded(kernel)
    outputs = kernel.run_before("x = 8", "a", "complete_request", {"code": "x", "cursor_pos": 1})
    late = said(outputs.messages) or said(kernel.messages_within(10.0))
    assert [text.splitlines()[0] for _, text in late] == ["cellgraph: 2 cells in doubt · run [3], [4]"]


def test_a_name_is_noted_once(kernel: Kernel) -> None:
    """A name that is used over and over is no news the second time."""
    by_hand(kernel, "%load_ext cellgraph", "load")
    for cell, code in (("a", "i = 1"), ("b", "print(i)")):
        by_hand(kernel, code, cell)
    noted = [said(by_hand(kernel, f"i = {number}", f"cell-{number}").messages) for number in range(2, 5)]
    assert [bool(one) for one in noted] == [True, False, False]


def test_with_nobody_there_messages_stay_as_they_were_said(kernel: Kernel) -> None:
    """nbclient saves what is displayed: a file is read later, line by line."""
    for cell, code in (("load", "%load_ext cellgraph"), ("a", "x = 1"), ("b", "y = x + 1")):
        kernel.run(code, cell)
    first = kernel.run("x = 2", "a")
    assert said(first.messages) == []
    assert "cellgraph: 1 cell in doubt · run [3]" in first.text
    assert "[3] holds again" in kernel.run("y = x + 1", "b").text.replace("[5]", "[3]")


def test_what_is_said_before_a_run_lives_as_other_messages_do(kernel: Kernel) -> None:
    """It stands in one place with what is said after the run, and is withdrawn once it does not hold."""
    loaded(kernel)
    by_hand(kernel, "del x", "drop")
    shown = said(by_hand(kernel, "print('first')\nprint(x)", "b").messages)
    assert shown[0] == ("display_data", "cellgraph: this cell reads x, which was deleted by [5] `del x`")
    assert {kind for kind, _ in shown[1:]} <= {"update_display_data"}
    ((kind, text), *_) = [
        one for one in said(by_hand(kernel, "x = 1", "a").messages) if one[0] != "display_data"
    ]
    assert kind == "update_display_data"
    assert "this cell reads" not in text


def test_what_a_cell_saw_before_is_told_of_this_cell(kernel: Kernel) -> None:
    """Its number is another once it has run, so it has none in the line."""
    for cell, code in (("load", "%load_ext cellgraph"), ("a", "d = {}"), ("b", "n = len(d)")):
        by_hand(kernel, code, cell)
    by_hand(kernel, "d['k'] = 1", "c")
    shown = said(by_hand(kernel, "n = len(d)", "b").messages)
    assert shown[0][1].startswith(
        "cellgraph: len(d) is not what this cell saw before: [4] `d['k'] = 1` changed it"
    )
    assert not any("saw before" in text for _, text in shown[1:]), "the finding after the run says it"


def test_what_one_cell_did_to_several_names_is_said_in_one_line(kernel: Kernel) -> None:
    """Before a cell runs, one line for each cause names the first of its names and then the others."""
    for cell, code in (("load", "%load_ext cellgraph"), ("a", "x, y = [], []"), ("b", "print(x, y)")):
        by_hand(kernel, code, cell)
    by_hand(kernel, "x.append(1); y.append(1)", "c")
    shown = said(by_hand(kernel, "print(x, y)", "b").messages)
    line = "x is not what this cell saw before: [4] `x.append(1); y.append(1)` changed it since (also y)"
    assert shown[0][1].splitlines() == [f"cellgraph: {line}"]


def test_a_queue_is_told_nothing_before_its_cells(kernel: Kernel) -> None:
    """What a cell of a queue is about to read is said after the queue, where it is amiss."""
    loaded(kernel)
    by_hand(kernel, "del x", "drop")
    first, second = kernel.run_queue([("b", "print('x' in globals())"), ("a", "x = 1")])
    assert not any("this cell reads" in text for _, text in said([*first.messages, *second.messages]))


class Screen:
    """The outputs of a notebook in a front end that knows nothing of cellgraph, as VS Code draws them.

    A cell that runs loses its outputs first. An update of a display is drawn wherever that display stands.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.shown: dict[str, dict[str, str]] = {}

    def run(self, *cells: tuple[str, str]) -> None:
        """Run cells (name, text), several as a queue, and wait for what is withdrawn a moment later."""
        requests = [(f"vscode-notebook-cell:/work/a%20b.ipynb#{name}", text) for name, text in cells]
        if len(cells) > 1:
            ran = self.kernel.run_queue(requests)
        else:
            ran = [by_hand(self.kernel, text, cell) for cell, text in requests]
        for name, _ in cells:
            self.shown[name] = {}
        for (name, _), outputs in zip(cells, ran, strict=True):
            for message in outputs.messages:
                self._take(name, message)
        # The kernel's task for the last cell of a queue ends a moment after its reply.
        for message in self.kernel.messages_within(0.6):
            self._take(cells[-1][0], message)

    def _take(self, cell: str, message: Message) -> None:
        content, kind = message["content"], message["header"]["msg_type"]
        if kind not in ("display_data", "update_display_data"):
            return
        display = content["transient"].get("display_id", message["header"]["msg_id"])
        if kind == "display_data":
            self.shown[cell][display] = content["data"]["text/html"]
        for outputs in self.shown.values():
            if display in outputs:
                outputs[display] = content["data"]["text/html"]

    def messages(self) -> dict[str, str]:
        """What is to be read now, by the cell below which it stands."""
        return {cell: text for cell, outputs in self.shown.items() if (text := "".join(outputs.values()))}


CHAIN = (("a", "x = 1"), ("b", "y = x + 1"), ("c", "z = y * 2"), ("d", "print(z)"))


@pytest.fixture
def screen(kernel: Kernel) -> Screen:
    """A notebook of four cells, each of which uses the one above it. All have run."""
    screen = Screen(kernel)
    screen.run(("load", "%load_ext cellgraph"))
    screen.run(*CHAIN)
    return screen


def test_without_an_extension_a_message_lives_in_one_display(screen: Screen) -> None:
    """It stands below its cell, shrinks with each cell that is run, and leaves nothing to read in the end."""
    assert screen.messages() == {}
    screen.run(("a", "x = 2"))
    assert list(screen.messages()) == ["a"]
    assert "3 cells in doubt" in screen.messages()["a"]
    for cell, left in zip(CHAIN[1:], ("2 cells in doubt", "1 cell in doubt", ""), strict=True):
        screen.run(cell)
        assert list(screen.messages()) == (["a"] if left else [])
        assert left in screen.messages().get("a", "")


def test_without_an_extension_a_queue_that_puts_things_right_leaves_nothing(screen: Screen) -> None:
    """Run All and the cells behind an edit, also where the edit is undone; and what a later cell says."""
    screen.run(("a", "x = 2"))
    screen.run(*CHAIN[1:])
    assert screen.messages() == {}
    screen.run(("a", "x = 3"))
    screen.run(CHAIN[0], *CHAIN[1:])
    assert screen.messages() == {}
    screen.run(("b", "y = x + 5"))
    screen.run(("a", "x = 4"))
    assert list(screen.messages()) == ["b", "a"] or list(screen.messages()) == ["a", "b"]
    screen.run(*CHAIN)
    assert screen.messages() == {}


def test_without_an_extension_notes_and_lines_before_a_run_go_as_well(screen: Screen) -> None:
    """A name that was deleted is there again; a cell that failed for the want of it runs."""
    screen.run(("drop", "del y"))
    assert "drop" in screen.messages()
    screen.run(CHAIN[1])
    assert "cellgraph-quiet" not in screen.messages().get("drop", "")
    screen.run(("drop", "pass"))
    assert screen.messages() == {}


def _told(messages: Iterable[Message], kind: str) -> list[Message]:
    return [message for message in messages if message["header"]["msg_type"] == kind]


def test_a_cell_that_arrives_just_after_an_error_does_not_run_in_an_announced_queue(kernel: Kernel) -> None:
    """The front end has handed both over; the kernel leaves out only what has reached it."""
    opened = _told(by_hand(kernel, "%load_ext cellgraph", "load").messages, "comm_open")
    data = {"kind": "queue", "more": True}
    client = kernel.client
    announced = {"comm_id": opened[0]["content"]["comm_id"], "data": data}
    client.shell_channel.send(client.session.msg("comm_msg", announced))
    stops = {"allow_stdin": True, "stop_on_error": True}
    failing = kernel._send("1 / 0", {"cellId": "a"}, stops)
    time.sleep(0.3)
    late = kernel._send("ran = True", {"cellId": "b"}, stops)
    assert kernel._reply(failing)["content"]["status"] == "error"
    assert kernel._reply(late)["content"]["status"] == "aborted"


def test_a_shell_in_a_cell_that_borrows_the_kernel_is_not_the_notebook(kernel: Kernel) -> None:
    """The front end's extension hears of the kernel's own shell alone."""
    assert len(_told(by_hand(kernel, "%load_ext cellgraph", "load").messages, "comm_open")) == 1
    inner = by_hand(
        kernel,
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import cellgraph\n"
        "inner = InteractiveShell(user_ns={})\n"
        "inner.kernel, inner.display_pub = get_ipython().kernel, get_ipython().display_pub\n"
        "cellgraph.load(inner)\n"
        "inner.run_cell('x = 1', store_history=True, cell_id='one')\n"
        "cellgraph.unload(inner)",
        "inner",
    )
    assert inner.error is None
    assert not _told(inner.messages, "comm_open")
    assert not _told(inner.messages, "comm_close")

"""Messages that live: said below the cell that caused them, changed as things change, withdrawn when over."""

from __future__ import annotations

from collections.abc import Iterable

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
        "cellgraph: d is not what this cell saw before: [4] `d['k'] = 1` changed it"
    )
    assert not any("saw before" in text for _, text in shown[1:]), "the finding after the run says it"


def test_a_queue_is_told_nothing_before_its_cells(kernel: Kernel) -> None:
    """What a cell of a queue is about to read is said after the queue, where it is amiss."""
    loaded(kernel)
    by_hand(kernel, "del x", "drop")
    first, second = kernel.run_queue([("b", "print('x' in globals())"), ("a", "x = 1")])
    assert not any("this cell reads" in text for _, text in said([*first.messages, *second.messages]))

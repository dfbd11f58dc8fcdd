"""What replay knows of cells that fail for certain, of edited texts, of deletions and of files' handles."""

from __future__ import annotations

import sys

import pytest

from tests.oracle.judge import judge
from tests.oracle.session import Action, Session

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="told by reads that were observed")


def session(*sources: str, then: tuple[Action, ...] = ()) -> Session:
    """Cells a, b, … run one below the other, and what is done after that."""
    return (*(Action("insert", "abcdef"[place], text, place) for place, text in enumerate(sources)), *then)


def delete(cell: str) -> tuple[Action, ...]:
    """The cell is deleted."""
    return (Action("delete", cell),)


def edit(cell: str, source: str) -> tuple[Action, ...]:
    """The cell gets another text and runs."""
    return (Action("edit", cell, source),)


WRITER = "with open('x.txt', 'w') as out:\n    out.write(str(k))"
READER = "print(open('x.txt').read())"
TWICE = "open('x.txt', 'w').write('1')\nopen('x.txt', 'w').write(str(k))"
CASES = (
    # a cell that fails for certain makes nothing behind the failure, and all before it
    ("made behind", session("k = 1", "x = 5", "x = k", "print(x > 3)", then=delete("a")), "cd"),
    ("made before", session("k = 1", "x = 5\nprint(k)", "print(x)", then=delete("a")), "b"),
    ("not changed", session("k = 1", "x = [5]", "x.append(k)\nx.pop()", "print(x)", then=delete("a")), "c"),
    ("changed after it was made", session("k = 1", "x = [5]\nx[0] = k", "print(x)", then=delete("a")), "bc"),
    ("caught", session("k = 1", "try:\n    k\n    x = 2\nexcept NameError:\n    x = 3", "print(x)",
                       then=delete("a")), "bc"),
    # the same start of an edited text, given the same, makes the same
    ("longer", session("n = 1", "n = 2", "x = n * 2", "print(x)", then=(
        *edit("a", "n = 3"), *edit("c", "x = n * 2\ny = n"))), "c"),
    ("longer, as it was", session("n = 1", "x = n * 2", "print(x)", then=(
        *edit("b", "x = n * 2\nn = 7\nz = n"), Action("run", "b"))), "b"),
    # a deletion does not depend on what was deleted
    ("deleted", session("k = 1", "x = k", "del x", "print('x' in dir())", then=edit("a", "k = 2")), "b"),
    # files
    ("through a handle", session("k = 1", WRITER, READER, then=edit("a", "k = 2")), "bc"),
    ("written twice", session("k = 1", TWICE, READER, then=edit("a", "k = 2")), "bc"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "actions", "flagged"), CASES, ids=[row[0] for row in CASES])
def test_only_what_is_in_doubt_is_flagged(name: str, actions: Session, flagged: str) -> None:
    """These cells carry a warning, and no cell that shows something else goes without one."""
    cells = judge(actions).cells
    assert {cell.cell for cell in cells if cell.flagged} == set(flagged)
    assert [cell.cell for cell in cells if cell.kind == "missed"] == []

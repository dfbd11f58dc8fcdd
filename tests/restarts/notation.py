"""Sessions as text, which is short to write and shows cells of several lines as they are.

One file holds several kinds:

    ##### a re-run fails on its own output
    === split
    @told b
    a: x = 'a b'
    b: x = x.split()
    b again

`#####` names a kind, `===` starts a session. `@` makes a claim: a field of `Session` by its name.

    a: x = 1                    type this text into the cell and run it; a new cell stands at the bottom
     | y = 2                    one more line of the same text
    a again                     run it once more; several: a b again
    a edit: x = 2               type and do not run
    n below a: x = 3            a new cell, typed and not run; or above
    delete a b                  delete cells; undo a: bring one back
    order b a                   move the cells into this order
    b interrupted 11: …         run it, interrupt it after 11 printed lines; 0.5: after half a second
    rerun                       %cellgraph rerun
    outside: x = 1              code that no cell runs, as a widget's callback
    by hand: s.value = 5        what a widget's front end does: no code of the user's runs
    file data.csv: 1,2          another program writes a file; @given data.csv: it is there before
    wait 0.2                    nothing happens
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from tests.restarts.session import Session, Step

CONTINUED = re.compile(r"\s*\|(?: (.*)|$)")
CLAIM = re.compile(r"@(\w+)\s*(.*)")
CLAIMS = frozenset(each.name for each in fields(Session)) - {"name", "kind", "steps", "files"}
FLAGS = frozenset(each.name for each in fields(Session) if each.type == "bool")
NAMES = r"[\w.]+(?: [\w.]+)*"
FORMS: tuple[tuple[str, Callable[..., list[Step]]], ...] = (
    (rf"delete ({NAMES})", lambda cells: [Step("delete", cells=tuple(cells.split()))]),
    (rf"order ({NAMES})", lambda cells: [Step("order", cells=tuple(cells.split()))]),
    (r"undo (\w+)", lambda cell: [Step("undo", cell)]),
    (r"rerun", lambda: [Step("rerun")]),
    (r"wait ([\d.]+)", lambda seconds: [Step("wait", after=float(seconds))]),
    (rf"({NAMES}) again", lambda cells: [Step("run", cell) for cell in cells.split()]),
    (r"(\w+) interrupted ([\d.]+)(?:: (.*))?", lambda cell, after, text: [_interrupt(cell, after, text)]),
    (r"(\w+) edit:(?: (.*))?", lambda cell, text: [Step("edit", cell, text or "")]),
    (r"(\w+) above (\w+): (.*)", lambda cell, of, text: [Step("insert", cell, text, above=of)]),
    (r"(\w+) below (\w+): (.*)", lambda cell, of, text: [Step("insert", cell, text, below=of)]),
    (r"by hand: (.*)", lambda text: [Step("by hand", text=text)]),
    (r"outside: (.*)", lambda text: [Step("outside", text=text)]),
    (r"file (\S+): (.*)", lambda name, text: [Step("file", name, text + "\n")]),
    (r"(\w+):(?: (.*))?", lambda cell, text: [Step("run", cell, text or "")]),
)


class NotationError(ValueError):
    """A line that means nothing."""


def parse(text: str) -> Iterator[Session]:
    """The sessions of a file."""
    kind = ""
    for block in re.split(r"^(?=#####|===)", text, flags=re.MULTILINE):
        head, _, body = block.partition("\n")
        if head.startswith("#####"):
            kind = head.strip("# ")
        elif head.startswith("==="):
            yield _session(head.strip("= "), kind, body)


def _session(name: str, kind: str, body: str) -> Session:
    claims: dict[str, Any] = {}
    files: dict[str, str] = {}
    steps: list[Step] = []
    for line in _lines(body):
        claim, given = CLAIM.fullmatch(line), re.fullmatch(r"@given (\S+): (.*)", line, re.DOTALL)
        if claim and claim[1] in CLAIMS:
            claims[claim[1]] = claim[2] if claim[1] not in FLAGS else True
        elif given:
            files[given[1]] = given[2] + "\n"
        else:
            steps += _steps(name, line)
    return Session(name, kind, tuple(steps), files=files, **claims)


def _lines(body: str) -> Iterator[str]:
    """The lines, those that are continued joined into one. An empty line and a remark count for nothing."""
    joined: list[str] = []
    for line in body.splitlines():
        more = CONTINUED.fullmatch(line)
        if more and joined:
            joined[-1] += "\n" + (more[1] or "")
        elif line.strip() and not line.startswith("# "):
            joined.append(line)
    yield from joined


def _steps(name: str, line: str) -> list[Step]:
    for form, make in FORMS:
        match = re.fullmatch(form, line, re.DOTALL)
        if match:
            return make(*match.groups())
    raise NotationError(f"{name}: {line!r}")


def _interrupt(cell: str, after: str, text: str | None) -> Step:
    return Step("interrupt", cell, text, after=float(after) if "." in after else int(after))

"""Work on whole notebooks at random: cells run again, edited, put in, taken out and moved.

The notebooks in ``notebooks.txt`` are like those that people write, with frames, models, figures, classes and
files. Each session runs one from top to bottom and then does a few things to it, as its seed says.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

from tests.restarts.session import Session, Step

NOTEBOOKS = Path(__file__).with_name("notebooks.txt")
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w.])")
_EXCHANGED = (
    *(("sum", "max"), ("head(2)", "head(1)"), ("sorted", "list"), ("*", "+"), ("'red'", "'blue'")),
    *(("mean", "median"), (">", "<"), ("'a'", "'w'")),
)
_LIBRARIES = ("matplotlib", "numpy", "pandas", "polars", "sklearn")


def notebooks() -> dict[str, list[str]]:
    """The texts of the cells of each notebook, by its name."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"^=== ", NOTEBOOKS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = block.partition("\n")
        found[name] = [cell.strip("\n") for cell in body.split("\n---\n")]
    return found


def random_sessions(seed: str, count: int) -> Iterator[Session]:
    """So many sessions. The same seed gives the same ones."""
    known = notebooks()
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        name = rng.choice(sorted(known))
        yield _Worker(rng, known[name]).session(f"{seed} {number}", name)


class _Worker:
    """Runs a notebook, and then does to it what chance says."""

    def __init__(self, rng: random.Random, cells: list[str]) -> None:
        self._rng = rng
        self._first = cells[0]  # which imports the libraries
        self._texts = {f"c{number}": text for number, text in enumerate(cells)}
        self._order = list(self._texts)
        self._steps = [Step("run", cell, text) for cell, text in self._texts.items()]

    def session(self, name: str, kind: str) -> Session:
        for _ in range(self._rng.randint(1, 4)):
            does = self._rng.choices(
                (
                    self._edit_and_run,
                    self._run,
                    self._edit,
                    self._delete,
                    self._move,
                    self._insert,
                    self._run_several,
                ),
                (30, 22, 12, 8, 8, 8, 12),
            )[0]
            does(self._rng.choice(self._order))
        needs = " ".join(one for one in _LIBRARIES if re.search(rf"(import|from) {one}\b", self._first))
        return Session(name, f"at random: {kind}", tuple(self._steps), needs=needs)

    def _edit_and_run(self, cell: str) -> None:
        self._steps.append(Step("run", cell, self._edited(cell)))
        below = self._order[self._order.index(cell) + 1 :]
        reached = below[: self._rng.randint(0, len(below))] if self._rng.random() < 0.5 else []
        self._steps += [Step("run", one) for one in reached if self._rng.random() < 0.5]

    def _run(self, cell: str) -> None:
        self._steps.append(Step("run", cell))

    def _run_several(self, cell: str) -> None:
        at = self._order.index(cell)
        self._steps += [Step("run", one) for one in self._order[at : at + 3]]

    def _edit(self, cell: str) -> None:
        self._steps.append(Step("edit", cell, self._edited(cell)))
        if self._rng.random() < 0.4:
            self._run(self._rng.choice(self._order))

    def _delete(self, cell: str) -> None:
        if len(self._order) > 4:
            self._order.remove(cell)
            self._steps.append(Step("delete", cells=(cell,)))

    def _move(self, cell: str) -> None:
        self._order.remove(cell)
        self._order.insert(self._rng.randrange(len(self._order) + 1), cell)
        self._steps.append(Step("order", cells=tuple(self._order)))

    def _insert(self, cell: str) -> None:
        new = f"n{len(self._texts)}"
        above = self._rng.choice(self._order)
        self._texts[new] = self._texts[cell]
        text = self._edited(new)
        self._steps.append(Step("insert", new, text, below=above))
        self._order.insert(self._order.index(above) + 1, new)
        if self._rng.random() < 0.6:
            self._steps.append(Step("run", new, text))

    def _edited(self, cell: str) -> str:
        made = self._changed(self._texts[cell])
        if _parses(made):
            self._texts[cell] = made
        return self._texts[cell]

    def _changed(self, text: str) -> str:
        how = self._rng.random()
        numbers = list(_NUMBER.finditer(text))
        if numbers and how < 0.55:
            one = self._rng.choice(numbers)
            return text[: one.start()] + self._other(one[1]) + text[one.end() :]
        if how < 0.65:
            return f"{text}\nprint('done')"
        lines = text.split("\n")
        if how < 0.75 and len(lines) > 1:
            del lines[self._rng.randrange(len(lines))]
            return "\n".join(lines)
        if how < 0.82:
            return f"# a remark\n{text}"
        old, new = next(((old, new) for old, new in _EXCHANGED if old in text), ("", ""))
        return text.replace(old, new, 1) if old else text

    def _other(self, number: str) -> str:
        if "." in number:
            return str(round(float(number) + self._rng.choice((0.25, 0.5)), 3))
        return str(int(number) + self._rng.choice((1, 2)))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True

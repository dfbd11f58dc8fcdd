"""The judged rows as tables of markdown: one line a library, and one line a type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.values.cost import Cost
from tests.values.judge import Verdict

START, END = "<!-- values -->", "<!-- /values -->"
QUESTIONS = ("caught", "quiet", "alias")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row's verdict and cost, or the reason why there is none. ``on`` is the Python it ran on."""

    library: str
    type: str
    extent: str
    on: str
    verdict: Verdict | None = None
    cost: Cost | None = None
    skipped: str = ""


def merged(own: Iterable[Judged], others: Iterable[Judged]) -> list[Judged]:
    """All rows: one that could not be judged here is taken from elsewhere, where it was judged there."""
    best = {(row.library, row.type): row for row in own}
    for row in others:
        known = best.get((row.library, row.type))
        if known is None or (known.verdict is None and row.verdict is not None):
            best[row.library, row.type] = row
    return sorted(best.values(), key=lambda row: row.library.lower())


def section(rows: Sequence[Judged]) -> str:
    """What stands in ``tests/values/README.md``: totals; the two tables are folded away."""
    judged = _judged(rows)
    libraries = len({row.library for row in judged})
    folded = ((f"By library ({libraries})", by_library(rows)), (f"All {len(judged)} types", by_type(rows)))
    parts = (f"<details><summary>{title}</summary>\n\n{table}\n\n</details>" for title, table in folded)
    return "\n\n".join((totals(rows), *parts))


def totals(rows: Sequence[Judged]) -> str:
    """One sentence on all rows, and what could not be judged."""
    judged = _judged(rows)
    libraries = len({row.library for row in judged})
    text = (
        f"{len(judged)} types from {libraries} libraries: mutation caught {_share(judged, 'caught')},"
        f" equal value quiet {_share(judged, 'quiet')}, alias seen {_share(judged, 'alias')}."
    )
    skipped = sum(row.verdict is None for row in rows)
    return f"{text} Not judged, as a library was missing: {skipped}." if skipped else text


def by_library(rows: Sequence[Judged]) -> str:
    """The answers counted for each library."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in _judged(rows):
        groups[row.library].append(row)
    lines = [
        (name, str(len(group)), *(_share(group, question) for question in QUESTIONS))
        for name, group in groups.items()
    ]
    return _table(("library", "types", "mutation caught", "equal value quiet", "alias seen"), lines)


def by_type(rows: Sequence[Judged]) -> str:
    """The answers for each type, and what a look at a large value takes."""
    lines = []
    for row in _judged(rows):
        verdict = row.verdict
        assert verdict is not None
        answers = [_shown(getattr(verdict, question)) for question in QUESTIONS]
        lines.append((row.library, row.type, *answers, _cost(row)))
    head = ("library", "type", "mutation caught", "equal value quiet", "alias seen", "cost of a look")
    return _table(head, lines)


def failures(rows: Sequence[Judged]) -> list[str]:
    """What was judged and is not as it should be, a line a row."""
    return [f"{row.library} {row.type}: {row.verdict}" for row in _judged(rows) if _fails(row)]


def written(page: str, text: str) -> str:
    """The page with ``text`` between the two marks. Raises ValueError where they are not there."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page has no {START} … {END}")
    return f"{before}{start}\n\n{text}\n\n{end}{after}"


def _judged(rows: Iterable[Judged]) -> list[Judged]:
    return [row for row in rows if row.verdict is not None]


def _fails(row: Judged) -> bool:
    verdict = row.verdict
    return verdict is not None and "no" in (verdict.caught, verdict.quiet, verdict.alias, verdict.looks)


def _share(rows: Iterable[Judged], question: str) -> str:
    """``17 of 18, 2 opaque``: what the question does not apply to is left out."""
    answers = [getattr(row.verdict, question) for row in rows]
    yes, no, opaque = (answers.count(answer) for answer in ("yes", "no", "opaque"))
    counted = f"{yes} of {yes + no}" if yes + no else ""
    return ", ".join(part for part in (counted, f"{opaque} opaque" if opaque else "") if part) or "–"


def _shown(answer: str) -> str:
    return "**no**" if answer == "no" else answer


def _cost(row: Judged) -> str:
    """``13 ms for 100 MB``, and what it takes within the budget where that is less."""
    if row.cost is None:
        return ""
    whole, budgeted = row.cost.whole_ms, row.cost.budgeted_ms
    text = f"{_ms(whole)} for {row.extent}"
    return f"{text}, {_ms(budgeted)} sampled" if budgeted < 0.7 * whole and whole > 50 else text


def _ms(milliseconds: float) -> str:
    if milliseconds < 0.095:
        return "< 0.1 ms"
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:,.0f} ms"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)

"""HTML outputs: tables are read as frames and compared cell by cell, the rest as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from cellgraph.notebooks.verification.text import Place, compare_texts, within
from cellgraph.notebooks.verification.verdicts import Change
from cellgraph.notebooks.verification.volatile import without_ids

_RAW = frozenset({"script", "style"})
_BLOCKS = frozenset("p div br li ul ol h1 h2 h3 h4 h5 h6 tr table pre section details summary dt dd".split())
_KEPT = {"img": "src", "a": "href", "iframe": "src", "audio": "src", "video": "src", "source": "src"}
"""Elements of which an attribute is content."""
_MOST_CHANGES = 50


@dataclass
class Table:
    """The cells of a table, row by row. ``heads`` is the number of rows that are headings."""

    rows: list[list[str]] = field(default_factory=list)
    heads: int = 0

    def column(self, number: int) -> str:
        """The heading of a column, or its number."""
        for row in reversed(self.rows[: self.heads]):
            if number < len(row) and row[number].strip():
                return row[number].strip()
        return f"column {number + 1}"


@dataclass
class Html:
    """What a piece of HTML shows. ``text`` has a mark where a table stands."""

    text: str
    tables: list[Table]
    scripts: str


class _Reader(HTMLParser):
    """Takes a piece of HTML apart. It never fails: what is broken is read as browsers do, or as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.tables: list[Table] = []
        self._open: list[Table] = []
        self._cell: list[str] | None = None
        self._heading = True
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _RAW:
            self._raw = tag
        elif tag == "table":
            self._begin_table()
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].rows.append([])
            self._heading = True
        elif tag in ("td", "th") and self._open:
            self._begin_cell(tag, dict(attrs))
        elif tag in _KEPT:
            self._add(f" <{tag} {dict(attrs).get(_KEPT[tag]) or ''}> ")
        elif tag in _BLOCKS:
            self._add("\n")

    def _begin_table(self) -> None:
        self._end_cell()
        self._open.append(Table())
        self.tables.append(self._open[-1])
        self.text.append(f"\n<table {len(self.tables)}>\n")

    def _begin_cell(self, tag: str, attrs: dict[str, str | None]) -> None:
        self._end_cell()
        if not self._open[-1].rows:
            self._open[-1].rows.append([])
        self._heading = self._heading and tag == "th"
        self._cell = []
        span = attrs.get("colspan") or "1"
        # The heading of several columns stands above each of them.
        self._span = min(int(span), 1000) if span.isdecimal() else 1

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1].rows:
            content = " ".join("".join(self._cell).split())
            self._open[-1].rows[-1] += [content] * max(self._span, 1)
        self._cell = None

    def handle_endtag(self, tag: str) -> None:
        if tag in _RAW:
            self._raw = ""
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr" and self._open:
            self._end_row()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()
        elif tag in _BLOCKS:
            self._add("\n")

    def _end_row(self) -> None:
        self._end_cell()
        table = self._open[-1]
        if self._heading and table.rows and table.heads == len(table.rows) - 1:
            table.heads += 1

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.scripts.append(data)
        else:
            self._add(data)

    def _add(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        elif not self._open or data.strip():
            self.text.append(data)


def read_html(source: str) -> Html:
    """The text, the tables and the scripts of a piece of HTML."""
    reader = _Reader()
    try:
        reader.feed(source)
        reader.close()
    except (AssertionError, ValueError):  # the parser of some versions rejects broken marked sections
        return Html(source, [], "")
    lines = (" ".join(line.split()) for line in "".join(reader.text).split("\n"))
    return Html("\n".join(line for line in lines if line), reader.tables, "".join(reader.scripts))


def compare_html(saved: str, fresh: str, place: Place) -> Iterator[Change]:
    """The changes between two pieces of HTML."""
    if saved == fresh:
        return
    saved, fresh = without_ids(saved), without_ids(fresh)
    if saved == fresh:
        yield place.volatile("", "identifier in HTML", "", "")
        return
    left, right = read_html(saved), read_html(fresh)
    found = list(_compare_parts(left, right, place))
    yield from found
    if not found:
        yield place.volatile("", "markup without content", "", "")


def _compare_parts(left: Html, right: Html, place: Place) -> Iterator[Change]:
    yield from compare_texts(left.text, right.text, place)
    if len(left.tables) == len(right.tables):
        several = len(left.tables) > 1
        for number, (table, other) in enumerate(zip(left.tables, right.tables, strict=True), 1):
            where = f"table {number}" if several else ""
            yield from compare_tables(table, other, replace(place, prefix=where) if where else place)
    yield from compare_texts(left.scripts, right.scripts, replace(place, prefix="script"))


def compare_tables(saved: Table, fresh: Table, place: Place) -> Iterator[Change]:
    """The changes between two tables. Rows are numbered from 1 below the headings, as in the fresh one."""
    if saved.rows == fresh.rows:
        return
    if saved.heads == fresh.heads and _is_permuted(saved.rows, fresh.rows):
        first = next(at for at, row in enumerate(fresh.rows) if row != saved.rows[at])
        yield place.change(
            _row_name(fresh, first), "order", " | ".join(saved.rows[first]), " | ".join(fresh.rows[first])
        )
        return
    if len(saved.rows) != len(fresh.rows):
        yield from _other_length(saved, fresh, place)
        return
    changes = 0
    for number, (row, other) in enumerate(zip(saved.rows, fresh.rows, strict=True)):
        if row == other:
            continue
        for change in _compare_rows(row, other, number, fresh, place):
            yield change
            changes += 1
        if changes >= _MOST_CHANGES:
            return


def _is_permuted(rows: list[list[str]], others: list[list[str]]) -> bool:
    return len(rows) == len(others) and sorted(rows) == sorted(others)


def _other_length(saved: Table, fresh: Table, place: Place) -> Iterator[Change]:
    known = {tuple(row) for row in fresh.rows}
    before = {tuple(row) for row in saved.rows}
    gone = [row for row in saved.rows if tuple(row) not in known]
    came = [at for at, row in enumerate(fresh.rows) if tuple(row) not in before]
    where = _row_name(fresh, came[0]) if came else f"{len(fresh.rows) - fresh.heads} rows"
    yield place.change(
        where,
        "rows",
        " | ".join(gone[0]) if gone else f"{len(saved.rows) - saved.heads} rows",
        " | ".join(fresh.rows[came[0]]) if came else f"{len(fresh.rows) - fresh.heads} rows",
    )


def _compare_rows(
    row: list[str], other: list[str], number: int, table: Table, place: Place
) -> Iterator[Change]:
    name = _row_name(table, number)
    if len(row) != len(other):
        yield place.change(name, "rows", " | ".join(row), " | ".join(other))
        return
    for column, (cell, new) in enumerate(zip(row, other, strict=True)):
        if cell == new:
            continue
        where = f"{name}, {table.column(column)}"
        if within(cell, new, place.tolerance):
            yield place.volatile(where, "number within the tolerance", cell, new)
        else:
            yield from compare_texts(
                cell, new, replace(place, prefix=", ".join(filter(None, (place.prefix, where))), kind="cell")
            )


def _row_name(table: Table, number: int) -> str:
    return f"row {number - table.heads + 1}" if number >= table.heads else f"heading {number + 1}"

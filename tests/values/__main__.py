"""``python -m tests.values``: every type of value that has a row, judged, as tables for its README.

What one environment cannot judge comes from another: run there with ``--json FILE``, here with
``--merge FILE``.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.values import table
from tests.values.cost import Cost, cost
from tests.values.judge import Verdict, judge, missing, new_bench, own_folder
from tests.values.row import Row
from tests.values.rows import all_rows
from tests.values.table import Judged


def main() -> int:
    """Judge, and print or write; 1 where a row fails, else 0."""
    options = _options()
    with own_folder():
        rows = list(_judged([row for row in all_rows() if options.only in row.name]))
    if options.json:
        Path(options.json).write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf8")
    rows = table.merged(rows, (row for file in options.merge for row in _read(Path(file))))
    if options.write:
        page = Path(options.write)
        page.write_text(table.written(page.read_text("utf8"), table.section(rows)), "utf8")
    elif not options.json:
        print(table.totals(rows), table.by_library(rows), table.by_type(rows), sep="\n\n")
    failures = table.failures(rows)
    print("", *failures, f"{len(failures)} rows fail", sep="\n", file=sys.stderr)
    return int(bool(failures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.values", description=__doc__)
    parser.add_argument("--only", default="", help="judge only the types that have this text in their name")
    parser.add_argument("--json", help="write what was found to this file, to be merged elsewhere")
    parser.add_argument("--merge", action="append", default=[], help="a file that --json wrote")
    parser.add_argument("--write", help="put the tables between the marks of this page")
    return parser.parse_args()


def _judged(rows: Iterable[Row]) -> Iterator[Judged]:
    python = platform.python_version()
    for row in rows:
        print(f"\r\033[K{row.name}", end="", file=sys.stderr, flush=True)
        if absent := missing(row):
            yield Judged(row.library, row.type, row.extent, python, skipped=f"needs {absent}")
            continue
        with new_bench() as bench:
            verdict = judge(row, bench)
        yield Judged(row.library, row.type, row.extent, python, verdict, _cost(row))


def _cost(row: Row) -> Cost | None:
    try:
        return cost(row)
    except Exception as error:  # noqa: BLE001 - a library may raise anything, and the table shall stand
        print(f"\n{row.name}: its large value: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def _read(file: Path) -> Iterator[Judged]:
    for held in json.loads(file.read_text("utf8")):
        fields: dict[str, Any] = held
        verdict, spent = fields.pop("verdict"), fields.pop("cost")
        yield Judged(
            **fields,
            verdict=Verdict(**verdict) if verdict else None,
            cost=Cost(**spent) if spent else None,
        )


if __name__ == "__main__":
    raise SystemExit(main())

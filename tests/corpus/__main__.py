"""``python -m tests.corpus FOLDER``: every notebook below a folder, as a table of what differs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random

from tests.corpus.judge import Row, judge

_COLUMNS = (
    "{version:>7} {cells:>5} {plain:>20.20} {exit:>4} {differ:>6} {varies:>6} "
    "{warnings:>8} {notes:>5} {seconds:>7} {slower:>6}  {name}"
)


def main(arguments: Sequence[str]) -> int:
    """Judge the notebooks and print the table. Returns 1 where anything is wrong."""
    options = _options(arguments)
    found = list(_notebooks(options.folder, options.most, options.seed))
    print(f"{len(found)} notebooks below {options.folder}", flush=True)
    print(_COLUMNS.format_map({key: key for key in _row_text(Row("name"))}), flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(judge, path, root, seconds=options.seconds) for path, root in found]
        rows = []
        for (path, root), future in zip(found, waiting, strict=True):
            try:
                row = future.result()
            except Exception as error:  # noqa: BLE001 - a file that this program cannot judge
                row = Row(str(path), wrong=(f"not judged: {type(error).__name__}: {error}",))
            rows.append(row)
            _print(row, root.name, everything=options.all)
            if options.json:
                options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    print(_summary(rows))
    return int(any(row.wrong for row in rows))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="each folder in it is copied as a whole for each run")
    parser.add_argument("--most", type=int, default=10**6, help="notebooks of one folder, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="for that draw")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks at the same time")
    parser.add_argument("--seconds", type=float, default=600, help="longest time for one run")
    parser.add_argument(
        "--all", action="store_true", help="a line for each notebook, not for those with a fault"
    )
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    return parser.parse_args(arguments)


def _notebooks(folder: Path, most: int, seed: int) -> Iterator[tuple[Path, Path]]:
    """Each notebook with the folder that it needs: the one below ``folder`` that it lies in."""
    by_root: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            inner = path.relative_to(folder).parts
            by_root.setdefault(folder / inner[0] if len(inner) > 1 else folder, []).append(path)
    for root, paths in by_root.items():
        for path in sorted(Random(seed).sample(paths, min(most, len(paths)))):
            yield path, root


def _row_text(row: Row) -> dict[str, str]:
    slower = f"{row.seconds - row.plain_seconds:+.1f}" if row.seconds else ""
    values = {**asdict(row), "seconds": f"{row.seconds:.1f}", "slower": slower}
    return {key: str(value) for key, value in values.items() if key not in ("plain_seconds", "said")}


def _print(row: Row, root: str, *, everything: bool) -> None:
    if not (row.wrong or everything):
        return
    print(_COLUMNS.format_map({**_row_text(row), "name": f"{root}/{row.name}"}))
    for line in row.wrong[:6]:
        print(f"       ! {line}")
    sys.stdout.flush()


def _summary(rows: Sequence[Row]) -> str:
    sound = [row for row in rows if row.executes]
    others = [row for row in rows if not row.executes]
    cells, differ, varies = (sum(getattr(row, key) for row in sound) for key in ("cells", "differ", "varies"))
    return f"""\
{len(rows)} notebooks, {len(sound)} of which execute plainly; of those:
  {sum(not row.wrong for row in sound)} are right in everything
  {differ} of {cells} cells show something else ({varies} vary by themselves)
  {sum(row.warnings for row in sound)} warnings, {sum(row.notes for row in sound)} notes
of the {len(others)} others, {sum(bool(row.wrong) for row in others)} have a fault"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

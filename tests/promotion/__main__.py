"""``python -m tests.promotion FOLDER``: promotes public notebooks below a folder, and prints a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.promotion.judge import Row, judge

_LIST = Path(__file__).with_name("public.txt")
_COLUMNS = "{verdict:8} {steps:>5} {longest:>7} {widest:>6} {seconds:>7} {tests:>24.24}  {name}: {said}"


def main(arguments: Sequence[str]) -> int:
    """Print a row for each notebook. Returns 1 where one is neither proven nor refused for a true reason."""
    options = _options(arguments)
    rows: list[Row] = []
    print(_COLUMNS.format_map({key: key for key in (*vars(Row("", "")), "verdict")}), flush=True)
    waiting = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for kind, repository, path in _notebooks():
            root = options.folder / repository.replace("/", "+")
            if not (root / path).is_file():
                print(f"{'missing':8} {repository}/{path} ({kind})", flush=True)
            elif options.only in f"{kind} {repository}/{path}":
                waiting.append(
                    pool.submit(judge, root / path, root, seconds=options.seconds, keep=options.keep)
                )
        for future in waiting:
            rows.append(future.result())
            _print(rows[-1])
    good = [row for row in rows if not row.wrong]
    proven = sum(row.steps > 0 for row in good)
    print(
        f"{len(good)} of {len(rows)} are as they should be: {proven} proven, {len(good) - proven} refused;"
        f" {sum(bool(row.remarks) for row in good)} with remarks"
    )
    return int(len(good) < len(rows))


def _notebooks() -> Iterator[list[str]]:
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.promotion", description=__doc__)
    parser.add_argument("folder", type=Path, help="it has a folder OWNER+NAME for each repository")
    parser.add_argument("--jobs", type=int, default=1, help="notebooks at the same time")
    parser.add_argument("--seconds", type=int, default=300, help="longest time for a cell")
    parser.add_argument("--only", default="", help="a part of the kind or path of the notebooks to take")
    parser.add_argument("--keep", type=Path, help="a folder for the packages")
    return parser.parse_args(arguments)


def _print(row: Row) -> None:
    verdict = "WRONG" if row.wrong else "proven" if row.steps else "refused"
    print(_COLUMNS.format_map({**vars(row), "verdict": verdict, "seconds": f"{row.seconds:.0f}"}))
    for line in row.wrong:
        print(f"         wrong: {line}")
    for line in row.remarks:
        print(f"         {line}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

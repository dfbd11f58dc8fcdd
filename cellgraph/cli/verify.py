"""``cellgraph verify``: runs saved notebooks afresh and compares what they give with what is saved.

``cellgraph merge`` puts the journals of several such commands together.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph.cli.command import CLEAN, COULD_NOT_RUN, FINDINGS, Command, fail, tell
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.outputs import write_text

if TYPE_CHECKING:
    from cellgraph.notebooks.verification.options import VerifyOptions
    from cellgraph.notebooks.verification.verdicts import NotebookVerdict

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?([kKMGT]?)(?:i?B)?")
_CELLS = re.compile(r"\d+(?:,\d+)*")
FORMATS = ("text", "json", "junit", "markdown", "html")

DESCRIPTION = """\
Run saved notebooks in fresh kernels and compare what they give with what is saved, cell by cell.

THIS RUNS THE CODE OF THE NOTEBOOKS. Each runs in a scratch copy of its folder, so that files which it
writes there do not reach the original; what it does elsewhere (absolute paths, databases, the network)
is done. The notebooks themselves are not changed without --update.

  cellgraph verify analysis.ipynb
  cellgraph verify . --jobs 4 --journal verify.jsonl --html verify.html
  cellgraph verify . --shard 2/5 --journal part2.jsonl; cellgraph merge part*.jsonl --html all.html

classes: same · volatile only (addresses, times, temporary paths and the like, which are named) · version
drift · non-deterministic (two fresh runs differ there, too) · different · missing file · missing module ·
error · timed out · not run"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="+", metavar="NOTEBOOK", help="notebooks, folders or patterns")
    _add_running(parser.add_argument_group("how to run").add_argument)
    _add_comparing(parser.add_argument_group("how to compare").add_argument)
    _add_many(parser.add_argument_group("many notebooks").add_argument)
    _add_output(parser)


def _add_running(add: object) -> None:
    assert callable(add)
    add("--kernel", metavar="NAME", help="kernel to run in (default: the notebook's)")
    add("--timeout", type=_seconds, metavar="SECONDS", help="longest time for a cell (default: no limit)")
    add("--total", type=_seconds, metavar="SECONDS", help="longest time for a notebook")
    add("--memory", type=_size, metavar="SIZE", help="most memory for a kernel and its children: 4G, 500M")
    add("--allow-errors", action="store_true", help="go on when a cell raises")
    add("--in-place", action="store_true", help="run in the notebook's own folder, and make no copy")
    add(
        "--copy-limit",
        type=_size,
        default="2G",
        metavar="SIZE",
        help="largest folder that is copied (default: 2G)",
    )
    add(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter, as papermill does",
    )


def _add_comparing(add: object) -> None:
    assert callable(add)
    add(
        "--rtol",
        type=float,
        default=1e-14,
        metavar="X",
        help="relative tolerance of numbers (default: 1e-14)",
    )
    add("--atol", type=float, default=0.0, metavar="X", help="absolute tolerance of numbers (default: 0)")
    add("--pixels", type=float, default=6.0, metavar="X", help="tolerance of pictures, of 255 (default: 6)")
    add(
        "--twice",
        action="store_true",
        help="always run twice, to tell chance (default: where something differs)",
    )
    add("--once", action="store_true", help="never run twice")
    add("--ledger", type=Path, metavar="FILE", help="the ledger that was written with the saved outputs")
    add(
        "--update",
        action="store_true",
        help="write the fresh outputs of cells that differ into the notebooks",
    )
    add(
        "--update-cells",
        type=_numbers,
        metavar="CELLS",
        help="only those of these cells, counted from the top: 3,5",
    )


def _add_many(add: object) -> None:
    assert callable(add)
    add("--jobs", type=_jobs, default=1, metavar="N", help="notebooks at the same time; 0: one a processor")
    add(
        "--journal",
        type=Path,
        metavar="FILE",
        help="write each verdict there at once; go on from it if it is there",
    )
    add("--shard", metavar="I/N", help="only the I-th of N parts of the notebooks")
    add("--dask", metavar="ADDRESS", help="run on a cluster of dask's, or 'local' for --jobs workers here")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="leave out such files of folders")


def _add_output(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--format", choices=FORMATS, default="text", help="default: text")
    add("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    add("-o", "--output", type=Path, metavar="FILE", help="write it to a file")
    add("--html", type=Path, metavar="FILE", help="write a page with outputs side by side as well")
    add("--junit", type=Path, metavar="FILE", help="write a report for CI as well")
    add("--markdown", type=Path, metavar="FILE", help="write a table for a pull request as well")
    add("-q", "--quiet", action="store_true", help="no progress")


def _seconds(text: str) -> int:
    seconds = int(text) if text.isdecimal() else 0
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds above 0")
    return seconds


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 500M or 4G")
    return int(float(found[1]) * 1024 ** " kMGT".index(found[2].replace("K", "k") or " "))


def _jobs(text: str) -> int:
    from cellgraph.notebooks.verification.workers import default_jobs

    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text) or default_jobs()


def _numbers(text: str) -> tuple[int, ...]:
    if not _CELLS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of cells; write it like 3,5")
    return tuple(map(int, text.split(",")))


def _run(options: argparse.Namespace) -> int:
    """Verify the notebooks and report."""
    paths, missing = _paths(options)
    for path in missing:
        tell(f"there is no file {path}")
    if not paths:
        return COULD_NOT_RUN if missing else fail("no notebook to verify")
    how = _options(options)
    verdicts = _verified(paths, how, options)
    _report(verdicts, options)
    code = exit_code(verdicts)
    return COULD_NOT_RUN if missing and code != FINDINGS else code


def _paths(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    from cellgraph.notebooks.checks.discovery import find_files
    from cellgraph.notebooks.checks.settings import Settings
    from cellgraph.notebooks.verification.workers import parse_shard, shard

    found, missing = find_files(options.paths, Settings(exclude=tuple(options.exclude)))
    paths = sorted({str(Path(path)) for path in found if path != "-"})
    if options.shard is not None:
        paths = shard(paths, parse_shard(options.shard))
        if not paths:
            tell(f"part {options.shard} has no notebook")
    return paths, missing


def _options(options: argparse.Namespace) -> VerifyOptions:
    from cellgraph.notebooks.verification.options import VerifyOptions, parameters
    from cellgraph.notebooks.verification.text import Tolerance

    if options.twice and options.once:
        raise CannotRunError("--twice and --once exclude each other")
    if options.ledger is not None and not options.ledger.is_file():
        raise CannotRunError(f"there is no file {options.ledger}")
    update = options.update_cells or (() if options.update else None)
    return VerifyOptions(
        kernel=options.kernel,
        timeout=options.timeout,
        total=options.total,
        memory=options.memory,
        tolerance=Tolerance(options.rtol, options.atol, options.pixels),
        twice="always" if options.twice else "never" if options.once else "auto",
        in_place=options.in_place,
        allow_errors=options.allow_errors,
        parameters=parameters(options.parameter),
        ledger=str(options.ledger.absolute()) if options.ledger is not None else "",
        largest=options.copy_limit,
        update=update,
    )


def _verified(paths: Sequence[str], how: VerifyOptions, options: argparse.Namespace) -> list[NotebookVerdict]:
    """The verdicts in the order of the paths: those that a journal has, and those of fresh runs."""
    from cellgraph.notebooks.verification.journal import Journal

    known = _known(paths, how, options.journal)
    if known:
        tell(f"{len(known)} of {len(paths)} taken over from {options.journal}")
    left = [path for path in paths if path not in known]
    found = dict(known)
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(options.journal)) if options.journal is not None else None
        progress = _Progress(len(left), quiet=options.quiet)
        for verdict in _running(left, how, options, journal.begin if journal is not None else _nothing):
            if journal is not None:
                journal.end(verdict)
            found[verdict.path] = verdict
            progress.done(verdict)
    return [found[path] for path in paths if path in found]


def _nothing(path: str) -> None:
    """Called before a notebook begins, where there is no journal."""


def _known(paths: Sequence[str], how: VerifyOptions, journal: Path | None) -> dict[str, NotebookVerdict]:
    """The verdicts of an earlier command that still hold: the same bytes, and the same options."""
    from cellgraph.notebooks.verification.journal import read_journal

    if journal is None or not journal.is_file() or journal.stat().st_size == 0:
        return {}
    entries = read_journal(journal)
    for path, times in entries.open.items():
        if path in paths:
            tell(f"{path} was begun before ({times} times) and did not end: it is begun again")
    known = {}
    for path in paths:
        verdict = entries.verdicts.get(path)
        if verdict is not None and verdict.fingerprint == _fingerprint(path, how):
            known[path] = verdict
    return known


def _fingerprint(path: str, how: VerifyOptions) -> str | None:
    from cellgraph.notebooks.checks.document import file_bytes

    try:
        return how.fingerprint(file_bytes(Path(path)))
    except OSError:
        return None


def _running(
    paths: Sequence[str], how: VerifyOptions, options: argparse.Namespace, begin: object
) -> Iterator[NotebookVerdict]:
    assert callable(begin)
    if options.dask is not None:
        from cellgraph.notebooks.verification.cluster import verify_on_cluster

        yield from verify_on_cluster(paths, how, options.dask, options.jobs, begin)
    elif len(paths) == 1:  # no process of its own: there is no other notebook that it could harm
        import cellgraph.notebooks.verification.loading  # noqa: F401 - see there
        from cellgraph.notebooks.verification.run import verify

        begin(paths[0])
        yield verify(Path(paths[0]), how)
    else:
        from cellgraph.notebooks.verification.workers import verify_all

        yield from verify_all(paths, how, options.jobs, begin)


class _Progress:
    """A line for each notebook on standard error, with how many are done and how long the rest may take."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total = total
        self._quiet = quiet or total < 2
        self._done = 0
        self._begun = time.monotonic()

    def done(self, verdict: NotebookVerdict) -> None:
        """Tell of one more."""
        self._done += 1
        if self._quiet:
            return
        spent = time.monotonic() - self._begun
        left = spent / self._done * (self._total - self._done)
        rest = f", about {left:.0f} s left" if left >= 1 else ""
        line = (
            f"[{self._done}/{self._total}] {verdict.path}: {verdict.verdict} ({verdict.seconds:.1f} s{rest})"
        )
        print(line, file=sys.stderr, flush=True)


def _report(verdicts: Sequence[NotebookVerdict], options: argparse.Namespace) -> None:
    from cellgraph.render.verify_reports import VERIFY_FORMATS
    from cellgraph.render.verify_text import summary
    from cellgraph.render.verify_text import text as as_text

    for name in ("html", "junit", "markdown"):
        path = getattr(options, name)
        if path is not None:
            write_text(path, VERIFY_FORMATS[name](verdicts))
    if options.output is not None:
        write_text(options.output, VERIFY_FORMATS[options.format](verdicts) + "\n")
        tell(f"{summary(verdicts)}; in {options.output}")
    elif options.format == "text":
        print(as_text(verdicts, colour=sys.stdout.isatty()))
    else:
        print(VERIFY_FORMATS[options.format](verdicts))


def exit_code(verdicts: Sequence[NotebookVerdict]) -> int:
    """0 if all is as saved, 1 if something is not, 2 if a notebook could not be run."""
    from cellgraph.notebooks.verification.verdicts import REPRODUCED

    counted = [one for one in verdicts if not one.set_aside]
    if any(one.verdict not in REPRODUCED and one.verdict != "not run" for one in counted):
        return FINDINGS
    if any(one.verdict == "not run" for one in counted):
        return COULD_NOT_RUN
    return CLEAN if verdicts else COULD_NOT_RUN


VERIFY = Command(
    name="verify",
    help="run saved notebooks afresh and compare what they give with what is saved",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)


def _add_merge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "journals", nargs="+", type=Path, metavar="JOURNAL", help="written by cellgraph verify --journal"
    )
    _add_output(parser)


def _merge(options: argparse.Namespace) -> int:
    """Report on the verdicts of several journals as if they were of one command."""
    from cellgraph.notebooks.verification.journal import merged

    verdicts = merged(options.journals)
    _report(verdicts, options)
    return exit_code(verdicts)


MERGE = Command(
    name="merge",
    help="put the journals of several cellgraph verify together",
    description="Put the journals of several cellgraph verify together: shards, array jobs, a matrix of CI.",
    add_arguments=_add_merge_arguments,
    run=_merge,
)

"""``cellgraph check``: reads saved notebooks, runs nothing, and says what a restart would not find."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cellgraph import rules
from cellgraph.cli.command import CLEAN, COULD_NOT_RUN, FINDINGS, Command, fail, tell
from cellgraph.notebooks.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cellgraph.notebooks.checks.check import Checked
    from cellgraph.notebooks.checks.settings import Settings

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")

DESCRIPTION = """\
Read saved notebooks and say what Restart & Run All would not find. Nothing is executed.

A finding is certain (a restart fails or gives something else) or possible. After %run, exec and
the like a name is unknown, never missing. Warnings make the exit code 1; notes do only with --strict.

  cellgraph check .                       all notebooks below this folder
  cellgraph check a.ipynb 'lab/**/*.ipynb' - < b.ipynb
  cellgraph check . --format sarif -o cellgraph.sarif
"""

HELP_AFTER = (
    "# cellgraph: ignore[CODE] in a cell silences a code there. Settings: [tool.cellgraph] in pyproject.toml."
)


def codes_table() -> str:
    """Every code with its meaning, a line each."""
    rows = [f"  {rule.code}  {rule.title}: {rule.when}" for rule in rules.SAVED_RULES.values()]
    return "codes:\n" + "\n".join(rows)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = f"{DESCRIPTION}\n{codes_table()}\n\n{HELP_AFTER}"
    add = parser.add_argument
    add("paths", nargs="+", metavar="PATH", help="files, folders, patterns, or - for standard input")
    add(
        "--select",
        action="append",
        metavar="CODES",
        help="only these codes, or beginnings of codes: CG30,CG31",
    )
    add("--ignore", action="append", metavar="CODES", help="all but these")
    add("--severity", choices=("note", "warning"), help="report nothing below it (default: note)")
    add("--strict", action="store_true", help="notes count for the exit code as well")
    add("--format", choices=FORMATS, default="text", help="default: text")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write it to a file, and a summary to standard error",
    )
    add("--baseline", type=Path, metavar="FILE", help="leave out the findings of this file")
    add(
        "--write-baseline", type=Path, metavar="FILE", help="write the findings to this file, and exit with 0"
    )
    add("--config", type=Path, metavar="FILE", help="read [tool.cellgraph] of this file")
    add("--exclude", action="append", metavar="PATTERN", help="leave out such files of folders")
    add("--fix", action="store_true", help="show and make the changes that are certain: seeds, order, counts")
    add("--diff", action="store_true", help="show these changes, and make none")
    add("--jobs", type=_jobs, default=1, metavar="N", help="processes; 0: one for each processor")
    add("-q", "--quiet", action="store_true", help="print no summary")


def _jobs(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text) or os.cpu_count() or 1


def _run(options: argparse.Namespace) -> int:
    """Check the files and print what was found."""
    from cellgraph.notebooks.checks.discovery import find_files

    settings = _settings(options)
    files, missing = find_files(options.paths, settings)
    for path in missing:
        tell(f"there is no file {path}")
    if options.fix or options.diff:
        return _fix(files, settings, write=options.fix)
    if not files:
        return fail("no notebook to check") if not missing else COULD_NOT_RUN
    checked = _checked(files, settings, options)
    if options.write_baseline is not None:
        return _write_baseline(options.write_baseline, checked)
    _print(checked, options)
    code = _exit_code(checked, strict=options.strict)
    return COULD_NOT_RUN if missing and code != FINDINGS else code


def _settings(options: argparse.Namespace) -> Settings:
    from dataclasses import replace

    from cellgraph.notebooks.checks.settings import check_codes, read_settings

    settings = read_settings(Path.cwd(), options.config)
    if options.select:
        settings = replace(settings, select=check_codes(",".join(options.select).split(","), "--select"))
    if options.ignore:
        ignored = check_codes(",".join(options.ignore).split(","), "--ignore")
        settings = replace(settings, ignore=(*settings.ignore, *ignored))
    if options.severity:
        settings = replace(settings, severity=options.severity)
    if options.exclude:
        settings = replace(settings, exclude=(*settings.exclude, *options.exclude))
    if options.baseline is not None:
        settings = replace(settings, baseline=str(options.baseline))
    return settings


def _checked(files: Sequence[str], settings: Settings, options: argparse.Namespace) -> list[Checked]:
    from cellgraph.notebooks.checks.baseline import read_baseline, without_known
    from cellgraph.notebooks.checks.check import check_paths

    known = (
        read_baseline(Path(settings.baseline))
        if settings.baseline and options.write_baseline is None
        else None
    )
    found = []
    steps = check_paths(files, settings, options.jobs)
    if len(files) > _MANY and sys.stderr.isatty() and not options.quiet:
        from rich.progress import track

        steps = iter(track(steps, description="checking", total=len(files), transient=True))
    found = list(steps)
    return list(without_known(found, known)) if known is not None else found


_MANY = 300
"""From so many files on a terminal shows a progress bar."""


def _write_baseline(path: Path, checked: Sequence[Checked]) -> int:
    from cellgraph.notebooks.checks.baseline import write_baseline

    try:
        number = write_baseline(path, checked)
    except OSError as error:
        raise CannotRunError(f"cannot write {path}: {error.strerror}") from None
    tell(f"{number} findings in {path}; with --baseline {path} only others count")
    return CLEAN


def _print(checked: Sequence[Checked], options: argparse.Namespace) -> None:
    from cellgraph.render.check_reports import CHECK_FORMATS
    from cellgraph.render.check_text import summary, text

    if options.format == "text" and options.output is None:
        shown = text(checked, colour=_colour())
        if options.quiet:
            shown = shown.rpartition("\n")[0]
        if shown:
            print(shown)
        return
    made = CHECK_FORMATS[options.format](checked)
    if options.output is None:
        if made:
            print(made)
        return
    from cellgraph.notebooks.outputs import least_open, write_text

    write_text(options.output, made + "\n", least_open(Path(one.path) for one in checked))
    if not options.quiet:
        tell(summary(checked))


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _exit_code(checked: Sequence[Checked], *, strict: bool) -> int:
    counted = [found for one in checked for found in one.findings if strict or found.severity == "warning"]
    if counted:
        return FINDINGS
    return COULD_NOT_RUN if any(one.error for one in checked) else CLEAN


def _fix(files: Sequence[str], settings: Settings, *, write: bool) -> int:
    """Show, and with ``write`` make, the changes that are certain. The exit code is 1 where there are any."""
    from cellgraph.notebooks.checks.document import file_bytes
    from cellgraph.notebooks.checks.fix import fixed

    changed = 0
    for path in files:
        if path == "-":
            raise CannotRunError("standard input cannot be changed: name the file")
        try:
            data = file_bytes(Path(path))
        except OSError as error:
            raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
        change = fixed(path, data, settings)
        if change is None:
            continue
        changed += 1
        print(change.diff)
        if write:
            Path(path).write_text(change.text, encoding="utf-8", newline="")
            tell(f"{path}: {'; '.join(change.what)}")
    if not changed:
        tell("nothing that can be changed with certainty")
    return FINDINGS if changed and not write else CLEAN


CHECK = Command(
    name="check",
    help="read saved notebooks and say what a restart would not find; runs nothing",
    description=DESCRIPTION,
    add_arguments=_add_arguments,
    run=_run,
)

"""Subcommands that change something: rerun, promote, config, on, off, save, stamp, load and reset."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from traitlets import TraitError

from cellgraph import rules
from cellgraph.analyse.messages.common import listed
from cellgraph.magic.arguments import UsageError
from cellgraph.model import Report
from cellgraph.render.text import counted, did_you_mean
from cellgraph.session import Tracker
from cellgraph.session.config import current_name
from cellgraph.session.live_stamp import NoNotebookError


def rerun(tracker: Tracker, options: Namespace) -> None:
    """Run the cells in doubt again."""
    report = tracker.report()
    if not report.plan:
        tracker.display("nothing to run again: running cells would not resolve any finding")
    elif options.dry_run:
        tracker.display(f"would run {_labelled(report, report.plan)}")
    elif tracker.rerun_in_place(report.plan):
        tracker.display(f"running {_labelled(report, report.plan)} where they stand")
    else:
        _run_again(tracker, report)


def _run_again(tracker: Tracker, report: Report) -> None:
    """Run the cells of the plan inside the cell that asked, and say what ran.

    Their outputs appear below that cell. So a cell whose only fault is an outdated output is left out.
    """
    outdated = _outdated_only(report)
    plan = [cell for cell in report.plan if cell not in outdated]
    texts = tracker.texts_not_run(plan)
    done = tracker.rerun(plan)
    lines = []
    if len(done) < len(plan):
        before = _labelled(report, done) if done else "none"
        lines.append(f"stopped: {report.label(plan[len(done)])} raised (done: {before})")
    elif done:
        lines.append(f"ran {_labelled(report, done)} again")
    if edited := [cell for cell in done if cell in texts]:
        lines.append(f"with its present text: {_labelled(report, edited)}")
    elsewhere = [cell for cell in plan if cell in done and cell in _outdated_only(tracker.report())]
    if shown := [*outdated, *elsewhere]:
        one = len(shown) == 1
        lines.append(
            f"the output{'' if one else 's'} above of {_labelled(report, shown)} "
            f"{'is' if one else 'are'} outdated ({rules.OUTDATED.code}): run "
            f"{'that cell' if one else 'these cells'} where {'it stands' if one else 'they stand'}"
        )
    tracker.display("\n".join(lines))


def _labelled(report: Report, cells: Iterable[str]) -> str:
    return listed(list(cells), report.label)


def _outdated_only(report: Report) -> list[str]:
    """The cells of the plan whose only warning is an outdated output."""
    found = report.findings_by_cell()
    codes = {
        cell: {one.code for one in findings if one.severity == "warning"} for cell, findings in found.items()
    }
    return [cell for cell in report.plan if codes.get(cell) == {rules.OUTDATED.code}]


def config(tracker: Tracker, options: Namespace) -> None:
    """Show or set options."""
    options_of = tracker.config
    keys = sorted(options_of.trait_names(config=True))
    key = options.key and current_name(options.key)
    if key is None:
        rows = (f"{key} = {getattr(options_of, key)!r}  # {options_of.traits()[key].help}" for key in keys)
        tracker.display("\n".join(rows))
        return
    if key not in keys:
        raise UsageError(f"there is no option {key!r}: {did_you_mean(key, keys)}")
    if options.value:
        _set_option(tracker, key, options.value)
    tracker.display(f"{key} = {getattr(options_of, key)!r}")


def _set_option(tracker: Tracker, key: str, words: list[str]) -> None:
    trait = tracker.config.traits()[key]
    try:
        if key == "ignore":
            codes = [code for word in words for code in word.replace(",", " ").split()]
            value: object = _known_codes([code.upper() for code in codes if code.lower() != "none"])
        else:
            value = trait.from_string(words[0])
        setattr(tracker.config, key, value)
    except (TraitError, ValueError) as error:
        raise UsageError(f"{' '.join(words)!r} is no value for {key}: {trait.help}") from error


def _known_codes(codes: list[str]) -> list[str]:
    unknown = [code for code in codes if code not in rules.SESSION_RULES]
    if unknown:
        raise UsageError(
            f"there is no code {unknown[0]!r}: there are {', '.join(rules.SESSION_RULES)}, and none"
        )
    return codes


def on(tracker: Tracker, options: Namespace) -> None:
    """Start recording again."""
    tracker.resume()
    tracker.display("recording")


def off(tracker: Tracker, options: Namespace) -> None:
    """Stop recording."""
    tracker.pause()
    tracker.display("not recording; `%cellgraph on` starts again")


def save(tracker: Tracker, options: Namespace) -> None:
    """Write the ledger to a file."""
    tracker.save(options.file)
    tracker.display(f"{counted(len(tracker.runs), 'run')} written to {options.file}")


def stamp(tracker: Tracker, options: Namespace) -> None:
    """Write the stamp beside the notebook."""
    try:
        path, cells = tracker.write_stamp(options.notebook)
    except NoNotebookError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"the stamp could not be written: {error}") from None
    tracker.display(
        f"the stamp of {counted(cells, 'cell')} written to {path.name}; save the notebook, then"
        " `cellgraph check` compares them"
    )


def load(tracker: Tracker, options: Namespace) -> None:
    """Replace the ledger by one from a file."""
    try:
        tracker.load(options.file)
    except ValueError as error:  # another kind of file, or a file that is no text
        raise UsageError(f"{options.file} could not be read: {error}") from error
    tracker.display(f"{counted(len(tracker.runs), 'run')} read from {options.file}")


def reset(tracker: Tracker, options: Namespace) -> None:
    """Forget all runs."""
    tracker.reset()
    tracker.display("the ledger is empty; your variables are as they were")


def promote(tracker: Tracker, options: Namespace) -> None:
    """Promote the saved notebook, in a process of its own: it runs the notebook in a fresh kernel."""
    import os
    import subprocess
    import sys

    from cellgraph.notebooks.saved import notebook_path

    path = notebook_path(tracker.shell.user_ns, os.environ)
    if path is None:
        raise UsageError("which file this notebook is in is not known here: use `cellgraph promote FILE`")
    words = [path, "--output", options.output, *(f"--target={name}" for name in options.target)]
    words += ["--force"] * options.force + ["--no-check"] * options.no_check
    words += ["--yes"] * options.yes + ["--no-tests"] * options.no_tests
    words += [f"--rewrite-notebook={options.rewrite_notebook}"] if options.rewrite_notebook else []
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "cellgraph", "promote", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,  # nobody can be asked
    )
    if done.returncode:
        raise UsageError((done.stderr.strip().splitlines() or ["it failed"])[-1].removeprefix("cellgraph: "))
    tracker.display(f"promoted the notebook as it was saved\n\n{done.stdout.strip()}")

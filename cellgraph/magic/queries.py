"""Subcommands that change nothing: status, why, deps, uses, check, slice and help."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from cellgraph import rules
from cellgraph.analyse.messages.common import listed
from cellgraph.analyse.slices import base_name, downstream, makers, readers, slice_script, upstream
from cellgraph.magic.arguments import NO_CELL, UsageError, check_known, color, nothing_known, width
from cellgraph.magic.subcommands import overview
from cellgraph.model import CellState, Finding, Report
from cellgraph.render.text import chance_line, counted, cut, did_you_mean, first_line
from cellgraph.session import Tracker


def status(tracker: Tracker, options: Namespace) -> None:
    """The cells, their states, and what to run."""
    from cellgraph.render.terminal import status_html, status_text

    report = tracker.report()
    if not report.cells and not report.unrun:
        tracker.display(NO_CELL)
        return
    tracker.display(status_text(report, width(), color=color() and not tracker.rich), status_html(report))


def why(tracker: Tracker, options: Namespace) -> None:
    """Explain a name or a cell: the chain of runs behind it."""
    check_known(tracker, options.subject)
    tracker.display(str(tracker.explain(options.subject)))


def deps(tracker: Tracker, options: Namespace) -> None:
    """The cells that a name is made from."""
    report = tracker.report()
    cells = makers(report, options.name) or nothing_known(tracker, options.name)
    found = upstream(report, cells)
    tracker.display(_listed(f"{options.name} is made by", found, set(cells), "from"))


def uses(tracker: Tracker, options: Namespace) -> None:
    """The cells that use a name."""
    report = tracker.report()
    cells = readers(report, options.name)
    if not cells:
        check_known(tracker, options.name)
        tracker.display(f"no cell reads {options.name}")
        return
    found = downstream(report, cells)
    tracker.display(_listed(f"{options.name} is read by", found, set(cells), "and through them by"))


def check(tracker: Tracker, options: Namespace) -> None:
    """List all findings, and what makes results differ from run to run."""
    findings = tracker.findings()
    warnings = [finding for finding in findings if finding.severity == "warning"]
    notes = [finding for finding in findings if finding.severity == "note"]
    report = tracker.report()
    lines = [_verdict(report, len(warnings)), *_shown(warnings)]
    if notes:
        lines += ["notes: inputs that would be different if one cell ran now", *_shown(notes)]
    lines += map(chance_line, report.chances)
    tracker.display("\n".join(lines))


def slice_of(tracker: Tracker, options: Namespace) -> None:
    """The code that makes a name or a cell."""
    report = tracker.report()
    cell = tracker.find_cell(options.subject)
    cells = (cell,) if cell is not None else makers(report, options.subject)[-1:]
    if not cells and tracker.ledger.writer(base_name(options.subject)) is None:
        nothing_known(tracker, options.subject)
    if options.cells:
        code = [(state.label, state.source.rstrip()) for state in upstream(report, cells)]
        tracker.display("\n\n".join(f"# {label}\n{text}" for label, text in code))
        return
    from cellgraph.analyse.slice_script import Context
    from cellgraph.notebooks.static_slice import exported

    context = Context(exports=lambda module: exported(module, "."))
    name = options.subject if cell is None else None
    tracker.display(slice_script(tracker.ledger, cells, name, context).rstrip())


def help_on(tracker: Tracker, options: Namespace) -> None:
    """All subcommands, or what the code of a finding means and what to do about it."""
    if options.code is None:
        tracker.display(f"{overview()}\n\n`%cellgraph help CODE` says what the code of a finding means.")
        return
    rule = rules.EVERY_RULE.get(options.code.upper())
    if rule is None:
        hint = did_you_mean(options.code, rules.EVERY_RULE)
        raise UsageError(f"there is no code {options.code!r}: {hint}")
    tracker.display(rule.help)


def _verdict(report: Report, warnings: int) -> str:
    """Clean only where every input is accounted for. What is not known is said in the same breath."""
    if not report.cells:
        return NO_CELL
    if not warnings:
        foreign = any(finding.code == rules.FOREIGN.code for finding in report.findings)
        but = ", but for what is listed below" if report.chances or foreign else ""
        unrun = f"; {counted(len(report.unrun), 'cell')} not run" if report.unrun else ""
        if report.unsure:
            lines = "; ".join(cut(first_line(text), 30) for text in report.unsure[:3])
            return f"no cell is in doubt, but these above have not run, and may change anything: {lines}"
        return f"clean: Restart & Run All would give what is on the screen{but}{unrun}"
    plan = f" · run {listed(map(report.label, report.plan))}" if report.plan else ""
    return f"{counted(warnings, 'finding')}{plan}"


def _shown(findings: Iterable[Finding]) -> list[str]:
    return [f"  {rules.titled(finding.code)}: {finding.message}" for finding in findings]


def _listed(head: str, cells: Iterable[CellState], first: set[str], then: str) -> str:
    lines = [head]
    lines += [f"  {_one_line(cell)}" for cell in cells if cell.cell in first]
    others = [cell for cell in cells if cell.cell not in first]
    lines += [then, *(f"  {_one_line(cell)}" for cell in others)] if others else []
    return "\n".join(lines)


def _one_line(cell: CellState) -> str:
    return f"{cell.label} {first_line(cell.source)}"

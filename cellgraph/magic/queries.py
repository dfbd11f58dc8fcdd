"""Subcommands that change nothing: status, why, deps, uses, check, slice and help."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence

from cellgraph import rules
from cellgraph.analyse.messages.common import listed
from cellgraph.analyse.slices import base_name, downstream, makers, readers, slice_script, upstream
from cellgraph.magic.arguments import NO_CELL, UsageError, check_known, color, nothing_known, width
from cellgraph.magic.subcommands import overview
from cellgraph.model import CellState, Report
from cellgraph.render.answers import Block, answer, check_blocks, script_html
from cellgraph.render.text import counted, cut, did_you_mean, first_line, unique
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
    """Explain a name or a cell: the chain of runs behind it. With ``--all``, each cell in doubt."""
    report = tracker.report()
    if options.subject is not None:
        check_known(tracker, options.subject)
        explained = [tracker.explain(options.subject, whole=options.all)]
    elif options.all:
        doubted = unique(one.cell for one in report.findings if one.severity == "warning")
        explained = [tracker.explain(cell) for cell in doubted]
    else:
        raise UsageError("missing: NAME|CELL, or --all for each cell in doubt")
    if not explained:
        tracker.display("no cell is in doubt")
        return
    _show(tracker, report, [Block(one.subject, one.lines) for one in explained])


def deps(tracker: Tracker, options: Namespace) -> None:
    """The cells that a name is made from."""
    report = tracker.report()
    cells = makers(report, options.name) or nothing_known(tracker, options.name)
    found = upstream(report, cells)
    _show(tracker, report, _listed(f"{options.name} is made by", found, set(cells), "from"))


def uses(tracker: Tracker, options: Namespace) -> None:
    """The cells that use a name."""
    report = tracker.report()
    cells = readers(report, options.name)
    if not cells:
        check_known(tracker, options.name)
        tracker.display(f"no cell reads {options.name}")
        return
    found = downstream(report, cells)
    _show(tracker, report, _listed(f"{options.name} is read by", found, set(cells), "and through them by"))


def check(tracker: Tracker, options: Namespace) -> None:
    """List all findings, and what makes results differ from run to run."""
    findings = tracker.findings()
    warnings = [finding for finding in findings if finding.severity == "warning"]
    notes = [finding for finding in findings if finding.severity == "note"]
    report = tracker.report()
    _show(tracker, report, check_blocks(_verdict(report, len(warnings)), warnings, notes, report.chances))


def slice_of(tracker: Tracker, options: Namespace) -> None:
    """The code that makes a name or a cell."""
    report = tracker.report()
    cell = tracker.find_cell(options.subject)
    cells = (cell,) if cell is not None else makers(report, options.subject)[-1:]
    if not cells and tracker.ledger.writer(base_name(options.subject)) is None:
        nothing_known(tracker, options.subject)
    if options.cells:
        code = [(state.label, state.source.rstrip()) for state in upstream(report, cells)]
        _show(tracker, report, [Block(label, code=text) for label, text in code])
        return
    from cellgraph.analyse.slice_script import Context
    from cellgraph.notebooks.static_slice import exported

    context = Context(exports=lambda module: exported(module, "."))
    name = options.subject if cell is None else None
    made = slice_script(tracker.ledger, cells, name, context).rstrip()
    tracker.display(made, script_html(report, upstream(report, cells), made))


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
    plan = f" · run {listed(report.plan, report.label)}" if report.plan else ""
    return f"{counted(warnings, 'finding')}{plan}"


def _show(tracker: Tracker, report: Report, blocks: Iterable[Block]) -> None:
    """Show an answer, with links and colours where the front end has them."""
    made = answer(report, blocks)
    tracker.display(made.text, made.html)


def _listed(head: str, cells: Sequence[CellState], first: set[str], then: str) -> list[Block]:
    others = [cell for cell in cells if cell.cell not in first]
    blocks = [Block(head, cells=[cell for cell in cells if cell.cell in first])]
    return [*blocks, Block(then, cells=others)] if others else blocks

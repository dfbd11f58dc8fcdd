"""What cellgraph must not warn about: clean runs, and reruns that change nothing."""

from __future__ import annotations

from tests.oracle.judge import replay, tracked
from tests.oracle.kernel import Trace
from tests.oracle.report import describe_finding
from tests.oracle.session import Action, Session, final, steps


def warnings_on_the_way(session: Session) -> list[str]:
    """Every warning that is there after any run of a session, in words."""
    found: dict[str, None] = {}
    with tracked() as (live, tracker):
        for step in steps(session):
            tracker.set_cell_order(step.order)
            if step.cell is not None:
                live.run(step.cell, step.source)
            warnings = (finding for finding in tracker.findings() if finding.severity == "warning")
            found |= dict.fromkeys(map(describe_finding, warnings))
    return list(found)


def with_harmless_reruns(notebook: Session) -> Session:
    """A notebook that has run from top to bottom, then every cell again that changes nothing.

    Such a cell sees the same values, shows the same and leaves every variable as it was.
    """
    first = replay(notebook)
    session = notebook
    for cell, _ in final(notebook):
        longer = (*session, Action("run", cell))
        if _harmless(first[cell], replay(longer)[cell]):
            session = longer
    return session


def _harmless(first: Trace, again: Trace) -> bool:
    return again.outcome == first.outcome and again.inputs == first.inputs and not again.written

"""The facts about a run at the top of its report, as pairs of a title and a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellgraph.notebooks.run_types import Execution, Ran
    from cellgraph.notebooks.source import NotebookFile

_MOST_FLAWS = 3


def facts(source: NotebookFile, execution: Execution) -> dict[str, str]:
    """The facts of a run, in the order to show them."""
    found = {
        "Notebook": source.path.name,
        "Kernel": _kernel(execution),
        "Cells run": f"{len(execution.ran)}, in {execution.seconds:.1f} s{_not_run(source, execution)}",
        "Order": _order(execution.ran),
    }
    if execution.failed:
        found["Errors"] = "; ".join(map(failure, execution.failed))
    if source.flaws:
        found["Format"] = mended(source)
    if execution.stopped:
        found["Stopped"] = execution.stopped
    if execution.behind:
        found["Incomplete"] = "the kernel ended before it could report on the last cells"
    return found


def verdicts(execution: Execution) -> tuple[str, ...]:
    """What the report of a run that failed is headed by: why it ended early, or which cells failed."""
    if execution.stopped:
        return (f"The run failed: {execution.stopped}",)
    failed = [ran for ran in execution.failed if not ran.expected]
    return (f"The run had errors: {'; '.join(map(failure, failed))}",) if failed else ()


def mended(source: NotebookFile) -> str:
    """The flaws of the file that were repaired, in one line."""
    more = f" and {len(source.flaws) - _MOST_FLAWS} more" if len(source.flaws) > _MOST_FLAWS else ""
    return f"mended in the executed notebook: {', '.join(source.flaws[:_MOST_FLAWS])}{more}"


def failure(ran: Ran) -> str:
    """A cell that ended with an error, in one line."""
    expected = " (expected: its tag is raises-exception)" if ran.expected else ""
    return f"{ran.code_cell.named} {ran.failed}{expected}"


def _not_run(source: NotebookFile, execution: Execution) -> str:
    """How many cells of the notebook did not run, without counting empty ones."""
    wanted = {code_cell.number for code_cell in source.cells if code_cell.source.strip()}
    missing = wanted - {entry.code_cell.number for entry in execution.ran}
    return f"; {len(missing)} of the notebook's {len(wanted)} did not run" if missing else ""


def _kernel(execution: Execution) -> str:
    version = execution.notebook.metadata.get("language_info", {}).get("version", "")
    kernel = f"{execution.kernel} (Python {version})" if version else execution.kernel
    return f"{kernel}; {execution.instead}" if execution.instead else kernel


def _order(ran: tuple[Ran, ...]) -> str:
    """The order in which cells ran: which execution count stands for which place in the notebook."""
    pairs = [(entry.count, entry.code_cell.number) for entry in ran if entry.count is not None]
    if all(count == number for count, number in pairs):
        return "from top to bottom"
    return "; ".join(map(_stretch_text, _stretches(pairs))) + ", counting code cells from the top"


def _stretches(pairs: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """``pairs`` split before each cell that does not follow its predecessor in the notebook."""
    stretches: list[list[tuple[int, int]]] = []
    for count, number in pairs:
        if stretches and stretches[-1][-1] == (count - 1, number - 1):
            stretches[-1].append((count, number))
        else:
            stretches.append([(count, number)])
    return stretches


def _stretch_text(stretch: list[tuple[int, int]]) -> str:
    (count, number), (last_count, last_number) = stretch[0], stretch[-1]
    if count == last_count:
        return f"[{count}] is cell {number}"
    return f"[{count}] to [{last_count}] are cells {number} to {last_number}"

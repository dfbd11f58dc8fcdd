"""A promoted notebook in words: the steps, the proof, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cellgraph.notebooks.promotion.model import Omitted, Pipeline, Step, Value
from cellgraph.notebooks.promotion.portrait import Verdict

_HOW = {
    "digest": "equal (same digest)",
    "tolerance": "equal within tolerance",
    "metric": "alike as a metric",
    "chance": "not comparable",
    "differs": "differs",
}
_MOST = 30


def promotion_text(
    pipeline: Pipeline, verdicts: Iterable[Verdict], files: Iterable[Path], notes: Iterable[str] = ()
) -> str:
    """What a person is told after a promotion."""
    lines = [f"wrote {', '.join(map(str, files))}", "", "steps"]
    lines += [f"  {_step(step)}" for step in pipeline.steps]
    proof = [f"  {one.name}: {_HOW[one.how]}{f'; {one.detail}' if one.detail else ''}" for one in verdicts]
    lines += (
        ["", "proof: the notebook and the module ran in fresh processes", *proof]
        if proof
        else ["", "not proven"]
    )
    lines += _left_out(pipeline.omitted)
    lines += [f"note: {note}" for note in dict.fromkeys(notes)]
    return "\n".join(lines)


def _step(step: Step) -> str:
    cells = ", ".join(map(str, step.cells))
    return f"{step.name}({_names(step.parameters)}) → {_names(step.returns) or 'nothing'}    cells {cells}"


def _names(values: Iterable[Value]) -> str:
    return ", ".join(value.name for value in values)


def _left_out(omitted: tuple[Omitted, ...]) -> list[str]:
    if not omitted:
        return []
    rows = [f"  cell {one.cell}: {one.text}    {one.reason}" for one in omitted[:_MOST]]
    more = [f"  and {len(omitted) - _MOST} more, in dag.json"] if len(omitted) > _MOST else []
    return ["", "left out", *rows, *more]

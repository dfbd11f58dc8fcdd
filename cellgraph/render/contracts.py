"""Contracts as text: what is expected, and how many samples that rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cellgraph.record.contracts.clauses import (
    expected_high,
    expected_length,
    expected_low,
    expected_values,
    is_key,
)
from cellgraph.record.contracts.facts import RANGED, Clause, Contract, Difference
from cellgraph.render.text import counted, cut, shown

_LISTED = 40
"""Columns that are listed."""
_WIDTH = 60


def contract_text(contract: Contract, broken: Sequence[Difference] = (), maker: str = "") -> str:
    """One contract: a line for the whole, a line for each part, and how the present value differs."""
    lines = [_head(contract, maker)]
    lines += [f"  {shown(line)}" for line in _parts(contract)]
    if broken:
        lines.append("the present value does not meet it:")
        lines += [f"  {shown(difference.words)}  ({difference.code})" for difference in broken]
    return "\n".join(lines)


def contracts_text(contracts: Iterable[Contract]) -> str:
    """A line for each contract."""
    return "\n".join(_head(contract, "") for contract in contracts)


def _head(contract: Contract, maker: str) -> str:
    by = f", as {maker} makes it" if maker else ""
    return f"{contract.name}: {contract.type}{_extent(contract)}{by} · {_evidence(contract)}"


def _evidence(contract: Contract) -> str:
    return f"seen in {counted(contract.runs, 'run')}, {counted(contract.samples, 'different value')}"


def _extent(contract: Contract) -> str:
    if contract.lengths is None:
        return ""
    low, high = contract.lengths
    rows = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    inner = "".join(f" × {size}" for size in contract.shape)
    fixed = "" if expected_length(contract) is None else ", always"
    return f" ({rows}{inner}{fixed})"


def _parts(contract: Contract) -> Iterator[str]:
    for clause in contract.clauses[:_LISTED]:
        label = f"{clause.label}: " if clause.label != "" else ""
        yield label + ", ".join(_words(clause))
    if len(contract.clauses) > _LISTED:
        yield f"… and {len(contract.clauses) - _LISTED} more"


def _words(clause: Clause) -> Iterator[str]:
    kinds = f" of {' or '.join(clause.kinds)}" if clause.kinds else ""
    yield (clause.dtype + kinds) if clause.dtype else kinds[4:] or "of any type"
    if clause.nulls is not None:
        yield "no nulls" if not clause.nulls else f"at most {clause.nulls * 100:.2g} % null"
    if (values := expected_values(clause)) is not None:
        yield cut("one of " + ", ".join(map(repr, values)), _WIDTH)
    if is_key(clause):
        yield "unique"
    yield from _range(clause)


def _range(clause: Clause) -> Iterator[str]:
    low, high = expected_low(clause), expected_high(clause)
    if low is not None or high is not None:
        yield f"from {_limit(low)} to {_limit(high)}"
    elif clause.low is not None and clause.high is not None:
        samples = max(clause.low.samples, clause.high.samples)
        seen = f"{clause.low.at:g} to {clause.high.at:g}"
        yield f"seen {seen} (no bound yet: {samples} of {RANGED} samples)"


def _limit(at: float | None) -> str:
    return "anything" if at is None else f"{at:g}"

"""Descriptions → a contract, and a contract against a description → differences. Pure functions.

A clause is expected from the first sample on where one sample tells: type, columns, dtypes, missing values,
texts of few kinds, keys without a repeated one. What one sample may show by accident is expected once enough
*different* samples agree: numbers of few kinds, other columns without a repeated element, a fixed length
(``SETTLED``), and ranges (``RANGED``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt

from cellgraph import rules
from cellgraph.record.contracts.facts import (
    FEW,
    KEPT_DIGESTS,
    RANGED,
    SETTLED,
    Bound,
    Clause,
    Contract,
    Description,
    Difference,
    Part,
    Scalar,
)

_KEY = re.compile(
    r"(^|[_\W])(id|key|uuid|guid|code|number|no|nr|sku|isbn|email)$|Id$|ID$|Key$", re.IGNORECASE
)
_MANY = 30
"""Elements from which a column without a repeated one counts as a key whatever its name."""
_SHOWN = 3
_LONGEST = 30
_FIXED_KINDS = ("float", "Float", "complex", "datetime", "Datetime", "timedelta", "Duration")
"""Starts of dtypes of which elements differ by accident."""


def first(name: str, seen: Description, digest: str = "") -> Contract:
    """The contract of a value that was seen once."""
    rows = seen.shape[0] if seen.shape else None
    return Contract(
        name=name,
        type=seen.type,
        lengths=(rows, rows) if rows is not None else None,
        shape=seen.shape[1:] if not _is_table(seen) else (),
        clauses=tuple(map(_clause, seen.parts)),
        seen=(digest,) if digest else (),
    )


def _is_table(seen: Description) -> bool:
    return bool(seen.parts) and seen.parts[0].label != "" and len(seen.parts) == seen.shape[-1]


def _clause(part: Part) -> Clause:
    values = part.values if _are_categories(part) else None
    return Clause(
        label=part.label,
        dtype=part.dtype,
        kinds=part.kinds,
        nulls=_share(part),
        values=values,
        values_for=int(values is not None),
        unique_for=int(_is_unique(part)),
        most=part.count,
        low=Bound(part.low) if part.low is not None and part.exact else None,
        high=Bound(part.high) if part.high is not None and part.exact else None,
    )


def _share(part: Part) -> float | None:
    return part.nulls / part.count if part.nulls is not None and part.count else None


def _are_categories(part: Part) -> bool:
    """Whether each distinct element occurs twice on average, so that hardly any is still to come."""
    if part.values is None or not part.values:
        return False
    there = part.count - (part.nulls or 0)
    return part.dtype.startswith(("category", "Enum")) or len(part.values) * 2 <= there


def _is_unique(part: Part) -> bool:
    """Whether no element is repeated, which only a look at all of them tells."""
    if part.repeated != 0 or not part.exact or part.dtype.startswith((*_FIXED_KINDS, "double", "category")):
        return False
    return part.count - (part.nulls or 0) > 1 and "float" not in part.kinds


# -- what is expected --------------------------------------------------------------------------------------


def expected_values(clause: Clause) -> tuple[Scalar, ...] | None:
    """The only elements that are expected; None where any may come."""
    if not clause.values:
        return None
    textual = any(type(value) is str for value in clause.values)
    told = textual or clause.dtype.startswith(("category", "Enum"))
    both = all(type(value) is bool for value in clause.values) and len(clause.values) < 2
    return clause.values if not both and (told or clause.values_for >= SETTLED) else None


def is_key(clause: Clause) -> bool:
    """Whether no repeated element is expected."""
    if not clause.unique_for:
        return False
    named = type(clause.label) is str and bool(_KEY.search(clause.label))
    return named or clause.most >= _MANY or clause.unique_for >= SETTLED


def expected_low(clause: Clause) -> float | None:
    """The least number that is expected, once enough samples tell."""
    return clause.low.at if clause.low is not None and clause.low.samples >= RANGED else None


def expected_high(clause: Clause) -> float | None:
    """The greatest number that is expected, once enough samples tell."""
    return clause.high.at if clause.high is not None and clause.high.samples >= RANGED else None


def expected_length(contract: Contract) -> int | None:
    """The only first dimension that is expected, once enough samples tell."""
    if contract.lengths is None or contract.samples < SETTLED:
        return None
    low, high = contract.lengths
    return low if low == high else None


def most_nulls(share: float, count: int) -> float:
    """The largest share of missing elements among ``count`` that chance explains after ``share``."""
    return share + 3 * sqrt(share * (1 - share) / count) if count else 1.0


# -- a later sample ----------------------------------------------------------------------------------------


def merged(contract: Contract, seen: Description, digest: str = "") -> Contract:
    """The contract with one more run that it rests on. A value that was seen before is no new sample."""
    if digest and digest in contract.seen:
        return replace(contract, runs=contract.runs + 1)
    rows = seen.shape[0] if seen.shape else None
    lengths = contract.lengths
    if lengths is not None and rows is not None:
        lengths = (min(lengths[0], rows), max(lengths[1], rows))
    parts, known = seen.labelled, contract.labelled
    clauses = [_merged(clause, parts[clause.label]) for clause in contract.clauses if clause.label in parts]
    clauses += [_clause(part) for part in seen.parts if part.label not in known]
    return replace(
        contract,
        type=seen.type,
        lengths=lengths,
        shape=seen.shape[1:] if not _is_table(seen) else (),
        clauses=tuple(clauses),
        runs=contract.runs + 1,
        samples=contract.samples + 1,
        seen=(*contract.seen, digest)[-KEPT_DIGESTS:] if digest else contract.seen,
    )


def _merged(clause: Clause, part: Part) -> Clause:
    values, held = _values(clause, part)
    shares = [share for share in (clause.nulls, _share(part)) if share is not None]
    unique = part.repeated == 0 if part.exact or part.repeated else clause.unique_for > 0
    return Clause(
        label=clause.label,
        dtype=part.dtype,
        kinds=tuple(sorted({*clause.kinds, *part.kinds})),
        nulls=max(shares, default=None),
        values=values,
        values_for=held,
        unique_for=clause.unique_for + 1 if clause.unique_for and unique else 0,
        most=max(clause.most, part.count),
        low=_moved(clause.low, part.low, part.exact, -1),
        high=_moved(clause.high, part.high, part.exact, 1),
    )


def _values(clause: Clause, part: Part) -> tuple[tuple[Scalar, ...] | None, int]:
    """All elements so far, and for how many samples they have been the same."""
    if clause.values is None or part.values is None:
        return None, 0
    new = [value for value in part.values if value not in clause.values]
    if len(clause.values) + len(new) > FEW:
        return None, 0
    known = (*clause.values, *new)
    return known, 1 if new else clause.values_for + 1


def _moved(bound: Bound | None, at: float | None, exact: bool, sign: int) -> Bound | None:
    if bound is None or at is None:
        return bound
    if at * sign > bound.at * sign:
        return Bound(at)
    return replace(bound, samples=bound.samples + 1) if exact else bound


# -- differences -------------------------------------------------------------------------------------------


def differences(contract: Contract, seen: Description) -> tuple[Difference, ...]:
    """What a value does not meet, the most general first; empty where it meets all."""
    in_runs = f"in {contract.runs} run{'' if contract.runs == 1 else 's'}"
    if seen.type != contract.type:
        return (Difference(rules.OTHER_TYPE.code, f"is a {seen.type}, was a {contract.type} {in_runs}"),)
    return (*_of_shape(contract, seen, in_runs), *_of_columns(contract, seen, in_runs), *_of_parts(
        contract, seen, in_runs
    ))  # fmt: skip


def _of_shape(contract: Contract, seen: Description, in_runs: str) -> Iterator[Difference]:
    code = rules.OTHER_SHAPE.code
    inner = seen.shape[1:] if not _is_table(seen) else ()
    if not seen.shape or contract.lengths is None:
        return
    if inner != contract.shape and not contract.labelled.keys() - {""}:
        was = "".join(f", {size}" for size in contract.shape)
        yield Difference(code, f"shape {seen.shape}, was (…{was or ','}) {in_runs}")
        return
    rows, fixed = seen.shape[0], expected_length(contract)
    least = contract.lengths[0]
    if seen.type == "dict":
        return  # its keys are told
    if not rows and least:
        yield Difference(code, f"is empty, had {_counted(least)} or more {in_runs}")
    elif fixed is not None and rows != fixed:
        yield Difference(code, f"length {rows:,}, was {fixed:,} {in_runs}")


def _counted(rows: int) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}"


def _of_columns(contract: Contract, seen: Description, in_runs: str) -> Iterator[Difference]:
    parts, known = seen.labelled, contract.labelled
    code = rules.OTHER_COLUMNS.code
    what = "key" if seen.type == "dict" else "column"
    for label in known.keys() - parts.keys() if parts or known else ():
        yield Difference(code, f"{what} {_name(label)} is missing, was there {in_runs}")
    for label in parts.keys() - known.keys():
        yield Difference(code, f"{what} {_name(label)} is new, was not there {in_runs}")


def _name(label: Scalar) -> str:
    return str(label)


def _of_parts(contract: Contract, seen: Description, in_runs: str) -> Iterator[Difference]:
    parts = seen.labelled
    for clause in contract.clauses:
        part = parts.get(clause.label)
        if part is None:
            continue
        head = f"{_name(clause.label)}: " if clause.label != "" else ""
        for code, now, was in _of_part(clause, part):
            yield Difference(code, f"{head}{now}, {was} {in_runs}")


def _of_part(clause: Clause, part: Part) -> Iterator[tuple[str, str, str]]:
    other = _of_dtype(clause, part)
    if other is not None:
        yield other
    yield from _of_nulls(clause, part)
    if other is not None:
        return  # the elements of another dtype are not compared
    yield from _of_values(clause, part)
    if is_key(clause) and part.repeated:
        yield rules.REPEATED.code, f"{part.repeated:,} repeated", "was unique"
    yield from _of_range(clause, part)


def _of_dtype(clause: Clause, part: Part) -> tuple[str, str, str] | None:
    code = rules.OTHER_DTYPE.code
    if part.dtype != clause.dtype:
        return code, part.dtype, f"was {clause.dtype}"
    new = [kind for kind in part.kinds if kind not in clause.kinds]
    if new and clause.kinds:
        return code, f"has {', '.join(new)}", f"was {', '.join(clause.kinds)}"
    return None


def _of_nulls(clause: Clause, part: Part) -> Iterator[tuple[str, str, str]]:
    share = _share(part)
    if share is None or clause.nulls is None or share <= most_nulls(clause.nulls, part.count):
        return
    was = f"was at most {_percent(clause.nulls)}" if clause.nulls else "was 0"
    yield rules.NULLS.code, f"{_percent(share)} null", was


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"


def _of_values(clause: Clause, part: Part) -> Iterator[tuple[str, str, str]]:
    known = expected_values(clause)
    if known is None or not part.count:
        return
    if part.values is None:
        yield rules.NEW_VALUE.code, f"more than {FEW} different values", f"was one of {len(known)}"
        return
    new = [value for value in part.values if value not in known]
    if new:
        named = ", ".join(_shortened(value) for value in new[:_SHOWN])
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        yield rules.NEW_VALUE.code, f"{named}{more} is new", f"was one of {len(known)}"


def _shortened(value: Scalar) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _of_range(clause: Clause, part: Part) -> Iterator[tuple[str, str, str]]:
    low, high = expected_low(clause), expected_high(clause)
    if low is not None and part.low is not None and part.low < low:
        yield rules.OUT_OF_RANGE.code, f"down to {part.low:g}", f"was at least {low:g}"
    if high is not None and part.high is not None and part.high > high:
        yield rules.OUT_OF_RANGE.code, f"up to {part.high:g}", f"was at most {high:g}"

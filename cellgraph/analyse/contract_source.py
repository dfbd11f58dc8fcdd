"""A contract → Python source that checks a value: pandera schemas for frames, plain checks for the rest.

What comes out is for people to read and keep. It needs pandera only where a contract is of a frame, or of a
pandas series. A check raises ``ValueError`` or what pandera raises, and gives the value back.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence

from cellgraph.light_dataclass import dataclass
from cellgraph.record.contracts.clauses import (
    expected_high,
    expected_length,
    expected_low,
    expected_values,
    is_key,
    most_nulls,
)
from cellgraph.record.contracts.facts import Clause, Contract, Scalar

WIDTH = 100
Node = str | tuple[str, tuple["Node", ...], str]
"""Source that can be broken: what opens it, its parts, what closes it."""
_FEWEST = 100
"""Rows by which the largest share of nulls that chance explains is worked out, where a sample was smaller."""
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\b[A-Z]\w*")
_NO_WORD = re.compile(r"\W+")
_CONSTANTS = frozenset({"None", "True", "False"})


@dataclass(frozen=True, slots=True)
class CheckSource:
    """Source that checks the value of one name."""

    function: str
    """The name of the function: it takes the value, and gives it back or raises."""
    imports: tuple[str, ...]
    text: str
    """The schema, where there is one, and the function."""


def check_source(contract: Contract) -> CheckSource:
    """The source of the check of one contract."""
    name = _identifier(contract.name)
    if contract.type == "pandas.DataFrame":
        return _of_frame(contract, name, "pandas", "pd.DataFrame")
    if contract.type == "polars.DataFrame":
        return _of_frame(contract, name, "polars", "pl.DataFrame")
    if contract.type == "pandas.Series":
        return _of_pandas_series(contract, name)
    return _of_value(contract, name)


def module_source(contracts: Iterable[Contract], doc: str = "Checks that values are what they were.") -> str:
    """A module with the check of each contract."""
    made = [check_source(contract) for contract in contracts]
    imports = sorted({line for one in made for line in one.imports}, key=_import_order)
    blocks = [f'"""{doc}"""', "from __future__ import annotations", *_grouped(imports)]
    text = "\n\n".join(blocks)
    return "\n\n\n".join([text, *(one.text for one in made)]) + "\n"


def _import_order(line: str) -> tuple[bool, str]:
    return _is_standard(line), line


def _is_standard(line: str) -> bool:
    return line.split()[1].partition(".")[0] not in {"typing", "math"}


def _grouped(lines: Sequence[str]) -> Iterator[str]:
    for standard in (False, True):
        group = [line for line in lines if _is_standard(line) is standard]
        if group:
            yield "\n".join(group)


def _identifier(name: str) -> str:
    found = _NO_WORD.sub("_", name).strip("_") or "value"
    return f"{found}_" if keyword.iskeyword(found) or found[0].isdigit() else found


def _evidence(contract: Contract) -> str:
    runs = f"{contract.runs} run{'' if contract.runs == 1 else 's'}"
    samples = f"{contract.samples} different value{'' if contract.samples == 1 else 's'}"
    return f"{runs}, {samples}"


# -- frames: pandera ---------------------------------------------------------------------------------------


def _of_frame(contract: Contract, name: str, library: str, kind: str) -> CheckSource:
    column = _pandas_column if library == "pandas" else _polars_column
    columns = [_headed(f"{literal(clause.label)}: ", column(clause)) for clause in contract.clauses]
    given: list[Node] = [("{", tuple(columns), "}")]
    if checks := list(_frame_checks(contract, library)):
        given.append(_listed(checks, "checks="))
    schema = f"{name}_schema".upper()
    made = laid_out((f"{schema} = pa.DataFrameSchema(", (*given, "strict=True"), ")"))
    said = "Raise a pandera SchemaError where the frame is not what it was."
    text = f"{made}\n{_doc(contract)}\n\n\n" + _function(name, kind, f"{schema}.validate({name})", said)
    short = "pd" if library == "pandas" else "pl"
    imports = (f"import pandera.{library} as pa", f"import {library} as {short}")
    return CheckSource(f"check_{name}", imports, text)


def _headed(head: str, node: Node) -> Node:
    return head + node if isinstance(node, str) else (head + node[0], node[1], node[2])


def _frame_checks(contract: Contract, library: str) -> Iterator[Node]:
    length = expected_length(contract)
    argument = "df" if library == "pandas" else "data"
    rows = "len(df)" if library == "pandas" else "data.lazyframe.collect().height"
    if length is not None:
        yield f'pa.Check(lambda {argument}: {rows} == {length}, name="{length} rows")'
    elif contract.lengths and contract.lengths[0]:
        yield f'pa.Check(lambda {argument}: {rows} > 0, name="not empty")'


def _of_pandas_series(contract: Contract, name: str) -> CheckSource:
    schema = f"{name}_schema".upper()
    clause = contract.clauses[0] if contract.clauses else Clause("", "")
    _, given, _ = _pandas_column(clause)
    made = laid_out((f"{schema} = pa.SeriesSchema(", given, ")"))
    said = "Raise a pandera SchemaError where the series is not what it was."
    text = f"{made}\n{_doc(contract)}\n\n\n"
    text += _function(name, "pd.Series", f"{schema}.validate({name})", said)
    imports = ("import pandas as pd", "import pandera.pandas as pa")
    return CheckSource(f"check_{name}", imports, text)


def _doc(contract: Contract) -> str:
    return f'"""What ``{contract.name}`` was in {_evidence(contract)}."""'


def _pandas_column(clause: Clause) -> tuple[str, tuple[Node, ...], str]:
    checks: list[Node] = []
    dtype = ""
    if clause.dtype in _PANDERA:
        dtype = literal(clause.dtype)
    elif clause.dtype:
        checks.append(f"pa.Check(lambda column: str(column.dtype) == {literal(clause.dtype)})")
    if clause.kinds and set(clause.kinds) <= _BUILTIN:
        checks.append(f"pa.Check(lambda column: column.map(type).isin([{', '.join(clause.kinds)}]))")
    checks += _checks(clause)
    if share := _allowed(clause):
        checks.append(f"pa.Check(lambda column: column.isna().mean() <= {share}, ignore_na=False)")
    if is_key(clause) and clause.nulls:
        checks.append("pa.Check(lambda column: column.dropna().is_unique)")
    return _column(clause, dtype, checks)


def _polars_column(clause: Clause) -> tuple[str, tuple[Node, ...], str]:
    checks = list(_checks(clause))
    if share := _allowed(clause):
        nulls = "data.lazyframe.select(pl.col(data.key).is_null().mean().fill_null(0))"
        checks.append(f"pa.Check(lambda data: {nulls}.collect().item() <= {share}, ignore_na=False)")
    return _column(clause, polars_dtype(clause.dtype), checks)


def _column(clause: Clause, dtype: str, checks: list[Node]) -> tuple[str, tuple[Node, ...], str]:
    given: list[Node] = [dtype] if dtype else []
    if checks:
        given.append(_listed(checks, "checks="))
    if clause.nulls is None or clause.nulls:
        given.append("nullable=True")
    if is_key(clause) and not clause.nulls:
        given.append("unique=True")
    return "pa.Column(", tuple(given), ")"


_PANDERA = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex128 object category str "
    "string boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64".split()
)
"""Dtypes that pandera tells apart by these names; others (datetimes by their unit) are compared by text."""
_BUILTIN = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "tuple", "set"})


def polars_dtype(text: str) -> str:
    """A dtype as polars prints it, as an expression of the module ``pl``."""
    return _WORD.sub(
        lambda word: word[0] if word[0][0] in "'\"" or word[0] in _CONSTANTS else f"pl.{word[0]}", text
    )


def _allowed(clause: Clause) -> float:
    """The share of missing elements that is allowed, a little above what was seen; 0 for none."""
    if not clause.nulls:
        return 0.0
    return min(round(most_nulls(clause.nulls, max(clause.most, _FEWEST)) + 0.005, 2), 1.0)


def _checks(clause: Clause) -> Iterator[Node]:
    if (values := expected_values(clause)) is not None:
        yield ("pa.Check.isin(", (_listed(map(literal, values)),), ")")
    low, high = expected_low(clause), expected_high(clause)
    if low is not None:
        yield f"pa.Check.ge({low!r})"
    if high is not None:
        yield f"pa.Check.le({high!r})"


# -- everything else: plain checks -------------------------------------------------------------------------


def _of_value(contract: Contract, name: str) -> CheckSource:
    imports, annotation = _IMPORTS.get(contract.type, ((), _annotation(contract.type)))
    lines = [f"def check_{name}({name}: {annotation}) -> {annotation}:"]
    lines.append(
        f'    """Raise ValueError where ``{contract.name}`` is not what it was in {_evidence(contract)}."""'
    )
    for condition, words in _conditions(contract, name):
        lines += _raising(condition, f"{contract.name}: {words}")
    lines.append(f"    return {name}")
    return CheckSource(f"check_{name}", imports, "\n".join(lines))


_IMPORTS = {
    "numpy.ndarray": (("import numpy as np",), "np.ndarray"),
    "torch.Tensor": (("import torch",), "torch.Tensor"),
    "torch.Parameter": (("import torch",), "torch.Tensor"),
    "polars.Series": (("import polars as pl",), "pl.Series"),
}


def _annotation(kind: str) -> str:
    return (
        kind
        if kind in {"int", "float", "str", "bool", "dict", "list", "tuple", "set", "frozenset"}
        else "object"
    )


def _raising(condition: str, words: str) -> Iterator[str]:
    yield f"    if {condition}:"
    yield f"        raise ValueError({literal(words)})"


def _conditions(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    """What must not be true, and what to say where it is."""
    kind = contract.type
    if "." not in kind:
        yield f'type({name}).__name__ != "{kind}"', f"is no {kind}"
    else:
        root, _, short = kind.partition(".")
        yield f'type({name}).__name__ != "{short}"', f"is no {root} {short}"
    if kind in ("numpy.ndarray", "torch.Tensor", "torch.Parameter"):
        yield from _of_array(contract, name)
    elif kind == "dict":
        yield from _of_dict(contract, name)
    elif kind in ("list", "tuple", "set", "frozenset"):
        yield from _of_sequence(contract, name)
    elif kind == "polars.Series":
        yield from _of_polars_series(contract, name)
    elif contract.lengths is None and contract.clauses:
        yield from _of_scalar(contract.clauses[0], name)


def _of_array(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    clause = contract.clauses[0] if contract.clauses else Clause("", "")
    if clause.dtype:
        yield f'str({name}.dtype) != "{clause.dtype}"', f"dtype is not {clause.dtype}"
    if contract.lengths is None:
        yield f"{name}.ndim != 0", "has dimensions"
        return
    inner = ", ".join(map(str, contract.shape)) + ("," if len(contract.shape) == 1 else "")
    yield f"{name}.ndim != {len(contract.shape) + 1}", f"has not {len(contract.shape) + 1} dimensions"
    if contract.shape:
        yield f"tuple({name}.shape[1:]) != ({inner})", f"shape is not (…, {inner})"
    yield from _of_length(contract, f"{name}.shape[0]")
    if not contract.type.startswith("torch."):
        yield from _of_elements(clause, name)


def _of_elements(clause: Clause, name: str) -> Iterator[tuple[str, str]]:
    """What the elements of a numpy array must not be."""
    if clause.nulls == 0 and clause.dtype.startswith(("float", "complex")):
        yield f"bool(np.isnan({name}).any())", "has NaN"
    for outside, words in _of_bounds(clause, name):
        yield f"bool(({outside}).any())", words
    if (values := expected_values(clause)) is not None:
        yield f"not np.isin({name}, {_values(values)}).all()", "has a new value"
    if is_key(clause):
        yield f"len(np.unique({name})) != {name}.size", "has repeated elements"


def _of_length(contract: Contract, length: str) -> Iterator[tuple[str, str]]:
    fixed = expected_length(contract)
    if fixed is not None:
        yield f"{length} != {fixed}", f"length is not {fixed}"
    elif contract.lengths is not None and contract.lengths[0]:
        yield f"{length} == 0", "is empty"


def _of_dict(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    labels = [clause.label for clause in contract.clauses]
    yield f"set({name}) != {_values(labels, '{}') if labels else 'set()'}", "has other keys"
    for clause in contract.clauses:
        place = f"{name}[{literal(clause.label)}]"
        short = clause.dtype.rpartition(".")[2]
        yield f'type({place}).__name__ != "{short}"', f"{clause.label} is no {short}"
        if short in ("list", "tuple"):
            for found, words in _of_kinds(clause, place):
                yield found, f"{clause.label} {words}"


def _of_sequence(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    yield from _of_length(contract, f"len({name})")
    clause = contract.clauses[0] if contract.clauses else Clause("", "")
    yield from _of_kinds(clause, name)
    if clause.nulls == 0:
        yield f"any(item is None for item in {name})", "has None"
    if (values := expected_values(clause)) is not None:
        yield f"any(item not in {_values(values)} for item in {name})", "has a new value"
    if is_key(clause) and not clause.nulls:
        yield f"len(set({name})) != len({name})", "has repeated elements"


def _of_polars_series(contract: Contract, name: str) -> Iterator[tuple[str, str]]:
    clause = contract.clauses[0] if contract.clauses else Clause("", "")
    yield f"{name}.dtype != {polars_dtype(clause.dtype)}", f"dtype is not {clause.dtype}"
    yield from _of_length(contract, f"len({name})")
    if clause.nulls == 0:
        yield f"{name}.null_count() > 0", "has nulls"
    if (values := expected_values(clause)) is not None:
        yield f"not {name}.drop_nulls().is_in({_values(values)}).all()", "has a new value"
    if is_key(clause) and not clause.nulls:
        yield f"{name}.is_duplicated().any()", "has repeated elements"


def _of_scalar(clause: Clause, name: str) -> Iterator[tuple[str, str]]:
    if clause.nulls == 0 and "float" in clause.dtype:
        yield f"{name} != {name}", "is NaN"
    yield from _of_bounds(clause, name)


def _of_bounds(clause: Clause, name: str) -> Iterator[tuple[str, str]]:
    """Comparisons that hold for a number, or for an element of an array, outside the range that was seen."""
    low, high = expected_low(clause), expected_high(clause)
    if low is not None:
        yield f"{name} < {low!r}", f"is below {low:g}"
    if high is not None:
        yield f"{name} > {high!r}", f"is above {high:g}"


def _of_kinds(clause: Clause, place: str) -> Iterator[tuple[str, str]]:
    """What the elements of a list or a tuple at ``place`` must not be: of another type than was seen."""
    if clause.kinds and set(clause.kinds) <= _BUILTIN:
        known = ", ".join(clause.kinds) + ","
        found = f"any(type(item) not in ({known}) for item in {place} if item is not None)"
        yield found, "has elements of another type"


def _values(values: Sequence[Scalar], brackets: str = "[]") -> str:
    return brackets[0] + ", ".join(map(literal, values)) + brackets[1]


# -- layout ------------------------------------------------------------------------------------------------


def _function(name: str, kind: str, body: str, doc: str) -> str:
    return f'def check_{name}({name}: {kind}) -> {kind}:\n    """{doc}"""\n    return {body}'


def _listed(items: Iterable[Node], head: str = "") -> Node:
    return head + "[", tuple(items), "]"


def literal(value: Scalar) -> str:
    """A number or text as Python source, a text in double quotes where it holds none."""
    if type(value) is not str:
        return repr(value)
    text = repr(value)
    return text if text[0] == '"' or '"' in value or "\\" in text else f'"{text[1:-1]}"'


def _flat(node: Node) -> str:
    if isinstance(node, str):
        return node
    opened, parts, closed = node
    return opened + ", ".join(map(_flat, parts)) + closed


def laid_out(node: Node, indent: int = 0) -> str:
    """Source on one line where it fits, else a part a line. ``indent``: columns that stand before it."""
    flat = _flat(node)
    if isinstance(node, str) or indent + len(flat) < WIDTH or not node[1]:
        return flat
    opened, parts, closed = node
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{laid_out(part, indent + 4)},\n" for part in parts)
    return f"{opened}\n{lines}{' ' * indent}{closed}"

"""The ledger as JSON Lines: a first line that names the schema and holds the contracts, then a line a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from cellgraph.light_dataclass import dataclass
from cellgraph.model import Breach, Digest, RandomUse, Read, Run, Share, Write, as_json
from cellgraph.names import Name
from cellgraph.record.contracts import storage
from cellgraph.record.contracts.facts import Contract
from cellgraph.record.ledger import Ledger
from cellgraph.record.schema import wrong_field

SCHEMA = 2
_FORMER_NAMES: Mapping[type, Mapping[str, str]] = {
    Run: {"unmade": "unbound"},
    Read: {"into": "store_only"},
    Write: {"after": "reads_before"},
}
"""What schema 1 called the fields that have another name since."""
_FORMAT = "cellgraph-ledger"


class LedgerFormatError(ValueError):
    """The text is no ledger, or one of another schema. The message says which line and why."""


def dumps(runs: Iterable[Run], contracts: Iterable[Contract] = ()) -> str:
    """Write runs as JSON Lines, with a trailing newline."""
    held = {"contracts": storage.as_records(contracts)} if contracts else {}
    lines = [json.dumps({"format": _FORMAT, "schema": SCHEMA, **held})]
    lines += [json.dumps(as_json(run, sparse=True)) for run in runs]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Environment:
    """In what the runs of a ledger ran: the version of Python, and versions by top-level modules."""

    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)


def with_environment(text: str, environment: Environment) -> str:
    """The text of a ledger with its environment in the first line. Text that is no ledger stays as it is."""
    head, line_end, runs = text.partition("\n")
    try:
        _checked_header(head)
    except LedgerFormatError:
        return text
    told = {"python": environment.python, "packages": dict(environment.packages)}
    return json.dumps({**json.loads(head), **told}) + line_end + runs


def environment_of(text: str) -> Environment:
    """The environment in the first line of a ledger; an empty one if it has none."""
    try:
        header = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):
        return Environment()
    held = header if isinstance(header, dict) else {}
    packages = held.get("packages")
    found = packages.items() if isinstance(packages, dict) else ()
    return Environment(str(held.get("python", "")), {name: str(version) for name, version in found})


def loads(text: str) -> Ledger:
    """Read a ledger back. Raises LedgerFormatError."""
    lines = text.split("\n")
    contracts = _checked_header(lines[0] if lines else "")
    runs: list[Run] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            run = _run(line, number)
            if run.number != len(runs) + 1:
                raise LedgerFormatError(f"line {number}: number: run {len(runs) + 1} is missing here")
            runs.append(run)
    return Ledger(runs, contracts)


def _checked_header(line: str) -> tuple[Contract, ...]:
    """Check the first line. Gives the contracts that it holds."""
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise LedgerFormatError(
            "line 1: this is no cellgraph ledger (files written by `%cellgraph save` are)"
        )
    if type(header.get("schema")) is not int or header["schema"] not in (1, SCHEMA):
        raise LedgerFormatError(
            f"line 1: schema {header.get('schema')!r} is not schema {SCHEMA}: update cellgraph"
        )
    try:
        return storage.from_records(header.get("contracts", []))
    except storage.ContractFormatError as error:
        raise LedgerFormatError(f"line 1: {error}") from error


# Records are read field by field and not by their annotations, as ``notebooks.kernel_results`` does with
# a report: a report is read once, and a ledger may have 10,000 runs. That takes 0.1 ms a run instead of 2.


def _run(line: str, number: int) -> Run:
    try:
        data = _renamed(Run, json.loads(line))
        data["reads"] = tuple(_read(read) for read in data.get("reads", ()))
        data["writes"] = tuple(_write(write) for write in data.get("writes", ()))
        data["unbound"] = tuple(data.get("unbound", ()))
        data["untouched"] = tuple(_read(read) for read in data.get("untouched", ()))
        data["breaches"] = tuple(
            Breach(**{**breach, "name": Name(breach["name"])}) for breach in data.get("breaches", ())
        )
        data["random"] = tuple(RandomUse(**use) for use in data.get("random", ()))
        run = Run(**{"count": None, **data})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LedgerFormatError(f"line {number}: not a run ({error})") from error
    if (field := wrong_field(run)) is not None:
        raise LedgerFormatError(f"line {number}: not a run ({field} is not of its type)")
    return run


def _read(data: Mapping[str, Any]) -> Read:
    return Read(
        **{
            **_renamed(Read, data),
            "name": Name(data["name"]),
            "digest": _digest(data.get("digest")),
            "places": tuple(data.get("places", ())),
        }
    )


def _write(data: Mapping[str, Any]) -> Write:
    sources = data.get("sources")
    parts = data.get("path_sources", ())
    return Write(
        **{
            **_renamed(Write, data),
            "name": Name(data["name"]),
            "paths": tuple(data.get("paths", ())),
            "digest": _digest(data.get("digest")),
            "before": _digest(data.get("before")),
            "sources": tuple(sources) if sources is not None else None,
            "path_sources": tuple((path, tuple(names)) for path, names in parts),
            "shares": tuple(
                Share(**{**share, "name": Name(share["name"])}) for share in data.get("shares", ())
            ),
        }
    )


def _renamed(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of one record under the names that they have now."""
    former = _FORMER_NAMES[kind]
    return {former.get(name, name): value for name, value in data.items()}


def _digest(data: Mapping[str, Any] | None) -> Digest | None:
    if data is None:
        return None
    parts = tuple((path, value) for path, value in data.get("parts", ()))
    return Digest(**{**data, "parts": parts})

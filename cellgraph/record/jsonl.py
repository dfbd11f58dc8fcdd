"""The ledger as JSON Lines: a first line that names the schema and holds the contracts, then a line a run."""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, TypeVar

from cellgraph.light_dataclass import dataclass
from cellgraph.model import Breach, Digest, RandomUse, Read, Run, Share, Write, as_json
from cellgraph.names import Name
from cellgraph.record.contracts import storage
from cellgraph.record.contracts.facts import Contract
from cellgraph.record.ledger import Ledger
from cellgraph.record.schema import field_checks, wrong_field

T = TypeVar("T")
SCHEMA = 2
_FORMER_NAMES: Mapping[type, Mapping[str, str]] = {
    Run: {"unmade": "unbound"},
    Read: {"into": "store_only"},
    Write: {"after": "reads_before"},
}
"""What schema 1 called the fields that have another name since."""
_RECORDS = frozenset({"reads", "writes", "untouched", "digest", "before", "shares"})
"""Fields that hold records."""
_BY_VALUE = 2
"""A version of ``marshal`` in which equal values give equal bytes, whatever objects they are made of."""
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
    reader = _Reader()
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            run = reader.run(line, number)
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
# a report: a report is read once, and a ledger may have 20,000 runs.


class _Reader:
    """Turns the lines of one file into runs.

    Most parts of a run are as in others: the same values are read and made again. Of equal JSON the first is
    made a record and checked, and the others are that same object.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._names: dict[str, Name] = {}
        self._all_reads: dict[bytes, tuple[Read, ...]] = {}
        self._all_writes: dict[bytes, tuple[Write, ...]] = {}
        self._digests: dict[bytes, Digest] = {}
        self._is_sound = True
        """Whether all records that were made of the present line hold what their fields say."""

    def run(self, line: str, number: int) -> Run:
        """The run in a line. ``number`` is that of the line. Raises LedgerFormatError."""
        self._is_sound = True
        try:
            run = self._run(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise LedgerFormatError(f"line {number}: not a run ({error})") from error
        if not self._is_sound and (wrong := wrong_field(run)) is not None:
            raise LedgerFormatError(f"line {number}: not a run ({wrong} is not of its type)")
        return run

    def _run(self, record: Any) -> Run:
        data = _renamed(Run, record)
        for name, part in data.items():
            if type(part) is str:
                data[name] = self._texts.setdefault(part, part)
        data["reads"] = self._same(self._all_reads, self._reads, data.get("reads", ()))
        data["writes"] = self._same(self._all_writes, self._writes, data.get("writes", ()))
        data["untouched"] = self._same(self._all_reads, self._reads, data.get("untouched", ()))
        data["unbound"] = tuple(data.get("unbound", ()))
        if "breaches" in data:
            held = data["breaches"]
            data["breaches"] = tuple(Breach(**{**one, "name": self._name(one["name"])}) for one in held)
        if "unset" in data:
            data["unset"] = tuple((self._name(name), tuple(paths)) for name, paths in data["unset"])
        if "random" in data:
            data["random"] = tuple(RandomUse(**use) for use in data["random"])
        return self._checked(Run(**{"count": None, **data}), data)

    def _same(self, known: dict[bytes, T], make: Callable[[Any], T], data: Any) -> T:
        """What ``make`` makes of JSON, or has made of equal JSON before. What is not sound is not kept."""
        key = marshal.dumps(data, _BY_VALUE)
        found = known.get(key)
        if found is None:
            others_are, self._is_sound = self._is_sound, True
            found = make(data)
            if self._is_sound:
                known[key] = found
            self._is_sound &= others_are
        return found

    def _checked(self, record: T, data: Mapping[str, Any]) -> T:
        """The record, of which ``data`` were given. Records in it have been checked when they were made."""
        kind: Any = type(record)
        checks = field_checks(kind)
        if not all(checks[name](data[name]) is None for name in data.keys() - _RECORDS):
            self._is_sound = False
        return record

    def _reads(self, data: Any) -> tuple[Read, ...]:
        return tuple(map(self._read, data))

    def _read(self, record: Mapping[str, Any]) -> Read:
        data = _renamed(Read, record)
        data["name"] = self._name(data["name"])
        data["digest"] = self._digest(data.get("digest"))
        data["places"] = tuple(data.get("places", ()))
        return self._checked(Read(**data), data)

    def _writes(self, data: Any) -> tuple[Write, ...]:
        return tuple(map(self._write, data))

    def _write(self, record: Mapping[str, Any]) -> Write:
        data = _renamed(Write, record)
        sources = data.get("sources")
        data["name"] = self._name(data["name"])
        data["paths"] = tuple(data.get("paths", ()))
        data["digest"] = self._digest(data.get("digest"))
        data["before"] = self._digest(data.get("before"))
        data["sources"] = tuple(sources) if sources is not None else None
        data["path_sources"] = tuple((path, tuple(names)) for path, names in data.get("path_sources", ()))
        data["shares"] = tuple(map(self._share, data.get("shares", ())))
        return self._checked(Write(**data), data)

    def _share(self, record: Mapping[str, Any]) -> Share:
        data = {**record, "name": self._name(record["name"])}
        return self._checked(Share(**data), data)

    def _digest(self, record: Any) -> Digest | None:
        return self._same(self._digests, self._made_digest, record) if record is not None else None

    def _made_digest(self, record: Mapping[str, Any]) -> Digest:
        data = {**record, "parts": tuple(self._part(*part) for part in record.get("parts", ()))}
        return self._checked(Digest(**data), data)

    def _part(self, path: Any, value: Any) -> tuple[Any, Any]:
        return self._texts.setdefault(path, path), self._texts.setdefault(value, value)

    def _name(self, text: Any) -> Name:
        if type(text) is not str:
            return Name(text)
        found = self._names.get(text)
        if found is None:
            found = self._names[text] = Name(text)
        return found


def _renamed(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of one record under the names that they have now."""
    former = _FORMER_NAMES[kind]
    return {former.get(name, name): value for name, value in data.items()}

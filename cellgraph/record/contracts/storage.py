"""Contracts as JSON, and back. A file may say anything: it is checked field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cellgraph.model import as_json
from cellgraph.record.contracts.facts import Bound, Clause, Contract
from cellgraph.record.schema import wrong_field

SCHEMA = 1
_FORMAT = "cellgraph-contracts"


class ContractFormatError(ValueError):
    """The text holds no contracts. The message says why."""


def dumps(contracts: Iterable[Contract]) -> str:
    """Write contracts as one JSON document that people can read and compare."""
    held = {"format": _FORMAT, "schema": SCHEMA, "contracts": as_records(contracts)}
    return json.dumps(held, indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> tuple[Contract, ...]:
    """Read contracts back. Raises ContractFormatError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ContractFormatError(f"this is no JSON ({error})") from error
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ContractFormatError("these are no contracts (files of `%cellgraph contract --save` are)")
    if data.get("schema") != SCHEMA:
        raise ContractFormatError(f"schema {data.get('schema')!r} is not schema {SCHEMA}: update cellgraph")
    return from_records(data.get("contracts"))


def as_records(contracts: Iterable[Contract]) -> list[Any]:
    """Contracts as what ``json.dumps`` takes."""
    return [as_json(contract, sparse=True) for contract in contracts]


def from_records(data: object) -> tuple[Contract, ...]:
    """The same back. Raises ContractFormatError."""
    if not isinstance(data, list):
        raise ContractFormatError("contracts: this is no list")
    return tuple(_contract(record, number) for number, record in enumerate(data))


def _contract(data: Any, number: int) -> Contract:
    try:
        made = Contract(
            **{
                **data,
                "lengths": _tuple(data.get("lengths")),
                "shape": tuple(data.get("shape", ())),
                "clauses": tuple(map(_clause, data.get("clauses", ()))),
                "seen": tuple(data.get("seen", ())),
            }
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ContractFormatError(f"contracts[{number}]: not a contract ({error})") from error
    if (field := wrong_field(made)) is not None:
        raise ContractFormatError(f"contracts[{number}]: {field} is not of its type")
    return made


def _clause(data: Any) -> Clause:
    return Clause(
        **{
            **data,
            "kinds": tuple(data.get("kinds", ())),
            "values": _tuple(data.get("values")),
            "low": _bound(data.get("low")),
            "high": _bound(data.get("high")),
        }
    )


def _bound(data: Any) -> Bound | None:
    return Bound(**data) if data is not None else None


def _tuple(data: Any) -> tuple[Any, ...] | None:
    return tuple(data) if data is not None else None

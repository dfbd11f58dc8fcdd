"""Carries a report as JSON from the kernel to the process that runs the notebook.

The two may have different versions of cellgraph. The reader ignores fields that it does not know, and uses
the defaults of fields that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

from cellgraph.model import Report, as_json
from cellgraph.notebooks.errors import described

REPORT_FILE = "report.json"
LEDGER_FILE = "ledger.jsonl"
_FAILED = "failed"
"""Key under which the file of the report says why there is no report."""


class Reporting(Protocol):
    """The part of a tracker that ``export`` needs."""

    def report(self, places: Mapping[str, str]) -> Report:
        """The state of the notebook now. ``places`` are what to call cells by."""
        ...

    def save(self, path: str) -> object:
        """Write the ledger to ``path`` as JSON Lines."""
        ...


def export(tracker: Reporting, folder: str, places: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the tracker's ledger and report into ``folder``. Runs in the kernel.

    In the report a cell is called by its place in ``places``, where there is one.

    If the report cannot be made, the ledger is still written, and the report's file holds the reason.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)  # a notebook that cleans up may have removed it
    _replace(Path(folder, LEDGER_FILE), lambda new: tracker.save(str(new)))
    try:
        text = report_to_json(tracker.report(places))
    except Exception as error:  # noqa: BLE001 - the reader can compute a report from the ledger
        text = json.dumps({_FAILED: described(error)})
    _replace(Path(folder, REPORT_FILE), lambda new: new.write_text(text, encoding="utf-8"))


def report_to_json(report: Report) -> str:
    """The report as one line of JSON text, in ASCII."""
    return json.dumps(as_json(report))


def report_from_json(text: str) -> Report:
    """The report that ``report_to_json`` wrote. Raises ValueError where the text is no such thing."""
    try:
        data = json.loads(text)
        if _FAILED in data:
            raise ValueError(data[_FAILED])
        report = _build(Report, data)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a report: {error}") from error
    assert isinstance(report, Report)
    return report


def _build(kind: Any, value: Any) -> object:
    """``value``, as JSON gave it, as an instance of the annotated type ``kind``."""
    if is_dataclass(kind):
        return _build_record(kind, value)
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple and args[-1] is Ellipsis:
        return tuple(_build(args[0], item) for item in value)
    if origin is tuple:
        return tuple(_build(arg, item) for arg, item in zip(args, value, strict=True))
    if origin is frozenset:
        return frozenset(_build(args[0], item) for item in value)
    if origin in (Union, UnionType):
        return None if value is None else _build(_but_none(args), value)
    return value


def _build_record(kind: Any, value: Mapping[str, Any]) -> object:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} expected, found {type(value).__name__}")
    hints = get_type_hints(kind)
    known = (field.name for field in fields(kind))
    return kind(**{name: _build(hints[name], value[name]) for name in known if name in value})


def _but_none(args: tuple[Any, ...]) -> Any:
    (kind,) = (arg for arg in args if arg is not NoneType)
    return kind


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a new file and rename it to ``path``, so that a kernel that dies leaves no half file."""
    new = path.with_name(path.name + ".new")
    write(new)
    new.replace(path)

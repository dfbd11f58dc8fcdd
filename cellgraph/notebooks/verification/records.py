"""Finds the record of how the saved outputs of a notebook were made: a stamp in it, or a ledger beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cellgraph.notebooks.checks.document import Document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.verification.fresh import FreshRun
from cellgraph.notebooks.verification.why import LedgerRecord, Record
from cellgraph.record.jsonl import LedgerFormatError, loads
from cellgraph.record.ledger import Ledger


class SavedRecord(Protocol):
    """What tells how saved outputs were made."""

    def against(self, run: FreshRun) -> Record:
        """The same as a comparison with a tracked run."""
        ...


class _SavedLedger:
    """A ledger that was written when the outputs were."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def against(self, run: FreshRun) -> Record:
        """The ledger against that of the fresh run."""
        assert run.ledger is not None
        return LedgerRecord(self._ledger, run.ledger)


def find_record(path: Path, document: Document, given: str = "") -> SavedRecord | None:
    """The record of a notebook, None if there is none.

    ``given`` is the path of a ledger that the user names. Raises CannotRunError if that cannot be read.
    """
    candidates = (Path(given),) if given else ledger_files(path)
    for candidate in candidates:
        ledger = _read(candidate) if candidate.is_file() else None
        if ledger is not None:
            return _SavedLedger(ledger)
    if given:
        raise CannotRunError(f"{given} is no ledger that can be read")
    return None


def ledger_files(path: Path) -> tuple[Path, ...]:
    """Where ``cellgraph run`` puts the ledger of a notebook: beside it, under its name."""
    stems = dict.fromkeys((path.stem, path.stem.removesuffix(".executed")))
    return tuple(path.with_name(f"{stem}.ledger.jsonl") for stem in stems)


def _read(path: Path) -> Ledger | None:
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, LedgerFormatError):
        return None

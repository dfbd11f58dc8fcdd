"""Names under contract: what a run made of them, looked at and held against the contract.

Values are looked at after a run that wrote such a name, and when somebody asks. No value is kept. What
looks is imported when the first name is put under contract.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cellgraph.model import Breach, Digest, Run, Write
from cellgraph.record.ledger import Ledger

if TYPE_CHECKING:
    from cellgraph.record.contracts.facts import Contract, Description, Difference

_LEAST_S = 0.002
"""Seconds that a look may take even where nothing is left of the run's budget: it is a sample then."""
ASKED_S = 2.0
"""Seconds for a look that somebody has asked for."""
_ANONYMOUS = ("In[", "run ")
"""Starts of the ids that cells have where the front end gives none: they say nothing in another session."""


class ContractRecords:
    """Holds what runs make against the contracts of a ledger."""

    def __init__(self, namespace: Mapping[str, Any], ledger: Ledger, code_of: Callable[[str], str]) -> None:
        self._namespace = namespace
        self._ledger = ledger
        self._code_of = code_of
        self.version = 0
        """Grows when somebody makes, changes or drops a contract: what was found may count otherwise then."""
        self._open: set[str] = set()
        """Names that were put under contract during the run that is under way: it is to be their cell."""

    def checked(self, run: Run, until: float) -> Run:
        """The run with what it broke. Contracts that hold rest on it from now on.

        ``until`` is the reading of ``perf_counter`` at which the run's budget is spent.
        """
        if not self._ledger.contracts:
            return run
        opened, self._open = self._open, set()
        found: list[Breach] = []
        for write in run.writes:
            contract = self._ledger.contracts.get(write.name)
            if contract is None or write.kind == "delete" or write.name not in self._namespace:
                continue
            if write.name in opened:
                self._ledger.contracts[write.name] = self._made_by(contract, run)
            elif self._is_its_cell(contract, run) or _makes_afresh(run, write):
                with suppress(Exception):  # a value that cannot be looked at; no cell fails for that
                    found += self._held_against(contract, run, write, max(until - perf_counter(), _LEAST_S))
        return replace(run, breaches=tuple(found)) if found else run

    def _is_its_cell(self, contract: Contract, run: Run) -> bool:
        """Whether a run is of the cell that has made the value so far."""
        if not contract.cell or contract.code == self._code_of(run.source):
            return True
        return contract.cell == run.cell and not contract.cell.startswith(_ANONYMOUS)

    def _held_against(self, contract: Contract, run: Run, write: Write, budget_s: float) -> list[Breach]:
        digest = _identity(write.digest)
        if digest and digest in contract.seen:
            self._ledger.contracts[contract.name] = replace(contract, runs=contract.runs + 1)
            return []
        seen, broken = self._look(contract, budget_s)
        if seen.type != contract.type and not self._is_its_cell(contract, run):
            return []  # another cell uses the name for something else
        if not broken:
            from cellgraph.record.contracts.clauses import merged

            self._ledger.contracts[contract.name] = merged(contract, seen, digest)
        return [Breach(write.name, difference.code, difference.words) for difference in broken]

    def _look(self, contract: Contract, budget_s: float) -> tuple[Description, tuple[Difference, ...]]:
        from cellgraph.record.contracts.clauses import differences
        from cellgraph.record.contracts.describe import describe

        seen = describe(self._namespace[contract.name], budget_s)
        return seen, differences(contract, seen)

    # -- asked for -------------------------------------------------------------------------------------

    def make(self, name: str, digest: Digest | None, in_run: bool) -> Contract:
        """Put a name under contract, as its value is now. ``in_run``: a run is under way that may make it.

        It may raise what a library raises.
        """
        from cellgraph.record.contracts.clauses import first
        from cellgraph.record.contracts.describe import describe

        seen = describe(self._namespace[name], ASKED_S)
        writer = self._ledger.writer(name)
        made = replace(first(name, seen, _identity(digest)), since=len(self._ledger))
        self._ledger.contracts[name] = made if writer is None else self._made_by(made, writer[0])
        self.version += 1
        if in_run:
            self._open.add(name)
        return self._ledger.contracts[name]

    def _made_by(self, contract: Contract, run: Run) -> Contract:
        return replace(contract, cell=run.cell, code=self._code_of(run.source))

    def accept(self, name: str, digest: Digest | None) -> Contract:
        """Take the present value as one that meets the contract, and what was broken so far as meant."""
        from cellgraph.record.contracts.clauses import merged

        contract = self._ledger.contracts[name]
        seen, broken = self._look(contract, ASKED_S)
        told = _identity(digest)
        if broken or told not in contract.seen:
            contract = merged(contract, seen, told if told not in contract.seen else "")
        self._ledger.contracts[name] = replace(contract, since=len(self._ledger))
        self.version += 1
        return self._ledger.contracts[name]

    def against(self, name: str) -> tuple[Difference, ...]:
        """How the present value differs from the contract; empty where it meets it."""
        return self._look(self._ledger.contracts[name], ASKED_S)[1]

    def take_over(self, contracts: Iterable[Contract], cells: Collection[str]) -> None:
        """Put names under contracts of another session. ``cells``: those of this notebook, as far as known.

        Where its cell is none of these, the contract is about the cell that wrote the name last; where none
        has, every run that writes the name is checked.
        """
        self.version += 1
        for contract in contracts:
            kept = replace(contract, since=len(self._ledger))
            writer = self._ledger.writer(contract.name)
            if writer is not None and contract.cell != writer[0].cell:
                kept = self._made_by(kept, writer[0])
            elif writer is None and cells and contract.cell not in cells:
                kept = replace(kept, cell="", code="")
            self._ledger.contracts[contract.name] = kept

    def drop(self, name: str) -> None:
        """Put a name under no contract any more."""
        self.version += 1
        self._ledger.contracts.pop(name, None)


def _identity(digest: Digest | None) -> str:
    """What tells that two values are the same; empty where nothing does."""
    return digest.value if digest is not None and digest.quality == "exact" else ""


def _makes_afresh(run: Run, write: Write) -> bool:
    """Whether a run makes the value anew, and not from the one that was there (``df = df.dropna()``)."""
    return write.kind == "bind" and all(read.name != write.name for read in run.reads)


def breaches_of(ledger: Ledger, run: Run) -> tuple[Breach, ...]:
    """What a run broke, as far as it still counts: the contract is there, and was not changed to take it."""
    counts = {name: contract.since for name, contract in ledger.contracts.items()}
    return tuple(breach for breach in run.breaches if counts.get(breach.name, run.number) < run.number)

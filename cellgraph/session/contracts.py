"""The contracts of one session's names, as a person asks for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellgraph.model import Digest
from cellgraph.notebooks.saved import notebook_path
from cellgraph.record.recorder import Recorder
from cellgraph.session.analysis_state import AnalysisState

if TYPE_CHECKING:
    from cellgraph.record.contracts.facts import Contract, Difference


class Contracts(Mapping[str, "Contract"]):
    """The contract of each name that is under one. Runs that write the name are held against it.

    A contract is frozen. A run that meets it puts a new one in its place, which rests on that run as well.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        recorder: Recorder,
        state: AnalysisState,
        is_recording: Callable[[], bool],
    ) -> None:
        self._namespace = namespace
        self._recorder = recorder
        self._state = state
        self._is_recording = is_recording

    def __getitem__(self, name: str) -> Contract:
        return self._recorder.ledger.contracts[name]

    def __iter__(self) -> Any:
        return iter(tuple(self._recorder.ledger.contracts))

    def __len__(self) -> int:
        return len(self._recorder.ledger.contracts)

    def make(self, name: str) -> Contract:
        """Put a name under contract, as its value is now; give the contract that it is under already.

        Raises:
            KeyError: There is no such variable.
            ValueError: Its value cannot be looked at.
        """
        if name in self:
            return self[name]
        self._check_there(name)
        try:
            return self._recorder.contracts.make(name, self._digest(name), self._is_recording())
        except Exception as error:
            raise ValueError(f"{name} cannot be looked at: {error}") from error

    def against(self, name: str) -> tuple[Difference, ...]:
        """How the present value of a name differs from its contract; empty where it meets it.

        Raises:
            KeyError: There is no such contract, or no such variable.
        """
        self._check_there(name)
        return self._recorder.contracts.against(self[name].name)

    def accept(self, name: str) -> Contract:
        """Take the present value as one that meets the contract. What broke it before is no finding any more.

        Raises:
            KeyError: There is no such contract, or no such variable.
        """
        self._check_there(name)
        return self._recorder.contracts.accept(self[name].name, self._digest(name))

    def drop(self, name: str) -> None:
        """Put a name under no contract any more. Raises KeyError where it is under none."""
        self._recorder.contracts.drop(self[name].name)

    def save(self, path: str | os.PathLike[str], names: tuple[str, ...] = ()) -> int:
        """Write the contracts of these names, or all, as JSON. Gives how many. Raises OSError, KeyError."""
        from cellgraph.notebooks.outputs import write_file
        from cellgraph.record.contracts.storage import dumps

        chosen = [self[name] for name in names or self]
        notebook = notebook_path(self._namespace, os.environ)
        write_file(
            Path(path), dumps(chosen).encode("utf-8"), Path(notebook) if notebook is not None else None
        )
        return len(chosen)

    def load(self, path: str | os.PathLike[str]) -> int:
        """Put names under the contracts of a file. Gives how many. Raises OSError, ContractFormatError."""
        from cellgraph.record.contracts.storage import loads

        found = loads(Path(path).read_text(encoding="utf-8"))
        self._recorder.contracts.take_over(found, self._state.replayed.order.cells)
        return len(found)

    def _check_there(self, name: str) -> None:
        if name not in self._namespace:
            raise KeyError(name)

    def _digest(self, name: str) -> Digest | None:
        """The digest of the value that the name has now. None while a run is under way: it may be another."""
        return None if self._is_recording() else self._recorder.store.digest(name)

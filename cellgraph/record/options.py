"""The options that recording a run depends on. The session's configuration has them, and more."""

from __future__ import annotations

from typing import Protocol


class RecordOptions(Protocol):
    """Read anew at each run: an option that is set takes effect with the next one."""

    @property
    def budget_ms(self) -> float:
        """Milliseconds that may be spent after a cell on looking at values."""

    @property
    def budget_share(self) -> float:
        """The same as a share of the cell's own time (0 to 1); the larger of both holds."""

    @property
    def files(self) -> bool:
        """Whether the files that cells read and write are followed."""

"""What follows the session in the front end: panels, the front end's extension, marks below cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cellgraph.frontends.output_marks import Marks
from cellgraph.model import Report, Run
from cellgraph.session.config import CellGraph

if TYPE_CHECKING:
    from cellgraph.frontends.tracked import FrontEndActions


class FrontEndLink:
    """Tells whoever watches that there is news, and keeps the marks below cells up to date."""

    def __init__(self, marks: Marks, config: CellGraph, failed: Callable[[Exception], None]) -> None:
        self._marks = marks
        self._config = config
        self._failed = failed
        self.subscribers: list[Callable[[], None]] = []
        """The functions that are called at each change."""
        self.extension: FrontEndActions | None = None
        """The front end's extension; None if there is none that has spoken."""

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` at each change. Returns a function that ends this."""
        subscribers = self.subscribers
        subscribers.append(callback)
        return lambda: subscribers.remove(callback) if callback in subscribers else None

    def tell(self) -> None:
        """Call all subscribers. One that fails is reported and removed."""
        for subscriber in tuple(self.subscribers):
            try:
                subscriber()
            except Exception as error:  # noqa: BLE001 - a panel that cannot be drawn fails no cell
                self.subscribers.remove(subscriber)
                self._failed(error)

    def mark(self, run: Run, report: Callable[[], Report], *, place: bool) -> None:
        """Bring the marks up to date after a run. ``place``: its cell shows a new output of this run."""
        if not self._config.marks:
            self._marks.clear()
            return
        if place:
            self._marks.place(run.cell)
        self._marks.update(report())

    def close(self) -> None:
        """Tell nobody any more."""
        self.subscribers.clear()
        self.extension = None

"""What follows the session in the front end: panels, the front end's extension, marks below cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cellgraph.frontends.display import Screen
from cellgraph.frontends.output_marks import Marks
from cellgraph.model import Report, Run
from cellgraph.session.config import CellGraph


class FrontEndLink:
    """Tells whoever watches that there is news, and keeps the marks below cells up to date."""

    def __init__(
        self, screen: Screen, marks: Marks, config: CellGraph, failed: Callable[[Exception], None]
    ) -> None:
        self._screen = screen
        self._marks = marks
        self._config = config
        self._failed = failed
        self._watchers: list[Callable[[], None]] = []
        self.run_cells: Callable[[Sequence[str]], None] | None = None
        """Runs cells where they stand in the front end; None where no extension does."""

    @property
    def watchers(self) -> tuple[Callable[[], None], ...]:
        """Whoever is told of news now."""
        return tuple(self._watchers)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called at each change. Gives what ends that."""
        watchers = self._watchers
        watchers.append(callback)
        return lambda: watchers.remove(callback) if callback in watchers else None

    def tell(self) -> None:
        """Something has changed. A watcher that fails is told of and let go."""
        for watcher in self.watchers:
            try:
                watcher()
            except Exception as error:  # noqa: BLE001 - a panel that cannot be drawn fails no cell
                self._watchers.remove(watcher)
                self._failed(error)

    def mark(self, run: Run, report: Callable[[], Report], *, place: bool) -> None:
        """Bring the marks up to date after a run. ``place``: its cell shows a new output of this run."""
        if not self._screen.rich:
            return
        if not self._config.marks:
            self._marks.clear()
            return
        if place:
            self._marks.place(run.cell)
        self._marks.update(report())

    def close(self) -> None:
        """Tell nobody any more."""
        self._watchers.clear()
        self.run_cells = None

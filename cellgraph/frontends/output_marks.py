"""A mark under each cell in doubt, for front ends without cellgraph's extension.

Each cell that runs gets an empty output with a display id. When the cell comes into doubt, that output is
updated by its display id, from whichever cell is running.
"""

from __future__ import annotations

from typing import Any

from cellgraph.model import Report

NOTHING = '<span class="cellgraph-mark"></span>'


class Marks:
    """The marks that are shown now, by cell. A mark is published only if it differs from what is shown."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._shown: dict[str, str] = {}

    def place(self, cell: str) -> None:
        """Give the cell that has just run an empty mark. Running it removed its former outputs."""
        self._shown[cell] = ""
        self._publish(cell, NOTHING, "", update=False)

    def update(self, report: Report) -> None:
        """Bring all marks up to date."""
        from cellgraph.render.marks import mark_html, mark_text

        for state in report.cells:
            text = mark_text(report, state)
            if state.cell in self._shown and self._shown[state.cell] != text:
                self._shown[state.cell] = text
                self._publish(state.cell, mark_html(report, state) if text else NOTHING, text, update=True)

    def clear(self) -> None:
        """Take all marks away."""
        for cell, text in self._shown.items():
            if text:
                self._publish(cell, NOTHING, "", update=True)
        self._shown.clear()

    def _publish(self, cell: str, html: str, text: str, *, update: bool) -> None:
        try:
            self._shell.display_pub.publish(
                data={"text/html": html, "text/plain": text},
                metadata={},
                transient={"display_id": f"cellgraph-{cell}"},
                update=update,
            )
        except Exception:  # noqa: BLE001 - a front end that cannot update an output shows no marks
            pass

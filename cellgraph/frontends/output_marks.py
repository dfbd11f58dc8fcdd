"""A mark under each cell in doubt, for front ends that have no extension of cellgraph's.

Each cell that runs gets an empty output with an id of its own. When the cell comes into doubt, that
output is updated: front ends can update an output by its id wherever it stands.
"""

from __future__ import annotations

from typing import Any

from cellgraph.model import Report

NOTHING = '<span class="cellgraph-mark"></span>'


class Marks:
    """What is shown under which cell now. Nothing is published twice."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._shown: dict[str, str] = {}

    def place(self, cell: str) -> None:
        """Give the cell that has just run an empty mark. Its former outputs are gone."""
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

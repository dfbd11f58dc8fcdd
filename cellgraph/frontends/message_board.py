"""Messages that stay below the cell that caused them while they hold, and are changed and withdrawn there.

Where the front end has cellgraph's extension, the extension draws them beside the cell, and nothing is
saved with the notebook. Elsewhere each is an output of its cell with a display id, which is updated from
whichever cell is running.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from cellgraph.frontends.display import Screen
from cellgraph.light_dataclass import dataclass

OWN: Mapping[str, Any] = {"cellgraph": True}
"""The metadata of an output that is a message. The extension removes such outputs: it draws them itself."""


@dataclass(frozen=True, slots=True)
class Message:
    """What stands below a cell. Both forms are empty once there is nothing left to say."""

    text: str
    html: str


class MessageBoard:
    """The messages that are on the screen now, at most one for each cell."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._messages: dict[str, Message] = {}
        self._session = os.urandom(6).hex()  # outputs of an earlier kernel keep their display ids
        self._placed: set[str] = set()
        """Cells among whose outputs a message has its place, be it empty."""
        self._draws: Callable[[], bool] = _never

    @property
    def messages(self) -> Mapping[str, Message]:
        """The messages by the cell below which they stand."""
        return self._messages

    def drawn_by(self, draws: Callable[[], bool]) -> None:
        """Set the function that says whether the front end's extension draws the messages."""
        self._draws = draws

    def put(self, cell: str, message: Message) -> None:
        """Show a message below the cell that is running."""
        self._messages[cell] = message
        if not self._draws():
            self._publish(cell, message, update=cell in self._placed)
            self._placed.add(cell)

    def change(self, cell: str, message: Message) -> None:
        """Replace the message below a cell, from whichever cell is running."""
        if self._messages.get(cell) == message:
            return
        if message.text:
            self._messages[cell] = message
        else:
            self._messages.pop(cell, None)
        if not self._draws():
            self._publish(cell, message, update=True)

    def drop(self, cell: str) -> None:
        """The front end has removed the outputs of a cell, and the message with them."""
        self._messages.pop(cell, None)
        self._placed.discard(cell)

    def hand_over(self) -> None:
        """The extension draws the messages from now on: those that are outputs become empty."""
        for cell in self._messages:
            self._publish(cell, Message("", ""), update=True)

    def clear(self) -> None:
        """Withdraw every message."""
        for cell in list(self._messages):
            self.change(cell, Message("", ""))

    def _publish(self, cell: str, message: Message, *, update: bool) -> None:
        data = {"text/plain": message.text, "text/html": message.html}
        self._screen.show_data(
            data, display_id=f"cellgraph-{self._session}-{cell}", update=update, metadata=OWN
        )


def _never() -> bool:
    return False

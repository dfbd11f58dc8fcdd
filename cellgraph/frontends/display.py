"""Messages to the user: HTML in a kernel, plain text elsewhere.

They stay below the cell that caused them while they hold, and are changed and withdrawn there. Where the
front end has cellgraph's extension, the extension draws them beside the cell, and nothing is saved with the
notebook. Elsewhere each is an output of its cell with a display id, which is updated from whichever cell is
running.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cellgraph.light_dataclass import dataclass


class Screen:
    """Shows HTML where the front end can, plain text elsewhere. Never raises."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self.rich = hasattr(shell, "kernel")

    def show(self, text: str, html: str) -> None:
        """Show one message as an output of the running cell. Shows nothing if ``text`` is empty."""
        if not text:
            return
        try:
            self._publish(text, html)
        except Exception:  # noqa: BLE001 - a closed stream or a broken front end is no reason to fail
            pass

    def show_data(
        self,
        data: Mapping[str, object],
        *,
        display_id: str = "",
        update: bool = False,
        metadata: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Show one output in several formats, by MIME type. Raises nothing.

        With a ``display_id`` the output can be replaced later, by a call with the same id and ``update``.
        """
        named = {"transient": {"display_id": display_id}, "update": update} if display_id else {}
        try:
            self._shell.display_pub.publish(data=dict(data), metadata=dict(metadata), **named)
        except Exception:  # noqa: BLE001 - as above
            pass

    def _publish(self, text: str, html: str) -> None:
        if self.rich:
            data = {"text/plain": text, "text/html": html} if html else {"text/plain": text}
            self._shell.display_pub.publish(data=data, metadata={})
        else:
            print(text, file=sys.stdout)


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

"""Messages to the user: HTML in a kernel, plain text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


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

"""HTML that several renderers share: escaped text, and links to cells."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from html import escape as _escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from cellgraph.patterns import Pattern
from cellgraph.render.text import isolated, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cellgraph.model import State

_LABEL = Pattern(r"`(?P<code>[^`]*)`|(?<![\w\])\"'])\[(?:run )?\d+\]|\bcell \d+\b")
"""Code between backquotes, or a cell's label in running text. ``items[4]`` is an element of a list."""


_QUIET = "opacity: 0.7; margin: 2px 0; padding-left: 13px; font-size: 0.92em"
_WITHOUT_ID = Pattern(r"In\[\d+\]")


def escape(text: str) -> str:
    """User text as HTML or XML, for content and for attributes in double quotes."""
    return _escape(isolated(shown(text)))


@lru_cache(maxsize=4096)
def cell_address(cell: str) -> str:
    """The address of a link to a cell. JupyterLab and Notebook 7 scroll to it."""
    return f"#cell-id={quote(cell, safe='', errors='replace')}"


class NamedCell(Protocol):
    """A cell with what it is called."""

    @property
    def cell(self) -> str:
        """Its id."""

    @property
    def label(self) -> str:
        """What stands beside it."""

    @property
    def state(self) -> State:
        """How it stands."""


class NamedCells(Protocol):
    """A report, or any other list of cells."""

    @property
    def cells(self) -> Sequence[NamedCell]:
        """The cells, in notebook order."""


def addresses(report: NamedCells) -> Mapping[str, str]:
    """Label → address of its cell, for labels of exactly one cell that was not deleted.

    A cell that the front end has given no id (``In[4]``) has no address.
    """
    times = Counter(state.label for state in report.cells)
    return {
        state.label: cell_address(state.cell)
        for state in report.cells
        if times[state.label] == 1 and state.state != "deleted" and not _WITHOUT_ID.match(state.cell)
    }


def linked(text: str, targets: Mapping[str, str]) -> str:
    """``text`` as HTML: each label of ``targets`` is a link, and what is between backquotes is code."""
    parts, end = [], 0
    for found in _LABEL.finditer(text):
        code = found["code"]
        piece = link(found[0], targets) if code is None else f"<code>{escape(code)}</code>"
        parts += [escape(text[end : found.start()]), piece]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def quiet_html(line: str, targets: Mapping[str, str] = MappingProxyType({})) -> str:
    """One dim line as HTML. ``targets``: addresses of cells by their labels."""
    return f'<div class="cellgraph-quiet" style="{_QUIET}">{linked(line, targets)}</div>'


def policy(scripts: Iterable[str] = ()) -> str:
    """The content security policy of a page: nothing is loaded, and only these scripts of its own run."""
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{value}'" for value in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def link(label: str, targets: Mapping[str, str]) -> str:
    """One label as HTML: a link where ``targets`` knows it, else the label alone."""
    address = targets.get(label)
    return escape(label) if address is None else f'<a href="{escape(address)}">{escape(label)}</a>'

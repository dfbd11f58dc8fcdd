"""The report of ``cellgraph run`` as one page."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from cellgraph.model import Report
from cellgraph.render.interactive import interactive_page
from cellgraph.render.page import PageHead, PageHistory, report_page
from tests.made_reports import HOSTILE, cell, hostile, notebook
from tests.pictures.notebooks import session


class Page(HTMLParser):
    """A page's ids and links, its scripts, and the tags left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids, self.links, self.tags, self.open = set[str](), set[str](), set[str](), list[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open += [] if tag == "meta" else [tag]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        self.links |= {value or "" for name, value in attrs if name in {"href", "xlink:href", "src"}}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "report", [Report(()), notebook(30), hostile()], ids=["empty", "notebook", "hostile"]
)
def test_every_link_stays_on_the_page(report: Report) -> None:
    """The page is well-formed and self-contained: each link leads to an anchor that exists."""
    page = Page(report_page(report, PageHead("a <title>", {"kernel": "<python3>"}, "now")))
    assert not page.open
    assert {link.removeprefix("#") for link in page.links} <= page.ids
    assert not page.tags & {"script", "img", "link", "iframe"}


def test_the_page_has_graph_findings_cells_and_sources() -> None:
    """Everything about a run is on one page."""
    report = notebook(30)
    html = report_page(report, PageHead("tour.ipynb", {"took": "3 s"}, "by cellgraph"))
    assert {"graph", "findings", "cells", "sources"} <= Page(html).ids
    assert html.count("<svg") == 1
    assert html.count("<pre>") == 30
    assert all(text in html for text in ("tour.ipynb", "took", "3 s", "by cellgraph"))


def test_the_page_follows_the_system_between_light_and_dark() -> None:
    """Both the page and its picture have dark colours."""
    html = report_page(notebook(3), PageHead("t", {}, "now"))
    assert len(re.findall(r"prefers-color-scheme: ?dark", html)) == 3


def test_with_its_history_the_page_opens_with_lifelines_and_has_layers() -> None:
    """The first tab, and what is shown without scripts, are lifelines; the layers are drawn beside them."""
    ledger, report = session(20)
    html = report_page(report, PageHead("t", {}, "now"), PageHistory(ledger))
    found = re.search(r'class="cellgraph-data">(.*?)</script>', html, flags=re.DOTALL)
    assert found is not None
    model = json.loads(found[1])
    assert model["view"] == "lifelines"
    assert [line["name"] for line in model["lines"]].count("patients") == 2
    assert model["layers"]["cells"]["svg"].count('data-cell="') == 20
    assert html.index("cg-lifelines") < html.index("cellgraph-data")


def test_a_page_needs_no_layout_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Graphviz the second tab says what to install; all else is there."""
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    ledger, report = session(20)
    html = report_page(report, PageHead("t", {}, "now"), PageHistory(ledger))
    assert "cellgraph[layers]" in html
    assert html.count("cg-row") >= 20


def test_hostile_sources_are_text() -> None:
    """No source, name or title becomes markup."""
    html = report_page(hostile(), PageHead(HOSTILE[1], {HOSTILE[0]: HOSTILE[2]}, HOSTILE[3]))
    assert "<img" not in html
    assert "<script" not in html


def test_the_source_keeps_its_lines_and_its_indentation() -> None:
    """Code on the page is code that could be copied."""
    html = report_page(Report((cell(0, source="if x:\n    y = 1"),)), PageHead("t", {}, "now"))
    assert "<pre>if x:\n    y = 1</pre>" in re.sub(r"</?span[^>]*>", "", html)


@pytest.mark.parametrize("past", [False, True])
def test_a_page_allows_its_own_scripts_and_nothing_else(past: bool) -> None:
    """Its policy stands before all else, and names each script of the page by its hash."""
    ledger, report = session(5)
    page = report_page(report, PageHead("t"), PageHistory(ledger) if past else None)
    for html in (page, interactive_page(report, ledger)):
        policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
        assert policy is not None
        assert policy.start() < html.index("<style>")
        assert policy[1].startswith("default-src 'none'; ")
        scripts = re.findall(r'<script type="module">(.*?)</script>', html, flags=re.DOTALL)
        hashes = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts}
        assert hashes == set(re.findall(r"'sha256-[^']*'", policy[1]))
        assert not re.search(r"""\son[a-z]+=["']|javascript:|eval\(""", html)

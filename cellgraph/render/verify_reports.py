"""Verdicts on saved notebooks for programs: JSON and JUnit. ``VERIFY_FORMATS`` has all forms by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cellgraph._version import __version__
from cellgraph.model import as_json as plain
from cellgraph.notebooks.verification.verdicts import REPRODUCED, NotebookVerdict
from cellgraph.render.check_reports import xml_attribute, xml_text
from cellgraph.render.verify_page import page
from cellgraph.render.verify_text import by_class, markdown, notebook_lines, text


def as_json(verdicts: Sequence[NotebookVerdict]) -> str:
    """One object: how many notebooks are of each class, and all verdicts with their cells."""
    document = {
        "version": 1,
        "cellgraph": __version__,
        "classes": by_class(verdicts),
        "notebooks": [plain(one) for one in verdicts],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def junit(verdicts: Sequence[NotebookVerdict]) -> str:
    """A test case for each notebook: a failure if it is not as saved, an error if it does not run."""
    kinds = [_kind(one) for one in verdicts]
    head = (
        f'tests="{len(verdicts)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}" time="{sum(one.seconds for one in verdicts):.3f}"'
    )
    cases = [_case(one, kind) for one, kind in zip(verdicts, kinds, strict=True)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<testsuites {head}><testsuite name="cellgraph verify" {head}>',
            *cases,
            "</testsuite></testsuites>",
        ]
    )


def _kind(one: NotebookVerdict) -> str:
    if one.verdict in REPRODUCED:
        return ""
    if one.set_aside:
        return "skipped"
    return "failure" if one.verdict in ("version drift", "non-deterministic", "different") else "error"


def _case(one: NotebookVerdict, kind: str) -> str:
    path = xml_attribute(one.path)
    first, *more = notebook_lines(one)
    body = xml_text("\n".join([first, *more]))
    inner = ""
    if kind == "skipped":
        inner = f"<skipped message={xml_attribute(one.reason)}/>"
    elif kind:
        message = xml_attribute(first.partition(": ")[2])
        inner = f"<{kind} type={xml_attribute(one.verdict)} message={message}>{body}</{kind}>"
    elif more:
        inner = f"<system-out>{body}</system-out>"
    return (
        f'<testcase classname="cellgraph" name={path} file={path} time="{one.seconds:.3f}">{inner}</testcase>'
    )


VERIFY_FORMATS: Mapping[str, Callable[[Sequence[NotebookVerdict]], str]] = MappingProxyType(
    {"text": text, "json": as_json, "junit": junit, "markdown": markdown, "html": page}
)
"""The output formats of ``cellgraph verify`` by their names."""

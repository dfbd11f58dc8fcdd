"""Findings of saved notebooks for programs: JSON, SARIF, GitLab's code quality, JUnit.

Lines are those of the ``.ipynb`` file. The cell, its id and the line in the cell stand beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import PurePath
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from cellgraph._version import __version__
from cellgraph.notebooks.checks.check import Checked
from cellgraph.notebooks.checks.finding import CheckFinding
from cellgraph.render.check_text import github, markdown, place, text
from cellgraph.rules import EVERY_RULE, SAVED_RULES

_LEVELS = {"warning": "warning", "note": "note"}


def as_json(checked: Sequence[Checked]) -> str:
    """One object: a list of files, each with its findings."""
    files = [
        {
            "path": one.path,
            "cells": one.cells,
            "skipped": one.skipped or None,
            "error": one.error or None,
            "stamp": asdict(one.stamp) if one.stamp is not None else None,
            "findings": [_record(found) for found in one.findings],
        }
        for one in checked
    ]
    return json.dumps({"version": 1, "cellgraph": __version__, "files": files}, ensure_ascii=False, indent=1)


def _record(found: CheckFinding) -> dict[str, Any]:
    span = found.span
    return {
        "code": found.code,
        "title": EVERY_RULE[found.code].title,
        "certainty": found.certainty,
        "severity": found.severity,
        "message": found.message,
        "remedy": found.remedy,
        "name": found.name or None,
        "file_line": found.file_line,
        "cell": found.cell or None,
        "cell_index": found.index if found.cell else None,
        "cell_id": found.id or None,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "raised_in": found.raised_in or None,
        "source": found.text or None,
        "fingerprint": found.fingerprint,
    }


def sarif(checked: Sequence[Checked]) -> str:
    """SARIF 2.1.0, as GitHub's code scanning reads it."""
    rules = [
        {
            "id": rule.code,
            "name": rule.title.title().replace(" ", ""),
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.when},
            "help": {"text": rule.remedy},
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in SAVED_RULES.values()
    ]
    codes = list(SAVED_RULES)
    results = [_result(found, codes.index(found.code)) for one in checked for found in one.findings]
    notes = [
        {
            "level": "error" if one.error else "note",
            "message": {"text": f"{one.path}: {one.error or 'skipped: ' + one.skipped}"},
        }
        for one in checked
        if one.error or one.skipped
    ]
    run = {
        "tool": {"driver": {"name": "cellgraph", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "invocations": [
            {
                "executionSuccessful": not any(one.error for one in checked),
                "toolExecutionNotifications": notes,
            }
        ],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _result(found: CheckFinding, index: int) -> dict[str, Any]:
    level = (
        "error" if found.certainty == "certain" and found.severity == "warning" else _LEVELS[found.severity]
    )
    region: dict[str, Any] = {"startLine": found.file_line}
    if found.text:
        region["snippet"] = {"text": found.text}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(found.path)}, "region": region}
    }
    if found.cell:
        location["logicalLocations"] = [
            {
                "name": f"cell {found.cell}",
                "fullyQualifiedName": f"cell {found.cell}, line {found.span.line}",
                "kind": "cell",
            }
        ]
    return {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": level,
        "message": {"text": found.message},
        "locations": [location],
        "partialFingerprints": {"cellgraph/v1": found.fingerprint},
        "properties": {
            "certainty": found.certainty,
            "cell": found.cell,
            "cellId": found.id,
            "line": found.span.line,
            "column": found.span.column,
            "endColumn": found.span.end_column,
        },
    }


def _uri(path: str) -> str:
    file = PurePath(path)
    return file.as_uri() if file.is_absolute() else quote(file.as_posix())


def gitlab(checked: Sequence[Checked]) -> str:
    """A report of GitLab's code quality."""
    seen: dict[str, int] = {}
    rows = []
    for found in (found for one in checked for found in one.findings):
        seen[found.fingerprint] = seen.get(found.fingerprint, 0) + 1
        cell = f" (cell {found.cell}, line {found.span.line})" if found.cell else ""
        severity = (
            "info" if found.severity == "note" else ("major" if found.certainty == "certain" else "minor")
        )
        rows.append(
            {
                "description": f"{found.code}: {found.message}{cell}",
                "check_name": found.code,
                "fingerprint": f"{found.fingerprint}{seen[found.fingerprint]}",
                "severity": severity,
                "location": {"path": found.path, "lines": {"begin": found.file_line}},
            }
        )
    return json.dumps(rows, ensure_ascii=False, indent=1)


def junit(checked: Sequence[Checked]) -> str:
    """A test case for each notebook. Warnings fail it; notes are what it prints."""
    failed = sum(any(found.severity == "warning" for found in one.findings) for one in checked)
    errors = sum(bool(one.error) for one in checked)
    skipped = sum(bool(one.skipped) for one in checked)
    head = f'tests="{len(checked)}" failures="{failed}" errors="{errors}" skipped="{skipped}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites {head}><testsuite name="cellgraph check" {head}>',
    ]
    lines += [_case(one) for one in checked]
    return "\n".join([*lines, "</testsuite></testsuites>"])


def _case(one: Checked) -> str:
    inner: list[str] = []
    if one.skipped:
        inner.append(f"<skipped message={xml_attribute(one.skipped)}/>")
    if one.error:
        inner.append(f"<error message={xml_attribute(one.error)}/>")
    warned = [found for found in one.findings if found.severity == "warning"]
    if warned:
        body = "\n".join(
            f"{place(found)}: {found.code} ({found.certainty}) {found.message}" for found in warned
        )
        inner.append(
            f"<failure type={xml_attribute(warned[0].code)} message={xml_attribute(warned[0].message)}>"
            f"{xml_text(body)}</failure>"
        )
    noted = [found for found in one.findings if found.severity == "note"]
    if noted:
        body = "\n".join(
            f"{place(found)}: {found.code} ({found.certainty}) {found.message}" for found in noted
        )
        inner.append(f"<system-out>{xml_text(body)}</system-out>")
    path = xml_attribute(one.path)
    name = f'classname="cellgraph" name={path} file={path} time="{one.seconds:.3f}"'
    return f"<testcase {name}>{''.join(inner)}</testcase>"


def _clean(value: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        c if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "?"
        for c in value
    )


def xml_text(value: str) -> str:
    """A text as the content of an element of XML."""
    return escape(_clean(value), quote=False)


def xml_attribute(value: str) -> str:
    """A text as the value of an attribute of XML, with its quotes."""
    return '"' + escape(_clean(value).replace("\n", " ")) + '"'


CHECK_FORMATS: Mapping[str, Callable[[Sequence[Checked]], str]] = MappingProxyType(
    {
        "text": text,
        "json": as_json,
        "sarif": sarif,
        "github": github,
        "gitlab": gitlab,
        "junit": junit,
        "markdown": markdown,
    }
)
"""The output formats of ``cellgraph check`` by their names."""

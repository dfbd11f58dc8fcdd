"""The text of the tests of a package, from what was recorded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Manifest = Mapping[str, Any]

_WIDTH = 99

INIT = '"""Tests that were recorded when the package was made."""\n'

CONFTEST = '''"""Each test runs in a folder of its own that holds the files which the notebook reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from {package}.tests.recorded import kept_name, work_folder

HERE = Path(__file__).parent
NOTEBOOK = (HERE.parent / {relative!r}).resolve()
"""The folder of the notebook."""
FILES: list[str] = {files}
"""What the notebook reads there. Small files are kept in ``data/files``."""

sys.path.append(str(NOTEBOOK))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = work_folder(tmp_path, FILES)
    for name in FILES:
        kept, place = HERE / "data" / "files" / kept_name(name), Path(os.path.normpath(folder / name))
        place.parent.mkdir(parents=True, exist_ok=True)
        if kept.is_file():
            place.write_bytes(kept.read_bytes())
        elif (NOTEBOOK / name).is_file():
            place.symlink_to(NOTEBOOK / name)
        else:
            pytest.skip(f"{{name}} is not there; it belongs in {{NOTEBOOK}}")
    monkeypatch.chdir(folder)
'''


_IN_PLACE = '''"""Each test runs in the notebook's folder: the steps need more of it than files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

NOTEBOOK = (Path(__file__).parent.parent / {relative!r}).resolve()
"""The folder of the notebook."""

sys.path.append(str(NOTEBOOK))


@pytest.fixture(autouse=True)
def _in_the_folder_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NOTEBOOK)
'''


def conftest_text(package: str, manifest: Manifest, relative: str) -> str:
    """The file that gives each test the notebook's files. ``relative``: from the package to its folder."""
    if manifest["in_place"]:
        return _double_quoted(_IN_PLACE.format(relative=relative))
    names = sorted(manifest["files"])
    listed = "[" + "".join(f"\n    {name!r}," for name in names) + "\n]" if names else "[]"
    return _double_quoted(CONFTEST.format(package=package, relative=relative, files=listed))


def _double_quoted(text: str) -> str:
    """Texts that ``repr`` has put into single quotes, where they hold no quotes themselves."""
    return text.replace("'", '"') if '\\"' not in text and "'\"" not in text else text


# -- the steps ---------------------------------------------------------------------------------------------


def steps_text(package: str, dag: Mapping[str, Any], manifest: Manifest) -> str:
    """The file with a test for each step."""
    tested = [step for step in dag["steps"] if step["name"] in manifest["steps"]]
    blocks = [block for step in tested for block in _step(step, manifest["steps"][step["name"]], tested)]
    body = "\n\n\n".join(blocks)
    names = [
        name
        for name in ("assert_facts", "assert_same", "kind_of", "load", "set_random_state")
        if f"{name}(" in body
    ]
    extra = ["import asyncio"] if "asyncio." in body else []
    head = [
        f'"""Each step of {package} makes of recorded inputs what it made when they were recorded."""',
        "from __future__ import annotations",
        "\n".join(
            [
                *extra,
                *(["import json"] if "json." in body else []),
                "from pathlib import Path",
                "from typing import Any",
            ]
        ),
        *(["import pytest"] if "pytest." in body else []),
        f"from {package} import steps\n"
        + (f"from {package}.tests.recorded import {', '.join(names)}" if names else ""),
        'DATA = Path(__file__).parent / "data"',
    ]
    if "SETTINGS" in body:
        head[-1] += "\nSETTINGS = steps.Settings()"
    return "\n\n".join(part.rstrip() for part in head) + "\n\n\n" + body + "\n"


def _step(
    step: Mapping[str, Any], entry: Mapping[str, Any], tested: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    name = step["name"]
    if "skipped" in entry:
        mark = f"@pytest.mark.skip(reason={_quoted(entry['skipped'])})"
        yield f'{mark}\ndef test_{name}() -> None:\n    """{_cells(step)}"""'
        return
    yield "\n".join(_run(step, entry, {one["name"]: one for one in tested}))
    yield "\n".join(_test(step, entry))


def _run(step: Mapping[str, Any], entry: Mapping[str, Any], steps: Mapping[str, Any]) -> Iterator[str]:
    """The function that calls a step: inputs from files, or from the steps above."""
    name = step["name"]
    sources: dict[str, list[str]] = {}
    yield f"def run_{name}() -> Any:"
    yield f'    """Call the step on its recorded inputs{_rows(entry)}."""'
    for parameter, how in entry["inputs"].items():
        if how["how"] == "stored":
            yield f'    {parameter} = load(DATA / "{name}", "{parameter}")'
        elif how["how"] == "rebuilt":
            sources.setdefault(how["source"], []).append(parameter)
    for source, wanted in sources.items():
        returns = [one["name"] for one in steps[source]["returns"]]
        taken = [one if one in wanted else "_" for one in returns]
        yield f"    {', '.join(taken)} = run_{source}()  # {_why(entry, wanted)}"
    if entry.get("random"):
        yield f'    set_random_state(json.loads((DATA / "{name}" / "random.json").read_text()))'
    given = [_argument(parameter, how) for parameter, how in entry["inputs"].items()]
    call = f"steps.{name}({', '.join(given)})"
    if entry.get("async"):
        call = f"asyncio.run({call})"
    yield from _wrapped(f"    return {call}")


def _why(entry: Mapping[str, Any], wanted: Iterable[str]) -> str:
    first = entry["inputs"][next(iter(wanted))]
    if first["why"].startswith("the step needs "):
        return str(first["why"]).replace("the step", "it")
    return f"{first['type'].rpartition('.')[2]} is not stored"


def _argument(parameter: str, how: Mapping[str, Any]) -> str:
    if how["how"] != "settings":
        return parameter
    return "SETTINGS" if how["whole"] else f"SETTINGS.{parameter}"


def _rows(entry: Mapping[str, Any]) -> str:
    return f" ({entry['rows'][0]:,} of {entry['rows'][1]:,} rows)" if entry["rows"] else ""


def _test(step: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[str]:
    name, outputs = step["name"], entry["outputs"]
    yield f"def test_{name}() -> None:"
    yield f'    """{_cells(step)}"""'
    if not outputs:
        yield f"    assert run_{name}() is None"
        return
    yield f"    {', '.join(outputs)} = run_{name}()"
    for output, how in outputs.items():
        yield from _comparison(output, output, name, how)


def _comparison(value: str, output: str, step: str, how: Mapping[str, Any]) -> Iterator[str]:
    if how["how"] == "type":
        kind = how["type"].rpartition(".")[2]
        yield f'    assert type({value}).__name__ == "{kind}"  # each run makes another'
        return
    function = "assert_facts" if how["how"] == "facts" else "assert_same"
    taken = f"kind_of({value})" if how["how"] == "kind" else value
    yield from _wrapped(f'    {function}({taken}, load(DATA / "{step}", "expected-{output}"), "{output}")')


def _wrapped(line: str) -> Iterator[str]:
    """A call on one line, or its arguments on a line of their own."""
    if len(line) <= _WIDTH or "(" not in line:
        yield line
        return
    head, _, rest = line.partition("(")
    if len(rest) - 1 + 8 <= _WIDTH:
        yield from (f"{head}(", f"        {rest[:-1]}", "    )")
    else:
        yield f"{head}("
        yield from (f"        {one.strip()}," for one in rest[:-1].split(", "))
        yield "    )"


def _cells(step: Mapping[str, Any]) -> str:
    numbers = [str(number) for number in step["cells"]]
    return f"Cell{'' if len(numbers) == 1 else 's'} {', '.join(numbers)} of the notebook."


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "/").replace('"', "'").replace("\n", " ") + '"'


# -- the whole ---------------------------------------------------------------------------------------------


def pipeline_text(package: str, manifest: Manifest, rtol: float) -> str:
    """The file with the test of the whole pipeline."""
    targets = manifest["targets"]
    lines = [
        line for name, how in targets.items() for line in _comparison(f"results.{name}", name, "main", how)
    ]
    if not lines:
        lines = ["    assert results is not None"]
    names = [
        name
        for name in ("assert_facts", "assert_same", "kind_of", "load")
        if any(f"{name}(" in line for line in lines)
    ]
    imported = f"from {package}.tests.recorded import {', '.join([*names, 'set_random_state'])}"
    doc = textwrap.fill(
        f"Every target is what the notebook made, within a relative tolerance of {rtol:g}.", 90
    )
    return (
        f'''"""The whole pipeline gives what the notebook gave."""

from __future__ import annotations

import json
from pathlib import Path

from {package} import steps
{imported}

DATA = Path(__file__).parent / "data"


def test_main() -> None:
    """{doc}"""
    set_random_state(json.loads((DATA / "main" / "random.json").read_text()))
    results = steps.main([])
'''
        + "\n".join(lines)
        + "\n"
    )


# -- what the person is told -------------------------------------------------------------------------------


def data_notice(manifest: Manifest) -> str:
    """What of the person's data is written, a line for each value, and what is not."""
    lines, total = [], 0
    for step, entry in manifest["steps"].items():
        for name, how in entry["inputs"].items():
            if how["how"] == "stored":
                total += how["bytes"]
                lines.append(f"  {step}: {name}, {_extent(entry, how)}{_bytes(how['bytes'])}")
        total += sum(how.get("bytes", 0) for how in entry.get("outputs", {}).values())
    total += sum(how.get("bytes", 0) for how in manifest["targets"].values())
    files = {name: size for name, size in manifest["files"].items() if name in manifest["kept"]}
    lines += [f"  file {name}, {_bytes(size)}" for name, size in files.items()]
    what = "made-up values" if manifest["synthetic"] else "values of your data"
    head = f"the tests hold {what}, {_bytes(total + sum(files.values()))} with what the steps make of them:"
    return "\n".join([head, *lines, *_gaps(manifest)])


def _gaps(manifest: Manifest) -> Iterator[str]:
    for step, entry in manifest["steps"].items():
        if "skipped" in entry:
            yield f"  {step} has no test: {entry['skipped']}"
        for name, how in entry.get("outputs", {}).items():
            if how["how"] in ("type", "kind"):
                kind = "type" if how["how"] == "type" else "type, shape and columns"
                yield f"  {step}: of {name} only the {kind} is compared: {how['why']}"


def _extent(entry: Mapping[str, Any], how: Mapping[str, Any]) -> str:
    if not how["shape"]:
        return ""
    size = " × ".join(f"{one:,}" for one in how["shape"])
    return f"{size}{_rows(entry)}, " if entry["rows"] else f"{size}, "


def _bytes(size: int) -> str:
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1000:,.0f} kB"

"""Changes one thing in the saved outputs of a notebook: a number, a row, a spot of a picture, an order.

``python -m tests.verification.mutate NOTEBOOK KIND SEED OUT`` writes a changed notebook and prints the
number of the cell. ``mutants`` gives them all.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

Notebook = dict[str, Any]

_NUMBER = re.compile(r"(?<![\w.:/\-])\d+(?:\.\d+)?(?![\w:/])")
_ROW = re.compile(r"<tr[^>]*>(?:(?!</?tr).)*?<td.*?</tr>", re.DOTALL)
_VOLATILE = re.compile(
    r"0x[0-9a-f]+|per loop|Wall time|CPU times|it/s|\d ?(?:ns|µs|us|ms|s|sec|seconds|bytes|[kMG]i?B)\b"
    r"|\d\d:\d\d"
    r"|\d{4}-\d\d-\d\d|took|elapsed|/tmp/|<(?:Figure|matplotlib|Axes)|ipykernel|widget",
    re.IGNORECASE,
)
"""What no two runs share: to change it is no change."""


@dataclass(frozen=True)
class Mutant:
    """A notebook with one changed output. ``cell`` counts code cells from 1."""

    kind: str
    cell: int
    what: str
    notebook: Notebook


def _code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else value if isinstance(value, str) else ""


Place = tuple[int, int, str]
"""The number of a cell, of an output in it, and where the text is: ``text``, ``evalue`` or a MIME type."""


def _texts(notebook: Notebook, *kinds: str) -> Iterator[tuple[Place, str]]:
    for number, cell in enumerate(_code_cells(notebook), 1):
        for at, output in enumerate(cell["outputs"]):
            held = {"text": output.get("text"), "evalue": output.get("evalue"), **output.get("data", {})}
            for kind in kinds:
                if held.get(kind) and _text(held[kind]).strip():
                    yield (number, at, kind), _text(held[kind])


def _with(notebook: Notebook, place: Place, text: str) -> Notebook:
    made = copy.deepcopy(notebook)
    number, at, kind = place
    output = _code_cells(made)[number - 1]["outputs"][at]
    if kind in ("text", "evalue"):
        output[kind] = text
    else:
        output["data"][kind] = text
    return made


def _number(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """One digit of one number in a text or a table."""
    found = [
        (place, text, match)
        for place, text in _texts(notebook, "text", "text/plain", "text/html")
        for match in _NUMBER.finditer(text)
        if not _VOLATILE.search(_line_of(text, match.start())) and _is_shown(place, text, match.start())
    ]
    for place, text, match in draw.sample(found, min(3, len(found))):
        at = draw.randrange(match.start(), match.end())
        while not text[at].isdigit():
            at = draw.randrange(match.start(), match.end())
        digit = draw.choice([other for other in "123456789" if other != text[at]])
        changed = text[:at] + digit + text[at + 1 :]
        yield Mutant("number", place[0], f"{match[0]} at {at}", _with(notebook, place, changed))


def _line_of(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(text)]


def _is_shown(place: Place, text: str, at: int) -> bool:
    """Whether it is content, and not an attribute of HTML, a style, or the number of an input."""
    if place[2] != "text/html":
        return True
    before = text[:at]
    inside_tag = before.rfind("<") > before.rfind(">")
    inside_style = before.rfind("<style") > before.rfind("</style") or before.rfind("<script") > before.rfind(
        "</script"
    )
    return not inside_tag and not inside_style


def _row(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """One row of a table removed."""
    found = [
        (place, text, match) for place, text in _texts(notebook, "text/html") for match in _ROW.finditer(text)
    ]
    for place, text, match in draw.sample(found, min(2, len(found))):
        changed = text[: match.start()] + text[match.end() :]
        yield Mutant("row", place[0], "a row less", _with(notebook, place, changed))


def _line(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """One line of a text removed."""
    found = []
    for place, text in _texts(notebook, "text", "text/plain"):
        lines = text.split("\n")
        if len(lines) > 2:
            kept = [at for at, line in enumerate(lines) if line.strip() and not _VOLATILE.search(line)]
            found += [(place, lines, at) for at in kept]
    for place, lines, at in draw.sample(found, min(2, len(found))):
        changed = "\n".join(lines[:at] + lines[at + 1 :])
        yield Mutant("line", place[0], lines[at][:40], _with(notebook, place, changed))


def _message(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """One word of a text or of an error's message replaced."""
    found = []
    for place, text in _texts(notebook, "text", "evalue", "text/plain"):
        words = re.finditer(r"(?<![\w/.\\<])[A-Za-z]{4,}(?![\w/.\\])", text)
        kept = [match for match in words if not _VOLATILE.search(_line_of(text, match.start()))]
        found += [(place, text, match) for match in kept]
    for place, text, match in draw.sample(found, min(2, len(found))):
        word = match[0][::-1] if match[0][::-1] != match[0] else match[0] + "x"
        changed = text[: match.start()] + word + text[match.end() :]
        yield Mutant("message", place[0], f"{match[0]} → {word}", _with(notebook, place, changed))


def _order(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """Two unlike lines of a text that follow each other, or two rows of a table, in the other order."""
    found = []
    for place, text in _texts(notebook, "text", "text/plain"):
        lines = text.split("\n")
        for at in range(len(lines) - 1):
            pair = lines[at : at + 2]
            if all(line.strip() and not _VOLATILE.search(line) for line in pair) and pair[0] != pair[1]:
                found.append((place, [*lines[:at], pair[1], pair[0], *lines[at + 2 :]]))
    for place, lines in draw.sample(found, min(2, len(found))):
        yield Mutant("order", place[0], "two lines", _with(notebook, place, "\n".join(lines)))
    yield from _row_order(notebook, draw)


def _row_order(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    found = []
    for place, text in _texts(notebook, "text/html"):
        rows = list(_ROW.finditer(text))
        for one, other in pairwise(rows):
            if re.sub(r"\s", "", one[0]) != re.sub(r"\s", "", other[0]):
                between = text[one.end() : other.start()]
                changed = text[: one.start()] + other[0] + between + one[0] + text[other.end() :]
                found.append((place, changed))
    for place, changed in draw.sample(found, min(1, len(found))):
        yield Mutant("order", place[0], "two rows", _with(notebook, place, changed))


def _pixels(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """A spot of a picture, a fortieth of its width and height and at least 6 pixels, inverted."""
    from PIL import Image, ImageChops

    found = list(_texts(notebook, "image/png"))
    for place, text in draw.sample(found, min(2, len(found))):
        image = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")
        width, height = (min(side, max(6, side // 40)) for side in image.size)
        left = draw.randrange(image.size[0] - width + 1)
        top = draw.randrange(image.size[1] - height + 1)
        box = (left, top, left + width, top + height)
        image.paste(ImageChops.invert(image.crop(box)), box)
        into = io.BytesIO()
        image.save(into, "PNG")
        changed = base64.b64encode(into.getvalue()).decode()
        yield Mutant("pixels", place[0], str(box), _with(notebook, place, changed))


def _missing(notebook: Notebook, draw: random.Random) -> Iterator[Mutant]:
    """One output removed."""
    found = [
        (number, at)
        for number, cell in enumerate(_code_cells(notebook), 1)
        for at, output in enumerate(cell["outputs"])
        if output.get("name") != "stderr" and "widget" not in json.dumps(output)[:5000]
    ]
    for number, at in draw.sample(found, min(1, len(found))):
        made = copy.deepcopy(notebook)
        del _code_cells(made)[number - 1]["outputs"][at]
        yield Mutant("missing", number, f"output {at + 1}", made)


KINDS: Mapping[str, Callable[[Notebook, random.Random], Iterator[Mutant]]] = MappingProxyType(
    {
        "number": _number,
        "row": _row,
        "line": _line,
        "message": _message,
        "order": _order,
        "pixels": _pixels,
        "missing": _missing,
    }
)
"""What can be changed, by name."""


def mutants(notebook: Notebook, seed: int = 0) -> list[Mutant]:
    """Changed copies of a notebook: one to three of each kind, as far as it has what can be changed."""
    draw = random.Random(seed)
    return [mutant for make in KINDS.values() for mutant in make(notebook, draw)]


def main(arguments: list[str]) -> int:
    """Write one changed notebook."""
    path, kind, seed, into = arguments
    notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    made = next(KINDS[kind](notebook, random.Random(int(seed))), None)
    if made is None:
        print(f"{path} has nothing of that kind")
        return 1
    Path(into).write_text(json.dumps(made.notebook, indent=1), encoding="utf-8")
    print(made.cell, made.what)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

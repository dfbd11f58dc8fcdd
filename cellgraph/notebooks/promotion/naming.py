"""Names and docstrings of steps, from the Markdown above their cells and from what they make."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable
from textwrap import wrap

_HEADING = re.compile(
    r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$|^(\S[^\n]*)\n(?:=+|-+)\s*$|^<h\d[^>]*>(.*?)</h\d>", re.MULTILINE
)
_NUMBERING = re.compile(
    r"^(?:(?:step|part|section|chapter|task|exercise|question)\s*)?[\dIVX]*+[\d.:)\-]*+\s*+[.:)\-–]*+\s*+",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^>]+>|!\[[^\]]*\]\([^)]*\)|[*`$\\]|(?<!\w)_+|_+(?!\w)")
_HIDDEN = re.compile(r"```(?:[^`]|`(?!``))*+```|<!--(?:[^-]|-(?!->))*+-->")
_LETTERS = re.compile(r"[^\W_]+")
_GAP = re.compile(r"\n[ \t]*+\n")
_UNREADABLE = re.compile(r"http|\b(?:frac|partial|sum_|begin\{)")
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()]*+\)")
_ARTICLES = frozenset("the a an our my let s us we now".split())
_VERBS = (
    ("split", re.compile(r"train_test_split|\.split\(")),
    ("fit", re.compile(r"\.fit(?:_transform|_predict)?\(")),
    ("evaluate", re.compile(r"score\(|accuracy|mean_squared|confusion_matrix|roc_|metrics\.")),
    ("predict", re.compile(r"\.predict(?:_proba)?\(")),
    ("load", re.compile(r"\bread_\w+\(|load\w*\(|\bopen\(|connect\(|genfromtxt")),
)
_WIDTH = 84
_LONGEST_DOC = 12


def headings(markdown: str) -> list[str]:
    """The headings of a Markdown text, as plain text."""
    return [
        _plain(next(filter(None, match.groups()))) for match in _HEADING.finditer(_without_code(markdown))
    ]


def _without_code(markdown: str) -> str:
    return _HIDDEN.sub("", markdown)


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", text)).split())


def slug(heading: str) -> str:
    """A heading as a function's name; empty where it gives none."""
    if heading.endswith("?"):
        return ""
    words = _LETTERS.findall(_NUMBERING.sub("", heading).lower().replace("'", ""))
    while words and words[0] in _ARTICLES:
        words.pop(0)
    name = ""
    for word in words[:6]:
        longer = f"{name}_{word}" if name else word
        if len(longer) > 36:
            break
        name = longer
    good = name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and len(name) > 2
    return name if good else ""


def step_name(heading: str, outputs: Collection[str], code: str, taken: Collection[str]) -> str:
    """The name of a step that no other one has."""
    verb = next((verb for verb, pattern in _VERBS if pattern.search(code)), "make")
    what = "_and_".join(list(outputs)[:2]) if len(outputs) <= 2 else next(iter(outputs))
    made = f"{verb}_{what}".strip("_").lower() if outputs else f"{verb}_up" if verb == "make" else verb
    candidates = [
        slug(heading),
        made,
        f"{verb}_all_{what}".lower(),
        *(f"{made}_{number}" for number in range(2, 99)),
    ]
    return next(name for name in candidates if name and name not in taken and not keyword.iskeyword(name))


def docstring(heading: str, markdown: str, outputs: Collection[str], cells: Iterable[int]) -> str:
    """The docstring of a step: the heading or what it makes, and the text above its cells."""
    texts = [_plain(part) for part in _GAP.split(_HEADING.sub("", _without_code(markdown)))]
    texts = [text for text in texts if text and not text.startswith(("|", ">", "---"))]
    texts = [text for text in texts if not _UNREADABLE.search(text)]
    first = _NUMBERING.sub("", heading)
    if not first and texts and len(texts[0]) <= _WIDTH and not texts[0].endswith(":"):
        first = texts.pop(0)
    if not first:
        first = f"Make {_listed(outputs)}" if outputs else "Set up"
    lines = [_sentence(first[:_WIDTH])]
    for text in texts:
        wrapped = wrap(text, _WIDTH)
        if len(lines) + len(wrapped) > _LONGEST_DOC:
            break
        lines += ["", *wrapped]
    numbers = list(map(str, cells))
    lines += ["", f"From cell{'s' if len(numbers) > 1 else ''} {_listed(numbers)} of the notebook."]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    text = text.strip().rstrip(":").rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _listed(words: Iterable[str]) -> str:
    every = list(words)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else ""

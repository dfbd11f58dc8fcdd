"""A stamp as JSON: in the notebook's metadata, or in a file beside the notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cellgraph.notebooks.stamps.stamp import VERSION, Input, Made, Stamp, StampedRun

T = TypeVar("T")
KEY = "cellgraph"
"""The key of the notebook's metadata that holds what is cellgraph's. Below it the stamp is ``stamp``."""
SUFFIX = ".stamp.json"
"""What the file beside a notebook is called, after the notebook's own name."""
_LARGEST = 50_000_000
"""Bytes. No notebook has a stamp as large as that."""


class StampError(ValueError):
    """Something is no stamp that can be read. The message says why, in one line."""


def stamp_file(notebook: Path) -> Path:
    """The path of the file beside a notebook that holds its stamp."""
    return notebook.with_name(notebook.name + SUFFIX)


def to_data(stamp: Stamp) -> dict[str, Any]:
    """A stamp as plain JSON data. What is empty is left out."""
    return _sparse(
        {
            "version": VERSION,
            "python": stamp.python,
            "folder": None if stamp.folder == "." else stamp.folder,
            "packages": dict(sorted(stamp.packages.items())),
            "runs": [_run_data(run) for run in stamp.runs],
        }
    )


def to_text(stamp: Stamp) -> str:
    """The text of the file beside a notebook: a line a run, so that versions can be compared."""
    data = to_data(stamp)
    runs = ",\n  ".join(json.dumps(run, ensure_ascii=False) for run in data.pop("runs", []))
    head = json.dumps(data, ensure_ascii=False)[:-1]
    return f'{head},\n "runs": [\n  {runs}\n ]}}\n'


def from_text(text: str) -> Stamp:
    """A stamp from the text of the file beside a notebook. Raises StampError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StampError(f"it is not JSON ({type(error).__name__})") from None
    return from_data(data)


def in_metadata(metadata: Mapping[str, Any]) -> object:
    """What stands where the metadata of a notebook would hold its stamp; None if nothing does."""
    held = metadata.get(KEY)
    return held.get("stamp") if isinstance(held, dict) else None


def with_stamp(metadata: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    """The metadata of a notebook with a stamp put into it, or in the place of the one that was there."""
    held = metadata.get(KEY)
    return {**metadata, KEY: {**(held if isinstance(held, dict) else {}), "stamp": to_data(stamp)}}


def read_beside(notebook: Path) -> Stamp | None:
    """The stamp in the file beside a notebook; None if there is no such file. Raises StampError."""
    path = stamp_file(notebook)
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _LARGEST:
            raise StampError(f"{path.name} is too large for a stamp")
        return from_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StampError(f"{path.name} cannot be read ({type(error).__name__})") from None


def from_data(data: object) -> Stamp:
    """A stamp from JSON data. Raises StampError for what is no stamp, and for one of a newer version."""
    held = _object(data, "it")
    version = held.get("version")
    if type(version) is not int or version < 1:
        raise StampError("it does not say its version")
    if version > VERSION:
        raise StampError(f"it is of version {version}, and this cellgraph reads up to {VERSION}: update it")
    runs = tuple(
        _run(run, f"run {place}") for place, run in enumerate(_list(held.get("runs", []), "runs"), 1)
    )
    for place, run in enumerate(runs, 1):
        if any(not 0 <= one.run <= len(runs) for one in run.inputs):
            raise StampError(f"run {place} has an input from a run that is not there")
    return Stamp(
        runs,
        _texts(held.get("packages", {}), "packages"),
        _text(held.get("python", ""), "python"),
        _text(held.get("folder", "."), "folder"),
    )


def _run_data(run: StampedRun) -> dict[str, Any]:
    always = {"cell": run.cell, "code": run.code}
    return always | _sparse(
        {
            "count": run.count,
            "outputs": run.outputs,
            "shown": None if run.shown else False,
            "inputs": [_trimmed(one.name, one.run, one.digest, one.path, one.preview) for one in run.inputs],
            "made": [_trimmed(one.name, one.code, _sources(one)) for one in run.made],
            "files": dict(run.files),
            "modules": dict(run.modules),
            "packages": list(run.packages),
            "seeds": dict(run.seeds),
            "chance": run.chance,
            "doubt": run.doubt,
        }
    )


def _sources(made: Made) -> list[str] | str:
    return "*" if made.sources is None else list(made.sources)


def _sparse(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None and value not in ("", [], {})}


def _trimmed(*fields: object) -> list[object]:
    """The fields without those at the end that are empty."""
    kept = list(fields)
    while len(kept) > 1 and kept[-1] in ("", [], 0):
        kept.pop()
    return kept


def _run(data: object, where: str) -> StampedRun:
    held = _object(data, where)
    count = held.get("count")
    if count is not None and type(count) is not int:
        raise StampError(f"{where}: count is no number")
    if type(held.get("shown", True)) is not bool:
        raise StampError(f"{where}: shown is neither true nor false")
    return StampedRun(
        cell=_text(held.get("cell"), f"{where}: cell"),
        code=_text(held.get("code"), f"{where}: code"),
        count=count,
        outputs=_text(held.get("outputs", ""), f"{where}: outputs"),
        shown=held.get("shown", True),
        inputs=_each(_input, held.get("inputs", []), f"{where}: inputs"),
        made=_each(_made, held.get("made", []), f"{where}: made"),
        files=_texts(held.get("files", {}), f"{where}: files"),
        modules=_texts(held.get("modules", {}), f"{where}: modules"),
        packages=_each(_text, held.get("packages", []), f"{where}: packages"),
        seeds=_texts(held.get("seeds", {}), f"{where}: seeds"),
        chance=_text(held.get("chance", ""), f"{where}: chance"),
        doubt=_text(held.get("doubt", ""), f"{where}: doubt"),
    )


def _input(data: object, where: str) -> Input:
    name, number, digest, path, preview = _row(data, where, "", 0, "", "", "")
    if type(number) is not int:
        raise StampError(f"{where} has no number of a run")
    texts = [_text(part, where) for part in (name, path, digest, preview)]
    return Input(texts[0], texts[1], number, texts[2], texts[3])


def _made(data: object, where: str) -> Made:
    name, code, sources = _row(data, where, "", "", [])
    names = None if sources == "*" else _each(_text, sources, where)
    return Made(_text(name, where), _text(code, where), names)


def _row(data: object, where: str, *defaults: Any) -> list[Any]:
    """A list of so many fields; those that are missing at its end have their defaults."""
    fields = _list(data, where)
    if not 1 <= len(fields) <= len(defaults):
        raise StampError(f"{where} is no list of at most {len(defaults)} fields")
    return [*fields, *defaults[len(fields) :]]


def _each(read: Callable[[object, str], T], data: object, where: str) -> tuple[T, ...]:
    return tuple(read(part, where) for part in _list(data, where))


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise StampError(f"{where} is no object")
    return data


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise StampError(f"{where} is no list")
    return data


def _text(data: object, where: str) -> str:
    if not isinstance(data, str):
        raise StampError(f"{where} is no text")
    return data


def _texts(data: object, where: str) -> Mapping[str, str]:
    return {key: _text(value, where) for key, value in _object(data, where).items()}

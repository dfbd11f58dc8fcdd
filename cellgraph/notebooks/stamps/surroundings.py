"""What a stamp compares that lies outside the notebook: files, modules, packages, and outputs as saved."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from xxhash import xxh3_64_hexdigest

from cellgraph.notebooks.stamps.code_digests import module_digest
from cellgraph.trace.files.content import content

MODULE = "code:"
"""Begins the digest of a module's code. Any other is of the file's bytes."""
DISTRIBUTIONS: Mapping[str, str] = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "Bio": "biopython",
    "dateutil": "python-dateutil",
    "umap": "umap-learn",
    "igraph": "python-igraph",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "osgeo": "gdal",
}
"""Modules of well-known packages that are called otherwise."""
_NO_DATA = frozenset({"output_type", "metadata", "prompt_number", "execution_count"})
_TEXT = re.compile(r"^text/|json$|xml$|javascript$")


def file_digest(path: Path) -> str | None:
    """The digest of a file as the ledger has it. Empty if it may not be read, None if it is not there."""
    found = content(str(path))
    if found is None:
        return None
    return found.digest.value if found.digest.quality != "opaque" else ""


def module_file_digest(path: Path) -> str | None:
    """The digest of the code in a module's file; empty if it cannot be read, None if there is no file."""
    try:
        return MODULE + module_digest(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return ""


def path_in(folder: Path, name: str) -> Path:
    """The path of a file that a stamp names: absolute, below the home, or relative to the kernel's folder."""
    return folder / Path(name).expanduser()


@lru_cache(maxsize=512)
def installed_version(module: str) -> str:
    """The version of the package that a top-level module belongs to; empty if there is none.

    Only the metadata of packages is read. No module is imported.
    """
    if module in sys.stdlib_module_names:
        return ""
    for name in (DISTRIBUTIONS.get(module, module), module.replace("_", "-")):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        except Exception:  # noqa: BLE001 - the metadata of a package may be damaged in any way
            return ""
    names = _distributions().get(module)
    return installed_version(names[0]) if names and names[0] != module else ""


@lru_cache(maxsize=1)
def _distributions() -> Mapping[str, list[str]]:
    try:
        return importlib.metadata.packages_distributions()
    except Exception:  # noqa: BLE001 - as above
        return {}


def versions(modules: Iterable[str]) -> dict[str, str]:
    """The versions of the packages behind top-level modules, without those that have none."""
    found = {module: installed_version(module) for module in sorted(set(modules))}
    return {module: version for module, version in found.items() if version}


def installed_at(module: str, version: str) -> float:
    """When the package of a top-level module was installed, as a POSIX timestamp; 0 if that is not known."""
    try:
        spec = importlib.machinery.PathFinder.find_spec(module)
    except (ImportError, ValueError):
        return 0.0
    if spec is None or spec.origin is None:
        return 0.0
    file = Path(spec.origin)
    site = file.parent.parent if file.stem == "__init__" else file.parent
    stem = DISTRIBUTIONS.get(module, module).lower().replace("-", "_")
    about = site.glob(f"*-{version}.dist-info")
    found = [path for path in about if path.name.lower().replace("-", "_").startswith(f"{stem}_")]
    return max((path.stat().st_mtime for path in (file, *found) if path.exists()), default=0.0)


def write_versions(modules: Iterable[str], path: str) -> None:
    """Write the versions of the packages behind top-level modules to a file. Runs in the kernel."""
    Path(path).write_text(json.dumps(versions(modules)), encoding="utf-8")


def read_versions(path: Path) -> dict[str, str]:
    """What ``write_versions`` wrote; nothing if it could not."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(version) for name, version in found.items()} if isinstance(found, dict) else {}


def outputs_hash(outputs: Iterable[Any]) -> str:
    """A hash of a cell's outputs as a file holds them; empty if there are none.

    Counts and metadata do not count, nor does it whether a text is held as one or as a list of lines.
    """
    rows: list[Any] = []
    for output in outputs:
        if not isinstance(output, Mapping):
            continue
        row = _row(output)
        if rows and row[0] == "stream" and rows[-1][:2] == row[:2]:
            rows[-1][2] += row[2]  # a text that was written in pieces
        else:
            rows.append(row)
    if not rows:
        return ""
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False, default=str)
    return xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))[:12]


def _row(output: Mapping[str, Any]) -> list[Any]:
    kind = {"pyout": "execute_result", "pyerr": "error"}.get(
        str(output.get("output_type")), str(output.get("output_type"))
    )
    if kind == "stream":
        return [kind, str(output.get("name", output.get("stream", "stdout"))), _joined(output.get("text"))]
    if kind == "error":
        return [kind, str(output.get("ename")), str(output.get("evalue"))]
    data = output.get("data")  # formats before 4 have what it holds beside the other fields
    held = data if isinstance(data, Mapping) else {k: v for k, v in output.items() if k not in _NO_DATA}
    return [kind, {name: _value(name, value) for name, value in sorted(held.items())}]


def _value(kind: str, value: Any) -> Any:
    text = _joined(value)
    return text if _TEXT.search(kind) else text.rstrip("\n") if isinstance(text, str) else text


def _joined(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    return value

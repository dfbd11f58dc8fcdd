"""What a notebook needs around it: paths of one machine, modules, data files."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePath

from cellgraph import rules
from cellgraph.code.expression_names import last_word
from cellgraph.code.fast_ast import every_node
from cellgraph.code.ipython_syntax import IPythonCommand
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make, span_of
from cellgraph.notebooks.checks.modules import module_file

_MACHINE = re.compile(
    r"^(?:~[\\/]|/(?:home|Users|root|mnt|media|Volumes|scratch|data|datasets|content|kaggle|dbfs|srv|export|gpfs|lustre|nfs|net|work|share)/"
    r"|[A-Za-z]:[\\/](?![\\/])|\\\\[\w.]+\\)[^\n<>|\"*?]*$"
)
_MACHINE_WORD = re.compile(
    r"(?:(?<=\s)|^|(?<=[\"'=]))((?:~/|/(?:home|Users|root|mnt|media|Volumes|scratch)/|[A-Za-z]:\\)[^\s\"';|&]+)"
)
_LONGEST = 400
_INSTALLS = re.compile(r"\b(?:pip3?|conda|mamba|uv)\b.*\b(?:install|add)\b")
_READERS = frozenset(
    "read_csv read_table read_excel read_json read_parquet read_feather read_pickle read_hdf read_stata"
    " read_sas read_spss read_fwf read_orc"
    " read_xml loadtxt genfromtxt load fromfile imread open_dataset open_mfdataset read_file loadmat"
    " read_text read_bytes"
    " scan_csv scan_parquet read_ipc read_ndjson wavfile.read fits.open imageio.imread".split()
)
_WRITERS = frozenset(
    "to_csv to_excel to_json to_parquet to_feather to_pickle to_hdf to_stata to_html savefig save savez"
    " savez_compressed savetxt dump"
    " write_text write_bytes imwrite imsave to_netcdf to_zarr to_file savemat urlretrieve download"
    " write_csv write_parquet touch mkdir makedirs"
    " copy copyfile move rename extractall unpack_archive connect".split()
)
_PATH = re.compile(r"^[\w.\-/ ()\\+,@\[\]=&]+\.[A-Za-z0-9]{1,8}$")
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.\-]*://")
_PACKAGES: dict[str, str] = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "Bio": "biopython",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "serial": "pyserial",
    "attr": "attrs",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "Crypto": "pycryptodome",
    "docx": "python-docx",
    "fitz": "pymupdf",
    "jwt": "pyjwt",
    "osgeo": "gdal",
    "pptx": "python-pptx",
    "umap": "umap-learn",
    "usb": "pyusb",
    "wx": "wxpython",
    "zmq": "pyzmq",
    "google": "google",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "torch": "torch",
    "faiss": "faiss",
    "ruamel": "ruamel",
    "igraph": "python-igraph",
    "lightning": "lightning",
    "hydra": "hydra-core",
    "community": "python-louvain",
    "netCDF4": "netcdf4",
}
_ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "": (
        "requirements*.txt", "environment*.y*ml", "pyproject.toml", "setup.cfg", "setup.py", "Pipfile",
        "conda.y*ml",
    ),
    "requirements": ("*.txt",),
    "binder": ("*",),
    ".binder": ("*",),
}  # fmt: skip
"""By the folder, the files in which a repository names what it needs."""
_GIVEN = frozenset(
    {
        "google.colab",
        "IPython",
        "ipykernel",
        "pyspark",
        "dbruntime",
        "__main__",
        "js",
        "pyodide",
        "micropip",
        "piplite",
        "pyodide_http",
        "cellgraph",
    }
)


def path_findings(document: Document) -> Iterator[CheckFinding]:
    """Paths that are absolute, or in a home folder, in texts and in commands."""
    for cell in document.cells:
        for node, text in _strings(cell):
            if len(text) <= _LONGEST and _MACHINE.match(text) and not text.startswith(("/dev/", "/proc/")):
                yield make(rules.MACHINE_PATH, document, cell, _span(cell, node), {"path": text}, name=text)
        for command in (*cell.read.commands, *cell.read.heads):
            yield from _command_paths(document, cell, command)


def _command_paths(document: Document, cell: CodeCell, command: IPythonCommand) -> Iterator[CheckFinding]:
    lines = cell.source.splitlines()
    text = lines[command.line - 1] if command.line <= len(lines) else ""
    for match in _MACHINE_WORD.finditer(text):
        span = Span(command.line, match.start(1) + 1, command.line, match.end(1) + 1)
        yield make(rules.MACHINE_PATH, document, cell, span, {"path": match[1]}, name=match[1])


def _strings(cell: CodeCell) -> Iterator[tuple[ast.Constant, str]]:
    if not any(mark in cell.source for mark in ("/", "\\")):
        return
    for node in cell.read.nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and ("/" in node.value or "\\" in node.value)
        ):
            yield node, node.value


def _span(cell: CodeCell, node: ast.expr) -> Span:
    return span_of(
        cell,
        node.lineno,
        node.col_offset,
        node.end_lineno or node.lineno,
        node.end_col_offset or node.col_offset + 1,
    )


# -- modules ------------------------------------------------------------------------------------------


def module_findings(document: Document) -> Iterator[CheckFinding]:
    """Imports of modules that are not installed.

    One that a ``try`` guards, or that the notebook installs, is none.
    """
    folder = str(PurePath(document.path).parent)
    installed_here = " ".join(_installs(document))
    told: set[str] = set()
    for cell in document.cells:
        tree = cell.read.tree
        if tree is None or "import" not in cell.source:
            continue
        for module, node in _imports(tree.body):
            top = module.split(".")[0]
            if top in told or _is_there(top, folder) or module in _GIVEN or top in _GIVEN:
                continue
            told.add(top)
            if _normal(top) in _normal(installed_here) or _normal(_PACKAGES.get(top, top)) in _normal(
                installed_here
            ):
                continue
            if _is_named(top, folder):
                continue
            words = {"name": top, "how": " and not in the environment file" if _environment(folder) else ""}
            yield make(rules.NO_MODULE, document, cell, _span(cell, node), words, name=top)  # type: ignore[arg-type]


def _imports(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level and node.module:
                yield node.module, node
        elif isinstance(node, ast.Try) and node.handlers:
            continue
        elif isinstance(node, ast.stmt):
            for name in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, name, []))


def _installs(document: Document) -> Iterator[str]:
    for cell in document.cells:
        if ("install" in cell.source or "add" in cell.source) and _INSTALLS.search(cell.source):
            yield cell.source


@lru_cache(maxsize=1024)
def _is_there(top: str, folder: str) -> bool:
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return True
    if module_file(top, folder) is not None or top == "pylab":
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError, AttributeError):
        return False


@lru_cache(maxsize=64)
def _environment(folder: str) -> str:
    """The texts of the environment files of a folder and of those around it, up to the repository's root."""
    found: list[str] = []
    place = Path(folder).absolute()
    for here in (place, *place.parents):
        for file in _environment_files(here):
            if file.is_file() and file.stat().st_size < 500_000:
                found.append(file.read_text(encoding="utf-8", errors="replace"))  # noqa: PERF401 - plainer so
        if (here / ".git").exists() or here == Path.home():
            break
    return _normal("\n".join(found))


def _environment_files(folder: Path) -> Iterator[Path]:
    for inner, patterns in _ENVIRONMENTS.items():
        try:
            names = sorted(os.listdir(folder / inner))  # noqa: PTH208 - names are enough
        except OSError:
            continue
        for pattern in patterns:
            yield from (folder / inner / name for name in fnmatch.filter(names, pattern)[:20])


def _is_named(top: str, folder: str) -> bool:
    names = _environment(folder)
    wanted = {_normal(top), _normal(_PACKAGES.get(top, top))}
    return any(re.search(rf"(?<![a-z0-9.]){re.escape(name)}(?![a-z0-9])", names) for name in wanted)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


# -- data files ---------------------------------------------------------------------------------------


def file_findings(document: Document) -> Iterator[CheckFinding]:
    """Files that calls read by a relative path, that are not there and that nothing in the notebook makes."""
    folder = Path(document.path).parent
    made: str | None = None
    moved = False
    for cell in document.cells:
        tree = cell.read.tree
        moved = moved or "chdir" in cell.source or any(command.name == "cd" for command in cell.read.commands)
        if tree is None or moved:  # in another folder nobody knows
            continue
        for node in cell.read.calls:
            path = _read_path(node)
            if path is None or not _PATH.match(path.value):
                continue
            made = "\n".join(_made(document)) if made is None else made
            if PurePath(path.value).name in made:
                continue
            if (
                _ADDRESS.match(path.value)
                or PurePath(path.value).is_absolute()
                or path.value.startswith(("~", "http"))
            ):
                continue
            if not (folder / path.value.replace("\\", "/")).exists():
                yield make(
                    rules.NO_FILE,
                    document,
                    cell,
                    _span(cell, path.node),
                    {"path": path.value},
                    name=path.value,
                )


class _Literal:
    """A path that a text spells out."""

    def __init__(self, node: ast.Constant, value: str) -> None:
        self.node, self.value = node, value


def _read_path(node: ast.Call) -> _Literal | None:
    """The path in ``read_csv("x.csv")`` or ``open("x.txt")``."""
    if not node.args:
        return None
    first = node.args[0]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return None
    function = node.func
    name = last_word(function)
    if name == "open" and (
        isinstance(function, ast.Name)
        or getattr(getattr(function, "value", None), "id", "") in ("Image", "io", "codecs", "gzip", "bz2")
    ):
        return (
            _Literal(first, first.value) if _mode(node).startswith("r") and "+" not in _mode(node) else None
        )
    return _Literal(first, first.value) if name in _READERS else None


def _mode(node: ast.Call) -> str:
    given = [keyword.value for keyword in node.keywords if keyword.arg == "mode"] + node.args[1:2]
    if not given:
        return "r"
    return (
        str(given[0].value) if isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else "w"
    )


def _made(document: Document) -> Iterator[str]:
    """Texts in which a file's name means that the notebook makes it.

    Shell lines, ``%%writefile``, calls that write.
    """
    for cell in document.cells:
        for command in (*cell.read.commands, *cell.read.heads):
            if command.kind == "shell" or command.name in (
                "writefile",
                "file",
                "bash",
                "sh",
                "script",
                "save",
                "cp",
                "store",
                "system",
                "sx",
            ):
                yield f"{command.rest}\n{command.body}"
        for node in cell.read.calls:
            name = last_word(node.func)
            if (
                name in _WRITERS
                or (name == "open" and not _mode(node).startswith("r"))
                or name not in _READERS | {"open", "print", "Path"}
            ):
                yield from _texts(node)


def _texts(call: ast.Call) -> Iterator[str]:
    parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    if isinstance(call.func, ast.Attribute):
        parts.append(call.func.value)
    for part in parts:
        for inner in every_node(part):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value

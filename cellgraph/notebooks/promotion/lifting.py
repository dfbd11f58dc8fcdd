"""Constants, paths and seeds that become settings: where they stand in the text, and what they are called."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from cellgraph.code.expression_names import last_word
from cellgraph.code.source import parsed
from cellgraph.notebooks.promotion.edits import Edit, edit_of, edited
from cellgraph.notebooks.promotion.model import Setting
from cellgraph.notebooks.promotion.program import Piece, literal_of

_SEED_KEYWORDS = frozenset({"random_state", "seed", "random_seed"})
_SEED_CALLS = frozenset(
    {
        "seed",
        "manual_seed",
        "manual_seed_all",
        "default_rng",
        "RandomState",
        "Random",
        "set_seed",
        "seed_everything",
    }
)
_SEED_HELP = "Seed of the random generator."
_TRAILING = re.compile(r"#\s*+(\S.*)$")
_LETTERS = re.compile(r"[A-Za-z0-9]+")
_OPENS = re.compile(r"read|load|open|to_|save|write|Path|dump|connect|genfromtxt|imread|join|chdir|glob")


@dataclass
class Lifted:
    """The settings found so far. ``taken`` are names that a setting must not have."""

    files: Collection[str]
    taken: set[str]
    settings: dict[str, Setting] = field(default_factory=dict)
    _by_value: dict[tuple[str, str], str] = field(default_factory=dict)

    def constant(self, name: str, piece: Piece) -> None:
        """A name that is bound once, to a constant."""
        value = literal_of(piece)
        comment = " ".join(
            line.lstrip("# ").strip() for line in piece.text.split("\n")[:-1] if line.startswith("#")
        )
        trailing = _TRAILING.search(piece.text.split("\n")[-1])
        note = comment or (
            trailing[1] if trailing and '"' not in trailing[1] and "'" not in trailing[1] else ""
        )
        self.settings[name] = Setting(name, annotation_of(value), ast.unparse(value), note)

    def text(self, text: str) -> tuple[str, frozenset[str]]:
        """A statement's text with settings in the places of paths and seeds, and which they are."""
        tree = parsed(text)
        if tree is None:
            return text, frozenset()
        found = list(self._places(tree))
        return edited(text, [edit for edit, _ in found]), frozenset(name for _, name in found)

    def _places(self, tree: ast.AST) -> Iterator[tuple[Edit, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from self._seeds(node)
        for call, value in _strings(tree, called=False):
            if call and isinstance(value.value, str) and value.value in self.files:
                name = self._named(self._path_name(value.value), "path", value, f"Path of {value.value}.")
                yield edit_of(value, name), name

    def _seeds(self, call: ast.Call) -> Iterator[tuple[Edit, str]]:
        function = last_word(call.func)
        places = [(k.arg, k.value) for k in call.keywords if k.arg in _SEED_KEYWORDS]
        if function in _SEED_CALLS and len(call.args) == 1:
            places.append(("seed", call.args[0]))
        for word, value in places:
            if isinstance(value, ast.Constant) and type(value.value) is int:
                name = self._named(word or "seed", "seed", value, _SEED_HELP)
                yield edit_of(value, name), name

    def _named(self, wanted: str, kind: str, value: ast.Constant, words: str) -> str:
        """The setting for a value: one of the same kind and value if there is one."""
        key = (kind, ast.unparse(value))
        if key not in self._by_value:
            candidates = [wanted, f"{wanted}_value", *(f"{wanted}_{number}" for number in range(2, 999))]
            name = next(name for name in candidates if name not in self.taken and name not in self.settings)
            self._by_value[key] = name
            self.settings[name] = Setting(name, type(value.value).__name__, ast.unparse(value), words)
        return self._by_value[key]

    @staticmethod
    def _path_name(path: str) -> str:
        pure = PurePath(path)
        words = _LETTERS.findall(pure.stem)
        name = "_".join([*words, "path"]).lower()
        return name if name.isidentifier() and not keyword.iskeyword(name) else f"data_{name}"


def _strings(node: ast.AST, *, called: bool) -> Iterator[tuple[bool, ast.Constant]]:
    """The texts in a tree, each with whether a call that deals with files is around; none in f-strings."""
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Call):
        called = called or _OPENS.search(last_word(node.func)) is not None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield called, node
    for part in ast.iter_child_nodes(node):
        yield from _strings(part, called=called)


def annotation_of(value: ast.expr) -> str:
    """The type of a constant, as the module writes it."""
    held = ast.literal_eval(value)
    if isinstance(held, tuple):
        kinds = {type(part).__name__ for part in held}
        return f"tuple[{kinds.pop()}, ...]" if len(kinds) == 1 else "tuple[Any, ...]"
    return type(held).__name__


def from_settings(text: str, names: Collection[str], holder: str) -> str:
    """A text that reads settings as attributes of ``holder``."""
    tree = parsed(text)
    if tree is None:
        return text
    loads = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names)
    return edited(text, [edit_of(node, f"{holder}.{node.id}") for node in loads])


def options(settings: Mapping[str, Setting]) -> Iterator[str]:
    """The calls that define the command-line options."""
    for one in settings.values():
        flag = "--" + one.name.replace("_", "-").strip("-").lower()
        given = f"default=Settings.{one.name}"
        if one.help:
            given += f", help={one.help.replace('%', '%%')!r}"
        if flag.removeprefix("--").replace("-", "_") != one.name:
            given = f"dest={one.name!r}, {given}"
        kind = {"bool": "action=argparse.BooleanOptionalAction"}.get(one.annotation)
        if kind is None:
            plain = one.annotation in ("int", "float", "str", "complex")
            kind = f"type={one.annotation}" if plain else "type=ast.literal_eval"
        yield f"parser.add_argument({flag!r}, {kind}, {given})"

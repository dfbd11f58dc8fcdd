"""Paths that expressions give, without running them."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cellgraph.trace.files.path_expressions import path_of


class Base:
    """What a subclass inherits from."""

    out = "base.pt"


class Config(Base):
    """Settings as attributes of a class, some of them computed."""

    ckpt = "ckpt.pt"
    folder = Path("runs")

    @property
    def computed(self) -> str:
        """What must not be asked for."""
        raise AssertionError("user code ran")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("user code ran")


class Key(str):
    """A key that says more than a text when it is compared."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise AssertionError("user code ran")

    __hash__ = str.__hash__


def module() -> ModuleType:
    """A module with a path in it."""
    made = ModuleType("settings")
    made.__dict__["OUT"] = "module.csv"
    return made


NAMESPACE: dict[str, Any] = {
    "Config": Config,
    "cfg": Config(),
    "args": SimpleNamespace(out="args.npz", step=3),
    "d": {"a": {"b": "deep.json"}, 1: "one.csv"},
    "keys": {Key("a"): "x.csv"},
    "files": ["first.csv", "last.csv"],
    "k": 1,
    "settings": module(),
    "p": Path("data/raw.csv"),
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Config.ckpt", "ckpt.pt"),
        ("Config.out", "base.pt"),
        ("cfg.ckpt", "ckpt.pt"),
        ("cfg.folder / 'a.pt'", "runs/a.pt"),
        ("f'{cfg.folder}/m_{args.step}.pt'", "runs/m_3.pt"),
        ("args.out", "args.npz"),
        ("d['a']['b']", "deep.json"),
        ("d[k]", "one.csv"),
        ("files[0]", "first.csv"),
        ("settings.OUT", "module.csv"),
        ("p.parent / 'b.csv'", "data/b.csv"),
        ("p.with_suffix('.parquet')", "data/raw.parquet"),
        ("p.with_name(p.stem + '_2.csv')", "data/raw_2.csv"),
        ("cfg.computed", None),
        ("cfg.missing", None),
        ("keys['a']", None),
        ("d['missing']", None),
        ("files[7]", None),
        ("unknown.out", None),
    ],
)
def test_an_expression_gives_a_path_and_no_code_of_the_users_runs(text: str, path: str | None) -> None:
    """Fields and items are read where they are stored; what is computed is not known."""
    assert path_of(ast.parse(text, mode="eval").body, NAMESPACE) == path

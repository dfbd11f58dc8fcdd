"""What notebook cells are made of: every piece, the names in them, and what goes together."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from tests.oracle.pieces_basic import BASIC
from tests.oracle.pieces_flow import FLOW
from tests.oracle.pieces_libraries import LIBRARIES
from tests.oracle.pieces_paths import PATHS
from tests.oracle.pieces_values import VALUES
from tests.oracle.snippet import Snippet

POOLS: dict[str, tuple[str, ...]] = {
    "int": ("n", "k", "total", "step", "limit"),
    "float": ("loss", "score"),
    "text": ("title", "tag"),
    "list": ("items", "rows", "names"),
    "dict": ("cfg", "scores"),
    "set": ("seen",),
    "arr": ("arr", "vec"),
    "df": ("df", "sales", "clean"),
    "fn": ("f", "g", "area"),
    "cls": ("Model", "Base"),
    "obj": ("model", "other"),
    "it": ("stream",),
    "rng": ("rng",),
    "np": ("np",),
    "pd": ("pd",),
    "math": ("math",),
    # only where a theme has them
    "deq": ("queue", "recent"),
    "counter": ("counts",),
    "groups": ("groups",),
    "dcls": ("Point",),
    "pt": ("point", "corner"),
    "ncls": ("Row",),
    "row": ("row",),
    "buf": ("buf",),
    "raw": ("raw",),
    "view": ("view",),
    "gfn": ("numbers", "pairs"),
    "rnd": ("rnd",),
    "conf": ("conf", "plan"),
    "tree": ("tree",),
    "pair": ("pair",),
    "ser": ("prices",),
    "textfile": ("notes.txt",),
    "jsonfile": ("conf.json",),
    "csvfile": ("table.csv",),
    "npyfile": ("arr.npy",),
    "fig": ("fig",),
    "ax": ("ax",),
    "est": ("scaler", "reg"),
    "pl": ("pl",),
    "pldf": ("table", "wide"),
    "lazy": ("lazy",),
    "acls": ("Step",),
    "att": ("stage",),
    # only in sessions that are run in processes of their own
    "sdf": ("frame", "wide_frame"),
    "opt": ("option_name", "other_option"),
    "opts": ("print_options", "more_options"),
    "rc": ("figure_style", "other_style"),
    "var": ("variable_name", "other_variable"),
    "odf": ("same_frame",),
    "sarr": ("values", "ratios"),
    "wview": ("window",),
    "pfig": ("figure",),
    "pax": ("axes",),
    "num": ("amount", "share"),
    "out": ("scaled",),
    "ten": ("weights",),
    "net": ("net",),
    "cfn": ("cached", "rated"),
    "mfn": ("looked_up",),
    "dfn": ("kept_by",),
    "sfn": ("stored_by",),
    "memo": ("memo",),
    "kcls": ("Lazy",),
    "kobj": ("lazy_one",),
    "rcls": ("Shape", "Box"),
    "robj": ("shape", "box_one"),
    "sub": ("Square",),
    "ecls": ("Color",),
    "em": ("color",),
    "emap": ("colors",),
    "rec": ("Record",),
    "rcd": ("record",),
    "xcls": ("Oops",),
    "err": ("problem",),
    "gen": ("described",),
    "shl": ("xs", "ys", "zs"),
    "box": ("box",),
    "hold": ("holder",),
    "shf": ("push",),
    "shm": ("add",),
    "ccls": ("Config",),
    "cobj": ("config",),
    "tcls": ("Trainer",),
    "tobj": ("trainer",),
    "sc": ("scale",),
    "pipe": ("pipe",),
    "gv": ("params", "state"),
    "cnt": ("runs_done",),
    "kept": ("kept",),
    "made": ("made", "drawn"),
}
"""Kind of value to the few names that hold it, so that cells collide often."""

THEMES: tuple[frozenset[str], ...] = (
    frozenset({"list", "dict", "set", "text"}),
    frozenset({"arr", "rng", "float"}),
    frozenset({"df"}),
    frozenset({"fn", "it"}),
    frozenset({"cls", "obj"}),
    frozenset({"deq", "counter", "groups"}),
    frozenset({"dcls", "pt", "ncls", "row"}),
    frozenset({"buf", "raw", "view"}),
    frozenset({"it", "gfn", "rnd", "rng"}),
    frozenset({"conf", "tree", "pair"}),
    frozenset({"df", "ser"}),
    frozenset({"textfile", "jsonfile", "csvfile", "npyfile"}),
)
"""Kinds of value that go together: a notebook is mostly about one or two of these."""

LIBRARY_THEMES: tuple[tuple[str, frozenset[str]], ...] = (
    ("matplotlib", frozenset({"fig", "ax"})),
    ("sklearn", frozenset({"est"})),
    ("polars", frozenset({"pl", "pldf", "lazy"})),
    ("attrs", frozenset({"acls", "att"})),
)
"""The library that must be installed, and the kinds of value that it brings."""

EVERYWHERE: frozenset[str] = frozenset(
    {
        "k",
        "int",
        "text",
        "list",
        "dict",
        "set",
        "arr",
        "df",
        "fn",
        "cls",
        "obj",
        "it",
        "rng",
        "np",
        "pd",
        "math",
    }
)
"""Kinds that a notebook of any theme may hold; the others only where they are the theme."""

SNIPPETS: tuple[Snippet, ...] = (*BASIC, *FLOW, *PATHS, *VALUES, *LIBRARIES)


@cache
def installed(library: str) -> bool:
    """Whether a theme of this library can be had here."""
    return find_spec(library) is not None

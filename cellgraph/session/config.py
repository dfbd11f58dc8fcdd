"""What can be set, as traitlets: in a notebook, or in ``ipython_config.py`` (``c.CellGraph.…``)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from traitlets import Bool, Float, List, Unicode
from traitlets.config import Config, Configurable

from cellgraph import rules

RENAMED: Mapping[str, str] = MappingProxyType({"ahead": "pre_run_warnings"})
"""Former names of options → their names now. A former name still works, with a warning, for one release."""


class CellGraph(Configurable):
    """Options of cellgraph. Each can be set by ``%cellgraph config NAME VALUE``."""

    budget_ms = Float(
        50.0, min=0.0, help="Milliseconds that cellgraph may spend after a cell on looking at values."
    ).tag(config=True)
    budget_share = Float(
        0.05, min=0.0, max=1.0, help="The same as a share of the cell's own time; the larger of both holds."
    ).tag(config=True)
    warn = Bool(True, help="Print findings after each cell. They are recorded either way.").tag(config=True)
    notes = Bool(True, help="Print a dim line when a name that a cell used was deleted or redefined.").tag(
        config=True
    )
    resolved = Bool(True, help="Print a line when a cell in doubt holds again.").tag(config=True)
    pre_run_warnings = Bool(
        True, help="Say before a cell runs that it is about to read a name that is gone or has changed."
    ).tag(config=True)
    files = Bool(True, help="Follow the files that cells read and write, as names of their own.").tag(
        config=True
    )
    marks = Bool(
        False, help="Mark cells in doubt by their outputs, where the front end has no extension for it."
    ).tag(config=True)
    save_messages = Bool(
        False,
        help="Show messages as outputs, which are saved with the notebook, also where the front end's "
        "extension would draw them.",
    ).tag(config=True)
    stamp = Bool(
        False,
        help="Write beside the notebook, after runs, what each output was made from: NAME.ipynb.stamp.json, "
        "which `cellgraph check` compares with the text.",
    ).tag(config=True)
    ignore = List(
        Unicode(),
        help=f"Codes that are not reported, e.g. {rules.REDEFINED.code}.",
    ).tag(config=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # traitlets works defaults out when they are first asked for: after a cell, which may have replaced
        # the builtins that it uses for that.
        for name in self.trait_names(config=True):
            getattr(self, name)

    def _load_config(self, cfg: Config, *rest: Any, **options: Any) -> None:
        """As traitlets does, with former names taken for the present ones."""
        section = cfg.get(type(self).__name__, {})
        if RENAMED.keys() & section.keys():
            renamed = {current_name(name): value for name, value in section.items()}
            cfg = Config({**cfg, type(self).__name__: renamed})
        super()._load_config(cfg, *rest, **options)


def current_name(option: str) -> str:
    """The name that an option has now. Warns where ``option`` is a former name."""
    name = RENAMED.get(option, option)
    if name != option:
        warnings.warn(f"the option {option} is called {name} now", FutureWarning, stacklevel=3)
    return name

"""The sentences about settings and random generators, which are called by plain words."""

from __future__ import annotations

from collections.abc import Callable

from cellgraph import rules
from cellgraph.analyse.environment import StaleRead
from cellgraph.analyse.messages.common import Label, what_became
from cellgraph.analyse.setting_replay import is_generator
from cellgraph.code.part_paths import key_of
from cellgraph.code.source import same_code
from cellgraph.model import Digest, Read
from cellgraph.names import Name
from cellgraph.trace.settings.figures import PYPLOT
from cellgraph.trace.settings.hooks import HOOKS, called
from cellgraph.trace.settings.values import GONE, SOME

_WORDS = {
    "matplotlib.rcParams": "matplotlib's {}",
    "matplotlib.backend": "matplotlib's {}",
    "pandas.options.display": "pandas' {}",
    "pandas.options": "pandas' {}",
    "numpy.errstate": "numpy's error handling ({})",
    "numpy.printoptions": "numpy's print option {}",
    "polars.Config": "polars' {}",
    "xarray.options": "xarray's {}",
    "sklearn.config": "scikit-learn's {}",
    "jax.config": "jax's {}",
    "torch.options": "torch's {}",
    "torch.printoptions": "torch's print option {}",
    "os.environ": "the environment variable {}",
    "cwd": "the working directory",
    "sys.path": "the entry {} of sys.path",
    "warnings.filters": "the filters of warnings",
    "logging": "the logger {}",
    "logging.root": "the default handler of logging",
    "decimal.context": "decimal's {}",
    "locale": "the locale",
    "interpreter": "Python's {}",
    "asyncio.policy": "asyncio's policy",
    "builtins": "the builtin {}",
    "IPython": "IPython's {}",
    "IPython.xmode": "the {} of IPython's tracebacks",
    "IPython.magics": "the magic {}",
    HOOKS: "IPython's {}",
    "registrations": "what {} did",
    "abc.registered": "the classes registered with {}",
    "copyreg.dispatch_table": "how {} is copied and pickled",
    "sqlite3.adapters": "sqlite3's adapter {}",
    "matplotlib.colormaps": "matplotlib's colour map {}",
    PYPLOT: "pyplot's {}",
    "matplotlib.scales": "matplotlib's scale {}",
    "matplotlib.projections": "matplotlib's projection {}",
}


def in_words(name: Name, path: str) -> str:
    """A setting as a sentence calls it: ``matplotlib's figure.figsize``."""
    key = key_of(path)
    words = _WORDS.get(name.setting)
    if words is None:
        return f"{name.setting} {key}".rstrip()
    key = called(key) if name.setting == HOOKS else key
    return words.format(key) if key or "{}" not in words else name.setting


def setting_warning(stale: StaleRead, label: Label) -> str:
    """What is wrong with a setting that a cell ran with."""
    if is_generator(stale.read.name):
        return _generator(stale, label)
    what = in_words(stale.read.name, stale.read.path)
    return f"{label.named(stale.cell)} ran with {what} {_SENTENCES[stale.code](stale, label)}"


def setting_fix(stale: StaleRead, label: Label) -> str:
    """What helps where running cells does not."""
    if stale.code == rules.RESTART_ONLY.code:
        return "restart and run all, or reload the module"
    below = stale.code == rules.OUT_OF_ORDER.code and stale.cause
    move = f"move {label(stale.cause or '')} above {label(stale.cell)}" if below else ""
    if is_generator(stale.read.name):
        return move or "set the seed in a cell above"
    first = '`plt.close("all")`' if stale.read.name.setting == PYPLOT else "set it back"
    back = f"{first} and run {label(stale.cell)}, or restart"
    return f"{move}, or {back}" if move else back


def _stale(stale: StaleRead, label: Label) -> str:
    change, there = _change(stale), stale.slot.cell if stale.slot is not None else ""
    if stale.origin is None:
        return f"at its default; {label.named(there)} has set it since {change}".rstrip()
    made = label.named(stale.origin.cell)
    if there == stale.origin.cell:
        return f"as {made} had set it, which has run again and set another {change}".rstrip()
    return f"as {made} had set it; {label.named(there)} has set another since {change}".rstrip()


def _upstream(stale: StaleRead, label: Label) -> str:
    return f"as {label.named(stale.cause or '')} set it, which is itself in doubt"


def _edited(stale: StaleRead, label: Label) -> str:
    return f"as {label.named(stale.cause or '')} set it, whose text has been edited since it ran"


def _from_below(stale: StaleRead, label: Label) -> str:
    where = ", which stands below it" if _is_below(stale) else ", out of order"
    return f"as {_maker(stale, label)} set it{where}: {_instead(stale, label)}"


def _is_below(stale: StaleRead) -> bool:
    slot = stale.slot
    return slot is None or not slot.cell or (stale.origin is not None and slot.cell != stale.origin.cell)


def _deleted(stale: StaleRead, label: Label) -> str:
    return f"as {_maker(stale, label)} set it, {what_became(stale, label)}: {_instead(stale, label)}"


def _leftover(stale: StaleRead, label: Label) -> str:
    why = "whose code no longer sets it"
    if _took_another_branch(stale, label):
        why = "which has run again and left it alone"
    return f"as {_maker(stale, label)} had set it, {why}: {_instead(stale, label)}"


def _took_another_branch(stale: StaleRead, label: Label) -> bool:
    """Whether the cell that had set it has run again with the same text."""
    origin = stale.origin
    latest = label.ledger.latest(origin.cell) if origin is not None else None
    if origin is None or latest is None or latest is origin:
        return False
    return same_code(latest.source, origin.source)


def _own(stale: StaleRead, label: Label) -> str:
    if stale.origin is not None and stale.origin.cell != stale.cell:
        return f"as {_maker(stale, label)} has set it more than once: {_instead(stale, label)}"
    return f"as its own earlier run had set it: {_instead(stale, label)}"


def _loaded(stale: StaleRead, label: Label) -> str:
    found = "as it was when a module was first loaded, which a second import does not do again"
    return f"{found}: {_instead(stale, label)}"


def _maker(stale: StaleRead, label: Label) -> str:
    return label.named(stale.origin.cell) if stale.origin is not None else "a cell"


def _instead(stale: StaleRead, label: Label) -> str:
    there = stale.slot.cell if stale.slot is not None else ""
    change = _change(stale)
    if there:
        return f"Restart & Run All has it as {label.named(there)} sets it {change}".rstrip()
    return f"Restart & Run All starts with the default {change}".rstrip()


def _change(stale: StaleRead) -> str:
    """How the value differs, in brackets, where it may be shown."""
    seen = _value(stale.read, stale.read.digest)
    there = _value(stale.read, stale.slot.digest if stale.slot is not None else None)
    if stale.read.name.setting in ("os.environ", PYPLOT) or seen == there or {GONE, SOME} & {seen, there}:
        return ""
    return f"({seen or 'the default'} → {there or 'the default'})"


def _value(read: Read, digest: Digest | None) -> str:
    if digest is None:
        return ""
    value = digest.value if digest is read.digest and read.path else dict(digest.parts).get(read.path, "")
    return value if len(value) <= 40 else ""


_SENTENCES: dict[str, Callable[[StaleRead, Label], str]] = {
    rules.STALE.code: _stale,
    rules.UPSTREAM.code: _upstream,
    rules.EDITED.code: _edited,
    rules.OUT_OF_ORDER.code: _from_below,
    rules.DELETED_CELL.code: _deleted,
    rules.LEFTOVER.code: _leftover,
    rules.OWN_OUTPUT.code: _own,
    rules.RESTART_ONLY.code: _loaded,
}


def _generator(stale: StaleRead, label: Label) -> str:
    reader, name, there = (
        label.named(stale.cell),
        stale.read.name.setting,
        stale.slot.cell if stale.slot is not None else "",
    )
    if stale.code in (rules.UPSTREAM.code, rules.EDITED.code):
        cause = label.named(stale.cause or "")
        return f"{reader} drew from {name} as {cause} left it, which is itself in doubt"
    if there:
        unsure = stale.slot is not None and stale.slot.doubt and stale.code == rules.STALE.code
        though = " that need not be" if unsure else ", not"
        which = "numbers" if unsure else _which(stale)
        return f"{reader} drew {which} ({name}){though} those after {_point(stale, label)}"
    whose = {
        rules.OUT_OF_ORDER.code: "which stands below it",
        rules.DELETED_CELL.code: what_became(stale, label),
    }.get(stale.code, "which no longer sets it")
    seeded = f"{reader} drew from {name} as {_maker(stale, label)} had seeded it, {whose}"
    return f"{seeded}: no cell above sets the seed"


def _which(stale: StaleRead) -> str:
    if stale.origin is None:
        return "random numbers without a seed"
    return "the next numbers" if stale.code == rules.OWN_OUTPUT.code else "other numbers"


def _point(stale: StaleRead, label: Label) -> str:
    """Where a restart draws from: after the seed in a cell, or after a cell that drew."""
    there = stale.slot.cell if stale.slot is not None else ""
    latest = label.ledger.latest(there)
    if latest is None:
        return f"{label.named(there)}, which has not run"
    draws = any(read.name == stale.read.name for read in latest.reads)
    return f"what {label.named(there)} draws" if draws else f"the seed in {label.named(there)}"

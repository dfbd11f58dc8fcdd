"""The registry of findings: every code that cellgraph knows, and all that is said about it.

The table of the README, ``%cellgraph help CODE``, the tooltips of codes, ``%cellgraph config ignore``
and the sentences under a cell read this module. Nothing else spells a code out: the other modules
name the rule (``rules.STALE.code``). To add a code, add one ``Rule`` constant below. It is registered
by being there. Then say where it is detected: the replay for warnings, the live comparison for notes.

``Rule.sentence`` is the usual sentence of a finding, as a template. It has variants that depend on
the run: an absent name, a value that cannot be compared, a file, an iterator. They are made by the
builders in ``analyse/messages``, each chosen by its rule. They are functions because they look into
the ledger, which this module knows nothing of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cellgraph.model import Severity

__all__ = [
    "CACHED",
    "DELETED",
    "DELETED_CELL",
    "DELETED_NAME",
    "EDITED",
    "FOREIGN",
    "LEFTOVER",
    "MUTATED",
    "NOT_RUN",
    "OLDER",
    "OUTDATED",
    "OUT_OF_ORDER",
    "OWN_OUTPUT",
    "REDEFINED",
    "RESTART_ONLY",
    "RULES",
    "STALE",
    "UPSTREAM",
    "Rule",
    "meaning",
    "titled",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding.

    The templates are filled by ``str.format``. They use ``reader`` (the label of the cell in doubt),
    ``name`` (the input to blame), ``maker`` (the label of who made that input), ``cause`` (the label
    of the cell that made the difference) and words that the builder of the sentence adds.
    """

    code: str
    """As people see and silence it: ``CG`` and three digits. A code never changes its meaning."""
    severity: Severity
    title: str
    """One or two words."""
    when: str
    """When it is said, in one line that follows the title."""
    sentence: str
    """Template of the usual sentence, without the remedy."""
    remedy: str
    """What to do about it, in general. A finding lists the cells to run."""
    manual_fix: str = ""
    """Template of what helps where running cells does not; empty where there is nothing to say."""
    anchor: str = "what-it-says"
    """The heading of the README that documents it."""

    @property
    def meaning(self) -> str:
        """Title and condition in one line, for tooltips and for the README's table."""
        return f"{self.title}: {self.when}"

    @property
    def help(self) -> str:
        """All that there is to say about the code, in a few lines of plain text."""
        return (
            f"{self.code} ({self.severity}) {self.meaning}\n"
            f"  what to do: {self.remedy}\n"
            f"  documented in README.md#{self.anchor}"
        )


STALE = Rule(
    code="CG101",
    severity="warning",
    title="stale",
    when="an input came from a cell that has since been run again and is different now",
    sentence="{reader} used {name} from {maker}; {since} and {name} {different}",
    remedy="run the cell again",
)
UPSTREAM = Rule(
    code="CG102",
    severity="warning",
    title="upstream",
    when="an input came from a cell that is itself in doubt",
    sentence="{reader} used {name} from {maker}, which is itself in doubt",
    remedy="run the cells that the input comes from, then this one",
)
OUT_OF_ORDER = Rule(
    code="CG103",
    severity="warning",
    title="out of order",
    when="an input came from a cell below, or was overtaken by one above",
    sentence="{reader} used {name} from {maker}, out of order: {instead}",
    remedy="run the cell again; where no cell above makes the name, move the cell that does above this one",
    manual_fix="move {cause} above {reader}",
)
DELETED_CELL = Rule(
    code="CG104",
    severity="warning",
    title="deleted cell",
    when="an input exists only thanks to a cell that was deleted",
    sentence="{reader} used {name} from {maker}, a cell that was deleted: {instead}",
    remedy="put the code of the deleted cell back; where a cell above makes the name, run this cell again",
    manual_fix="put its code back in a cell",
)
LEFTOVER = Rule(
    code="CG105",
    severity="warning",
    title="leftover",
    when="an input was made by code that is no longer in its cell",
    sentence="{reader} used {name} from {maker}, whose code no longer makes it: {instead}",
    remedy="put the code that made the name back; where a cell above makes it, run this cell again",
    manual_fix="put the code that made {name} back",
)
OWN_OUTPUT = Rule(
    code="CG106",
    severity="warning",
    title="own output",
    when="the cell read its own earlier result",
    sentence="{reader} started from its own earlier result of {name}{how}, not from what {maker} makes",
    remedy="run the cell that makes the input, then this one; give the result a name of its own",
    manual_fix="make {name} in a cell above",
)
DELETED_NAME = Rule(
    code="CG107",
    severity="warning",
    title="deleted name",
    when="a cell above deletes the name",
    sentence="{reader} used {name}, which {cause} above it deletes: {absent}",
    remedy="move the cell that deletes the name below this one",
    manual_fix="move {cause} below {reader}",
)
EDITED = Rule(
    code="CG108",
    severity="warning",
    title="edited",
    when="an input came from a cell whose text has been edited since it ran",
    sentence="{reader} used {name} from {maker}, whose text has been edited since it ran",
    remedy="run the edited cell, then this one",
)
NOT_RUN = Rule(
    code="CG109",
    severity="warning",
    title="not run",
    when="the cell was edited since it ran, was interrupted or not observed, or never ran and others need it",
    sentence="{reader} {why}",
    remedy="run the cell",
)
OUTDATED = Rule(
    code="CG110",
    severity="warning",
    title="outdated output",
    when="the values of the cell hold, but what stands below it is of an older run",
    sentence="what stands below {reader} is of an older run: it ran since, and its output went elsewhere",
    remedy="run the cell where it stands",
)
OLDER = Rule(
    code="CG111",
    severity="warning",
    title="older object",
    when="it used an object made before its class, model or container was made again; a restart has one",
    sentence="{reader} used {name}, which holds an older {different} than {cause} made; a restart has one",
    remedy="run the cell that made the input, then this one",
)
CACHED = Rule(
    code="CG112",
    severity="warning",
    title="cached",
    when="the value came out of a cache that was filled before an input changed",
    sentence="{reader} took what {maker} had cached when {name} was another: {instead}",
    remedy="run the cell that makes the cache, then this one",
)
RESTART_ONLY = Rule(
    code="CG113",
    severity="warning",
    title="restart only",
    when="a library was changed, and running cells again does not undo it",
    sentence="{reader} used {name} as {maker} changed it: {instead}",
    remedy="restart the kernel, or put the original back by hand; a module of Python code can be reloaded",
)
REDEFINED = Rule(
    code="CG201",
    severity="note",
    title="redefined",
    when="an input has since been redefined by another cell",
    sentence="{name} is not what {reader} saw: {cause} redefined it since",
    remedy="nothing, unless you run this cell by itself: then run the cell that makes the input first",
)
DELETED = Rule(
    code="CG202",
    severity="note",
    title="deleted",
    when="an input has since been deleted",
    sentence="{name}, which {reader} used, {gone}: running {reader} again now would fail",
    remedy="nothing, unless you run this cell by itself: then run the cell that makes the input first",
)
MUTATED = Rule(
    code="CG203",
    severity="note",
    title="mutated",
    when="an input has since been changed in place by another cell",
    sentence="{name} is not what {reader} saw: {cause} changed it since",
    remedy="nothing, unless you run this cell by itself: then run the cell that makes the input first",
)
FOREIGN = Rule(
    code="CG204",
    severity="note",
    title="foreign",
    when="an input was not made by any cell that was seen",
    sentence="{reader} used {name}, which no cell made (it was there before, or a thread or widget made it)",
    remedy="make the input in a cell, or load cellgraph before the cell that makes it runs",
)


def _registered(names: Mapping[str, object]) -> Mapping[str, Rule]:
    """The rules among the values of ``names``, by code and in the order of the codes."""
    rules = sorted((rule for rule in names.values() if isinstance(rule, Rule)), key=lambda rule: rule.code)
    return MappingProxyType({rule.code: rule for rule in rules})


RULES = _registered(dict(globals()))
"""Every rule by its code, in the order of the codes."""


def meaning(code: str) -> str:
    """What ``code`` means in one line; empty for a code that is not known (of a newer ledger)."""
    rule = RULES.get(code)
    return rule.meaning if rule is not None else ""


def titled(code: str) -> str:
    """A code with its title (``CG101 stale``); a code that is not known stands alone."""
    rule = RULES.get(code)
    return f"{code} {rule.title}" if rule is not None else code

"""The registry of findings: every code that cellgraph knows, and all that is said about it.

The table of the README, ``%cellgraph help CODE``, the tooltips of codes, ``%cellgraph config ignore``
and the sentences under a cell read this module. Nothing else spells a code out: the other modules
name the rule (``rules.STALE.code``). To add a code, add one ``Rule`` constant below. It is registered
by being there. Then say where it is detected: the replay for warnings, the live comparison for notes, and
``record.contracts`` for values under contract.

``Rule.sentence`` is the usual sentence of a finding, as a template. It has variants that depend on
the run: an absent name, a value that cannot be compared, a file, an iterator. They are made by the
builders in ``analyse/messages``, each chosen by its rule. They are functions because they look into
the ledger, which this module knows nothing of.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cellgraph.light_dataclass import dataclass
from cellgraph.model import Severity

__all__ = [
    "BAD_STAMP",
    "CACHED",
    "CHANGED_INPUT",
    "CONTRACT_RULES",
    "DEFINED_BELOW",
    "DEFINED_NOWHERE",
    "DELETED",
    "DELETED_ABOVE",
    "DELETED_CELL",
    "DELETED_NAME",
    "EDITED",
    "EVERY_RULE",
    "FOREIGN",
    "HIDDEN_RUNS",
    "LEFTOVER",
    "MACHINE_PATH",
    "MUTATED",
    "NEEDED_BY_CALL",
    "NEW_VALUE",
    "NOT_RUN",
    "NO_FILE",
    "NO_MODULE",
    "NULLS",
    "OLDER",
    "OTHER_COLUMNS",
    "OTHER_DTYPE",
    "OTHER_SHAPE",
    "OTHER_TYPE",
    "OTHER_VERSION",
    "OUTDATED",
    "OUT_OF_ORDER",
    "OUT_OF_RANGE",
    "OWN_OUTPUT",
    "RAN_TWICE",
    "REDEFINED",
    "REPEATED",
    "RESTART_ONLY",
    "RULES",
    "SAVED_RULES",
    "SECRET",
    "SESSION_RULES",
    "STALE",
    "STALE_OUTPUT",
    "STORED_ERROR",
    "UNPARSABLE",
    "UNREADABLE",
    "UNSEEDED",
    "UNSTAMPED",
    "UPSTREAM",
    "USED_BEFORE",
    "WRONG_ORDER",
    "Rule",
    "meaning",
    "titled",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding.

    The templates are filled by ``str.format``. They use ``reader`` (what the cell in doubt is called),
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
    sentence="{reader} uses {name} of {maker}, {since}{name} {different}",
    remedy="run the cell again",
)
UPSTREAM = Rule(
    code="CG102",
    severity="warning",
    title="upstream",
    when="an input came from a cell that is itself in doubt",
    sentence="{reader} uses {name} of {maker}, which is itself in doubt",
    remedy="run the cells that the input comes from, then this one",
)
OUT_OF_ORDER = Rule(
    code="CG103",
    severity="warning",
    title="out of order",
    when="an input came from a cell below, or was overtaken by one above",
    sentence="{reader} uses {name} of {maker}, out of order: {instead}",
    remedy="run the cell again; where no cell above makes the name, move the cell that does above this one",
    manual_fix="move {cause} above {reader}",
)
DELETED_CELL = Rule(
    code="CG104",
    severity="warning",
    title="deleted cell",
    when="an input exists only thanks to a cell that was deleted",
    sentence="{reader} uses {name} of {maker}, {gone}: {instead}",
    remedy="put the code of the deleted cell back; where a cell above makes the name, run this cell again",
    manual_fix="put its code back in a cell",
)
LEFTOVER = Rule(
    code="CG105",
    severity="warning",
    title="leftover",
    when="an input was made by code that is no longer in its cell",
    sentence="{reader} uses {name} of {maker}, whose code no longer makes it: {instead}",
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
    sentence="{reader} uses {name}, which {cause} above it deletes: {absent}",
    remedy="move the cell that deletes the name below this one",
    manual_fix="move {cause} below {reader}",
)
EDITED = Rule(
    code="CG108",
    severity="warning",
    title="edited",
    when="an input came from a cell whose text has been edited since it ran",
    sentence="{reader} uses {name} of {maker}, whose text has been edited since it ran",
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
    sentence="{reader} uses {name}, which holds an older {different} than {cause} made; a restart has one",
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
    when="a library or an own module was changed, and running cells again does not undo it",
    sentence="{reader} uses {name} as {maker} changed it: {instead}",
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
    sentence="{name}, which {reader} used, {gone}: running {number} again now would fail",
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
    sentence="{reader} uses {name}, which no cell made (it was there before, or a thread or widget made it)",
    remedy="make the input in a cell, or load cellgraph before the cell that makes it runs",
)


# -- saved notebooks: what `cellgraph check` finds in the text, without running it -----------------------


def _saved(code: str, title: str, when: str, sentence: str, remedy: str) -> Rule:
    return Rule(code, "warning", title, when, sentence, remedy, anchor="on-the-command-line")


USED_BEFORE = _saved(
    "CG301",
    "used before",
    "a name is used before anything defines it: its own cell does so below the use, or only some ways do",
    "{name} is used before it is defined{how}",
    "define the name above its first use",
)
DEFINED_BELOW = _saved(
    "CG302",
    "defined below",
    "a name is defined only in cells below the one that uses it",
    "{name} is defined only below, in cell {cause}{how}",
    "move the cell that defines the name above this one",
)
DEFINED_NOWHERE = _saved(
    "CG303",
    "defined nowhere",
    "no cell defines the name",
    "no cell defines {name}{how}",
    "define or import the name; a cell that did may have been deleted",
)
WRONG_ORDER = _saved(
    "CG304",
    "run out of order",
    "the cells ran in another order, and data flows differently in it; harmless disorder is a note",
    "{reader} ran with {name} from {cause}; from top to bottom it gets it from {instead}",
    "restart, run all cells and save",
)
HIDDEN_RUNS = _saved(
    "CG305",
    "hidden runs",
    "the counts show that an input came from a run that the notebook lacks: rerun, edited or deleted",
    "{reader} ran before {cause} as it is now, so {name} came from an earlier run",
    "restart, run all cells and save",
)
DELETED_ABOVE = _saved(
    "CG306",
    "deleted above",
    "a cell above deletes the name",
    "{name} is deleted above, in cell {cause}{how}",
    "move the cell that deletes the name below this one",
)
RAN_TWICE = _saved(
    "CG307",
    "ran twice",
    "a cell takes its own output as its input, and the counts show that it may have run more than once",
    "{reader} starts from its own {name}, and its count shows {runs} runs that no cell has",
    "restart, run all cells and save; give the result a name of its own",
)
STORED_ERROR = _saved(
    "CG308",
    "stored error",
    "the saved output is an error, and no tag says that it is meant",
    "the saved output is {error}",
    "run it again, or tag the cell raises-exception",
)
UNSEEDED = _saved(
    "CG309",
    "unseeded",
    "an output depends on random numbers, and no cell above sets a seed",
    "{call} draws random numbers without a seed, and an output depends on them",
    "set a seed in a cell above",
)
MACHINE_PATH = _saved(
    "CG310",
    "machine path",
    "a path is absolute or in somebody's home folder",
    "{path} is a path of one machine",
    "use a path relative to the notebook, or a parameter",
)
NEEDED_BY_CALL = _saved(
    "CG311",
    "needed by a call",
    "a function, lambda, class body, default or decorator needs a name that is defined only later",
    "{holder} needs {name}, which is defined only later, in cell {cause}",
    "define the name before the call",
)
UNPARSABLE = _saved(
    "CG312",
    "syntax",
    "the text does not parse",
    "the cell does not parse: {error}",
    "correct the text; a cell that is no code can be raw or Markdown",
)
NO_MODULE = _saved(
    "CG313",
    "no module",
    "a module is not installed here, nor named in the environment file",
    "module {name} is not installed here{how}",
    "install it, and name it in requirements.txt, environment.yml or pyproject.toml",
)
NO_FILE = _saved(
    "CG314",
    "no file",
    "a data file that is read is not there, and no cell writes it",
    "there is no file {path}",
    "add the file, or say how to get it",
)
SECRET = _saved(
    "CG315",
    "secret",
    "a key, token or password stands in a source or an output",
    "{kind} in the {where}",
    "take it out, and revoke it: it is in the history of the repository",
)
STALE_OUTPUT = _saved(
    "CG316",
    "stale output",
    "by its stamp, an output was made by code that has since been edited, moved or deleted",
    "the output is not what the text gives: {why}",
    "run the notebook again, with --stamp",
)
CHANGED_INPUT = _saved(
    "CG317",
    "changed input",
    "by its stamp, an output was made from a data file or local module that has since changed",
    "the output was made before {what} changed{where}",
    "run the notebook again, with --stamp",
)
OTHER_VERSION = _saved(
    "CG318",
    "other version",
    "by its stamp, outputs were made with another version of a package than is installed here",
    "outputs were made with {name} {old}, and here is {new}",
    "nothing, or run the notebook again, with --stamp",
)
UNSTAMPED = _saved(
    "CG319",
    "unstamped",
    "the notebook has a stamp, and an output is not the one that was stamped: edited by hand, or run since",
    "the output {why}",
    "run the notebook again, with --stamp",
)
BAD_STAMP = _saved(
    "CG320",
    "bad stamp",
    "the notebook has a stamp that cannot be read",
    "the stamp cannot be read: {reason}",
    "run the notebook again, with --stamp",
)
UNREADABLE = _saved(
    "CG300",
    "unreadable",
    "the file is no notebook that can be read",
    "{reason}",
    "save the notebook again, or restore it",
)


# -- contracts: what a value was, and is not any more ------------------------------------------------------


def _contract(code: str, title: str, when: str, remedy: str) -> Rule:
    return Rule(
        code,
        "warning",
        title,
        when,
        "{reader} made {name} otherwise than its contract says: {difference}",
        remedy,
        "`%cellgraph contract --accept {name}` if it is meant so",
    )


_LOOK_UPSTREAM = (
    "look at the data and at the cells that make it; `%cellgraph contract --accept NAME` takes it"
)

OTHER_TYPE = _contract(
    "CG401", "other type", "a value under contract is of another type than before", _LOOK_UPSTREAM
)
OTHER_COLUMNS = _contract(
    "CG402", "other columns", "a column or key is missing, or there is one that was not there", _LOOK_UPSTREAM
)
OTHER_DTYPE = _contract(
    "CG403", "other dtype", "elements or a column are of another dtype than before", _LOOK_UPSTREAM
)
NULLS = _contract("CG404", "nulls", "more elements are missing than before", _LOOK_UPSTREAM)
NEW_VALUE = _contract("CG405", "new value", "a column of few distinct values has another one", _LOOK_UPSTREAM)
REPEATED = _contract("CG406", "repeated", "elements that were unique are repeated", _LOOK_UPSTREAM)
OUT_OF_RANGE = _contract(
    "CG407", "out of range", "a number lies outside the range that several samples kept to", _LOOK_UPSTREAM
)
OTHER_SHAPE = _contract(
    "CG408", "other shape", "the shape or length is another, or the value is empty", _LOOK_UPSTREAM
)


_FIRST_SAVED = "CG300"
_FIRST_CONTRACT = "CG400"


def _registered(names: Mapping[str, object]) -> Mapping[str, Rule]:
    """The rules among the values of ``names``, by code and in the order of the codes."""
    rules = sorted((rule for rule in names.values() if isinstance(rule, Rule)), key=lambda rule: rule.code)
    return MappingProxyType({rule.code: rule for rule in rules})


EVERY_RULE = _registered(dict(globals()))
"""Every rule by its code, in the order of the codes."""
RULES = MappingProxyType({code: rule for code, rule in EVERY_RULE.items() if code < _FIRST_SAVED})
"""The rules of replay and of the live comparison: how a result does not follow from the notebook."""
SAVED_RULES = MappingProxyType(
    {code: rule for code, rule in EVERY_RULE.items() if _FIRST_SAVED <= code < _FIRST_CONTRACT}
)
"""The rules of saved notebooks: what ``cellgraph check`` says."""
CONTRACT_RULES = MappingProxyType(
    {code: rule for code, rule in EVERY_RULE.items() if code >= _FIRST_CONTRACT}
)
"""The rules of contracts: how a value is not what it was."""
SESSION_RULES = MappingProxyType({**RULES, **CONTRACT_RULES})
"""All that can be said in a kernel."""


def meaning(code: str) -> str:
    """What ``code`` means in one line; empty for a code that is not known (of a newer ledger)."""
    rule = EVERY_RULE.get(code)
    return rule.meaning if rule is not None else ""


def titled(code: str) -> str:
    """A code with its title (``CG101 stale``); a code that is not known stands alone."""
    rule = EVERY_RULE.get(code)
    return f"{code} {rule.title}" if rule is not None else code

"""What the saved outputs tell.

Stored errors, and outputs that depend on unseeded random numbers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from cellgraph import rules
from cellgraph.code.expression_names import attribute_chain, function_name
from cellgraph.code.fast_ast import bound_name
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make, span_of
from cellgraph.notebooks.checks.flow import NotebookFlow

_COLOUR = re.compile(r"\x1b\[[0-9;]*+m")
_ARROW = re.compile(r"^-++> (\d++) ", re.MULTILINE)

_DRAWS: dict[str, tuple[str, frozenset[str]]] = {
    "random": (
        "random",
        frozenset(
            "random randint randrange choice choices shuffle sample uniform gauss normalvariate"
            " triangular betavariate"
            " expovariate gammavariate getrandbits lognormvariate paretovariate vonmisesvariate"
            " weibullvariate randbytes".split()
        ),
    ),
    "numpy.random": (
        "numpy",
        frozenset(
            "rand randn randint random random_sample ranf sample choice shuffle permutation normal"
            " uniform poisson binomial"
            " exponential beta gamma standard_normal multivariate_normal bytes lognormal laplace"
            " logistic geometric chisquare"
            " dirichlet multinomial pareto power rayleigh triangular vonmises wald weibull zipf"
            " random_integers standard_t f"
            " gumbel hypergeometric negative_binomial noncentral_chisquare standard_cauchy"
            " standard_exponential standard_gamma".split()
        ),
    ),
    "torch": (
        "torch",
        frozenset("rand randn randint randperm normal bernoulli multinomial rand_like randn_like".split()),
    ),
    "tensorflow.random": (
        "tensorflow",
        frozenset("normal uniform shuffle truncated_normal categorical poisson gamma".split()),
    ),
}
_GENERATORS = frozenset(
    {"default_rng", "RandomState", "Random", "Generator", "PCG64", "MT19937", "SeedSequence"}
)
_SEEDS: dict[str, str] = {
    "random.seed": "random",
    "numpy.random.seed": "numpy",
    "numpy.random.set_state": "numpy",
    "random.setstate": "random",
    "torch.manual_seed": "torch",
    "tensorflow.random.set_seed": "tensorflow",
    "tensorflow.set_random_seed": "tensorflow",
}
_SEEDS_ALL = re.compile(
    r"(?:seed_everything|set_seed|set_random_seed|fix_seed|set_all_seeds|seed_all|set_seeds|fix_random|reset_seed)",
    re.IGNORECASE,
)
_INTERRUPTED = frozenset({"KeyboardInterrupt", "StdinNotImplementedError"})
_DRAWING = ("random", "torch", "train_test_split")
"""Words of which a text that draws has one."""
_STATE_ARGUMENT = frozenset({"random_state", "seed", "rng", "generator"})


def error_findings(document: Document) -> Iterator[CheckFinding]:
    """Stored errors that no tag explains."""
    for cell in document.cells:
        if cell.may_fail:
            continue
        for output in cell.outputs:
            if output.get("output_type") not in ("error", "pyerr"):
                continue
            name = output.get("ename") if isinstance(output.get("ename"), str) else "error"
            value = output.get("evalue") if isinstance(output.get("evalue"), str) else ""
            line = (value or "").strip().splitlines()
            words = {"error": f"{name}: {line[0][:100]}" if line else str(name)}
            yield make(
                rules.STORED_ERROR,
                document,
                cell,
                _failed_line(cell, output),
                words,
                severity="warning",
                name=str(name),
            )
            break


def _failed_line(cell: CodeCell, output: dict[str, object]) -> Span:
    """The line that the traceback points to, where it does."""
    traceback = output.get("traceback")
    text = (
        "\n".join(line for line in traceback if isinstance(line, str)) if isinstance(traceback, list) else ""
    )
    plain = _COLOUR.sub("", text)
    arrows = _ARROW.findall(plain)
    number = int(arrows[0]) if arrows else 1
    lines = cell.source.splitlines()
    if not 0 < number <= len(lines):
        return Span()
    return Span(number, 1, number, len(lines[number - 1]) + 1)


def random_findings(document: Document, flow: Callable[[], NotebookFlow]) -> Iterator[CheckFinding]:
    """The first unseeded draw of each kind of generator that reaches an output.

    ``flow`` gives the data flow of the notebook, and is called if something is drawn.
    """
    if not any(word in cell.source for cell in document.cells for word in _DRAWING):
        return
    seeded: set[str] = set()
    told: set[str] = set()
    for cell, node, dotted in _all_calls(document):
        family = _SEEDS.get(dotted)
        if family is not None and node.args:
            seeded.add(family)
        elif _SEEDS_ALL.fullmatch(dotted.rpartition(".")[2]):
            seeded |= {"random", "numpy", "torch", "tensorflow"}
        drawn = _drawn(node, dotted)
        if drawn is None or drawn in seeded or drawn in told or not _reaches_output(flow, cell):
            continue
        told.add(drawn)
        place = span_of(
            cell,
            node.lineno,
            node.col_offset,
            node.func.end_lineno or node.lineno,
            node.func.end_col_offset or 0,
        )
        yield make(rules.UNSEEDED, document, cell, place, {"call": ast.unparse(node.func)}, name=drawn)


def _all_calls(document: Document) -> Iterator[tuple[CodeCell, ast.Call, str]]:
    """The calls from top to bottom, each with the full name of its function; none before such an import."""
    aliases: dict[str, str] = {}
    for cell in document.cells:
        if cell.read.tree is None:
            continue
        _learn_aliases(cell, aliases)
        if aliases:
            for node in sorted(cell.read.calls, key=lambda call: (call.lineno, call.col_offset)):
                yield cell, node, _dotted(node.func, aliases)


def _learn_aliases(cell: CodeCell, aliases: dict[str, str]) -> None:
    """Names of modules that draw, or of what is imported from them."""
    if "import" not in cell.source:
        return
    for node in cell.read.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ("numpy", "random", "torch", "tensorflow"):
                    aliases[bound_name(alias)] = alias.name if alias.asname else alias.name.split(".")[0]
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module
            in (
                "numpy",
                "random",
                "numpy.random",
                "torch",
                "tensorflow",
            )
        ) or (isinstance(node, ast.ImportFrom) and node.module == "sklearn.model_selection"):
            aliases.update(
                {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            )


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    start, words = attribute_chain(node)
    return ".".join([aliases.get(start.id, start.id), *words]) if isinstance(start, ast.Name) else ""


def _drawn(node: ast.Call, dotted: str) -> str | None:
    """The kind of generator that a call draws from without a seed of its own; None for other calls."""
    module, _, name = dotted.rpartition(".")
    if module in ("numpy.random", "random") and name in _GENERATORS:
        return dotted if not node.args and not node.keywords else None
    if dotted == "sklearn.model_selection.train_test_split":
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        fixed = "random_state" in given and not _is_none(given["random_state"])
        ordered = (
            isinstance(given.get("shuffle"), ast.Constant)
            and getattr(given["shuffle"], "value", True) is False
        )
        return None if fixed or ordered or None in given else "numpy"
    known = _DRAWS.get(module)
    if known is None or name not in known[1]:
        return None
    given_state = any(keyword.arg in _STATE_ARGUMENT for keyword in node.keywords)
    return None if given_state else known[0]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _reaches_output(flow: Callable[[], NotebookFlow], cell: CodeCell) -> bool:
    if cell.outputs or _displays(cell):
        return True
    cells = flow().cells
    return any(
        cells[number].cell.outputs or _displays(cells[number].cell)
        for number in flow().downstream(cell.number)
    )


def _displays(cell: CodeCell) -> bool:
    """Whether the cell would show something: it ends in an expression, or prints."""
    tree = cell.read.tree
    if tree is None or not tree.body:
        return False
    last = tree.body[-1]
    return isinstance(last, ast.Expr) or any(
        function_name(call) in ("print", "display") for call in cell.read.calls
    )

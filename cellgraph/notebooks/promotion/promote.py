"""The whole way: a notebook's path and targets in, a proven package out, or a refusal with its reason."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from cellgraph.analyse.slice_script import used_names
from cellgraph.analyse.statement_slicer import Unit, imports_all, lean_slice
from cellgraph.code.display_only import PICTURES, PLOTTING_MODULES, drawing_names, shows_only
from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body, first_line
from cellgraph.model import Run
from cellgraph.names import is_result_variable
from cellgraph.notebooks.checks.document import Document, UnreadableError, file_bytes, read_document
from cellgraph.notebooks.errors import CannotRunError
from cellgraph.notebooks.promotion.build import Material, build, changed_names
from cellgraph.notebooks.promotion.model import Omitted, Pipeline, as_dag
from cellgraph.notebooks.promotion.module_text import module_text
from cellgraph.notebooks.promotion.observed import Observation, observe
from cellgraph.notebooks.promotion.package import check_place, write_package
from cellgraph.notebooks.promotion.polish import polished
from cellgraph.notebooks.promotion.portrait import Verdict
from cellgraph.notebooks.promotion.program import Piece, Program, pieces_of, sorted_program
from cellgraph.notebooks.promotion.proof import judged, run_module
from cellgraph.notebooks.static_slice import markdown_above
from cellgraph.record.jsonl import loads

_WORD = re.compile(r"[^\W\d]\w*+")
MODULE, DAG = "steps.py", "dag.json"
_UNMOVABLE = frozenset({"exec", "eval", "globals", "locals", "get_ipython", "In", "Out"})


class RefusedError(CannotRunError):
    """A notebook that cannot be promoted as it is. The message says why and what to change."""


@dataclass(frozen=True)
class Request:
    """What to promote and how. Without ``targets`` the results that no cell reads are wanted."""

    notebook: Path
    output: Path
    targets: tuple[str, ...] = ()
    check: bool = True
    force: bool = False
    allow_secrets: bool = False
    rewrite: Path | None = None
    timeout: int | None = None


@dataclass(frozen=True)
class Promotion:
    """What came of it. ``files`` are those written, ``notes`` what a person should know."""

    pipeline: Pipeline
    module: str
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    rewritten: Path | None = None


@dataclass(frozen=True)
class Seen:
    """A notebook and its fresh run. ``numbers`` gives each cell's number by its id in the ledger."""

    document: Document
    observation: Observation
    runs: tuple[Run, ...]
    numbers: Mapping[str, int]
    targets: tuple[str, ...]
    notes: tuple[str, ...] = ()
    again: dict[str, Observation] = field(default_factory=dict)


def promote(request: Request) -> Promotion:
    """Promote a notebook. Raises CannotRunError or RefusedError; then nothing is written."""
    check_place(request.output, force=request.force)
    if request.rewrite is not None and request.rewrite.exists() and not request.force:
        raise CannotRunError(f"{request.rewrite} is there already; --force replaces it")
    document = _document(request.notebook)
    notes = _secrets(document, allowed=request.allow_secrets)
    seen = replace(_seen(document, request), notes=notes)
    kept = lean_slice(seen.runs, seen.targets)
    refuse_untranslatable(seen, kept)
    material = material_of(seen, kept, request)
    made = _proven(material, seen, request)
    files = {
        "__init__.py": f'"""The steps of {request.notebook.name}, promoted by cellgraph."""\n',
        MODULE: made.module,
        DAG: json.dumps(as_dag(made.pipeline), indent=2) + "\n",
    }
    rewritten = None
    if request.rewrite is not None:
        from cellgraph.notebooks.promotion.rewrite import rewritten_notebook

        rewritten = rewritten_notebook(
            document, made.pipeline, material.program, request.output, request.rewrite
        )
    write_package(request.output, files)
    if rewritten is not None and request.rewrite is not None:
        request.rewrite.write_text(rewritten, encoding="utf-8")
    return replace(made, files=tuple(request.output / name for name in files), rewritten=request.rewrite)


def _document(path: Path) -> Document:
    try:
        document = read_document(str(path), file_bytes(path))
    except OSError as error:
        raise CannotRunError(f"cannot read {path}: {error.strerror}") from None
    except UnreadableError as error:
        raise CannotRunError(f"{path} is no notebook that can be read: {error}") from None
    if not document.is_python:
        raise RefusedError(f"{path} is in {document.language}: only Python can be promoted")
    broken = [c.number for c in document.cells if plain_python(c.source).text is None and not c.may_fail]
    if broken:
        raise RefusedError(f"cell {broken[0]} is not valid Python: correct or delete it")
    return document


def _secrets(document: Document, *, allowed: bool) -> tuple[str, ...]:
    """Refuse a notebook with secrets in its sources, unless that is allowed."""
    from cellgraph.notebooks.checks.secrets import is_available, secret_findings

    if allowed:
        return ()
    if not is_available():
        return ("not looked for secrets: install cellgraph[secrets]",)
    found = [one for one in secret_findings(document) if one.name.endswith("source")]
    if found:
        where = ", ".join(dict.fromkeys(f"cell {one.cell}" for one in found))
        raise RefusedError(
            f"there is a secret in the text of {where}, and the module would hold it: read it from an"
            " environment variable instead, or pass --allow-secrets"
        )
    return ()


def _seen(document: Document, request: Request) -> Seen:
    """Run the notebook. Refuses one that does not run, and one that does not make the targets."""
    from cellgraph.notebooks.source import read_source

    texts = [plain_python(cell.source).text or "" for cell in document.cells]
    nodes = [node for text in texts for node in body(text)]
    stars = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and imports_all(node)]
    words = sorted(set(_WORD.findall("\n".join(texts)))) if stars else []
    targets = request.targets or default_targets(document)
    if not targets:
        raise RefusedError(
            "the notebook has no result: no cell assigns a value that is left at its end; name one: --target"
        )
    observation = observe(request.notebook, targets, words, stars, request.timeout)
    for number, error in observation.errors.items():
        raise RefusedError(f"the notebook does not run: cell {number} {error}; {_FIRST}")
    if observation.stopped:
        raise RefusedError(f"the notebook does not run: {observation.stopped}; {_FIRST}")
    runs = tuple(loads(observation.ledger).runs)
    numbers = {cell.cell: cell.number for cell in read_source(request.notebook).cells}
    return Seen(document, observation, runs, numbers, _made(targets, observation, runs, request))


_FIRST = "make Restart & Run All work first"


def _made(
    targets: Sequence[str], observation: Observation, runs: Sequence[Run], request: Request
) -> tuple[str, ...]:
    """The targets that the run made. Those that nobody asked for must be more than pictures."""
    missing = [name for name in targets if name not in observation.targets]
    if request.targets and missing:
        names = sorted({w.name for run in runs for w in run.writes if w.name.isidentifier()})
        near = get_close_matches(missing[0], names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names[:20])}"
        raise RefusedError(f"no cell makes {missing[0]!r}; {hint}")
    if request.targets:
        return tuple(targets)
    last: dict[str, str] = {}
    for known in observation.types.values():
        last.update(known)
    there = (name for name in targets if name in observation.targets)
    found = tuple(name for name in there if _is_result(observation.targets[name].type, last.get(name, "")))
    if not found:
        raise RefusedError(
            "the notebook has no result but pictures and texts; name what you want with --target"
        )
    return found


def _is_result(kind: str, full: str) -> bool:
    """Whether a value of a type is more than a picture or a part of the program."""
    if any(f"{library}." in full for library in PLOTTING_MODULES):
        return False
    others = ("module", "function", "type", "builtin_function_or_method", "NoneType", "Axes", "BarContainer")
    return kind not in PICTURES and kind not in others


def default_targets(document: Document) -> tuple[str, ...]:
    """The results of a notebook: what a cell assigns and no later code uses, but to show it."""
    every = [node for cell in document.cells for node in body(plain_python(cell.source).text or "")]
    drawing = drawing_names(every)
    bound: dict[str, None] = {}
    for node in every:
        if not shows_only(node, drawing) and not _is_shown(node, drawing):
            for name in _loaded(node):
                bound.pop(name, None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and not (_loaded(node) & drawing):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
            bound.update({part.id: None for part in names if part.id != "_"})
    return tuple(name for name in bound if not name.startswith("_"))


def _is_shown(node: ast.stmt, drawing: frozenset[str]) -> bool:
    """Whether a statement draws or prints what it works out: ``ax.plot(f(x))``."""
    if isinstance(node, ast.For | ast.If | ast.With):
        return all(_is_shown(part, drawing) for part in node.body)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    inner: ast.expr = node.value
    while isinstance(inner, ast.Attribute | ast.Subscript | ast.Call):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return isinstance(inner, ast.Name) and inner.id in drawing | {"print", "display", "ax", "axes", "fig"}


def _loaded(node: ast.stmt) -> set[str]:
    """The names that a statement loads, but for what it stores into."""
    stored: set[ast.AST] = set()
    if isinstance(node, ast.Assign):
        stored = {part for target in node.targets for part in ast.walk(target)}
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name) and part not in stored)
    return {part.id for part in names if isinstance(part.ctx, ast.Load)}


def refuse_untranslatable(seen: Seen, kept: Sequence[tuple[Run, tuple[Unit, ...]]]) -> None:
    """Refuse code that means something only inside IPython, or that no function can hold."""
    sources = {run.number: run.source for run in seen.runs}
    for run, units in kept:
        number = seen.numbers[run.cell]
        problems = plain_python(sources[run.number]).problems
        if problems:
            raise RefusedError(
                f"cell {number} uses {problems[0]!r}, which has no meaning in a module: write it in Python"
            )
        words = used_names(units)
        results = sorted(name for name in words if is_result_variable(name))
        if results and any(read.name.refers_to_result for read in run.reads):
            raise RefusedError(
                f"cell {number} reads {results[0]}, the result of a cell by its number: bind that to a name"
            )
        if words & _UNMOVABLE:
            word = min(words & _UNMOVABLE)
            raise RefusedError(
                f"cell {number} uses {word}(), and what that reads or binds cannot be told: write it out"
            )


def material_of(seen: Seen, kept: Sequence[tuple[Run, tuple[Unit, ...]]], request: Request) -> Material:
    """What the pipeline is built from: the statements that are kept, and what the run showed of them."""
    numbers, observation = seen.numbers, seen.observation
    ids = {number: cell for cell, number in numbers.items()}
    changed = changed_names((numbers[run.cell], str(w.name), w.kind) for run in seen.runs for w in run.writes)
    pieces = pieces_of(kept, numbers)
    everywhere = frozenset[str]().union(*changed.values()) if changed else frozenset[str]()
    program = sorted_program(pieces, observation.stars, everywhere, frozenset(seen.targets))
    above = markdown_above(seen.document)
    markdown = {cell.number: above.get(cell.id or f"cell-{cell.number}", "") for cell in seen.document.cells}
    names = [read.name for run in seen.runs for read in run.reads]
    names += [write.name for run in seen.runs for write in run.writes]
    files = {name.path for name in names if name.is_file}
    return Material(
        request.output.name,
        request.notebook.name,
        seen.targets,
        program,
        markdown,
        {number: observation.types.get(cell, {}) for number, cell in ids.items()},
        changed,
        frozenset({*files, *(f"./{path}" for path in files)}),
        tuple(_omitted(seen, kept)),
    )


def _omitted(seen: Seen, kept: Sequence[tuple[Run, tuple[Unit, ...]]]) -> Iterator[Omitted]:
    """The code that the module does not have, a row for each cell and reason."""
    there = {(run.number, unit.start) for run, units in kept for unit in units}
    texts = {run.number: plain_python(run.source).text or "" for run in seen.runs}
    nodes = [node for text in texts.values() for node in body(text)]
    drawing = drawing_names(nodes)
    for run in seen.runs:
        rows: dict[str, list[str]] = {}
        for node in body(texts[run.number]):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
            if (run.number, first) in there or isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
                continue
            rows.setdefault(_reason(node, drawing), []).append(first_line(ast.unparse(node))[:80])
        for reason, lines in rows.items():
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            yield Omitted(seen.numbers[run.cell], lines[0] + more, reason)


def _reason(node: ast.stmt, drawing: frozenset[str]) -> str:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    if names & drawing:
        return "draws a picture"
    if shows_only(node, drawing):
        return "only shows something"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return "no target uses it"
    return "no target depends on it"


def _proven(material: Material, seen: Seen, request: Request) -> Promotion:
    """The pipeline whose module makes the notebook's values: in steps, or in one step if only that does."""
    failed = ""
    for single in (False, True):
        pipeline = build(material, single=single)
        text = module_text(pipeline)
        try:
            compile(text, MODULE, "exec", dont_inherit=True)
        except SyntaxError as error:
            failed = failed or f"the module would not be valid Python ({error.msg})"
            continue
        verdicts, wrong = _checked(text, seen, request) if request.check else ((), "")
        failed = failed or wrong
        if wrong:
            continue
        module, notes = polished(text)
        if request.check and not _same_code(text, module):
            verdicts, wrong = _checked(module, seen, request)
            module = text if wrong else module
        return Promotion(pipeline, module, verdicts, (*seen.notes, *notes))
    raise RefusedError(f"not proven: {failed}; nothing was written (--no-check writes it all the same)")


def _same_code(one: str, other: str) -> bool:
    """Whether two modules differ in their imports and layout alone."""
    texts = [
        [ast.dump(node) for node in body(text) if not isinstance(node, ast.Import | ast.ImportFrom)]
        for text in (one, other)
    ]
    return texts[0] == texts[1]


def _checked(module: str, seen: Seen, request: Request) -> tuple[tuple[Verdict, ...], str]:
    """How the targets compare, and why they do not, or an empty text."""
    folder = request.notebook.absolute().parent
    longest = request.timeout * max(1, len(seen.runs)) if request.timeout else None
    done = run_module(module, seen.targets, folder, longest)
    if done.error:
        return (), f"the module raises {done.error}"
    notebook = seen.observation.targets
    verdicts = judged(seen.targets, notebook, done.targets, {})
    if not all(verdict.holds for verdict in verdicts):
        if "run" not in seen.again:
            seen.again["run"] = observe(request.notebook, seen.targets, (), (), request.timeout)
        verdicts = judged(seen.targets, notebook, done.targets, seen.again["run"].targets)
    wrong = [verdict for verdict in verdicts if not verdict.holds]
    return verdicts, "; ".join(f"{verdict.name}: {verdict.detail}" for verdict in wrong)


__all__ = ["Piece", "Program", "Promotion", "RefusedError", "Request", "promote"]

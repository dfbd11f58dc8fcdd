"""The whole way: a notebook's path and targets in, a proven package out, or a refusal with its reason."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cellgraph.analyse.cell_units import Unit, imports_all
from cellgraph.analyse.slice_script import used_names
from cellgraph.analyse.statement_slicer import lean_slice
from cellgraph.code.display_only import KnownNames, drawing_names, shows_only
from cellgraph.code.expression_names import names_in
from cellgraph.code.plain_python import plain_python
from cellgraph.code.source import body, first_line
from cellgraph.model import Run
from cellgraph.names import is_result_variable
from cellgraph.notebooks.checks.document import Document, UnreadableError, file_bytes, read_document
from cellgraph.notebooks.errors import CannotRunError, RefusedError
from cellgraph.notebooks.outputs import write_text
from cellgraph.notebooks.promotion.build import Material, build, changed_names
from cellgraph.notebooks.promotion.grouping import MANNERS
from cellgraph.notebooks.promotion.model import Omitted, Pipeline, as_dag
from cellgraph.notebooks.promotion.module_text import module_text
from cellgraph.notebooks.promotion.observed import Observation, observe
from cellgraph.notebooks.promotion.package import check_place, write_package
from cellgraph.notebooks.promotion.polish import polished
from cellgraph.notebooks.promotion.portrait import Verdict
from cellgraph.notebooks.promotion.program import Piece, Program, pieces_of, sorted_program
from cellgraph.notebooks.promotion.proof import judged, run_module
from cellgraph.notebooks.promotion.targets import NO_RESULT, default_targets, made_targets
from cellgraph.notebooks.static_slice import markdown_above
from cellgraph.record.jsonl import loads

Kept = Sequence[tuple[Run, tuple[Unit, ...]]]
"""The statements that are promoted, run by run."""
_WORD = re.compile(r"[^\W\d]\w*+")
MODULE, DAG = "steps.py", "dag.json"
_UNMOVABLE = frozenset({"exec", "eval", "globals", "locals", "get_ipython", "In", "Out"})


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
class Failure:
    """Why a module is not proven, and the targets that differ. It is false where nothing is wrong."""

    text: str = ""
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)


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
    made, program = _best(seen, kept, request)
    files = {
        "__init__.py": f'"""The steps of {request.notebook.name}, promoted by cellgraph."""\n',
        MODULE: made.module,
        DAG: json.dumps(as_dag(made.pipeline), indent=2) + "\n",
    }
    rewritten = None
    if request.rewrite is not None:
        from cellgraph.notebooks.promotion.rewrite import rewritten_notebook

        rewritten = rewritten_notebook(document, made.pipeline, program, request.output, request.rewrite)
    write_package(request.output, files, request.notebook)
    if rewritten is not None and request.rewrite is not None:
        write_text(request.rewrite, rewritten, request.notebook)
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
    likely = () if request.targets else default_targets(document)
    wanted = tuple(dict.fromkeys([*request.targets, *(name for names in likely for name in names)]))
    if not wanted:
        raise RefusedError(NO_RESULT)
    observation = observe(request.notebook, wanted, words, stars, request.timeout)
    for number, error in observation.errors.items():
        raise RefusedError(f"the notebook does not run: cell {number} {error}; {_FIRST}")
    if observation.stopped:
        raise RefusedError(f"the notebook does not run: {observation.stopped}; {_FIRST}")
    runs = tuple(loads(observation.ledger).runs)
    numbers = {cell.cell: cell.number for cell in read_source(request.notebook).cells}
    targets = made_targets(request.targets, likely, observation, runs)
    return Seen(document, observation, runs, numbers, targets)


_FIRST = "make Restart & Run All work first"


def refuse_untranslatable(seen: Seen, kept: Kept) -> None:
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


def material_of(seen: Seen, kept: Kept, request: Request) -> Material:
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


def _omitted(seen: Seen, kept: Kept) -> Iterator[Omitted]:
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
    names = names_in(node)
    if names & drawing:
        return "draws a picture"
    if shows_only(node, KnownNames(drawing)):
        return "only shows something"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return "no target uses it"
    return "no target depends on it"


def _best(seen: Seen, kept: Kept, request: Request) -> tuple[Promotion, Program]:
    """The first way to promote that is proven. Raises RefusedError if there is none.

    It is tried in steps and in one step; then with the statements that show what differs, for showing a
    value can change it; then, if nobody asked for certain targets, without those that differ.
    """
    made, failed = _proven(seen, kept, request)
    if made is None and failed.names:
        shown = lean_slice(seen.runs, seen.targets, shown=frozenset(failed.names))
        if shown != kept:
            made, _ = _proven(seen, shown, request)
    others = tuple(name for name in seen.targets if name not in failed.names)
    if made is None and failed.names and others and not request.targets:
        note = f"without {', '.join(failed.names)}: {failed.text}"
        fewer = replace(seen, targets=others, notes=(*seen.notes, note))
        made, _ = _proven(fewer, lean_slice(seen.runs, others), request)
    if made is None:
        raise RefusedError(
            f"not proven: {failed.text}; nothing was written (--no-check writes it all the same)"
        )
    return made


def _proven(seen: Seen, kept: Kept, request: Request) -> tuple[tuple[Promotion, Program] | None, Failure]:
    """The pipeline whose module makes the notebook's values, divided as far as that allows."""
    material = material_of(seen, kept, request)
    failed = Failure()
    tried: set[str] = set()
    for manner in MANNERS:
        pipeline = build(material, manner)
        text = module_text(pipeline)
        if text in tried:
            continue
        tried.add(text)
        try:
            compile(text, MODULE, "exec", dont_inherit=True)
        except SyntaxError as error:
            failed = failed or Failure(f"the module would not be valid Python ({error.msg})")
            continue
        verdicts, wrong = _checked(text, seen, request) if request.check else ((), Failure())
        failed = failed or wrong
        if wrong:
            continue
        module, notes = polished(text)
        if request.check and not _same_code(text, module):
            verdicts, wrong = _checked(module, seen, request)
            module = text if wrong else module
        return (Promotion(pipeline, module, verdicts, (*seen.notes, *notes)), material.program), failed
    return None, failed


def _same_code(one: str, other: str) -> bool:
    """Whether two modules differ in their imports and layout alone."""
    texts = [
        [ast.dump(node) for node in body(text) if not isinstance(node, ast.Import | ast.ImportFrom)]
        for text in (one, other)
    ]
    return texts[0] == texts[1]


def _checked(module: str, seen: Seen, request: Request) -> tuple[tuple[Verdict, ...], Failure]:
    """How the targets compare, and why they do not."""
    folder = request.notebook.absolute().parent
    longest = request.timeout * max(1, len(seen.runs)) if request.timeout else None
    done = run_module(module, seen.targets, folder, longest)
    if done.error:
        return (), Failure(f"the module raises {done.error}")
    notebook = seen.observation.targets
    verdicts = judged(seen.targets, notebook, done.targets, {})
    if not all(verdict.holds for verdict in verdicts):
        if "run" not in seen.again:
            seen.again["run"] = observe(request.notebook, seen.targets, (), (), request.timeout)
        verdicts = judged(seen.targets, notebook, done.targets, seen.again["run"].targets)
    wrong = [verdict for verdict in verdicts if not verdict.holds]
    text = "; ".join(f"{verdict.name}: {verdict.detail}" for verdict in wrong)
    return verdicts, Failure(text, tuple(verdict.name for verdict in wrong))


__all__ = ["Piece", "Program", "Promotion", "RefusedError", "Request", "promote"]

"""The text of ``steps.py``: imports, settings, functions, one function a step, and ``main``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import indent

from cellgraph.notebooks.promotion.edits import indented
from cellgraph.notebooks.promotion.lifting import options
from cellgraph.notebooks.promotion.model import SETTINGS, Pipeline, Setting, Step, Value


def module_text(pipeline: Pipeline) -> str:
    """The module, not yet formatted."""
    parts = [
        _docstring(pipeline.doc),
        "\n".join(_imports(pipeline)),
        "\n".join(pipeline.constants),
        "\n".join(_settings(pipeline)),
        *pipeline.functions,
        *map(step_text, pipeline.steps),
        "\n".join(_results(pipeline)),
        "\n".join(_read_settings(pipeline)),
        "\n".join(_main(pipeline)),
        'if __name__ == "__main__":\n    main()',
    ]
    return "\n\n\n".join(filter(None, parts)) + "\n"


def step_text(step: Step) -> str:
    """The function of a step."""
    parameters = ", ".join(f"{value.name}: {value.annotation}" for value in step.parameters)
    head = f"{'async ' if step.is_async else ''}def {step.name}({parameters}) -> {_returned(step.returns)}:"
    lines = [head, indent(_docstring(step.doc), "    "), indented(step.body)]
    if step.returns:
        lines.append(f"    return {', '.join(value.name for value in step.returns)}")
    return "\n".join(filter(None, lines))


def _returned(values: tuple[Value, ...]) -> str:
    if not values:
        return "None"
    if len(values) == 1:
        return values[0].annotation
    return f"tuple[{', '.join(value.annotation for value in values)}]"


def _docstring(text: str) -> str:
    sign = "r" if "\\" in text else ""
    inner = text.replace('"""', "'''").rstrip("\\")
    if inner.endswith('"'):
        inner += " "
    return f'{sign}"""{inner}\n"""' if "\n" in inner else f'{sign}"""{inner}"""'


def _imports(pipeline: Pipeline) -> list[str]:
    found = dict.fromkeys(pipeline.imports)
    found["from typing import NamedTuple"] = None
    found["from collections.abc import Sequence"] = None
    if pipeline.settings:
        found["import argparse"] = None
        found["from dataclasses import dataclass"] = None
        if any("literal_eval" in line for line in options(_by_name(pipeline.settings))):
            found["import ast"] = None
    if any(step.is_async for step in pipeline.steps):
        found["import asyncio"] = None
    texts = (*pipeline.functions, *(step.body for step in pipeline.steps))
    if any("functools.partial(" in text for text in texts):
        found["import functools"] = None
    return list(found)


def _by_name(settings: Iterable[Setting]) -> dict[str, Setting]:
    return {one.name: one for one in settings}


def _settings(pipeline: Pipeline) -> Iterator[str]:
    if not pipeline.settings:
        return
    yield "@dataclass(frozen=True)"
    yield "class Settings:"
    yield '    """What a run can be told to do otherwise; the defaults are the notebook\'s."""'
    yield ""
    for one in pipeline.settings:
        yield f"    {one.name}: {one.annotation} = {one.default}"


def _results(pipeline: Pipeline) -> Iterator[str]:
    yield "class Results(NamedTuple):"
    yield '    """What the pipeline makes."""'
    yield ""
    for value in pipeline.targets:
        yield f"    {value.name}: {value.annotation}"


def _read_settings(pipeline: Pipeline) -> Iterator[str]:
    if not pipeline.settings:
        return
    yield "def read_settings(argv: Sequence[str] | None = None) -> Settings:"
    yield '    """The settings that the options of a command line give."""'
    yield "    parser = argparse.ArgumentParser(description=__doc__)"
    for line in options(_by_name(pipeline.settings)):
        yield f"    {line}"
    yield "    return Settings(**vars(parser.parse_args(argv)))"


def _main(pipeline: Pipeline) -> Iterator[str]:
    waits = any(step.is_async for step in pipeline.steps)
    given = f"{SETTINGS}: Settings" if pipeline.settings else ""
    if waits:
        yield f"async def run({given}) -> Results:"
        yield '    """Run the steps in order."""'
        yield from _wiring(pipeline)
        yield ""
        yield ""
    yield "def main(argv: Sequence[str] | None = None) -> Results:"
    yield '    """Run the steps in order, with the options of a command line."""'
    if pipeline.settings:
        yield f"    {SETTINGS} = read_settings(argv)"
    if waits:
        yield f"    return asyncio.run(run({SETTINGS if pipeline.settings else ''}))"
    else:
        yield from _wiring(pipeline)


def _wiring(pipeline: Pipeline) -> Iterator[str]:
    for step in pipeline.steps:
        call = step_call(step)
        yield f"    {call}"
    given = ", ".join(value.name for value in pipeline.targets)
    yield f"    return Results({given})"


def step_call(step: Step) -> str:
    """The statement that runs a step."""
    given = ", ".join(_argument(value) for value in step.parameters)
    call = f"{'await ' if step.is_async else ''}{step.name}({given})"
    names = ", ".join(value.name for value in step.returns)
    return f"{names} = {call}" if names else call


def _argument(value: Value) -> str:
    if value.source == SETTINGS and value.name != SETTINGS:
        return f"{SETTINGS}.{value.name}"
    return value.name

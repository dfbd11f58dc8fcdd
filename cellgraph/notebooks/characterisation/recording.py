"""Runs a pipeline in a process of its own, records the inputs of its steps, and what the steps make of them.

First the whole pipeline runs once, with a wrapper in the place of each step that stores its arguments before
the call. Then each step runs again on what was stored: from the files that a test will read. What it makes
then is expected of it. So a test does not depend on what was sampled, nor on what a step changed in place.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cellgraph.notebooks.characterisation import recorded
from cellgraph.notebooks.characterisation.storing import CannotStoreError, random_state, store

MOST_ROWS = 2_000
"""Rows of an input beyond which evenly spread ones are taken."""
MOST_FILE = 2_000_000
"""Bytes of a file that is copied beside the tests."""
MOST_STORED = 5_000_000
"""Bytes of one stored value: a larger one is rebuilt by the steps above."""
_CODE = (".py", ".pyc", ".ipynb", ".so")
MOST_SECONDS = 120.0
"""Time of the whole pipeline up to which it runs a second time, to see what it repeats."""


class Recorder:
    """Records the steps of one package into a folder ``data``."""

    def __init__(self, package: Path, notebook_folder: Path, data: Path, *, synthetic: bool) -> None:
        self.dag = json.loads((package / "dag.json").read_text(encoding="utf-8"))
        self.steps = {step["name"]: step for step in self.dag["steps"]}
        self.module = importlib.import_module(f"{package.name}.steps")
        self.folder = notebook_folder
        self.data = data
        self.synthetic = synthetic
        self.files: dict[str, int] = {}
        self.manifest: dict[str, Any] = {
            "steps": {},
            "targets": {},
            "files": self.files,
            "kept": [],
            "synthetic": synthetic,
            "in_place": False,
        }
        self._calls: set[str] = set()
        self._opened: dict[str, None] = {}

    def record(self) -> dict[str, Any]:
        """Record everything. Gives the manifest: what was stored, and how each step is tested."""
        originals = self._originals = {name: getattr(self.module, name) for name in self.steps}
        results = self._whole(originals)
        for name, function in originals.items():
            setattr(self.module, name, function)
        with TemporaryDirectory(prefix="cellgraph-") as folder:  # files are there as they are for the tests
            try:
                os.chdir(self._lay_files(Path(folder)))
                self._rerun_all(results)
            except OSError:  # it needs more of the notebook's folder than the files that it opens there
                os.chdir(self.folder)
                self.manifest["in_place"] = True
                self._rerun_all(results)
            finally:
                os.chdir(self.folder)
        return self.manifest

    def _rerun_all(self, results: Any) -> None:
        self._store_targets(results)
        for name in self.steps:
            if name in self.manifest["steps"]:
                self._rerun(name)

    def _lay_files(self, folder: Path) -> Path:
        """Put the files where the steps look for them. Gives the folder in which they are to run."""
        work = recorded.work_folder(folder, self.files)
        for name in self.files:
            place = Path(os.path.normpath(work / name))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / name, place)
        return work

    def _whole(self, originals: Mapping[str, Callable[..., Any]]) -> Any:
        """Run ``main`` with a wrapper around each step, noting which files it opens."""
        for name, function in originals.items():
            setattr(self.module, name, self._wrapped(name, function))
        opened = self._opened
        sys.addaudithook(lambda event, args: _note_open(opened, event, args))
        state = random_state()
        started = time.perf_counter()
        results = self.module.main([])
        self.manifest["seconds"] = round(time.perf_counter() - started, 1)
        place = self.data / "main"
        place.mkdir(parents=True, exist_ok=True)
        (place / "random.json").write_text(json.dumps(state), encoding="utf-8")
        self._keep_files(sorted(opened))
        return results

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if name not in self._calls:
                self._calls.add(name)
                bound = inspect.signature(function).bind(*args, **named)
                bound.apply_defaults()
                self._store_inputs(name, bound.arguments)
                before, known = random_state(), len(self._opened)
                try:
                    return function(*args, **named)
                finally:
                    self._note_random(name, before)
                    self.manifest["steps"][name]["reads"] = self._has_read(known)
            return function(*args, **named)

        if inspect.iscoroutinefunction(function):
            return _awaiting(call)
        return call

    def _has_read(self, known: int) -> bool:
        """Whether any file of the notebook's folder was opened since ``known`` had been."""
        new = list(self._opened)[known:]
        return any(self._is_data(Path(text)) for text in new)

    def _is_data(self, path: Path) -> bool:
        """Whether it is a file of the notebook's folder, or one that is named from there (``../data``)."""
        here = self.folder.resolve()
        full = (here / path).resolve()
        beside = full.is_relative_to(here.parent) and not full.is_relative_to(Path(sys.prefix).resolve())
        hidden = any(part.startswith(".") for part in Path(os.path.relpath(full, here)).parts if part != "..")
        near = full.is_relative_to(here) or not path.is_absolute() or (beside and not hidden)
        return near and path.suffix not in _CODE

    def _note_random(self, name: str, before: dict[str, Any]) -> None:
        """Keep the state of the generators that the step drew from, as it was before."""
        after = random_state()
        used = {library: state for library, state in before.items() if after.get(library) != state}
        self.manifest["steps"][name]["random"] = sorted(used)
        if used:
            folder = self.data / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "random.json").write_text(json.dumps(used), encoding="utf-8")

    # -- inputs ----------------------------------------------------------------------------------------

    def _store_inputs(self, name: str, given: Mapping[str, Any]) -> None:
        """Store the arguments of a step. One that cannot be stored is made by the step that returns it."""
        is_async = inspect.iscoroutinefunction(inspect.unwrap(self._originals[name]))
        entry: dict[str, Any] = {"inputs": {}, "rows": None, "async": is_async}
        self.manifest["steps"][name] = entry
        sources = {one["name"]: one["source"] for one in self.steps[name]["parameters"]}
        shared = _shared_length(given.values())
        if shared is not None and shared > MOST_ROWS:
            entry["rows"] = [MOST_ROWS, shared]
        for parameter, value in given.items():
            source = sources.get(parameter, "")
            if source == "settings":
                entry["inputs"][parameter] = {"how": "settings", "whole": parameter == "settings"}
                continue
            entry["inputs"][parameter] = self._stored_input(name, parameter, value, source, shared)

    def _stored_input(
        self, name: str, parameter: str, value: Any, source: str, shared: int | None
    ) -> dict[str, Any]:
        folder = self.data / name
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        try:
            small = _sampled(value, shared)
            if self.synthetic:
                from cellgraph.notebooks.characterisation.synthetic import synthetic

                small = synthetic(small)
            store(small, folder, parameter)
            size = _size(folder, parameter)
            if size > MOST_STORED:
                _remove(folder, parameter)
                raise CannotStoreError(f"{size:,} bytes")  # noqa: TRY301 - one way out
        except Exception as error:  # noqa: BLE001 - whatever it is, the step above makes it again
            _remove(folder, parameter)
            return {"how": "rebuilt", "source": source, "type": kind, "why": str(error)[:200]}
        shape = getattr(small, "shape", None)
        told = list(shape) if isinstance(shape, tuple) else None
        return {"how": "stored", "type": kind, "shape": told, "bytes": size}

    # -- what the steps make ---------------------------------------------------------------------------

    def _rerun(self, name: str) -> None:
        """Run a step on its stored inputs, twice, and store what it makes if both times agree."""
        entry = self.manifest["steps"][name]
        try:
            first = self._run_alone(name)
            second = self._run_alone(name)
        except Exception as error:  # noqa: BLE001 - a sample may be too little for a step
            if not self._rebuild_instead(entry):
                entry["skipped"] = f"it cannot run on recorded inputs: {type(error).__name__}: {error}"[:200]
                return
            self._rerun(name)
            return
        returns = [one["name"] for one in self.steps[name]["returns"]]
        values = _by_name(first, returns)
        again = _by_name(second, returns)
        bare = self.synthetic and not self._is_made_up(name)
        for one in returns:
            stored = self._stored_kind if bare else self._stored_output
            entry.setdefault("outputs", {})[one] = stored(name, one, values[one], again[one])
        entry.setdefault("outputs", {})

    def _is_made_up(self, name: str) -> bool:
        """Whether a step starts from made-up values alone, so that what it makes holds no data."""
        given = [how for how in self.manifest["steps"][name]["inputs"].values() if how["how"] != "settings"]
        made = all(how["how"] == "stored" or self._is_made_up(how["source"]) for how in given)
        return bool(given) and made and not self.manifest["steps"][name].get("reads")

    def _stored_kind(
        self, name: str, output: str, value: Any, again: Any, why: str = "each run makes another"
    ) -> dict[str, Any]:
        """Store what kind of value it is, and nothing of the value."""
        told = {"type": f"{type(value).__module__}.{type(value).__qualname__}"}
        kind = recorded.kind_of(value)
        if kind != recorded.kind_of(again):
            return {"how": "type", **told, "why": "each run makes another"}
        store(kind, self.data / name, f"expected-{output}")
        why = "no data is written" if self.synthetic else why
        return {"how": "kind", **told, "why": why, "bytes": _size(self.data / name, f"expected-{output}")}

    def _rebuild_instead(self, entry: dict[str, Any]) -> bool:
        """Have the steps above make what was stored. False where nothing was."""
        sources = {name: given for name, given in entry["inputs"].items() if given["how"] == "stored"}
        why = "the step needs all rows" if entry["rows"] else "the step needs the value itself"
        entry["rows"] = None
        steps = next(step for name, step in self.steps.items() if self.manifest["steps"][name] is entry)
        origin = {one["name"]: one["source"] for one in steps["parameters"]}
        made = {name: given for name, given in sources.items() if origin.get(name)}
        for name, given in made.items():
            given.update(how="rebuilt", source=origin[name], why=why)
        return bool(made)

    def _run_alone(self, name: str) -> Any:
        made: dict[str, dict[str, Any]] = {}
        return self._call(name, made)

    def _call(self, name: str, made: dict[str, dict[str, Any]]) -> Any:
        """Call a step as its test does: stored inputs from their files, others from the steps above."""
        entry = self.manifest["steps"][name]
        given = {p: self._input(name, p, how, made) for p, how in entry["inputs"].items()}
        state = self.data / name / "random.json"
        if state.is_file():
            recorded.set_random_state(json.loads(state.read_text(encoding="utf-8")))
        result = getattr(self.module, name)(**given)
        if inspect.isawaitable(result):
            import asyncio

            async def awaited() -> Any:
                return await result

            result = asyncio.run(awaited())
        made[name] = _by_name(result, [one["name"] for one in self.steps[name]["returns"]])
        return result

    def _input(
        self, name: str, parameter: str, how: Mapping[str, Any], made: dict[str, dict[str, Any]]
    ) -> Any:
        if how["how"] == "settings":
            settings = self.module.Settings()
            return settings if how["whole"] else getattr(settings, parameter)
        if how["how"] == "stored":
            return recorded.load(self.data / name, parameter)
        source = how["source"]
        if source not in self.steps:
            raise CannotStoreError(f"{parameter}: {how['why']}")
        if source not in made:
            self._call(source, made)
        return copy.copy(made[source][parameter])

    def _stored_output(self, name: str, output: str, value: Any, again: Any) -> dict[str, Any]:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        folder = self.data / name
        file = f"expected-{output}"
        try:
            store(value, folder, file)
            if _size(folder, file) > MOST_STORED:
                raise CannotStoreError("large")  # noqa: TRY301 - one way out
        except Exception:  # noqa: BLE001 - then what it consists of is compared
            _remove(folder, file)
            told = _stable(recorded.facts(value), recorded.facts(again))
            try:
                store(told, folder, file)
            except CannotStoreError:
                return self._stored_kind(name, output, value, again, "it is too large")
            if _size(folder, file) > MOST_STORED:
                return self._stored_kind(name, output, value, again, "it is too large")
            return {"how": "facts", "type": kind, "bytes": _size(folder, file)}
        try:
            recorded.assert_same(again, value)
            recorded.assert_same(recorded.load(folder, file), value)
        except AssertionError:
            _remove(folder, file)
            return self._stored_kind(name, output, value, again)
        return {"how": "value", "type": kind, "bytes": _size(folder, file)}

    # -- the whole -------------------------------------------------------------------------------------

    def _store_targets(self, results: Any) -> None:
        """Store the targets. A second run tells which of them each run makes otherwise."""
        names = [one["name"] for one in self.dag["targets"]]
        values, again = _targets(results, names), {}
        if self.manifest["seconds"] <= MOST_SECONDS:
            state = (self.data / "main" / "random.json").read_text(encoding="utf-8")
            recorded.set_random_state(json.loads(state))
            again = _targets(self.module.main([]), names)
        for name, value in values.items():
            bare = self.synthetic and not _is_metric(value)
            stored = self._stored_kind if bare else self._stored_output
            self.manifest["targets"][name] = stored("main", name, value, again.get(name, value))

    def _keep_files(self, opened: Sequence[str]) -> None:
        """Copy the small files of the notebook's folder that the pipeline reads; name the others."""
        here = self.folder.resolve()
        for text in opened:
            path = here / text
            if not self._is_data(Path(text)) or not path.is_file():
                continue
            name = Path(os.path.relpath(os.path.normpath(path), here)).as_posix()
            size = path.stat().st_size
            self.files[name] = size
            if size <= MOST_FILE and not self.synthetic:
                place = self.data / "files" / recorded.kept_name(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
                self.manifest["kept"].append(name)


def _is_metric(value: Any) -> bool:
    """Whether a value is a number, or a dict of numbers."""
    if type(value) is dict:
        return all(type(key) is str and _is_metric(held) for key, held in value.items())
    return type(value) in (int, float, bool)


def _stable(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The facts that each run repeats. Where one differs, numbers that agree may do so by accident."""
    if not any(_differ(other.get(place), held) for place, held in one.items()):
        return one
    alike = {place: held for place, held in one.items() if type(held) in (str, bool, type(None))}
    return {place: held for place, held in alike.items() if not _differ(other.get(place), held)}


def _differ(one: Any, other: Any) -> bool:
    try:
        recorded.assert_same(one, other)
    except AssertionError:
        return True
    return False


def _awaiting(call: Callable[..., Any]) -> Callable[..., Any]:
    async def waited(*args: Any, **named: Any) -> Any:
        return await call(*args, **named)

    return waited


def _note_open(opened: dict[str, None], event: str, args: tuple[Any, ...]) -> None:
    """Note files that are opened for reading. Some libraries open them by a descriptor, without a mode."""
    if event == "open" and isinstance(args[0], str) and (args[1] is None or str(args[1])[:1] == "r"):
        opened[args[0]] = None


def _by_name(result: Any, names: Sequence[str]) -> dict[str, Any]:
    if not names:
        return {}
    if len(names) == 1:
        return {names[0]: result}
    return dict(zip(names, result, strict=True))


def _targets(results: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(results, name) for name in names if hasattr(results, name)}


def _shared_length(values: Any) -> int | None:
    """The number of rows of the longest table or array among some values."""
    lengths = [len(value) for value in values if _has_rows(value)]
    return max(lengths, default=None)


def _has_rows(value: Any) -> bool:
    module = type(value).__module__.partition(".")[0]
    if module in ("pandas", "polars"):
        return type(value).__name__ in ("DataFrame", "Series")
    return module in ("numpy", "torch") and getattr(value, "ndim", 0) > 0


def _sampled(value: Any, shared: int | None) -> Any:
    """The value, or evenly spread rows of it. Values of one length are sampled at the same rows."""
    if shared is None or shared <= MOST_ROWS or not _has_rows(value) or len(value) != shared:
        return value
    rows = [step * (shared - 1) // (MOST_ROWS - 1) for step in range(MOST_ROWS)]
    if type(value).__module__.startswith("pandas"):
        return value.iloc[rows]
    return value[rows]


def _size(folder: Path, name: str) -> int:
    return sum(file.stat().st_size for file in _files(folder, name))


def _files(folder: Path, name: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return [f for f in folder.iterdir() if f.stem == name or f.stem.startswith(f"{name}-")]


def _remove(folder: Path, name: str) -> None:
    for file in _files(folder, name):
        file.unlink()


def main() -> None:
    """``python -m cellgraph.notebooks.characterisation.recording PACKAGE FOLDER DATA [--no-data]``."""
    package, folder, data = (Path(word).resolve() for word in sys.argv[1:4])
    sys.path[:0] = [str(package.parent), str(folder)]
    os.chdir(folder)
    manifest = Recorder(package, folder, data, synthetic="--no-data" in sys.argv[4:]).record()
    (data / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

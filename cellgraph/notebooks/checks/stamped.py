"""What a notebook's stamp tells: which outputs are still what the text gives. Nothing is executed.

An output holds if its cell's code is what was stamped, and so is all that it was made from: the statements in
other cells behind the names it read, the files and the local modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Literal

from cellgraph import rules
from cellgraph.names import Name
from cellgraph.notebooks.checks.document import CodeCell, Document
from cellgraph.notebooks.checks.finding import CheckFinding, Span, make
from cellgraph.notebooks.checks.flow import Sources, flow_of
from cellgraph.notebooks.stamps.code_digests import CodeDigests, code_digests
from cellgraph.notebooks.stamps.stamp import Input, Stamp, StampedRun
from cellgraph.notebooks.stamps.storage import StampError, from_data, in_metadata, read_beside
from cellgraph.notebooks.stamps.surroundings import (
    file_digest,
    installed_version,
    module_file_digest,
    outputs_hash,
    path_in,
)

Verdict = Literal["fresh", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class StampVerdict:
    """The numbers of the cells with outputs, by what the stamp says of them.

    ``fresh``: the output is what the text gives. ``stale``: something that it was made from has changed.
    ``unknown``: the stamp does not tell, or another run may give something else with nothing changed.
    """

    fresh: tuple[int, ...] = ()
    stale: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why an output does not hold. ``file``: the file that changed; empty if code did."""

    words: str
    file: str = ""
    missing: bool = False
    """The file is not here, so nobody can tell whether it is the same."""


def stamp_findings(document: Document) -> tuple[StampVerdict | None, list[CheckFinding]]:
    """What the stamp says of each output, and the findings. Without a stamp None and nothing.

    A notebook may have a stamp in its metadata and one beside it. The one counts that more outputs hold by.
    """
    stamps, found = _stamps(document)
    judged = [_Judge(document, stamp).judge() for stamp in stamps]
    if not judged:
        return None, found
    verdict, told = max(judged, key=lambda one: len(one[0].fresh))
    return verdict, [*found, *told]


def _stamps(document: Document) -> tuple[list[Stamp], list[CheckFinding]]:
    stamps: list[Stamp] = []
    found: list[CheckFinding] = []
    for read in (_held, _beside):
        try:
            stamp = read(document)
        except StampError as error:
            found.append(
                make(rules.BAD_STAMP, document, None, Span(), {"reason": str(error)}, severity="warning")
            )
            continue
        if stamp is not None:
            stamps.append(stamp)
    return stamps, found


def _held(document: Document) -> Stamp | None:
    data = in_metadata(document.metadata)
    return from_data(data) if data is not None else None


def _beside(document: Document) -> Stamp | None:
    return read_beside(Path(document.path))


class _Judge:
    """One notebook against one stamp."""

    def __init__(self, document: Document, stamp: Stamp) -> None:
        self._document = document
        self._stamp = stamp
        self._cells = _matched(document.cells, stamp)
        """For each cell of the stamp the one of the notebook; those that are gone are missing."""
        self._stamped = {cell.number: name for name, cell in self._cells.items()}
        self._digests = {cell.number: code_digests(cell.source) for cell in document.cells}
        self._folder = Path(document.path).absolute().parent / stamp.folder
        self._values: dict[tuple[int, str], _Reason | None] = {}
        self._files: dict[tuple[str, bool], str | None] = {}
        self._last = {run.cell: place for place, run in enumerate(stamp.runs, 1) if run.shown and run.cell}

    def judge(self) -> tuple[StampVerdict, list[CheckFinding]]:
        """The verdict and the findings, from top to bottom."""
        found: list[CheckFinding] = []
        told: dict[Verdict, list[int]] = {"fresh": [], "stale": [], "unknown": []}
        for cell in self._document.cells:
            if cell.outputs and self._digests[cell.number].whole:
                verdict, finding = self._output(cell)
                told[verdict].append(cell.number)
                if finding is not None:
                    found.append(finding)
        found += self._versions()
        return StampVerdict(*(tuple(told[kind]) for kind in ("fresh", "stale", "unknown"))), found

    def _output(self, cell: CodeCell) -> tuple[Verdict, CheckFinding | None]:
        """What is to be said of the outputs below one cell."""
        place = self._last.get(self._stamped.get(cell.number, ""), 0)
        run = self._stamp.run(place)
        if run is None:
            return "unknown", self._made(
                rules.UNSTAMPED, cell, why="is of a cell that the stamp does not know"
            )
        if not _is_stamped(run, cell):
            return "unknown", self._made(rules.UNSTAMPED, cell, why="is not the one that was stamped")
        reason = self._own(place, run)
        if reason is None:
            compared = "" not in (*run.files.values(), *run.modules.values())
            return "fresh" if compared and not run.chance else "unknown", None
        if not reason.file:
            return "stale", self._made(rules.STALE_OUTPUT, cell, why=reason.words)
        finding = self._made(
            rules.CHANGED_INPUT, cell, note=reason.missing, what=reason.file, where=reason.words
        )
        return "unknown" if reason.missing else "stale", finding

    def _made(self, rule: rules.Rule, cell: CodeCell, *, note: bool = False, **words: str) -> CheckFinding:
        name = words.get("what", "")
        return make(
            rule, self._document, cell, Span(), words, severity="note" if note else "warning", name=name
        )

    def _own(self, place: int, run: StampedRun) -> _Reason | None:
        """Why what a run displayed is not what the notebook gives now; None if it is."""
        cell = self._cells[run.cell]
        if self._digests[cell.number].whole != run.code:
            return _Reason("this cell was edited since")
        for reason in self._reasons(place, run, None):
            return reason
        if run.doubt:
            return _Reason(f"it was in doubt when it was stamped ({run.doubt})")
        return None

    def _reasons(self, place: int, run: StampedRun, sources: Sequence[str] | None) -> Iterator[_Reason]:
        """Why what flowed into a run is not what it was. ``sources``: only by these names."""
        for one in run.inputs:
            if sources is None or one.name in sources:
                reason = self._input(place, run, one)
                if reason is not None:
                    yield reason
        for names, is_module in ((run.files, False), (run.modules, True)):
            for name, digest in names.items():
                if sources is None or Name.of_file(name) in sources:
                    reason = self._file(name, digest, run, is_module=is_module)
                    if reason is not None:
                        yield reason

    def _input(self, place: int, run: StampedRun, one: Input) -> _Reason | None:
        maker = self._stamp.run(one.run)
        if maker is None:
            return None
        reader, source = self._cells.get(run.cell), self._cells.get(maker.cell)
        if reader is None or source is None:
            return _Reason(f"the cell that made {one.name} is not in the notebook any more")
        if maker.cell == run.cell:
            return _Reason(f"it started from its own earlier {one.name}")
        if source.number > reader.number:
            return _Reason(f"cell {source.number}, which made {one.name}, stands below it")
        return self._value(one.run, one.name) or self._between(place, one, reader)

    def _value(self, place: int, name: str) -> _Reason | None:
        """Why a value that a run made is not what the notebook gives now."""
        key = (place, name)
        if key not in self._values:
            self._values[key] = self._worked_out(place, name)
        return self._values[key]

    def _worked_out(self, place: int, name: str) -> _Reason | None:
        run = self._stamp.runs[place - 1]
        cell = self._cells.get(run.cell)
        if cell is None:
            return _Reason(f"the cell that made {name} is not in the notebook any more")
        made = next((one for one in run.made if one.name == name), None)
        now: CodeDigests = self._digests[cell.number]
        same = now.of(name) == made.code if made is not None else now.whole == run.code
        if not same:
            return _Reason(f"cell {cell.number}, which makes {name}, was edited since")
        return next(self._reasons(place, run, made.sources if made is not None else None), None)

    def _between(self, place: int, one: Input, reader: CodeCell) -> _Reason | None:
        """A cell that now stands between the maker of a name and its reader, and makes the name as well."""
        sources = self._sources.get(reader.number, {}).get(one.name) if self._is_rearranged else None
        if sources is None:
            return None
        chain = self._chain(one)
        known = {self._cells[run.cell].number for run in chain.values() if run.cell in self._cells}
        since = {run.cell: run.code for run in self._stamp.runs[min(chain) : place - 1]}
        for number in dict.fromkeys((sources.maker, *sources.changers)):
            name = self._stamped.get(number, "")
            # A cell that ran in between as it is now did not make the name then.
            if number in known or since.get(name) == self._digests[number].whole:
                continue
            what = "is new" if not name else "was edited" if self._is_edited(number) else "stood elsewhere"
            return _Reason(f"cell {number}, which makes {one.name}, {what}")
        return None

    def _chain(self, one: Input) -> dict[int, StampedRun]:
        """The runs that made a value, and changed it since, by their places."""
        found: dict[int, StampedRun] = {}
        waiting = [one.run]
        while waiting:
            place = waiting.pop()
            run = self._stamp.run(place)
            if run is not None and place not in found:
                found[place] = run
                waiting += [before.run for before in run.inputs if before.name == one.name]
        return found

    def _is_edited(self, number: int) -> bool:
        run = self._stamp.run(self._last.get(self._stamped.get(number, ""), 0))
        return run is not None and run.code != self._digests[number].whole

    @cached_property
    def _is_rearranged(self) -> bool:
        """Whether any cell is new, edited, or stands elsewhere than when it ran."""
        places: list[int] = []
        for cell in self._document.cells:
            if not self._digests[cell.number].whole:
                continue
            place = self._last.get(self._stamped.get(cell.number, ""), 0)
            if not place or self._is_edited(cell.number):
                return True
            places.append(place)
        return places != sorted(places)

    @cached_property
    def _sources(self) -> Mapping[int, Mapping[str, Sources]]:
        flow = flow_of(self._document)
        return flow.sources(sorted(flow.cells))

    def _file(self, name: str, digest: str, run: StampedRun, *, is_module: bool) -> _Reason | None:
        key = (name, is_module)
        if key not in self._files:
            path = path_in(self._folder, name)
            self._files[key] = (
                module_file_digest(path) if is_module and digest.startswith("code:") else file_digest(path)
            )
        now = self._files[key]
        if not digest or now == "" or (now or "-") == digest:
            return None
        cell = self._cells.get(run.cell)
        where = f" (cell {cell.number} reads it)" if cell is not None else ""
        if now is None:
            return _Reason(f", or it is not here{where}", name, missing=not is_module)
        return _Reason(where, name)

    def _versions(self) -> Iterator[CheckFinding]:
        """A note for each package of another version, and for another Python."""
        for name, old in self._stamp.packages.items():
            new = installed_version(name)
            if new and new != old:
                words = {"name": name, "old": old, "new": new}
                yield make(
                    rules.OTHER_VERSION, self._document, self._first_user(name), Span(), words, name=name
                )

    def _first_user(self, package: str) -> CodeCell | None:
        return next(
            (
                self._cells[run.cell]
                for run in self._stamp.runs
                if package in run.packages and run.cell in self._cells
            ),
            None,
        )


def _is_stamped(run: StampedRun, cell: CodeCell) -> bool:
    """Whether the outputs below a cell are those of the run; by their count if they were not at hand then."""
    if run.outputs:
        return run.outputs == outputs_hash(cell.outputs)
    return run.count is None or cell.count is None or run.count == cell.count


def _matched(cells: Sequence[CodeCell], stamp: Stamp) -> dict[str, CodeCell]:
    """For each cell of a stamp the cell of the notebook: by its id, else by its code and its place."""
    ids = {cell.id: cell for cell in cells if cell.id}
    names = list(dict.fromkeys(run.cell for run in stamp.runs))
    found = {name: ids[name] for name in names if name in ids}
    by_id = bool(found)
    """A kernel may know cells by other ids than the file, and a file may have none."""
    taken = {cell.number for cell in found.values()}
    shown = {run.cell: run.code for run in stamp.runs if run.shown}
    left = [name for name in names if name not in found and name in shown]
    others = [cell for cell in cells if cell.number not in taken and code_digests(cell.source).whole]
    codes = [code_digests(cell.source).whole for cell in others]
    matcher = SequenceMatcher(None, [shown[name] for name in left], codes, autojunk=False)
    for kind, start, end, other, other_end in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and end - start == other_end - other and not by_id):
            found.update(zip(left[start:end], others[other:other_end], strict=True))
    return found

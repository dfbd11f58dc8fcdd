"""What holds of replay and of the graph, whatever was run in whichever order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from cellgraph.analyse.environment import Replay
from cellgraph.analyse.incremental_replay import renewed, repeat
from cellgraph.analyse.plan import Planner
from cellgraph.analyse.replay import extend, replay
from cellgraph.analyse.report import run_graph
from cellgraph.analyse.unchanged_cells import NotedLedger
from cellgraph.model import Digest, Order, Read, Run, Write
from cellgraph.names import Name
from cellgraph.record.ledger import Ledger
from cellgraph.session import Tracker
from tests.ledgers import runs


@given(runs)
def test_the_graph_of_runs_has_no_cycle(drawn: list[Run]) -> None:
    """An edge goes from the run that wrote to a later one that read."""
    graph = run_graph(Ledger(drawn))
    assert nx.is_directed_acyclic_graph(graph)
    assert all(source < target for source, target in graph.edges())


@given(runs)
def test_a_forward_pass_leaves_no_doubt(drawn: list[Run]) -> None:
    """Each cell run once, from top to bottom, read just what Restart & Run All would give it."""
    once = [Run(r.number, f"{r.number}", r.count, r.source, reads=r.reads, writes=r.writes) for r in drawn]
    found = replay(Ledger(once), Order(tuple(run.cell for run in once)))
    assert list(found.all_stale_reads()) == []


@given(runs)
def test_cells_added_one_by_one_give_what_one_replay_of_all_gives(drawn: list[Run]) -> None:
    """``extend`` is the shortcut of ``replay`` for a new cell at the bottom."""
    ledger, grown = Ledger(), Replay(Order())
    for run in drawn:
        own = Run(run.number, f"{run.number}", run.count, run.source, reads=run.reads, writes=run.writes)
        ledger.append(own)
        grown = extend(grown, ledger, Order((*grown.order.cells, own.cell)))
    assert grown == replay(ledger, grown.order)


@given(runs, st.booleans())
def test_a_replay_renewed_after_each_new_cell_is_the_replay_of_all(drawn: list[Run], by_words: bool) -> None:
    """``renewed`` adds a cell that binds what it bound without a walk. ``by_words``: some read more."""
    ledger, grown = Ledger(), Replay(Order())
    for run in drawn:
        own = Run(run.number, f"{run.number}", run.count, run.source, reads=run.reads, writes=run.writes)
        odd = by_words and run.number % 2
        reads = tuple(replace(read, digest=ONE) if odd else read for read in own.reads)
        ledger.append(own := replace(own, reads=reads))
        grown = renewed(grown, ledger, Order((*grown.order.cells, own.cell)), {}, (own,))
        assert grown == replay(ledger, grown.order)


@given(runs)
def test_a_cell_replayed_alone_gives_what_one_replay_of_all_gives(drawn: list[Run]) -> None:
    """``repeat`` is the shortcut of ``replay`` for a cell that ran again, where it applies."""
    ledger = Ledger()
    for run in drawn:
        previous, order = ledger.latest(run.cell), Order(tuple(ledger.cells))
        before = replay(ledger, order)
        ledger.append(run)
        after = repeat(before, ledger, run, previous) if previous is not None else None
        if after is not None:
            fresh = replay(ledger, order)
            assert after == fresh


@given(runs)
def test_a_replay_renewed_after_each_run_is_the_replay_of_all(drawn: list[Run]) -> None:
    """``renewed`` gives what ``replay`` gives, in a notebook whose cells are known from the start."""
    order, ledger = Order(tuple(sorted({run.cell for run in drawn}))), Ledger()
    known = renewed(Replay(Order()), ledger, order, {}, ())
    for run in drawn:
        ledger.append(run)
        known = renewed(known, ledger, order, {}, (run,))
        assert known == replay(ledger, order)


@given(runs)
def test_a_replay_that_takes_over_steps_is_the_replay_of_all(drawn: list[Run]) -> None:
    """The steps of an earlier replay make the next one faster and no different, in whichever order it is."""
    order, ledger = Order(tuple(sorted({run.cell for run in drawn}))), Ledger()
    known = replay(ledger, order)
    for run in drawn:
        ledger.append(run)
        edited = frozenset(order.cells[: run.number % 3])
        for then in (order, replace(order, cells=order.cells[::-1]), replace(order, edited=edited), order):
            known = replay(ledger, then, None, known.steps)
            assert known == replay(ledger, then)


ONE, TWO = Digest("1", "exact"), Digest("2", "exact")
HISTORIES = {
    "the reason of a doubt is the new run": (
        ("b", "a", "c"),
        (
            Run(1, "a", 1, "x = 1", writes=(Write(Name("x"), digest=ONE),)),
            Run(2, "b", 2, "x = 2", writes=(Write(Name("x"), digest=TWO),)),
            Run(3, "c", 3, "y = x", reads=(Read(Name("x"), "", TWO),)),
            Run(4, "a", 4, "x = 1", writes=(Write(Name("x"), digest=ONE),)),
        ),
    ),
    "the latest result is another": (
        ("a", "b", "c"),
        (
            Run(1, "a", 1, "1", writes=(Write(Name("Out[1]"), digest=ONE),)),
            Run(2, "b", 2, "f()", writes=(Write(Name("Out[2]"), digest=ONE),)),
            Run(3, "b", 3, "f()", writes=(Write(Name("Out[3]"), digest=TWO),)),
            Run(4, "c", 4, "y = _", reads=(Read(Name("_"), "", TWO),)),
        ),
    ),
    "the latest result is gone": (
        ("a", "b", "c"),
        (
            Run(1, "a", 1, "1", writes=(Write(Name("Out[1]"), digest=ONE),)),
            Run(2, "b", 2, "f()", writes=(Write(Name("Out[2]"), digest=ONE),)),
            Run(3, "b", 3, "f()"),
            Run(4, "c", 4, "y = _", reads=(Read(Name("_"), "", ONE),)),
        ),
    ),
}
"""What a run changes for others, though the cell makes what it made or nobody has used it yet."""


@pytest.mark.parametrize(("cells", "history"), HISTORIES.values(), ids=HISTORIES)
def test_what_a_run_changes_for_others_is_renewed(cells: tuple[str, ...], history: tuple[Run, ...]) -> None:
    """After each run ``renewed`` has the same reasons and the same results as one replay of all."""
    order, ledger = Order(cells), Ledger()
    known = renewed(Replay(Order()), ledger, order, {}, ())
    for run in history:
        ledger.append(run)
        known = renewed(known, ledger, order, {}, (run,))
        assert known == replay(ledger, order)


def test_cells_in_doubt_are_taken_over_until_their_makers_run() -> None:
    """A run that has nothing to do with a doubt leaves the cell's step as it is; its maker's does not."""
    order, ledger = Order(("a", "b", "c")), Ledger()
    for run in (
        Run(1, "a", 1, "x = 1", writes=(Write(Name("x"), digest=ONE),)),
        Run(2, "b", 2, "print(x)", reads=(Read(Name("x"), "", ONE),)),
        Run(3, "a", 3, "x = 2", writes=(Write(Name("x"), digest=TWO),)),
    ):
        ledger.append(run)
    before = replay(ledger, order)
    assert [stale.cell for stale in before.all_stale_reads()] == ["b"]
    ledger.append(Run(4, "c", 4, "z = 1", writes=(Write(Name("z"), digest=ONE),)))
    after = replay(ledger, order, None, before.steps)
    assert after.steps["b"] is before.steps["b"]
    assert after == replay(ledger, order)
    ledger.append(Run(5, "a", 5, "x = 2", writes=(Write(Name("x"), digest=TWO),)))
    last = replay(ledger, order, None, after.steps)
    assert last.steps["b"] is not before.steps["b"]
    assert last == replay(ledger, order)


class ClosePlanner(Planner):
    """Looks closely at each cell, every time."""

    def _plain_needs(self, cell: str) -> None:
        return None

    def run(self, targets: Iterable[str]) -> tuple[str, ...]:
        """The plan for these cells, from nothing that other plans have left behind."""
        self._closures.clear()
        return super().run(targets)


@given(runs)
def test_plans_share_what_cells_need_and_are_what_each_is_by_itself(drawn: list[Run]) -> None:
    """What is plain about a cell is asked once a moment. No plan is another for that."""
    ledger, live = Ledger(), dict[str, Digest | None]()
    for run in drawn:
        ledger.append(run)
        live |= {write.name: write.digest for write in run.writes}
        found = replay(ledger, Order(tuple(sorted(ledger.cells))))
        plain, close = (made(found, ledger, live.get) for made in (Planner, ClosePlanner))
        singles = [[cell] for cell in found.order.cells]
        for targets in (*singles, found.order.cells[::2], *reversed(singles)):
            assert plain.run(targets) == close.run(targets)


@given(runs)
def test_replaying_twice_gives_the_same(drawn: list[Run]) -> None:
    """A replay is a function of the ledger and the order alone."""
    ledger = Ledger(drawn)
    order = Order(tuple(ledger.cells))
    assert replay(ledger, order) == replay(ledger, order)


@given(runs)
def test_a_cell_in_doubt_read_something(drawn: list[Run]) -> None:
    """A cell without inputs always holds, and a deleted cell is nobody's doubt."""
    ledger = Ledger(drawn)
    order = Order(tuple(sorted(ledger.cells)))
    for cell, stale_reads in replay(ledger, order).stale_reads.items():
        run = ledger.latest(cell)
        assert run is not None
        assert {doubt.read for doubt in stale_reads} <= set(run.reads)


TEXTS = """
v{b} = {k} | v{b} = [{k}] | w{j} = [v{b}, {j}] | w{j} = (v{b}, 1) | w{j} = (v{b}, 1); u{j} = w{j}
u{j} = w{j} | u{j} = (w{j}, v{b}) | v{b}.append({k}) | del w{j} | w{j} = {k} if 'u{j}' in globals() else 1
w{j}; v{b} | u{j} = _ | class C{j}: x = {k} | u{j} = C{j}() | def f{j}(): return v{b} | u{j} = f{j}()
w{j} = v{b}; w{j}
for i in range(2): u{j} = i | from math import sqrt; u{j} = sqrt({k})
"""
"""Texts of cells that make a few names out of each other, so that many cells have the same statements."""


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
def test_a_session_that_takes_over_cells_is_replayed_as_a_whole(
    seed: int, shell: InteractiveShell, tracker: Tracker
) -> None:
    """After each of many runs in any order the replay is that of all cells, made at once."""
    rng = random.Random(f"replays {seed}")
    cells = [f"c{number}" for number in range(16)]
    every = [text.strip() for line in TEXTS.strip().splitlines() for text in line.split("|")]
    texts = {cell: rng.choice(every) for cell in cells}
    for _ in range(160):
        cell = rng.choice(cells)
        if rng.random() < 0.25:
            texts[cell] = rng.choice(every)
        text = texts[cell].format(b=rng.randrange(3), j=rng.randrange(2), k=rng.randrange(3))
        shell.run_cell(text, store_history=True, cell_id=cell)
        found = tracker._state.replayed
        assert found == replay(tracker.ledger, found.order, found.disk)


PAST = frozenset(
    "altered_itself cell_of changed_older history number_before older origin removed_itself"
    " used_older writers".split()
)
"""What a ledger says of past runs: it stays as it is."""
GROWING = frozenset(
    "cells contracts has_deletions has_settings patches runs runs_now shared_origins sharing_names".split()
)
"""What is compared as a whole (``Ledger.extent``), or is not asked in a replay."""
COUNTED = frozenset("cell_with_count with_count".split())
"""What changes only if a number comes again, which ``Ledger.extent`` tells."""
NO_LOOKUP = frozenset("amend amended append extent has_changed mend new_run renew".split())


def test_a_look_up_in_the_ledger_is_noted_or_known_to_stay_as_it_is() -> None:
    """A new look-up is to be sorted: what depends on later runs has to be noted while a cell is replayed."""
    every = {name for name in {*vars(Ledger), *vars(Ledger())} if not name.startswith("_")}
    noted = {name for name in vars(NotedLedger) if not name.startswith("_")} - {"notes"}
    assert every == noted | PAST | GROWING | COUNTED | NO_LOOKUP
    assert not noted & (PAST | GROWING | COUNTED | NO_LOOKUP)

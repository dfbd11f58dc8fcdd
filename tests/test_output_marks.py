"""Marks under cells, by outputs that are updated: for front ends without an extension of cellgraph's."""

from __future__ import annotations

from tests.kernels import Kernel, Outputs

RUNS = (("make", "x = 1"), ("use", "y = x + 1"), ("show", "print(y)"))


def test_no_cell_has_an_output_of_ours_unless_that_is_asked_for(kernel: Kernel) -> None:
    """By default a clean cell leaves nothing below it."""
    kernel.run("%load_ext cellgraph", "load")
    assert [kernel.run(text, cell).displays for cell, text in RUNS] == [(), (), ()]


def test_the_output_of_a_cell_in_doubt_is_updated_from_afar(kernel: Kernel) -> None:
    """A run elsewhere puts a mark under each cell in doubt, and takes it away when that holds again."""
    kernel.run("%load_ext cellgraph", "load")
    kernel.run("%cellgraph config marks true", "config")
    for cell, text in RUNS:
        assert kernel.run(text, cell).ids == (f"cellgraph-{cell}",)
    marked = _marks(kernel.run("x = 2", "make"))
    assert set(marked) == {"cellgraph-use", "cellgraph-show"}
    assert "uses x of" in marked["cellgraph-use"]
    assert "uses y of" in marked["cellgraph-show"]
    cleared = _marks(kernel.run("y = x + 1", "use"))
    assert "uses y" in cleared["cellgraph-show"]
    assert _marks(kernel.run("print(y)", "show")) == {}


def _marks(outputs: Outputs) -> dict[str, str]:
    """What each updated output says now."""
    ids = outputs.ids[len(outputs.ids) - len(outputs.updates) :]
    return {key: data["text/plain"] for key, data in zip(ids, outputs.updates, strict=True)}

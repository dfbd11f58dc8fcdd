"""Code that a later Python may make: instructions and layouts that are not known here."""

from __future__ import annotations

import opcode
import sys
from types import CodeType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellgraph.code import instructions
from cellgraph.code.bytecode import MAYBE, accesses, strings
from cellgraph.code.instructions import UnknownCode, body_of, constant_of, name_of, nested
from cellgraph.digest.adapters.python_modules import _stored_globals
from cellgraph.session import Tracker
from cellgraph.trace import monitoring
from cellgraph.trace.call_graph import _found
from cellgraph.trace.rng_seeding import _uses

CODE = compile("import a.b\nx = y.z['k']\nglobals()['w'] = 1\nfor i in x: del q", "<cell>", "exec")
STRANGE = next(op for op in range(255, 0, -1) if op not in instructions.OPERATIONS.values())


def with_bytes(code: CodeType, raw: bytes) -> Any:
    """The same code with other instructions. It only looks like code: the interpreter itself dies of some."""
    parts = {name: getattr(code, name) for name in ("co_names", "co_consts", "co_flags", "co_exceptiontable")}
    return SimpleNamespace(**parts, co_code=raw)


def test_an_instruction_that_is_not_known_makes_every_name_one_that_may_be_found() -> None:
    """There is no telling where the code looks, so no name of it is left out."""
    strange = with_bytes(CODE, CODE.co_code + bytes([STRANGE, 0]))
    found = accesses(strange)
    assert {access.name for access in found.values()} == set(CODE.co_names)
    assert {access.kind for access in found.values()} == {MAYBE}
    assert all(offset < 0 for offset in found)
    with pytest.raises(UnknownCode):
        body_of(strange.co_code)


def test_a_name_that_lies_outside_the_names_makes_the_code_unknown() -> None:
    """An argument that is packed in another way is not taken for what it is not."""
    short = with_bytes(CODE, CODE.co_code)
    short.co_names = CODE.co_names[:1]
    assert {access.kind for access in accesses(short).values()} == {MAYBE}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 4), st.integers(0, 4))
def test_no_layout_makes_an_error(raw: bytes, names: int, constants: int) -> None:
    """Whatever the bytes are, whoever reads them gets an answer, or is told that there is none."""
    strange = with_bytes(CODE, raw)
    strange.co_names, strange.co_consts = tuple("abcd"[:names]), (None, "k", (1, "k"), 5)[:constants]
    assert isinstance(accesses(strange), dict)
    assert isinstance(strings(strange), frozenset)
    assert isinstance(monitoring.imports(strange), dict)
    assert list(_stored_globals(strange)) is not None
    assert list(_found(strange)) is not None
    try:
        list(_uses(strange))
    except UnknownCode:
        return


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(instructions.OPERATIONS.values())), max_size=60), st.randoms())
def test_no_order_of_known_instructions_makes_an_error(ops: list[int], random: Any) -> None:
    """Instructions that are known may stand in an order that no compiler makes today."""
    raw = bytes(byte for op in ops for byte in (op, random.choice([0, 1, 2, 3, 7, 26, 255])))
    assert isinstance(accesses(with_bytes(CODE, raw)), dict)


def test_the_names_of_this_python_are_found_where_it_says() -> None:
    """What was worked out at the start is what the standard library's own reader says."""
    import dis

    text = "import a.b as c\nfrom d import e\nx.y.z()\ndef f():\n  global g\n  g = h.i\n  del g\n"
    for code in nested(compile(text, "<cell>", "exec")):
        for each in dis.get_instructions(code):
            if each.opcode in opcode.hasname and each.arg is not None:
                assert name_of(code, each.opcode, each.arg) in str(each.argval)
            if each.opcode in instructions.CONSTANT_LOADS and each.arg is not None:
                assert constant_of(code, each.opcode, each.arg) == each.argval


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the text alone is read there")
def test_a_cell_of_code_that_is_not_known_is_recorded_and_it_is_said_once(
    shell: Any, tracker: Tracker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its names count as read, what it binds as bound, and no error is told."""
    shell.run_cell("x = [1]", cell_id="a")
    without = bytes(set(instructions._UNDERSTOOD) - {opcode.opmap["STORE_SUBSCR"]})
    with monkeypatch.context() as patched:
        patched.setattr(instructions, "_UNDERSTOOD", without)
        shell.run_cell("x[0] = 5\ny = x + [2]", cell_id="b")
        shell.run_cell("x[0] = 6\nz = x + [2]", cell_id="c")
    said = capsys.readouterr().out
    assert said.count("instructions that cellgraph does not know") == 1
    assert "internal error" not in said
    b, c = tracker.runs[-2:]
    assert b.conservative and c.conservative and not tracker.runs[0].conservative  # noqa: PT018
    assert {read.name for read in b.reads} == {"x"}
    assert {write.name for write in b.writes} == {"x", "y"}
    shell.run_cell("x = [9]", cell_id="a")
    assert set(tracker.stale()) == {"b", "c"}

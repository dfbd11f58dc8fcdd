"""Which instructions touch a global name, and which part of its value they take."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cellgraph.capture.bytecode import Access, accesses, is_function, nested, strings


@dataclass(frozen=True)
class Case:
    name: str
    source: str
    touched: str

    def __str__(self) -> str:
        return self.name


# A table: the shorter a row, the more rows are in view. ``>`` marks a load that only stores into the value.
# fmt: off
CASES = (
    Case("load and store", "x = a", "load a, store x"),
    Case("delete", "del x", "delete x"),
    Case("attribute", "x = a.b", "load a.b, store x"),
    Case("method", "a.b()", "load a.b"),
    Case("string key", "x = a['k']", 'load a["k"], store x'),
    Case("whole number", "x = a[0]", "load a[0], store x"),
    Case("computed key", "x = a[k]", "load a, load k, store x"),
    Case("attribute stored", "a.b = x", "load x, load >a.b"),
    Case("item stored", "a['k'] = x", 'load x, load >a["k"]'),
    Case("item augmented", "a['k'] += 1", "load a"),
    Case("import", "import a.b", "store a"),
    Case("more names than a byte counts", "\n".join(f"n{i} = 0" for i in range(300)) + "\nx = n299",
         ", ".join(f"store n{i}" for i in range(300)) + ", load n299, store x"),
)
# fmt: on


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_module_touches_these_globals_in_this_order(case: Case) -> None:
    """Touches come in the order of the instructions, with the part that each takes."""
    found = accesses(compile(case.source, "<cell>", "exec"))
    assert ", ".join(_word(access) for _, access in sorted(found.items())) == case.touched


def _word(access: Access) -> str:
    return f"{access.kind} {'>' if access.into else ''}{access.name}{access.path}"


def test_a_function_touches_only_what_is_global_to_it() -> None:
    """Parameters, locals and closure variables are none of the namespace's."""
    source = (
        "def outer(p):\n    k = p\n    def inner():\n        global g\n        g = k + a\n    return inner"
    )
    module, outer, inner = nested(compile(source, "<cell>", "exec"))
    assert [is_function(code) for code in (module, outer, inner)] == [False, True, True]
    assert accesses(outer) == {}
    assert [_word(access) for access in accesses(inner).values()] == ["load a", "store g"]


def test_every_touch_of_a_loop_stands_once_in_the_table() -> None:
    """The table is of instructions, not of executions."""
    found = accesses(compile("for i in xs:\n    t = i", "<cell>", "exec"))
    assert [_word(access) for _, access in sorted(found.items())] == [
        *("load xs", "store i", "load i", "store t"),
    ]


def test_a_key_that_is_stored_under_is_not_among_the_strings() -> None:
    """``globals()['y'] = …`` looks no y up."""
    assert strings(compile("globals()['y'] = globals()['x']", "<cell>", "exec")) == {"x"}

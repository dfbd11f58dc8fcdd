"""Which instructions touch a global name, and which part of its value they take."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass

import pytest

from cellgraph.code import bytecode
from cellgraph.code.bytecode import Access, accesses, is_function, strings
from cellgraph.code.instructions import nested


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
    Case("item augmented", "a['k'] += 1", 'load a["k"]'),
    Case("attribute augmented", "a.k += 1", "load a.k"),
    Case("item of an item", "x = a['k']['j']", 'load a["k"]["j"], store x'),
    Case("item of an item stored", "a['k']['j'] = 1", 'load >a["k"]["j"]'),
    Case("item of an attribute", "x = a.b['k'].c", 'load a.b["k"].c, store x'),
    Case("last element", "x = a[-1]", "load a[-1], store x"),
    Case("item under a computed key", "x = a['k'][k]['j']", 'load a["k"], load k, store x'),
    Case("stored under a computed key", "a[k] = 1", "load >a, load k"),
    Case("stored deep under a computed key", "a['k'][k] = 1", 'load a["k"], load k'),
    Case("two columns", "x = a[['k', 'j']]", 'load a["k"]|["j"], store x'),
    Case("three columns", "x = a[['k', 'j', 'i']]", 'load a["k"]|["j"]|["i"], store x'),
    Case("columns, one computed", "x = a[['k', c]]", "load a, load c, store x"),
    Case("two columns stored", "a[['k', 'j']] = x", 'load x, load >a["k"]|["j"]'),
    Case("column of all rows", "x = a.loc[:, 'k']", 'load a["k"], store x'),
    Case("column of some rows", "x = a.loc[m, 'k']", 'load a["k"], load m, store x'),
    Case("column of rows by a condition", "x = a.loc[a['j'] > 1, 'k']", 'load a["k"], load a["j"], store x'),
    Case("columns of some rows", "x = a.loc[m, ['k', 'j']]", 'load a["k"]|["j"], load m, store x'),
    Case("column of one row", "x = a.loc[3, 'k']", 'load a["k"], store x'),
    Case("rows", "x = a.loc[m]", "load a.loc, load m, store x"),
    Case("column stored in some rows", "a.loc[m, 'k'] = 1", 'load a["k"], load m'),
    Case("slice", "x = a[1:3]", "load a, store x"),
    Case("asked for a key", "x = a.get('k', 0)", 'load a.get["k"], store x'),
    Case("an item asked for a key", "x = a['k'].get('j')", 'load a["k"].get["j"], store x'),
    Case("asked for a computed key", "x = a.get(k)", "load a.get, load k, store x"),
    Case("get without a call", "x = (a.get, 'k')", "load a.get, store x"),
    Case("asked whether a key is there", "x = 'k' in a", 'load a.__contains__["k"], store x'),
    Case("asked whether a key is not there", "x = 'k' not in a", 'load a.__contains__["k"], store x'),
    Case("asked for its length", "x = len(a)", "load len, load a.__len__(), store x"),
    Case("asked for its length in a function of that name", "x = m.len(a)", "load m.len, load a, store x"),
    Case("asked for its elements", "x = sorted(a)", "load sorted, load a.__iter__(sorted), store x"),
    Case("sorted by a key", "x = sorted(a, key=k)", "load sorted, load a, load k, store x"),
    Case("asked for its keys", "x = a.keys()", "load a.keys(), store x"),
    Case("asked for what is behind its keys", "x = a.keys().mapping", "load a.keys, store x"),
    Case("method of an item", "a['k'].append(1)", 'load a["k"].append'),
    Case("deeper than is told apart", "x = a.b.c.d.e.f", "load a.b.c.d.e, store x"),
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
    mark = ">" if access.store_only else ""
    return f"{access.kind} {mark}{access.name}{'|'.join([access.path, *access.also])}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plain_code_has_the_table_of_the_long_way(case: Case) -> None:
    """Code that only binds names to what operators make is looked through in a shorter way."""
    for text in (case.source, f"u = -v * 3 + w\nx = {case.name.split()[0]}", "x = y = GridSearchCV + z"):
        with suppress(SyntaxError):
            code = compile(text, "<cell>", "exec")
            assert accesses(code) == bytecode._accesses(code)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="a subscript is an operator among others there")
def test_code_that_differs_in_a_number_has_the_same_table() -> None:
    """It is looked through once."""
    bytecode._named.cache_clear()
    one, other = (accesses(compile(f"y = x + {number}", "<cell>", "exec")) for number in (1000, 2000))
    assert one == other
    assert bytecode._named.cache_info().misses == 1


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
        *("load xs.__iter__()", "store i", "load i", "store t"),
    ]


def test_a_key_that_is_stored_under_is_not_among_the_strings() -> None:
    """``globals()['y'] = …`` looks no y up."""
    assert strings(compile("globals()['y'] = globals()['x']", "<cell>", "exec")) == {"x"}

"""Random notebooks over a few names.

Definitions, uses, deletions, branches, loops, functions and classes, in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_NAMES = ("alpha", "beta", "gamma", "delta")
_FUNCTIONS = ("first", "second")
_CLASSES = ("Kind",)


def notebook(seed: int) -> list[str]:
    """The texts of three to seven cells."""
    random = Random(seed)
    return [
        "\n".join(_statement(random, 0) for _ in range(random.randint(1, 3)))
        for _ in range(random.randint(3, 7))
    ]


def _statement(random: Random, depth: int) -> str:
    simple: list[Callable[[Random], str]] = [
        _assign,
        _assign,
        _assign,
        _use,
        _augment,
        _delete,
        _import,
        _walrus,
        _comprehension,
    ]
    if depth >= 2:
        return random.choice(simple)(random)
    compound: list[Callable[[Random, int], str]] = [
        _if,
        _for,
        _while,
        _try,
        _function,
        _class,
        _match,
        _with,
        _lambda,
        _guard,
        _call,
    ]
    return random.choice(simple)(random) if random.random() < 0.55 else random.choice(compound)(random, depth)


def _name(random: Random) -> str:
    return random.choice(_NAMES)


def _value(random: Random) -> str:
    return random.choice(
        [
            str(random.randint(0, 5)),
            f"{_name(random)}",
            f"({_name(random)}, 1)",
            "[1, 2]",
            "[]",
            f"{_name(random)} if {random.choice(['1', '0', 'len([])'])} else 2",
        ]
    )


def _assign(random: Random) -> str:
    if random.random() < 0.2:
        return f"{_name(random)} = {_name(random)} = {random.randint(0, 3)}"
    return f"{_name(random)} = {_value(random)}"


def _use(random: Random) -> str:
    return random.choice(
        [
            f"print({_name(random)})",
            f"str({_name(random)})",
            f"bool(0) and {_name(random)}",
            f"bool(1) and {_name(random)}",
            f"f'{{{_name(random)}}}'",
        ]
    )


def _augment(random: Random) -> str:
    name = _name(random)
    return f"{name} = {name}"


def _delete(random: Random) -> str:
    return f"del {_name(random)}" if random.random() < 0.6 else f"{_name(random)} = 1"


def _import(random: Random) -> str:
    return random.choice([f"import math as {_name(random)}", f"from math import pi as {_name(random)}"])


def _walrus(random: Random) -> str:
    return f"print(({_name(random)} := {random.randint(1, 3)}))"


def _comprehension(random: Random) -> str:
    inner, outer = _name(random), random.choice(["range(2)", "[]", "[1]", "str(5)"])
    return random.choice(
        [
            f"[{_name(random)} for {inner} in {outer}]",
            f"list({_name(random)} for {inner} in {outer})",
            f"{{{inner}: 1 for {inner} in {outer}}}",
        ]
    )


def _block(random: Random, depth: int) -> str:
    body = "\n".join(_statement(random, depth + 1) for _ in range(random.randint(1, 2)))
    return "\n".join("    " + line for line in body.splitlines())


def _if(random: Random, depth: int) -> str:
    test = random.choice(["len('a')", "len('')", "True", "0", "print", "__name__ == '__main__'"])
    text = f"if {test}:\n{_block(random, depth)}"
    return text + (f"\nelse:\n{_block(random, depth)}" if random.random() < 0.5 else "")


def _for(random: Random, depth: int) -> str:
    over = random.choice(["range(2)", "[1, 2]", "[]", "str(12)", "range(0)", "''"])
    end = random.choice(["", "\n    break", "\n    if len('a'):\n        continue", ""])
    tail = random.choice(["", f"\nelse:\n{_block(random, depth)}"])
    return f"for {_name(random)} in {over}:\n{_block(random, depth)}{end}{tail}"


def _while(random: Random, depth: int) -> str:
    return f"while {random.choice(['True', '1', 'len(str(1))'])}:\n{_block(random, depth)}\n    break"


def _try(random: Random, depth: int) -> str:
    kind = random.choice(["NameError", "Exception", "ValueError", "(KeyError, NameError)", ""])
    name = f" as {_name(random)}" if kind and random.random() < 0.3 else ""
    tail = random.choice(["", f"\nfinally:\n{_block(random, depth)}", f"\nelse:\n{_block(random, depth)}"])
    return f"try:\n{_block(random, depth)}\nexcept {kind}{name}:\n{_block(random, depth)}{tail}".replace(
        "except :", "except:"
    )


def _function(random: Random, depth: int) -> str:
    name = random.choice(_FUNCTIONS)
    body = random.choice(
        [
            f"return {_name(random)}",
            f"[{_name(random)} for _ in [1]]\n    return 1",
            f"if len('a'):\n        return 1\n    return {_name(random)}",
            f"return {random.choice(_FUNCTIONS)} and {_name(random)}",
            f"try:\n        return {_name(random)}\n    except NameError:\n        return 0",
        ]
    )
    argument = random.choice(["", f"a={_name(random)}", "*a"])
    shared = f"    global {(given := _name(random))}\n    {given} = 1\n" if random.random() < 0.2 else ""
    return f"def {name}({argument}):\n{shared}    {body}"


def _call(random: Random, depth: int) -> str:
    return random.choice(
        [
            f"{random.choice(_FUNCTIONS)}()",
            f"{_CLASSES[0]}().method()",
            f"list(map(lambda _: {_name(random)}, [1]))",
            f"{_CLASSES[0]}()",
        ]
    )


def _class(random: Random, depth: int) -> str:
    body = f"    {_name(random)} = {_value(random)}\n    def method(self):\n        return {_name(random)}"
    return f"class {_CLASSES[0]}:\n{body}"


def _match(random: Random, depth: int) -> str:
    first = f"    case ({_name(random)}, _):\n        pass"
    second = f"    case {random.choice(['_', '1', '[]'])}:\n        {_name(random)} = 1"
    return f"match {random.choice(['1', '(1, 2)', '[]'])}:\n{first}\n{second}"


def _with(random: Random, depth: int) -> str:
    return f"with open('/dev/null') as {_name(random)}:\n{_block(random, depth)}"


def _lambda(random: Random, depth: int) -> str:
    return f"{random.choice(_FUNCTIONS)} = lambda: {_name(random)}"


def _guard(random: Random, depth: int) -> str:
    name = _name(random)
    return random.choice(
        [
            f"if '{name}' not in globals():\n    {name} = 1",
            f"if '{name}' in globals():\n    print({name})",
            f"try:\n    {name}\nexcept NameError:\n    {name} = 0",
        ]
    )

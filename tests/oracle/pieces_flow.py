"""Pieces about the flow inside a cell: which of its statements a doubtful input gets into."""

from __future__ import annotations

from tests.oracle.snippet import Snippet

FLOW: tuple[Snippet, ...] = (
    # a constant beside what is in doubt
    Snippet("constant beside", "print($int1)\n$=int2 = $k\n$=list = [$k1, $k2]\nshow len($list)"),
    Snippet("constant beside", "$=int1 = $k\n$=dict = {'a': $int1, 'b': $k2}\nshow $int2 + $int1"),
    # loops
    Snippet(
        "loop left early",
        "$=int1 = 0\nfor item in $list:\n    if item == $int2:\n        break\n"
        "    $int1 += 1\nelse:\n    $int1 = -1\nshow $int1",
    ),
    Snippet(
        "loop left early", "for item in $list:\n    if item % 2:\n        continue\n    print(item)", 0.7
    ),
    Snippet("loop", "$=int1 = $k\nwhile $int1 > $int2 % 7 + 1:\n    $int1 //= 2\nshow $int1", 0.7),
    Snippet("loop", "for index, item in enumerate($list):\n    $!dict[index] = item\nshow $dict", 0.7),
    Snippet("loop", "for key in list($dict):\n    $dict[key] = $int\nshow $dict", 0.5),
    # branches
    Snippet("branch", "if $int1 > $k:\n    $=int2 = 1\nelse:\n    $int2 = 2\nshow $int2"),
    Snippet(
        "branch",
        "if $int1 % 2:\n    $=text = 'odd'\nelif $int1 > $int2:\n    $text = 'large'\n"
        "else:\n    $text = 'small'\nshow $text",
        0.7,
    ),
    Snippet("branch", "$=int1 = $k\nif len($list) > 3:\n    $int1 = $int2\nshow $int1", 0.7),
    Snippet("branch", "show $int1 and $int2, $int1 > $k or $list", 0.7),
    # try, with, match
    Snippet(
        "try",
        "try:\n    $=int1 = $list[3]\nexcept IndexError as error:\n    $int1 = -$k\n"
        "    print(error)\nelse:\n    print('there')\nfinally:\n    $=text = 'done'\nshow $int1, $text",
    ),
    Snippet(
        "try",
        "try:\n    $=int = $dict['b'] + 1\nexcept (KeyError, TypeError) as error:\n"
        "    $int = 0\n    print(repr(error))\nshow $int",
        0.7,
    ),
    Snippet(
        "with",
        "from contextlib import suppress\n$=int = $k\nwith suppress(KeyError, TypeError):\n"
        "    $int = $dict['b'] + 1\nshow $int",
        0.7,
    ),
    Snippet(
        "with",
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as $=text:\n"
        "    print($list)\nshow $text.getvalue()",
        0.4,
    ),
    Snippet(
        "match",
        "match $int1 % 3:\n    case 0:\n        $=text = 'zero'\n    case 1 if $int2 > 50:\n"
        "        $text = 'one'\n    case _:\n        $text = 'other'\nshow $text",
        0.7,
    ),
    Snippet(
        "match",
        "match $dict:\n    case {'a': found, **rest}:\n        print(found, rest)\n"
        "    case _:\n        print('no a')",
        0.7,
    ),
    Snippet(
        "match",
        "match $list:\n    case [first, *rest]:\n        print(first, len(rest))\n"
        "    case []:\n        print('empty')",
        0.7,
    ),
    # assignments
    Snippet("augmented", "$!dict['a'] -= $int\nshow $dict"),
    Snippet("augmented", "$!list[0] += $int\nshow $list"),
    Snippet("unpacking", "$=int1, ($=int2, *$=list1) = $k, ($int3, *$list2)\nshow ($int1, $int2, $list1)"),
    Snippet("unpacking", "for $=int1, item in zip($list, [$k1, $int2]):\n    print($int1, item)", 0.7),
    Snippet("unpacking", "$=dict1 = {**$dict2, 'b': $int}\nshow $dict1", 0.7),
    Snippet("walrus", "while (found := $int % 5) > 9:\n    pass\nshow found", 0.5),
    Snippet("walrus", "if any((hit := item) > $int for item in $list):\n    print(hit)", 0.7),
    # scopes
    Snippet("comprehension", "show [n for n in $list if n != $int]"),
    Snippet("comprehension", "show {key: value for key, value in $dict.items() if value != $int}"),
    Snippet(
        "comprehension", "$=list = [[step * k for k in range(2)] for step in range($int % 4)]\nshow $list"
    ),
    Snippet(
        "nested function",
        "def $=fn(x):\n    def inner(y):\n        return y + $int\n    return inner(x) * $k\nshow $fn(2)",
    ),
    Snippet("nested function", "def $=fn(n):\n    total = n + $k\n    return total\nshow $fn($int)"),
    Snippet(
        "nested function", "def $=fn(x):\n    return sum(item for item in $list if item != x)\nshow $fn($k)"
    ),
    Snippet(
        "decorator",
        "def twice(func):\n    return lambda x: func(func(x))\n@twice\ndef $=fn(x):\n"
        "    return x + $int\nshow $fn(1)",
        0.7,
    ),
    Snippet(
        "decorator",
        "from functools import lru_cache\n@lru_cache\ndef $=fn(x):\n    return x + $int\nshow $fn(1)",
        0.4,
    ),
    # one object at depth
    Snippet(
        "alias in a closure",
        "def keep(kept):\n    return lambda x: sum(kept) + x\n$=fn = keep($list)\nshow $fn($k)",
        0.7,
    ),
    Snippet(
        "alias in a default",
        "def $=fn(x, kept=$list):\n    kept.append(x)\n    return sum(kept)\nshow $fn($k)",
        0.7,
    ),
    Snippet(
        "alias in a partial",
        "from functools import partial\n$=fn = partial(lambda kept, x: x + sum(kept), $list)\nshow $fn(1)",
        0.5,
    ),
    Snippet("alias in a method", "$=fn = $list.count\nshow $fn($k)", 0.4),
    Snippet("alias of an array", "$=dict = {'a': $k, 'c': $arr[1:]}\nshow $dict['b']", 0.7),
    Snippet("alias of an array", "$!arr[1] = $int\nshow $dict.get('c')", 0.5),
    Snippet("alias in a class", "$!cls.shared = $list\n$cls.shared.append($k)\nshow $list", 0.5),
)

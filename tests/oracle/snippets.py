"""What notebook cells are made of: a table of small pieces of code with slots for names.

A slot is ``$`` + mode + kind + an optional digit that tells two slots of a kind apart::

    $int     reads a name of kind int           $=int    binds one
    $!int    changes one that exists            $-int    deletes one
    $?int    any name of the kind, there or not

The same slot stands for the same name throughout its piece, and the mode of its first appearance
counts. ``$k`` is a constant. A line ``show X`` becomes ``print(X)``, or ``X`` alone where it ends
the cell. Every piece shows something that follows from what it read: a wrong value cannot hide.
"""

from __future__ import annotations

from dataclasses import dataclass

POOLS: dict[str, tuple[str, ...]] = {
    "int": ("n", "k", "total", "step", "limit"),
    "text": ("title", "tag"),
    "list": ("items", "rows", "names"),
    "dict": ("cfg", "scores"),
    "set": ("seen",),
    "arr": ("arr", "vec"),
    "df": ("df", "sales", "clean"),
    "fn": ("f", "g", "area"),
    "cls": ("Model", "Base"),
    "obj": ("model", "other"),
    "it": ("stream",),
    "rng": ("rng",),
    "np": ("np",),
    "pd": ("pd",),
    "math": ("math",),
}
"""Kind of value to the few names that hold it, so that cells collide often."""

THEMES: tuple[frozenset[str], ...] = (
    frozenset({"list", "dict", "set", "text"}),
    frozenset({"arr", "rng"}),
    frozenset({"df"}),
    frozenset({"fn", "it"}),
    frozenset({"cls", "obj"}),
)
"""Kinds of value that go together: a notebook is mostly about one or two of these."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """One piece of a cell. ``kind`` is the construct it exercises, ``weight`` how usual it is."""

    kind: str
    text: str
    weight: float = 1.0


SNIPPETS: tuple[Snippet, ...] = (
    # constants and arithmetic
    Snippet("constant", "$=int = $k\nshow $int", 4),
    Snippet("constant", "$=text = 'run$k'\nshow $text"),
    Snippet("constant", "$=list = [$k1, $k2, $k3]\nshow $list", 2),
    Snippet("constant", "$=dict = {'a': $k1, 'b': $k2}\nshow $dict", 2),
    Snippet("constant", "$=set = {$k1, $k2}\nshow sorted($set)"),
    Snippet("arithmetic", "$=int1 = $int2 * $k + 1\nshow $int1", 2),
    Snippet("arithmetic", "$=int1 = $int2 + $int3\nshow $int1", 2),
    Snippet("arithmetic", "show $int1 - $int2", 2),
    Snippet("augmented", "$!int += $k\nshow $int"),
    Snippet("augmented", "$!text += '-$k'\nshow $text", 0.5),
    Snippet("augmented", "$!list += [$int]\nshow $list"),
    Snippet("augmented", "$!set |= {$int, $k}\nshow sorted($set)", 0.5),
    Snippet("own output", "$!int = $int * 2\nshow $int", 0.7),
    Snippet("own output", "$!list = $list + [$k]\nshow $list", 0.5),
    Snippet("unpacking", "$=int1, $=int2 = $k, $int3\nshow ($int1, $int2)"),
    Snippet("unpacking", "$!int1, $!int2 = $int2, $int1\nshow ($int1, $int2)", 0.5),
    Snippet("star unpacking", "$=int, *$=list1 = [*$list2, $k]\nshow ($int, $list1)"),
    # containers, in place
    Snippet("list", "$!list.append($int)\nshow $list", 2),
    Snippet("list", "$!list.extend([$k, $int])\nshow len($list), $list[-1]"),
    Snippet("list", "$!list.sort()\nshow $list"),
    Snippet("list", "$=int = $!list.pop()\nshow $int"),
    Snippet("list", "$!list[0] = $int\nshow $list"),
    Snippet("list", "del $!list[0]\nshow $list", 0.5),
    Snippet("list", "show $list[0] + $int"),
    Snippet("list", "show sum($list)"),
    Snippet("list copy", "$=list1 = sorted($list2)\n$list1.append($int)\nshow $list1"),
    Snippet("list copy", "$=list1 = list($list2)\nshow $list1", 0.5),
    Snippet("dict", "$!dict['a'] = $int\nshow $dict"),
    Snippet("dict", "$!dict['b'] = $k\nshow $dict['b']"),
    Snippet("dict", "$!dict.update(a=$k, c=$int)\nshow sorted($dict)"),
    Snippet("dict", "show $dict['a']", 2),
    Snippet("dict", "show $dict['b'] + $int"),
    Snippet("dict", "$!dict['a'] += $int\nshow $dict['a']", 0.7),
    Snippet("dict", "show $!dict.pop('b', None)", 0.5),
    Snippet("dict", "$!dict.setdefault('c', []).append($int)\nshow $dict['c']", 0.7),
    Snippet("dict", "for key, value in $dict.items():\n    print(key, value)"),
    Snippet("set", "$!set.add($int)\nshow sorted($set)"),
    Snippet("set", "$!set.discard($int)\nshow len($set), $int in $set", 0.5),
    # one object, two names
    Snippet("alias", "$=list1 = $list2\n$list1.append($k)\nshow $list2"),
    Snippet("alias", "$=list1 = $list2\nshow $list1"),
    Snippet("alias", "$=dict1 = $dict2\n$dict1['b'] = $int\nshow $dict2", 0.7),
    Snippet("alias in a container", "$=dict = {'a': $int, 'c': $list}\n$dict['c'].append($k)\nshow $list"),
    Snippet("alias in a container", "$=dict = {'a': $k, 'c': $list}\nshow $dict", 0.7),
    Snippet("alias in a container", "$=list1 = [$list2, $k]\n$list1[0].append($k)\nshow $list1", 0.5),
    Snippet("alias by attribute", "$!obj.items = $list\n$obj.items.append($int)\nshow $list"),
    Snippet("alias by attribute", "$=list = $obj.items\n$list.append($k)\nshow $obj.items"),
    # text
    Snippet("f-string", "$=text = f'{$int:>4}|{$list}'\nshow $text"),
    Snippet("f-string", "print(f'{$text} {$int + 1=}')"),
    Snippet("text building", "$=text = ''\nfor part in $list:\n    $text += f'{part};'\nshow $text"),
    Snippet("text building", "show ', '.join(str(part) for part in [$text, *$list])"),
    # functions
    Snippet("function", "def $=fn(x):\n    return x * $k + $int\nshow $fn(2)", 2),
    Snippet("function", "def $=fn(x):\n    return x * $k + $int", 1.5),
    Snippet("function", "def $=fn(x):\n    return x - $k\nshow $fn(2)"),
    Snippet("function calling another", "def $=fn1(x):\n    return $fn2(x) + $k\nshow $fn1(1)"),
    Snippet(
        "function with a side effect",
        "def $=fn(x):\n    $list.append(x)\n    return sum($list)\nshow $fn(3)",
        0.7,
    ),
    Snippet("function with a side effect", "def $=fn(x):\n    $list.append(x)\n    return len($list)", 0.5),
    Snippet(
        "global statement", "def $=fn(x):\n    global $!int\n    $int += x\n    return $int\nshow $fn(2)", 0.7
    ),
    Snippet("lambda", "$=fn = lambda x: x + $int\nshow $fn($k)"),
    Snippet("lambda", "$=fn = lambda x: x * $k"),
    Snippet("default argument", "def $=fn(x, by=$int):\n    return x * by\nshow $fn(3)"),
    Snippet(
        "default argument",
        "def $=fn(x, kept=[]):\n    kept.append(x)\n    return sum(kept)\nshow $fn($k)",
        0.5,
    ),
    Snippet(
        "closure",
        "def make(start):\n    count = start\n    def tick(x):\n        nonlocal count\n"
        "        count += x\n        return count\n    return tick\n$=fn = make($int)\n"
        "show $fn(1)",
        0.7,
    ),
    Snippet(
        "closure",
        "def outer():\n    scale = $k\n    return lambda x: x * scale + $int\n$=fn = outer()\nshow $fn(2)",
        0.7,
    ),
    Snippet("call", "show $fn($k)", 2),
    Snippet("call", "$=int = $fn($k)\nshow $int", 2),
    Snippet("call", "$=int1 = $fn($int2)\nshow $int1"),
    Snippet("call by a library", "$=list1 = list(map($fn, $list2[:3]))\nshow $list1"),
    Snippet("call by a library", "show sorted($list, key=$fn)", 0.7),
    Snippet("call by a library", "show $df['a'].apply($fn).tolist()"),
    # classes
    Snippet(
        "class",
        "class $=cls:\n    rate = $k\n\n    def __init__(self, size):\n"
        "        self.size = size\n        self.items = [size]\n\n    def score(self):\n"
        "        return self.size * self.rate + $int\n\nshow $cls(2).score()",
        2,
    ),
    Snippet(
        "class",
        "class $=cls:\n    rate = $int\n\n    def __init__(self, size):\n"
        "        self.size = size\n        self.items = []\n\n    def score(self):\n"
        "        return (self.size + self.rate) * $k\n\nshow $cls(1).score()",
    ),
    Snippet(
        "subclass",
        "class $=cls1($cls2):\n    def score(self):\n        return super().score() + $k\n\n"
        "show $cls1(3).score()",
        0.7,
    ),
    Snippet("class attribute", "$!cls.rate = $int\nshow $cls(1).score()"),
    Snippet("class attribute", "$!cls.rate += $k\nshow $cls.rate", 0.5),
    Snippet("instance", "$=obj = $cls($int)\nshow $obj.score()", 2),
    Snippet("instance", "$=obj = $cls($k)"),
    Snippet("instance", "show $obj.score()", 2),
    Snippet("instance attribute", "$!obj.size = $int\nshow $obj.score()"),
    Snippet("instance attribute", "$!obj.size += $k\nshow $obj.size", 0.7),
    Snippet("instance attribute", "$!obj.items.append($int)\nshow $obj.items"),
    Snippet("instance attribute", "show $obj.size, $obj.items"),
    # names made and lost in unusual ways
    Snippet("exec", "exec('$=int1 = $int2 + $k')\nshow $int1"),
    Snippet("exec", "exec('$=int = $k')\nshow $int", 0.5),
    Snippet("eval", "show eval('$int1 * 2 + $int2')", 0.7),
    Snippet("globals()", "globals()['$=int'] = $k\nshow $int", 0.7),
    Snippet("globals()", "show globals()['$int'] + 1", 0.5),
    Snippet("globals()", "show globals().get('$?int', 'none')", 0.3),
    Snippet("del", "show $int\ndel $-int", 0.7),
    Snippet("del", "del $-list", 0.4),
    Snippet("del", "del $-df", 0.3),
    Snippet("walrus", "if ($=int1 := $int2 + $k) > 40:\n    print('big')\nshow $int1"),
    Snippet("walrus", "show [last := item + $int for item in $list], last", 0.5),
    # control flow
    Snippet("loop", "$=int = 0\nfor item in $list:\n    $int += item\nshow $int"),
    Snippet("loop", "for item in range(3):\n    $!int += item * $k\nshow $int", 0.7),
    Snippet("loop", "for $=int in $list:\n    pass\nshow $int", 0.7),
    Snippet("comprehension", "$=list1 = [item * $int for item in $list2]\nshow $list1", 2),
    Snippet("comprehension", "$=dict = {str(item): item + $int for item in $list}\nshow $dict", 0.7),
    Snippet("comprehension", "show sum(item * $int for item in $list)"),
    Snippet("branch", "if $int1 > 50:\n    print($int2)\nelse:\n    print('small', $int1)"),
    Snippet("branch", "$=int1 = $int2 if $int3 > $k else -$int3\nshow $int1"),
    Snippet("branch", "if $k > 1000:\n    $=int = 0\nshow $int", 0.5),
    Snippet("try", "try:\n    print($?int)\nexcept NameError:\n    print('not there')"),
    Snippet("try", "try:\n    $=int = $?int1 + $k\nexcept NameError:\n    $int = $k\nshow $int", 0.7),
    Snippet("raises midway", "$=int = $k\nprint($int)\nraise ValueError($int2)", 0.4),
    Snippet("raises midway", "$!list.append($k)\nprint($list)\n$list[99]", 0.4),
    Snippet("raises midway", "assert $int > 20, $int\n$=int1 = $int + $k\nshow $int1", 0.5),
    # libraries
    Snippet("import", "import math as $=math\nshow $math.sqrt($int * $int)", 0.7),
    Snippet("import", "show $math.hypot($int, $k)", 0.7),
    Snippet(
        "import",
        "from collections import Counter\nshow Counter($list).most_common(1), Counter(str($int))",
        0.7,
    ),
    Snippet("import", "import numpy as $=np", 0.5),
    Snippet("import", "import pandas as $=pd", 0.5),
    Snippet(
        "seeded random", "import random\nrandom.seed($k)\n$=int = random.randint(0, 999)\nshow $int", 0.7
    ),
    # numpy
    Snippet("numpy", "$=arr = $np.arange(6) * $k + $int\nshow $arr", 2),
    Snippet("numpy", "$=arr = $np.array([$k1, $k2, $k3, $k4])\nshow $arr.sum()", 2),
    Snippet("numpy", "$=arr1 = $arr2 * 2 + $int\nshow $arr1"),
    Snippet("numpy", "show $arr.mean(), $arr.max()", 1.5),
    Snippet("numpy", "show ($arr * $int).sum()", 1.5),
    Snippet("numpy", "$=int = int($arr.sum())\nshow $int"),
    Snippet("numpy in place", "$!arr += $k\nshow $arr"),
    Snippet("numpy in place", "$!arr[0] = $int\nshow $arr"),
    Snippet("numpy in place", "$!arr[$arr > $int] = 0\nshow $arr"),
    Snippet("numpy in place", "$np.add($!arr, $k, out=$arr)\nshow $arr", 0.7),
    Snippet("numpy in place", "$!arr.sort()\nshow $arr", 0.5),
    Snippet("numpy view", "$=arr1 = $arr2[1:]\n$arr1[0] = $k\nshow $arr2"),
    Snippet("numpy view", "$=arr1 = $arr2[::-1]\nshow $arr1", 0.7),
    Snippet("numpy view", "$=arr1 = $arr2.reshape(-1)\n$arr1[-1] = $int\nshow $arr2", 0.5),
    Snippet("seeded random", "$np.random.seed($k)\n$=arr = $np.random.randint(0, 100, 5)\nshow $arr", 0.7),
    Snippet("random generator", "$=rng = $np.random.default_rng($k)\nshow int($rng.integers(1000))", 0.4),
    Snippet("random generator", "show int($!rng.integers(1000))", 0.4),
    # pandas
    Snippet(
        "pandas",
        "$=df = $pd.DataFrame({'g': [*'xyxy'], 'a': [$k1, $k2, $k3, $k4], 'b': [$k5, $k6, $k7, $int]})\n"
        "show $df",
        3,
    ),
    Snippet("pandas", "show $df['a'].tolist()", 1.5),
    Snippet("pandas", "show $df['b'].sum() + $int"),
    Snippet("pandas", "show $df.describe()", 0.5),
    Snippet("pandas", "show $df.shape, list($df.columns)"),
    Snippet("pandas", "$=list = $df['a'].tolist()\nshow $list"),
    Snippet("pandas", "$=int = int($df['a'].max())\nshow $int"),
    Snippet("pandas column", "$!df['c'] = $df['a'] * $int\nshow $df['c'].tolist()", 1.5),
    Snippet("pandas column", "$!df['a'] = $df['a'] + $k\nshow $df['a'].tolist()"),
    Snippet("pandas filter", "$!df = $df[$df['a'] > $int]\nshow $df"),
    Snippet("pandas filter", "$=df1 = $df2[$df2['a'] > $k]\nshow $df1"),
    Snippet("pandas groupby", "show $df.groupby('g')['a'].sum()", 1.5),
    Snippet("pandas groupby", "$=dict = $df.groupby('g')['b'].sum().to_dict()\nshow $dict", 0.7),
    Snippet("pandas in place", "$!df.sort_values('a', inplace=True)\nshow $df"),
    Snippet("pandas in place", "$!df.drop(columns='b', inplace=True)\nshow $df", 0.5),
    Snippet("pandas in place", "$!df.rename(columns={'b': 'c'}, inplace=True)\nshow list($df.columns)", 0.4),
    Snippet("pandas in place", "$!df.insert(0, 'id', range(len($df)))\nshow $df", 0.7),
    Snippet("pandas loc", "$!df.loc[0, 'a'] = $int\nshow $df['a'].tolist()"),
    Snippet("pandas loc", "$!df.loc[$df['a'] > $int, 'b'] = $k\nshow $df['b'].tolist()"),
    Snippet("pandas merge", "$=df1 = $df2.merge($df3, on='g')\nshow $df1", 4),
    Snippet("pandas query", "show $df.query('a > @$int')['a'].tolist()"),
    Snippet("pandas copy", "$=df1 = $df2.copy()\n$df1['a'] = $int\nshow $df2['a'].tolist()", 0.7),
    Snippet("pandas alias", "$=df1 = $df2\n$df1['c'] = $k\nshow list($df2.columns)", 0.6),
    Snippet("pandas assign", "$=df1 = $df2.assign(c=$df2['a'] + $int)\nshow $df1['c'].sum()"),
    # iterators, and the results that IPython keeps
    Snippet("iterator", "$=it = iter($list)\nshow next($it, None)", 0.3),
    Snippet("iterator", "$=it = (item + $int for item in $list)\nshow next($it, None)", 0.3),
    Snippet("iterator", "show next($!it, None)", 0.4),
    Snippet("last result", "show _, $int", 0.15),
    Snippet("last result", "show Out.get(2), $int", 0.1),
)

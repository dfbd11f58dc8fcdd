"""Pieces that meet the disk, that fail, or that can be interrupted; and plain ones beside them."""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet

PLAIN: tuple[Snippet, ...] = (
    Snippet("constant", "$=int = $k", 1.5),
    Snippet("number", "$=int1 = $int2 + $k\nshow $int1"),
    Snippet("number", "show $int * 2", 0.7),
    Snippet("number", "$!int += $k\nshow $int", 0.5),
    Snippet("constant", "$=float = $k / 4", 0.4),
    Snippet("number", "for each in range(20):\n    $!float += $int / 2\nshow $float", 0.4),
    Snippet("list", "$=list = [$k, $int]\nshow $list", 0.5),
    Snippet("list", "show sum($list) + $int", 0.3),
    Snippet("function", "def $=fn(x):\n    return x + $int\nshow $fn($k)", 0.3),
)
"""What any session holds beside the pieces of its kind."""

EDITS = (
    Group(
        "",
        (
            Snippet("list", "$=list = [$k, $int]\nshow $list"),
            Snippet("list", "$!list.append($int)\nshow $list", 1.5),
            Snippet("list", "$=int = $list[0] + $k\nprint('first')\nshow $int"),
            Snippet("dict", "$=dict = {'a': $int, 'b': $k}\nshow $dict"),
            Snippet("dict", "$!dict['a'] = $int\nshow $dict['b']"),
            Snippet("dict", "show $dict['a'] + $k"),
            Snippet("function", "def $=fn(x):\n    return x + $int\nshow $fn($k)"),
            Snippet("function", "show $fn($k)"),
            Snippet("function", "$=int = $fn($k)\n$=list = [$int]\nshow $list"),
            Snippet("import", "import math\n$=int = int(math.sqrt($k))\nshow $int"),
            Snippet("chain", "$=int1 = $k\n$=int2 = $int1 + 1\n$=list = [$int1, $int2]\nshow $list", 2),
            Snippet("chain", "print($int)\n$=text = f'n is {$int}'\nshow $text"),
            Snippet("text", "$=text = $text.upper() + '$k'\nshow $text"),
            Snippet("branch", "if $int > 50:\n    $=int1 = $k\nelse:\n    $int1 = $int\nshow $int1"),
            Snippet("loop", "for each in $list:\n    print(each + $int)"),
            Snippet("delete", "del $-int", 0.4),
        ),
    ),
    Group(
        "",
        (
            Snippet("list", "$=list = [$k, $int, 7]\nshow $list", 1.5),
            Snippet("dict", "$=dict = {'a': $int, 'b': $k}\nshow $dict"),
            Snippet("update", "globals().update({'$=int': $k})\nshow $int", 1.5),
            Snippet("update", "globals().update($=int1=$k, $=int2=$int3 + 1)"),
            Snippet("walrus", "if ($=int1 := $int2 % 7) > 3:\n    print('large')\nshow $int1", 1.5),
            Snippet("walrus", "$=list1 = [($=int1 := item + $int2) for item in $list2]\nshow $int1"),
            Snippet(
                "match",
                "match $list:\n    case [first, *rest] if first > $k:\n        $=int = len(rest)\n"
                "    case _:\n        $int = -1\nshow $int",
                1.5,
            ),
            Snippet(
                "match",
                "match $dict:\n    case {'a': $=int}:\n        print('a')\n    case _:\n        $int = 0",
            ),
            Snippet("starred", "$=int, *$=list1 = $list2\nshow $list1", 1.5),
            Snippet("starred", "*_, $=int = [*$list, $k]\nshow $int"),
            Snippet("append", "$!list.append($int)", 1.5),
            Snippet("user", "show sum($list) + $int", 1.5),
            Snippet("user", "show len($list), $dict"),
        ),
    ),
)
LOOPS = (
    Group(
        "",
        (
            Snippet(
                "loop",
                "$=list = []\nfor step in range(5):\n    $list.append(step * $int)\n    print(step)",
                2,
            ),
            Snippet("loop", "for step in range(5):\n    $!list.append(step + $k)\n    print(len($list))", 2),
            Snippet("loop", "$=int = 0\nfor step in range(4):\n    $int += step\n    print($int)", 2),
            Snippet("loop", "for step in range(4):\n    $!dict[step] = $int\n    print(step)"),
            Snippet(
                "lines", "print('start')\n$=int1 = $k\nprint('half')\n$=int2 = $int1 + 1\nprint('end')", 2
            ),
            Snippet(
                "lines", "print('start')\n$!list.append($int)\nprint('half')\n$!list.append($k)\nprint('end')"
            ),
            Snippet(
                "lines",
                "print('start')\n$=list = sorted($list)\nprint('half')\n$=int = len($list)\nprint('end')",
            ),
            Snippet("lines", "print('start')\ndel $-int\nprint('end')", 0.5),
            Snippet("dict", "$=dict = {'a': $int, 'b': $k}\nshow $dict"),
            Snippet("user", "show len($list), $int", 2),
            Snippet("user", "show sorted($dict.items(), key=str)"),
            Snippet(
                "function",
                "def $=fn(x):\n    print('in')\n    $list.append(x)\n    print('out')\n"
                "    return len($list)\nshow $fn($k)",
            ),
            Snippet("function", "show $fn($int)"),
        ),
    ),
)
FAILURES = (
    Group(
        "",
        (
            Snippet("own output", "$=text = 'a b $k'\nshow $text", 2),
            Snippet("own output", "$!text = $text.split()\nshow $text"),
            Snippet("own output", "$!dict['total'] = $dict.pop('a')\nshow $dict", 1.5),
            Snippet("own output", "$!list.remove($k)\nshow $list", 0.5),
            Snippet("own output", "$=int = $!list.pop(0)\nshow $int", 1.5),
            Snippet("own output", "del $!dict['a']", 0.7),
            Snippet("make", "$=list = [$k, $int]\nshow $list", 1.5),
            Snippet("make", "$=dict = {'a': $int, 'b': $k}\nshow $dict", 2),
            Snippet(
                "raise", "if $int > 50:\n    raise ValueError('large')\n$=int1 = $int + 1\nshow $int1", 1.5
            ),
            Snippet("raise", "assert $int < 60, 'large'\nprint('good')"),
            Snippet("raise", "$=int1 = $k\n$=list = [1 // ($int - $k % 5)]\nshow $list"),
            Snippet("raise", "$!list.append($int)\nprint($list[3])\n$=int = $list[3]\nshow $int", 1.5),
            Snippet("raise", "show $dict['total'] + $k", 1.5),
            Snippet("raise", "$=int = int($text)\nshow $int", 0.7),
            Snippet("absent", "show $?int + 1", 0.7),
            Snippet("absent", "$=list = [$?int]\nshow $list", 0.7),
            Snippet("delete", "del $-int", 0.7),
            Snippet("delete", "del $-list", 0.4),
            Snippet(
                "caught", "try:\n    print($dict['total'])\nexcept KeyError:\n    $!dict['total'] = $int"
            ),
            Snippet("caught", "try:\n    print($?int)\nexcept NameError:\n    print('none')"),
            Snippet("function", "def $=fn(x):\n    return $dict['a'] + x\nshow $fn($k)"),
            Snippet("function", "show $fn($int)"),
        ),
    ),
)
FILES = (
    Group(
        "import os, glob\nfrom pathlib import Path",
        (
            Snippet("append", "with open('log.txt', 'a') as out:\n    _ = out.write('$k\\n')", 2),
            Snippet(
                "append",
                "with open('log.txt', 'a') as out:\n    _ = out.write(f'{$int}\\n')\n"
                "show os.path.getsize('log.txt')",
            ),
            Snippet("write", "_ = Path('log.txt').write_text('start $k\\n')", 1.5),
            Snippet("write", "_ = Path('data.txt').write_text(str($int))", 2),
            Snippet("write", "_ = Path('more.txt').write_text('$k')"),
            Snippet("read", "print(open('log.txt').read())", 2),
            Snippet("read", "$=int = int(Path('data.txt').read_text())\nshow $int", 2),
            Snippet("read", "show os.path.exists('data.txt'), $int"),
            Snippet("list", "show sorted(glob.glob('*.txt'))", 1.5),
            Snippet("list", "show sorted(os.listdir('.'))"),
            Snippet("directory", "os.mkdir('out')", 0.7),
            Snippet("directory", "os.makedirs('out', exist_ok=True)\n_ = Path('out/a.txt').write_text('$k')"),
            Snippet("directory", "show sorted(path.name for path in Path('out').iterdir())", 0.7),
            Snippet("delete", "os.remove('data.txt')", 0.4),
            Snippet("delete", "Path('log.txt').unlink(missing_ok=True)", 0.7),
            Snippet(
                "guard",
                "if not os.path.exists('data.txt'):\n    _ = Path('data.txt').write_text('$k')\n"
                "show Path('data.txt').read_text()",
                1.5,
            ),
            Snippet("rename", "os.rename('data.txt', 'more.txt')", 0.4),
        ),
    ),
    Group(
        "import pandas as pd\nimport json",
        (
            Snippet("frame", "$=sdf = pd.DataFrame({'a': [$k, $int]})\nshow $sdf", 2),
            Snippet("append", "$sdf.to_csv('t.csv', mode='a', header=False)", 1.5),
            Snippet("write", "$sdf.to_csv('t.csv', index=False)", 2),
            Snippet("read", "$=sdf = pd.read_csv('t.csv')\nshow $sdf.shape", 1.5),
            Snippet("read", "print(open('t.csv').read())", 1.5),
            Snippet("json", "with open('c.json', 'w') as out:\n    json.dump({'a': $int}, out)", 1.5),
            Snippet(
                "json", "with open('c.json') as source:\n    $=dict = json.load(source)\nshow $dict", 1.5
            ),
            Snippet(
                "json",
                "with open('c.json') as source:\n    $=dict = json.load(source)\n"
                "$dict['n'] = $dict.get('n', 0) + 1\n"
                "with open('c.json', 'w') as out:\n    json.dump($dict, out)\nshow $dict",
            ),
        ),
        needs="pandas",
        weight=0.5,
    ),
)

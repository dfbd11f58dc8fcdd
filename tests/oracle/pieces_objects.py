"""Pieces in which an equal value is not enough: caches, classes made again, shared objects, guards."""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet

CACHES = (
    Group(
        "from functools import lru_cache, cache, cached_property",
        (
            Snippet("cache", "@lru_cache\ndef $=cfn(x):\n    return x * $int\nshow $cfn(3)", 3),
            Snippet("cache", "@cache\ndef $=cfn(x):\n    return $fn(x) * 2", 1.5),
            Snippet("cache", "def $=fn(x):\n    return x + $int", 1.5),
            Snippet("cache", "show $cfn(3)", 3),
            Snippet("cache", "show $cfn($k)"),
            Snippet("cache", "$=int = $cfn(3) + $k\nshow $int", 1.5),
            Snippet("cache", "$!cfn.cache_clear()\nshow $cfn(3)", 0.7),
            Snippet("cache", "show $cfn.cache_info().currsize", 0.4),
            Snippet(
                "cached property",
                "class $=kcls:\n    @cached_property\n    def v(self):\n        return $int * 5",
                2,
            ),
            Snippet("cached property", "$=kobj = $kcls()\nshow $kobj.v", 2),
            Snippet("cached property", "show $kobj.v + $int", 2),
            Snippet("cached property", "del $!kobj.v\nshow $kobj.v", 0.3),
        ),
    ),
    Group(
        "",
        (
            Snippet(
                "memo",
                "$=memo = {}\ndef $=mfn(x):\n    if x not in $memo:\n        $memo[x] = x * $int\n"
                "    return $memo[x]",
                3,
            ),
            Snippet("memo", "show $mfn(3)", 3),
            Snippet("memo", "$=int = $mfn(5) + $k\nshow $int"),
            Snippet("memo", "$!memo.clear()", 0.5),
            Snippet("memo", "show sorted($memo)", 0.7),
            Snippet(
                "default", "def $=dfn(x, kept={}):\n    return kept.setdefault(x, x * $int)\nshow $dfn(3)", 2
            ),
            Snippet("default", "show $dfn(3)", 2),
            Snippet(
                "decorator",
                "def stored(func):\n    kept = {}\n    def call(x):\n        if x not in kept:\n"
                "            kept[x] = func(x)\n"
                "        return kept[x]\n    return call\n@stored\ndef $=sfn(x):\n    return x - $int\n"
                "show $sfn(3)",
                2,
            ),
            Snippet("decorator", "show $sfn(3)", 2),
            Snippet(
                "attribute",
                "class $=kcls:\n    result = None\n    def run(self):\n        if self.result is None:\n"
                "            self.result = $int + 1\n        return self.result\n$=kobj = $kcls()\n"
                "show $kobj.run()",
                2,
            ),
            Snippet("attribute", "show $kobj.run()", 2),
        ),
    ),
)

CLASSES = (
    Group(
        "",
        (
            Snippet(
                "class", "class $=rcls:\n    size = 2\n    def area(self):\n        return self.size * $k", 3
            ),
            Snippet("class", "$=robj = $rcls()\nshow type($robj).__name__", 2.5),
            Snippet("class", "show isinstance($robj, $rcls)", 2),
            Snippet("class", "show type($robj) is $rcls, $robj.area() + $int"),
            Snippet("class", "show $robj.area()", 1.5),
            Snippet("class", "$!robj.size = $int\nshow $robj.area()"),
            Snippet("class", "class $=sub($rcls):\n    extra = $k\nshow $sub.extra"),
            Snippet("class", "show issubclass($sub, $rcls), $sub().area()"),
            Snippet("class", "$!rcls.size = $k\nshow $rcls.size", 0.7),
            Snippet(
                "class",
                "import pickle\ntry:\n    print(len(pickle.dumps($robj)) > 0)\n"
                "except pickle.PicklingError:\n    print('no')",
                0.7,
            ),
            Snippet(
                "class", "$=list = [$robj, $rcls()]\nshow [isinstance(each, $rcls) for each in $list]", 0.7
            ),
        ),
    ),
    Group(
        "from enum import Enum\nfrom dataclasses import dataclass",
        (
            Snippet("enum", "class $=ecls(Enum):\n    RED = 1\n    BLUE = $k", 3),
            Snippet("enum", "$=em = $ecls.RED\nshow $em", 2),
            Snippet("enum", "show $em is $ecls.RED", 2),
            Snippet("enum", "show $em == $ecls.RED, $em.value + $int"),
            Snippet("enum", "$=emap = {$ecls.RED: $int, $ecls.BLUE: $k}\nshow len($emap)"),
            Snippet("enum", "show $emap.get($ecls.RED)"),
            Snippet("dataclass", "@dataclass\nclass $=rec:\n    x: int\n    y: int = $k", 3),
            Snippet("dataclass", "$=rcd = $rec($int)\nshow $rcd", 2),
            Snippet("dataclass", "show $rcd == $rec($rcd.x)", 2),
            Snippet("dataclass", "show $rcd.x + $k"),
            Snippet("dataclass", "$!rcd.x = $int\nshow $rcd.x", 0.7),
            Snippet(
                "dataclass",
                "match $rcd:\n    case $rec(x=x):\n        print('x', x)\n    case _:\n"
                "        print('other')",
                0.7,
            ),
        ),
    ),
    Group(
        "from functools import singledispatch",
        (
            Snippet("exception", "class $=xcls(Exception):\n    code = $k", 2),
            Snippet("exception", "$=err = $xcls('no')\nshow $err.code", 1.5),
            Snippet("exception", "def $=fn(x):\n    raise $xcls(x)", 1.5),
            Snippet(
                "exception",
                "try:\n    $fn($int)\nexcept $xcls as error:\n    print('caught', error)\n"
                "except Exception:\n    print('lost')",
                2,
            ),
            Snippet(
                "exception",
                "try:\n    raise $err\nexcept $xcls:\n    print('caught')\nexcept Exception:\n"
                "    print('lost')",
                2,
            ),
            Snippet("class", "class $=rcls:\n    size = $k", 2),
            Snippet("class", "$=robj = $rcls()\nshow $robj.size", 1.5),
            Snippet(
                "dispatch",
                "@singledispatch\ndef $=gen(x):\n    return 'any'\n@$gen.register\ndef _(x: $rcls):\n"
                "    return f'mine {x.size}'",
                1.5,
            ),
            Snippet("dispatch", "show $gen($robj), $gen($rcls())", 1.5),
        ),
    ),
)

SHARED = (
    Group(
        "from types import SimpleNamespace",
        (
            Snippet("list", "$=shl = [$k, $int]\nshow $shl", 3),
            Snippet("list", "$=shl1 = $shl2", 2),
            Snippet("list", "$=shl1 = list($shl2)"),
            Snippet("list", "$!shl.append($int)\nshow $shl", 2),
            Snippet("list", "$!shl.append($k)", 1),
            Snippet("list", "show $shl1 is $shl2, len($shl1)"),
            Snippet("list", "show len($shl), sum($shl)", 1.5),
            Snippet("box", "$=box = {'rows': $shl, 'n': $k}\nshow $box", 2),
            Snippet("box", "show len($box['rows'])", 1.5),
            Snippet("box", "$!box['rows'].append($k)\nshow $box['n']"),
            Snippet("holder", "$=hold = SimpleNamespace(items=$shl, n=$int)\nshow $hold.n", 1.5),
            Snippet("holder", "show $hold.items", 1.5),
            Snippet("holder", "$!hold.items.append($k)"),
            Snippet("closure", "def $=shf(x, to=$shl):\n    to.append(x)\n    return len(to)"),
            Snippet("closure", "show $shf($k)"),
            Snippet("method", "$=shm = $shl.append\n$shm($k)\nshow $shl", 0.5),
        ),
    ),
    Group(
        "",
        (
            Snippet("object", "class $=ccls:\n    lr = 1\n$=cobj = $ccls()\n$cobj.lr = $k", 2.5),
            Snippet("object", "$=cobj = $ccls()\n$cobj.lr = $int", 1.5),
            Snippet(
                "object",
                "class $=tcls:\n    def __init__(self, c):\n        self.c = c\n$=tobj = $tcls($cobj)",
                2,
            ),
            Snippet("object", "$!cobj.lr = $k\nshow $cobj.lr", 2),
            Snippet("object", "show $tobj.c.lr + $int", 2),
            Snippet("object", "$!tobj.c.lr = $k"),
            Snippet("object", "show $tobj.c is $cobj"),
        ),
    ),
    Group(
        "import numpy as np\nimport pandas as pd",
        (
            Snippet("array", "$=sarr = np.arange(4) + $k\nshow $sarr", 2),
            Snippet("array", "$=wview = $sarr[:2]\nshow $wview", 1.5),
            Snippet("array", "$!sarr[0] = $int\nshow $sarr", 1.5),
            Snippet("array", "$!wview[1] = $k", 1),
            Snippet("array", "show $wview.sum(), $sarr.sum()", 1.5),
            Snippet("frame", "$=sdf = pd.DataFrame({'v': [$k, $int]})\nshow $sdf['v'].sum()", 2),
            Snippet("frame", "$=odf = $sdf", 1.5),
            Snippet("frame", "$!sdf['w'] = $int\nshow list($sdf.columns)", 1.5),
            Snippet("frame", "show list($odf.columns), $odf['v'].sum()", 1.5),
            Snippet("frame", "$=odf = $sdf.copy()", 0.7),
        ),
        needs="pandas",
    ),
    Group(
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler",
        (
            Snippet("estimator", "$=sc = StandardScaler()", 2),
            Snippet("estimator", "$=pipe = make_pipeline($sc)", 2),
            Snippet("estimator", "_ = $!pipe.fit([[$k], [$int]])", 2),
            Snippet("estimator", "_ = $!sc.fit([[$k], [$int]])\nshow $sc.mean_.tolist()"),
            Snippet("estimator", "show hasattr($sc, 'mean_')", 1.5),
            Snippet("estimator", "show $pipe.transform([[$k]]).tolist()", 1),
        ),
        needs="sklearn",
        weight=0.3,
    ),
)

GUARDS = (
    Group(
        "",
        (
            Snippet("globals", "if '$=gv' not in globals():\n    $gv = {'w': $int}\nshow $gv", 2),
            Snippet("try", "try:\n    $=gv\nexcept NameError:\n    $gv = {'w': $int}\nshow $gv['w']", 2),
            Snippet("try", "try:\n    $=cnt += 1\nexcept NameError:\n    $cnt = $k\nshow $cnt", 1.5),
            Snippet("get", "$=gv = globals().get('$gv') or {'w': $int}\nshow $gv"),
            Snippet("dir", "if '$=cnt' not in dir():\n    $cnt = $int\nshow $cnt"),
            Snippet("use", "show $gv['w'] + $k", 2),
            Snippet("use", "$!gv['w'] += $int\nshow $gv['w']", 1.5),
            Snippet("use", "$!gv['w'] = $k"),
            Snippet("use", "show $cnt * 2"),
            Snippet("delete", "del $-gv", 0.5),
            Snippet("delete", "if '$?gv' in globals():\n    print('there')\nelse:\n    print('not there')"),
            Snippet("setdefault", "show $!gv.setdefault('z', $int)"),
            Snippet("hasattr", "class $=ccls:\n    pass\n$=cobj = $ccls()", 1.5),
            Snippet("hasattr", "if not hasattr($!cobj, 'lr'):\n    $cobj.lr = $int\nshow $cobj.lr", 1.5),
            Snippet("none", "$=kept = None"),
            Snippet("none", "if $!kept is None:\n    $kept = [$int]\nshow $kept", 1.5),
        ),
    ),
)

BUILTINS = (
    Group(
        "",
        (
            Snippet("shadow", "sum = $int + 1\nshow sum"),
            Snippet("shadow", "max = $k"),
            Snippet("shadow", "list = [$k, $int]\nshow list"),
            Snippet("shadow", "str = 'x$k'"),
            Snippet("shadow", "def len(x):\n    return $k"),
            Snippet("shadow", "id = $int\nshow id", 0.7),
            Snippet("undone", "del sum", 0.5),
            Snippet("undone", "del str", 0.5),
            Snippet("undone", "from builtins import len, max", 0.4),
            Snippet("user", "show sum([$k, $int])", 2),
            Snippet("user", "show max([$k, $int])", 2),
            Snippet("user", "show list(range($k % 3)), $int", 1.5),
            Snippet("user", "show str($int) + '!'", 2),
            Snippet("user", "show len('abc') + $int", 2),
            Snippet("user", "def $=fn(x):\n    return max(x, $int)\nshow $fn($k)", 1.5),
            Snippet("user", "show $fn(3)"),
            Snippet("user", "show callable(id)", 0.5),
            Snippet("patched", "import builtins\nbuiltins.abs = lambda value: $k", 0.5),
            Snippet("user", "show abs(-3)"),
            Snippet("patched", "import builtins\nbuiltins.rate = $int", 0.5),
            Snippet("user", "try:\n    print(rate + 1)\nexcept NameError:\n    print('no rate')", 0.7),
        ),
    ),
)

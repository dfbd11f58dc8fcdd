"""Pieces that read and write parts of a value: a key, a column, an attribute, an element."""

from __future__ import annotations

from tests.oracle.snippet import Snippet

PATHS: tuple[Snippet, ...] = (
    # mappings in mappings
    Snippet(
        "nested",
        "$=conf = {'lr': $k1, 'opt': {'name': 'adam', 'decay': $k2}, 'layers': [$k3, $int]}\nshow $conf",
        3,
    ),
    Snippet(
        "nested",
        "$=conf = {'lr': $int, 'opt': {'decay': $k1, 'beta': $k2}, 'layers': [$k3]}\nshow $conf['lr']",
        2,
    ),
    Snippet("nested", "show $conf['lr']", 1.5),
    Snippet("nested", "show $conf['opt']['decay'] + $int", 1.5),
    Snippet("nested", "show $conf['layers'][0] * $k"),
    Snippet("nested", "show len($conf), len($conf['layers'])", 0.7),
    Snippet("nested", "show list($conf), 'extra' in $conf", 0.7),
    Snippet("nested", "show $conf['opt'].get('beta', 0), $conf.get('lr')", 0.7),
    Snippet("nested", "$=int = $conf['lr'] + $conf['opt']['decay']\nshow $int"),
    Snippet("nested", "$!conf['opt']['decay'] = $int\nshow $conf['opt']"),
    Snippet("nested", "$!conf['lr'] += $k\nshow $conf['lr']"),
    Snippet("nested", "$!conf['lr'] = $int\nshow $conf['lr']"),
    Snippet("nested", "$!conf['extra'] = $k\nshow $conf['extra']"),
    Snippet("nested", "$!conf['layers'].append($int)\nshow $conf['layers']"),
    Snippet("nested", "$!conf['layers'][0] = $int\nshow $conf['layers'][0]", 0.7),
    Snippet("nested", "$!conf['opt'] = {**$conf['opt'], 'beta': $int}\nshow $conf['opt']", 0.7),
    Snippet("nested", "$!conf.update(lr=$int)\nshow $conf['lr']", 0.7),
    Snippet("nested", "$=list = $conf['layers']\n$list.append($k)\nshow $conf['layers']", 0.7),
    Snippet("nested", "$!conf['layers'] = $list\nshow $conf['layers']", 0.7),
    Snippet("nested", "$=conf1 = {**$conf2, 'lr': $k}\nshow $conf1['opt']", 0.5),
    Snippet("nested", "del $!conf['lr']\nshow list($conf)", 0.3),
    # attributes of attributes
    Snippet(
        "attributes",
        "from types import SimpleNamespace\n$=tree = SimpleNamespace(left=SimpleNamespace(size=$int), "
        "right=[$k1, $k2], depth=$k3)\nshow $tree.depth",
        2,
    ),
    Snippet("attributes", "show $tree.left.size + $int", 1.5),
    Snippet("attributes", "show $tree.depth"),
    Snippet("attributes", "show $tree.right[0]"),
    Snippet("attributes", "$!tree.left.size = $int\nshow $tree.left.size"),
    Snippet("attributes", "$!tree.left.size += $k\nshow $tree.left", 0.7),
    Snippet("attributes", "$!tree.right.append($k)\nshow $tree.right"),
    Snippet("attributes", "$!tree.depth = $k\nshow $tree.depth"),
    Snippet("attributes", "$!tree.width = $int\nshow vars($tree)", 0.5),
    # tuples and lists
    Snippet("elements", "$=pair = ($int, [$k1, $k2])\nshow $pair", 1.5),
    Snippet("elements", "show $pair[0] + $int"),
    Snippet("elements", "$!pair[1].append($int)\nshow $pair[1]"),
    Snippet("elements", "$!pair[1][0] = $k\nshow $pair[1][0]"),
    Snippet("elements", "show $list[-1], $list[1:]", 0.7),
    # frames
    Snippet("columns", "show $df[['a', 'b']].sum().tolist()", 0.7),
    Snippet("columns", "show $df.loc[:, 'a'].tolist()", 0.7),
    Snippet("columns", "show $df['a'].mean() + $int", 1.5),
    Snippet("columns", "show $df.a.max()", 0.7),
    Snippet("columns", "show list($df.columns)", 0.7),
    Snippet("columns", "show len($df)", 0.7),
    Snippet("columns", "show $df['a'].iloc[0] - $int", 0.7),
    Snippet("columns", "show $df.index.tolist()", 0.5),
    Snippet("columns", "$!df['b'] = $k\nshow $df['b'].tolist()"),
    Snippet("columns", "$!df['d'] = $int\nshow $df['d'].sum()"),
    Snippet("columns", "$!df['b'] = $df['a'] + $int\nshow $df['b'].tolist()", 0.7),
    Snippet("columns", "$!df.loc[:, 'b'] = $k\nshow $df['b'].tolist()", 0.5),
    Snippet("columns", "$!df.index = range($k, $k + len($df))\nshow $df.index[0]", 0.4),
    Snippet("columns", "$!df['g'] = $df['g'].astype('category')\nshow $df['g'].cat.categories.tolist()", 0.5),
    Snippet("columns", "$!df['g'] = $df['g'].astype('string').str.upper()\nshow $df['g'].tolist()", 0.5),
    Snippet(
        "columns",
        "$!df['when'] = $pd.Timestamp('2024-01-01') + $pd.to_timedelta($df['a'], unit='D')\n"
        "show $df['when'].dt.day.tolist()",
        0.7,
    ),
    Snippet("columns", "show $df['when'].max()", 0.4),
    Snippet("columns", "show $df['g'].tolist()", 0.7),
    # series
    Snippet("series", "$=ser = $df['a']\nshow $ser.tolist()"),
    Snippet("series", "$=ser = $pd.Series([$k1, $k2, $int], index=['a', 'b', 'c'])\nshow $ser['a']", 1.5),
    Snippet("series", "$!ser.iloc[0] = $k\nshow $ser.tolist()"),
    Snippet("series", "$!ser.loc['b'] = $int\nshow $ser.tolist()", 0.7),
    Snippet("series", "show $ser.sum() + $int"),
    Snippet("series", "$=arr = $ser.to_numpy().copy()\nshow $arr", 0.5),
)

"""Pieces about parts of one value that cells set and read, and about options that shape what is shown.

A frame whose columns several cells set; results that cells put into one dict; arrays that are printed.
"""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet


def _pieces(kind: str, weight: float, *texts: str) -> tuple[Snippet, ...]:
    return tuple(Snippet(kind, text, weight) for text in texts)


PARTS = (
    Group(
        "import pandas as pd\ndf = pd.DataFrame({'k': list('xyxyx'), 'a': range(5), 'b': [5, 3, 1, 2, 4]})",
        (
            *_pieces(
                "column set", 2, "df['a'] = df['b'] * $k", "df['c'] = df['a'] + $int", "df['b'] = $int + $k"
            ),
            *_pieces("rows left out", 0.5, "df = df[df.a > $k % 3]", "df = df.sort_values('b').head(4)"),
            *_pieces(
                "columns read",
                1,
                "show df.groupby('k').a.sum().tolist()",
                "show df.groupby('k').agg(n=('b', 'max')).n.tolist()",
                "show df[df.b > 2].a.tolist()",
                "show df.query('b > 2')[['a']].values.tolist()",
                "show df.sort_values('b').k.tolist()",
                "show df.drop(columns=['a', 'k']).sum().tolist()",
                "show df.pivot_table(values='b', index='k').b.tolist()",
                "show df.agg({'a': 'sum'}).tolist()",
                "used = ['a', 'b']\nshow df[used].max().tolist()",
                "few = df.b > 2\nshow df[few].a.sum()",
                "show len(df[df.b > 2]), df[df.b > 2].shape",
                "$=int = int(df.groupby('k').b.sum().max())\nshow $int",
                "show df.isna().sum()['b']",
                "show list(df), len(df), df.shape",
                "for column in df: print(column)",
            ),
            Snippet("whole read", "show df.describe().round(2).to_string()"),
        ),
        needs="pandas",
        weight=2,
    ),
    Group(
        "res = {}",
        (
            *_pieces("entry made", 2, "res['a'] = $int", "res['b'] = $k", "res['c'] = $k + $int"),
            *_pieces("entries gone", 0.5, "res = {}", "res.pop('a', None)"),
            *_pieces(
                "entries read",
                1,
                "show sorted(res)",
                "show len(res)",
                "show res.get('a', 0)",
                "show 'b' in res",
                "for key in res: print(key)",
                "show sum(res.values())",
                "$=int = res.get('c', 1)\nshow $int",
            ),
        ),
    ),
    Group(
        "import warnings\nimport numpy as np\nxs = np.array([1.23456, 20.5])",
        (
            *_pieces(
                "option set",
                1,
                "np.set_printoptions(precision=$k % 5 + 1)",
                "np.set_printoptions(suppress=bool($k % 2), linewidth=60 + $k % 3)",
                "warnings.simplefilter('ignore' if $k % 2 else 'always')",
            ),
            *_pieces(
                "shown",
                1,
                "show xs",
                "print(xs * $int)",
                "print(xs.mean().round(3), xs.shape)",
                "show len(xs)",
                "show str(xs)",
                "show np.arange(3) + $int",
                "warnings.warn('careful')\nprint('warned')",
            ),
        ),
        needs="numpy",
    ),
)

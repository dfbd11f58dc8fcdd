"""Pieces with values of libraries that are slow to start or not always there."""

from __future__ import annotations

from tests.oracle.snippet import Snippet

LIBRARIES: tuple[Snippet, ...] = (
    # matplotlib
    Snippet(
        "axes",
        "from matplotlib.figure import Figure\n$=fig = Figure()\n$=ax = $fig.subplots()\n"
        "$ax.plot([$k, $int])\nshow len($ax.lines)",
        3,
    ),
    Snippet("axes", "$!ax.plot([$k1, $int, $k2])\nshow [line.get_ydata().tolist() for line in $ax.lines]"),
    Snippet("axes", "$!ax.set_title(f'run {$int}')\nshow $ax.get_title()"),
    Snippet("axes", "$!ax.set_ylim(0, $int + 1)\nshow $ax.get_ylim()"),
    Snippet("axes", "show $ax.get_title(), len($ax.lines), $int"),
    Snippet("axes", "show [line.get_ydata().tolist() for line in $fig.axes[0].lines]"),
    Snippet("axes", "$!fig.suptitle('about $k')\nshow len($fig.axes)", 0.5),
    # scikit-learn
    Snippet(
        "estimator",
        "from sklearn.preprocessing import StandardScaler\n$=est = StandardScaler()\n"
        "$est.fit([[$k1], [$int]])\nshow $est.mean_.tolist()",
        3,
    ),
    Snippet("estimator", "$!est.fit([[$k1], [$int]])\nshow $est.mean_.tolist()"),
    Snippet("estimator", "show $est.transform([[$int]]).tolist()", 1.5),
    Snippet("estimator", "$!est.set_params(with_std=False)\nshow $est.get_params()['with_std']", 0.5),
    Snippet("estimator", "show $est.get_params()", 0.7),
    Snippet(
        "estimator",
        "from sklearn.base import clone\n$=est1 = clone($est2)\nshow $est1.fit([[$int], [$k]]).var_.tolist()",
        0.7,
    ),
    # polars
    Snippet(
        "polars",
        "import polars as $=pl\n$=pldf = $pl.DataFrame({'a': [$k1, $k2], 'b': [$int, $k3]})\n"
        "show $pldf.rows()",
        3,
    ),
    Snippet("polars", "$!pldf = $pldf.with_columns(($pl.col('a') * $int).alias('c'))\nshow $pldf.rows()"),
    Snippet("polars", "$=pldf1 = $pldf2.filter($pl.col('a') > $int)\nshow $pldf1.rows()", 0.7),
    Snippet("polars", "show $pldf['b'].sum() + $int", 1.5),
    Snippet("polars", "show $pldf.columns, $pldf.height", 0.7),
    Snippet("polars", "$!pldf[0, 'a'] = $int\nshow $pldf['a'].to_list()", 0.7),
    Snippet("polars", "$=lazy = $pldf.lazy().select($pl.col('a') + $int)\nshow $lazy.collect().rows()"),
    Snippet("polars", "show $lazy.collect().rows()", 0.7),
    # attrs
    Snippet(
        "attrs",
        "import attrs\n@attrs.define\nclass $=acls:\n    rate: int\n"
        "    steps: list = attrs.field(factory=list)\n"
        "$=att = $acls($int)\nshow $att",
        3,
    ),
    Snippet("attrs", "$=att = $acls($int)\nshow $att"),
    Snippet("attrs", "$!att.rate = $int\nshow $att"),
    Snippet("attrs", "$!att.steps.append($int)\nshow $att.steps"),
    Snippet("attrs", "show $att.rate * $int", 1.5),
    Snippet("attrs", "$=list = $att.steps\n$list.append($k)\nshow $att", 0.5),
)

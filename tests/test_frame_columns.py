"""Which columns of a frame an expression looks at: no other column changes what it gives."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from cellgraph.code.frame_columns import Frame, bound_once, parts_used
from cellgraph.code.part_paths import item_path
from cellgraph.structure import asked_for

COLUMNS = ("k", "price", "qty", "net", "when")
NAMES = {"KEYS": ["k", "price"], "COL": "qty"}
MODULES = {"pd": "pandas", "sns": "seaborn", "px": "plotly.express", "smf": "statsmodels.formula.api"}


def frame() -> pd.DataFrame:
    """Five columns of several types."""
    return pd.DataFrame(
        {
            "k": ["x", "y", "x", "y", "x", "z"],
            "price": [3.0, 1.0, 2.5, 4.0, None, 0.5],
            "qty": [1, 2, 3, 4, 5, 6],
            "net": [6.0, 2.0, 5.0, 8.0, 1.0, 1.0],
            "when": pd.date_range("2024-01-30", periods=6),
        }
    )


def used(expression: str) -> frozenset[str] | None:
    """The parts of ``df`` that the expression looks at."""
    first = expression.partition("df")[2]
    known = Frame(
        "df",
        frozenset(COLUMNS),
        frozenset(COLUMNS),
        lambda name: MODULES.get(name, ""),
        lambda name: [NAMES[name]] if isinstance(NAMES.get(name), str) else NAMES.get(name),  # type: ignore[arg-type, return-value]
        lambda name: {"few": "mask", "dear": "mask", "month": "series"}.get(name, ""),
    )
    word = first[1:].split(".")[0].split("(")[0].split("[")[0] if first.startswith(".") else ""
    firsts = {f".{word}"} if word else {""}
    return parts_used(expression, known, firsts)


def by_themselves(expression: str) -> set[str]:
    """The paths of the columns that other uses of ``df`` take, as in a condition."""
    return {item_path(word) for word in re.findall(r"df\.(\w+)", expression) if word in COLUMNS}


OTHER_VALUES = (["a"] * 6, [None] * 6, [9.5, 8, 7, 6, 5, 4], [[1, 2]] * 6, [True] * 6, range(6, 0, -1))

IN_PART = """
df.groupby("k").price.mean()
df.groupby("k")["price"].mean()
df.groupby(["k"])[["price", "qty"]].sum()
df.groupby("k", sort=False).agg({"price": "sum", "qty": ["min", "max"]})
df.groupby("k").agg(total=("price", "sum"), least=("qty", "min"))
df.groupby("k").agg(total=pd.NamedAgg(column="price", aggfunc="sum"))
df.groupby("k").agg(total=pd.NamedAgg("price", "sum"))
df.groupby(["k", "qty"]).size()
df.groupby("k").size().sort_values()
df.groupby("k").ngroups
df.groupby("k").cumcount()
df.groupby(df.when.dt.month).price.sum()
df.groupby(pd.Grouper(key="when", freq="2D")).price.sum()
df.groupby(pd.cut(df.qty, 3), observed=True).price.sum()
df.groupby(by="k").first()["price"]
df.groupby("k").mean(numeric_only=True)["price"]
df.groupby("k").count().price
df.groupby("k").price.transform("mean")
df.groupby("k").rolling(2).price.sum()
df.groupby(COL).price.sum()
df.query("price > 2")[["price", "k"]]
df.query("price > 2 and k == 'x'").qty.tolist()
df.query("price > 1").shape[0]
len(df.query("price > 1"))
df.eval("price * qty")
df.sort_values("price").k.tolist()
df.sort_values(["k", "price"], ascending=[True, False])[["k", "price"]]
df.sort_values(by="price").head(2)["k"]
df.nlargest(2, "price").k
df.nsmallest(2, columns="qty")["qty"]
df.set_index("k").price
df.set_index("when").resample("2D").price.sum()
df.set_index("when").price.rolling("2D").sum()
df.drop_duplicates("k")["k"]
df.drop_duplicates(subset=["k"]).shape
df.dropna(subset=["price"]).price
df.dropna(subset=["price"]).index
df.head(2).price
df.tail(3)[["qty"]]
df.isna().sum()["price"]
df.isnull().any().price
df.notna()["price"]
df.count()["price"]
df.fillna(0)["price"]
df.replace("x", "z").k
df.astype({"qty": float}).qty
df.ffill()["price"]
df.bfill().price
df.sort_index(ascending=False).price
df.infer_objects().price
df.convert_dtypes()["price"]
df.groupby("k").last().price
df.groupby("k").head(1)["price"]
df.groupby("k").tail(1).price
df.groupby("k").sum(numeric_only=True).price
df.shift(1).price
df.sample(3, random_state=0)["price"]
df.reset_index().price
df.reset_index(drop=True).price
df.copy()["price"]
df.where(df.qty > 2)["price"]
df.mask(df.qty > 2).price
df.explode("k")["price"]
df[df.price > 2].qty.sum()
df[(df.price > 2) & (df.k == "x")]["qty"]
df[~df.k.isin(["x"])][["price"]]
df[df.price > 2].shape
df[df.price > 2].index
df[df.price > 2].empty
len(df[df.price > 2])
df[df.price > 2].groupby("k").qty.sum()
df[few].price
df[few & ~dear].groupby("k").price.sum()
df.loc[few, KEYS]
df.loc[dear].qty
df.where(few)["price"]
df.groupby(month).price.sum()
df.groupby(["k", month])["price"].mean()
df[df.k.str.contains("x")].price
df[df.price.gt(2) | df.k.eq("z")]["qty"]
df[:3]["price"]
df[1:4].price.mean()
df.iloc[:3]["price"]
df.iloc[2:].groupby("k").qty.sum()
df.loc[df.price > 1].qty
df.loc[df.price > 1].groupby("k")["qty"].max()
df.loc[:, KEYS]
df.loc[df.qty > 2, KEYS]
df[KEYS]
df[KEYS].describe()
df[KEYS + ["qty"]]
df[[*KEYS, "qty"]]
df[COL]
df.drop(columns="net")
df.drop(columns=["net", "when"]).head(2)
df.drop("net", axis=1)
df.drop(["net", "when"], axis="columns").values
df.drop(columns="net").drop(columns=["when"]).corr
df.drop(columns="net").price
df.drop(columns="net").groupby("k").price.sum()
df.pivot_table(values="price", index="k")
df.pivot_table(index="k", columns="qty", values="price", aggfunc="sum")
pd.pivot_table(df, values="price", index=["k"])
df.pivot(index="when", columns="k", values="price")
df.melt(id_vars="k", value_vars=["price", "qty"])
pd.melt(df, id_vars=["k"], value_vars=["price"])
df.value_counts(["k"])
df.value_counts(subset=["k", "qty"])
df.duplicated(subset=["k"])
df.duplicated("k")
df.filter(items=["price"])
df.reindex(columns=["k", "price"])
df.to_csv(columns=["k", "price"])
df.agg({"price": "sum", "qty": "mean"})
df.rolling(2)["price"].sum()
df.rolling(2).price.mean()
df.expanding().qty.sum()
""".strip().splitlines()

WHOLE = """
df
df.diff
df.groupby("k").mean()
df.groupby("k").sum()
df.groupby("k")
df.groupby(key).price.mean()
df.groupby("k").apply(lambda g: g.price.sum())
df.groupby("k").get_group("x")
df.groupby("k").agg("sum")
df.groupby("k").agg({column: "sum"})
df.groupby("k").mean(numeric_only=True)
df.groupby(["k", key]).price.mean()
df.groupby(level=0).price.mean()
df.groupby(lambda at: at % 2).price.mean()
df.query("price > 2")
df.query(condition)["price"]
df.query("`a b` > 2")["price"]
df.eval("total = price * qty")
df.sort_values(key)["price"]
df.sort_values("price")
df.sort_values("price", inplace=True)
df.sort_values(0, axis=1)["price"]
df.nlargest(2, key)["price"]
df.drop_duplicates()["k"]
df.dropna()["price"]
df.dropna(subset=["price"])
df.head(2)
df.isna().sum()
df.nunique()["k"]
df.isna().sum(axis=1)
df.fillna(0)
df.fillna(0, axis=1)["price"]
df.describe()["price"]
df.round(1)["price"]
df.abs()["price"]
df.cumsum()["price"]
df.diff()["price"]
df.clip(0, 1)["price"]
df.astype(float)["price"]
df.groupby("k").nunique().price
df.groupby("k").mean()["price"]
df.corr()["price"]
df.T["price"]
df.mean(numeric_only=True)["price"]
df.iloc[0]["price"]
df.iloc[:, 0]
df.loc[lambda d: d.net > 2, "price"]
df.where(lambda d: d.net > 2)["price"]
df.mask(unknown)["price"]
df[unknown]
df[unknown].price
df[lambda d: d.net > 1].price
df[df.price > 2]
df[df.price > 2].describe()
df[:3]
df.loc[:, unknown]
df.drop(columns=unknown)
df.drop(0)
df.drop(index=0)
df.drop(columns="net", inplace=True)
df.drop(columns="net", index=[0])
df.pivot_table(index="k")
df.pivot_table(values="price", index=key)
df.melt(id_vars="k")
df.value_counts()
df.filter(like="p")
df.reindex([0, 1])
df.to_csv()
df.agg("sum")
df.agg(["sum", "mean"])
df.assign(z=lambda d: d.net)["z"]
df.pipe(lambda d: d.price)
df.rolling(2).mean()
df.rolling(2).agg(lambda column: column.sum())
df.plot()
df.plot(x="k")
df.plot.scatter(x="qty", y=key)
df.plot.scatter("qty", "price", c=key)
df.plot(x=key, y="price")
df.hist()
df.boxplot(by="k")
len(df)
f(df)
f(data=df)
other.f(1, df)
[df]
sns.pairplot(df)
sns.heatmap(df)
sns.pairplot(df, hue="k")
sns.histplot(data=df)
sns.histplot(data=df, x=column)
sns.histplot(data=df, x="price", hue=column)
px.line(df)
px.line(df, x="qty")
px.scatter(df, "qty")
px.bar(df, x="qty", y=f"{column}")
smf.ols(formula, data=df)
smf.ols("price ~ Q('a b')", data=df)
pd.concat([df, other])
pd.get_dummies(df, columns=["k"])
""".strip().splitlines()

DRAWN = {
    'df.plot(x="qty", y="price")': "qty price",
    'df.plot(y="price", color="k")': "price k",
    'df.plot.scatter("qty", "price", c="net")': "qty price net",
    'df.plot.line(y=["price", "qty"])': "price qty",
    'df.plot(None, "price", kind="bar", figsize=(3, 2), ax=ax)': "price",
    'df.plot.scatter("qty", "price", c=df.net, s=3)': "qty price",
    'df.plot.hist(column=["price"])': "price",
    'df.hist(column="price", bins=3)': "price",
    'df.boxplot(column="price", by="k")': "price k",
    'df[df.qty > 2].plot(x="qty", y="price")': "qty price",
    'sns.histplot(data=df, x="price", hue="k", ax=ax)': "price k",
    'sns.scatterplot(df, x="qty", y="price")': "qty price",
    "sns.barplot(data=df, x=COL, y='price')": "qty price",
    "sns.pairplot(df, vars=KEYS)": "k price",
    'sns.boxplot(data=df[df.qty > 2], x="k", y="price")': "k price",
    'px.scatter(df, x="qty", y="price", color="k")': "qty price k",
    'px.scatter(df, "qty", "price")': "qty price",
    'px.histogram(df, x="price")': "price",
    'smf.ols("price ~ qty + C(k)", data=df).fit()': "price qty k",
    'smf.logit("k ~ qty", df).fit()': "k qty",
    'smf.mixedlm("price ~ qty", df, groups="k").fit()': "price qty k",
}


@pytest.mark.parametrize("expression", IN_PART)
def test_no_other_column_changes_what_an_expression_gives(expression: str) -> None:
    """Other columns hold something else, have other types, or are not there."""
    parts = used(expression)
    assert parts is not None
    others = [column for column in COLUMNS if item_path(column) not in {*parts, *by_themselves(expression)}]
    assert others

    def outcome(data: pd.DataFrame) -> str:
        masks = {"few": frame().qty > 2, "dear": frame().price > 2, "month": frame().when.dt.month}
        names = {"df": data, "pd": pd, **NAMES, **masks}
        try:
            return str(eval(expression, names))
        except Exception as error:  # noqa: BLE001 - all that an expression may raise is its outcome
            return f"{type(error).__name__}: {error}"

    expected = outcome(frame())
    for values in OTHER_VALUES:
        assert outcome(frame().assign(**dict.fromkeys(others, values))) == expected
    if ".columns" not in parts:
        unasked = [column for column in others if asked_for(item_path(column)) not in parts]
        assert outcome(frame().drop(columns=unasked).assign(one_more=1)) == expected


@pytest.mark.parametrize("expression", WHOLE)
def test_any_column_may_change_what_another_expression_gives(expression: str) -> None:
    """Nothing is known of it, or it looks at all columns."""
    assert used(expression) is None


@pytest.mark.parametrize(("expression", "columns"), DRAWN.items(), ids=DRAWN)
def test_what_is_drawn_are_the_columns_that_are_named(expression: str, columns: str) -> None:
    """By arguments that name columns, and by formulas."""
    assert used(expression) == set(map(item_path, columns.split()))


def test_a_use_that_the_text_does_not_show_may_be_of_the_whole_frame() -> None:
    """As in a text that is executed."""
    known = Frame("df", frozenset(COLUMNS), frozenset(), lambda _: "", lambda _: None, lambda _: "")
    assert parts_used("exec(text)", known, {".groupby"}) is None
    assert parts_used("df.groupby('k')['price'].sum()", known, {".groupby", ""}) is None


@pytest.mark.parametrize(
    ("text", "names"),
    {
        "keys = ['a']\ndf[keys]": {"keys"},
        "keys = ['a']\ndf[keys]\nkeys = ['b']": set(),
        "df[keys]\nkeys = ['a']": set(),
        "keys = ['a']\nkeys.append('b')\ndf[keys]": set(),
        "keys = ['a']\nkeys[0] = 'b'": set(),
        "keys = ['a']\nkeys += ['b']": set(),
        "for keys in ['a'], ['b']:\n    df[keys]": set(),
        "if on:\n    keys = ['a']": set(),
    }.items(),
)
def test_a_name_that_is_bound_once_holds_what_its_uses_saw(text: str, names: set[str]) -> None:
    """Not where it is bound again, or where its value may be changed."""
    assert bound_once(text) == names

"""Libraries that call back, look names up in strings, and share memory."""

from __future__ import annotations

from tests.cases.accesses import Case, Differs

_FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})"
_SQL = "def sql(text): return text"

# A table: the shorter a row, the more rows are in view.
# fmt: off
LIBRARIES: tuple[Case, ...] = (
    Case("column", (_FRAME, 'y = df["a"].sum()'), 'df["a"]', "y"),
    Case("column as an attribute", (_FRAME, "y = df.a.sum()"), 'df["a"]', "y"),
    Case("method is no column", (_FRAME, "y = df.sum()"), "df", "y"),
    Case("column added", (_FRAME, "df['c'] = df['a'] * 2"), '>df df["a"]', "~df"),
    Case("frame cleaned", (_FRAME, "df = df.dropna()"), "df", "df"),
    Case("inplace", (_FRAME, "df.drop(columns='a', inplace=True)"), "df", "~df"),
    Case("loc", (_FRAME, "df.loc[0, 'a'] = 9"), 'df["a"]', "~df"),
    Case("DataFrame.apply", (_FRAME, "k = 2", "y = df.apply(lambda row: row.a * k, axis=1)"), "df k", "y"),
    Case("Series.map of a function", (_FRAME, "k = 2", "def scale(x): return x * k", "y = df.a.map(scale)"),
         'df["a"] scale k', "y"),
    Case("groupby and agg", (_FRAME, "k = 2", "y = df.groupby('a').agg(lambda s: s.sum() + k)"), "df k", "y"),
    Case("query", (_FRAME, "x = 1", 'y = df.query("a > @x")'), "df x", "y"),
    Case("query in a function", (_FRAME, "x = 1", 'def pick(d): return d.query("a > @x")', "y = pick(df)"),
         "df pick x", "y", on_311=Differs("a function's strings are not looked into", "df pick")),
    Case("DataFrame.eval", (_FRAME, "x = 1", 'y = df.eval("a + @x")'), 'df["a"] x', "y"),
    Case("columns of a chain", (_FRAME, "y = df.head(2).a"), 'df["a"]', "y"),
    Case("SQL", (_SQL, "orders = [1]", 'y = sql("SELECT * FROM orders")'), "sql orders", "y"),
    Case("SQL over lines", (_SQL, "orders = [1]; people = [2]", '''
        y = sql("""
            select * from orders
            join people using (id)
        """)
        '''), "sql orders people", "y"),
    Case("prose is no SQL", (_SQL, "orders = [1]", 'y = sql("taken from orders")'), "sql", "y"),
    Case("array element", ("import numpy as np; arr = np.zeros(3); a = 1", "arr[0] = a"), ">arr a", "~arr"),
    Case("array view", ("import numpy as np; arr = np.zeros(3)", "view = arr[1:]", "view[0] = 9"), ">view",
         "~arr ~view"),
    Case("array out=", ("import numpy as np; arr = np.zeros(3)", "np.add(arr, 1, out=arr)"), "np arr",
         "~arr"),
    Case("array updated", ("import numpy as np; arr = np.zeros(3)", "arr += 1"), "arr", "~arr"),
    Case("array only read", ("import numpy as np; arr = np.zeros(3)", "y = arr.sum()"), "arr", "y"),
    Case("model fitted", ("""
        from sklearn.linear_model import LinearRegression
        model = LinearRegression(); X = [[0.0], [1.0]]; y = [0.0, 1.0]
        """, "_ = model.fit(X, y)"), "model.get_params() X y", "_ ~model"),
    Case("axes titled", ("""
        import matplotlib.pyplot as plt
        fig, ax = plt.subplots()
        """, "_ = ax.set_title('x'); plt.close(fig)"), "ax plt fig", "_ ~ax ~fig ~setting:pyplot"),
    Case("random state", ("import random; random.seed(1)", "y = random.random()"), "random setting:random",
         "y ~setting:random"),
    Case("module attribute", ("import math; r = 2", "y = math.pi * r"), "math r", "y"),
)

"""Parts of values: what counts as one, and who is concerned when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from tests.cases.accesses import Case, Differs

_FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4], 'size': [5, 6]})"
_NESTED = "d = {'k': {'j': 1, 'i': [1, 2]}, 'l': 2}"
_OBJECTS = "class O: pass\no = O(); o.sub = O(); o.sub.lr = 1; o.n = 2; o.sub.m = 3\ncfg = {'model': o.sub}"
_FUNCTION = "inside a function of the user's a name counts as read whole"

# A table: the shorter a row, the more rows are in view.
# fmt: off
PATHS = (
    Case("path: column", (_FRAME, "y = df['a']"), 'df["a"]', "y"),
    Case("path: column as an attribute", (_FRAME, "y = df.a"), 'df["a"]', "y"),
    Case("path: column that is called like a frame's attribute", (_FRAME, "y = df.size"), "df.shape[:]", "y"),
    Case("path: method of a column", (_FRAME, "y = df['a'].mean()"), 'df["a"]', "y"),
    Case("path: method of a frame", (_FRAME, "y = df.mean()"), "df", "y"),
    Case("path: two columns", (_FRAME, "y = df[['a', 'b']]"), 'df["a"] df["b"]', "y"),
    Case("path: two columns, one by one", (_FRAME, "y = df['a'] + df.b"), 'df["a"] df["b"]', "y"),
    Case("path: a column that is not there", (_FRAME, "y = df.get('z')"), "df", "y"),
    Case("path: column of all rows", (_FRAME, "y = df.loc[:, 'a']"), 'df["a"]', "y"),
    Case("path: column of some rows", (_FRAME, "y = df.loc[df['b'] > 3, 'a']"), 'df["a"] df["b"]', "y"),
    Case("path: columns of some rows", (_FRAME, "y = df.loc[df.b > 3, ['a', 'b']]"), 'df["a"] df["b"]', "y"),
    Case("path: some rows", (_FRAME, "y = df[df['a'] > 1]"), "df", "y"),
    Case("path: length of a frame", (_FRAME, "y = len(df)"), "df.__len__()", "y"),
    Case("path: shape of a frame", (_FRAME, "y = df.shape"), "df.shape[:]", "y"),
    Case("path: a frame passed along", (_FRAME, "y = df['a']; print(df)"), "df", "y"),
    Case("path: names of the columns", (_FRAME, "y = list(df.columns)"), "df.columns", "y"),
    Case("path: index", (_FRAME, "y = df.index.max()"), "df.index", "y"),
    Case("path: column replaced", (_FRAME, "df['a'] = 0"), ">df", '~df["a"]'),
    Case("path: column made of another", (_FRAME, "df['c'] = df['a']"), 'df["a"] >df',
         '~df["c"] ~df.columns'),
    Case("path: column augmented", (_FRAME, "df['a'] += 1"), 'df["a"]', '~df["a"]'),
    Case("path: some rows of a column", (_FRAME, "df.loc[df['b'] > 3, 'a'] = 0"), 'df["a"] df["b"]',
         '~df["a"]'),
    Case("path: Series by a label", ("import pandas as pd\ns = pd.Series({'k': 1})", "y = s['k']"),
         's["k"]', "y"),
    Case("path: element of an array", ("import numpy as np\na = np.arange(3)", "y = a[0]"), "a[0]", "y"),
    Case("path: item", (_NESTED, "y = d['l']"), 'd["l"]', "y"),
    Case("path: item of an item", (_NESTED, "y = d['k']['j']"), 'd["k"]["j"]', "y"),
    Case("path: element in an item in an item", (_NESTED, "y = d['k']['i'][0]"), 'd["k"]["i"][0]', "y"),
    Case("path: item of an item, and that item", (_NESTED, "y = d['k']['j']; z = d['k']"),
         'd["k"] d["k"]["j"]', "y z"),
    Case("path: item under a computed key", (_NESTED, "key = 'j'; y = d['k'][key]"), 'd["k"]', "key y"),
    Case("path: item by get", (_NESTED, "y = d['k'].get('j')"), 'd["k"]["j"]', "y"),
    Case("path: item by get that is not there", (_NESTED, "y = d['k'].get('z')"), 'd["k"]', "y"),
    Case("path: whether a key is there", (_NESTED, "y = 'l' in d"), 'd.keys()["l"]', "y"),
    Case("path: whether a key is there that is not", (_NESTED, "y = 'z' in d"), 'd.keys()["z"]', "y"),
    Case("path: keys", (_NESTED, "y = list(d)"), "d.keys()", "y"),
    Case("path: a key with the name of a method", ("d = {'items': 1, 'k': 2}", "y = list(d.items())"), "d",
         "y"),
    Case("path: item of an item stored", (_NESTED, "d['k']['j'] = 9"), ">d", '~d["k"]["j"]'),
    Case("path: item of an item added", (_NESTED, "d['k']['new'] = 9"), ">d", '~d["k"]["new"]'),
    Case("path: item of an item augmented", (_NESTED, "d['k']['j'] += 9"), 'd["k"]["j"]', '~d["k"]["j"]'),
    Case("path: list in an item appended to", (_NESTED, "d['k']['i'].append(3)"), 'd["k"]["i"]',
         '~d["k"]["i"][-1] ~d["k"]["i"][2]'),
    Case("path: stored deep under a computed key", (_NESTED, "key = 'j'; d['k'][key] = 9"), 'd["k"]',
         'key ~d["k"]["j"]'),
    Case("path: whole number as a key", ("d = {1: 'a', 2: 'b'}", "y = d[1]"), "d[1]", "y"),
    Case("path: first element", ("x = [1, 2, 3]", "y = x[0]"), "x[0]", "y"),
    Case("path: last element", ("x = [1, 2, 3]", "y = x[-1]"), "x[-1]", "y"),
    Case("path: last element but one", ("x = [1, 2, 3]", "y = x[-2]"), "x", "y"),
    Case("path: some elements", ("x = [1, 2, 3]", "y = x[:2]"), "x", "y"),
    Case("path: element of a tuple", ("x = (1, 2, 3)", "y = x[1]"), "x[1]", "y"),
    Case("path: element of a long list", ("x = list(range(1000))", "y = x[1]"), "x", "y"),
    Case("path: element stored", ("x = [1, 2, 3]", "x[0] = 9"), ">x", "~x[0]"),
    Case("path: element of a list in a tuple", ("x = ([1], [2])", "y = x[0][0]"), "x[0][0]", "y"),
    Case("path: attribute", (_OBJECTS, "y = o.n"), "o.n", "y"),
    Case("path: attribute of an attribute", (_OBJECTS, "y = o.sub.lr"), "o.sub.lr", "y"),
    Case("path: attribute of an item", (_OBJECTS, "y = cfg['model'].lr"), 'cfg["model"].lr', "y"),
    Case("path: attribute stored", (_OBJECTS, "o.n = 9"), ">o O.__setattr__", "~o.n"),
    Case("path: attribute of an attribute stored", (_OBJECTS, "o.sub.lr = 9"), ">o O.__setattr__",
         '~o.sub.lr ~cfg["model"].lr'),
    Case("path: attribute augmented", (_OBJECTS, "o.n += 9"), "o.n", "~o.n"),
    Case("path: method of an object",
         ("class O:\n    n = 1\n    def m(self): return self.k\no = O(); o.k = 1", "y = o.m()"),
         "o.k o.__class__", "y"),
    Case("path: property of an object",
         ("class O:\n    @property\n    def p(self): return self.k\no = O(); o.k = 1", "y = o.p"),
         "o.k o.__class__", "y"),
    Case("path: in a comprehension", (_NESTED, "y = [i for i in d['k']['i']]"), 'd["k"]["i"]', "y",
         on_311=Differs("there a comprehension is a function: what it iterates over is taken outside of it",
         reads='d["k"]["i"]')),
    Case("path: in a function", (_NESTED, "def f(): return d['k']['j']", "y = f()"), 'f d["k"]["j"]', "y",
         on_311=Differs(_FUNCTION, reads="f d")),
    Case("path: in a lambda", (_NESTED, "y = (lambda: d['k']['j'])()"), 'd["k"]["j"]', "y",
         on_311=Differs(_FUNCTION, reads="d")),
    Case("path: read after the run has stored it", (_NESTED, "d['k'] = {'j': 5}; y = d['k']['j']"), ">d",
         'y ~d["k"]'),
    Case("path: what a call changes beside", ("d = {'a': 1, 'b': [1]}; b = d['b']",
         "y = d['a']; b.append(2)"), "d b",
         'y ~b[-1] ~b[1] ~d["b"][-1] ~d["b"][1]'),
)


@dataclass(frozen=True)
class Concern:
    """``reader`` has run on what ``made`` made; then ``change`` runs.

    ``concerned``: whether the reader, run again now, would see another value.
    """

    name: str
    made: str
    reader: str
    change: str
    concerned: bool

    def __str__(self) -> str:
        return self.name


CONCERNS = (
    Concern("another column changed", _FRAME, "y = df['a'].sum()", "df['b'] = 0", concerned=False),
    Concern("another column added", _FRAME, "y = df['a'].sum()", "df['c'] = 0", concerned=False),
    Concern("the column changed", _FRAME, "y = df['a'].sum()", "df['a'] = 0", concerned=True),
    Concern("row added", _FRAME, "y = df['a'].sum()", "df.loc[7] = 0", concerned=True),
    Concern("one of two columns changed", _FRAME, "y = df[['a', 'b']].sum()", "df['b'] = 0", concerned=True),
    Concern("beside two columns", _FRAME, "y = df[['a', 'b']].sum()", "df['size'] = 0", concerned=False),
    Concern("column of some rows, another changed", _FRAME, "y = df.loc[:, 'a']", "df['b'] = 0",
         concerned=False),
    Concern("names of columns, one added", _FRAME, "y = list(df.columns)", "df['c'] = 0", concerned=True),
    Concern("names of columns, values changed", _FRAME, "y = list(df.columns)", "df['a'] = 0",
         concerned=False),
    Concern("index, values changed", _FRAME, "y = list(df.index)", "df['a'] = 0", concerned=False),
    Concern("index changed", _FRAME, "y = list(df.index)", "df.index = [5, 6]", concerned=True),
    Concern("shape, one column added", _FRAME, "y = df.shape", "df['c'] = 0", concerned=True),
    Concern("length, values changed", _FRAME, "y = len(df)", "df['a'] = 0", concerned=False),
    Concern("a sibling item", _NESTED, "y = d['k']['j']", "d['k']['i'] = 0", concerned=False),
    Concern("the item", _NESTED, "y = d['k']['j']", "d['k']['j'] = 0", concerned=True),
    Concern("what holds the item", _NESTED, "y = d['k']['j']", "d['k'] = {}", concerned=True),
    Concern("what holds the item, with the same in it", _NESTED, "y = d['k']['j']", "d['k'] = {'j': 1}",
         concerned=False),
    Concern("something in what was read", _NESTED, "y = d['k']", "d['k']['j'] = 0", concerned=True),
    Concern("an item added beside", _NESTED, "y = d['k']['j']", "d['k']['new'] = 0", concerned=False),
    Concern("an item added, the whole read", _NESTED, "y = len(d['k'])", "d['k']['new'] = 0", concerned=True),
    Concern("list beside appended to", _NESTED, "y = d['k']['j']", "d['k']['i'].append(3)", concerned=False),
    Concern("the item deleted", _NESTED, "y = d['k']['j']", "del d['k']['j']", concerned=True),
    Concern("a sibling deleted", _NESTED, "y = d['k']['j']", "del d['l']", concerned=False),
    Concern("so many items beside that they are not told apart", _NESTED, "y = d['k']['j']",
            "d['l'] = {f'n{i}': i for i in range(300)}", concerned=False),
    Concern("so many items in it that they are not told apart", _NESTED, "y = d['k']['j']",
            "d['k'].update({f'n{i}': i for i in range(300)})", concerned=True),
    Concern("so many items that only the whole is compared", "d = {'k': 1}", "y = d['k']",
            "d.update({f'n{i}': i for i in range(300)})", concerned=True),
    Concern("first element, one appended", "x = [1, 2]", "y = x[0]", "x.append(3)", concerned=False),
    Concern("last element, one appended", "x = [1, 2]", "y = x[-1]", "x.append(3)", concerned=True),
    Concern("last element, the same appended", "x = [1, 2]", "y = x[-1]", "x.append(2)", concerned=False),
    Concern("second element, one put before", "x = [1, 2]", "y = x[1]", "x.insert(0, 9)", concerned=True),
    Concern("a sibling attribute", _OBJECTS, "y = o.sub.lr", "o.sub.m = 0", concerned=False),
    Concern("the attribute", _OBJECTS, "y = o.sub.lr", "o.sub.lr = 0", concerned=True),
    Concern("the attribute, by another name", _OBJECTS, "y = o.sub.lr", "cfg['model'].lr = 0",
         concerned=True),
    Concern("a sibling attribute, by another name", _OBJECTS, "y = o.sub.lr", "cfg['model'].m = 0",
         concerned=False),
)
# fmt: on

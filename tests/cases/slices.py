"""Notebooks and what a slice of them is for: a value, a picture, or a file that they write.

Lines that end with ``# no`` are not needed for it: a slice has none of them, and all others.
"""

from __future__ import annotations

from dataclasses import dataclass

MARK = "# no"


@dataclass(frozen=True)
class Case:
    """``wanted`` is a variable, or a file. ``most`` is how many unneeded lines a slice may have."""

    title: str
    cells: tuple[str, ...]
    wanted: str
    needs: tuple[str, ...] = ()
    most: int = 0

    def __str__(self) -> str:
        return self.title

    @property
    def plain(self) -> tuple[str, ...]:
        """The cells without the marks."""
        return tuple(cell.replace(f"  {MARK}", "") for cell in self.cells)

    @property
    def unneeded(self) -> tuple[str, ...]:
        """The lines that a slice must not have."""
        return self._lines(marked=True)

    @property
    def needed(self) -> tuple[str, ...]:
        """The lines that it must have."""
        return self._lines(marked=False)

    def _lines(self, *, marked: bool) -> tuple[str, ...]:
        lines = (line for cell in self.cells for line in cell.split("\n") if line.strip())
        return tuple(line.removesuffix(f"  {MARK}") for line in lines if line.endswith(MARK) == marked)


_TABLE = (
    "import pandas as pd\ndf = pd.DataFrame({'g': [*'aabb'], 'x': [1.0, 2.0, None, 4.0], 'y': [4, 3, 2, 1]})"
)
_PLOT = "import matplotlib.pyplot as plt"
_DATA = (
    "import numpy as np\nrng = np.random.default_rng(4)\n"
    "X = rng.normal(size=(40, 3))\ny = (X[:, 0] + X[:, 1] > 0).astype(int)"
)

CASES = (
    Case(
        "a fit, saved as arrays",
        (
            "import numpy as np\nimport json  # no",
            "years = np.arange(10)\ncounts = 2.0**years\nprint(counts[:3])  # no",
            "logs = np.log(counts)\nslope, start = np.polyfit(years, logs, 1)\nspread = logs.std()  # no",
            "note = 'all powers of two'\nnp.savez('fit.npz', slope=slope, start=start, note=note)",
        ),
        "fit.npz",
        ("numpy",),
    ),
    Case(
        "weights in a loop with a branch",
        (
            "import numpy as np\nrng = np.random.default_rng(1)\nX = rng.normal(size=(20, 2))\nt = X @ [1.0, -2.0]",
            "w = np.zeros(2)\nlosses = []\nshown = []  # no",
            (
                "for epoch in range(30):\n    error = X @ w - t\n    if epoch % 2 == 0:\n        losses.append(float(error @ error))\n"
                "    w = w - 0.01 * X.T @ error"
            ),
            "print(losses[-1])  # no\nshown.append(len(losses))  # no",
            "both = (w, losses[-1])",
        ),
        "both",
        ("numpy",),
    ),
    Case(
        "a dict of arrays that a loop updates",
        (
            "import numpy as np\nrng = np.random.default_rng(seed=3)\nmodel = {}\nmodel['a'] = rng.normal(size=4)\nmodel['b'] = rng.normal(size=4)",
            "def forward(x, model):\n    return np.tanh(model['a'] * x) @ model['b']\ndef describe(model):  # no\n    return sorted(model)  # no",
            "rewards = []  # no\nfor step in range(5):\n    out = forward(0.5, model)\n    for key in model:\n        model[key] = model[key] + 0.1 * out",
            "describe(model)  # no",
        ),
        "model",
        ("numpy",),
    ),
    Case(
        "texts, counted and written",
        (
            "import re\nfrom collections import Counter\ntext = 'the sea, the sky and the sun'\ntitle = text.title()  # no",
            "def words(line):\n    return re.findall(r'\\w+', line.lower())",
            "counts = Counter(words(text))\ncounts.most_common(1)  # no\nstop = {'the', 'and'}",
            "for word in stop:\n    counts.pop(word, None)",
            "with open('counts.txt', 'w') as file:\n    file.write(repr(sorted(counts.items())))",
        ),
        "counts.txt",
    ),
    Case(
        "a submodule that filters a picture of numbers",
        (
            "import numpy as np\nimage = np.zeros((16, 16))\nimage[4:12, 4:12] = 1.0\nprint(image.shape, image.dtype)  # no",
            _PLOT.replace("\n", "  # no\n") + "  # no\nplt.imshow(image)  # no\nplt.axis('off')  # no",
            "from scipy import ndimage\nedges = ndimage.gaussian_laplace(image, sigma=1)\nblur = ndimage.gaussian_filter(image, 2)  # no",
            "fig, axes = plt.subplots(1, 2)  # no\naxes[0].imshow(edges)  # no\nplt.close('all')  # no",
            "np.save('edges.npy', edges)",
        ),
        "edges.npy",
        ("scipy", "matplotlib"),
    ),
    Case(
        "a file written inside a with statement",
        (
            "import json\nimport tempfile  # no\nrows = [{'n': n, 'square': n * n} for n in range(4)]",
            "total = sum(row['n'] for row in rows)\nprint(total)  # no",
            "with open('rows.json', 'w') as out:\n    json.dump({'rows': rows, 'total': total}, out)",
            "with open('rows.json') as back:  # no\n    print(back.read())  # no",
        ),
        "rows.json",
    ),
    Case(
        "a class of the notebook, its state saved",
        (
            (
                "import json\nclass Cell:\n    def __init__(self, size):\n        self.weights = list(range(size))\n"
                "    def step(self, x):\n        self.weights = [w + x for w in self.weights]\n        return sum(self.weights)"
            ),
            "cell = Cell(3)\nother = Cell(2)  # no\nprint(other.step(1))  # no",
            "first = cell.step(2)\nsecond = cell.step(first)\nprint(cell)  # no",
            "with open('cell.json', 'w') as out:\n    json.dump(cell.weights, out)",
        ),
        "cell.json",
    ),
    Case(
        "folders and files by their paths",
        (
            "import os\nfrom pathlib import Path\nimport shutil  # no\nfolder = Path('made')\nfolder.mkdir(exist_ok=True)",
            "for n in range(3):\n    (folder / f'{n}.txt').write_text('x' * n)",
            "names = sorted(os.listdir(folder))\nsizes = [os.path.getsize(folder / name) for name in names]\nbig = max(sizes)  # no",
        ),
        "sizes",
    ),
    Case(
        "an estimator with settings, and its scores shown",
        (
            _DATA,
            "from sklearn.linear_model import LogisticRegression\nfrom sklearn.metrics import accuracy_score  # no",
            "model = LogisticRegression(C=0.5)\nmodel.fit(X, y)\nprint(model.score(X, y))  # no\naccuracy_score(y, model.predict(X))  # no",
        ),
        "model",
        ("sklearn",),
    ),
    Case(
        "features by functions, then a file",
        (
            _TABLE,
            (
                "def scaled(column):\n    return (column - column.min()) / (column.max() - column.min())\n"
                "def logged(column):  # no\n    return column ** 0.5  # no"
            ),
            "features = pd.DataFrame({name: scaled(df[name]) for name in ('x', 'y')})\nfeatures.head()  # no",
            "half = features.sample(frac=0.5, random_state=0)  # no\nfeatures.to_csv('features.csv', index=False)",
        ),
        "features.csv",
        ("pandas",),
    ),
    Case(
        "a table from a file that the notebook wrote",
        (
            "import pandas as pd\nwith open('in.csv', 'w') as file:\n    file.write('a,b\\n1,2\\n3,4\\n')",
            "table = pd.read_csv('in.csv')\ntable.describe()  # no\nlabels = table.pop('b')",
            "normal = (table - table.mean()) / table.std()\nlabels.mean()  # no",
        ),
        "normal",
        ("pandas",),
    ),
    Case(
        "a magic that times a fit",
        (
            _DATA,
            "from sklearn.linear_model import LinearRegression\nline = LinearRegression()\n%time line.fit(X, y)\nline.score(X, y)  # no",
            "coefficients = line.coef_\nbest = coefficients.argmax()  # no",
        ),
        "coefficients",
        ("sklearn",),
    ),
    Case(
        "a model in layers, some replaced",
        (
            "layers = [('scale', 2), ('shift', 1)]\ndef run(x):\n    for kind, value in layers:\n        x = x * value if kind == 'scale' else x + value\n    return x",
            "before = run(3)  # no\nlayers[1] = ('shift', 5)\nlayers.append(('scale', 3))",
            "after = run(3)\nprint(before, after)  # no",
        ),
        "after",
    ),
    Case(
        "several models, one stored",
        (
            "import pickle\n" + _DATA,
            "from sklearn.tree import DecisionTreeClassifier\nfrom sklearn.neighbors import KNeighborsClassifier  # no",
            "tree = DecisionTreeClassifier(random_state=0).fit(X, y)\nnear = KNeighborsClassifier().fit(X, y)  # no\nnear.score(X, y)  # no",
            "with open('tree.pickle', 'wb') as out:\n    pickle.dump(tree, out)",
            "loaded = pickle.load(open('tree.pickle', 'rb'))  # no\nprint(loaded.get_depth())  # no",
        ),
        "tree.pickle",
        ("sklearn",),
    ),
    Case(
        "parameters in a dict, changed between two runs",
        (
            "params = {'depth': 2, 'eta': 1}\nrounds = 3\nwatch = ['train']  # no",
            "def train(params, rounds):\n    return [params['eta'] * round_ ** params['depth'] for round_ in range(rounds)]",
            "first = train(params, rounds)  # no\nparams['eta'] = 0.5\nparams.update(depth=3)",
            "second = train(params, rounds)\nlen(second)  # no",
        ),
        "second",
    ),
    Case(
        "a filtered part of a table",
        (
            _TABLE,
            "df = df.set_index('g')\ndf['y'] > 2  # no\ndf[['x']]  # no\ndf.loc['a', ['x', 'y']]  # no",
            "df.loc[df['y'] < 3]  # no\npart = df.loc[:, ['x']].iloc[1]",
        ),
        "part",
        ("pandas",),
    ),
    Case(
        "apply and a column deleted",
        (
            _TABLE,
            "df.info()  # no\ndf['y'] = df['y'].apply(lambda v: v * 10)\ndel df['x']\ndf.head()  # no",
            "sums = df.groupby('g').sum()\nlargest = df['y'].groupby(df['g']).max()\nsums['largest'] = largest\nsums.idxmax()  # no",
        ),
        "sums",
        ("pandas",),
    ),
    Case(
        "merged tables",
        (
            _TABLE,
            "first = df[df['g'] == 'a']\nsecond = df[df['g'] == 'b']\nall_rows = pd.concat([first, second])  # no",
            "by_column = pd.concat([first, second], axis=1)\nall_rows  # no\npd.merge(first, second, on='y', how='outer')  # no",
        ),
        "by_column",
        ("pandas",),
    ),
    Case(
        "dates mended by a function",
        (
            "import datetime\nimport pandas as pd\ndata = pd.DataFrame({'day': ['2061-01-01', '1961-01-02'], 'v': [1.0, 2.0]})",
            "def mended(text):\n    year = int(text[:4])\n    return datetime.date(year - 100 if year > 1989 else year, 1, int(text[-2:]))",
            "data['day'] = data['day'].apply(mended)\ndata['day'] = pd.to_datetime(data['day'])\ndata = data.set_index('day')\ndata.isnull().sum()  # no",
            "stats = data.describe()  # no\nweekly = data.resample('W').agg(['min', 'max'])\nmeans = data.mean()  # no",
        ),
        "weekly",
        ("pandas",),
    ),
    Case(
        "a series in time",
        (
            "import pandas as pd\nstock = pd.DataFrame({'Date': pd.date_range('2020-01-01', periods=90).astype(str), 'v': range(90)})",
            "stock.dtypes  # no\nstock['Date'] = pd.to_datetime(stock['Date'])\nstock = stock.set_index('Date')\nstock.index.is_unique  # no",
            "months = stock.resample('MS').mean()\nspan = stock.index.max() - stock.index.min()  # no\nlen(months)  # no",
        ),
        "months",
        ("pandas",),
    ),
    Case(
        "parts of a table deleted",
        (
            _TABLE,
            "import numpy as np\ndf.columns = ['group', 'left', 'right']\ndf.isnull().sum()  # no\ndf.iloc[0:1, 2:3] = np.nan",
            "df['left'] = df['left'].fillna(1)\ndel df['group']\ndf.iloc[3:, :] = np.nan\ndf  # no",
            "df = df.dropna(how='any')\ndf = df.reset_index(drop=True)",
        ),
        "df",
        ("pandas", "numpy"),
    ),
    Case(
        "a picture in several lines, with options of the library",
        (
            _PLOT,
            "size = 64, 16\nfig = plt.figure(figsize=(size[0] / 72.0, size[1] / 72.0), dpi=72)\nfig.patch.set_alpha(0)\nsaved = []  # no",
            (
                "plt.axes([0, 0, 1, 1], frameon=False)\nplt.rcParams['lines.dash_joinstyle'] = 'round'\n"
                "plt.plot([0, 1, 2], [0, 1, 0], linestyle='--')\nplt.xlim(0, 2), plt.ylim(0, 2)"
            ),
            "plt.savefig('dashes.png', dpi=72)\nsaved.append('dashes')  # no",
        ),
        "dashes.png",
        ("matplotlib",),
    ),
    Case(
        "a picture with a text",
        (
            _PLOT,
            "dpi = 72.0\nfig = plt.figure(figsize=(2, 1), dpi=dpi)\nfig.patch.set_alpha(0)\nplt.axes([0, 0, 1, 1], frameon=False)",
            "words = 'Aliased'\nother = words.upper()  # no\nplt.rcParams['text.antialiased'] = False\nplt.text(0.5, 0.5, words)\nplt.xticks([]), plt.yticks([])",
            "plt.savefig('text.png', dpi=dpi)",
        ),
        "text.png",
        ("matplotlib",),
    ),
    Case(
        "the figure itself",
        (
            f"{_PLOT}\nimport numpy as np",
            "plt.figure(figsize=(4, 3), dpi=80)\nplt.subplot(111)\nX = np.linspace(-3, 3, 16)\nC, S = np.cos(X), np.sin(X)\nmean = C.mean()  # no",
            "plt.plot(X, C, color='blue')\nplt.plot(X, S, color='red')\nplt.xlim(-4.0, 4.0)\nplt.xticks(np.linspace(-4, 4, 9))",
            "figure = plt.gcf()",
        ),
        "figure",
        ("matplotlib",),
    ),
    Case(
        "a picture drawn by a loop",
        (
            _PLOT,
            "fig = plt.figure(figsize=(3, 1))\nplt.axes([0, 0.1, 1, 0.8], frameon=False)\nstrengths = []  # no",
            "for i in range(1, 11):\n    plt.axvline(i, linewidth=1, alpha=0.25 + 0.75 * i / 10.0)\nfor i in range(3):  # no\n    strengths.append(i)  # no",
            "plt.xlim(0, 11)\nplt.savefig('lines.png')",
        ),
        "lines.png",
        ("matplotlib",),
    ),
    Case(
        "a search over a pipeline of features",
        (
            _DATA,
            "from sklearn.decomposition import PCA\nfrom sklearn.feature_selection import SelectKBest\nfrom sklearn.pipeline import FeatureUnion, Pipeline\nfrom sklearn.svm import SVC\nfrom sklearn.model_selection import GridSearchCV",
            "combined = FeatureUnion([('pca', PCA(n_components=2)), ('best', SelectKBest(k=1))])\nfeatures = combined.fit(X, y).transform(X)  # no\nprint(features.shape)  # no",
            "pipeline = Pipeline([('features', combined), ('svm', SVC(kernel='linear'))])\ngrid = {'svm__C': [0.1, 1]}\nsearch = GridSearchCV(pipeline, grid, cv=2)",
            "search.fit(X, y)\nprint(search.best_params_)  # no",
        ),
        "search",
        ("sklearn",),
        most=2,
    ),
    Case(
        "estimators that a loop fits and draws",
        (
            "import numpy as np\nX = np.random.default_rng(4).normal(size=(40, 3))\ny = X.sum(axis=1)  # no",
            f"{_PLOT}".replace("\n", "  # no\n") + "  # no\nfrom sklearn.mixture import GaussianMixture",
            "estimators = [(kind, GaussianMixture(2, covariance_type=kind, random_state=0)) for kind in ('full', 'diag')]\ncolors = ['red', 'blue']  # no",
            "for title, estimator in estimators:\n    estimator.fit(X)",
            "for color, (title, estimator) in zip(colors, estimators):  # no\n    plt.scatter(X[:, 0], X[:, 1], color=color)  # no\n    plt.title(title)  # no",
        ),
        "estimators",
        ("sklearn", "matplotlib"),
    ),
    Case(
        "one of two searches",
        (
            _DATA,
            "from time import time  # no\nfrom sklearn.linear_model import SGDClassifier\nfrom sklearn.model_selection import GridSearchCV, RandomizedSearchCV",
            "clf = SGDClassifier(random_state=0, max_iter=50)\ndef report(results):  # no\n    print(results['rank_test_score'])  # no",
            "dist = {'alpha': [1e-3, 1e-2]}  # no\nrandom_search = RandomizedSearchCV(clf, dist, n_iter=2, cv=2, random_state=0)  # no\nstart = time()  # no\nrandom_search.fit(X, y)  # no\nreport(random_search.cv_results_)  # no",
            "grid_search = GridSearchCV(clf, {'alpha': [1e-3, 1e-2]}, cv=2)\ngrid_search.fit(X, y)",
        ),
        "grid_search",
        ("sklearn",),
        most=8,
    ),
    Case(
        "a list of models, each fitted",
        (
            _DATA,
            "from sklearn.linear_model import LogisticRegression\nfrom sklearn.multioutput import ClassifierChain\nY = np.column_stack([y, 1 - y])",
            "base = LogisticRegression()\nchains = [ClassifierChain(base, order='random', random_state=i) for i in range(3)]\nscores = []  # no",
            "for chain in chains:\n    chain.fit(X, Y)\nscores = [chain.score(X, Y) for chain in chains]  # no\nmean = sum(scores) / 3  # no",
        ),
        "chains",
        ("sklearn",),
    ),
    Case(
        "two pipelines in a pair",
        (
            _DATA,
            "from sklearn.model_selection import train_test_split\nfrom sklearn.naive_bayes import GaussianNB\nfrom sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler",
            "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42)",
            "plain = make_pipeline(GaussianNB())\nplain.fit(X_train, y_train)\npredicted = plain.predict(X_test)  # no\nscaled = make_pipeline(StandardScaler(), GaussianNB())\nscaled.fit(X_train, y_train)\nprint(scaled.score(X_test, y_test))  # no",
            "pair = (plain, scaled)",
        ),
        "pair",
        ("sklearn",),
    ),
    Case(
        "labels that are changed before a fit",
        (
            _DATA,
            f"{_PLOT}".replace("\n", "  # no\n")
            + "  # no\nfrom sklearn.semi_supervised import LabelSpreading",
            "labels = np.full(len(y), -1.0)\nlabels[0] = y[0]\nlabels[-1] = y[-1]\nplt.scatter(X[:, 0], X[:, 1], c=labels)  # no",
            "spread = LabelSpreading(kernel='knn', alpha=0.8, n_neighbors=5)\nspread.fit(X, labels)\noutput = np.asarray(spread.transduction_)  # no",
        ),
        "spread",
        ("sklearn", "matplotlib"),
    ),
    Case(
        "a list made of what a loop fitted",
        (
            _DATA,
            "from sklearn.tree import DecisionTreeClassifier\npath = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X, y)\nalphas, impurities = path.ccp_alphas, path.impurities",
            "trees = []\nfor alpha in alphas:\n    tree = DecisionTreeClassifier(random_state=0, ccp_alpha=abs(alpha))\n    tree.fit(X, y)\n    trees.append(tree)",
            "trees = trees[:-1]\nnodes = [tree.tree_.node_count for tree in trees]  # no\ndepth = [tree.tree_.max_depth for tree in trees]\nprint(depth)  # no",
        ),
        "depth",
        ("sklearn",),
    ),
    Case(
        "a learner written by hand, in steps with a seed",
        (
            "import random\nrandom.seed(5)\npoints = [(random.random(), random.random()) for _ in range(30)]\nnoise = random.random()  # no",
            "centres = points[:2]\ndef nearest(point):\n    return min(range(2), key=lambda k: sum((a - b) ** 2 for a, b in zip(point, centres[k])))",
            (
                "for _ in range(4):\n    held = [[p for p in points if nearest(p) == k] for k in range(2)]\n"
                "    centres = [tuple(sum(v) / len(v) for v in zip(*ps)) for ps in held]"
            ),
            "print(centres)  # no\nsizes = [len(ps) for ps in held]  # no",
        ),
        "centres",
    ),
)

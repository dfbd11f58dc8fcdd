"""Cells that ask the network, a database, the clock or a person are named: no run can tell the answer."""

from __future__ import annotations

import pytest

from cellgraph.analyse.outside_world import asked

ASKING = (
    ("import requests\nr = requests.get(url)", "the network"),
    ("df = pd.read_csv('https://example.org/x.csv')", "the network"),
    ("from urllib.request import urlopen\nt = urlopen(u).read()", "the network"),
    ("X, y = sklearn.datasets.fetch_openml('adult')", "the network"),
    ("m = AutoModel.from_pretrained('bert')", "the network"),
    ("df = pd.read_parquet('s3://bucket/x')", "the network"),
    ("con = sqlite3.connect('x.db')", "a database"),
    ("df = pd.read_sql('select 1', con)", "a database"),
    ("rows = cur.execute('select 1').fetchall()", "a database"),
    ("engine = sqlalchemy.create_engine(u)", "a database"),
    ("t = time.time()", "the clock"),
    ("now = datetime.datetime.now()", "the clock"),
    ("now = pd.Timestamp.today()", "the clock"),
    ("from time import perf_counter\nt = perf_counter()", "the clock"),
    ("%matplotlib inline\nd = date.today()", "the clock"),
    ("from datetime import datetime as dt\nd = dt.now()", "the clock"),
    ("from datetime import date\nd = date.today().isoformat()", "the clock"),
    ("stamp = time.strftime('%Y')", "the clock"),
    ("name = input('who? ')", "a person"),
    ("r = client.chat.completions.create(model='m', messages=m)", "the network"),
    ("r = client.messages.create(model='m', messages=m)", "the network"),
    ("v = client.embeddings.create(input=t).data", "the network"),
    ("path = hf_hub_download('a', 'b')", "the network"),
    ("path = kagglehub.dataset_download('a/b')", "the network"),
    ("!wget -q https://example.org/x.csv", "the network"),
    ("x = 1\n  !curl -O $url", "the network"),
    ("!git clone $repo", "the network"),
    ("root = pathlib.Path(tempfile.mkdtemp())", "the system's random numbers"),
    ("with TemporaryDirectory() as root: pass", "the system's random numbers"),
    ("u = uuid.uuid4()", "the system's random numbers"),
    ("def f():\n    return requests.get(u)", "the network"),
    ("print(In[1])", "the session's history"),
    ("text = _i1", "the session's history"),
    ("n = len(_ih)", "the session's history"),
)

SILENT = (
    "x = 1",
    "df.query('a > 1')",
    "df['time'] = df['time'] * 2",
    "time.sleep(1)",
    "def now(): return 3",
    "df = pd.read_csv('x.csv')",
    "text = 'see https://example.org'",
    "model.fit(X, y)",
    "import requests",
    "inputs = layer(x)",
    "sql = 'select 1'",
    "!ls -l",
    "!python train.py",
    "!git status",
    "messages = [m.text for m in found]",
    "img = images.resize(4)",
    "n = tempfile.gettempdir()",
    "for _i in range(3): print(_i)",
    "x_i1 = In_ = 2",
    "df.query('In > 1')",
)


@pytest.mark.parametrize(("source", "whom"), ASKING, ids=[row[0] for row in ASKING])
def test_a_call_that_asks_the_outside_is_named(source: str, whom: str) -> None:
    """By the function that is called, in a function of the cell too, and beside magics."""
    assert asked(source) == (whom,)


@pytest.mark.parametrize("source", SILENT)
def test_other_code_asks_nobody(source: str) -> None:
    """Words in texts, columns and imports alone ask nobody."""
    assert asked(source) == ()


def test_what_a_cell_asks_is_listed_in_its_order_once() -> None:
    """Two answers of the clock are one reason."""
    assert asked("t = time.time(); r = requests.get(u); d = time.time()") == ("the network", "the clock")

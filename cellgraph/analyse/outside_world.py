"""What a cell asks outside of the process and its files: the network, databases, the clock, a person.

No record can tell what they would answer at Restart & Run All. So they are named wherever a cell asks them.
They are found in the text, by the names of the called functions and of their modules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from cellgraph.code.expression_names import attribute_chain
from cellgraph.code.source import body_apart_from_magics
from cellgraph.patterns import Pattern

CLOCK, SYSTEM = "the clock", "the system's random numbers"
HISTORY = "the session's history"
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "the network": (
        r"(?:requests|httpx|aiohttp|urllib3?|urllib\.request|socket|ftplib|smtplib|paramiko|boto3|wget)\.\w+",
        r"(?:\w+\.)*(?:urlopen|urlretrieve|fetch_openml|fetch_\w+|load_dataset|from_pretrained|snapshot_download)",
        r"(?:\w+\.)*hub\.load",
        r"(?:yf|yfinance|web|pdr|openai|anthropic|kagglehub|kaggle\.api|gdown|wandb|http\.client)\.\w+",
        r"(?:\w+\.)*(?:completions|responses|messages|embeddings|images)\.(?:create|parse|stream|generate)",
        r"(?:\w+\.)*(?:hf_hub_download|InferenceClient|text_generation|chat_completion|generate_content)",
    ),
    "a database": (
        r"(?:\w+\.)*(?:create_engine|read_sql|read_sql_query|read_sql_table|read_gbq|to_sql|MongoClient)",
        r"(?:sqlite3|psycopg2?|pymysql|mysql\.connector|duckdb|snowflake\.connector|oracledb|pyodbc|redis)\.\w+",
        r"(?:con|conn|connection|cur|cursor|db|engine|session)\.(?:execute|executemany|query|scalars?|sql)",
    ),
    CLOCK: (
        r"time\.(?:time|time_ns|ctime|localtime|gmtime|perf_counter|monotonic|process_time)",
        r"time\.strftime",
        r"(?:\w+\.)+(?:now|utcnow|today)",
        r"(?:time|perf_counter|monotonic|now|today)",
    ),
    "a person": (r"input", r"(?:getpass\.)?getpass"),
    "what is in memory": (
        r"(?:\w+\.)*__subclasses__",
        r"gc\.(?:get_\w+|collect)",
        r"sys\.(?:getrefcount|getsizeof)",
        r"weakref\.getweakref\w+",
        r"(?:\w+\.)*cache_info",
    ),
    SYSTEM: (
        r"(?:uuid\.)?uuid[14]",
        r"secrets\.\w+",
        r"os\.urandom",
        r"token_(?:hex|bytes)",
        r"(?:tempfile\.)?(?:mkdtemp|mkstemp|NamedTemporaryFile|TemporaryDirectory)",
    ),
    HISTORY: (r"(?:\w+\.)*history_manager\.\w+",),
}
_CALLS = {what: Pattern(rf"(?<![\w.])(?:{'|'.join(patterns)})") for what, patterns in _SOURCES.items()}
_HINT = Pattern(
    r"requests|httpx|aiohttp|urllib|urlopen|urlretrieve|socket|ftplib|smtplib|paramiko|boto3|wget|fetch_|://|"
    r"load_dataset|from_pretrained|snapshot_download|hub\.load|yfinance|yf\.|pdr\.|web\.|sql|Mongo|engine|duckdb|"
    r"psycopg|oracledb|pyodbc|redis|snowflake|execute|query|scalar|time|now|today|perf_counter|monotonic|input|"
    r"__subclasses__|cache_info|gc\.|sys\.get|weakref|getpass|uuid|secrets|urandom|token_|[Tt]emp|"
    r"openai|anthropic|kagg|gdown|wandb|http\.client|completion|responses|messages|embeddings|images|hf_hub|"
    r"history_manager|pc\.random|compute\.random|(?<!\w)(?:In|_ih|_ii{0,2}|_i\d+)(?!\w)|"
    r"Inference|generat|_rng\(|Random|SeedSeq|PCG64|MT19937|Philox|SFC64"
)
"""Text without any of these asks nobody. It spares most cells a walk through their calls."""
_MAKER = Pattern(
    r"(?:(?:np|numpy|da|dask\.array)\.)?(?:random\.)?(?:default_rng|RandomState|SeedSequence|PCG64(?:DXSM)?|MT19937|Philox|SFC64)"
    r"|(?:random\.)?(?:System)?Random"
)
"""A generator is made. Without a seed, the system gives one."""
_OF_ARROW = Pattern(r"(?:pc|pyarrow\.compute)\.random")
_URL = Pattern(r"(?:https?|s3|gs|ftp|hf)://")
_INPUTS = Pattern(r"In|_ih|_ii{0,2}|_i\d+")
"""The variables in which IPython keeps the texts that were run, by numbers that a restart gives otherwise."""
_SHELL = Pattern(
    r"^[ \t]*!.*(?:://|\b(?:curl|wget|kaggle|gsutil|gdown|scp|rsync|git[ \t]+clone)\b)", re.MULTILINE
)
"""A line for the shell that fetches something."""


@lru_cache(maxsize=512)
def asked(source: str) -> tuple[str, ...]:
    """What a cell with this text asks: ``("the network", "the clock")``. Functions that it defines count."""
    if not (_HINT.search(source) or _SHELL.search(source)):
        return ()
    found: dict[str, None] = {}
    if _SHELL.search(source):
        found["the network"] = None
    nodes = body_apart_from_magics(source)
    if _looks_back(nodes):
        found[HISTORY] = None
    for node in nodes:
        runs = not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                found.update(dict.fromkeys(_asked_by(part)))
                if runs and _is_unseeded(part):
                    found[SYSTEM] = None
    return tuple(sorted(found, key=list(_SOURCES).index))


def _looks_back(nodes: Iterable[ast.AST]) -> bool:
    """Whether a text uses the texts that were run, and no variable of its own by such a name."""
    names = [part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)]
    found = [part for part in names if _INPUTS.fullmatch(part.id)]
    own = {part.id for part in found if not isinstance(part.ctx, ast.Load)}
    return any(part.id not in own for part in found)


def _asked_by(call: ast.Call) -> Iterator[str]:
    name = _dotted(call.func)
    yield from (what for what, pattern in _CALLS.items() if pattern.fullmatch(name))
    texts = (part.value for part in call.args[:1] if isinstance(part, ast.Constant))
    if any(isinstance(text, str) and _URL.match(text) for text in texts):
        yield "the network"


def _is_unseeded(call: ast.Call) -> bool:
    """Whether a call makes a generator, or draws from one, without a seed.

    A function may be given a generator, and then makes none.
    """
    if _OF_ARROW.fullmatch(_dotted(call.func)):
        return all(keyword.arg != "initializer" for keyword in call.keywords)
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(map(_is_none, given)) and _MAKER.fullmatch(_dotted(call.func)) is not None


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _dotted(function: ast.expr) -> str:
    """The dotted name of a called function, ``pd.Timestamp.now``. A call before it is left out."""
    start, words = attribute_chain(function)
    return ".".join([start.id, *words] if isinstance(start, ast.Name) else words)

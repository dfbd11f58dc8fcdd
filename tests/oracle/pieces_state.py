"""Pieces that depend on state of the process outside the namespace: settings, and seeds."""

from __future__ import annotations

from tests.oracle.snippet import Group, Snippet

PANDAS_OPTIONS = Group(
    "import pandas as pd",
    (
        Snippet("setting", "pd.set_option('display.precision', $k % 4 + 1)", 2),
        Snippet("setting", "pd.options.display.max_rows = $k % 4 + 4"),
        Snippet("setting", "pd.reset_option('display.precision')", 0.5),
        Snippet("setting", "with pd.option_context('display.precision', 2):\n    print($sdf)", 0.5),
        Snippet("setting", "if $int > $k:\n    pd.set_option('display.precision', 2)"),
        Snippet("setting", "$=opt = 'display.precision'", 0.7),
        Snippet("setting", "$=opt = 'display.max_rows'", 0.7),
        Snippet("setting", "pd.set_option($opt, $k % 4 + 2)"),
        Snippet("reader", "$=sdf = pd.DataFrame({'a': [1 / 3, $int], 'b': [$k, 2 / 3]})\nshow $sdf", 3),
        Snippet("reader", "print($sdf)", 2),
        Snippet("reader", "print($sdf['a'] * $k)"),
        Snippet("reader", "show pd.get_option('display.precision')"),
        Snippet("no reader", "$=int = int($sdf['b'].sum())\nshow $int"),
        Snippet("no reader", "$!sdf['c'] = $sdf['a'] * $int", 0.7),
    ),
    needs="pandas",
)
NUMPY_OPTIONS = Group(
    "import numpy as np",
    (
        Snippet("setting", "np.set_printoptions(precision=$k % 5 + 1)", 2),
        Snippet("setting", "np.set_printoptions(suppress=True, threshold=$k % 5 + 2)"),
        Snippet("setting", "_ = np.seterr(divide='raise')"),
        Snippet("setting", "_ = np.seterr(all='ignore')"),
        Snippet("setting", "with np.printoptions(precision=2):\n    print($sarr)", 0.5),
        Snippet("setting", "$=opts = {'precision': $k % 4 + 1, 'suppress': True}", 0.7),
        Snippet("setting", "$=opts = {'suppress': True}", 0.7),
        Snippet("setting", "np.set_printoptions(**$opts)"),
        Snippet("setting", "def $=fn(rough):\n    if rough:\n        np.set_printoptions(precision=1)", 0.7),
        Snippet("setting", "$fn($int > $k)"),
        Snippet("reader", "$=sarr = np.array([1 / 3, $int, 1e-9 * $k])\nprint($sarr)", 3),
        Snippet("reader", "show $sarr * $k"),
        Snippet("reader", "print($sarr[0], str($sarr))"),
        Snippet("reader", "$=sarr1 = 1 / ($sarr2 - $sarr2[0])\nshow np.isinf($sarr1).sum()"),
        Snippet("reader", "show np.get_printoptions()['precision']", 0.7),
        Snippet("no reader", "$=int = int($sarr.sum())\nshow $int"),
    ),
    needs="numpy",
)
PLOT_SETTINGS = Group(
    "import matplotlib.pyplot as plt",
    (
        Snippet("setting", "plt.rcParams['figure.figsize'] = ($k % 7 + 2, 3)", 2),
        Snippet("setting", "plt.rcParams['lines.linewidth'] = $k % 5 + 1", 1.5),
        Snippet("setting", "plt.rc('font', size=$k % 9 + 6)"),
        Snippet("setting", "plt.style.use('ggplot')", 0.7),
        Snippet("setting", "plt.rcdefaults()", 0.4),
        Snippet("setting", "if $int > $k:\n    plt.rcParams['lines.linewidth'] = 9"),
        Snippet("setting", "$=rc = {'lines.linewidth': $k % 5 + 1, 'figure.figsize': (3, 3)}", 0.7),
        Snippet("setting", "$=rc = {'lines.linewidth': $k % 5 + 1}", 0.7),
        Snippet("setting", "plt.rcParams.update($rc)"),
        Snippet("setting", "for name, value in $rc.items():\n    plt.rcParams[name] = value", 0.7),
        Snippet(
            "setting",
            "with plt.rc_context({'lines.linewidth': $k}):\n    print(plt.plot([1, 2])[0].get_lw())\n"
            "plt.close('all')",
            0.5,
        ),
        Snippet(
            "reader",
            "$=pfig, $=pax = plt.subplots()\nprint($pfig.get_size_inches().tolist())\nplt.close($pfig)",
            3,
        ),
        Snippet("reader", "print($!pax.plot([1, $int])[0].get_linewidth())", 2),
        Snippet("reader", "print($!pax.set_title('n $int').get_fontsize(), len($pax.lines))"),
        Snippet("reader", "show plt.rcParams['lines.linewidth']"),
        Snippet("no reader", "$=int = len($pax.lines) + $k\nshow $int"),
    ),
    needs="matplotlib",
)
ENVIRONMENT = Group(
    "import os",
    (
        Snippet("setting", "os.environ['RATE'] = str($int)", 2),
        Snippet("setting", "os.environ['RATE'] = '$k'", 2),
        Snippet("setting", "os.environ.setdefault('LEVEL', '$k')"),
        Snippet("setting", "os.environ.pop('RATE', None)", 0.7),
        Snippet("setting", "del os.environ['RATE']", 0.5),
        Snippet("setting", "os.environ['RATE'] += '0'", 0.7),
        Snippet("setting", "if $int > $k:\n    os.environ['RATE'] = '7'"),
        Snippet("setting", "if 'LEVEL' not in os.environ:\n    os.environ['LEVEL'] = '$k'"),
        Snippet("setting", "$=var = 'RATE'", 0.7),
        Snippet("setting", "$=var = 'LEVEL'", 0.7),
        Snippet("setting", "os.environ[$var] = '$k'"),
        Snippet("reader", "show int(os.environ.get('RATE', 1)) * $int", 2),
        Snippet("reader", "$=int = int(os.getenv('LEVEL') or 0)\nshow $int"),
        Snippet("reader", "show os.environ['RATE']"),
        Snippet("reader", "def $=fn(x):\n    return x + int(os.environ.get('RATE', 0))\nshow $fn(1)"),
        Snippet("reader", "show $fn($k)"),
        Snippet("reader", "show 'RATE' in os.environ", 0.7),
        Snippet("no reader", "show os.path.join('a', 'b$k')", 0.7),
    ),
)
DECIMALS = Group(
    "from decimal import Decimal, getcontext, localcontext",
    (
        Snippet("setting", "getcontext().prec = $k % 9 + 2", 2),
        Snippet("setting", "getcontext().rounding = 'ROUND_UP'"),
        Snippet("setting", "if $int > $k:\n    getcontext().prec = 20"),
        Snippet(
            "setting",
            "with localcontext() as context:\n    context.prec = 3\n    print(Decimal(1) / $k)",
            0.5,
        ),
        Snippet("reader", "$=num = Decimal(1) / Decimal($int + 1)\nshow $num", 2.5),
        Snippet("reader", "show $num * $k / 7", 2),
        Snippet("reader", "show getcontext().prec"),
        Snippet("no reader", "$=int = int($num * 0) + $k\nshow $int"),
        Snippet("no reader", "show $num > $k", 0.5),
    ),
)
WARNINGS = Group(
    "import warnings",
    (
        Snippet("setting", "warnings.simplefilter('error')"),
        Snippet("setting", "warnings.simplefilter('ignore')"),
        Snippet("setting", "warnings.filterwarnings('ignore', message='old')"),
        Snippet("setting", "warnings.resetwarnings()", 0.5),
        Snippet(
            "reader",
            "try:\n    warnings.warn('old $int')\n    print('passed')\nexcept UserWarning:\n"
            "    print('raised')",
            2,
        ),
        Snippet("reader", "def $=fn(x):\n    warnings.warn('old')\n    return x + $int", 1.5),
        Snippet("reader", "try:\n    $=int = $fn($k)\nexcept UserWarning:\n    $int = -1\nshow $int", 2),
        Snippet(
            "reader",
            "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    $=int = $fn($k)\n"
            "show $int",
        ),
    ),
)
PROCESS = Group(
    "import os, sys, logging",
    (
        Snippet("setting", "os.makedirs('sub', exist_ok=True)\nos.chdir('sub')"),
        Snippet("reader", "show os.path.basename(os.getcwd())"),
        Snippet(
            "reader",
            "with open('here.txt', 'w') as out:\n    _ = out.write('$k')\nshow os.path.exists('here.txt')",
            0.7,
        ),
        Snippet("setting", "sys.path.append('lib$k')"),
        Snippet("setting", "if 'mylib' not in sys.path:\n    sys.path.insert(0, 'mylib')"),
        Snippet("reader", "show 'mylib' in sys.path, sum(path.startswith('lib') for path in sys.path)", 1.5),
        Snippet("setting", "logging.getLogger('app').setLevel($k)", 1.5),
        Snippet("reader", "show logging.getLogger('app').getEffectiveLevel() + $int", 1.5),
        Snippet("setting", "logging.getLogger('app').addHandler(logging.NullHandler())"),
        Snippet("reader", "show len(logging.getLogger('app').handlers)"),
        Snippet("setting", "sys.setrecursionlimit(3000 + $k)"),
        Snippet("reader", "show sys.getrecursionlimit()"),
    ),
)
ESTIMATOR_SETTINGS = Group(
    "import sklearn\nfrom sklearn.preprocessing import StandardScaler\nimport pandas as pd",
    (
        Snippet("setting", "sklearn.set_config(transform_output='pandas')", 1.5),
        Snippet("setting", "sklearn.set_config(transform_output='default')"),
        Snippet("setting", "sklearn.set_config(print_changed_only=False, display='text')"),
        Snippet(
            "reader",
            "$=out = StandardScaler().fit_transform(pd.DataFrame({'a': [$k, $int]}))\n"
            "show type($out).__name__",
            2.5,
        ),
        Snippet("reader", "print(StandardScaler(with_std=False))", 1.5),
        Snippet("reader", "show sklearn.get_config()['transform_output']"),
        Snippet("no reader", "show $out.shape"),
    ),
    needs="sklearn",
    weight=0.3,
)
SETTINGS = (
    PANDAS_OPTIONS,
    NUMPY_OPTIONS,
    PLOT_SETTINGS,
    ENVIRONMENT,
    DECIMALS,
    WARNINGS,
    PROCESS,
    ESTIMATOR_SETTINGS,
)

STANDARD_DRAWS = Group(
    "import random\nrandom.seed(7)",
    (
        Snippet("seed", "random.seed($k)", 2),
        Snippet("seed", "import random\nrandom.seed($int)"),
        Snippet("draw", "$=int = random.randint(0, 999)\nshow $int", 2),
        Snippet("draw", "show random.random() * $int", 1.5),
        Snippet("draw", "$=list = [random.randint(0, 99) for _ in range(3)]\nshow $list", 2),
        Snippet("draw", "random.shuffle($!list)\nshow $list"),
        Snippet("draw", "def $=fn(x):\n    return x + random.randint(0, 99)\nshow $fn($int)"),
        Snippet("draw", "show $fn($k)"),
        Snippet("seed and draw", "random.seed($k)\n$=int = random.randint(0, 999)\nshow $int"),
        Snippet("source", "$=rnd = random.Random($k)\nshow $rnd.randint(0, 999)"),
        Snippet("source", "show $!rnd.randint(0, 999)"),
    ),
)
NUMPY_DRAWS = Group(
    "import numpy as np\nnp.random.seed(7)",
    (
        Snippet("seed", "np.random.seed($k)", 2),
        Snippet("draw", "$=sarr = np.random.rand(3)\nshow $sarr", 2),
        Snippet("draw", "$=int = int(np.random.randint(0, 999))\nshow $int", 2),
        Snippet("draw", "np.random.shuffle($!sarr)\nshow $sarr"),
        Snippet("draw", "show np.random.normal(size=2) + $int"),
        Snippet("seed and draw", "np.random.seed($int)\n$=sarr = np.random.rand(2)\nshow $sarr"),
        Snippet("source", "$=rng = np.random.default_rng($k)\nshow $rng.random()"),
        Snippet("source", "show $!rng.integers(0, 999)"),
        Snippet("user", "show $sarr.max() > 0.5, $sarr.sum()"),
    ),
    needs="numpy",
)
TORCH_DRAWS = Group(
    "import torch\n_ = torch.manual_seed(7)",
    (
        Snippet("seed", "_ = torch.manual_seed($k)", 2),
        Snippet("draw", "$=ten = torch.rand(2)\nshow $ten", 2),
        Snippet("draw", "show torch.randint(0, 999, (1,)).item() + $int"),
        Snippet("draw", "$=net = torch.nn.Linear(1, 1)\nshow $net.weight.item()"),
        Snippet("user", "show ($ten * $int).sum().item()"),
    ),
    needs="torch",
    weight=0.15,
)
SEEDS = (STANDARD_DRAWS, NUMPY_DRAWS, TORCH_DRAWS)

"""Which statements only show something: a value, a text, a picture. What they leave out changes no value.

A picture is state of the drawing library. Who wants a picture itself must not leave out what draws it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from cellgraph.code.expression_names import names_in, root_name
from cellgraph.code.fast_ast import bound_name
from cellgraph.light_dataclass import dataclass
from cellgraph.patterns import Pattern

PLOTTING_MODULES = frozenset(
    "matplotlib pylab seaborn plotly bokeh altair plotnine mpl_toolkits cufflinks hvplot holoviews"
    " pandas_profiling ydata_profiling missingno wordcloud yellowbrick graphviz cartopy folium"
    " ipywidgets bqplot scikitplot".split()
)
"""Libraries that draw. A notebook's values other than pictures do not depend on what they did."""
PICTURES = frozenset(
    "Axes AxesSubplot Figure SubFigure FacetGrid PairGrid JointGrid ClusterGrid Line2D AxesImage Axes3D"
    " Axes3DSubplot PathCollection QuadMesh Colorbar BarContainer Legend Text Chart FigureWidget"
    " GridSpec PolarAxes".split()
)
"""Types of what they draw."""
_QUIET = frozenset(
    "print display len repr str type id isinstance help sorted sum min max any all round abs format int"
    " float bool list dict set tuple zip range enumerate pprint HTML Markdown Image Latex Math JSON SVG"
    " dir vars hasattr getattr callable hex bin ord chr reversed map filter divmod pow complex frozenset"
    " slice bytes ascii".split()
)
"""Builtins, and classes of IPython, that change nothing they are given."""
_ASKING = frozenset(
    "head tail describe info mean sum std var min max median mode quantile count value_counts nunique"
    " unique corr cov isnull isna notnull notna any all round abs copy astype tolist to_list to_string"
    " to_dict to_frame to_numpy to_markdown to_html items keys values get format join upper lower strip"
    " split replace startswith endswith groupby agg aggregate sort_values sort_index reset_index"
    " set_index transpose crosstab pivot pivot_table size nlargest nsmallest argmax argmin argsort"
    " cumsum dot reshape ravel flatten squeeze isin between memory_usage duplicated drop_duplicates"
    " dropna fillna mean_squared_error accuracy_score confusion_matrix classification_report r2_score"
    " f1_score roc_auc_score precision_score recall_score shape item numpy detach cpu plot hist boxplot"
    " bar barh pie scatter line area kde show head limit collect filter select with_columns union"
    " intersection difference issubset index sqrt exp log sin cos to_pandas query get_params rank"
    " explode summary isoformat strftime total_seconds astimezone eval background_gradient bincount"
    " histogram array linspace arange unstack stack melt idxmax idxmin clip equals allclose array_equal"
    " isclose most_common zeros ones empty full meshgrid pdf cdf ppf logpdf pmf sf where maximum minimum"
    " power tan real imag diff cumprod vstack hstack column_stack concatenate eye identity tile repeat"
    " outer inner"
    " matmul polyfit polyval predict predict_proba decision_function score floor ceil sign".split()
)
"""Methods and functions that change nothing, in the libraries that notebooks use."""
_MEASURES = Pattern(r"_(?:score|error|report|matrix|loss|distance|variance)$")
"""Functions that work out a number or a table from what they are given."""
PURE_MODULES = frozenset(
    "math cmath statistics numpy numpy.linalg numpy.fft scipy.linalg scipy.special scipy.stats"
    " scipy.ndimage scipy.signal sklearn.metrics pandas".split()
)
"""Libraries whose functions only work something out, but for those in ``_IMPURE``."""
_IMPURE = frozenset(
    "random seed shuffle put place putmask copyto fill_diagonal at save savetxt savez savez_compressed seterr"
    " set_printoptions load fromfile memmap vectorize apply_along_axis apply_over_axes fromfunction"
    " frompyfunc piecewise nditer tofile rvs"
    " set_option reset_option option_context to_pickle eval register_option plotting".split()
)
_CHANGES_ITSELF = frozenset(
    "append extend add update insert remove pop clear discard sort reverse setdefault popitem appendleft"
    " extendleft popleft fit fit_transform fit_predict partial_fit set_params".split()
)
"""Methods that change what they belong to, and not what they are given."""
_PLAIN = (
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.BinOp,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.Starred,
    ast.IfExp,
    ast.Slice,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
    ast.keyword,
    ast.operator,
    ast.cmpop,
    ast.boolop,
    ast.unaryop,
    ast.expr_context,
    ast.arguments,
    ast.arg,
)


def drawing_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """The names under which statements import libraries that draw, or parts of them."""
    found: set[str] = set()
    for node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Import):
                wanted = (name for name in part.names if name.name.split(".")[0] in PLOTTING_MODULES)
                found.update(bound_name(name) for name in wanted)
            elif isinstance(part, ast.ImportFrom) and (part.module or "").split(".")[0] in PLOTTING_MODULES:
                found.update(name.asname or name.name for name in part.names)
    return frozenset(found)


def pure_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """The names under which statements import libraries whose functions change nothing, or parts of them."""
    found: set[str] = set()
    for node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Import):
                wanted = (name for name in part.names if name.name in PURE_MODULES)
                found.update(bound_name(name) for name in wanted)
            elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
                names = (name for name in part.names if name.name not in _IMPURE)
                whole = part.module in PURE_MODULES
                found.update(
                    n.asname or n.name for n in names if whole or f"{part.module}.{n.name}" in PURE_MODULES
                )
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What is known of the names of a notebook.

    ``drawing`` are names of libraries that draw and of pictures, ``own`` the functions and classes that the
    notebook defines, ``pure`` libraries whose functions change nothing, and such functions.
    """

    drawing: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    pure: frozenset[str] = frozenset()


NOTHING_KNOWN = KnownNames()


def pure_functions(statements: Iterable[ast.stmt], known: KnownNames) -> frozenset[str]:
    """The notebook's functions that only work something out, and do not change what they are given."""
    defined: dict[str, list[ast.FunctionDef]] = {}
    for node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef):
                defined.setdefault(part.name, []).append(part)
    waiting = {name: nodes[0] for name, nodes in defined.items() if len(nodes) == 1}
    found: set[str] = set()
    while True:
        now = replace(known, own=known.own - found, pure=known.pure | found)
        new = {name for name, node in waiting.items() if name not in found and _is_pure(node, now)}
        if not new:
            return frozenset(found)
        found |= new


def _is_pure(node: ast.FunctionDef, known: KnownNames) -> bool:
    """Whether all statements of a function bind names of its own or return something."""
    if node.decorator_list:
        return False
    hidden = frozenset(one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg))
    inner = replace(known, drawing=frozenset(), pure=known.pure - hidden)
    bound: dict[str, bool] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Assign):
            plain = isinstance(part.value, ast.Constant)
            bound.update(
                {t.id: bound.get(t.id, True) and plain for t in part.targets if isinstance(t, ast.Name)}
            )
    counters = frozenset(name for name, plain in bound.items() if plain) - hidden
    return all(_only_works_out(part, inner, counters) for part in node.body)


def _only_works_out(node: ast.stmt, known: KnownNames, counters: frozenset[str]) -> bool:
    """Whether a statement of a function changes nothing but its own variables. ``counters`` hold numbers."""
    match node:
        case ast.Return(value=None) | ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=ast.expr() as value):
            return _is_harmless(value, known)
        case ast.If(test=test, body=body, orelse=otherwise):
            parts = [*body, *otherwise]
            return _is_harmless(test, known) and all(_only_works_out(part, known, counters) for part in parts)
        case ast.For(target=ast.Name() | ast.Tuple(), iter=over, body=body, orelse=otherwise):
            parts = [*body, *otherwise]
            return _is_harmless(over, known) and all(_only_works_out(part, known, counters) for part in parts)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            return name in counters and _is_harmless(value, known)
    return binds_only(node, known)


def touched_names(node: ast.stmt, known: KnownNames) -> frozenset[str] | None:
    """The names that the calls of a statement may change in place; None where any that it loads may be.

    Methods of containers and of models change what they belong to, and not what they are given.
    """
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and not is_quiet_call(part, known):
            function = part.func
            if isinstance(function, ast.Name) and function.id[0].isupper() and function.id not in known.own:
                continue  # a class of a library: it makes something of what it is given
            if not (isinstance(function, ast.Attribute) and function.attr in _CHANGES_ITSELF):
                return None
            if root_name(function, through_calls=True) in known.own:
                return None
            made = any(isinstance(inner, ast.Call) for inner in ast.walk(function.value))
            if not made:  # what a call has just made is nobody else's
                found |= names_in(function)
    if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign):
        return frozenset(found)
    return None


def calls_quietly(node: ast.stmt, known: KnownNames) -> bool:
    """Whether an assignment, or an expression, calls nothing that changes what it is given.

    What it stores into is another matter.
    """
    match node:
        case ast.Assign(targets=targets, value=value):
            return all(_is_harmless(part, known) for part in (*targets, value))
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
        ):
            return _is_harmless(target, known) and _is_harmless(value, known)
        case ast.Expr(value=value):
            return _is_harmless(value, known)
    return False


def binds_only(node: ast.stmt, known: KnownNames) -> bool:
    """Whether all that a statement changes are the names that it binds."""
    match node:
        case ast.Assign(targets=targets, value=value):
            names = [part for target in targets for part in ast.walk(target)]
            plain = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
            return all(isinstance(part, plain) for part in names) and _is_harmless(value, known)
        case ast.AnnAssign(target=ast.Name(), value=value) if value is not None:
            return _is_harmless(value, known)
    return False


def shows_only(node: ast.stmt, known: KnownNames = NOTHING_KNOWN) -> bool:
    """Whether a statement only shows something."""
    match node:
        case ast.Expr(value=value):
            return _is_harmless(value, known)
        case ast.Pass():
            return True
        case ast.If(test=test, body=body, orelse=otherwise):
            return _is_harmless(test, known) and _all_show([*body, *otherwise], known)
        case ast.For(iter=over, body=body, orelse=otherwise):
            return _is_harmless(over, known) and _all_show([*body, *otherwise], known)
        case ast.Assign(targets=targets, value=value):
            # ``plt.rcParams["figure.figsize"] = …``, ``ax.title = …``
            places = all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
            roots = (root_name(target, through_calls=True) for target in targets)
            return places and all(root in known.drawing for root in roots) and _is_harmless(value, known)
    return False


def _all_show(body: Iterable[ast.stmt], known: KnownNames) -> bool:
    return all(shows_only(node, known) for node in body)


def _is_harmless(value: ast.expr, known: KnownNames) -> bool:
    for part in ast.walk(value):
        if isinstance(part, ast.Call):
            if not is_quiet_call(part, known):
                return False
        elif not isinstance(part, _PLAIN):
            return False
    return True


def is_quiet_call(call: ast.Call, known: KnownNames) -> bool:
    """Whether a call is known to change nothing that it is given."""
    if any(keyword.arg in ("inplace", "out") for keyword in call.keywords):
        return False
    function = call.func
    root = root_name(function, through_calls=True)
    if root in known.drawing:
        return True
    if root in known.pure:
        attributes = (part.attr for part in ast.walk(function) if isinstance(part, ast.Attribute))
        return not any(name in _IMPURE or name.startswith("read_") for name in attributes)
    if isinstance(function, ast.Name):
        quiet = function.id in _QUIET or _MEASURES.search(function.id) is not None
        return quiet and function.id not in known.own
    if isinstance(function, ast.Attribute):
        return (
            function.attr in _ASKING
            or (function.attr == "sample" and any(one.arg == "random_state" for one in call.keywords))
            or _MEASURES.search(function.attr) is not None
            or ".plot." in f".{ast.unparse(function)}."
        ) and root not in known.own
    return False

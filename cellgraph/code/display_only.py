"""Which statements only show something: a value, a text, a picture. What they leave out changes no value.

A picture is state of the drawing library. Who wants a picture itself must not leave out what draws it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

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
    " isclose".split()
)
"""Methods and functions that change nothing, in the libraries that notebooks use."""
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
                found.update(name.asname or name.name.split(".")[0] for name in wanted)
            elif isinstance(part, ast.ImportFrom) and (part.module or "").split(".")[0] in PLOTTING_MODULES:
                found.update(name.asname or name.name for name in part.names)
    return frozenset(found)


def shows_only(node: ast.stmt, drawing: Collection[str], own: Collection[str] = ()) -> bool:
    """Whether a statement only shows something.

    ``drawing`` are names of libraries that draw and of pictures, ``own`` the functions and classes that the
    notebook defines.
    """
    match node:
        case ast.Expr(value=value):
            return _is_harmless(value, drawing, own)
        case ast.Pass():
            return True
        case ast.If(test=test, body=body, orelse=otherwise):
            return _is_harmless(test, drawing, own) and _all_show([*body, *otherwise], drawing, own)
        case ast.For(iter=over, body=body, orelse=otherwise):
            return _is_harmless(over, drawing, own) and _all_show([*body, *otherwise], drawing, own)
        case ast.Assign(targets=targets, value=value):
            # ``plt.rcParams["figure.figsize"] = …``, ``ax.title = …``
            places = all(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
            return places and all(_root(t) in drawing for t in targets) and _is_harmless(value, drawing, own)
    return False


def _all_show(body: Iterable[ast.stmt], drawing: Collection[str], own: Collection[str]) -> bool:
    return all(shows_only(node, drawing, own) for node in body)


def _is_harmless(value: ast.expr, drawing: Collection[str], own: Collection[str]) -> bool:
    for part in ast.walk(value):
        if isinstance(part, ast.Call):
            if not _is_quiet_call(part, drawing, own):
                return False
        elif not isinstance(part, _PLAIN):
            return False
    return True


def _is_quiet_call(call: ast.Call, drawing: Collection[str], own: Collection[str]) -> bool:
    if any(keyword.arg in ("inplace", "out") for keyword in call.keywords):
        return False
    function = call.func
    root = _root(function)
    if root in drawing:
        return True
    if isinstance(function, ast.Name):
        return function.id in _QUIET and function.id not in own
    if isinstance(function, ast.Attribute):
        return (function.attr in _ASKING or ".plot." in f".{ast.unparse(function)}.") and root not in own
    return False


def _root(node: ast.expr) -> str:
    """The name at the beginning of an expression, behind calls too: ``plt`` of ``plt.gca().plot``."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return name
            case _:
                return ""

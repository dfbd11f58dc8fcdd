"""Which columns of a frame a call of a drawing or modelling function names.

``sns.histplot(data=df, x="price", hue="kind")`` looks at no other column, ``smf.ols("y ~ a", data=df)`` at
those in the formula. A call that names no column may look at all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from cellgraph.code.expression_names import last_word
from cellgraph.patterns import Pattern

_LAYING = frozenset({"x", "y", "vars", "x_vars", "y_vars"})
"""Arguments of seaborn by one of which a column is chosen. Without one, it draws all."""
_ROLES = _LAYING | frozenset(
    "hue style size row col units weights estimator color symbol text names values path parents dimensions"
    " facet_row facet_col animation_frame animation_group hover_name hover_data custom_data line_group"
    " line_dash error_x error_y locations lat lon z r theta a b c base groups subset freq_weights"
    " formula".split()
)
"""Arguments that name columns. Of any other, texts alone count."""
_ONE_IS_ENOUGH = {"histogram": {"x"}, "pie": {"names", "values"}, "scatter_matrix": {"dimensions"}}
"""Functions of plotly express that need not be told both ``x`` and ``y``."""
_WORD = Pattern(r"[^\W\d]\w*")
_Names = Callable[[ast.expr], list[str] | None]


def drawn_columns(call: ast.Call, module: str, first: bool, names: _Names) -> set[str] | None:
    """The words that stand for columns in the arguments of a call of a function of ``module``.

    ``first``: the frame is the first argument, or ``data``. ``names`` gives the texts in an expression.
    None if the call may look at any column.
    """
    given = {keyword.arg or "": keyword.value for keyword in call.keywords if keyword.arg != "data"}
    if first and module.startswith("seaborn") and _LAYING & given.keys():
        return _words(given, call.args[1:], names)
    if first and module.startswith("plotly.express"):
        told = given.keys() | set(("x", "y")[: len(call.args) - 1])
        enough = _ONE_IS_ENOUGH.get(last_word(call.func), {"x", "y"})
        return _words(given, call.args[1:], names) if told >= enough else None
    if module.startswith("statsmodels.formula"):
        formula = given.get("formula") or next(iter(call.args), None)
        texts = names(formula) if formula is not None else None
        # ``Q("a b")`` names a column that is no word, and ``.`` all of them.
        known = texts is not None and not any("Q(" in text or "~ ." in text for text in texts)
        others = [argument for argument in call.args if not isinstance(argument, ast.Name)]
        return _words(given, others, names) if known else None
    return None


def _words(given: dict[str, ast.expr], others: Iterable[ast.expr], names: _Names) -> set[str] | None:
    """The texts in arguments, whole and word by word. None if one that names columns is not known."""
    found: set[str] = set()
    for word, node in (*given.items(), *(("", other) for other in others)):
        empty = isinstance(node, ast.Constant) and not isinstance(node.value, str)
        texts = [] if empty else names(node)
        if texts is None and (word in _ROLES or not word):
            return None
        found.update(texts or ())
        found.update(part for text in texts or () for part in _WORD.findall(text))
    return found

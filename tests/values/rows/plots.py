"""Charts of other libraries than matplotlib, and the grids that seaborn makes with it."""

from __future__ import annotations

from tests.values.row import Row

_PLOTLY = "import plotly.graph_objects as go"
_BOKEH = (
    "from bokeh.plotting import figure\nfrom bokeh.document import Document\n"
    "from bokeh.models import ColumnDataSource"
)
_ALTAIR = "import altair as alt\nimport pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})"
_SEABORN = (
    "import io\nimport pandas as pd\nimport seaborn as sns\nimport matplotlib.pyplot as plt\n"
    "df = pd.DataFrame({'a': [1, 2, 3], 'b': [3, 4, 5], 'c': ['x', 'y', 'x']})"
)
_LINE = "v = figure(width=300)\n_ = v.line([1, 2], [3, 4])"
_FACETS = "v = sns.FacetGrid(df, col='c')\n_ = v.map(sns.scatterplot, 'a', 'b')"
_EMBED = "d = Document()\nd.add_root(v)\n_ = d.to_json()\nd.remove_root(v)\nrepr(v); v.renderers; v.xaxis"
_SAVE = "v.savefig(io.BytesIO())\nv.axes; v.figure\nplt.close('all')"
_JSON = "v.to_json(); v.to_dict(); repr(v)"
_HTML = f"{_JSON}; v._repr_html_(); v.data; v.layout.title.text; list(v.select_traces())"

ROWS: tuple[Row, ...] = (
    Row(
        "plotly",
        "Figure, trace",
        "v = go.Figure(go.Scatter(y=[1, 2]))",
        "_ = v.add_trace(go.Bar(y=[1]))",
        looks=_HTML,
        setup=_PLOTLY,
        needs=("plotly",),
        large="import numpy as np\nv = go.Figure(go.Scatter(y=np.arange(1_000_000)))",
        extent="10^6 elements",
    ),
    Row(
        "plotly",
        "Figure, layout",
        "v = go.Figure(go.Scatter(y=[1, 2]))",
        "_ = v.update_layout(title='t')",
        looks=_HTML,
        alias="w = v.layout",
        setup=_PLOTLY,
        needs=("plotly",),
    ),
    Row(
        "plotly",
        "Figure, data",
        "v = go.Figure(go.Scatter(y=[1, 2]))",
        "v.data[0].y = [3, 4]",
        looks=_HTML,
        alias="w = v.data[0]",
        setup=_PLOTLY,
        needs=("plotly",),
    ),
    Row(
        "plotly",
        "Scatter of a figure",
        "fig = go.Figure(go.Scatter(y=[1, 2]))\nv = fig.data[0]",
        "v.marker.color = 'red'",
        looks="repr(v); v.marker.color; v.y",
        alias="w = fig",
        setup=_PLOTLY,
        needs=("plotly",),
    ),
    Row(
        "plotly",
        "Layout",
        "v = go.Layout(title='t')",
        "v.title = 'u'",
        looks="repr(v); v.xaxis; v.title.text",
        setup=_PLOTLY,
        needs=("plotly",),
    ),
    Row(
        "plotly",
        "express",
        "import plotly.express as px\nv = px.bar(x=['a', 'b'], y=[1, 2])",
        "_ = v.update_traces(opacity=0.5)",
        looks=_HTML,
        setup=_PLOTLY,
        needs=("plotly", "pandas"),
    ),
    Row(
        "plotly",
        "FigureWidget",
        "v = go.FigureWidget(go.Scatter(y=[1, 2]))",
        "v.data[0].y = [3]",
        looks=_JSON,
        setup=_PLOTLY,
        needs=("plotly", "anywidget"),
    ),
    Row(
        "altair",
        "Chart",
        "v = alt.Chart(df).mark_point().encode(x='a', y='b')",
        "v.title = 't'",
        looks=_JSON,
        setup=_ALTAIR,
        needs=("altair", "pandas"),
    ),
    Row(
        "altair",
        "Chart, data",
        "v = alt.Chart(df.copy()).mark_bar().encode(x='a')",
        "v.data.loc[0, 'a'] = 9",
        looks=_JSON,
        alias="w = v.data",
        setup=_ALTAIR,
        needs=("altair", "pandas"),
    ),
    Row(
        "altair",
        "LayerChart",
        "v = alt.layer(alt.Chart(df).mark_line(), alt.Chart(df).mark_point()).encode(x='a', y='b')",
        "v.layer[0].mark = 'bar'",
        looks=_JSON,
        setup=_ALTAIR,
        needs=("altair", "pandas"),
    ),
    Row("bokeh", "figure", _LINE, "_ = v.line([1], [2])", looks=_EMBED, setup=_BOKEH, needs=("bokeh",)),
    Row("bokeh", "figure, title", _LINE, "v.title.text = 't'", looks=_EMBED, setup=_BOKEH, needs=("bokeh",)),
    Row(
        "bokeh",
        "figure, glyph",
        _LINE,
        "v.renderers[0].glyph.line_color = 'red'",
        looks=_EMBED,
        setup=_BOKEH,
        alias="w = v.renderers[0]",
        needs=("bokeh",),
    ),
    Row(
        "bokeh",
        "ColumnDataSource",
        "v = ColumnDataSource({'x': [1, 2]})",
        "v.data['x'] = [3, 4]",
        looks="v.column_names; repr(v)",
        setup=_BOKEH,
        needs=("bokeh",),
    ),
    Row(
        "seaborn",
        "FacetGrid",
        _FACETS,
        "_ = v.set_titles('t')",
        looks=_SAVE,
        setup=_SEABORN,
        needs=("seaborn",),
    ),
    Row(
        "seaborn",
        "FacetGrid, axes",
        _FACETS,
        "_ = v.axes[0, 0].plot([1, 2])",
        looks=_SAVE,
        alias="w = v.axes[0, 0]",
        setup=_SEABORN,
        needs=("seaborn",),
    ),
    Row(
        "seaborn",
        "PairGrid",
        "v = sns.PairGrid(df[['a', 'b']])\n_ = v.map_offdiag(sns.scatterplot)",
        "_ = v.figure.suptitle('t')",
        looks=_SAVE,
        setup=_SEABORN,
        needs=("seaborn",),
    ),
    Row(
        "seaborn",
        "Axes",
        "plt.close('all')\nv = sns.histplot([1, 2, 2, 3])",
        "_ = v.set_title('t')",
        looks="v.figure.savefig(io.BytesIO())",
        alias="w = v.figure",
        setup=_SEABORN,
        needs=("seaborn",),
    ),
)

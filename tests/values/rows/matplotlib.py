"""matplotlib: figures and what is on them. To show a figure is to draw it, into memory."""

from __future__ import annotations

from tests.values.row import Row

_SETUP = "import io\nimport numpy as np\nimport matplotlib.pyplot as plt"
_AXES = "fig, v = plt.subplots()\nv.plot([1, 2], [3, 4], 'o-', label='a')"
_SHOW_ANY = (
    "{0}.savefig(io.BytesIO(), bbox_inches='tight')\n{0}.canvas.draw()\nfor a in {0}.axes:\n"
    "    a.get_xlim(), a.get_legend_handles_labels(), a.get_xticklabels()\nrepr({0})\nplt.close({0})"
)
_FIGURE, _FROM_AXES = _SHOW_ANY.format("v"), _SHOW_ANY.format("v.figure")
_FROM_ARTIST = _FROM_AXES


def _row(type_: str, make: str, change: str, looks: str, **more: str) -> Row:
    return Row("matplotlib", type_, make, change, looks=looks, setup=_SETUP, needs=("matplotlib",), **more)  # type: ignore[arg-type]


def _axes(type_: str, body: str, change: str, head: str = "fig, v = plt.subplots()") -> Row:
    return _row(type_, f"{head}\n{body}", change, _FROM_AXES, alias="w = v.figure")


ROWS: tuple[Row, ...] = (
    _row(
        "Figure",
        "v, ax = plt.subplots()\n_ = ax.plot([1, 2])",
        "_ = v.axes[0].plot([2, 1])",
        _FIGURE,
        alias="w = v.axes[0]",
        large="v, ax = plt.subplots()\n_ = ax.plot(np.arange(1_000_000))",
        extent="10^6 elements",
    ),
    _row(
        "Figure, layout",
        "v, ax = plt.subplots(layout='constrained')\n_ = ax.plot([1])",
        "_ = v.suptitle('s')",
        _FIGURE,
    ),
    _row(
        "Figure, colorbar",
        "v, ax = plt.subplots()\n_ = v.colorbar(ax.imshow(np.eye(3)))",
        "v.set_size_inches(3, 3)",
        _FIGURE,
    ),
    _row(
        "SubFigure",
        "fig = plt.figure()\nv = fig.subfigures(1, 2)[0]\n_ = v.subplots().plot([1])",
        "_ = v.suptitle('s')",
        "fig.savefig(io.BytesIO())",
    ),
    _row(
        "ndarray of Axes",
        "fig, v = plt.subplots(2, 2)",
        "_ = v[1, 0].plot([1, 2])",
        "fig.savefig(io.BytesIO())",
        alias="w = v[1, 0]",
    ),
    _row(
        "dict of Axes",
        "fig, v = plt.subplot_mosaic('AB')",
        "_ = v['A'].set_title('x')",
        "fig.savefig(io.BytesIO())",
    ),
    _axes("Axes, plot", "_ = v.plot([1, 2], label='a')", "_ = v.plot([2, 1])"),
    _axes("Axes, title", "_ = v.set_title('a')", "_ = v.set_title('b')"),
    _axes("Axes, legend", "_ = v.plot([1, 2], label='a')\n_ = v.legend()", "v.get_legend().set_title('t')"),
    _axes("Axes, limits", "_ = v.set_xlim(0, 1)", "_ = v.set_xlim(0, 2)"),
    _axes("Axes, scale", "_ = v.plot([1, 10])", "v.set_yscale('log')"),
    _axes(
        "Axes, labels of ticks", "_ = v.plot([1, 2])", "for t in v.get_xticklabels():\n    t.set_rotation(45)"
    ),
    _axes("Axes, grid and spines", "v.grid(True)", "v.spines['top'].set_linewidth(7)"),
    _axes("Axes, bars", "_ = v.bar(['a', 'b'], [1, 2])", "v.patches[0].set_height(9)"),
    _axes("Axes, histogram", "_ = v.hist([1, 2, 2, 3])", "_ = v.axvline(2)"),
    _axes(
        "Axes, scatter",
        "_ = v.scatter([1, 2], [3, 4], c=[1, 2], s=[9, 16])",
        "v.collections[0].set_offsets([[0, 0], [1, 1]])",
    ),
    _axes("Axes, image", "_ = v.imshow(np.eye(3))", "v.images[0].set_cmap('magma')"),
    _axes("Axes, contours", "_ = v.contourf(np.outer(range(4), range(4)))", "_ = v.contour(np.eye(4))"),
    _axes(
        "Axes, text and arrow",
        "_ = v.annotate('x', (0.2, 0.3), (0.5, 0.5), arrowprops={'arrowstyle': '->'})",
        "v.texts[0].set_text('y')",
    ),
    _axes(
        "Axes, twin",
        "_ = v.twinx().plot([1, 2])",
        "_ = v.figure.axes[1].set_ylabel('y')\n_ = v.set_xlabel('x')",
    ),
    _axes(
        "PolarAxes",
        "_ = v.plot([1, 2])",
        "v.set_theta_zero_location('N')",
        "fig, v = plt.subplots(subplot_kw={'projection': 'polar'})",
    ),
    _axes(
        "Axes3D",
        "_ = v.scatter([1, 2], [3, 4], [5, 6], c=[1, 2])",
        "v.view_init(10, 20)",
        "v = plt.figure().add_subplot(projection='3d')",
    ),
    _row(
        "Line2D",
        "fig, ax = plt.subplots()\n(v,) = ax.plot([1, 2])",
        "v.set_color('red')",
        _FROM_ARTIST,
        alias="w = ax",
    ),
    _row(
        "Line2D, data",
        "fig, ax = plt.subplots()\n(v,) = ax.plot([1, 2])",
        "v.set_ydata([5, 6])",
        _FROM_ARTIST,
        alias="w = fig",
    ),
    _row(
        "BarContainer",
        "fig, ax = plt.subplots()\nv = ax.bar([1, 2], [3, 4])",
        "v[0].set_color('red')",
        "fig.savefig(io.BytesIO())",
        alias="w = ax",
    ),
    _row(
        "PathCollection",
        "fig, ax = plt.subplots()\nv = ax.scatter([1, 2], [3, 4])",
        "v.set_sizes([99])",
        _FROM_ARTIST,
    ),
    _row(
        "AxesImage",
        "fig, ax = plt.subplots()\nv = ax.imshow(np.eye(3))",
        "v.set_data(np.ones((3, 3)))",
        _FROM_ARTIST,
    ),
    _row(
        "QuadMesh", "fig, ax = plt.subplots()\nv = ax.pcolormesh(np.eye(3))", "v.set_clim(0, 9)", _FROM_ARTIST
    ),
    _row("Text", "fig, ax = plt.subplots()\nv = ax.text(0.5, 0.5, 'a')", "v.set_text('b')", _FROM_ARTIST),
    _row(
        "Legend",
        "fig, ax = plt.subplots()\n_ = ax.plot([1], label='a')\nv = ax.legend()",
        "v.get_texts()[0].set_text('b')",
        "fig.savefig(io.BytesIO())",
    ),
    _row(
        "Rectangle",
        "fig, ax = plt.subplots()\nv = ax.add_patch(plt.Rectangle((0, 0), 1, 1))",
        "v.set_width(2)",
        _FROM_ARTIST,
    ),
    _row(
        "XAxis",
        "fig, ax = plt.subplots()\nv = ax.xaxis",
        "v.set_major_locator(plt.MultipleLocator(0.3))",
        "fig.savefig(io.BytesIO())",
    ),
    _row(
        "Colorbar",
        "fig, ax = plt.subplots()\nv = fig.colorbar(ax.imshow(np.eye(3)))",
        "v.set_label('c')",
        "fig.savefig(io.BytesIO())",
    ),
    _row("Colormap", "v = plt.get_cmap('viridis').copy()", "v.set_bad('red')", "v(0.5); v._repr_html_()"),
    _row("Normalize", "v = plt.Normalize(0, 1)", "v.vmax = 2", "v(0.5)"),
    _row(
        "RcParams",
        "import matplotlib\nv = matplotlib.rcParams.copy()",
        "v['lines.linewidth'] = 9",
        "v['lines.linewidth']; repr(v)",
    ),
    _row("GridSpec", "v = plt.figure().add_gridspec(2, 2)", "v.set_width_ratios([1, 2])", "v[0, 1]"),
)

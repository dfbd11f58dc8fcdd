"""matplotlib and other charts: what is drawn is a part of the value, that it was shown is not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from cellgraph.digest import Digester
from tests.digests import AMPLE, NONE, digest, look
from tests.kernels import Kernel

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import dates, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

pytestmark = [
    pytest.mark.slow,  # figures are drawn
    pytest.mark.filterwarnings("ignore"),  # what drawing warns of is not judged here
]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


DATES = (
    "ax.plot(np.array(['2020-01-01', '2020-02-01'], 'M8[D]'), [1, 2]);"
    " ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(ax.xaxis.get_major_locator()));"
    " ax.xaxis.set_minor_locator(dates.WeekdayLocator())"
)
DRAWN = (
    "ax.plot([1, 2], [3, 4], 'r--o', label='q')",
    "ax.scatter([1, 2], [3, 4], c=[1, 2], s=[3, 4])",
    "ax.bar(['a', 'b'], [3, 4], hatch='/')",
    "ax.hist2d([1, 2, 2, 3], [1, 2, 3, 4])",
    "ax.imshow(np.eye(3))",
    "ax.pcolormesh(np.eye(3) + 1, norm='log')",
    "ax.clabel(ax.contour(np.outer(range(4), range(4))))",
    "ax.contourf(np.outer(range(4), range(4)))",
    "ax.errorbar([1, 2], [3, 4], yerr=1)",
    "ax.boxplot([1, 2, 3, 9]); ax.violinplot([1, 2, 3])",
    "ax.pie([1, 2, 3], labels=list('abc'), autopct='%d')",
    "ax.stem([1, 2, 3]); ax.stackplot([1, 2], [[3, 4], [1, 2]])",
    "ax.quiverkey(ax.quiver([1, 2], [3, 4], [1, 1], [2, 2]), 0.5, 0.5, 1, 'k')",
    "ax.barbs([1, 2], [3, 4], [1, 1], [2, 2])",
    "ax.hexbin([1, 2, 3], [3, 4, 5], gridsize=4)",
    "ax.text(0.2, 0.3, 'hi', bbox={'boxstyle': 'round'})",
    "ax.annotate('x', (0, 0), (5, 5), textcoords='offset points', arrowprops={'facecolor': 'k'})",
    "ax.table([[1, 2], [3, 4]])",
    "ax.plot([1, 2], label='a'); ax.bar([1], [2], label='b'); ax.legend(title='t')",
    "ax.loglog([1, 10], [1, 100])",
    "ax.plot(np.array(['2020-01-01', '2020-02-01'], 'M8[D]'), [1, 2])",
    "ax.plot([1, 2], [3, 9]); ax.axis('equal')",
    "ax.twinx().plot([3, 4])",
    "ax.inset_axes([0.5, 0.5, 0.3, 0.3]).plot([1, 2])",
    "ax.plot([1, 2]); ax.secondary_xaxis('top', functions=(abs, abs))",
    "fig.colorbar(ax.imshow(np.eye(3)), label='c')",
    "ax.set_xticks([1, 2], ['a', 'b']); plt.setp(ax.get_xticklabels(), rotation=45, ha='right')",
    "fig.suptitle('s'); ax.set_title('t'); ax.set_xlabel('x'); fig.legend([]); fig.text(0.5, 0.5, 't')",
    "ax.plot([1, 2]); fig.tight_layout()",
    "fig.set_layout_engine('constrained'); ax.set_title('t')",
    "ax.tricontourf([0, 1, 0, 1], [0, 0, 1, 1], [1.0, 2.0, 3.0, 5.0])",
    "ax.invert_yaxis(); ax.set_xlim(0, 5); ax.ticklabel_format(style='sci')",
    "ax.vlines([1, 2], 0, [1, 2]); ax.fill_between([1, 2], [1, 2]); ax.eventplot([1, 2])",
    "ax.plot([1, 2]); ax.minorticks_on(); ax.xaxis.set_major_formatter(ticker.EngFormatter('V'))",
    "ax.plot([1, 2]); ax.yaxis.set_major_formatter(ticker.PercentFormatter()); ax.set_xscale('asinh')",
    "ax.plot([1, 2], [0.1, 0.9]); ax.set_yscale('logit'); ax.xaxis.set_major_formatter('{x} m')",
    "ax.plot([1, 900]); ax.set_yscale('symlog'); ax.xaxis.set_major_formatter(ticker.LogFormatter())",
    DATES,
)
DEEP = (
    "ax.plot([1, 2], [3, 4], [5, 6]); ax.scatter([1, 2], [3, 4], [5, 6], c=[1, 2])",
    "ax.plot_surface(*np.meshgrid(range(3), range(3)), np.eye(3), cmap='viridis')",
    "ax.bar3d([1, 2], [1, 2], [0, 0], 1, 1, [3, 4]); ax.text(1, 1, 1, 'x')",
    "ax.contour(*np.meshgrid(range(3), range(3)), np.eye(3)); ax.stem([1], [2], [3])",
)


def drawn(code: str = "ax.plot([1, 2], label='q')", projection: str | None = None) -> tuple[Figure, Axes]:
    """A figure with one axes, drawn on by ``code``."""
    fig, ax = plt.subplots(subplot_kw={"projection": projection})
    exec(code, {"fig": fig, "ax": ax, "np": np, "plt": plt, "ticker": ticker, "dates": dates})
    return fig, ax


def show(fig: Figure) -> None:
    """Show a figure in the ways that notebooks do, and read from it what is worked out when asked."""
    for form in ({"format": "png", "bbox_inches": "tight", "dpi": 50}, {"format": "svg"}):
        fig.savefig(io.BytesIO(), **form)
    fig.canvas.draw()
    for ax in fig.axes:
        ax.get_xlim(), ax.get_xticklabels(), ax.get_legend_handles_labels(), ax.get_position()
    repr(fig)


@pytest.mark.parametrize(
    ("code", "projection"),
    [*((code, None) for code in DRAWN), *((code, "3d") for code in DEEP), ("ax.plot([1, 2])", "polar")],
)
def test_showing_a_figure_is_no_change(code: str, projection: str | None) -> None:
    """A figure drawn twice has equal digests, and to show it leaves it and its axes as they are."""
    (fig, ax), (other, _) = drawn(code, projection), drawn(code, projection)
    before, of_axes = digest(fig), digest(ax)
    assert before.quality == "exact"
    assert before.agrees(digest(other))
    show(fig)
    assert digest(fig).agrees(before)
    assert digest(ax).agrees(of_axes)


def test_a_look_draws_nothing() -> None:
    """A look leaves the fields of a figure and its axes as they are: nothing is drawn or scaled."""
    fig, ax = drawn()
    held = {id(o): {key: id(kept) for key, kept in vars(o).items()} for o in (fig, ax, ax.lines[0], ax.xaxis)}
    pending = dict(vars(ax)["_stale_viewlims"])
    look(fig)
    assert pending == vars(ax)["_stale_viewlims"]
    assert held == {
        id(o): {key: id(kept) for key, kept in vars(o).items()} for o in (fig, ax, ax.lines[0], ax.xaxis)
    }


COLLECTIONS = (
    "ax.scatter([1, 2], [3, 4])",
    "ax.vlines([1, 2], 0, [1, 2])",
    "ax.fill_between([1, 2], [1, 2])",
    "ax.eventplot([1, 2])",
)
OF_A_COLLECTION = (
    "set_linewidth(7)",
    "set_linestyle('--')",
    "set_capstyle('round')",
    "set_joinstyle('round')",
    "set_pickradius(33)",
    "set_picker(True)",
    "set_in_layout(False)",
    "set_agg_filter(print)",
    "set_hatch('/')",
    "set_antialiased(False)",
)


@pytest.mark.parametrize("change", OF_A_COLLECTION)
@pytest.mark.parametrize("code", COLLECTIONS)
def test_a_collection_is_told_by_all_that_can_be_set_on_it(code: str, change: str) -> None:
    """What a setter of a collection sets changes the collection and the figure, by more than a cache."""
    fig, ax = drawn(code)
    collection = ax.collections[0]
    before, of_figure = digest(collection), digest(fig)
    exec(f"collection.{change}", {"collection": collection})
    assert not digest(collection).agrees(before)
    assert not digest(fig).agrees(of_figure)


TICKERS = (
    ("ScalarFormatter()", "set_powerlimits((0, 1))"),
    ("ScalarFormatter()", "set_useOffset(7)"),
    ("ScalarFormatter()", "set_usetex(True)"),
    ("ScalarFormatter()", "set_useMathText(True)"),
    ("FuncFormatter(str)", "set_offset_string('k')"),
    ("FixedFormatter(['a'])", "set_offset_string('k')"),
    ("FixedFormatter(['a'])", "seq.append('b')"),
    ("EngFormatter()", "sep = ''"),
    ("PercentFormatter()", "symbol = 'p'"),
    ("LogFormatter()", "set_base(2)"),
    ("LogFormatter(minor_thresholds=(2, 0.4))", "minor_thresholds = (3, 1)"),
    ("LogitFormatter()", "set_one_half('half')"),
    ("ConciseDateFormatter(dates.AutoDateLocator())", "formats[0] = '%y'"),
    ("ConciseDateFormatter(dates.AutoDateLocator())", "show_offset = False"),
    ("AutoDateFormatter(dates.AutoDateLocator())", "scaled[1] = '%d'"),
    ("AutoDateLocator()", "intervald[3] = [5]"),
    ("WeekdayLocator()", "rule.set(byweekday=(1, 2))"),
    ("MaxNLocator(3)", "set_params(steps=[1, 10])"),
    ("LogLocator()", "set_params(numticks=3)"),
    ("SymmetricalLogLocator(base=10, linthresh=2)", "set_params(numticks=3)"),
    ("AsinhLocator(1.0)", "set_params(numticks=5)"),
    ("FixedLocator([1, 2])", "set_params(nbins=1)"),
    ("AutoMinorLocator(2)", "ndivs = 5"),
    ("MultipleLocator(2)", "set_params(offset=1)"),
    ("NullLocator()", "note = 'of a subclass'"),
)


@pytest.mark.parametrize(("made", "change"), TICKERS)
def test_tickers_are_told_by_all_that_can_be_set_on_them(made: str, change: str) -> None:
    """What is set on a locator or a formatter changes it, and the axes whose ticks it finds or words."""
    names = {**vars(ticker), **vars(dates), "dates": dates}
    fig, ax = drawn("ax.plot([1, 2])")
    own = eval(made, names)
    places = made.partition("(")[0].endswith("Locator")
    (ax.xaxis.set_minor_locator if places else ax.xaxis.set_minor_formatter)(own)
    before, of_figure = digest(own), digest(fig)
    assert before.quality == of_figure.quality == "exact"
    exec(f"own.{change}", {"own": own})
    assert not digest(own).agrees(before)
    assert not digest(fig).agrees(of_figure)


CHANGES = (
    "ax.plot([1, 2])",
    "ax.set_title('other')",
    "ax.set_xlabel('y')",
    "ax.legend()",
    "ax.set_xlim(-7, 9)",
    "fig.suptitle('z')",
    "fig.add_subplot(3, 3, 9)",
    "fig.set_size_inches(3, 3)",
    "fig.set_dpi(33)",
    "fig.subplots_adjust(left=0.4)",
    "ax.grid(True)",
    "ax.set_yscale('symlog')",
    "ax.invert_xaxis()",
    "ax.tick_params(labelsize=33)",
    "[label.set_color('g') for label in ax.get_xticklabels()]",
    "ax.get_xticklabels()[2].set_color('g')",
    "ax.yaxis.tick_right(); ax.get_yticklabels()[1].set_rotation(9)",
    "ax.spines['left'].set_visible(False)",
    "ax.set_facecolor('red')",
    "ax.axis('off')",
    "ax.set_aspect(3)",
    "ax.set_position([0.1, 0.1, 0.2, 0.2])",
    "ax.twinx()",
    "ax.margins(0.4)",
    "ax.cla()",
    "ax.lines[0].set_color('y')",
    "ax.lines[0].set_ydata([7, 8])",
    "ax.lines[0].remove()",
    "ax.title.set_fontsize(3)",
    "ax.xaxis.set_major_locator(plt.MaxNLocator(2))",
    "ax.set_rasterized(True)",
    "ax.set_gid('g')",
    "ax.set_navigate(False)",
    "ax.xaxis.set_sketch_params(3)",
    "ax.yaxis.set_pickradius(33)",
    "ax.xaxis.remove_overlapping_locs = False",
    "fig.set_url('u')",
    "ax.lines[0].set_pickradius(33)",
)


@pytest.mark.parametrize("code", CHANGES)
def test_drawing_changes_the_axes_and_the_figure(code: str) -> None:
    """Drawing changes the axes and their figure, which share."""
    fig, ax = drawn()
    before = look(fig), look(ax)
    exec(code, {"fig": fig, "ax": ax, "plt": plt})
    assert before[0].mutable & before[1].mutable
    assert not digest(fig).agrees(before[0].digest)
    assert not digest(ax).agrees(before[1].digest)


ONE_AMONG_MANY = (
    "bar.set_height(9)",
    "bar.set_x(9)",
    "bar.set_facecolor('y')",
    "bar.set_linewidth(3)",
    "bar.set_linestyle('--')",
    "bar.set_hatch('/')",
    "bar.set_zorder(7)",
    "bar.set_visible(False)",
    "bar.set_transform(ax.transAxes)",
    "bar.set_path_effects([withStroke(linewidth=3)])",
    "bar.set_gid('g')",
    "line.set_xdata([7, 8])",
    "line.set_ydata(np.array([7.0, 8.0]))",
    "line.set_marker('x')",
    "line.set_drawstyle('steps')",
    "line.remove()",
    "ax.patches[0].set(x=bar.get_x()); bar.set(x=0.0)",
)


@pytest.mark.parametrize("sides", ["labelleft", "labelright"])
def test_one_label_among_those_of_an_axis_is_told_from_the_others(sides: str) -> None:
    """Be the labels on the left, or on both sides; to show them is no change."""
    fig, ax = drawn()
    ax.tick_params(**{sides: True})
    fig.canvas.draw()
    before = digest(ax)
    ax.get_yticklabels()[-1].set_color("r")
    after = digest(ax)
    assert not after.agrees(before)
    show(fig)
    assert digest(ax).agrees(after)


@pytest.mark.parametrize("code", ONE_AMONG_MANY)
def test_one_artist_among_many_of_its_class_is_told_from_the_others(code: str) -> None:
    """Bars and lines that are read together: a change of one is a change, and the same again is none."""
    from matplotlib.patheffects import withStroke

    def made(code: str = "") -> Figure:
        fig, ax = drawn("ax.hist(np.arange(50.0), bins=9); ax.boxplot([np.arange(9.0), [1, 2, 7]])")
        names = {"ax": ax, "bar": ax.patches[3], "line": ax.lines[4], "np": np, "withStroke": withStroke}
        exec(code, names)
        return fig

    before, after = digest(made()), digest(made(code))
    assert before.quality == "exact"
    assert not after.agrees(before)
    assert after.agrees(digest(made(code)))


@pytest.mark.parametrize(
    "code",
    [
        "points.set_cmap('plasma')",
        "points.set_norm('log')",
        "points.set_array([1, 2])",
        "points.set_facecolor('y')",
        "points.set_offsets([[1, 2], [3, 5]])",
        "points.set_sizes([1, 2])",
    ],
)
def test_points_are_told_by_what_they_are_drawn_with(code: str) -> None:
    """Points of one colour are told from others, also by the colours that data of theirs would have."""

    def made(code: str = "") -> Figure:
        fig, ax = drawn("ax.scatter([1, 2], [3, 4], color='r')")
        exec(code, {"points": ax.collections[0]})
        return fig

    before, after = digest(made()), digest(made(code))
    assert not after.agrees(before)
    assert after.agrees(digest(made(code)))


def test_it_does_not_matter_which_artists_share_what_they_hold() -> None:
    """Equal widths and dashes are equal, be they one object or many."""
    (one, ax), (other, bx) = drawn("ax.bar(range(9), range(9))"), drawn("ax.bar(range(9), range(9))")
    width, dashes, colour = 0.5, (0, (1.0, 2.0)), np.array([0.1, 0.2, 0.3, 1.0])
    for shared, own in zip(ax.patches, bx.patches, strict=True):
        shared.set(linewidth=width, linestyle=dashes, facecolor=colour)
        own.set(linewidth=float("0.5"), linestyle=(0, (1.0, float("2.0"))), facecolor=colour.copy())
    assert digest(one).agrees(digest(other))


def test_a_part_is_the_same_wherever_the_look_began() -> None:
    """Axes are told alike whether they are looked at by themselves or after their figure."""
    fig, ax = drawn("ax.bar(range(9), range(9)); ax.set_title('t')")
    looker = Digester(AMPLE)
    looker.look(fig)
    assert looker.look(ax).digest == digest(ax)


@pytest.mark.parametrize(
    "code",
    ["ax.plot([3])", "ax.text(0, 0, 'n')", "ax.set_title('n')", "ax.set_ylabel('n')", "fig.suptitle('n')"],
)
def test_a_sample_of_a_figure_tells_what_is_on_it_and_in_which_words(code: str) -> None:
    """Where the budget does not cover a figure, what is drawn on it later is seen all the same."""
    fig, ax = plt.subplots()
    ax.plot(np.arange(1_000_000))
    before = digest(fig, NONE)
    exec(code, {"fig": fig, "ax": ax})
    assert not digest(fig, NONE).agrees(before)


def test_axes_leave_out_what_others_show() -> None:
    """What is drawn on one axes does not change the others of the figure."""
    _, (one, other) = plt.subplots(1, 2)
    before = digest(other)
    one.plot([1, 2])
    assert digest(other).agrees(before)


def test_a_large_figure_is_sampled_within_the_budget() -> None:
    """A figure of a million points is sampled where the budget does not cover it, and agrees with itself."""
    fig, ax = plt.subplots()
    ax.plot(np.arange(1_000_000))
    assert digest(fig, NONE).quality == "sampled"
    assert digest(fig).agrees(digest(fig, NONE))


def test_an_animation_is_opaque() -> None:
    """What draws on its own is opaque."""
    from matplotlib.animation import FuncAnimation

    moving: Any = FuncAnimation(drawn()[0], lambda _: [], frames=1)
    assert digest(moving).quality == "opaque"
    moving._draw_was_started = True  # else it warns that it was never shown


def test_a_view_of_a_plotly_figure_tells_what_the_figure_holds() -> None:
    """What ``fig.data`` and ``fig.layout`` give is as equal as what the figure keeps for it."""
    go = pytest.importorskip("plotly.graph_objects", reason="plotly is not installed")
    fig = go.Figure(go.Scatter(y=[1, 2], marker={"color": "red"}))
    marker, layout = digest(fig.data[0].marker), digest(fig.layout)
    assert marker.agrees(digest(go.Figure(go.Scatter(y=[3], marker={"color": "red"})).data[0].marker))
    fig.data[0].marker.color = "blue"
    fig.layout.annotations = [{"text": "a"}]
    assert not digest(fig.data[0].marker).agrees(marker)
    assert not digest(fig.layout).agrees(layout)
    note = digest(fig.layout.annotations[0])
    fig.layout.annotations[0].text = "b"
    assert not digest(fig.layout.annotations[0]).agrees(note)


def test_a_closed_figure_and_a_forward_pass_are_quiet(kernel: Kernel) -> None:
    """With inline figures a notebook runs from top to bottom in quiet; only drawing again is told."""
    kernel.run("%load_ext cellgraph", cell_id="0")
    kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt", cell_id="1")
    cells = (
        "fig, ax = plt.subplots()",
        "_ = ax.plot([1, 2])",
        "_ = ax.set_title('x')",
        "fig",
        "len(ax.lines)",
    )
    said = [kernel.run(code, cell_id=f"c{at}") for at, code in enumerate(cells)]
    said.append(kernel.run(cells[3], cell_id="c3"))
    kernel.run(
        "import cellgraph; found = [(f.code, f.cell) for f in cellgraph.get_tracker().findings()]",
        cell_id="f",
    )
    warned = kernel.run("[f for f in found if f[0].startswith('CG1')]", cell_id="g")
    assert warned.result is not None
    assert warned.result["text/plain"] == "[]"
    assert not any("CG1" in str(out.displays) + out.stdout + out.stderr for out in said)
    again = kernel.run(cells[1], cell_id="c1")
    assert "CG103" in str(again.displays) + again.stdout

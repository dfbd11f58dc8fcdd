"""Jupyter widgets and other objects with traits."""

from __future__ import annotations

from tests.values.row import Row

_SETUP = "import ipywidgets as widgets"
_SHOW = "repr(v); v.get_state(); v._repr_mimebundle_(); v.trait_names()"
_TRAITS = """
import traitlets

class Model(traitlets.HasTraits):
    rate = traitlets.Float(0.1)
    names = traitlets.List()
"""
_ANY = """
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = "export default {}"
    n = traitlets.Int(0).tag(sync=True)
"""


def _row(type_: str, make: str, change: str, **more: str) -> Row:
    return Row("ipywidgets", type_, make, change, looks=_SHOW, setup=_SETUP, needs=("ipywidgets",), **more)  # type: ignore[arg-type]


ROWS: tuple[Row, ...] = (
    _row("IntSlider", "v = widgets.IntSlider(3)", "v.value = 5"),
    _row("Text", "v = widgets.Text('a')", "v.value = 'b'"),
    _row("Dropdown", "v = widgets.Dropdown(options=['a', 'b'])", "v.value = 'b'"),
    _row("SelectMultiple", "v = widgets.SelectMultiple(options=['a', 'b'])", "v.value = ('a',)"),
    _row("Checkbox", "v = widgets.Checkbox(False)", "v.value = True"),
    _row("Button", "v = widgets.Button(description='go')", "v.disabled = True"),
    _row(
        "Button with a handler",
        "v = widgets.Button(description='go'); v.on_click(lambda _: 1)",
        "v.on_click(lambda _: 1)",
    ),
    _row(
        "IntSlider with an observer",
        "v = widgets.IntSlider(3); v.observe(lambda change: 1, names='value')",
        "v.unobserve_all()",
    ),
    _row(
        "VBox",
        "v = widgets.VBox([widgets.IntSlider(3)])",
        "v.children[0].value = 4",
        alias="w = v.children[0]",
    ),
    _row("layout", "v = widgets.IntSlider(3)", "v.layout.width = '3px'", alias="w = v.layout"),
    _row("style", "v = widgets.IntSlider(3)", "v.style.handle_color = 'red'"),
    Row(
        "ipywidgets", "Output", "v = widgets.Output()", setup=_SETUP, needs=("ipywidgets",), quality="opaque"
    ),
    Row(
        "anywidget",
        "AnyWidget",
        "v = Counter()",
        "v.n = 3",
        looks="repr(v); v.get_state()",
        setup=_ANY,
        needs=("anywidget",),
    ),
    Row(
        "traitlets",
        "HasTraits",
        "v = Model()",
        "v.rate = 0.2",
        looks="v.rate; v.names; v.traits()",
        setup=_TRAITS,
    ),
    Row(
        "traitlets",
        "HasTraits, list",
        "v = Model(names=['a'])",
        "v.names.append('b')",
        looks="v.names; v.trait_values()",
        alias="w = v.names",
        setup=_TRAITS,
    ),
)

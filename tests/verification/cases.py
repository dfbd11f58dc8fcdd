"""Pairs of outputs, and what must be told of them: a difference and its kind, or volatile parts by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Output = dict[str, Any]


def out(text: str, name: str = "stdout") -> Output:
    """What a cell prints."""
    return {"output_type": "stream", "name": name, "text": text}


def shows(**forms: Any) -> Output:
    """What a cell displays; ``text_html`` stands for ``text/html``."""
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {_mime(key): value for key, value in forms.items()},
    }


def _mime(key: str) -> str:
    known = {"plotly": "application/vnd.plotly.v1+json", "vega": "application/vnd.vegalite.v5+json"}
    known["widget"] = "application/vnd.jupyter.widget-view+json"
    return known.get(key, key.replace("_", "/"))


def raises(name: str, message: str, *traceback: str) -> Output:
    """An error."""
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": list(traceback)}


def frame(*rows: str, head: str = "a b", index: bool = True, uid: str = "") -> Output:
    """A frame as pandas shows it in HTML: each row is its cells with a space between."""
    heads = "".join(f"<th>{name}</th>" for name in (["", *head.split()] if index else head.split()))
    body = "".join(
        f"<tr><th>{at}</th>{''.join(f'<td>{cell}</td>' for cell in row.split())}</tr>"
        for at, row in enumerate(rows)
    )
    style = f"<style>#T_{uid} td {{color: red}}</style>" if uid else ""
    mark = f' id="T_{uid}"' if uid else ""
    table = f'<table border="1"{mark}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return shows(text_html=f"<div>{style}{table}</div>", text_plain="\n".join(rows))


@dataclass(frozen=True)
class Same:
    """Outputs that count as the same. ``names`` are the volatile parts that must be told, comma-separated."""

    name: str
    saved: tuple[Output, ...]
    fresh: tuple[Output, ...]
    names: str = ""


@dataclass(frozen=True)
class Differs:
    """Outputs that differ: the kind of the first change, and the place."""

    name: str
    saved: tuple[Output, ...]
    fresh: tuple[Output, ...]
    kind: str
    where: str = ""


def printed(name: str, saved: str, fresh: str, names: str = "") -> Same:
    """Two printed texts that count as the same."""
    return Same(name, (out(saved),), (out(fresh),), names)


def other(name: str, saved: str, fresh: str, kind: str = "text", where: str = "") -> Differs:
    """Two printed texts that differ."""
    return Differs(name, (out(saved),), (out(fresh),), kind, where)


def plot(**layout: Any) -> Output:
    """A plot of plotly's."""
    return shows(
        plotly={"data": [{"y": [1.0, 2.0, 3.0], "uid": "a1"}], "layout": layout}, text_html="<div></div>"
    )


PACKED = "AAAAAAAA8D8AAAAAAAAAQA=="
"""1.0 and 2.0 as plotly packs them."""

SAME: tuple[Same, ...] = (
    printed("equal", "a\nb", "a\nb"),
    Same("a text in lines", (out(["a\n", "b"]),), (out("a\nb"),)),  # type: ignore[arg-type]
    Same("a stream in pieces", (out("a\n"), out("b\n")), (out("a\nb\n"),)),
    Same("streams that alternate", (out("a\n"), out("w", "stderr"), out("b\n")), (out("a\nb\n"), out("w", "stderr"))),
    printed("address", "<f at 0x7f0011223344>", "<f at 0x7f0011225555>", "address"),
    printed("address of a lambda", "<function <lambda> at 0x10a2>", "<function <lambda> at 0x10b3>", "address"),
    printed("numpy 2", "np.int64(5)", "5", "numpy's repr of scalars"),
    printed("numpy 2 in a list", "[np.float64(1.5), np.True_]", "[1.5, True]", "numpy's repr of scalars"),
    printed("numpy 2 in a dict", "{'a': np.str_('x')}", "{'a': 'x'}", "numpy's repr of scalars"),
    printed("colours", "\x1b[31mred\x1b[0m", "red", "colours of the terminal"),
    printed("white space", "a  \nb\n\n", "a\nb", "white space at the end"),
    printed("room", "a  b", "a b", "white space"),
    printed("%time", "CPU times: user 2 s, sys: 1 ms\nWall time: 3 s\n5", "CPU times: user 1 ms\nWall time: 1 ms\n5", "timing"),
    printed("%timeit", "1.2 µs ± 3 ns per loop (mean ± std. dev.)", "9 ms ± 1 µs per loop (mean ± std. dev.)", "timing"),
    printed("old %timeit", "10000 loops, best of 3: 20 µs per loop", "100 loops, best of 5: 9 ms per loop", "timing"),
    printed("%memit", "peak memory: 88.3 MiB, increment: 0.1 MiB", "peak memory: 99 MiB, increment: 2 MiB", "timing"),
    printed("keras", "10/10 [====] - 1s 5ms/step", "10/10 [====] - 2s 9ms/step", "timing"),
    Same(
        "tqdm",
        (out("\r 50%|█████     | 1/2 [00:01<00:01,  1.0it/s]\r100%|██| 2/2 [00:02<00:00,  1.1it/s]", "stderr"),),
        (out("\r100%|██| 2/2 [00:05<00:00,  2.4s/it]", "stderr"),),
        "timing",
    ),
    printed("carriage return", "1\r2\r3", "3", "progress bar"),
    printed("set", "{'b', 'a'}", "{'a', 'b'}", "order of a set"),
    printed("set in a sentence", "found {'b', 'a', 'c'}!", "found {'c', 'a', 'b'}!", "order of a set"),
    printed("path", "/home/me/proj/data.csv", "/builds/ci/proj/data.csv", "folder of a path"),
    printed("path on Windows", "C:\\Users\\me\\data.csv", "/home/x/data.csv", "folder of a path"),
    printed("temporary path", "/tmp/ipykernel_12/345.py:3", "/tmp/ipykernel_99/1.py:3", "number of the cell"),
    printed("cell number", "Cell In[3], line 1", "Cell In[12], line 1", "number of the cell"),
    printed("tolerance", "0.30000000000000004", "0.30000000000000001", "number within the tolerance"),
    printed("duration in words", "it took 3.2 s", "it took 4.1 s", "duration"),
    printed("duration by its label", "elapsed time: 3.21", "elapsed time: 3.35", "duration"),
    Same("figure", (shows(text_plain="<Figure size 640x480 with 1 Axes>"),),
         (shows(text_plain="<matplotlib.figure.Figure at 0x7f00aabbcc>"),), "repr of a figure"),
    Same("axes", (shows(text_plain="<Axes: xlabel='a'>"),),
         (shows(text_plain="<matplotlib.axes._subplots.AxesSubplot at 0x7f00aa>"),), "repr of a figure"),
    Same("styler", (frame("1 2", uid="a1b2c"),), (frame("1 2", uid="ff00e"),), "identifier in HTML"),
    Same("attributes", (shows(text_html="<table border=1><tr><td>1</td></tr></table>"),),
         (shows(text_html='<table class="x"><tr><td>1</td></tr></table>'),), "markup without content"),
    Same("scikit-learn", (shows(text_html='<div id="sk-container-id-1">LR</div>'),),
         (shows(text_html='<div id="sk-container-id-7">LR</div>'),), "identifier in HTML"),
    Same("widget", (shows(widget={"model_id": "a"}, text_plain="IntSlider(value=3)"),),
         (shows(widget={"model_id": "b"}, text_plain="IntSlider(value=3)"),)),
    Same("line of a library", (out("/x/site-packages/a.py:3: FutureWarning: gone", "stderr"),),
         (out("/x/site-packages/a.py:9: FutureWarning: gone", "stderr"),), "line of a library"),
    Same("frames of libraries", (raises("E", "m", "Cell In[1]", "----> 1 f()", "lib.py:3", "E: m"),),
         (raises("E", "m", "Cell In[7]", "----> 1 f()", "lib.py:99", "E: m"),), "frames of libraries in a traceback"),
    Same("plot", (plot(width=3),), (shows(plotly={"data": [{"y": [1, 2, 3], "uid": "z9"}], "layout": {"width": 3}},
                                         text_html="<div></div>"),), "identifier of a plot"),
    Same("packed numbers", (shows(plotly={"y": {"dtype": "f8", "bdata": PACKED}}),), (shows(plotly={"y": [1.0, 2.0]}),)),
    Same("format 3", ({"output_type": "pyout", "text": ["5"], "prompt_number": 1},),  # type: ignore[arg-type]
         (shows(text_plain="5"),)),
    Same("more forms", (shows(text_plain="x"),), (shows(text_plain="x", text_latex="x"),), "forms of an output"),
    Same("an empty print", (out("\n"),), ()),
)  # fmt: skip

DIFFERENT: tuple[Differs, ...] = (
    other("number", "mean 3.25", "mean 3.26", "number"),
    other("sign", "-1", "1", "number"),
    other("whole number beyond the tolerance", "10000000000000001", "10000000000000002", "number"),
    other("thousands", "1,000", "1,001", "number"),
    other("word", "the cat", "the dog"),
    other("line", "a\nb\nc", "a\nc", "lines", "line 2"),
    other("third line", "a\nb\n3", "a\nb\n4", "number", "line 3"),
    other("order", "a\nb\nc", "b\na\nc", "order", "line 1"),
    other("list", "[1, 2]", "[2, 1]", "number"),
    other("set with another element", "{'a', 'b'}", "{'a', 'c'}"),
    other("dict order", "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
    other("other file", "/home/me/a.csv", "/home/me/b.csv"),
    other("short hexadecimal number", "0xff", "0xfe"),
    other("unit", "3 km", "3 miles"),
    other("capital letter", "Yes", "yes"),
    Differs("cell of a frame", (frame("1 2", "3 4"),), (frame("1 2", "3 5"),), "number", "row 2, b"),
    Differs("text in a frame", (frame("x y"),), (frame("x z"),), "cell", "row 1, b"),
    Differs("row of a frame", (frame("1 2", "3 4"),), (frame("1 2"),), "rows"),
    Differs("order of a frame", (frame("1 2", "3 4", index=False),), (frame("3 4", "1 2", index=False),), "number"),
    Differs("column of a frame", (frame("1 2", head="a b"),), (frame("1 2", head="a c"),), "cell", "heading 1, c"),
    Differs("text beside a table", (shows(text_html="<p>3 rows</p>"),), (shows(text_html="<p>4 rows</p>"),), "number"),
    Differs("nothing any more", (out("x"),), (), "missing"),
    Differs("something new", (), (out("x"),), "extra"),
    Differs("order of outputs", (out("x"), shows(text_plain="y")), (shows(text_plain="y"), out("x")), "other form"),
    Differs("picture is gone", (shows(image_png="aaaa", text_plain="p"),), (shows(text_plain="p"),), "other form"),
    Differs("plot", (plot(width=3),), (plot(width=4),), "number", "layout.width"),
    Differs("point of a plot", (shows(vega={"data": {"values": [{"x": 1}, {"x": 2}]}}),),
            (shows(vega={"data": {"values": [{"x": 1}, {"x": 3}]}}),), "number", "data.values[1].x"),
    Differs("fewer points", (shows(vega={"v": [1, 2]}),), (shows(vega={"v": [1]}),), "plot", "v"),
    Differs("text of a widget", (shows(widget={"model_id": "a"}, text_plain="IntSlider(value=3)"),),
            (shows(widget={"model_id": "b"}, text_plain="IntSlider(value=4)"),), "number"),
    Differs("message of an error", (raises("E", "no column x"),), (raises("E", "no column y"),), "message"),
    Differs("class of an error", (raises("KeyError", "x"),), (raises("ValueError", "x"),), "traceback"),
    Differs("no error any more", (raises("KeyError", "x"),), (), "missing"),
    Differs("error in place of a text", (out("5"),), (raises("KeyError", "x"),), "missing"),
    Differs("message", (out("careful", "stderr"),), (out("beware", "stderr"),), "message", "stderr"),
    Differs("latex", (shows(text_latex="$x^2$"),), (shows(text_latex="$x^3$"),), "number"),
)  # fmt: skip

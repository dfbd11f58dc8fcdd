"""Reports and findings as people and programs see them. Plain functions from a ``Report`` to text or bytes.

In comes a frozen report. Out comes text, HTML, SVG, PNG, Mermaid, DOT, GraphML or JSON.

Open first:
    ``formats``: the list of all forms of the graph.
    ``warnings``: what is shown below a cell. It runs after every cell, so it imports next to nothing.
    ``svg``: the picture; ``layout`` says where everything goes.
    ``status`` and ``table``: the cells as a table, in a terminal and as HTML.
    ``text``: how what users wrote is made safe to show. Every renderer uses it or ``markup``.

Nothing here asks how a finding came about.
"""

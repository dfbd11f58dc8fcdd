"""Renderers: plain functions from a ``Report`` to text or bytes.

In comes a frozen report. Out comes text, HTML, SVG, PNG, Mermaid, DOT, GraphML or JSON.

Open first:
    ``formats``: the table of all formats of the graph.
    ``warnings``: the message below a cell. It runs after every cell, so it imports only the standard library.
    ``lifelines``: the first picture, a row for each cell and a line for each variable.
    ``svg``: the second one, boxes in layers; ``layout`` computes the positions.
    ``status`` and ``table``: the cells as a table, in a terminal and as HTML.
    ``answers``: what ``why``, ``deps``, ``uses``, ``check`` and ``slice`` answer, in both forms.
    ``text``: escapes text that users wrote. Every renderer uses it or ``markup``.

Nothing here depends on how a finding was computed.
"""

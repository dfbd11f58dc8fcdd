"""Lifelines, the first picture: the notebook from top to bottom, and a vertical line for each variable.

In comes a frozen report. Out comes SVG, HTML for a notebook's output, or text for a terminal. ``model`` works
out rows, lines and lanes, once for every form. The other modules draw that model and decide nothing.

Open first: ``model``.
"""

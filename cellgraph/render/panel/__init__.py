"""The graph that people move about in: one model and one script, for the live panel and for pages.

In come a report and the ledger. Out come plain data for JSON, and the JavaScript and CSS that draw it.

Open first:
    ``model``: the data, and what each field holds.
    ``script``: how the files of ``static/`` become one script.
    ``static/panel.js``: where the script begins; ``scene.js`` draws, ``arrange.js`` lays out with dagre.

Nothing is loaded from a network.
"""

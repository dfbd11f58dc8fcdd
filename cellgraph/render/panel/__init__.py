"""The pictures that people move about in: one model and one script, for the live panel and for pages.

In come a report and the ledger. Out come plain data for JSON, and the JavaScript and CSS that draw it.

Open first:
    ``model``: the data, and what each field holds.
    ``script``: how the files of ``static/`` become one script.
    ``static/panel.js``: where the script begins; ``lifelines.js`` and ``layers.js`` are its two pictures.

Nothing is loaded from a network.
"""

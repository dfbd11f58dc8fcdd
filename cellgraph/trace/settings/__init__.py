"""State of the process outside the namespace: options of libraries, environment variables, the folder.

In comes the process as it is, at the start and at the end of a run, and the run's text. Out come the settings
that the run may have read, and the keys that it set. Each has a digest of everything that differs from the
defaults.

Open first:
    ``provider``: what a setting consists of, and how packages register their own.
    ``tracker``: before and after a run, over all providers.
    ``text_events``: what a text does to settings, in order: stores, calls, loads.
    ``usage``: which settings these events read and set.
    ``libraries``, ``process``, ``diagnostics``, ``ipython``: providers that come with cellgraph.

A library is looked up only if it is loaded. Nothing is set here, and no value is kept, only its text.
"""

"""State of the process outside the namespace: options of libraries, environment variables, the folder.

In comes, at the start and at the end of a run, the process as it is, and the run's text. Out come the
settings that the run may have read and the keys of them that it set, each with a digest of all that is not
as it is by default.

Open first:
    ``provider``: what a setting is made of, and how packages register their own.
    ``tracker``: before and after a run, over all providers.
    ``text_events``: what a text does to settings, in order: stores, calls, loads.
    ``usage``: which settings these events read and set.
    ``libraries``, ``process``: the providers that cellgraph brings along.

A library is looked up only when it is loaded. Nothing is set here, no value is kept, only its text.
"""

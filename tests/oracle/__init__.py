"""The oracle: random notebook sessions, judged against a real Restart & Run All.

``generate`` writes sessions, ``kernel`` runs them in a real shell, ``judge`` compares what cellgraph
says with what a fresh namespace gives, and ``shrink`` makes a wrong verdict small enough to read.
``python -m tests.oracle --help`` runs any number of sessions.
"""

"""Saved notebooks: reading any version of the format, running one in a fresh kernel, and what comes back.

Start with ``source`` (a file that can be run) and ``execute`` (its run). ``saved`` is what a live kernel
reads of the notebook it belongs to, without nbformat.
"""

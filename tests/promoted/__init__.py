"""Promoted packages in the form that ``promote`` writes, and a tool that judges their tests by mutation.

``packages`` has them as texts, ``mutants`` changes one operator, constant, column or order at a time, and
``python -m tests.promoted`` prints which share of the mutants that change a target the written tests notice.
"""

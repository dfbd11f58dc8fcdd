"""Tests for a promoted package: each step on small recorded inputs, the whole against the notebook.

In comes the folder of a package (``steps.py`` and ``dag.json``, see ``cellgraph.notebooks.promotion``) and
the folder of its notebook. Out comes a folder ``tests/``:

``recorded.py``
    Reads recorded values, and compares values with tolerances. It is a copy of the file of that name here.
``test_steps.py``
    A test a step: the recorded inputs, the call, the comparison. A value that cannot be stored (a model, a
    connection) is made by the steps above.
``test_pipeline.py``
    ``main`` gives what the notebook gave, within a tolerance that it states.
``data/``
    The inputs and what the steps made of them: JSON, with frames as parquet and arrays as npz.

Open first: ``write``, which is what ``promote`` calls. ``recording`` runs in a fresh process: it runs the
pipeline, stores the inputs (``storing``), and runs each step on what it stored: a test starts from what was
recorded. ``source`` writes the text of the tests. ``synthetic`` makes inputs that hold none of the data.
"""

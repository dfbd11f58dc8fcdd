"""From a notebook to a package: one function a step, proven equal to the notebook.

In comes a saved notebook, the names that are wanted (the targets), and what a fresh run of it showed.
Out comes a folder ``NAME/``, written beside its place and renamed when it is complete:

``NAME/__init__.py``
    A docstring.
``NAME/steps.py``
    Imports; ``Settings`` (a frozen dataclass with the constants, paths and seeds); module constants; the
    notebook's functions and classes; one function a step; ``Results`` (a NamedTuple with a field for each
    target); ``main(argv=None) -> Results``, which reads the settings and calls the steps in order.
``NAME/dag.json``
    ``model.as_dag`` of the ``Pipeline``. Its ``steps`` are in the order in which ``main`` calls them. Each
    has ``name``, ``cells`` (numbers of code cells, from 1), ``after`` (names of the steps that it needs),
    ``parameters`` and ``returns``. A parameter has ``name``, ``annotation`` (as it stands in the module),
    ``type`` (the class seen in the run, as ``module.qualname``; empty if none was seen) and ``source``: the
    name of the step that returns it, or ``settings`` for a field of ``Settings``. A parameter ``settings``
    of the type ``Settings`` is the object itself. A step with one return value returns it bare; with
    several it returns a tuple in the order of ``returns``; with none it returns None.

A step changes what it is given in place where the notebook's cells did; if a later step needs it, the name
is in ``returns`` too. To see the inputs of each step: import ``NAME.steps`` in a fresh process in the
notebook's folder, put a wrapper in the place of each step in the module's globals, and call ``main([])``.
``main`` looks the steps up when it calls them; arguments are positional, in the order of ``parameters``.

Open first:
    ``model``: the frozen types (``Pipeline``, ``Step``, ``Value``, ``Setting``, ``Omitted``).
    ``promote``: the whole way, from the notebook's path to the folder.
"""

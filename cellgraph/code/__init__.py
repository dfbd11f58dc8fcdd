"""A cell's text and bytecode as data. Pure functions: nothing here runs code or looks at a value.

In comes the text of a cell, or a code object. Out come its statements, the names and access paths that each
reads and binds, and the flow of data between statements.

Open first:
    ``source``: a cell's text with IPython's syntax turned into Python's, parsed once.
    ``statements``: the syntax tree as a block of steps, each with the names that it loads and binds.
    ``dataflow``: which names a name may come from, statement by statement.
    ``bytecode``: which instruction of a code object touches which global, and by which access path.

``fast_ast`` is the one place where speed comes before looks: it visits every node of every cell.
"""

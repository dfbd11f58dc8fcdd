"""A cell's text and bytecode as data: statements, names, access paths, and the flow of data between them.

Pure functions of source text and code objects. Nothing here runs code or looks at a value.
Start with ``source`` (a cell's text) and ``statements`` (what each of its statements reads and binds).
"""

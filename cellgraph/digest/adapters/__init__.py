"""How the types of one library are digested: a module a library or a family of types.

In comes a value and the walk that visits it. Out come the bytes that identify it among values of its type.

An adapter registers handlers with ``cellgraph.digest.registry``, by a type or by the name of a library and
class. It imports no library. A handler reads fields through ``class_reflection``, never through properties.
It visits what the value holds with ``walk.visit``, and notes the value with ``walk.note`` if it can change.

Open first: ``charts`` (short, by fields), ``numpy_arrays`` (by buffer), ``pandas_frames`` (with parts).
"""

"""How the types of one library are digested: a module a library or a family of types.

An adapter registers handlers for types by their names, and imports no library to do so.
"""

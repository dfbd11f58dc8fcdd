"""Saved notebooks whose outputs are changed as by hand, to see what ``cellgraph verify`` tells of it."""

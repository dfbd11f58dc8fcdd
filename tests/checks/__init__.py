"""Saved notebooks of known truth, written and random, and what really happens when they run."""

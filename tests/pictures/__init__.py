"""What the README and the notebooks show, made from real runs: ``python -m tests.pictures``."""

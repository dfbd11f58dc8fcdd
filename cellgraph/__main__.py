"""``python -m cellgraph``."""

from __future__ import annotations

import sys

from cellgraph.cli import main

if __name__ == "__main__":
    sys.exit(main())

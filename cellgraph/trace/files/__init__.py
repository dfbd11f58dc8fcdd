"""Files as state: which of them a run reads and writes, and what is in them now."""

"""Small notebooks of many kinds, each with what its package must be like."""

"""Findings and graphs as people see them: plain functions ``Report -> str`` and nothing else."""

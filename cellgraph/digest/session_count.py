"""Counts the sessions of digests. What was asked of the system in one may be no more true in the next."""

from __future__ import annotations


class _Sessions:
    """``latest`` is the number of the latest session, from 1."""

    latest = 0


SESSIONS = _Sessions()

"""Advice for a misspelt name out of hundreds, too many to list."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_or_else(name: str, known: Iterable[str], otherwise: str) -> str:
    """Advise the nearest known name, whatever its letter case; `otherwise` where none is near.

    >>> near_or_else("new_york", ["America/New_York", "Europe/Rome"], "Look it up.")
    "Did you mean 'America/New_York'?"
    >>> near_or_else("zzz", ["America/New_York", "Europe/Rome"], "Look it up.")
    'Look it up.'
    """
    by_lower = {entry.lower(): entry for entry in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_lower, n=5)
    if not near:
        return otherwise
    best = max(near, key=lambda entry: (_likeness(name.lower(), entry), -near.index(entry)))
    return f"Did you mean {by_lower[best]!r}?"


def _likeness(name: str, entry: str) -> tuple[float, int]:
    """Order by spelling first, then by how many letters agree from the left on."""
    agreeing = sum(name.startswith(entry[:length]) for length in range(1, len(entry) + 1))
    return difflib.SequenceMatcher(None, entry, name).ratio(), agreeing

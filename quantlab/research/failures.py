"""What went wrong in one trial, in one line of a table."""

from __future__ import annotations


def told(error: Exception) -> str:
    """Type and message of an exception, and the notes that say where it happened.

    >>> failed = ZeroDivisionError("division by zero")
    >>> failed.add_note("in on_bar of Dip() at bar 3 (2024-01-05)")
    >>> told(failed)
    'ZeroDivisionError: division by zero (in on_bar of Dip() at bar 3 (2024-01-05))'
    """
    where = "; ".join(getattr(error, "__notes__", ()))
    return f"{type(error).__name__}: {error}" + (f" ({where})" if where else "")

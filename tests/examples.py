"""How many cases a law is drawn on: a quarter by default, all with QUANTLAB_THOROUGH=1 (continuous integration)."""

import os

THOROUGH = bool(os.environ.get("QUANTLAB_THOROUGH"))


def examples(n):
    """All `n` cases where it is to be thorough, else a quarter of them."""
    return n if THOROUGH else max(10, n // 4)

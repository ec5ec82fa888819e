"""One name in the two styles that a strategy has: its class and its file."""

from __future__ import annotations

import re

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Name of the file.

    >>> [snake_case(name) for name in ("SmaCross", "SMACross", "sma-cross", "Sma Cross", "RSI2")]
    ['sma_cross', 'sma_cross', 'sma_cross', 'sma_cross', 'rsi2']
    """
    return re.sub(r"[\s_-]+", "_", _WORD_STARTS.sub("_", name.strip())).lower()


def camel_case(name: str) -> str:
    """Name of the class.

    >>> [camel_case(name) for name in ("sma_cross", "SMACross", "rsi2")]
    ['SmaCross', 'SmaCross', 'Rsi2']
    """
    return "".join(part[:1].upper() + part[1:] for part in snake_case(name).split("_"))

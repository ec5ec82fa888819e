"""How one number prints, by its unit."""

from __future__ import annotations

import math

NOT_AVAILABLE = "n/a"


def number(value: float, unit: str = "ratio") -> str:
    """`value` as text: fractions as percent, money with two decimals, NaN as n/a.

    `unit` is "fraction", "basis points" (a small fraction: 0.0001 is one), "ratio", "money", "bars" or "count"; any
    other prints like a ratio.

    >>> number(0.1234, "fraction"), number(-0.0158, "fraction"), number(1234.5, "money")
    ('12.3%', '-1.58%', '1,234.50')
    >>> number(0.00001, "basis points")
    '0.10 bp'
    >>> number(float("nan")), number(0.871), number(45.0, "count")
    ('n/a', '0.87', '45')
    """
    if not math.isfinite(value):
        return NOT_AVAILABLE if math.isnan(value) else "∞" if value > 0 else "-∞"
    text = _finite(value, unit)
    return text.removeprefix("-") if not text.strip("-0.% bp") else text  # no negative zero


def interval(low: float, high: float, unit: str = "ratio") -> str:
    """Two bounds as text, or n/a when either is undefined.

    >>> interval(-0.3, 1.25)
    '[-0.30, 1.25]'
    """
    if math.isnan(low) or math.isnan(high):
        return NOT_AVAILABLE
    return f"[{number(low, unit)}, {number(high, unit)}]"


def _finite(value: float, unit: str) -> str:
    if unit == "fraction":
        return f"{value:,.1%}" if abs(value) >= 0.0995 else f"{value:.2%}"
    if unit == "basis points":
        return f"{value * 1e4:,.2f} bp"
    if unit in ("bars", "count"):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{value:,.2f}"

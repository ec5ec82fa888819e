from __future__ import annotations

import pytest

from quantlab.display.numbers import interval, number

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "fraction", "12.3%"),
        (-0.01577, "fraction", "-1.58%"),
        (0.0995, "fraction", "10.0%"),
        (0.0994, "fraction", "9.94%"),
        (12.5, "fraction", "1,250.0%"),
        (-0.000001, "fraction", "0.00%"),
        (0.8749, "ratio", "0.87"),
        (-0.001, "ratio", "0.00"),
        (1234.5, "money", "1,234.50"),
        (-1234567.891, "money", "-1,234,567.89"),
        (1349.0, "bars", "1,349"),
        (5.667, "bars", "5.7"),
        (45, "count", "45"),
        (NAN, "fraction", "n/a"),
        (INF, "ratio", "∞"),
        (-INF, "money", "-∞"),
    ],
)
def test_a_number_prints_by_its_unit(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "text"), [(0.21, 1.6, "[0.21, 1.60]"), (NAN, NAN, "n/a"), (0.0, NAN, "n/a")]
)
def test_an_interval_prints_both_bounds_or_nothing(low: float, high: float, text: str) -> None:
    assert interval(low, high) == text

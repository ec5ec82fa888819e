from __future__ import annotations

import pytest

from quantlab.errors import DataError, did_you_mean
from quantlab.metrics.catalogue import METRICS, find_metric


def test_an_unknown_metric_is_answered_by_the_nearest_or_a_short_list() -> None:
    with pytest.raises(DataError, match="Did you mean 'sharpe'"):
        find_metric("sharp")
    with pytest.raises(DataError) as caught:
        find_metric("qqqqqq")
    assert str(caught.value).endswith(f", … ({len(METRICS)} in all).")
    assert str(caught.value).count(", ") == 12


def test_twelve_names_are_listed_and_thirteen_are_not() -> None:
    names = [f"name_{k:02}" for k in range(13)]
    assert did_you_mean("q", names[:12]) == f"Known: {', '.join(names[:12])}."
    assert did_you_mean("q", names) == f"Known: {', '.join(names[:12])}, … (13 in all)."

"""Overlap of positions by hand, and what cannot have any."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantlab as ql

DAYS = pd.bdate_range("2020-01-01", periods=60)


def run(name, weights):
    """Follow weights by symbol on bars that stand still."""
    price = np.full((60, 2), 100.0)
    bars = ql.Bars.from_arrays(time=DAYS, symbols=["A", "B"], open=price, high=price, low=price, close=price)
    frame = pd.DataFrame(weights, DAYS[:1], ["A", "B"])
    account = ql.Account(leverage=2.0)
    return name, ql.backtest(ql.FollowWeights(frame), bars, account=account, progress=False)


def test_overlap_is_the_cosine_of_what_was_held():
    runs = dict([
        run("a", [[1.0, 0.0]]), run("half a", [[0.5, 0.0]]), run("b", [[0.0, 1.0]]), run("both", [[0.5, 0.5]]),
        run("against", [[-1.0, 0.0]]), run("nothing", [[0.0, 0.0]]),
    ])  # fmt: skip
    told = ql.compare(runs).overlap
    assert told.loc["a", "half a"] == pytest.approx(1.0)
    assert told.loc["a", "b"] == pytest.approx(0.0)
    assert told.loc["a", "both"] == pytest.approx(np.sqrt(0.5))
    assert told.loc["a", "against"] == pytest.approx(-1.0)
    assert told.loc["nothing"].isna().all()
    assert np.allclose(told, told.T, equal_nan=True)


def test_many_cells_are_taken_in_parts(monkeypatch):
    import quantlab.research.overlap as module

    runs = dict([run("a", [[1.0, 0.2]]), run("b", [[0.3, 0.6]])])
    whole = ql.compare(runs).overlap
    monkeypatch.setattr(module, "MOST_CELLS", 8)
    np.testing.assert_allclose(ql.compare(runs).overlap, whole, rtol=1e-12)

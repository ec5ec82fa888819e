"""Recalibrated quantiles: plain Python, coverage when returns change, and another future."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.labels import forward_return, label_end
from quantlab.forecasting.calibration import share_below
from quantlab.forecasting.conformal import ENOUGH
from quantlab.forecasting.forecast import NEVER, Forecasts
from tests.naive import forecasting as naive

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def wild_walk(n_bars=700, n_symbols=3, seed=3):
    """Random walks whose steps become three times as wide after the middle."""
    steps = np.random.default_rng(seed).normal(0.0, 0.006, (n_bars, n_symbols))
    steps[n_bars // 2 :] *= 3.0
    return naive.walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed)


def table_of(arrays, horizon=2, seed=0):
    """Forecasts of a fixed width that is right at first only, with holes, known as of each bar."""
    bars = naive.as_bars(arrays)
    rng = np.random.default_rng(seed)
    median = rng.normal(0.0, 0.001, (700, bars.n_symbols))[: bars.n_bars]
    offsets = 0.006 * np.sqrt(horizon) * np.array([-1.2816, -0.6745, 0.0, 0.6745, 1.2816])
    values = (median[:, :, None] + offsets)[:, :, None]
    values[:20] = np.nan
    values[60, -1] = np.nan
    through = np.where(np.arange(bars.n_bars) < 20, NEVER, bars.time_ns[15])
    table = Forecasts(
        values=values,
        time=bars.time,
        time_ns=bars.time_ns,
        symbols=bars.symbols,
        horizons=(horizon,),
        levels=LEVELS,
        trained_through=through,
        as_of=bars.time_ns,
        name="Mine(horizon=2)",
    )
    return table, bars


@pytest.mark.parametrize(("method", "rate"), [("split", 0.0), ("adaptive", 0.05)])
def test_recalibration_equals_plain_python(method, rate):
    whole = wild_walk(n_symbols=1)
    arrays = {name: panel[250:450] for name, panel in whole.items()}
    table, bars = table_of(arrays)
    told = table.recalibrated(bars, method, lookback=60, rate=rate or 0.01).values[:, 0, 0]
    quantiles = table.values[:, 0, 0]
    known = np.isfinite(quantiles).all(axis=1)
    label = np.where(known, forward_return(bars, 2)[:, 0], np.nan)
    expected = naive.recalibrated(
        quantiles.tolist(), label.tolist(), label_end(bars, 2)[:, 0].tolist(), list(LEVELS), 60, rate, ENOUGH
    )
    np.testing.assert_allclose(told[known], np.array(expected)[known], rtol=1e-10, atol=1e-15)
    assert not np.allclose(told[known], quantiles[known])


@pytest.mark.parametrize("method", ["split", "adaptive"])
def test_quantiles_hold_their_share_after_returns_have_changed(method):
    table, bars = table_of(wild_walk())
    label = forward_return(bars, 2)
    late = slice(450, None)
    before = share_below(table.values[late, :, 0], label[late])
    after = share_below(table.recalibrated(bars, method).values[late, :, 0], label[late])
    off = [np.abs(each - LEVELS).mean() for each in (before, after)]
    assert off[0] > 0.12
    assert off[1] < off[0] / 3


def test_adaptive_levels_follow_faster_than_split_ones():
    table, bars = table_of(wild_walk())
    label = forward_return(bars, 2)
    just_after = slice(355, 450)
    off = [
        np.abs(
            share_below(
                table.recalibrated(bars, method, rate=0.03).values[just_after, :, 0], label[just_after]
            )
            - LEVELS
        ).mean()
        for method in ("adaptive", "split")
    ]
    assert off[0] < off[1]


@pytest.mark.parametrize("method", ["split", "adaptive"])
@pytest.mark.parametrize("moment", [120, 333, 610])
def test_another_future_leaves_every_earlier_quantile_alone(method, moment):
    arrays = wild_walk()
    table, bars = table_of(arrays)
    other_table, other_bars = table_of(naive.other_future(arrays, moment, seed=moment))
    np.testing.assert_array_equal(other_table.values, table.values)
    before, after = (
        each.recalibrated(its, method).values for each, its in ((table, bars), (other_table, other_bars))
    )
    np.testing.assert_array_equal(after[: moment + 1], before[: moment + 1])
    assert not np.array_equal(after[moment + 1 :], before[moment + 1 :], equal_nan=True)


def test_bars_that_end_earlier_give_the_same_quantiles():
    arrays = wild_walk()
    table, bars = table_of(arrays)
    cut, cut_bars = table_of({name: panel[:400] for name, panel in arrays.items()})
    np.testing.assert_array_equal(cut.recalibrated(cut_bars).values, table.recalibrated(bars).values[:400])


def test_it_says_what_it_read_and_keeps_what_was_there():
    table, bars = table_of(wild_walk())
    told = table.recalibrated(bars, "split", lookback=100)
    moved = (told.values != table.values).any(axis=(1, 2, 3)) & table.known.any(axis=1)
    assert (told.trained_through[moved] == told.as_of[moved]).all()  # the newest label ended at that very bar
    assert (told.trained_through <= told.as_of).all()
    np.testing.assert_array_equal(told.median(), table.median())
    np.testing.assert_array_equal(told.beside["raw"].values, table.values)
    assert told.name == "Mine(horizon=2).recalibrated(method='split', lookback=100)"
    np.testing.assert_array_equal(told.known, table.known)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"method": "adaptve"}, "one of 'adaptive', 'split'"),
        ({"lookback": 0}, "at least 1"),
        ({"rate": 2.0}, "from 1e-06 to 0.5"),
    ],
)
def test_wrong_options_are_refused(options, advice):
    table, bars = table_of(wild_walk())
    with pytest.raises(ForecastError, match=advice):
        table.recalibrated(bars, **options)


def test_a_median_alone_has_nothing_to_recalibrate():
    _, bars = table_of(wild_walk())
    import pandas as pd

    frame = pd.DataFrame(0.0, bars.time[50:60], list(bars.symbols))
    table = Forecasts.from_frame(frame, trained_through="2015-01-05")
    with pytest.raises(ForecastError, match="states one number"):
        table.recalibrated(bars)

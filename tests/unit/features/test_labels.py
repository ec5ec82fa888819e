"""Labels by hand, with gaps; and what each of them touches."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.features.labels import (
    first_barrier,
    forward_drawdown,
    forward_return,
    forward_volatility,
    label_end,
)
from quantlab.market.bars import Bars
from tests.naive import labels as naive

NAN = np.nan


def bars_of(opens):
    opens = np.array(opens, dtype=float)
    days = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")[: len(opens)]
    return Bars.from_arrays(
        time=days,
        symbols=[f"S{i}" for i in range(opens.shape[1])],
        open=opens,
        high=opens + 1,
        low=opens - 1,
        close=opens,
        allow_negative=True,
    )


def test_by_hand():
    # The second symbol has no bar in row 2: its third bar is row 3.
    bars = bars_of([[10, 100], [20, 110], [30, NAN], [36, 121], [18, 242]])
    assert forward_return(bars, 1) == pytest.approx(
        np.array([[0.5, 0.1], [0.2, 1.0], [-0.5, NAN], [NAN, NAN], [NAN, NAN]]), nan_ok=True
    )
    assert label_end(bars, 1).tolist() == [[2, 3], [3, 4], [4, 5], [5, 5], [5, 5]]
    assert forward_return(bars, 2)[:, 0] == pytest.approx([0.8, -0.4, NAN, NAN, NAN], nan_ok=True)
    assert label_end(bars, 2)[:, 1].tolist() == [4, 5, 5, 5, 5]


def test_volatility_and_drawdown_by_hand():
    # Bar by bar open and close: 100 → 110, 121 → 99, 99 → 99, 108.9 → 100.
    bars = Bars.from_arrays(
        time=np.arange("2020-01-01", "2020-01-06", dtype="datetime64[D]"),
        symbols=["A"],
        open=[90.0, 100.0, 121.0, 99.0, 108.9],
        high=[122.0] * 5,
        low=[80.0] * 5,
        close=[95.0, 110.0, 99.0, 99.0, 100.0],
    )
    rises, falls = np.log(1.21), np.log(99.0 / 121.0)
    assert forward_volatility(bars, 1)[:3, 0] == pytest.approx([rises, -falls, np.log(1.1)])
    assert forward_volatility(bars, 2)[0, 0] == pytest.approx(np.sqrt((rises**2 + falls**2) / 2.0))
    # From the open at 100: close 110, open of the end 121. Over two bars: 100, 110, 99, 99.
    assert forward_drawdown(bars, 1)[0, 0] == 0.0
    assert forward_drawdown(bars, 1)[1, 0] == pytest.approx(99.0 / 121.0 - 1.0)
    assert forward_drawdown(bars, 2)[0, 0] == pytest.approx(99.0 / 110.0 - 1.0)


def test_the_first_barrier_by_hand():
    # Closes of 100, 110 and 100 give two log returns of ±ln 1.1, whose deviation is √2·ln 1.1.
    spread = np.sqrt(2.0) * np.log(1.1)
    high = [101.0, 111.0, 101.0, 102.0, 102.0, 101.0]
    low = [99.0, 99.0, 99.0, 97.0, 99.0, 99.0]

    def told(touched_high, touched_low):
        bars = Bars.from_arrays(
            time=np.arange("2020-01-01", "2020-01-07", dtype="datetime64[D]"),
            symbols=["A"],
            open=[100.0] * 6,
            high=[*high[:4], touched_high, high[5]],
            low=[*low[:4], touched_low, low[5]],
            close=[100.0, 110.0, 100.0, 100.0, 100.0, 100.0],
        )
        return first_barrier(bars, 2, up=0.5, down=0.5, lookback=2)[2, 0]

    far = 0.5 * spread * np.sqrt(2.0) * 100.0
    assert told(102.0, 99.0) == 0.0
    assert told(100.0 + far + 1e-9, 99.0) == 1.0
    assert told(102.0, 100.0 - far - 1e-9) == -1.0
    assert told(100.0 + far + 1e-9, 100.0 - far - 1e-9) == -1.0


def test_a_price_that_stood_still_has_no_barriers():
    bars = bars_of([[10.0]] * 6 + [[11.0], [12.0]])
    assert np.isnan(first_barrier(bars, 1, up=1.0, down=1.0, lookback=2)[:6]).all()


@pytest.mark.parametrize("horizon", [1, 3, 10])
def test_labels_of_gappy_bars_equal_a_loop(gappy, horizon):
    spread = feature("volatility", lookback=5).compute(gappy)
    for told, looped in (
        (forward_volatility(gappy, horizon), naive.volatility(gappy, horizon)),
        (forward_drawdown(gappy, horizon), naive.drawdown(gappy, horizon)),
        (first_barrier(gappy, horizon, 0.7, 0.4, 5), naive.barrier(gappy, horizon, 0.7, 0.4, spread)),
    ):
        np.testing.assert_allclose(told, looped, rtol=1e-12, atol=1e-15)
    met = first_barrier(gappy, horizon, 0.7, 0.4, 5)
    assert {-1.0, 0.0, 1.0} == set(np.unique(met[np.isfinite(met)]))


@pytest.mark.parametrize("label", [forward_return, forward_volatility, forward_drawdown])
@pytest.mark.parametrize("horizon", [1, 3, 10])
def test_a_label_is_known_exactly_when_its_end_is(gappy, label, horizon):
    labels, ends = label(gappy, horizon), label_end(gappy, horizon)
    assert np.array_equal(np.isnan(labels), ends == gappy.n_bars)
    for stop in (30, 77, 159):
        known = ends < stop
        cut = label(gappy.rows(0, stop), horizon)
        assert np.array_equal(~np.isnan(cut), known[:stop])
        assert np.array_equal(cut[known[:stop]], labels[:stop][known[:stop]])


@pytest.mark.parametrize("horizon", [3, 5, 60])
def test_fewer_bars_than_the_label_needs(horizon):
    bars = bars_of([[10.0], [11.0], [12.0]])
    assert np.isnan(forward_return(bars, horizon)).all()
    assert (label_end(bars, horizon) == 3).all()


@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, None])
def test_a_horizon_is_a_whole_number_of_bars(gappy, horizon):
    for function in (forward_return, label_end):
        with pytest.raises(ForecastError, match="must be a whole number of bars, 1 or more"):
            function(gappy, horizon)


def test_labels_are_read_only(gappy):
    assert not forward_return(gappy, 2).flags.writeable
    assert not label_end(gappy, 2).flags.writeable

"""Laws of every built-in: neither the future nor the order of symbols shows, and scales cancel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.features.catalogue import BUILT_INS
from quantlab.features.features import feature
from quantlab.market.bars import Bars

DECLARED = [
    feature(name, lookback=None if row.lookback == "none" else 11, output=output)
    for name, row in BUILT_INS.items()
    if row.reads == "bars"
    for output in row.outputs or (None,)
]
DECLARED += [
    feature("beta", lookback=11, against="B"),
    feature("cs_rank"),
    feature("sma", lookback=4, of="mood"),
]
EACH = pytest.mark.parametrize("declared", DECLARED, ids=repr)
PRICES = ("open", "high", "low", "close")


def same_bits(left, right):
    return np.array_equal(left, right, equal_nan=True)


def with_other_future(bars: Bars, last: int, rng: np.random.Generator) -> Bars:
    """The same bars up to and with row `last`; everything later is another world, absences too."""
    shape = (bars.n_bars - last - 1, bars.n_symbols)
    price = rng.uniform(1, 1e6, shape)
    price[rng.uniform(size=shape) < 0.2] = np.nan
    later = {"open": price, "high": price * 1.5, "low": price * 0.5, "close": price * 1.1}
    later["volume"] = rng.uniform(0, 1e9, shape)
    later["mood"] = rng.normal(0, 1e6, shape)
    return bars.with_arrays(
        **{name: np.vstack([bars[name][: last + 1], values]) for name, values in later.items()}
    )


@EACH
def test_the_future_does_not_show(gappy, declared):
    rng = np.random.default_rng(7)
    values = declared.compute(gappy)
    for last in rng.choice(np.arange(5, gappy.n_bars - 1), 22, replace=False):
        known = values[: last + 1]
        assert same_bits(declared.compute(gappy.rows(0, int(last) + 1)), known)
        assert same_bits(declared.compute(with_other_future(gappy, int(last), rng))[: last + 1], known)


@pytest.mark.parametrize("name", [name for name, row in BUILT_INS.items() if row.by_row])
@pytest.mark.parametrize("lookback", [1, 11, 159, 160, 400])
def test_whole_panels_at_once_are_symbols_one_by_one(whole, name, lookback):
    """Also where the earlier value is zero or missing, and where there are fewer bars than the lookback."""
    row = BUILT_INS[name]
    mood = np.round(whole["mood"])
    mood[3, 1] = np.nan
    bars = whole.with_arrays(mood=mood)
    holed = bars.with_arrays(
        **{field: _without_first_symbol(bars[field], 5) for field in (*PRICES, "volume")}
    )
    assert bars.gapless
    assert not holed.gapless
    for of in ("close",) if row.fields else ("close", "mood"):
        declared = feature(name, lookback=None if row.lookback == "none" else lookback, of=of)
        values = declared.compute(bars)
        assert same_bits(values[:, 1:], declared.compute(holed)[:, 1:])
        assert name == "log_return" or not np.isinf(values).any()


def _without_first_symbol(panel, bar):
    panel = panel.copy()
    panel[bar, 0] = np.nan
    return panel


@EACH
def test_the_order_of_symbols_does_not_show(gappy, declared):
    order = [2, 0, 3, 1]
    turned = declared.compute(gappy.select(gappy.symbols[i] for i in order))
    assert same_bits(turned, declared.compute(gappy)[:, order])


@EACH
def test_absent_rows_are_nan_and_values_are_read_only(gappy, declared):
    values = declared.compute(gappy)
    assert np.isnan(values[~gappy.present]).all()
    assert values.dtype == np.float64
    assert values.flags.c_contiguous
    assert not values.flags.writeable


@pytest.mark.parametrize(
    "declared", [each for each in DECLARED if not BUILT_INS[each.name].cross_sectional], ids=repr
)
def test_a_gap_is_as_if_the_row_were_not_there(gappy, declared):
    for column, symbol in enumerate(gappy.symbols):
        rows = np.flatnonzero(gappy.present[:, column])
        names = (*PRICES, "volume", "mood")
        own = Bars.from_arrays(
            time=gappy.time[rows],
            symbols=[symbol],
            **{name: gappy[name][rows, column] for name in names[:5]},
            extra={"mood": gappy["mood"][rows, column]},
            periods_per_year=gappy.periods_per_year,
        )
        assert same_bits(declared.compute(own)[:, 0], declared.compute(gappy)[rows, column])


UNCHANGED = [
    "rsi",
    "momentum",
    "rate_of_change",
    "return",
    "log_return",
    "zscore",
    "skew",
    "rank",
    "volatility",
]
UNCHANGED += [
    "parkinson",
    "garman_klass",
    "drawdown",
    "stochastic",
    "williams_r",
    "cci",
    "mfi",
    "adx",
    "cs_rank",
]
UNCHANGED += ["overnight_return", "intraday_return", "beta", "correlation", "field_correlation"]
SCALED = [
    "sma",
    "ema",
    "wma",
    "median",
    "min",
    "max",
    "atr",
    "std",
    "slope",
    "lag",
    "difference",
    "vwap",
    "macd",
]
SCALED += ["bollinger", "donchian", "dollar_volume"]


def times(bars, factor):
    return bars.with_arrays(**{name: bars[name] * factor for name in PRICES})


@pytest.mark.parametrize(("name", "power"), [*((n, 0) for n in UNCHANGED), *((n, 1) for n in SCALED)])
def test_scale_of_prices(whole, name, power):
    declared = feature(name, lookback=None if BUILT_INS[name].lookback == "none" else 9)
    factor = 8.0  # a power of two: no rounding, so to the last bit, logarithms apart
    before, after = declared.compute(whole), declared.compute(times(whole, factor))
    np.testing.assert_allclose(after, before * factor**power, rtol=1e-12, atol=1e-12)


@given(price=st.floats(0.01, 1e6), lookback=st.integers(3, 40))
@settings(max_examples=25, deadline=None)
def test_a_price_that_stands_still(price, lookback):
    """Averages are the price, spreads are exactly zero, ratios to zero are NaN and never a wild number."""
    flat = np.full((60, 1), price)
    bars = Bars.from_arrays(
        time=np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]"),
        symbols=["A"],
        open=flat,
        high=flat,
        low=flat,
        close=flat,
        volume=np.full((60, 1), 7.0),
    )

    def last(name, **declared):
        return feature(name, lookback=lookback, **declared).compute(bars)[-1, 0]

    for name in ("sma", "ema", "wma", "median", "min", "max", "vwap"):
        assert last(name) == pytest.approx(price, rel=1e-14)
    for name in ("std", "volatility", "parkinson", "garman_klass", "momentum", "drawdown", "slope"):
        assert last(name) == 0.0
    for name in ("zscore", "skew", "rsi", "cci", "williams_r", "mfi", "field_correlation"):
        assert np.isnan(last(name))
    assert last("bollinger", output="width") == 0.0
    assert np.isnan(last("bollinger", output="percent"))


def test_a_missing_volume_leaves_with_its_window(whole):
    volume = whole.volume.copy()
    volume[50, 0] = np.nan
    holed = whole.with_arrays(volume=volume)
    for name in ("vwap", "dollar_volume", "volume_zscore"):
        declared = feature(name, lookback=10)
        full, values = declared.compute(whole), declared.compute(holed)
        assert np.isnan(values[50:60, 0]).all()
        values = values.copy()
        values[50:60, 0] = full[50:60, 0]
        assert same_bits(values, full)


def test_a_recursion_starts_afresh_after_a_hole(whole):
    mood = np.ones((whole.n_bars, whole.n_symbols))
    mood[40] = np.nan
    mood[41:] = 5.0
    values = feature("ema", lookback=10, of="mood").compute(whole.with_arrays(mood=mood))
    assert (values[9:40] == 1.0).all()
    assert np.isnan(values[40:50]).all()
    assert (values[50:] == 5.0).all()


def test_fewer_bars_than_the_lookback_give_no_value(whole):
    few = whole.rows(0, 8)
    for name, row in BUILT_INS.items():
        if row.lookback != "none":
            assert np.isnan(feature(name, lookback=20).compute(few)).all()


@pytest.mark.parametrize("declared", [each for each in DECLARED if each.memory is not None], ids=repr)
def test_memory_holds_all_that_a_value_depends_on(whole, declared):
    long = Bars.from_arrays(
        time=pd.bdate_range("1990-01-01", periods=4 * whole.n_bars),
        symbols=whole.symbols,
        **{name: np.tile(whole[name], (4, 1)) for name in (*PRICES, "volume")},
        extra={"mood": np.tile(whole["mood"], (4, 1))},
    )
    values = declared.compute(long)
    assert declared.memory < long.n_bars - 7
    for row in np.linspace(declared.memory, long.n_bars - 1, 7).astype(int):
        tail = long.rows(row - declared.memory, row + 1)
        np.testing.assert_allclose(declared.compute(tail)[-1], values[row], rtol=1e-7, atol=1e-9)


def test_what_never_forgets_has_no_memory_of_so_many_bars():
    assert feature("obv").memory is None
    assert feature(lambda bars, lookback: bars.close).memory is None

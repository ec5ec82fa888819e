"""Built-ins equal TA-Lib and pandas where those have them; where a rule differs, the test says which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from quantlab.features.features import feature


@pytest.fixture(params=["random", "real"])
def series(request, whole):
    """One symbol without gaps and its columns."""
    bars = whole if request.param == "random" else request.getfixturevalue("real")
    column = int(np.flatnonzero(bars.present.all(axis=0))[0])
    one = bars.select(bars.symbols[column])
    return one, {name: one[name][:, 0].copy() for name in ("open", "high", "low", "close", "volume")}


def ours(bars, name, **declared):
    return feature(name, **declared).compute(bars)[:, 0]


def same(ours, theirs, rtol=1e-10):
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * np.nanmax(np.abs(theirs)))


HLC = ("high", "low", "close")
TALIB = [
    ("sma", {"lookback": 20}, lambda f: talib.SMA(f["close"], 20)),
    ("ema", {"lookback": 20}, lambda f: talib.EMA(f["close"], 20)),
    ("wma", {"lookback": 20}, lambda f: talib.WMA(f["close"], 20)),
    ("min", {"lookback": 20}, lambda f: talib.MIN(f["close"], 20)),
    ("max", {"lookback": 20, "of": "high"}, lambda f: talib.MAX(f["high"], 20)),
    ("rsi", {"lookback": 14}, lambda f: talib.RSI(f["close"], 14)),
    ("atr", {"lookback": 14}, lambda f: talib.ATR(*(f[x] for x in HLC), 14)),
    ("adx", {"lookback": 14, "output": "adx"}, lambda f: talib.ADX(*(f[x] for x in HLC), 14)),
    ("adx", {"lookback": 14, "output": "plus_di"}, lambda f: talib.PLUS_DI(*(f[x] for x in HLC), 14)),
    ("adx", {"lookback": 14, "output": "minus_di"}, lambda f: talib.MINUS_DI(*(f[x] for x in HLC), 14)),
    ("cci", {"lookback": 20}, lambda f: talib.CCI(*(f[x] for x in HLC), 20)),
    ("williams_r", {"lookback": 14}, lambda f: talib.WILLR(*(f[x] for x in HLC), 14)),
    ("mfi", {"lookback": 14}, lambda f: talib.MFI(*(f[x] for x in HLC), f["volume"], 14)),
    ("obv", {}, lambda f: talib.OBV(f["close"], f["volume"])),
    ("momentum", {"lookback": 10}, lambda f: talib.ROCP(f["close"], 10)),
    ("rate_of_change", {"lookback": 10}, lambda f: talib.ROCP(f["close"], 10)),
    ("difference", {"lookback": 10}, lambda f: talib.MOM(f["close"], 10)),
    ("slope", {"lookback": 14}, lambda f: talib.LINEARREG_SLOPE(f["close"], 14)),
    ("bollinger", {"lookback": 20, "output": "upper"}, lambda f: talib.BBANDS(f["close"], 20, 2, 2)[0]),
    ("bollinger", {"lookback": 20, "output": "lower"}, lambda f: talib.BBANDS(f["close"], 20, 2, 2)[2]),
    ("field_correlation", {"lookback": 20}, lambda f: talib.CORREL(f["close"], f["volume"], 20)),
]


@pytest.mark.parametrize(("name", "declared", "theirs"), TALIB)
def test_talib(series, name, declared, theirs):
    bars, fields = series
    # TA-Lib's bands and correlation come from running sums of squares, which cost it digits.
    same(
        ours(bars, name, **declared),
        theirs(fields),
        1e-6 if name in ("bollinger", "field_correlation") else 1e-10,
    )


@pytest.mark.parametrize(("output", "place"), [("k", 0), ("d", 1)])
def test_talib_stochastic_which_waits_for_d(series, output, place):
    """TA-Lib leaves k out until d has a value; here k begins when k is complete."""
    bars, fields = series
    theirs = talib.STOCH(*(fields[x] for x in HLC), 14, 3, 0, 3, 0)[place]
    mine = ours(bars, "stochastic", lookback=14, output=output)
    same(np.where(np.isnan(theirs), np.nan, mine), theirs)


@pytest.mark.parametrize(("output", "place"), [("line", 0), ("signal", 1), ("histogram", 2)])
def test_talib_macd_after_the_start_is_forgotten(series, output, place):
    """TA-Lib starts the fast average with the slow one; here each starts when it can, and the start fades."""
    bars, fields = series
    theirs = talib.MACD(fields["close"], 5, 10, 4)[place]
    np.testing.assert_allclose(
        ours(bars, "macd", fast=5, slow=10, signal=4, output=output)[130:], theirs[130:], rtol=1e-6, atol=1e-9
    )


def rolled(f, name="close", n=20):
    return pd.Series(f[name]).rolling(n)


PANDAS = [
    ("sma", lambda f: rolled(f).mean()),
    ("std", lambda f: rolled(f).std()),
    ("median", lambda f: rolled(f).median()),
    ("rank", lambda f: rolled(f).rank(pct=True)),
    ("skew", lambda f: rolled(f).skew()),
    ("zscore", lambda f: (pd.Series(f["close"]) - rolled(f).mean()) / rolled(f).std()),
    ("drawdown", lambda f: pd.Series(f["close"]) / rolled(f).max() - 1),
    ("volatility", lambda f: np.log(pd.Series(f["close"])).diff().rolling(20).std()),
    ("field_correlation", lambda f: rolled(f).corr(pd.Series(f["volume"]))),
    ("log_return", lambda f: np.log(pd.Series(f["close"])).diff(20)),
    ("lag", lambda f: pd.Series(f["close"]).shift(20)),
]


@pytest.mark.parametrize(("name", "theirs"), PANDAS)
def test_pandas(series, name, theirs):
    bars, fields = series
    same(ours(bars, name, lookback=20), theirs(fields), 1e-8)  # pandas updates its moments bar by bar


@pytest.mark.parametrize("name", ["cs_rank", "cs_zscore"])
def test_pandas_across_symbols(gappy, name):
    frame = pd.DataFrame(gappy.close)
    spread = frame.sub(frame.mean(axis=1), axis=0).div(frame.std(axis=1), axis=0)
    theirs = frame.rank(axis=1, pct=True) if name == "cs_rank" else spread
    np.testing.assert_allclose(feature(name).compute(gappy), theirs, rtol=1e-10, atol=1e-12)


def test_pandas_beta_and_correlation(whole):
    returns = pd.DataFrame(whole.close).pct_change()
    for other, market in ((None, returns.mean(axis=1)), ("B", returns[1])):
        covariance = returns.rolling(20).cov(market)
        beta = covariance.div(market.rolling(20).var(), axis=0)
        np.testing.assert_allclose(
            feature("beta", lookback=20, against=other).compute(whole), beta, rtol=1e-8
        )
        correlation = returns.rolling(20).corr(market)
        np.testing.assert_allclose(
            feature("correlation", lookback=20, against=other).compute(whole), correlation, rtol=1e-8
        )

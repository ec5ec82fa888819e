"""`result.returns` goes into the packages that read daily returns, as it is."""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from strategies.sma_cross import SmaCross


@pytest.fixture(scope="module")
def result():
    return ql.backtest(SmaCross(), ql.read_bars("sample:us5"), benchmark="IBM")


def test_returns_have_the_shape_that_pyfolio_and_its_kin_read(result):
    returns = result.returns
    assert isinstance(returns.index, pd.DatetimeIndex)
    assert returns.index.tz is None
    assert returns.index.is_monotonic_increasing
    assert returns.index.is_unique
    assert (returns.index == returns.index.normalize()).all()
    assert returns.dtype == np.float64
    assert returns.notna().all()
    assert result.benchmark.index.equals(returns.index)


@pytest.mark.filterwarnings("ignore")  # of packages that quantstats imports
def test_quantstats_agrees_on_daily_bars(result):
    stats = pytest.importorskip("quantstats").stats
    assert stats.sharpe(result.returns, periods=252) == pytest.approx(result.sharpe, rel=1e-12)
    assert stats.volatility(result.returns, periods=252) == pytest.approx(result.volatility, rel=1e-12)
    # It measures drawdowns from a first value of its own, so only to a few digits.
    assert stats.max_drawdown(result.returns) == pytest.approx(result.max_drawdown, rel=1e-6)

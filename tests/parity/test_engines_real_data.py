"""Files that real vendors made, through both engines: delistings, gaps, extended hours, prices below zero."""

import pandas as pd
import pytest

import quantlab as ql
from strategies.buy_and_hold import BuyAndHold
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.sma_cross import SmaCross
from tests.parity.engines import COSTS, both
from tests.real_market import FOLDER, without_survivorship

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="QUANTLAB_TEST_DATA names no folder")
FILLS = ["next_open", "same_close"]


@pytest.fixture(scope="module")
def market():
    return without_survivorship(25)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(
    "strategy", [BuyAndHold(), SmaCross(), MomentumRank(lookback=60, keep=50), MeanReversion()], ids=repr
)
def test_a_market_without_survivorship(market, strategy, fill):
    result = both(
        strategy, market, costs=COSTS, account=ql.Account(leverage=2.0), execution=ql.Execution(fill=fill)
    )
    assert (result.orders["kind"] == "delisting").any()


@pytest.mark.parametrize("fill", FILLS)
def test_minutes_with_extended_hours(fill):
    minutes = pd.read_parquet(FOLDER / "minute_us.parquet").query(
        "source == 'pratikdkale' and symbol == 'SPY'"
    )
    bars = ql.read_bars(minutes, calendar="XNYS", tz="America/New_York", stamp="open", fields=[])
    result = both(SmaCross(), bars, costs=ql.Costs(commission=1e-5), execution=ql.Execution(fill=fill))
    assert len(result.fills) > 300


def test_currencies():
    both(MeanReversion(lookback=30), ql.read_bars(FOLDER / "daily_fx.parquet"), costs=ql.Costs(spread=0.0002))


class BothWays(ql.Strategy):
    """Long below its average, short above, at whatever price."""

    average = ql.feature("sma", lookback=20)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.average, i] > now.close[i]:
                now.target_quantity(i, 100.0)
            elif now[self.average, i] < now.close[i]:
                now.target_quantity(i, -100.0)


def test_oil_below_zero():
    oil = pd.read_parquet(FOLDER / "daily_macro.parquet").query("symbol == 'WTI_SPOT'")
    oil = oil.assign(open=oil["close"], high=oil["close"], low=oil["close"])
    bars = ql.read_bars(oil, allow_negative=True)
    result = both(BothWays(), bars, costs=COSTS)
    assert len(result.fills) > 500

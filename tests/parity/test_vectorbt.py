"""The same fills and the same rule, by vectorbt: an independent check of the books."""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.pairs import Pairs
from strategies.sma_cross import SmaCross

vectorbt = pytest.importorskip("vectorbt")
# vectorbt compiles for a minute in every process.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def bars():
    return ql.read_bars("sample:us5")


@pytest.mark.parametrize(
    "strategy", [SmaCross(), MomentumRank(), MeanReversion(), Pairs()], ids=lambda s: type(s).__name__
)
@pytest.mark.parametrize("fill", ["next_open", "same_close"])
def test_the_same_fills_give_the_same_equity(bars, strategy, fill):
    costs = ql.Costs(commission=0.001, slippage=0.0005, commission_minimum=1.0)
    result = ql.backtest(strategy, bars, costs=costs, execution=ql.Execution(fill=fill))
    value = result.to_vectorbt().value().xs(0, level="fill")
    assert len(result.fills) > 50
    assert value.to_numpy() == pytest.approx(result.equity.to_numpy(), rel=1e-9)


@pytest.mark.parametrize("commission", [0.0, 0.001])
def test_an_all_in_average_cross_decided_by_vectorbt_has_the_same_fills(bars, commission):
    bars = bars.select("MSFT")
    ours = ql.backtest(SmaCross(fast=20, slow=100), bars, costs=ql.Costs(commission=commission))

    close = pd.Series(bars.close[:, 0], bars.time)
    fast = vectorbt.MA.run(close, 20).ma.to_numpy()
    slow = vectorbt.MA.run(close, 100).ma.to_numpy()
    above = pd.Series(fast > slow, bars.time)
    # On an exact tie the last bit of a running sum would decide, and theirs drifts.
    assert np.nanmin(np.abs(fast - slow)) > 1e-9
    # Decided at a close, filled at the next open: vectorbt leaves that shift to its user.
    theirs = vectorbt.Portfolio.from_signals(
        close,
        entries=above.shift(1, fill_value=False),
        exits=(~above).shift(1, fill_value=True),
        price=pd.Series(bars.open[:, 0], bars.time),
        fees=commission,
        init_cash=100_000.0,
        min_size=0.0,
        freq="1D",
    )
    records = theirs.orders.records
    assert ours.fills["bar"].tolist() == records["idx"].tolist()
    signs = np.where(records["side"] == 0, 1.0, -1.0)
    # The same operations in the same order: the same bits.
    assert ours.fills["quantity"].tolist() == (signs * records["size"]).tolist()
    assert ours.fills["price"].tolist() == records["price"].tolist()
    assert ours.equity.to_numpy() == pytest.approx(theirs.value().to_numpy(), rel=1e-12)
    if commission:
        assert ours.fills["commission"].to_numpy() == pytest.approx(records["fees"].to_numpy(), rel=1e-12)
